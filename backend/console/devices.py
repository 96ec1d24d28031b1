"""The page of a campaign's phones: whose they are, what still waits on them, how they tested."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from backend.accounts.models import Device, DeviceReport
from backend.accounts.services import revoke_device
from backend.campaigns.models import Campaign
from backend.clips.models import Session
from backend.console.access import actor_at, campaign_at, page
from backend.problems import NotFound

VERB = "device.manage"
SHOWN = 500

# What a phone's self-test calls its findings (mobile_client/src/selftest_verdict.js).
_FINDINGS = {
    "silent": "the microphone gives nothing",
    "lost": "some of the sound is lost",
    "gaps": "the sound has gaps",
    "narrow": "a narrow microphone, such as a wireless headset's",
    "processed": "the browser processes the voice",
    "slow": "slow storage",
    "little": "little room left",
    "unsafe": "the browser does not promise to keep what is stored",
}
_FIGURES = (
    ("mic", "Microphone", ""),
    ("rate", "Sample rate", " Hz"),
    ("path", "Way of the sound", ""),
    ("level_dbfs", "Level of the room", " dBFS"),
    ("peak", "Loudest sample", ""),
    ("zero_gaps", "Gaps", ""),
    ("zero_run_ms", "Longest run of nothing", " ms"),
    ("sample_ratio", "Sound by the clock", ""),
    ("writes_per_s", "Storage, writes a second", ""),
    ("mb_per_s", "Storage", " MB/s"),
    ("persisted", "Promised to be kept", ""),
    ("asked", "Asked for", ""),
    ("got", "Got", ""),
    ("features", "Browser has", ""),
)


@dataclass(frozen=True)
class SelfTest:
    """What a phone said of its ten seconds."""

    at: datetime
    findings: list[str]
    figures: list[tuple[str, str]]


@dataclass(frozen=True)
class DeviceLine:
    """A phone as its manager sees it; what it never reported is None."""

    device: Device
    phone: str
    app_version: str
    unsent: int | None
    unsent_bytes: int | None
    free_bytes: int | None
    selftest: SelfTest | None


def device_lines(campaign: Campaign) -> list[DeviceLine]:
    """Return the campaign's phones: those that may send first, the last heard of first."""
    latest = Session.objects.filter(device=OuterRef("pk")).order_by("-created_at")
    tested = DeviceReport.objects.filter(device=OuterRef("pk")).order_by("-at", "-pk")
    devices = (
        Device.objects.filter(campaign=campaign)
        .select_related("collector")
        .annotate(
            session_facts=Subquery(latest.values("device_facts")[:1]),
            session_version=Subquery(latest.values("app_version")[:1]),
            tested=Subquery(tested.values("selftest")[:1]),
            tested_at=Subquery(tested.values("at")[:1]),
        )
        .order_by("revoked_at", "-seen_at")
    )
    active = list(devices.filter(revoked_at=None)[:SHOWN])
    gone = list(devices.exclude(revoked_at=None)[: SHOWN - len(active)])
    return [_line(device) for device in active + gone]


def _line(device: Any) -> DeviceLine:
    report: dict[str, Any] = device.report
    tested = device.tested or {}
    facts = device.session_facts or {}
    named = [str(tested.get(name) or facts.get(name) or "").strip() for name in ("model", "os")]
    return DeviceLine(
        device=device,
        phone=", ".join(part for part in named if part) or device.user_agent,
        app_version=str(report.get("app_version") or device.session_version or ""),
        unsent=report.get("unsent"),
        unsent_bytes=report.get("unsent_bytes"),
        free_bytes=report.get("free_bytes"),
        selftest=_selftest(tested, device.tested_at) if tested else None,
    )


def _selftest(said: dict[str, Any], at: datetime) -> SelfTest:
    """Read what a phone sent, of whatever age and form: nothing of it is trusted."""
    names = said.get("findings")
    found = [str(name) for name in names] if isinstance(names, list) else []
    return SelfTest(
        at=at,
        findings=[_FINDINGS.get(name, name.replace("_", " ")) for name in found],
        figures=[
            (title, _plain(said[name]) + unit) for name, title, unit in _FIGURES if name in said
        ],
    )


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(inner)}" for name, inner in sorted(value.items()))
    if isinstance(value, list):
        return ", ".join(_plain(inner) for inner in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


@require_safe
@page
def devices(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the campaign's phones."""
    campaign = campaign_at(request, slug, VERB)
    lines = device_lines(campaign)
    facts = {
        "campaign": campaign,
        "lines": lines,
        "unsent": sum(line.unsent or 0 for line in lines if line.device.revoked_at is None),
        "as_of": timezone.now(),
    }
    return render(request, "console/devices.html", facts)


@require_POST
@page
def revoke(request: HttpRequest, slug: str, device_id: UUID) -> HttpResponse:
    """Take a phone's token away; what it recorded stays, and may be brought as a saved copy."""
    campaign = campaign_at(request, slug, VERB)
    device = Device.objects.filter(pk=device_id, campaign=campaign).first()
    if device is None:
        raise NotFound()
    revoke_device(device=device, actor=actor_at(request), now=timezone.now())
    messages.success(request, "The phone may send nothing more.")
    return redirect("console:devices", slug=slug)
