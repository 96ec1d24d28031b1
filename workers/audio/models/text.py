"""Pure: a prompt's text as the words that a scorer is asked for.

A recogniser may write what it hears as plain lower-case words with numbers spelled out, or as
people write, with capitals, digits and signs. Both are offered, and the likelier wording counts:
on synthetic voices the written form takes the lowest score of right texts from -3.3 to -2.7 (with
noise from -3.7 to -2.8), of a text full of numbers from -2.7 to -0.8, and leaves wrong ones below.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from workers.audio.models.english_numbers import cardinal, digits, ordinal, plural, year

Words = list[str]

_TITLES = {
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "dr": "doctor",
    "prof": "professor",
    "st": "saint",
    "vs": "versus",
    "etc": "et cetera",
    "no": "number",
}
# What is no title without its full stop, or before no number.
_TITLE = re.compile(r"\b(mr|mrs|ms|dr|prof|vs|etc)\b\.?|\b(st)\.(?=\s)|\b(no)\.(?=\s*\d)")
_SIGNS = {"&": " and ", "%": " percent ", "+": " plus ", "=": " equals ", "@": " at "}
_MONEY = {"$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent")}
_MANY = {"penny": "pence"}
_UNITS = {
    "km/h": "kilometers per hour",
    "mph": "miles per hour",
    "km": "kilometers",
    "kg": "kilograms",
    "cm": "centimeters",
    "mm": "millimeters",
    "ml": "milliliters",
    "mg": "milligrams",
    "ft": "feet",
    "lb": "pounds",
    "°c": "degrees celsius",
    "°f": "degrees fahrenheit",
    "°": "degrees",
    "m": "meters",
}
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_UNIT = "|".join(re.escape(unit) for unit in _UNITS)
_ENDS = ".,;:!?…»”\"'。！？؟۔।"
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'"})


def wordings(text: str, *, language: str, repeats: int = 1) -> list[Words]:
    """Return the word lists that a reader of `text` may be taken to say, at least one.

    `language`: a BCP-47 tag. All are empty where the text has no words.
    """
    english = language.partition("-")[0].lower() == "en"
    plain = (english_words(text) if english else _plain_words(text)) * repeats
    written = unicodedata.normalize("NFC", text).split() * repeats
    if not plain or plain == written:
        return [plain]
    # A full stop is certain, and the last tokens are to tell whether the last words were said.
    written[-1] = written[-1].rstrip(_ENDS) or written[-1]
    return [plain, written]


def _plain_words(text: str) -> Words:
    """Return the words in lower case, without punctuation, with marks, digits and apostrophes."""
    folded = unicodedata.normalize("NFC", text).translate(_APOSTROPHES).lower()
    kept = (
        sign if sign == "'" or unicodedata.category(sign)[0] in "LMN" else " " for sign in folded
    )
    return [word for word in "".join(kept).split() if word.strip("'")]


def english_words(text: str) -> Words:
    """Return the lower-case words a to z and ' that an English reader says."""
    folded = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).lower()
    # NFKC has made three dots of an ellipsis, and digits and ⁄ of ½.
    folded = _TITLE.sub(lambda found: f" {_TITLES[found[0].rstrip('.')]} ", folded)
    for pattern, say in _SPOKEN:
        folded = pattern.sub(_said(say), folded)
    for sign, word in _SIGNS.items():
        folded = folded.replace(sign, word)
    bare = "".join(
        sign for sign in unicodedata.normalize("NFD", folded) if not unicodedata.combining(sign)
    )
    words = re.sub(r"[^a-z']", " ", bare).split()
    return [word.strip("'") for word in words if word.strip("'")]


def _said(say: Callable[[re.Match[str]], Words]) -> Callable[[re.Match[str]], str]:
    return lambda found: f" {' '.join(say(found))} "


def _number(text: str) -> Words:
    """Return the words of a plain number; a leading zero or a long row is said digit by digit."""
    whole, _, part = text.replace(",", "").partition(".")
    if part:
        return [*cardinal(int(whole)), "point", *digits(part)]
    if (len(whole) > 1 and whole[0] == "0") or ("," not in text and len(whole) > 9):
        return digits(whole)
    if len(text) == 4 and "1100" <= text <= "2099":
        return year(int(text))
    return cardinal(int(whole))


def _money(found: re.Match[str]) -> Words:
    one, hundredth = _MONEY[found[1]]
    whole, _, part = found[2].replace(",", "").partition(".")
    if found[3]:
        return [*_number(found[2]), found[3], f"{one}s"]
    said = [*cardinal(int(whole)), one if whole == "1" else f"{one}s"] if int(whole) else []
    if len(part) == 2 and int(part):
        many = _MANY.get(hundredth, f"{hundredth}s")
        said += [*(["and"] if said else []), *cardinal(int(part))]
        said += [hundredth if int(part) == 1 else many]
    return said or ["zero", f"{one}s"]


def _clock(found: re.Match[str]) -> Words:
    hour, minute = int(found[1]), int(found[2])
    if not minute:
        return [*cardinal(hour), *([] if found[3] else ["o'clock"])]
    return [*cardinal(hour), *(["oh"] if minute < 10 else []), *cardinal(minute)]


def _measured(found: re.Match[str]) -> Words:
    unit = _UNITS[found[3]]
    if found[2] == "1":
        unit = {"feet": "foot"}.get(unit, re.sub(r"^(\w+)s\b", r"\1", unit))
    return [*(["minus"] if found[1] else []), *_number(found[2]), unit]


_FRACTIONS = {"1/2": "one half", "1/4": "one quarter", "3/4": "three quarters", "1/3": "one third"}
# Asked in this order: each leaves words, and no digits, where it has spoken.
_SPOKEN: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Words]], ...] = (
    (re.compile(rf"([$£€])\s*({_NUMBER})(?:\s+(thousand|million|billion|trillion)\b)?"), _money),
    (
        re.compile(r"\b(\d{1,2}):([0-5]\d)\b(\s*[ap]\.?m\b)?(?=\D|$)"),
        lambda f: [*_clock(f), f[3] or ""],
    ),
    (re.compile(r"\b(1/2|1/4|3/4|1/3|[1-9]⁄\d)\b"), lambda f: _fraction(f[1])),
    (re.compile(r"\b(\d{1,15})(?:st|nd|rd|th)\b"), lambda f: ordinal(int(f[1]))),
    (re.compile(r"\b(1[1-9]|20)(\d0)s\b"), lambda f: plural(year(int(f[1] + f[2])))),
    (re.compile(rf"(?<![\w.])([-−]?)({_NUMBER})\s?({_UNIT})(?![a-z])"), _measured),
    (re.compile(rf"(?<![\w.])[-−]({_NUMBER})"), lambda f: ["minus", *_number(f[1])]),
    (re.compile(_NUMBER), lambda f: _number(f[0])),
)


def _fraction(text: str) -> Words:
    plain = text.replace("⁄", "/")
    return [_FRACTIONS.get(plain, plain.replace("/", " over "))]
