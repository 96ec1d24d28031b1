"""A campaign of ten thousand or a million clips, as if they had been collected: the rows alone.

Speakers, consents, sessions, clips, their events and the counters, with the days of the cells and
who was met, by COPY in some seconds. The counters are summed here from the clips that were drawn,
so that a rebuild has something to prove. Nothing stands in the store, and no job waits.
"""

import json
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from backend.campaigns.models import Campaign, Prompt
from backend.clips.dispatch import BUCKET
from backend.clips.models import Clip, ClipEvent, Session
from backend.clips.state import State
from backend.coverage.counters import SHARE_COLUMNS
from backend.coverage.models import (
    Cell,
    CellDay,
    CellSpeaker,
    Screening,
    SupplyCount,
    SupplyTotal,
)
from backend.speakers.models import Consent, Speaker
from benchmarks.ground.copy_rows import copy_rows, in_bulk, text_of
from benchmarks.ground.seeded_people import (
    CLIPS_OF_A_SPEAKER,
    Ground,
    Ints,
    SeededPhone,
    ids_of,
    times_of,
)

# What had become of the clips, and by which moves.
_PATHS: Final[dict[tuple[State, ...], float]] = {
    (State.UPLOADED, State.PASSED, State.ANNOTATING, State.ACCEPTED): 0.72,
    (State.UPLOADED, State.REJECTED): 0.12,
    (State.UPLOADED, State.PASSED, State.ANNOTATING): 0.05,
    (State.UPLOADED, State.PASSED): 0.03,
    (State.UPLOADED,): 0.02,
    (State.UPLOADED, State.REVIEW): 0.02,
    (): 0.02,
    (State.EXPIRED,): 0.01,
    (State.UPLOADED, State.WITHDRAWN): 0.01,
}
_BLOCK: Final = 100_000


@dataclass(frozen=True)
class Seeded:
    """What was made, and in how many seconds."""

    campaign: Campaign
    phones: list[SeededPhone]
    clips: int
    events: int
    speakers: int
    seconds: float


def seed_campaign(
    *, slug: str, clips: int, seed: int = 0, phones: int = 20, prompts: int = 2000
) -> Seeded:
    """Make a campaign of so many clips in an empty or a filled database (PostgreSQL)."""
    started = time.monotonic()
    rng = np.random.default_rng(seed)
    ground = Ground(slug, rng, clips, phones=phones, prompts=prompts)
    shares = np.zeros((ground.speakers, len(SHARE_COLUMNS)), np.int64)
    events = 0
    with in_bulk(
        Speaker, Consent, Session, Clip, ClipEvent, CellSpeaker, Screening, Prompt, SupplyCount
    ):
        ground.fill_speakers()
        for first in range(0, clips, _BLOCK):
            events += _fill_clips(ground, rng, first, min(_BLOCK, clips - first), shares)
        _fill_counters(ground, shares)
    return Seeded(
        ground.campaign, ground.phones, clips, events, ground.speakers, time.monotonic() - started
    )


def _fill_clips(
    ground: Ground, rng: np.random.Generator, first: int, count: int, shares: Ints
) -> int:
    """Write a block of clips with their events, and add them to the shares; returns the events."""
    number = np.arange(first, first + count)
    speaker = number // CLIPS_OF_A_SPEAKER
    in_session = number % CLIPS_OF_A_SPEAKER
    made_ms = ground.met_ms[speaker] + 120_000 + in_session * 20_000
    paths = list(_PATHS)
    path = rng.choice(len(paths), count, p=list(_PATHS.values()))
    length = rng.integers(2000, 8000, count)
    ids = ids_of(rng, made_ms)
    made = times_of(made_ms)
    stored = times_of(made_ms + 30_000)
    states = [(State.EXPECTED, *one)[-1] for one in paths]
    digests = [one.replace("-", "") * 2 for one in ids]
    lengths = [str(n) for n in length]
    phone_of = ground.phone_of[speaker]
    collectors = [str(phone.device.collector_id) for phone in ground.phones]
    verdicts = [_verdict(state) for state in states]
    copy_rows(
        Clip,
        count,
        {
            "id": ids,
            "session_id": [ground.session_ids[n] for n in speaker],
            "campaign_id": ground.campaign.pk,
            "speaker_id": [ground.speaker_ids[n] for n in speaker],
            "collector_id": [collectors[n] for n in phone_of],
            "prompt_id": [ground.prompts[n] for n in rng.integers(0, len(ground.prompts), count)],
            "prompt_revision": 1,
            "state": [states[n].value for n in path],
            "event_seq": [str(len(paths[n]) + 1) for n in path],
            "seq": [str(n + 1) for n in in_session],
            "take": 1,
            "sha256": digests,
            "bytes": [str(6 * n) for n in length],
            "content_type": "audio/flac",
            "duration_ms": lengths,
            "recorded_at": made,
            "client_checks": {"peak": 0.4, "active_s": 2.1, "verdict": "pass"},
            "request_digest": digests,
            "cell": [ground.keys[ground.cell_of[n]] for n in speaker],
            "counted_ms": lengths,
            "verdict": [verdicts[n] for n in path],
            "created_at": made,
            "stored_at": [
                at if State.UPLOADED in paths[n] else text_of(None)
                for at, n in zip(stored, path, strict=True)
            ],
            "expires_at": ground.now + timedelta(days=14),
            "upload_until": ground.now,
        },
    )
    for state, bucket in BUCKET.items():
        column = SHARE_COLUMNS.index(f"{bucket}_clips")
        here = np.isin(path, [n for n, its in enumerate(states) if its == state])
        np.add.at(shares[:, column], speaker[here], 1)
        np.add.at(shares[:, column + 1], speaker[here], length[here])
    return _fill_events(ids, made, path, paths)


def _fill_events(
    ids: list[str], made: list[str], path: Ints, paths: list[tuple[State, ...]]
) -> int:
    # (seq, from, to) of each move, by path; the clip's own row says when.
    moves = [
        [
            (str(seq), before, after.value)
            for seq, (before, after) in enumerate(
                zip(("", State.EXPECTED.value, *one), (State.EXPECTED, *one), strict=False), start=1
            )
        ]
        for one in paths
    ]
    rows = [
        (clip, *move, at) for clip, at, n in zip(ids, made, path, strict=True) for move in moves[n]
    ]
    clips, seqs, before, after, at = (list(column) for column in zip(*rows, strict=True))
    copy_rows(
        ClipEvent,
        len(rows),
        {
            "clip_id": clips,
            "seq": seqs,
            "from_state": before,
            "to_state": after,
            "actor": "seed",
            "at": at,
            "reason": "seeded",
        },
    )
    return len(rows)


def _fill_counters(ground: Ground, shares: Ints) -> None:
    cells = {cell.key: cell for cell in Cell.objects.filter(campaign=ground.campaign)}
    of_speaker = [str(cells[ground.keys[n]].pk) for n in ground.cell_of]
    columns = {name: [str(n) for n in shares[:, at]] for at, name in enumerate(SHARE_COLUMNS)}
    copy_rows(
        CellSpeaker,
        ground.speakers,
        {"cell_id": of_speaker, "speaker_id": ground.speaker_ids} | columns,
    )
    accepted = shares[:, SHARE_COLUMNS.index("accepted_clips")] > 0
    waiting = (shares[:, SHARE_COLUMNS.index("pending_clips")] > 0) & ~accepted
    totals = []
    for number, key in enumerate(ground.keys):
        here = ground.cell_of == number
        for at, name in enumerate(SHARE_COLUMNS):
            setattr(cells[key], name, int(shares[here, at].sum()))
        cells[key].accepted_speakers = int(accepted[here].sum())
        cells[key].waiting_speakers = int(waiting[here].sum())
        totals.append(SupplyTotal(campaign=ground.campaign, key=key, people=int(here.sum())))
    names = [*SHARE_COLUMNS, "accepted_speakers", "waiting_speakers"]
    Cell.objects.bulk_update(cells.values(), names)
    SupplyTotal.objects.bulk_create(totals)
    # Whole days since the first; a speaker's clips are all of the day on which they were met.
    first = int(ground.start.timestamp()) // 86_400
    day = ground.met_ms // 86_400_000 - first
    _fill_days(ground, [cells[key].pk for key in ground.keys], shares, accepted, day)
    _fill_supply(ground, day)


def _fill_days(
    ground: Ground, cell_ids: list[int], shares: Ints, accepted: NDArray[np.bool_], day: Ints
) -> None:
    names = [*SHARE_COLUMNS, "accepted_speakers"]
    grown = np.zeros((int(day.max()) + 1, len(cell_ids), len(names)), np.int64)
    np.add.at(grown, (day, ground.cell_of), np.column_stack([shares, accepted]))
    kept = [name for name in names if name != "rejected_ms"]
    CellDay.objects.bulk_create(
        [
            CellDay(
                cell_id=cell_ids[cell],
                day=(ground.start + timedelta(days=number)).date(),
                **{name: int(stood[cell, names.index(name)]) for name in kept},
            )
            for number, stood in enumerate(grown.cumsum(axis=0))
            for cell in range(len(cell_ids))
        ],
        batch_size=5000,
    )


def _fill_supply(ground: Ground, day: Ints) -> None:
    places = np.stack([day, ground.site_of, ground.cell_of], axis=1)
    found, people = np.unique(places, axis=0, return_counts=True)
    SupplyCount.objects.bulk_create(
        [
            SupplyCount(
                campaign=ground.campaign,
                site=ground.sites[site],
                key=ground.keys[cell],
                day=(ground.start + timedelta(days=int(day))).date(),
                people=int(n),
            )
            for (day, site, cell), n in zip(found, people, strict=True)
        ],
        batch_size=5000,
    )


def _verdict(state: State) -> str:
    if state in (State.EXPECTED, State.EXPIRED, State.UPLOADED, State.WITHDRAWN):
        return text_of(None)
    outcome = {State.REJECTED: "reject", State.REVIEW: "review"}.get(state, "pass")
    verdict: dict[str, Any] = {"outcome": outcome, "reasons": [], "provisional": False}
    return json.dumps(verdict)
