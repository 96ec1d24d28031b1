"""The speakers app."""

from django.apps import AppConfig


class SpeakersConfig(AppConfig):
    """Speaker, ConsentForm, Consent."""

    name = "backend.speakers"
