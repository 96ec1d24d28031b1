"""Score files by the published package, in its own environment (deploy/setup.sh peers).

Run as a script, `python speechmos_peer.py FILE…`, of which the first only warms up; prints
`{seconds, processor_s}`.
"""

import importlib
import json
import sys
import time

import librosa
import numpy as np


def main() -> None:
    """Score every file after the first and print what it took."""
    dnsmos = importlib.import_module("speechmos.dnsmos")
    first, *sounds = [librosa.load(name, sr=16_000)[0] for name in sys.argv[1:]]
    dnsmos.run(np.clip(first, -1, 1), 16_000)
    began = time.process_time()
    for x in sounds:
        dnsmos.run(np.clip(x, -1, 1), 16_000)
    seconds = sum(len(x) for x in sounds) / 16_000
    sys.stdout.write(json.dumps({"seconds": seconds, "processor_s": time.process_time() - began}))


if __name__ == "__main__":
    main()
