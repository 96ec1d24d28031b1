"""Phones that went silent with something on them: promises not fulfilled, or clips not sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from backend.accounts.models import Device
from backend.campaigns.models import Campaign
from backend.coverage.models import Hold, HoldKind

# Phones are made to work a week without a network; after three days somebody should ask.
SILENT_AFTER_DAYS: Final = 3
_SHOWN: Final = 500


@dataclass(frozen=True)
class SilentPhone:
    """A phone that was not heard of; `unsent` as it last said, `leased`: clips it had promised."""

    device: Device
    days: int
    unsent: int
    unsent_bytes: int
    leased: int


def find_silent_phones(
    *, campaign: Campaign, now: datetime, days: int = SILENT_AFTER_DAYS
) -> list[SilentPhone]:
    """Return the phones not heard of for so many days that may hold recordings, longest first.

    A lease counts that was with the phone when it was heard of last, also when it ran out and was
    released since: what was recorded under it still lies on the phone. A phone that left, or was
    sent away, is not waited for.
    """
    phones = (
        Device.objects.filter(
            campaign=campaign,
            revoked_at=None,
            left_at=None,
            seen_at__lte=now - timedelta(days=days),
        )
        .select_related("collector")
        .annotate(leased=Coalesce(Subquery(_left_on(campaign)), 0))
        .filter(Q(leased__gt=0) | Q(report__unsent__gt=0))
        .order_by("seen_at", "pk")
    )
    return [
        SilentPhone(
            device=phone,
            days=(now - phone.seen_at).days,
            unsent=_number(phone.report.get("unsent")),
            unsent_bytes=_number(phone.report.get("unsent_bytes")),
            leased=phone.leased,
        )
        for phone in phones[:_SHOWN]
    ]


def _left_on(campaign: Campaign) -> QuerySet[Any, Any]:
    heard = OuterRef("seen_at")
    return (
        Hold.objects.filter(
            Q(released_at=None) | Q(released_at__gt=heard),
            campaign=campaign,
            kind=HoldKind.LEASE,
            device_id=OuterRef("pk"),
            expires_at__gt=heard,
            used_clips__lt=F("clips"),
        )
        .order_by()
        .values("device_id")
        .annotate(clips_left=Sum(F("clips") - F("used_clips")))
        .values("clips_left")
    )


def _number(said: object) -> int:
    return said if isinstance(said, int) else 0
