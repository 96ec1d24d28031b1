"""Bring the database up to date and make sure there is something to begin with.

One process instead of two management commands: loading Django twice is what a start would mostly
wait for. Prints, last, the JSON line of `manage.py bootstrap`.
"""

import sys

import django
from django.core.management import call_command


def main() -> None:
    """Run from the command line, with the platform's environment."""
    django.setup()
    call_command("migrate", interactive=False, verbosity=1, stdout=sys.stderr)
    call_command("bootstrap")


if __name__ == "__main__":
    main()
