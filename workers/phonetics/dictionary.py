"""English words by the CMU Pronouncing Dictionary, a file of pocketsphinx's wheel (BSD).

Its phones are ARPAbet's 39, without stress. Of several pronunciations the first counts.
"""

import logging
from functools import cache
from pathlib import Path
from typing import Final

from workers.audio.wheel_files import ModelMissing, wheel_file

NAME: Final = "cmudict"
_FILE: Final = ("pocketsphinx", "model/en-us/cmudict-en-us.dict")
_SHA256: Final = "20b5c293e1f311fb375fe067e500ec5636f4fc7af5594967263696def9b23bfe"
#: Genitives and short forms of "is" are seldom listed: said as after these sounds.
_HISSING: Final = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
_VOICELESS: Final = frozenset({"P", "T", "K", "F", "TH"})

_log = logging.getLogger("fieldvoice.phonetics")


class Dictionary:
    """The words of English and how they are said."""

    def __init__(self, path: Path) -> None:
        self._lines: dict[str, str] = {}
        with path.open(encoding="utf-8") as file:
            for line in file:
                word, _, phones = line.partition(" ")
                # Further pronunciations are listed as word(2), word(3).
                if not word.endswith(")"):
                    self._lines[word] = phones.strip()

    def __contains__(self, word: str) -> bool:
        return word in self._lines

    def sounds(self, word: str) -> list[str] | None:
        """Return the phones of a word (small letters), or None."""
        known = self._lines.get(word)
        if known is not None:
            return known.split()
        if not word.endswith("'s"):
            return None
        stem = self.sounds(word[:-2])
        if not stem:
            return None
        if stem[-1] in _HISSING:
            return [*stem, "AH", "Z"]
        return [*stem, "S" if stem[-1] in _VOICELESS else "Z"]


@cache
def english() -> Dictionary | None:
    """Return the dictionary, or None where its file is not installed, which is logged."""
    try:
        return Dictionary(wheel_file(*_FILE, sha256=_SHA256))
    except ModelMissing as missing:
        _log.warning("phonetics.no-dictionary", extra={"why": str(missing)})
        return None
