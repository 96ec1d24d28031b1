"""[pure] The signed audio link of a route: what a vendor's task holds instead of a presigned URL.

A presigned URL dies before the task is opened and cannot be recalled; this link lives as long as
its route, and the platform decides at every opening. The parameter is called `sig` because Label
Studio's player appends `lsref=1` to any URL without one of the names it knows; every parameter but
`sig` is ignored, so that an added one cannot break the signature either.
"""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Iterable

_DOMAIN = b"fieldvoice/ls-audio/v1"
# What a webhook carries to show that it comes from an instance; a poke is all it can do.
WEBHOOK_SECRET_HEADER = "X-Fieldvoice-Secret"  # noqa: S105 - the header's name


def sign_route(route: uuid.UUID, *, secret: str) -> str:
    """The signature of a route's link: HMAC-SHA256 under a key of this purpose, base64url."""
    key = hmac.new(secret.encode(), _DOMAIN, hashlib.sha256).digest()
    mac = hmac.new(key, route.bytes, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def is_signed(route: uuid.UUID, signature: str, *, secrets: Iterable[str]) -> bool:
    """Compare in constant time with each secret that is still honoured, newest first."""
    given = signature.encode("utf-8", "replace")
    return any(
        hmac.compare_digest(sign_route(route, secret=secret).encode(), given) for secret in secrets
    )


def audio_link(route: uuid.UUID, *, public_url: str, secret: str) -> str:
    """The address that goes into a task."""
    return f"{public_url.rstrip('/')}/ls-audio/{route}?sig={sign_route(route, secret=secret)}"
