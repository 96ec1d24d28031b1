"""Say what a profile would do to a campaign's clips, without doing it."""

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import CharField
from django.db.models.functions import Cast, Right

from backend.campaigns.models import Campaign
from backend.clips.models import Clip, ClipQuerySet
from backend.quality.profile import Rule
from backend.quality.rejudging import clips_of
from backend.quality.standing import Judge, Proposal, propose
from backend.quality.tally import Tally, codes_of

# More clips than this are estimated from about as many of them: a person waits for the answer.
MOST_JUDGED: Final = 20_000
EXAMPLES: Final = 50
_PAGE: Final = 1000
_TAIL: Final = 3


def preview_rules(
    *, campaign: Campaign, rules: list[Rule], most: int = MOST_JUDGED
) -> dict[str, Any]:
    """Return what the rules would do: counts, a few of the clips, and a sentence.

    Up to `most` clips all are judged. Beyond, every clip whose id ends low enough is: the end of a
    UUIDv7 is random, so this is a sample, the same for the same clips, and the counts are scaled.
    """
    clips = clips_of(campaign.pk)
    total = clips.count()
    sampled = total > most
    if sampled:
        tails = 16**_TAIL
        bound = format(max(1, tails * most // total), f"0{_TAIL}x")
        clips = clips.annotate(tail=Right(Cast("id", CharField()), _TAIL)).filter(tail__lt=bound)
    tally = Tally()
    examples: list[dict[str, Any]] = []
    judge = Judge(rules)
    for page in _pages(clips):
        for proposal in propose(page, judge, tally):
            proposal.count_in(tally)
            if proposal.to != proposal.state and len(examples) < EXAMPLES:
                examples.append(_example(proposal))
    times = total / tally.seen if tally.seen else 1.0
    counts = tally.as_dict(times=times)
    return counts | {
        "clips": total,
        "judged": tally.seen,
        "sampled": sampled,
        "summary": _summary(counts["changed"], total, tally.seen if sampled else None),
        "examples": examples,
    }


def _pages(clips: ClipQuerySet) -> Iterator[list[Clip]]:
    """Yield all clips in pages, in the order of their ids, with what a judgement looks at."""
    wanted = clips.select_related("prompt").only("state", "verdict", "prompt__kind")
    page = list(wanted[:_PAGE])
    while page:
        yield page
        page = list(wanted.filter(pk__gt=page[-1].pk)[:_PAGE])


def _example(proposal: Proposal) -> dict[str, Any]:
    shown = proposal.clip.verdict or {}
    return {
        "id": str(proposal.clip.pk),
        "from": proposal.state.value,
        "to": proposal.to.value,
        "waits_for_models": proposal.waits,
        "codes_before": sorted(codes_of(shown.get("reasons", ()))),
        "codes": sorted(codes_of(proposal.reasons)),
    }


def _summary(changed: int, total: int, sample: int | None) -> str:
    clips = "1 clip" if changed == 1 else f"{changed:,} clips"
    if sample is None:
        return f"{clips} would change."
    return f"About {clips} of {total:,} would change, as {sample:,} of them tell."
