"""Every kind of job: its queue and how often it may be tried; workers/jobs has the functions."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Kind:
    """`attempts` counts starts, so a job that kills its worker ends as a visible failure."""

    queue: str
    attempts: int = 5
    retry_seconds: int = 10


KINDS: Final[dict[str, Kind]] = {
    "join_parts": Kind("ingest"),
    "join_evidence": Kind("ingest"),
    "sweep_parts": Kind("ingest"),
    "find_upload": Kind("ingest", attempts=20),
    "check_quality": Kind("audio"),
    "score_clip": Kind("models"),
    "open_annotation": Kind("annotation", attempts=8),
    "push_tasks": Kind("annotation", attempts=8),
    "pull_answers": Kind("annotation", attempts=8),
    "withdraw_routes": Kind("annotation", attempts=20, retry_seconds=30),
    "erase_audio": Kind("ingest", attempts=20, retry_seconds=30),
    # Minutes long, and seldom: where nobody waits for a receipt or a verdict behind it.
    "import_clips": Kind("releases"),
    "drop_import": Kind("ingest", attempts=20, retry_seconds=60),
    "release_holds": Kind("ingest"),
    # Seconds long where there are many prompts.
    "fill_shortlists": Kind("releases"),
    "note_cell_days": Kind("ingest"),
    "rebuild_counters": Kind("releases", attempts=3),
    "rejudge_clips": Kind("releases"),
    "rebin_speakers": Kind("releases"),
    "build_release": Kind("releases", attempts=5),
}
