"""Files as phones send them, at 48 kHz: some minutes of speech as WebM/Opus, MP4/AAC and FLAC."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from benchmarks.ground.spoken import RATE, Spoken, recorded, synthetic
from tests.sounds import flac, mp4, webm


@dataclass(frozen=True)
class Upload:
    """One take in three files, by content type."""

    seconds: float
    files: dict[str, bytes]


def uploads(least_seconds: float) -> list[Upload]:
    """Return takes of at least so many seconds together: sentences by people where recordings lie
    beside the repository, else by synthetic voices; none where there are neither.
    """
    made: list[Upload] = []
    for take in _sentences():
        if sum(upload.seconds for upload in made) >= least_seconds:
            break
        made.append(_coded(take))
    return made


def seconds_of(made: Sequence[Upload]) -> float:
    """Return the seconds of sound of all takes together."""
    return sum(upload.seconds for upload in made)


def _sentences() -> Iterator[Spoken]:
    # Every second one: neighbours are the same reader's.
    people = (take for take in recorded() if take.origin == "sentences")
    some = (take for number, take in enumerate(people) if number % 2 == 0)
    return chain(some, synthetic(48))


def _coded(take: Spoken) -> Upload:
    x = take.x.astype(np.float32)
    files = {
        "audio/webm": webm(x, RATE),
        "audio/mp4": mp4(x, RATE, to=RATE, fragments=False),
        "audio/flac": flac(x, RATE),
    }
    return Upload(len(x) / RATE, files)
