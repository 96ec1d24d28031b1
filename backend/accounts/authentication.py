"""Turn a bearer token or a session cookie into who is asking."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication
from rest_framework.request import Request

from backend.accounts.models import ApiToken, Device, User
from backend.accounts.tokens import API_PREFIX, DEVICE_PREFIX, fingerprint
from backend.problems import NotSignedIn

# A row per request would make every read a write; an hour is exact enough for "last heard of".
SEEN_EVERY = timedelta(hours=1)


# What nearly every call of a phone looks at. The whole rows, with the campaign's JSON documents,
# were a fifth of an announcement's cost; a rare call loads what it needs besides.
_PHONE = Device.objects.select_related("collector", "campaign").only(
    "token_hash",
    "seen_at",
    "collector__is_active",
    "campaign__slug",
    "campaign__state",
    "campaign__max_seconds",
    "campaign__max_bytes",
)


def _device(token: str) -> tuple[User, Device]:
    try:
        device = _PHONE.get(token_hash=fingerprint(token), revoked_at=None)
    except Device.DoesNotExist:
        device = None
    if device is None or not device.collector.is_active:
        raise NotSignedIn("This phone's token is unknown or was revoked.")
    now = timezone.now()
    if now - device.seen_at > SEEN_EVERY:
        Device.objects.filter(pk=device.pk).update(seen_at=now)
    return device.collector, device


def _api_token(token: str) -> tuple[User, ApiToken]:
    row = (
        ApiToken.objects.select_related("user")
        .filter(token_hash=fingerprint(token), revoked_at=None)
        .first()
    )
    if row is None or not row.user.is_active:
        raise NotSignedIn("This token is unknown or was revoked.")
    if row.expires_at is not None and row.expires_at <= timezone.now():
        raise NotSignedIn("This token has expired.")
    return row.user, row


class BearerAuthentication(authentication.BaseAuthentication):
    """Authorization: Bearer with a device's or a person's token."""

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        """Return (user, device or token); None leaves it to the session; a bad token is refused."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token.strip()
        if token.startswith(DEVICE_PREFIX):
            return _device(token)
        if token.startswith(API_PREFIX):
            return _api_token(token)
        raise NotSignedIn("This token is not one of ours.")

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme of WWW-Authenticate."""
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """The console's cookie, with Django's CSRF check."""


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # untyped base
    """How the token stands in the OpenAPI document."""

    target_class = "backend.accounts.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # untyped base
    """How the session cookie stands in the OpenAPI document."""

    target_class = "backend.accounts.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
