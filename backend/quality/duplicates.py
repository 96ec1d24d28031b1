"""Find the clip of a campaign that a clip repeats, remember clips, and forget them.

Two equal uploads may be checked at the same time, and neither would see the other's row before it
is committed. So whoever looks also remembers, in the one transaction that records the check, and
takes the campaign's turn before: looking and remembering happen one clip after the other. The one
that is remembered first is the original, whatever was recorded first: its verdict may be out by the
time the other comes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from backend.clips.models import Clip
from backend.clips.state import State
from backend.quality.likeness import LEAST_SHARED, MOST_COMPARED, Match, choose
from backend.quality.models import Fingerprint, FingerprintKey

_KEY_BITS = 24
_CAMPAIGN_BITS = 39


@dataclass(frozen=True)
class Heard:
    """What a decoded clip is known by. `words` as they are stored; `keys` to be found by later,
    `probes` to search for now, all below 2 ** 24; `error_to` compares with the stored words of
    another clip (0 the same, about 0.5 strangers).
    """

    sha256: str
    pcm_sha256: str
    words: bytes
    keys: Sequence[int]
    probes: Sequence[int]
    error_to: Callable[[bytes], float]


def find_duplicate(*, clip: Clip, heard: Heard) -> Match[UUID]:
    """Return which earlier clip of the campaign this one repeats, in the caller's transaction.

    Exact repeats are found by their hashes, each in an index. Of the others one query over an index
    gives the clips that share most keys, and those are compared. Withdrawn clips are not looked at;
    nor, for a clip that is remembered already, what came after it.
    """
    _take_turn(clip.campaign_id)
    known = Fingerprint.objects.filter(campaign_id=clip.campaign_id)
    known = known.exclude(clip__state=State.WITHDRAWN)
    own = Fingerprint.objects.filter(clip=clip).values_list("pk", flat=True).first()
    before = Q() if own is None else Q(pk__lt=own)
    # Each hash by itself: asked for either, SQLite walks through the campaign instead.
    same = [
        known.filter(before, **hashes).order_by("pk").values_list("pk", flat=True).first()
        for hashes in ({"sha256": heard.sha256}, {"pcm_sha256": heard.pcm_sha256})
    ]
    exact = min((pk for pk in same if pk is not None), default=None)
    sharing = set(candidates(campaign_id=clip.campaign_id, probes=heard.probes))
    looked_at = sharing if exact is None else sharing | {exact}
    compared = known.filter(before, pk__in=looked_at).order_by("pk")
    return choose(
        [
            (other, 0.0 if pk == exact else heard.error_to(bytes(words)))
            for pk, other, words in compared.values_list("pk", "clip_id", "words")
        ],
        exact=exact is not None,
    )


def candidates(*, campaign_id: UUID, probes: Sequence[int]) -> "QuerySet[FingerprintKey, int]":
    """Return the ids of the fingerprints that share most keys, as a query over the key's index."""
    sharing = FingerprintKey.objects.filter(key__in=of_campaign(campaign_id, probes))
    counted = sharing.values("fingerprint_id").annotate(shared=Count("key"))
    return (
        counted.filter(shared__gte=LEAST_SHARED)
        .order_by("-shared", "fingerprint_id")
        .values_list("fingerprint_id", flat=True)[:MOST_COMPARED]
    )


def remember_fingerprint(*, clip: Clip, heard: Heard, now: datetime) -> None:
    """Keep what the clip is known by, in the caller's transaction; twice is harmless.

    Not without `find_duplicate` before it, which takes the campaign's turn.
    """
    row, new = Fingerprint.objects.get_or_create(
        clip=clip,
        defaults={
            "campaign_id": clip.campaign_id,
            "sha256": heard.sha256,
            "pcm_sha256": heard.pcm_sha256,
            "words": heard.words,
            "at": now,
        },
    )
    if new:
        FingerprintKey.objects.bulk_create(
            FingerprintKey(key=key, fingerprint=row)
            for key in of_campaign(clip.campaign_id, heard.keys)
        )


def forget_fingerprint(*, clip_id: UUID) -> None:
    """Remove what a clip is known by, and the keys it is found by."""
    Fingerprint.objects.filter(clip_id=clip_id).delete()


def of_campaign(campaign_id: UUID, keys: Sequence[int]) -> list[int]:
    """Return keys as they are stored: with the end of the campaign's id before them.

    Two campaigns whose ids end alike would only compare a few clips more; which are of the
    campaign is asked of the fingerprints themselves.
    """
    ending = campaign_id.int & ((1 << _CAMPAIGN_BITS) - 1)
    return [ending << _KEY_BITS | key for key in keys]


def _take_turn(campaign_id: UUID) -> None:
    """Wait until no other transaction that holds the campaign's turn is running.

    A lock of its own and not one on the campaign's row, which holds and profiles wait for. SQLite
    lets one transaction write after the other anyway.
    """
    if connection.vendor == "postgresql":
        number = campaign_id.int & ((1 << 63) - 1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
