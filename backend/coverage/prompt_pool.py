"""Read what a campaign's prompts are and how often each was read: what shortlists are made of."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import numpy as np

from backend.campaigns.models import Campaign
from backend.coverage.models import PromptStanding, SpeakerPrompts
from backend.coverage.prompt_choice import MANDATORY_LISTED, Phase, phase_of
from backend.coverage.reserve import RESERVED_FROM
from backend.coverage.sounds import Floats, Mask, SoundTable, make_table

#: What was handed out counts as on its way for so long.
HANDED_FOR: Final = timedelta(days=2)

Tally = Mapping[str, Mapping[UUID, int]]


class Recordings(Protocol):
    """What was recorded, which only those above coverage can read (backend.clips)."""

    def by_stratum(self, campaign_id: UUID) -> Tally:
        """Return `{key of the speaker's cell: {prompt: recordings}}`."""
        ...

    def of_prompts(self, prompts: Collection[UUID]) -> dict[UUID, int]:
        """Return how often each of these prompts was recorded."""
        ...

    def among(self, speakers: Collection[UUID]) -> set[tuple[UUID, UUID]]:
        """Return the (speaker, prompt) that these speakers have recorded."""
        ...


@dataclass(frozen=True)
class Pool:
    """The n active prompts of a campaign in their order, by index.

    `free`: answered in one's own words, or without a known sound. `methods`: prompts by the way
    their sounds were found.
    """

    prompts: list[UUID]
    index: dict[UUID, int]
    phases: list[Phase]
    caps: list[int | None]
    table: SoundTable
    free: Mask
    reserved: Mask
    methods: dict[str, int]

    def times(self, readings: Mapping[UUID, int]) -> Floats:
        """Return (n) the readings of each prompt."""
        times = np.zeros(len(self.prompts))
        for prompt, number in readings.items():
            if prompt in self.index:
                times[self.index[prompt]] = number
        return times

    def open_to_all(self, anywhere: Floats) -> Mask:
        """Return (n) which prompts are not mandatory and not recorded as often as their cap says.

        `anywhere` (n): readings in the whole campaign.
        """
        caps = np.array([np.inf if cap is None else cap for cap in self.caps])
        rest = np.array([phase == Phase.REST for phase in self.phases], bool)
        return rest & (anywhere < caps)


def read_pool(campaign: Campaign) -> Pool:
    """Read a campaign's active prompts whose sounds are noted."""
    rows = list(
        PromptStanding.objects.filter(campaign=campaign, prompt__active=True)
        .order_by("prompt__position", "prompt_id")
        .values_list(
            *("prompt_id", "sounds", "method", "reserved"),
            *("prompt__kind", "prompt__block", "prompt__cap"),
        )
    )
    phases = [phase_of(row[4], row[5]) for row in rows]
    if sum(phase != Phase.REST for phase in phases) > MANDATORY_LISTED:
        phases = [Phase.REST] * len(rows)
    reserves = len(rows) >= RESERVED_FROM
    return Pool(
        prompts=[row[0] for row in rows],
        index={row[0]: index for index, row in enumerate(rows)},
        phases=phases,
        caps=[row[6] for row in rows],
        table=make_table([row[1] for row in rows]),
        free=np.array([row[1] == "" for row in rows], bool),
        reserved=np.array([reserves and row[3] for row in rows], bool),
        methods=dict(Counter(row[2] for row in rows if row[2])),
    )


def with_handed(
    recorded: Tally, *, campaign: Campaign, recordings: Recordings, now: datetime
) -> dict[str, Counter[UUID]]:
    """Return `{stratum: {prompt: readings}}`: recorded, or handed out lately and on its way."""
    total = {key: Counter(dict(times)) for key, times in recorded.items()}
    for stratum, prompt in on_the_way(campaign=campaign, recordings=recordings, now=now):
        total.setdefault(stratum, Counter())[prompt] += 1
    return total


def on_the_way(
    *, campaign: Campaign, recordings: Recordings, now: datetime
) -> list[tuple[str, UUID]]:
    """Return the (stratum, prompt) of all that was handed out lately and is not recorded."""
    handed = list(
        SpeakerPrompts.objects.filter(
            campaign=campaign, handed_at__gte=now - HANDED_FOR
        ).values_list("speaker_id", "stratum", "prompts")
    )
    done = recordings.among([speaker for speaker, _, _ in handed])
    return [
        (stratum, UUID(prompt))
        for speaker, stratum, prompts in handed
        for prompt in prompts
        if (speaker, UUID(prompt)) not in done
    ]
