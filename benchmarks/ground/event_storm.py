"""Let writers loose on a campaign, kill some of them, and count everything anew afterwards."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import IO
from uuid import UUID

from django.db import connection
from django.utils import timezone

from backend.campaigns.models import Campaign
from backend.clips.dispatch import BUCKET
from backend.clips.models import Clip
from backend.clips.recount import prove_counters
from backend.clips.state import State
from backend.coverage.counters import SHARE_COLUMNS
from backend.coverage.models import CellSpeaker
from backend.coverage.rebuild import Rebuilt


class WriterFailed(RuntimeError):
    """A writer met what must not happen: a deadlock, or a fault of ours."""


@dataclass
class Storm:
    """What happened, by kind and how it ended, in how many seconds, with how many killed."""

    happened: "Counter[str]" = field(default_factory=Counter)
    killed: int = 0
    seconds: float = 0.0

    @property
    def events(self) -> int:
        """How many events were sent."""
        return self.happened.total()


def let_loose(
    *,
    campaign: Campaign,
    database_url: str,
    events: int,
    writers: int,
    kills: int,
    seed: int = 0,
) -> Storm:
    """Send so many events from processes side by side; `kills` of them die of SIGKILL on the way.

    One that was killed is started again for what it had not told of yet. Raises WriterFailed.
    """
    storm = Storm()
    lock = threading.Lock()
    faults: list[str] = []
    deaths = _shared_out(kills, writers)
    shares = _shared_out(events, writers)
    environment = {
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "backend.settings",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }

    def run(number: int) -> None:
        random = Random(seed * 1000 + number)
        left, attempt = shares[number], 0
        # After how many of its events each death comes.
        dying = sorted((random.randrange(1, left) for _ in range(deaths[number])), reverse=True)
        while left > 0 and not faults:
            told, killed, error = _run_writer(
                campaign.slug,
                left,
                seed=seed * 1_000_000 + number * 1000 + attempt,
                until=left - dying.pop() if dying else None,
                environment=environment,
            )
            attempt += 1
            with lock:
                storm.happened += told
                storm.killed += killed
                if error:
                    faults.append(error)
            left -= told.total()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(writers)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    storm.seconds = time.monotonic() - started
    if faults:
        raise WriterFailed(faults[0])
    return storm


def _shared_out(amount: int, among: int) -> list[int]:
    return [amount // among + (number < amount % among) for number in range(among)]


def _run_writer(
    slug: str, events: int, *, seed: int, until: int | None, environment: Mapping[str, str]
) -> "tuple[Counter[str], int, str]":
    """Run one process; returns what it told, whether it was killed, and its fault's last words."""
    told: Counter[str] = Counter()
    killed = 0
    command = ["-m", "benchmarks.ground.storm_writer", "--campaign", slug]
    command += ["--events", str(events), "--seed", str(seed)]
    with tempfile.TemporaryFile("w+") as words:
        child = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
        )
        lines: IO[str] | None = child.stdout
        if lines is None:
            raise WriterFailed("a process without output")
        with lines:
            for line in lines:
                # A killed one may have died in the middle of a word.
                if line.endswith("\n"):
                    told.update(json.loads(line))
                if until is not None and not killed and told.total() >= until:
                    child.kill()
                    killed = 1
        if child.wait() and not killed:
            words.seek(0)
            return told, killed, words.read()[-2000:]
    return told, killed, ""


def wrong_afterwards(campaign: Campaign) -> list[str]:
    """Return what is wrong after a storm, in words: nothing, if all is as it must be.

    Counted three times: by the rebuild's own statement; clip by clip in Python; and each clip's
    state and cell by its events, none of which may lack.
    """
    wrong = _told(prove(campaign))
    if clips_by_hand(campaign) != counters_now(campaign):
        wrong.append("the counters are not what the clips add up to")
    with connection.cursor() as cursor:
        for fault, statement in _OF_EVENTS.items():
            cursor.execute(statement, [campaign.pk])
            number = cursor.fetchone()[0]
            if number:
                wrong.append(f"{number} {fault}")
    return wrong


def prove(campaign: Campaign) -> Rebuilt:
    """Recount by the product's own way, mending nothing."""
    return prove_counters(campaign_id=campaign.pk, actor="storm", now=timezone.now(), mend=False)


def _told(found: Rebuilt) -> list[str]:
    return [json.dumps(gap.as_dict()) for gap in (*found.cells, *found.speakers)]


_OF_EVENTS = {
    "clips whose last event is not where they stand": """
        SELECT count(*) FROM clips_clip c WHERE campaign_id = %s AND NOT EXISTS (
            SELECT FROM clips_clipevent e
            WHERE e.clip_id = c.id AND e.seq = c.event_seq AND e.to_state = c.state)""",
    "clips with events missing or too many": """
        SELECT count(*) FROM (
            SELECT 1 FROM clips_clip c JOIN clips_clipevent e ON e.clip_id = c.id
            WHERE c.campaign_id = %s GROUP BY c.id, c.event_seq
            HAVING count(*) <> c.event_seq OR max(e.seq) <> c.event_seq) AS others""",
    "events that do not begin where the one before ended": """
        SELECT count(*) FROM (
            SELECT e.from_state, lag(e.to_state) OVER (PARTITION BY e.clip_id ORDER BY e.seq) AS was
            FROM clips_clipevent e JOIN clips_clip c ON c.id = e.clip_id
            WHERE c.campaign_id = %s) AS moves
        WHERE was IS NOT NULL AND was <> from_state""",
}


Row = tuple[str, UUID]


def clips_by_hand(campaign: Campaign) -> dict[Row, dict[str, int]]:
    """Add up the clips one by one: `{(cell, speaker): {column: n}}`, without zeros."""
    shares: dict[Row, dict[str, int]] = {}
    rows = Clip.objects.filter(campaign=campaign)
    for cell, speaker, state, ms in rows.values_list(
        "cell", "speaker_id", "state", "counted_ms"
    ).iterator(10_000):
        bucket = BUCKET.get(State(state))
        if bucket is not None:
            share = shares.setdefault((cell, speaker), {})
            share[f"{bucket}_clips"] = share.get(f"{bucket}_clips", 0) + 1
            share[f"{bucket}_ms"] = share.get(f"{bucket}_ms", 0) + ms
    return shares


def counters_now(campaign: Campaign) -> dict[Row, dict[str, int]]:
    """Read the speakers' rows in the same form."""
    rows = CellSpeaker.objects.filter(cell__campaign=campaign)
    shares: dict[Row, dict[str, int]] = {}
    for cell, speaker, *amounts in rows.values_list("cell__key", "speaker_id", *SHARE_COLUMNS):
        share = {name: n for name, n in zip(SHARE_COLUMNS, amounts, strict=True) if n}
        if share:
            shares[cell, speaker] = share
    return shares
