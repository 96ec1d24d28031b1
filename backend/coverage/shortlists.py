"""Fill the shortlists, called by a job: for every stratum what its people are to read next."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from backend.campaigns.models import Campaign
from backend.coverage.models import Cell, PromptStanding, Shortlist, ShortlistItem
from backend.coverage.phonetic_gain import Corpus
from backend.coverage.prompt_choice import (
    LISTED,
    RESERVED_LISTED,
    Listed,
    Phase,
    make_list,
    readings_wanted,
)
from backend.coverage.prompt_pool import Pool, Recordings, on_the_way, read_pool, with_handed
from backend.coverage.sounds import Floats
from backend.jobs.services import enqueue_job
from backend.speakers.cells import DECLINED, SESSION_DIMENSIONS, UNKNOWN, levels_of

#: The stratum of everybody: the pack, who is in no cell, who comes before their cell has a list.
EVERYBODY: Final = ""
#: A list in use is filled anew after so long though it is not worn: others read the prompts too.
OLD_AFTER: Final = timedelta(hours=6)
_UNUSED_AFTER: Final = timedelta(days=14)
#: A list that wears quickly is not filled oftener than this.
_PAUSE: Final = timedelta(minutes=1)
_AT_ONCE: Final = 1000


@dataclass
class Filled:
    """What a filling did, for the job's result."""

    lists: int = 0
    prompts: int = 0
    units: int = 0
    methods: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def stratum_of(key: str) -> str:
    """Return the list for a person of this cell: their cell's, if they said what makes it.

    What only a sitting says (environment, device) is unknown of a person and makes no difference:
    prompts are chosen for people.
    """
    said = {name: level for name, level in levels_of(key).items() if name not in SESSION_DIMENSIONS}
    return EVERYBODY if {UNKNOWN, DECLINED} & set(said.values()) else key


def ask_for_filling(*, shortlist: Shortlist, now: datetime) -> None:
    """Have a worn or empty list filled; asked by many at once, it is one job."""
    marked = Shortlist.objects.filter(pk=shortlist.pk, worn_at=None).update(worn_at=now)
    if marked:
        filled_at = shortlist.filled_at
        enqueue_job(
            kind="fill_shortlists",
            key=f"fill_shortlists:{shortlist.pk}:{now.timestamp()}",
            subject=str(shortlist.campaign_id),
            now=now,
            run_after=filled_at + _PAUSE if filled_at and filled_at + _PAUSE > now else None,
        )


def due_lists(*, now: datetime) -> "QuerySet[Shortlist]":
    """Return the lists that are empty, worn, or in use and old."""
    used = ShortlistItem.objects.filter(given__gt=0)
    due = Q(filled_at=None) | Q(worn_at__isnull=False)
    due |= Q(filled_at__lt=now - OLD_AFTER, pk__in=used.values("shortlist_id"))
    return Shortlist.objects.filter(due)


def campaigns_to_fill(*, now: datetime) -> set[UUID]:
    """Return the campaigns with a list to fill, or with prompts and no list at all."""
    without = Campaign.objects.filter(prompts__active=True).exclude(
        pk__in=Shortlist.objects.filter(stratum=EVERYBODY).values("campaign_id")
    )
    return {
        *due_lists(now=now).values_list("campaign_id", flat=True),
        *without.values_list("pk", flat=True),
    }


def fill_shortlists(*, campaign: Campaign, recordings: Recordings, now: datetime) -> Filled:
    """Fill the lists of a campaign that are due, or of another number of prompts than there are.

    Drops lists that nobody used for long. Each list is changed in a transaction of its own; those
    who ask meanwhile take from the old one.
    """
    pool = read_pool(campaign)
    everybody, _ = Shortlist.objects.get_or_create(campaign=campaign, stratum=EVERYBODY)
    mine = Shortlist.objects.filter(campaign=campaign)
    used = ShortlistItem.objects.filter(shortlist__campaign=campaign, given__gt=0)
    mine.filter(filled_at__lt=now - _UNUSED_AFTER).exclude(pk=everybody.pk).exclude(
        pk__in=used.values("shortlist_id")
    ).delete()
    changed = mine.exclude(prompts=len(pool.prompts)).values("pk")
    due = list(
        mine.filter(Q(pk__in=due_lists(now=now).values("pk")) | Q(pk__in=changed)).order_by(
            "stratum"
        )
    )
    if not due:
        return Filled()
    recorded = recordings.by_stratum(campaign.pk)
    readings = with_handed(recorded, campaign=campaign, recordings=recordings, now=now)
    anywhere = pool.times(_sum(readings.values()))
    planned = anywhere.copy()
    for shortlist in due:
        stratum = shortlist.stratum
        here, said = anywhere, _sum(recorded.values())
        if stratum != EVERYBODY:
            here, said = pool.times(readings.get(stratum, {})), Counter(recorded.get(stratum, {}))
        items = _items(shortlist, pool, here=here, anywhere=anywhere, planned=planned)
        _replace(
            shortlist, items, pool, covered=Corpus(pool.table, pool.times(said)).covered, now=now
        )
        # What another list holds is as good as read: lists of strata differ.
        for item in items:
            planned[pool.index[item.standing_id]] += 1
    _count_caps(campaign, pool, recordings, now)
    return Filled(len(due), len(pool.prompts), pool.table.number, pool.methods)


def _sum(parts: Collection[Mapping[UUID, int]]) -> Counter[UUID]:
    total: Counter[UUID] = Counter()
    for part in parts:
        total.update(part)
    return total


def _items(
    shortlist: Shortlist, pool: Pool, *, here: Floats, anywhere: Floats, planned: Floats
) -> list[ShortlistItem]:
    """Return a list's new items; that of everybody holds the mandatory prompts too."""
    campaign = shortlist.campaign
    open_ = pool.open_to_all(anywhere)
    wanted = readings_wanted(
        _target_of(campaign, shortlist.stratum),
        campaign.targets.get("unit", "clips"),
        len(pool.prompts),
    )
    items: list[ShortlistItem] = []
    for reserved, size in ((False, LISTED), (True, RESERVED_LISTED)):
        listed = make_list(
            pool.table,
            allowed=open_ & (pool.reserved == reserved),
            free=pool.free,
            here=here,
            anywhere=planned,
            wanted=wanted,
            size=size,
        )
        items += _rest(shortlist, pool, listed, reserved=reserved)
    return items + (_mandatory(shortlist, pool) if shortlist.stratum == EVERYBODY else [])


def _rest(
    shortlist: Shortlist, pool: Pool, listed: Sequence[Listed], *, reserved: bool
) -> list[ShortlistItem]:
    return [
        ShortlistItem(
            shortlist=shortlist,
            standing_id=pool.prompts[one.prompt],
            phase=Phase.REST,
            reserved=reserved,
            rank=rank,
            gain=one.gain,
            places=one.places,
        )
        for rank, one in enumerate(listed)
    ]


def _mandatory(shortlist: Shortlist, pool: Pool) -> list[ShortlistItem]:
    """Return the prompts that everybody reads, in the order of their files."""
    return [
        ShortlistItem(
            shortlist=shortlist, standing_id=prompt, phase=phase, rank=rank, gain=0.0, places=1
        )
        for rank, (prompt, phase) in enumerate(zip(pool.prompts, pool.phases, strict=True))
        if phase != Phase.REST
    ]


def _replace(
    shortlist: Shortlist,
    items: list[ShortlistItem],
    pool: Pool,
    *,
    covered: float,
    now: datetime,
) -> None:
    with transaction.atomic():
        # Two jobs that fill the same list would each add their items.
        Shortlist.objects.select_for_update().get(pk=shortlist.pk)
        ShortlistItem.objects.filter(shortlist=shortlist).delete()
        ShortlistItem.objects.bulk_create(items, batch_size=_AT_ONCE)
        Shortlist.objects.filter(pk=shortlist.pk).update(
            filled_at=now,
            worn_at=None,
            prompts=len(pool.prompts),
            units=pool.table.number,
            covered=covered,
            methods=pool.methods,
        )


def _target_of(campaign: Campaign, stratum: str) -> float | None:
    """Return what the plan asks of the people of a stratum, in whatever sitting."""
    if stratum == EVERYBODY:
        return None
    levels = {
        (name, level)
        for name, level in levels_of(stratum).items()
        if name not in SESSION_DIMENSIONS or level != UNKNOWN
    }
    cells = Cell.objects.filter(campaign=campaign, target__gt=0).values_list("key", "target")
    targets = [target for key, target in cells if target and levels <= set(levels_of(key).items())]
    return float(sum(targets)) if targets else None


def _count_caps(campaign: Campaign, pool: Pool, recordings: Recordings, now: datetime) -> None:
    """Count the capped prompts anew: what is recorded, and what is on its way.

    Their rows are locked first: nobody is handed one while it is counted, so that what is handed
    out after this counts on top of it.
    """
    capped = [prompt for prompt, cap in zip(pool.prompts, pool.caps, strict=True) if cap]
    for start in range(0, len(capped), _AT_ONCE):
        with transaction.atomic():
            rows = list(
                PromptStanding.objects.select_for_update(no_key=True)
                .filter(pk__in=capped[start : start + _AT_ONCE])
                .order_by("pk")
            )
            recorded = recordings.of_prompts([row.pk for row in rows])
            handed = on_the_way(campaign=campaign, recordings=recordings, now=now)
            given = Counter(prompt for _, prompt in handed)
            for row in rows:
                row.recorded, row.given = recorded.get(row.pk, 0), given[row.pk]
            PromptStanding.objects.bulk_update(rows, ["recorded", "given"])
