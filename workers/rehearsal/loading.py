"""Load a release as a scientist would, offline, and print each row's id and digest as JSON lines.

Run as a process: the library reads HF_HUB_OFFLINE once, when it is imported, and it is a tool of
the development environment, not of the platform.
"""

import hashlib
import io
import json
import sys

import soundfile
from datasets import Audio, load_dataset


def main(folder: str) -> None:
    """Print `{clip_id, split, sha256, text, seconds}` for every row; a sound that does not decode
    has `seconds` 0.
    """
    for split, rows in load_dataset(folder).items():
        for row in rows.cast_column("audio", Audio(decode=False)):
            content = row["audio"]["bytes"]
            try:
                sound, rate = soundfile.read(io.BytesIO(content))
            except soundfile.SoundFileError:
                sound, rate = (), 1
            line = {
                "clip_id": row["clip_id"],
                "split": str(split),
                "sha256": hashlib.sha256(content).hexdigest(),
                "text": row["text"],
                "speaker_id": row["speaker_id"],
                "seconds": len(sound) / rate,
            }
            sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
