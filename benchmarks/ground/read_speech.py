"""Real read speech to damage: whose it is, what is said, and whether it is clean to begin with."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile

from benchmarks.ground.spoken import folder
from workers.audio.activity import Activity, find_activity

RATE = 16_000
Wave = npt.NDArray[np.float32]

# Clean is told by energy alone, so that no check is judged by itself: sound 25 dB over what lies
# between it, and 60 ms at either end that stay 20 dB under it.
_CLEAN_SNR_DB = 25.0
_EDGE_S = 0.06
_QUIET_EDGE_DB = -20.0


@dataclass(frozen=True)
class Reading:
    """One clip: its name, the reader, the text ("" where it is not known), 16 kHz mono sound."""

    name: str
    speaker: str
    text: str
    x: Wave
    activity: Activity

    @property
    def level_dbov(self) -> float:
        """Return the level of what is active, -120 where nothing is."""
        return -120.0 if self.activity.level_dbov is None else self.activity.level_dbov

    @property
    def first_s(self) -> float:
        """Return where sound begins, in seconds."""
        return self.activity.first_s or 0.0

    @property
    def last_s(self) -> float:
        """Return where sound ends, in seconds."""
        return self.activity.last_s or 0.0

    @property
    def clean(self) -> bool:
        """Return whether the clip is free of noise and begins and ends in quiet."""
        snr = self.activity.snr_db
        if snr is None or snr < _CLEAN_SNR_DB:
            return False
        size = round(_EDGE_S * RATE)
        edges = (self.x[:size], self.x[-size:])
        loudest = max(float(np.mean(np.square(edge, dtype=np.float64))) for edge in edges)
        return 10 * math.log10(loudest + 1e-12) - self.level_dbov <= _QUIET_EDGE_DB


def readings() -> list[Reading]:
    """Return the LibriSpeech clips that lie beside the repository, none where there are none."""
    table = folder() / "clips.csv"
    if not table.exists():
        return []
    with table.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["file"].startswith("librispeech/")]
    return [_read(row) for row in rows]


def _read(row: dict[str, str]) -> Reading:
    x, _ = soundfile.read(folder() / row["file"], dtype="float32")
    name = row["file"].rsplit("/", 1)[-1].removesuffix(".flac")
    return Reading(name, row["speaker_id"], row["text"], x, find_activity(x))


def halves(clips: Sequence[Reading]) -> tuple[list[Reading], list[Reading]]:
    """Return the clips of every second speaker, and those of the others: thresholds were chosen on
    the first, figures come from the second.
    """
    order = {name: at for at, name in enumerate(sorted({clip.speaker for clip in clips}))}
    chosen = [clip for clip in clips if order[clip.speaker] % 2 == 0]
    return chosen, [clip for clip in clips if order[clip.speaker] % 2 == 1]
