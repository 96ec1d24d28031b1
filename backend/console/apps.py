"""The console app."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The pages: the console for people who sign in, and the files of the phone client."""

    name = "backend.console"
