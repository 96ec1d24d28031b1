"""Made-up rows of a release, for the pure rules: by hand, and by hypothesis."""

import hashlib
from typing import Any

from hypothesis import strategies as st

from backend.releases.rows import Row
from backend.releases.split import SPLITS, TRAIN


def row(number: int = 0, **changes: Any) -> Row:
    """Return a row; rows of different numbers are different clips."""
    values: dict[str, Any] = {
        "clip_id": f"clip-{number:06d}",
        "speaker_id": f"speaker-{number}",
        "split": TRAIN,
        "text": "so said",
        "text_source": "annotation",
        "transcript_version": 1,
        "prompt_text": "so shown",
        "prompt_kind": "read",
        "language": "en",
        "duration": 3.0,
        "gender": "female",
        "age_band": "30-39",
        "accent": "unknown",
        "environment": "indoors",
        "consent_scopes": "collect,publish",
        "received_on": "2026-05-04",
        "quality_profile": 1,
        "level_dbov": -26.0,
        "active_ratio": 0.8,
        "audio_key": f"derived/clip-{number:06d}.flac",
        "audio_sha256": hashlib.sha256(str(number).encode()).hexdigest(),
        "audio_bytes": 50_000,
        "audio_samples": 48_000,
    }
    return Row(**(values | changes))


def many_rows(most: int = 60) -> st.SearchStrategy[list[Row]]:
    """Return lists of different clips of a few speakers, each speaker in one split."""
    facts = st.tuples(st.integers(0, 8), st.integers(1, 400_000), st.text(max_size=20))
    return st.lists(facts, max_size=most).map(
        lambda given: [
            row(
                number,
                speaker_id=f"speaker-{speaker}",
                split=SPLITS[speaker % len(SPLITS)],
                audio_bytes=size,
                text=text,
                gender=("female", "male")[speaker % 2],
            )
            for number, (speaker, size, text) in enumerate(given)
        ]
    )
