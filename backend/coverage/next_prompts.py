"""Hand out the next prompts of a speaker: from the shortlists, never by a look at all prompts.

What an answer costs depends on the shortlist, on what the speaker has read and on how many prompts
are asked for; the number of the campaign's prompts is in none of them.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import product
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from backend.campaigns.models import Prompt
from backend.coverage.models import PromptStanding, Shortlist, ShortlistItem, SpeakerPrompts
from backend.coverage.prompt_choice import LISTED, Candidate, Phase, choose_next
from backend.coverage.reserve import is_reserved, is_test_speaker
from backend.coverage.shortlists import EVERYBODY, ask_for_filling, stratum_of
from backend.speakers.models import Speaker

PROMPTS_IN_PACK: Final = 500
#: The window from which a speaker's own gain chooses: what is asked for, and so many more.
_MORE: Final = 25
#: The newest of what a speaker has read, for what their mouth has said.
_SAID: Final = 200
#: What of a speaker's hand-outs is kept: more than any phone asks for ahead.
_KEPT: Final = 300
#: Where so much of a list was handed out it is filled anew, while there is still some of it left.
_WORN_RANK: Final = LISTED * 7 // 10
_PAGE: Final = 200
_PAGES: Final = 10


def hand_out_prompts(
    *, speaker: Speaker, key: str, done: Collection[UUID], count: int, now: datetime
) -> list[Prompt]:
    """Return up to `count` prompts that the speaker is to read next, best first.

    `key`: their cell. `done`: what they have recorded or refused, oldest first; none of it is
    handed out again. The mandatory prompts come first; then what they were handed before and have
    not read; then, of their cell's list, what is wanted most there. Asked again, a speaker gets the
    same. A prompt with a cap is handed out at most so often as recordings are missing.
    """
    worn: list[Shortlist] = []
    with transaction.atomic():
        mine, _ = SpeakerPrompts.objects.select_for_update().get_or_create(
            speaker=speaker, defaults={"campaign_id": speaker.campaign_id, "handed_at": now}
        )
        lists = _lists(speaker, key, worn)
        mandatory = _mandatory(lists[-1] if lists else None, done, count)
        before = [
            prompt
            for prompt in map(UUID, mine.prompts)
            if prompt not in done and prompt not in mandatory
        ]
        chosen = _still_asked([*mandatory, *before][:count])
        if len(chosen) < count:
            taken = {*done, *mandatory, *before}
            said = _sounds_said([*done, *before])
            fresh = _from_lists(speaker, lists, taken, said, count - len(chosen), worn)
            missing = count - len(chosen) - len(fresh)
            if missing > 0:
                taken.update(prompt.pk for prompt in fresh)
                fresh += _in_order(speaker, taken, missing)
            _keep(mine, lists, [*before, *(prompt.pk for prompt in fresh)], now)
            chosen += fresh
    # Not before: whoever fills a list holds its row while waiting for items that we have locked.
    for shortlist in worn:
        ask_for_filling(shortlist=shortlist, now=now)
    return chosen


def pack_prompts(*, campaign_id: UUID) -> list[Prompt]:
    """Return the prompts of a campaign's pack, which a phone reads from without a network.

    The list of everybody, mandatory prompts first, without reserved texts: a phone cannot know who
    reads those. Until it is filled: the first prompts of the files.
    """
    filled = Shortlist.objects.filter(
        campaign_id=campaign_id, stratum=EVERYBODY, filled_at__isnull=False
    ).first()
    if filled is None:
        active = Prompt.objects.filter(campaign_id=campaign_id, active=True)
        return list(active.order_by("position")[:PROMPTS_IN_PACK])
    items = ShortlistItem.objects.filter(
        shortlist=filled, reserved=False, standing__prompt__active=True
    )
    open_ = _below_cap(items).select_related("standing__prompt").order_by("phase", "rank")
    return [item.standing.prompt for item in open_[:PROMPTS_IN_PACK]]


def _lists(speaker: Speaker, key: str, worn: list[Shortlist]) -> list[Shortlist]:
    """Return the lists of the speaker's cell and of everybody, those that are filled.

    A list that is not there yet is made, and is to be filled.
    """
    stratum = stratum_of(key)
    rows = {
        row.stratum: row
        for row in Shortlist.objects.filter(
            campaign_id=speaker.campaign_id, stratum__in=[stratum, EVERYBODY]
        )
    }
    if stratum not in rows:
        rows[stratum], _ = Shortlist.objects.get_or_create(
            campaign_id=speaker.campaign_id, stratum=stratum
        )
        worn.append(rows[stratum])
    wanted = [stratum, EVERYBODY] if stratum != EVERYBODY else [EVERYBODY]
    return [rows[key] for key in wanted if key in rows and rows[key].filled_at is not None]


def _mandatory(everybody: Shortlist | None, done: Collection[UUID], count: int) -> list[UUID]:
    """Return what everybody reads and this speaker has not, hot words first."""
    if everybody is None or everybody.stratum != EVERYBODY:
        return []
    items = ShortlistItem.objects.filter(shortlist=everybody, phase__lt=Phase.REST)
    open_ = _below_cap(items).order_by("phase", "rank").values_list("standing_id", flat=True)
    return [prompt for prompt in open_ if prompt not in done][:count]


def _below_cap(items: "QuerySet[ShortlistItem]") -> "QuerySet[ShortlistItem]":
    return items.filter(
        Q(standing__prompt__cap=None)
        | Q(standing__prompt__cap__gt=F("standing__recorded") + F("standing__given"))
    )


def _still_asked(prompts: Sequence[UUID]) -> list[Prompt]:
    """Return the prompts that are still active, in the order given."""
    rows = Prompt.objects.in_bulk(prompts) if prompts else {}
    return [rows[prompt] for prompt in prompts if prompt in rows and rows[prompt].active]


def _sounds_said(prompts: Sequence[UUID]) -> list[str]:
    newest = PromptStanding.objects.filter(pk__in=prompts[-_SAID:])
    return list(newest.values_list("sounds", flat=True))


def _from_lists(
    speaker: Speaker,
    lists: Sequence[Shortlist],
    taken: Collection[UUID],
    said: Sequence[str],
    count: int,
    worn: list[Shortlist],
) -> list[Prompt]:
    """Take up to `count` prompts from the lists, in their order.

    A test speaker reads the reserved texts, and others when those are used up; nobody else reads
    a reserved one.
    """
    salt = speaker.campaign_id.bytes
    kinds = (True, False) if is_test_speaker(salt, str(speaker.pk)) else (False,)
    chosen: list[Prompt] = []
    for reserved, shortlist in product(kinds, lists):
        if len(chosen) < count:
            without = [*taken, *(prompt.pk for prompt in chosen)]
            items = _take(shortlist, reserved, without, said, count - len(chosen), worn)
            chosen += [item.standing.prompt for item in items]
    return chosen


def _take(
    shortlist: Shortlist,
    reserved: bool,
    without: Sequence[UUID],
    said: Sequence[str],
    count: int,
    worn: list[Shortlist],
) -> list[ShortlistItem]:
    """Take up to `count` items, those least handed out first, and count them as handed out.

    Who asks at the same moment passes by what we look at and gets what comes next. Only if nothing
    is left for them do they get what another one is just given: uncounted, and no capped prompt.
    """
    top = (
        _below_cap(ShortlistItem.objects.filter(shortlist=shortlist, phase=Phase.REST))
        .filter(reserved=reserved, standing__prompt__active=True)
        .exclude(standing_id__in=without)
        .select_related("standing__prompt")
        .order_by("given", "rank")
    )
    free = list(
        top.select_for_update(skip_locked=True, no_key=True, of=("self", "standing"))[
            : count + _MORE
        ]
    )
    items = _chosen(free, said, count)
    ShortlistItem.objects.filter(pk__in=[item.pk for item in items]).update(given=F("given") + 1)
    capped = [item.standing_id for item in items if item.standing.prompt.cap is not None]
    if capped:
        PromptStanding.objects.filter(pk__in=capped).update(given=F("given") + 1)
    if any(item.given >= item.places or item.rank >= _WORN_RANK for item in items):
        worn.append(shortlist)
    if len(items) < count:
        mine = [item.pk for item in items]
        more = top.filter(standing__prompt__cap=None).exclude(pk__in=mine)
        items += list(more[: count - len(items)])
    return items


def _chosen(free: Sequence[ShortlistItem], said: Sequence[str], count: int) -> list[ShortlistItem]:
    candidates = [
        Candidate(rank=place, sounds=item.standing.sounds) for place, item in enumerate(free)
    ]
    return [free[one.rank] for one in choose_next(candidates, said=said, count=count)]


def _in_order(speaker: Speaker, taken: Collection[UUID], count: int) -> list[Prompt]:
    """Return prompts in the order of their files, from the speaker's own place on.

    For a campaign whose lists are not filled yet, and for who has read all of them. A bounded
    number of prompts is looked at.
    """
    active = Prompt.objects.filter(campaign_id=speaker.campaign_id, active=True).filter(Q(cap=None))
    last = active.order_by("-position").values_list("position", flat=True).first()
    if last is None:
        return []
    start = speaker.pk.int % last
    salt = speaker.campaign_id.bytes
    reserves = PromptStanding.objects.filter(campaign_id=speaker.campaign_id, reserved=True)
    keeps = not is_test_speaker(salt, str(speaker.pk)) and reserves.exists()
    chosen: list[Prompt] = []
    for part in (active.filter(position__gt=start), active.filter(position__lte=start)):
        after = -1
        for _ in range(_PAGES):
            page = list(part.filter(position__gt=after).order_by("position")[:_PAGE])
            chosen += [
                prompt
                for prompt in page
                if prompt.pk not in taken and not (keeps and is_reserved(salt, prompt.text))
            ]
            if len(page) < _PAGE or len(chosen) >= count:
                break
            after = page[-1].position
    return chosen[:count]


def _keep(
    mine: SpeakerPrompts, lists: Sequence[Shortlist], prompts: Sequence[UUID], now: datetime
) -> None:
    """Keep what the speaker was handed, so that it is the same when they ask again."""
    mine.prompts = [str(prompt) for prompt in prompts][-_KEPT:]
    mine.stratum = lists[0].stratum if lists else EVERYBODY
    mine.handed_at = now
    mine.save(update_fields=["prompts", "stratum", "handed_at"])
