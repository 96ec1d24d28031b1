"""The sounds of a text: by the best way its language has, and which way that was."""

from dataclasses import dataclass
from typing import Final

from backend.coverage.sounds import EDGE
from workers.phonetics import dictionary, rules
from workers.phonetics.words import letters_of, words_of

#: Pairs of letters stand for diphones where no pronunciation is known.
LETTERS: Final = "letters"
# Letters are no phones, though they may look the same.
_AS_LETTER: Final = "~"


@dataclass(frozen=True)
class Analysis:
    """The sounds of a text, as backend.coverage.sounds reads them.

    `method`: `cmudict`, `epitran:TABLE` or `letters`. `unknown`: of the `words`, how many were
    taken by their letters.
    """

    sounds: str
    words: int
    unknown: int
    method: str


def method_for(language: str) -> str:
    """Return how words of a language (BCP-47) are pronounced here."""
    if language.lower().split("-")[0] == "en":
        return dictionary.NAME if dictionary.english() is not None else LETTERS
    table = rules.table_of(language)
    return f"{rules.NAME}:{table}" if table else LETTERS


def analyse(text: str, language: str) -> Analysis:
    """Return the sounds of a text; a word without a pronunciation is taken by its letters."""
    method = method_for(language)
    words = words_of(text)
    marks = [EDGE]
    unknown = 0
    for word in words:
        said = _sounds(method, word)
        if said is None:
            unknown += 1
            said = [f"{_AS_LETTER}{letter}" for letter in letters_of(word)]
        marks += said
    return Analysis(" ".join([*marks, EDGE]) if words else "", len(words), unknown, method)


def _sounds(method: str, word: str) -> list[str] | None:
    name, _, table = method.partition(":")
    if name == dictionary.NAME:
        english = dictionary.english()
        return english.sounds(word) if english else None
    if name == rules.NAME:
        said = rules.sounds(table, word)
        return list(said) if said is not None else None
    return None
