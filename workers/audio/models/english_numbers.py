"""Pure: English words for numbers, as a reader says them."""

from __future__ import annotations

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
    *("seventeen", "eighteen", "nineteen"),
)
_TENS = (
    *("", "", "twenty", "thirty", "forty", "fifty"),
    *("sixty", "seventy", "eighty", "ninety"),
)
_SCALES = (
    (10**12, "trillion"),
    (10**9, "billion"),
    (10**6, "million"),
    (10**3, "thousand"),
    (100, "hundred"),
)
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_LARGEST = 10**15


def cardinal(number: int) -> list[str]:
    """Return the words of a whole number; 10^15 and more are said digit by digit."""
    if number >= _LARGEST:
        return digits(str(number))
    if number < 20:
        return [_SMALL[number]]
    if number < 100:
        return [_TENS[number // 10], *(cardinal(number % 10) if number % 10 else [])]
    scale, name = next(pair for pair in _SCALES if number >= pair[0])
    rest = cardinal(number % scale) if number % scale else []
    return [*cardinal(number // scale), name, *rest]


def ordinal(number: int) -> list[str]:
    """Return the words of a whole number's place in a row: 21 gives twenty first."""
    *before, last = cardinal(number)
    if last in _ORDINALS:
        return [*before, _ORDINALS[last]]
    return [*before, f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"]


def year(number: int) -> list[str]:
    """Return a year of four digits in pairs: 1995 gives nineteen ninety five."""
    century, rest = divmod(number, 100)
    if not century % 10 and rest < 10:
        return cardinal(number)
    if not rest:
        return [*cardinal(century), "hundred"]
    return [*cardinal(century), *(["oh"] if rest < 10 else []), *cardinal(rest)]


def digits(text: str) -> list[str]:
    """Return one word a digit, for telephone numbers and decimals."""
    return [_SMALL[int(sign)] for sign in text]


def plural(words: list[str]) -> list[str]:
    """Return words whose last is many: ninety gives nineties."""
    *before, last = words
    if last.endswith("y"):
        return [*before, f"{last[:-1]}ies"]
    return [*before, f"{last}es" if last.endswith("x") else f"{last}s"]
