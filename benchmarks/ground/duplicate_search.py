"""Search for duplicates in a table of ten thousand clips, then of many more; print the claims.

Run by benchmarks.quality_duplicates, with the address of an empty database in its environment.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

import av
import django

django.setup()

import numpy as np  # noqa: E402 - models cannot be imported before Django is set up
import uuid_utils.compat as uuid  # noqa: E402 - the same
from django.core.management import call_command  # noqa: E402 - the same
from django.db import connection, transaction  # noqa: E402 - the same

from backend.clips.models import Clip  # noqa: E402 - the same
from backend.quality.duplicates import (  # noqa: E402 - the same
    Heard,
    candidates,
    find_duplicate,
    remember_fingerprint,
)
from backend.quality.likeness import Match  # noqa: E402 - the same
from benchmarks.ground.claims import claim_line  # noqa: E402 - the same
from benchmarks.ground.fingerprint_table import ask_no_foreign_keys, fill, make_clip  # noqa: E402 - the same
from benchmarks.ground.key_model import fit, meeting  # noqa: E402 - the same
from tests.sounds import (  # noqa: E402 - the same
    Floats,
    RealClip,
    mp4,
    noise,
    real_clips,
    speech_like,
    webm,
)
from workers.audio.decode import decode  # noqa: E402 - the same
from workers.audio.fingerprint import Fingerprint, fingerprint, to_bytes  # noqa: E402 - the same
from workers.audio.resample import at_16_khz  # noqa: E402 - the same

_FEW = 10_000
_RATE = 16_000
_AGAIN = 40


@dataclass(frozen=True)
class Known:
    """A recording that is in the table."""

    clip: Clip
    x: Floats
    print_: Fingerprint


def main() -> int:
    """Fill, search, print. Returns 1 when a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, required=True)
    many = parser.parse_args().clips
    call_command("migrate", verbosity=0)
    campaign_id = uuid.uuid7()
    ask_no_foreign_keys()
    lines = _search(campaign_id, many)
    print("\n".join(lines))
    return 0 if all('"holds": true' in line for line in lines) else 1


def _search(campaign_id: UUID, many: int) -> list[str]:
    rng = np.random.default_rng(0)
    sounds = _sounds()
    prints = [fingerprint(x) for x in sounds]
    model = fit(prints)
    met = meeting(prints, [frozenset(print_.keys) for print_ in prints], itself=True)
    print(
        f"{len(prints)} recordings: a probe meets another's key {met.chance:.1e} of the time,"
        f" {met.two_shared:.0f} in a million share two keys or more"
    )
    like = make_clip(campaign_id)
    started = time.monotonic()
    fill(like=like, first=1, count=_FEW, clips=lambda count: model.clips(count, rng))
    few = _seconds(campaign_id, prints)
    fill(like=like, first=_FEW + 1, count=many - _FEW, clips=lambda count: model.clips(count, rng))
    print(f"{connection.vendor}: {many} clips filled in {time.monotonic() - started:.0f} s")
    much = _seconds(campaign_id, prints)
    print(
        f"search alone {1e3 * few:.1f} ms among {_FEW}, {1e3 * much:.1f} ms among {many}"
        f" ({len(prints)} recordings, median)"
    )
    plan = candidates(campaign_id=campaign_id, probes=prints[0].probes).explain()
    print("\n".join(line[:110] for line in plan.splitlines() if "ndex" in line or "INDEX" in line))
    found = [len(candidates(campaign_id=campaign_id, probes=print_.probes)) for print_ in prints]
    print(
        f"strangers compared bit by bit: {statistics.mean(found):.1f} a search, most {max(found)}"
    )
    return _claims(campaign_id, sounds, prints, few=few, much=much, many=many)


def _claims(
    campaign_id: UUID,
    sounds: list[Floats],
    prints: list[Fingerprint],
    *,
    few: float,
    much: float,
    many: int,
) -> list[str]:
    wrong, known = 0, []
    for x, print_ in zip(sounds, prints, strict=True):
        clip = make_clip(campaign_id)
        match, _ = _looked_up(clip, print_, remember=True)
        wrong += match.original is not None
        known.append(Known(clip, x, print_))
    place = f"{connection.vendor}, {many} clips"
    lines = [
        claim_line(
            name="duplicates_growth",
            value=few / much,
            unit="time of a search among 10^4 clips over that among many",
            aim=0.05,
            detail=f"{1e3 * few:.1f} ms and {1e3 * much:.1f} ms, {place}",
        ),
        claim_line(
            name="duplicates_new",
            value=1 - wrong / len(known),
            unit="share of recordings that are new and called so",
            aim=0.99,
            detail=f"{len(known)} recordings, {place}",
        ),
    ]
    for name, aim, repeat in _repeats():
        right, times = [], []
        for one in known[:: max(1, len(known) // _AGAIN)]:
            again = repeat(one.x)
            match, seconds = _looked_up(make_clip(campaign_id), fingerprint(again))
            right.append(match.original == one.clip.pk)
            times.append(seconds)
        lines.append(
            claim_line(
                name=f"duplicates_{name}",
                value=statistics.mean(right),
                unit="share of repeats that are found, and of which clip",
                aim=aim,
                detail=f"{len(right)} repeats, {1e3 * statistics.median(times):.0f} ms each with"
                f" the comparison, {place}",
            )
        )
    return lines


def _seconds(campaign_id: UUID, prints: list[Fingerprint]) -> float:
    """Return the median time of a search; each is done twice, and the second time counts."""
    times = []
    for print_ in prints:
        for _ in range(2):
            started = time.perf_counter()
            list(candidates(campaign_id=campaign_id, probes=print_.probes))
            seconds = time.perf_counter() - started
        times.append(seconds)
    return statistics.median(times)


def _looked_up(
    clip: Clip, print_: Fingerprint, *, remember: bool = False
) -> tuple[Match[UUID], float]:
    digest = clip.pk.hex * 2
    heard = Heard(
        sha256=digest,
        pcm_sha256=digest,
        words=to_bytes(print_.words),
        keys=print_.keys,
        probes=print_.probes,
        error_to=print_.error_to,
    )
    started = time.perf_counter()
    with transaction.atomic():
        match = find_duplicate(clip=clip, heard=heard)
        if remember:
            remember_fingerprint(clip=clip, heard=heard, now=clip.created_at)
    return match, time.perf_counter() - started


def _sounds() -> list[Floats]:
    real = [_heard(clip.path.read_bytes(), clip.content_type) for clip in _sentences()]
    # Every second one: the other half of a reader's sentences would say nothing new.
    return real[::2] or [speech_like(3.0 + seed % 7, seed=seed) for seed in range(60)]


def _sentences() -> Iterator[RealClip]:
    for clip in real_clips():
        if clip.kind != "hotword" and "encodes" not in clip.path.parts:
            yield clip


def _repeats() -> list[tuple[str, float, Callable[[Floats], Floats]]]:
    def opus(x: Floats, bits: int) -> Floats:
        return _heard(webm(x, bits=bits), "audio/webm")

    def aac(x: Floats) -> Floats:
        try:
            return _heard(mp4(x, fragments=False), "audio/mp4")
        except av.error.ArgumentError:
            # FFmpeg's muxer refuses the last packet of one length in fifty.
            return _heard(mp4(x[:-320], fragments=False), "audio/mp4")

    def cut(x: Floats) -> Floats:
        return x[round(0.3 * _RATE) :] * np.float32(0.25)

    def hiss(x: Floats) -> Floats:
        level = 10 * np.log10(np.mean(np.square(x, dtype=np.float64)) + 1e-12) - 15
        return x + noise(len(x) / _RATE + 1, level_dbfs=level)[: len(x)]

    return [
        ("opus16", 0.99, lambda x: opus(x, 16_000)),
        ("aac64", 0.99, aac),
        ("cut_opus24", 0.99, lambda x: opus(cut(x), 24_000)),
        ("noise_15_db", 0.9, hiss),
    ]


def _heard(data: bytes, content_type: str) -> Floats:
    sound = decode(data, content_type=content_type)
    return at_16_khz(sound.mono(), sound.rate)


if __name__ == "__main__":
    sys.exit(main())
