"""How long a collector waits for a verdict: 5 clips a second on this machine, all parts running.

The platform runs as `make run` starts it, on PostgreSQL: web, store, broker, workers for both
stages. Clips are confirmed five a second, and a phone reads `/v1/changes` all the while. `first`:
from the confirmation until stage A's verdict is read there; `settled`: until it is no longer
provisional. Both are information: they are of the machine as much as of the code.
"""

import argparse
import hashlib
import itertools
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import numpy as np
import uuid_utils.compat as uuid

from benchmarks.ground.enrolled import EnrolledPhone, Take, enrol_phone, put_audio
from benchmarks.ground.load import play
from benchmarks.ground.read_speech import RATE, readings
from benchmarks.ground.server import Server, running_server
from benchmarks.ground.working import running_workers
from tests.sounds import speech_like, webm

_SHORTEST_S = 2.5
_WAIT_AT_MOST_S = 600
_POLL_S = 0.2


def main() -> int:
    """Play the clips and print the waits. Returns 1 when a clip was left without a verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--per-second", type=float, default=5.0)
    chosen = parser.parse_args()
    with running_server(database="postgres") as server, running_workers(server):
        phone = enrol_phone(server)
        files = list(itertools.islice(_files(), chosen.clips + 1))
        takes = [
            _with_audio(take, *file)
            for take, file in zip(phone.takes(len(files)), files, strict=True)
        ]
        put_audio(server, phone, takes)
        seconds = sum(take.announcement["duration_ms"] for take in takes) / 1000 / len(takes)
        # The first clip finds workers that have loaded nothing yet.
        _watch(server, phone, takes[:1], chosen.per_second)
        waits = _watch(server, phone, takes[1:], chosen.per_second)
    print(f"{len(waits)} clips of {seconds:.1f} s, {chosen.per_second:g} a second:")
    for at, name in enumerate(("first", "settled")):
        found = np.array([wait[at] for wait in waits.values()])
        p50, p95 = np.percentile(found, (50, 95))
        print(f"  {name:8} p50 {p50:6.2f} s   p95 {p95:6.2f} s   longest {found.max():6.2f} s")
    return int(len(waits) < chosen.clips)


def _files() -> Iterator[tuple[bytes, float]]:
    """Yield WebM files and their seconds, none with the sound of another: halves of readings, then
    synthesised speech.
    """
    for reading in readings():
        half = len(reading.x) // 2
        for part in (reading.x[:half], reading.x[half:]):
            if len(part) >= _SHORTEST_S * RATE:
                yield webm(part, RATE), len(part) / RATE
    for seed in itertools.count():
        yield webm(speech_like(4.0, seed=seed), RATE), 4.0


def _with_audio(take: Take, audio: bytes, seconds: float) -> Take:
    announcement = {
        **take.announcement,
        "sha256": hashlib.sha256(audio).hexdigest(),
        "bytes": len(audio),
        "duration_ms": round(seconds * 1000),
    }
    return replace(take, id=str(uuid.uuid7()), audio=audio, announcement=announcement)


def _watch(
    server: Server, phone: EnrolledPhone, takes: list[Take], per_second: float
) -> dict[str, tuple[float, float]]:
    """Confirm the takes at that pace; return {clip: seconds to its first and its last verdict}."""
    confirmed: dict[str, float] = {}
    first: dict[str, float] = {}
    settled: dict[str, float] = {}
    began = time.monotonic()
    cursor = ""
    with httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client:
        client.headers["Authorization"] = f"Bearer {phone.token}"
        while len(settled) < len(takes) and time.monotonic() - began < _WAIT_AT_MOST_S:
            due = int((time.monotonic() - began) * per_second) + 1
            for take in takes[len(confirmed) : due]:
                confirmed[take.id] = time.monotonic()
                play(server.port, [phone.confirm(take)], 1)
            page = client.get("/v1/changes", params={"cursor": cursor}).raise_for_status().json()
            cursor, now = page["cursor"], time.monotonic()
            for change in page["changes"]:
                if change["kind"] == "withdrawal" or change["clip"] not in confirmed:
                    continue
                first.setdefault(change["clip"], now)
                if not (change.get("verdict") or {}).get("provisional", False):
                    settled.setdefault(change["clip"], now)
            if not page["more"]:
                time.sleep(_POLL_S)
    return {
        clip: (first[clip] - confirmed[clip], settled[clip] - confirmed[clip]) for clip in settled
    }


if __name__ == "__main__":
    sys.exit(main())
