"""Read how clips stand with the machine, and what a profile makes of them; nothing is written."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from backend.clips.models import Clip, ClipEvent
from backend.clips.state import State
from backend.quality.judging import STATE_AFTER, awaits_models, latest_checks, measures_of
from backend.quality.models import QualityCheck, Stage
from backend.quality.profile import KINDS, Rule, Where
from backend.quality.reviewing import REVIEW
from backend.quality.tally import Tally
from backend.quality.verdict import Outcome, Verdict, judge

# Where a machine's verdict is the last word, until a person decides.
RULED: Final = (State.UPLOADED, State.REVIEW, State.PASSED, State.REJECTED)
# Where others have gone on with the clip: a profile is only told what it would have said.
LATER: Final = (State.ANNOTATING, State.ACCEPTED, State.DISPUTED)


class Judge:
    """A profile's rules, sorted by kind of prompt once for many clips."""

    def __init__(self, rules: list[Rule]) -> None:
        asked = [rule for rule in rules if Where.SERVER in rule.where]
        self._by_kind = {
            kind: [rule for rule in asked if not rule.kinds or kind in rule.kinds] for kind in KINDS
        }

    def verdict(self, measures: dict[str, float], kind: str) -> Verdict:
        """Return the verdict of the server's rules for this kind of prompt."""
        return judge(measures, self._by_kind[kind], kind=kind)


@dataclass(frozen=True)
class Proposal:
    """What a profile makes of one clip.

    `newest`: the check whose verdict stands. `to`: the state by the profile. `waits`: it would get
    out of `review` or `rejected`, or stay in `uploaded`, and models that have not heard it come
    first.
    """

    clip: Clip
    checks: dict[str, QualityCheck]
    newest: QualityCheck
    verdict: Verdict
    to: State
    waits: bool

    @property
    def state(self) -> State:
        """Return where the clip stands now."""
        return State(self.clip.state)

    @property
    def stays(self) -> bool:
        """Say whether the clip stands where it does for now."""
        return self.waits or self.to == self.state

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """Return the reasons by the profile."""
        reasons: list[dict[str, Any]] = self.verdict.as_dict()["reasons"]
        return reasons

    def count_in(self, tally: Tally) -> None:
        """Count the clip as it stands and as it would."""
        tally.count(
            state=self.state,
            to=self.to,
            waits=self.waits and self.to != self.state,
            before=(self.clip.verdict or {}).get("reasons", ()),
            after=self.reasons,
        )


def propose(clips: Iterable[Clip], judge: Judge, tally: Tally) -> Iterator[Proposal]:
    """Yield what the rules make of each clip that a machine may judge; count the others.

    `clips` in RULED or LATER, with their prompts. Three queries, however many clips.
    """
    clips = list(clips)
    ids = [clip.pk for clip in clips]
    found = latest_checks(ids)
    decided = decided_by_people(ids)
    for clip in clips:
        tally.seen += 1
        checks = found.get(clip.pk)
        if not checks:
            tally.unmeasured += 1
        elif clip.state in LATER:
            verdict = judge.verdict(measures_of(checks), clip.prompt.kind)
            tally.later[clip.state, verdict.outcome.value] += 1
        elif clip.pk in decided or not stands_by_machine(clip, checks):
            tally.kept += 1
        else:
            yield proposal_for(clip, checks, judge)


def proposal_for(clip: Clip, checks: dict[str, QualityCheck], judge: Judge) -> Proposal:
    """Return what the rules make of a clip that a machine may judge."""
    verdict = judge.verdict(measures_of(checks), clip.prompt.kind)
    to, waits = State(STATE_AFTER[verdict.outcome]), False
    if settings.MODEL_CHECKS and Stage.MODELS not in checks and _gets_better(clip, verdict.outcome):
        waits = True
        to = State.UPLOADED if clip.state == State.UPLOADED else to
    return Proposal(clip, checks, newest_of(checks), verdict, to, waits)


def _gets_better(clip: Clip, outcome: Outcome) -> bool:
    """Say whether the verdict lets a clip on that no model has heard: then they hear it first."""
    match State(clip.state):
        case State.UPLOADED:
            return outcome is not Outcome.REJECT
        case State.REVIEW:
            return outcome is Outcome.PASS
        case State.REJECTED:
            return outcome is not Outcome.REJECT
        case _:
            return False


def newest_of(checks: dict[str, QualityCheck]) -> QualityCheck:
    """Return the check whose verdict stands."""
    return max(checks.values(), key=lambda check: (check.event_seq, check.profile_version))


def stands_by_machine(clip: Clip, checks: dict[str, QualityCheck]) -> bool:
    """Say whether the clip stands where the machine's newest verdict put it.

    Else others did: annotators rejected it, or could not answer for it.
    """
    newest = newest_of(checks)
    if awaits_models(clip) or newest.provisional:
        return True
    return clip.state == STATE_AFTER[Outcome(newest.outcome)]


def decided_by_people(clip_ids: Collection[UUID]) -> set[UUID]:
    """Return the ids of the clips that a person has decided on, at whatever time."""
    events = ClipEvent.objects.filter(clip_id__in=clip_ids, reason=REVIEW)
    return set(events.values_list("clip_id", flat=True))
