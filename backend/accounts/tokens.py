"""Make and hash secrets: tokens are 256 random bits, so a plain SHA-256 is a safe fingerprint."""

import hashlib
import secrets

DEVICE_PREFIX = "fvd_"
API_PREFIX = "fva_"
# Crockford's base 32 without look-alikes: a code is read aloud and typed with a thumb.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12


def new_device_token() -> str:
    """Return a fresh device token."""
    return DEVICE_PREFIX + secrets.token_urlsafe(32)


def new_api_token() -> str:
    """Return a fresh API token."""
    return API_PREFIX + secrets.token_urlsafe(32)


def new_code() -> str:
    """Return a fresh enrolment code, 60 random bits in three groups of four letters."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, CODE_LENGTH, 4))


def plain_code(text: str) -> str:
    """Return a typed code as it was printed: upper case, dashes and look-alikes forgiven."""
    letters = "".join(letter for letter in text.upper() if letter.isalnum())
    return letters.translate(str.maketrans("OIL", "011"))


def fingerprint(secret: str) -> str:
    """Return the hex SHA-256 under which a secret is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()
