"""Which models there are: those in the wheels and those that an operator laid into a folder.

`MODELS_DIR/prompt/<language>/` holds a Whisper model for texts of that language (whisper_folder.py
says which files); `MODELS_DIR/speaker/` and `MODELS_DIR/dnsmos/` hold the published files where the
wheels are not installed. Another kind of prompt scorer is a class with `score` as below, told
apart by its folder in `find_prompt_models` and loaded in `workers/audio/models/scoring.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workers.audio.models.files import (
    DNSMOS_P808,
    DNSMOS_P835,
    GE2E,
    ModelInvalid,
    find_file,
    find_tiny_en,
)
from workers.audio.models.mel import Floats
from workers.audio.models.whisper_folder import WhisperFolder, check_whisper_folder


@dataclass(frozen=True)
class PromptScore:
    """Natural logarithms of token probabilities: mean of all, mean of the last 3, the lowest."""

    mean: float
    end: float
    lowest: float


class PromptScorer(Protocol):
    """Tells how likely it is that a text was said."""

    def score(self, x: Floats, wordings: Sequence[Sequence[str]]) -> PromptScore | None:
        """Return the score of the likeliest wording, None where there is nothing to say.

        `x`: 16 kHz mono, the first 30 s of which count; a wording is a list of words.
        """


def find_prompt_models(folder: Path | None) -> dict[str, WhisperFolder]:
    """Return the models by language tag in small letters, the operator's before the wheel's.

    Nothing is loaded. Raises ModelInvalid for a folder that holds something else.
    """
    found: dict[str, WhisperFolder] = {}
    tiny_en = find_tiny_en()
    if tiny_en is not None:
        found["en"] = WhisperFolder(path=tiny_en, language="en", whisper_language="en")
    if folder is None:
        return found
    if not folder.is_dir():
        raise ModelInvalid(f"{folder} is no folder")
    prompt = folder / "prompt"
    for path in sorted(prompt.iterdir()) if prompt.is_dir() else []:
        if path.name.startswith("."):
            continue
        found[path.name.lower()] = check_whisper_folder(path, language=path.name)
    return found


def check_models(folder: Path | None) -> None:
    """Raise ModelInvalid for anything in the operator's folder that no clip could be scored by."""
    find_prompt_models(folder)
    for file in (GE2E, DNSMOS_P835, DNSMOS_P808):
        find_file(file, folder)


def serving(language: str, models: dict[str, WhisperFolder]) -> WhisperFolder | None:
    """Return the model for a BCP-47 tag: its own, else that of the tag cut from the end."""
    tag = language.lower().replace("_", "-")
    while tag:
        if tag in models:
            return models[tag]
        tag = tag.rpartition("-")[0]
    return None
