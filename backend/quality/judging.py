"""What a machine's verdict rests on, and how it stands on the clip for phones to read."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from backend.clips.models import Clip
from backend.clips.state import State
from backend.quality.hints import hint_text
from backend.quality.models import QualityCheck, Stage
from backend.quality.verdict import Outcome

STATE_AFTER: Final = {
    Outcome.PASS: State.PASSED,
    Outcome.REVIEW: State.REVIEW,
    Outcome.REJECT: State.REJECTED,
}

# By stage, the newest check of a clip.
Checks = Mapping[str, QualityCheck]


def latest_checks(clip_ids: Collection[UUID]) -> dict[UUID, dict[str, QualityCheck]]:
    """Return the newest check of every stage that has spoken, by clip; one query."""
    found: dict[UUID, dict[str, QualityCheck]] = {}
    rows = QualityCheck.objects.filter(clip_id__in=clip_ids)
    for check in rows.order_by("event_seq", "profile_version"):
        found.setdefault(check.clip_id, {})[check.stage] = check
    return found


def measures_of(checks: Checks) -> dict[str, float]:
    """Return what all stages measured; a stage that has not spoken leaves its measures out."""
    measures: dict[str, float] = {}
    for stage in (Stage.SIGNAL, Stage.MODELS):
        if stage in checks:
            measures |= checks[stage].measures
    return measures


def verdict_of(check: QualityCheck) -> dict[str, Any]:
    """Return a check's verdict as it stands on the clip and phones read it: every reason also in
    English words.
    """
    return {
        "outcome": check.outcome,
        "provisional": check.provisional,
        "profile_version": check.profile_version,
        "reasons": [reason | {"text": hint_text(reason["hint"])} for reason in check.reasons],
    }


def awaits_models(clip: Clip) -> bool:
    """Say whether the clip's verdict is provisional: the models are still to be heard."""
    return clip.verdict is not None and bool(clip.verdict.get("provisional"))
