"""Pure: the words of a text as they are looked up, in any script."""

import re
import unicodedata
from typing import Final

_APART: Final = re.compile(r"[\s\-‐-―/]+")
_APOSTROPHES: Final = str.maketrans("’ʼ＇", "'''")


def words_of(text: str) -> list[str]:
    """Return the words in small letters, without punctuation; apostrophes inside a word stay.

    Letters, marks (vowels of Indic scripts are marks) and digits make a word; a hyphen parts two.
    """
    plain = unicodedata.normalize("NFC", text).translate(_APOSTROPHES).lower()
    parts = ("".join(map(_kept, part)).strip("'") for part in _APART.split(plain))
    return [part for part in parts if part]


def letters_of(word: str) -> list[str]:
    """Return a word's letters, each with the marks upon it."""
    letters: list[str] = []
    for letter in word:
        if letters and unicodedata.category(letter)[0] == "M":
            letters[-1] += letter
        else:
            letters.append(letter)
    return letters


def _kept(letter: str) -> str:
    return letter if letter == "'" or unicodedata.category(letter)[0] in "LMN" else ""
