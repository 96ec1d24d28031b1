"""Note the sounds of prompts, and which are reserved: once for each, in the background."""

from collections.abc import Callable, Iterator
from typing import Final, Protocol
from uuid import UUID

from django.db.models import Q

from backend.campaigns.models import Campaign, Prompt, PromptKind
from backend.coverage.models import PromptStanding
from backend.coverage.prompt_choice import Phase, phase_of
from backend.coverage.reserve import is_reserved

_AT_ONCE: Final = 1000


class Analysed(Protocol):
    """The sounds of a text and how they were found (workers.phonetics.analysis)."""

    @property
    def sounds(self) -> str:
        """As backend.coverage.sounds reads them."""
        ...

    @property
    def words(self) -> int:
        """How many words were said."""
        ...

    @property
    def unknown(self) -> int:
        """How many of them were taken by their letters."""
        ...

    @property
    def method(self) -> str:
        """How words of this language are pronounced."""
        ...


def note_sounds(
    *,
    campaign: Campaign,
    method_for: Callable[[str], str],
    analyse: Callable[[str, str], Analysed],
) -> Iterator[int]:
    """Write the standing of every prompt that has none, or one by an older method.

    Yields how many were written, a bounded number at a time, each in a transaction of its own.
    What is answered in one's own words has no sounds before it is said.
    """
    prompts = Prompt.objects.filter(campaign=campaign)
    languages = prompts.order_by().values_list("language", flat=True).distinct()
    current = Q(standing__method="", kind=PromptKind.QUESTION)
    for language in list(languages):
        current |= Q(standing__method=method_for(language), language=language)
    stale = prompts.exclude(pk__in=prompts.filter(current).values("pk")).order_by("pk")
    after: UUID | None = None
    while batch := list(stale.filter(pk__gt=after)[:_AT_ONCE] if after else stale[:_AT_ONCE]):
        PromptStanding.objects.bulk_create(
            [_standing(prompt, campaign, analyse) for prompt in batch],
            update_conflicts=True,
            unique_fields=["prompt"],
            update_fields=["sounds", "method", "words", "unknown_words", "reserved"],
        )
        after = batch[-1].pk
        yield len(batch)


def _standing(
    prompt: Prompt, campaign: Campaign, analyse: Callable[[str, str], Analysed]
) -> PromptStanding:
    standing = PromptStanding(
        prompt=prompt,
        campaign=campaign,
        reserved=phase_of(prompt.kind, prompt.block) == Phase.REST
        and is_reserved(campaign.pk.bytes, prompt.text),
    )
    if prompt.kind != PromptKind.QUESTION:
        found = analyse(prompt.text, prompt.language)
        standing.sounds, standing.method = found.sounds, found.method
        standing.words, standing.unknown_words = found.words, found.unknown
    return standing
