"""Count tries to sign in, and stop guessing: few from one place, more from everywhere."""

from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

from backend.console.models import SignInTry
from backend.problems import Throttled

WINDOW = timedelta(minutes=15)
KEPT_FOR = timedelta(days=1)
TRIES_PER_PLACE = 5
# Higher, so that a stranger who guesses does not lock a person out of their own desk at once.
TRIES_PER_NAME = 30


class TooManyTries(Throttled):
    """The name was tried too often; its owner waits as well."""

    slug, title = "too-many-tries", "Too many tries to sign in. Wait a quarter of an hour."


def _hash(kind: str, value: str) -> str:
    return salted_hmac(f"console.sign-in.{kind}", value, algorithm="sha256").hexdigest()


def note_try(*, name: str, address: str, now: datetime) -> None:
    """Write a try before its password is looked at; raises TooManyTries.

    Written first and counted then, so that tries made at the same moment count each other.
    """
    name_hash, address_hash = _hash("name", name.lower()), _hash("address", address)
    SignInTry.objects.filter(at__lt=now - KEPT_FOR).delete()
    SignInTry.objects.create(name_hash=name_hash, address_hash=address_hash, at=now)
    recent = SignInTry.objects.filter(name_hash=name_hash, at__gt=now - WINDOW)
    here = recent.filter(address_hash=address_hash).count()
    if here > TRIES_PER_PLACE or recent.count() > TRIES_PER_NAME:
        raise TooManyTries()


def forget_tries(*, name: str) -> None:
    """Forget the tries of somebody who has signed in."""
    SignInTry.objects.filter(name_hash=_hash("name", name.lower())).delete()
