"""Measure and judge takes by the phone's own code, run in Node."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_RULES = json.loads((ROOT / "backend/campaigns/default_profile.json").read_text("utf-8"))
_NODE = Path(sys.executable).with_name("node")
_SCRIPT = ROOT / "tests/audio/measure_takes.mjs"
Samples = npt.NDArray[np.int16]


@dataclass(frozen=True)
class PhoneTake:
    """What the phone's microphone gave, and what it knows of the prompt."""

    samples: Samples
    rate: int
    kind: str = "question"
    text: str = ""


@dataclass(frozen=True)
class PhoneCheck:
    """What the phone tells of a take: measures, outcome, codes, and the milliseconds it took."""

    measures: dict[str, float]
    outcome: str
    codes: tuple[str, ...]
    push_ms: float
    done_ms: float


def to_int16(x: npt.NDArray[np.floating[Any]]) -> Samples:
    """Return sound as a phone has it: 16 bit, held at full scale."""
    return np.clip(np.round(x * 32768), -32768, 32767).astype(np.int16)


def check_on_phone(
    takes: Sequence[PhoneTake], *, rules: list[dict[str, Any]] = DEFAULT_RULES
) -> list[PhoneCheck]:
    """Return the phone's measures and verdict for each take."""
    with tempfile.TemporaryDirectory() as folder:
        listed = []
        for number, take in enumerate(takes):
            file = Path(folder) / f"{number}.raw"
            take.samples.astype("<i2").tofile(file)
            said = {"kind": take.kind, "text": take.text}
            listed.append({"file": str(file), "rate": take.rate, "said": said})
        manifest = Path(folder) / "takes.json"
        manifest.write_text(json.dumps({"rules": rules, "takes": listed}), encoding="utf-8")
        told = subprocess.run(
            [str(_NODE), str(_SCRIPT), str(manifest)], capture_output=True, text=True, check=True
        )
    return [_read(json.loads(line)) for line in told.stdout.splitlines()]


def _read(line: dict[str, Any]) -> PhoneCheck:
    verdict = line["verdict"]
    return PhoneCheck(
        measures=line["measures"],
        outcome=verdict["outcome"],
        codes=tuple(reason["code"] for reason in verdict["reasons"]),
        push_ms=line["push_ms"],
        done_ms=line["done_ms"],
    )
