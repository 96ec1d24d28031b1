"""Clips whose measures a test chooses: recorded by the real services, heard by nobody."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone

from backend.campaigns.models import Campaign, QualityProfile
from backend.clips.models import Clip
from backend.quality.services import (
    DerivedFacts,
    change_profile,
    record_model_check,
    record_quality_check,
)
from tests.factories import Sitting, upload_clip
from tests.sounds import speech_like, wav

_SOUND = wav(speech_like(1.0))
GOOD = {"decodable": 1.0, "duration_s": 3.0, "snr_db": 30.0}
# What a test's profile has besides the rule that every profile must have.
NOISY = {
    "code": "noisy",
    "measure": "snr_db",
    "op": "<",
    "threshold": 10,
    "severity": "reject",
    "where": ["server"],
    "hint": "find_quiet_place",
}
UNDECODABLE = NOISY | {
    "code": "undecodable",
    "measure": "decodable",
    "threshold": 1,
    "hint": "record_again",
}


def rules(*extra: dict[str, Any], noisy: float = 10, review: float | None = None) -> list[Any]:
    """Return a profile's rules: reject under `noisy` dB, review under `review` dB."""
    listed = [UNDECODABLE, NOISY | {"threshold": noisy}]
    if review is not None:
        listed.append(NOISY | {"threshold": review, "severity": "review"})
    return [*listed, *extra]


def write_rules(campaign: Campaign, *extra: dict[str, Any], **bounds: float) -> QualityProfile:
    """Change the campaign's profile."""
    return change_profile(
        campaign=campaign, rules=rules(*extra, **bounds), actor="user:1", now=timezone.now()
    )


def newest_profile(campaign: Campaign) -> QualityProfile:
    """Return the profile that holds."""
    return QualityProfile.objects.filter(campaign=campaign).order_by("-version")[0]


def judged_clip(sitting: Sitting, **measures: float) -> Clip:
    """Upload a clip and record what stage A would have measured; returns it as it stands then."""
    clip = upload_clip(sitting, _SOUND)
    record_quality_check(
        clip_id=clip.pk,
        event_seq=clip.event_seq,
        measures=GOOD | measures,
        facts={},
        derivative=DerivedFacts(
            key=f"derived/{clip.pk}",
            sha256="0" * 64,
            bytes=1,
            samples=1,
            sample_rate=16_000,
            pcm_sha256="0" * 64,
        ),
        profile=newest_profile(sitting.phone.campaign),
        actor="job:check_quality",
        now=timezone.now(),
    )
    clip.refresh_from_db()
    return clip


def scored_by_models(clip: Clip, **measures: float) -> Clip:
    """Record what models would have said; returns the clip as it stands then."""
    record_model_check(
        clip_id=clip.pk,
        event_seq=clip.event_seq,
        measures=measures,
        facts={},
        profile=newest_profile(clip.campaign),
        actor="job:score_clip",
        now=timezone.now(),
    )
    clip.refresh_from_db()
    return clip


def at_once(*acts: Callable[[], Any]) -> None:
    """Let each act run in a thread of its own, started together; raises what one of them raised."""
    gate = threading.Barrier(len(acts))
    failures: list[BaseException] = []

    def run(act: Callable[[], Any]) -> None:
        gate.wait()
        try:
            act()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
