"""What a phone's call starts with: which device asks, and is this its campaign."""

from rest_framework.request import Request

from backend.accounts.models import Device
from backend.problems import NotAllowed, NotFound


def phone_of(request: Request) -> Device:
    """Return the device that asks; raises NotAllowed for a person's token or session."""
    if not isinstance(request.auth, Device):
        raise NotAllowed("This call is for enrolled phones.")
    return request.auth


def own_campaign(device: Device, slug: str) -> None:
    """Raise NotFound unless the slug is the phone's own campaign."""
    if device.campaign.slug != slug:
        raise NotFound()
