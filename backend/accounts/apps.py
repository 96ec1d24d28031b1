"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """User, Firm, Membership, Device, enrolment codes and tokens."""

    name = "backend.accounts"
