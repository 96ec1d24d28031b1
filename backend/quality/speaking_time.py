"""Pure: the time a text takes to say, from its letters alone, for any script; a rough guide, never
a measure.
"""

import unicodedata
from typing import Final

# Seconds of speech per character in reading at a common pace. Latin: 16.2 characters per speech
# second, the median of English read speech. Others follow from about 5-7 syllables per second.
_LETTER_SECONDS: Final[dict[str, float]] = {
    "LATIN": 0.062,
    "CYRILLIC": 0.07,
    "GREEK": 0.068,
    "ARABIC": 0.085,
    "HEBREW": 0.085,
    "CJK": 0.2,
    "HIRAGANA": 0.13,
    "KATAKANA": 0.13,
    "HANGUL": 0.17,
    "ETHIOPIC": 0.15,
    "THAI": 0.075,
    "LAO": 0.075,
    "MYANMAR": 0.075,
    "KHMER": 0.075,
}
_OTHER_LETTER: Final = 0.08
_DIGIT: Final = 0.3  # said as a word
# Shorter texts say too little about time: one word may be said in half or twice its average.
_SHORTEST_S: Final = 1.2


def expected_seconds(text: str, *, repeats: int = 1) -> float | None:
    """Return the seconds of speech a reader needs for `text` said `repeats` times, or None when it
    is too short to tell.
    """
    total = sum(_seconds(character) for character in unicodedata.normalize("NFC", text))
    return total * repeats if total >= _SHORTEST_S else None


def _seconds(character: str) -> float:
    kind = unicodedata.category(character)
    if kind == "Nd":
        return _DIGIT
    # Spaces count as a letter's time in running text; marks (Mn, Mc) belong to their letter.
    if kind == "Zs":
        return _LETTER_SECONDS["LATIN"]
    if kind[0] != "L":
        return 0.0
    script = unicodedata.name(character, "").split(" ", 1)[0].removesuffix("-A")
    return _LETTER_SECONDS.get(script, _OTHER_LETTER)
