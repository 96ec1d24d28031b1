"""Turn a bearer token or a session cookie into who is asking."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication
from rest_framework.request import Request

from backend.accounts.models import ApiToken, Device, User
from backend.accounts.tokens import API_PREFIX, DEVICE_PREFIX, fingerprint
from backend.prepared import PreparedRead, as_row
from backend.problems import NotSignedIn

# A row per request would make every read a write; an hour is exact enough for "last heard of".
SEEN_EVERY = timedelta(hours=1)


# What nearly every call of a phone looks at. The whole rows, with the campaign's JSON documents,
# were a fifth of an announcement's cost; a rare call loads what it needs besides.
_DEVICE = ("id", "seen_at", "collector_id", "campaign_id")
_COLLECTOR = ("id", "is_active")
_CAMPAIGN = ("id", "slug", "state", "binning", "max_seconds", "max_bytes")
_PHONE = PreparedRead(
    lambda token_hash: Device.objects.filter(token_hash=token_hash, revoked_at=None).values_list(
        *_DEVICE,
        *(f"collector__{name}" for name in _COLLECTOR),
        *(f"campaign__{name}" for name in _CAMPAIGN),
    ),
    example="token hash",
)


def _device(token: str) -> tuple[User, Device]:
    row = _PHONE.first(fingerprint(token))
    if row is None:
        raise NotSignedIn("This phone's token is unknown or was revoked.")
    own, last = len(_DEVICE), -len(_CAMPAIGN)
    device: Device = as_row(Device, _DEVICE, row[:own])
    device.collector = as_row(User, _COLLECTOR, row[own:last])
    # The campaign app stands above this one, so its model is asked for, not imported.
    campaign = Device._meta.get_field("campaign").related_model
    device.campaign = as_row(campaign, _CAMPAIGN, row[last:])
    if not device.collector.is_active:
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
