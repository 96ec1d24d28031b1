"""Vendors' tokens at rest: encrypted (Fernet) with a key derived from SECRET_KEY."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

_DOMAIN = b"fieldvoice/annotation/token/v1"


class TokenUnreadable(Exception):
    """SECRET_KEY changed since the token was stored; connect the instance again."""


def _box() -> MultiFernet:
    # The fallbacks let SECRET_KEY be rotated without connecting every vendor again.
    secrets = [settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS)]
    digests = [hashlib.blake2b(secret.encode(), key=_DOMAIN, digest_size=32) for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(d.digest())) for d in digests])


def seal(token: str) -> str:
    """Encrypt a token for the database."""
    return _box().encrypt(token.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt a stored token; raises TokenUnreadable."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise TokenUnreadable from error
