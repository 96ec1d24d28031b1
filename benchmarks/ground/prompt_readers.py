"""Let people read prompts until most diphones are there: handed out by the platform's own service,
and by fewest clips first, as Common Voice chooses. Prints one line of JSON.

Run by benchmarks.coverage_prompts with the address of an empty database in its environment.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from uuid import UUID

import django

django.setup()

import numpy as np  # noqa: E402 - models cannot be imported before Django is set up
import uuid_utils.compat as uuid  # noqa: E402 - the same
from django.core.management import call_command  # noqa: E402 - the same
from django.utils import timezone  # noqa: E402 - the same

from backend.accounts.models import User  # noqa: E402 - the same
from backend.campaigns.models import Campaign  # noqa: E402 - the same
from backend.campaigns.services import import_prompts  # noqa: E402 - the same
from backend.coverage.models import PromptStanding, Shortlist, SpeakerPrompts  # noqa: E402 - the same
from backend.coverage.next_prompts import hand_out_prompts  # noqa: E402 - the same
from backend.coverage.prompt_sounds import note_sounds  # noqa: E402 - the same
from backend.coverage.services import create_campaign  # noqa: E402 - the same
from backend.coverage.shortlists import campaigns_to_fill, fill_shortlists  # noqa: E402 - the same
from backend.coverage.sounds import SoundTable, make_table  # noqa: E402 - the same
from backend.speakers.models import Speaker  # noqa: E402 - the same
from benchmarks.ground.prose import sentences  # noqa: E402 - the same
from workers.phonetics.analysis import analyse, method_for  # noqa: E402 - the same

_CELL = "gender=female|age_band=30-39"
_SITTING = 20
_SHARES = (0.7, 0.8, 0.9)
# Common Voice draws from so many sentences with the fewest clips.
_FEWEST = 500


class Read:
    """What was recorded, of people of one cell."""

    def __init__(self) -> None:
        self.pairs: set[tuple[UUID, UUID]] = set()
        self.times: Counter[UUID] = Counter()

    def add(self, speaker: UUID, prompt: UUID) -> None:
        """Count a recording."""
        self.pairs.add((speaker, prompt))
        self.times[prompt] += 1

    def by_stratum(self, campaign_id: UUID) -> dict[str, dict[UUID, int]]:
        """As backend.clips.prompt_tally reads it."""
        return {_CELL: dict(self.times)}

    def of_prompts(self, prompts: Collection[UUID]) -> dict[UUID, int]:
        """The same."""
        return {prompt: self.times[prompt] for prompt in prompts}

    def among(self, speakers: Collection[UUID]) -> set[tuple[UUID, UUID]]:
        """The same."""
        return {pair for pair in self.pairs if pair[0] in set(speakers)}


def main() -> None:
    """Make the campaign, let both be read, print how many prompts each needed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=9000)
    parser.add_argument("--seeds", type=int, default=8)
    chosen = parser.parse_args()
    call_command("migrate", verbosity=0)
    texts = sentences(chosen.sentences, seed=0)
    campaign = _campaign(texts)
    standings = PromptStanding.objects.filter(campaign=campaign).order_by("prompt__position")
    index = {pk: place for place, pk in enumerate(standings.values_list("pk", flat=True))}
    table = make_table(list(standings.values_list("sounds", flat=True)))
    # Another seed is other speakers: their ids decide who reads the reserved texts.
    ours = [
        _needed(table, (index[prompt] for prompt in _handed_out(campaign)))
        for _ in range(chosen.seeds)
    ]
    fewest = [_needed(table, _fewest_first(len(table), seed)) for seed in range(chosen.seeds)]
    told = {
        "sentences": len(texts),
        "diphones": table.number,
        "shares": _SHARES,
        "ours": ours,
        "fewest": fewest,
    }
    sys.stdout.write(json.dumps(told) + "\n")


def _campaign(texts: list[str]) -> Campaign:
    campaign = create_campaign(
        slug="prose",
        name="Prose",
        language="en",
        consent_forms=[{"locale": "en", "text": "May we?", "scopes": ["collect"]}],
        actor="system",
        now=timezone.now(),
    )
    body = "\n".join(json.dumps({"text": text}) for text in texts)
    import_prompts(campaign=campaign, body=body, name="prose", actor="system", now=timezone.now())
    for _ in note_sounds(campaign=campaign, method_for=method_for, analyse=analyse):
        pass
    return campaign


def _handed_out(campaign: Campaign) -> Iterator[UUID]:
    """Yield the prompts in the order in which speakers of one cell read them, twenty each.

    The job that fills the lists comes as soon as one is due, between two sittings.
    """
    read = Read()
    collector, _ = User.objects.get_or_create(username="collector-of-prose")
    Shortlist.objects.filter(campaign=campaign).delete()
    SpeakerPrompts.objects.filter(campaign=campaign).delete()
    fill_shortlists(campaign=campaign, recordings=read, now=timezone.now())
    while True:
        speaker = Speaker.objects.create(
            id=uuid.uuid7(),
            campaign=campaign,
            collector=collector,
            code="",
            demographics={},
            cell=_CELL,
            request_digest="",
            created_at=timezone.now(),
        )
        prompts = hand_out_prompts(
            speaker=speaker, key=_CELL, done=(), count=_SITTING, now=timezone.now()
        )
        for prompt in prompts:
            read.add(speaker.pk, prompt.pk)
            yield prompt.pk
        if campaign.pk in campaigns_to_fill(now=timezone.now()):
            fill_shortlists(campaign=campaign, recordings=read, now=timezone.now())


def _fewest_first(count: int, seed: int) -> Iterator[int]:
    """Yield prompts as Common Voice hands them out: of the 500 with the fewest clips, any."""
    rng = np.random.default_rng(seed)
    clips = np.zeros(count)
    while True:
        fewest = np.lexsort((rng.random(count), clips))[:_FEWEST]
        for prompt in rng.permutation(fewest)[:_SITTING]:
            clips[prompt] += 1
            yield int(prompt)


def _needed(table: SoundTable, reading: Iterator[int]) -> list[int]:
    """Return how many prompts were read when each of the shares of all diphones was there."""
    there = np.zeros(table.number, bool)
    needed: list[int] = []
    for number, prompt in enumerate(reading, start=1):
        there[table.of(prompt)[0]] = True
        while len(needed) < len(_SHARES) and there.mean() >= _SHARES[len(needed)]:
            needed.append(number)
        if len(needed) == len(_SHARES):
            break
    return needed


if __name__ == "__main__":
    main()
