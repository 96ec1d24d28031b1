"""Load a downloaded release offline and hold each row against manifest and rehearsal."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workers.rehearsal.program import ReleaseFailed

_REPOSITORY = Path(__file__).resolve().parent.parent.parent


@dataclass
class Check:
    """How many rows were loaded, how many more than once, and which are not what they must be."""

    loaded: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list)


def check_release(folder: Path, manifest: Mapping[str, Any], said: Mapping[str, str]) -> Check:
    """Return what loading the release shows; `said`: the text of each clip that must be in it.

    A row is wrong when it does not decode, differs from the manifest's SHA-256 or split, holds
    another text than the annotators wrote, or is not the rehearsal's at all; and so is a clip
    whose speaker stands in another split as well. Raises ReleaseFailed when nothing loads.
    """
    rows = _loaded_rows(folder)
    promised = {row["clip_id"]: row for row in manifest["rows"]}
    check = Check(loaded=len(rows))
    splits: dict[str, set[str]] = {}
    for row in rows:
        splits.setdefault(row["speaker_id"], set()).add(row["split"])
    for row in rows:
        promise = promised.get(row["clip_id"], {})
        right = (
            row["seconds"] > 0
            and row["sha256"] == promise.get("audio_sha256")
            and row["split"] == promise.get("split")
            and row["text"] == said.get(row["clip_id"])
            and len(splits[row["speaker_id"]]) == 1
        )
        if not right:
            check.wrong.append(row["clip_id"])
    times = Counter(row["clip_id"] for row in rows)
    check.doubled = sum(count - 1 for count in times.values())
    return check


def _loaded_rows(folder: Path) -> list[dict[str, Any]]:
    environment = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(folder.with_name(folder.name + "-cache")),
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "workers.rehearsal.loading", str(folder)],
        env=environment,
        cwd=_REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ReleaseFailed(f"the release does not load: {last}")
    return [json.loads(line) for line in done.stdout.splitlines()]
