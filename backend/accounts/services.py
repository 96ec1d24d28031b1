"""Let phones in by code and hear from them, give people tokens, take both away again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid
from django.db import transaction
from django.db.models import F

from backend import policy
from backend.accounts.models import (
    ApiToken,
    Device,
    DeviceReport,
    EnrolmentCode,
    Firm,
    Membership,
    User,
)
from backend.accounts.tokens import (
    fingerprint,
    new_api_token,
    new_code,
    new_device_token,
    plain_code,
)
from backend.digest import request_digest
from backend.jobs.services import record_audit
from backend.problems import Problem

SELFTESTS_KEPT = 20


class CodeUnknown(Problem):
    """No such enrolment code, or it was revoked."""

    slug, status, title = "code-unknown", 403, "This enrolment code is not known."


class CodeExpired(Problem):
    """The code's time is over."""

    slug, status, title = "code-expired", 403, "This enrolment code has expired."


class CodeUsedUp(Problem):
    """The code has let in as many phones as it may."""

    slug, status, title = "code-used-up", 403, "This enrolment code has been used up."


@dataclass(frozen=True)
class Enrolled:
    """A phone that was let in; the token is shown once and kept only as a hash."""

    device: Device
    token: str
    made: bool


def issue_enrolment_code(
    *,
    campaign_id: UUID,
    uses: int,
    valid_for: timedelta,
    actor: str,
    now: datetime,
    firm: Firm | None = None,
) -> tuple[EnrolmentCode, str]:
    """Make a code for `uses` phones; returns the row and the code's text, which is not stored."""
    text = new_code()
    with transaction.atomic():
        code = EnrolmentCode.objects.create(
            code_hash=fingerprint(plain_code(text)),
            campaign_id=campaign_id,
            firm=firm,
            uses_allowed=uses,
            expires_at=now + valid_for,
            created_at=now,
            created_by=actor,
        )
        record_audit(actor=actor, act="enrolment.issue", subject=f"code:{code.id}", now=now)
    return code, text


def enrol_device(
    *, code: str, install_id: str, name: str, user_agent: str, now: datetime
) -> Enrolled:
    """Let a phone in, or give the phone that this code let in before a new token.

    Raises CodeUnknown, CodeExpired or CodeUsedUp. A phone that is known to the code may come back
    after the code expired or was used up: it lost its token, not its right. One whose token was
    taken away, or which left, may come back while the code lives; it counts no second use.
    """
    with transaction.atomic():
        row = (
            EnrolmentCode.objects.select_for_update()
            .filter(code_hash=fingerprint(plain_code(code)))
            .first()
        )
        if row is None or row.revoked_at is not None:
            raise CodeUnknown()
        token = new_device_token()
        known = Device.objects.filter(code=row, install_id=install_id, revoked_at=None)
        if known.update(token_hash=fingerprint(token), user_agent=user_agent, seen_at=now):
            return Enrolled(known.select_related("collector", "campaign").get(), token, made=False)
        if row.expires_at <= now:
            raise CodeExpired()
        gone = Device.objects.filter(code=row, install_id=install_id).first()
        if gone is not None and gone.left_at is None:
            # Somebody took its token away: it may be in other hands, with the link in its history.
            raise CodeUsedUp()
        if gone is not None:
            return Enrolled(_let_back_in(gone, token, user_agent, now), token, made=False)
        # Conditional, so that two phones cannot both take the last use (SQLite has no row locks).
        taken = EnrolmentCode.objects.filter(pk=row.pk, uses__lt=F("uses_allowed")).update(
            uses=F("uses") + 1
        )
        if not taken:
            raise CodeUsedUp()
        collector = User(username=f"collector-{uuid.uuid7().hex}", first_name=name, firm=row.firm)
        collector.set_unusable_password()
        collector.save()
        Membership.objects.create(
            user=collector, campaign_id=row.campaign_id, role=policy.COLLECTOR
        )
        device = Device.objects.create(
            code=row,
            install_id=install_id,
            collector=collector,
            campaign_id=row.campaign_id,
            user_agent=user_agent,
            token_hash=fingerprint(token),
            enrolled_at=now,
            seen_at=now,
        )
        record_audit(
            actor=f"device:{device.id}",
            act="device.enrol",
            subject=f"device:{device.id}",
            now=now,
            detail={"code": str(row.id)},
        )
    return Enrolled(device, token, made=True)


def _let_back_in(device: Device, token: str, user_agent: str, now: datetime) -> Device:
    device.token_hash, device.user_agent = fingerprint(token), user_agent
    device.seen_at, device.revoked_at, device.left_at = now, None, None
    device.save(update_fields=["token_hash", "user_agent", "seen_at", "revoked_at", "left_at"])
    record_audit(
        actor=f"device:{device.id}", act="device.return", subject=f"device:{device.id}", now=now
    )
    return device


def revoke_device(*, device: Device, actor: str, now: datetime) -> None:
    """Take a phone's token away for good; what it recorded stays."""
    with transaction.atomic():
        Device.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=now)
        Device.objects.filter(pk=device.pk).update(left_at=None)
        record_audit(actor=actor, act="device.revoke", subject=f"device:{device.id}", now=now)


def leave_by_itself(*, device: Device, actor: str, now: datetime) -> None:
    """Take a phone's token away because it asked; its code lets it in again while it is good."""
    with transaction.atomic():
        Device.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=now, left_at=now)
        record_audit(actor=actor, act="device.leave", subject=f"device:{device.id}", now=now)


def report_device(*, device: Device, report: dict[str, Any], now: datetime) -> None:
    """Keep what a phone says of itself, its self-tests as rows of their own.

    `report`: `{unsent, unsent_bytes, free_bytes, app_version, selftest?}`; bytes, clips. It says
    how the phone stands now, so a later one replaces it; the newest SELFTESTS_KEPT self-tests stay.
    """
    selftest = report.get("selftest")
    with transaction.atomic():
        Device.objects.filter(pk=device.pk).update(
            report=report | {"at": now.isoformat()}, seen_at=now
        )
        if selftest is None:
            return
        DeviceReport.objects.get_or_create(
            device=device,
            digest=request_digest(selftest),
            defaults={"at": now, "app_version": report["app_version"], "selftest": selftest},
        )
        kept = DeviceReport.objects.filter(device=device).order_by("-at", "-pk")
        old = list(kept.values_list("pk", flat=True)[SELFTESTS_KEPT:])
        DeviceReport.objects.filter(pk__in=old).delete()


def issue_api_token(
    *, user: User, name: str, actor: str, now: datetime, valid_for: timedelta | None = None
) -> tuple[ApiToken, str]:
    """Make a token for a person's scripts; returns the row and the token, shown once."""
    token = new_api_token()
    with transaction.atomic():
        row = ApiToken.objects.create(
            user=user,
            name=name,
            token_hash=fingerprint(token),
            created_at=now,
            expires_at=now + valid_for if valid_for else None,
        )
        record_audit(actor=actor, act="token.issue", subject=f"user:{user.pk}", now=now)
    return row, token
