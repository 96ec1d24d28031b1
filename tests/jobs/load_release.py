"""Load a release as a scientist would, offline, and print what came out; run as a process, because
the library reads HF_HUB_OFFLINE once, when it is imported.
"""

import hashlib
import io
import json
import sys
from typing import Any

import soundfile
from datasets import Audio, load_dataset


def facts_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a row holds, its sound decoded by soundfile."""
    content = row["audio"]["bytes"]
    samples, rate = soundfile.read(io.BytesIO(content))
    return {name: value for name, value in row.items() if name != "audio"} | {
        "sha256": hashlib.sha256(content).hexdigest(),
        "path": row["audio"]["path"],
        "samples": len(samples),
        "rate": rate,
    }


def main(folder: str) -> None:
    """Print `{splits: {split: [row]}, streamed: {split: [clip id]}, features}`."""
    whole = load_dataset(folder)
    streamed = load_dataset(folder, streaming=True)
    answer = {
        "features": {name: str(kind) for name, kind in next(iter(whole.values())).features.items()},
        "splits": {
            split: [facts_of(row) for row in rows.cast_column("audio", Audio(decode=False))]
            for split, rows in whole.items()
        },
        "streamed": {
            split: [row["clip_id"] for row in rows.cast_column("audio", Audio(decode=False))]
            for split, rows in streamed.items()
        },
    }
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
