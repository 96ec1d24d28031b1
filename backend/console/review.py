"""The page on which a person decides about clips that checks could not, one after the other."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from backend.accounts.permissions import person_holds
from backend.campaigns.models import Campaign
from backend.clips.models import Clip, ClipQuerySet
from backend.clips.state import State
from backend.console.access import actor_at, campaign_at, page, person_at
from backend.problems import Malformed, NotFound
from backend.quality.api import ReviewIn
from backend.quality.clip_list import Wanted, measures_by_clip, read_page, wanted_clips
from backend.quality.measures import MEASURES
from backend.quality.reviewing import review_clip

VERB: Final = "clip.review"
# The reason codes of the public contract, the commonest of what a person hears first.
CODES: Final = (
    "noisy",
    "wrong_prompt",
    "partial_prompt",
    "second_speaker",
    "cut_start",
    "cut_end",
    "clipped",
    "too_quiet",
    "reverberant",
    "glitch",
    "dropouts",
    "hum",
    "other_speaker",
    "no_speech",
    "low_speech",
    "silent",
    "narrowband",
    "too_short",
    "too_long",
    "rate_off",
    "dc_offset",
    "duplicate",
    "low_mos",
    "undecodable",
)
# What waits for a person: `uploaded` where models are awaited, and may have failed.
QUEUES: Final = {State.REVIEW: "Waiting for a person", State.UPLOADED: "Waiting for models"}


@dataclass(frozen=True)
class ReasonLine:
    """A reason in words: what was measured, how much, and where the bound is."""

    code: str
    severity: str
    text: str
    measure: str
    value: float | None
    threshold: float | None


@dataclass(frozen=True)
class Card:
    """The clip to decide on."""

    clip: Clip
    reasons: list[ReasonLine]
    codes: list[tuple[str, bool]]
    measures: list[tuple[str, str, float]]


def queue_of(campaign: Campaign, state: State) -> tuple[Wanted, ClipQuerySet]:
    """Return the clips of a queue, the oldest first."""
    wanted = Wanted(state=state, newest_first=False)
    clips = wanted_clips(campaign, wanted)
    if state is State.UPLOADED:
        clips = clips.filter(verdict__provisional=True)
    return wanted, clips


def next_card(campaign: Campaign, state: State, after: UUID | None) -> Card | None:
    """Return the first clip of the queue behind `after`."""
    wanted, clips = queue_of(campaign, state)
    found, _ = read_page(clips.select_related("speaker"), wanted, after=after, size=1)
    return _card(found[0]) if found else None


def _card(clip: Clip) -> Card:
    reasons = [_line(reason) for reason in (clip.verdict or {}).get("reasons", ())]
    said = [reason.code for reason in reasons if reason.severity != "hint"]
    measured = measures_by_clip([clip]).get(clip.pk, {})
    return Card(
        clip=clip,
        reasons=reasons,
        # Nothing is ticked: what a machine thinks is no decision of a person's.
        codes=[(code, code in said) for code in dict.fromkeys((*said, *CODES))],
        measures=[(name, MEASURES.get(name, ""), value) for name, value in measured.items()],
    )


def _line(reason: dict[str, Any]) -> ReasonLine:
    measure = reason.get("measure", "")
    return ReasonLine(
        code=reason["code"],
        severity=reason.get("severity", ""),
        text=reason.get("text") or reason.get("hint", ""),
        measure=MEASURES.get(measure, measure),
        value=reason.get("value"),
        threshold=reason.get("threshold"),
    )


def _asked(query: QueryDict) -> tuple[State, UUID | None]:
    try:
        state = State(query.get("state") or State.REVIEW)
        after = UUID(str(query["after"])) if query.get("after") else None
    except ValueError as error:
        raise Malformed() from error
    if state not in QUEUES:
        raise Malformed()
    return state, after


@require_safe
@page
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the next clip; only its card to the page's own script."""
    campaign = campaign_at(request, slug, VERB)
    state, after = _asked(request.GET)
    card = next_card(campaign, state, after)
    facts = {
        "campaign": campaign,
        "state": state,
        "after": after,
        "card": card,
        "may_hear": person_holds(person_at(request), "clip.hear", campaign.pk),
    }
    if "X-Fragment" in request.headers:
        return render(request, "console/review_card.html", facts)
    facts["queues"] = [
        (queue.value, title, queue_of(campaign, queue)[1].count())
        for queue, title in QUEUES.items()
    ]
    return render(request, "console/review.html", facts)


@require_POST
@page
def decide(request: HttpRequest, slug: str, clip_id: UUID) -> HttpResponse:
    """Write the decision; the same again changes nothing."""
    campaign = campaign_at(request, slug, VERB)
    state, _ = _asked(request.POST)
    if not Clip.objects.filter(pk=clip_id, campaign=campaign).exists():
        raise NotFound()
    decision = request.POST.get("decision", "")
    # Codes say why a clip is rejected; ticked and then passed, they say nothing.
    reasons = request.POST.getlist("reasons") if decision == "reject" else []
    form = ReviewIn(data={"decision": decision, "reasons": reasons})
    form.is_valid(raise_exception=True)
    review_clip(
        clip_id=clip_id,
        decision=form.validated_data["decision"],
        reasons=form.validated_data["reasons"],
        actor=actor_at(request),
        now=timezone.now(),
    )
    if "X-Fragment" in request.headers:
        return HttpResponse(status=204)
    address = reverse("console:review", args=[slug])
    return redirect(f"{address}?state={state.value}&after={clip_id}")
