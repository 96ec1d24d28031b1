"""A prompt's text becomes the words that a reader says, and the form in which a model writes it."""

import pytest

from workers.audio.models.text import english_words, wordings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mr. Smith and Mrs. Jones met Dr. Who.", "mister smith and missus jones met doctor who"),
        ("It costs $5.50 or £1.", "it costs five dollars and fifty cents or one pound"),
        ("€3 million, £0.20", "three million euros twenty pence"),
        ("20% & more", "twenty percent and more"),
        ("At 10:30, 3:05 and 4:00", "at ten thirty three oh five and four o'clock"),
        ("in 1995, 2005, 2010, 1900", "in nineteen ninety five two thousand five twenty ten "
         "nineteen hundred"),
        ("the 21st of the 1990s", "the twenty first of the nineteen nineties"),
        ("1,234,567.89", "one million two hundred thirty four thousand five hundred sixty seven "
         "point eight nine"),
        ("12km at 5 km/h, -5°C", "twelve kilometers at five kilometers per hour minus five "
         "degrees celsius"),
        ("call 0800", "call zero eight zero zero"),
        ("No. 7 is no. 8, no. Never.", "number seven is number eight no never"),
        ("½ cup and 3/4 mile", "one half cup and three quarters mile"),
        ("the café’s “naïve” cook", "the cafe's naive cook"),
        ("St. Louis", "saint louis"),
        ("...", ""),
        ("0 and 100 and 1,000,000,000,000", "zero and one hundred and one trillion"),
    ],
)  # fmt: skip
def test_english_is_spelled_as_it_is_said(text: str, said: str) -> None:
    assert " ".join(english_words(text)) == said


def test_a_text_is_offered_as_it_is_said_and_as_it_is_written() -> None:
    plain, written = wordings("Dr. Smith paid $3.", language="en-GB")
    assert plain == ["doctor", "smith", "paid", "three", "dollars"]
    assert written == ["Dr.", "Smith", "paid", "$3"]


def test_plain_lower_case_words_are_offered_once() -> None:
    assert wordings("the bus is late", language="en") == [["the", "bus", "is", "late"]]


def test_a_hot_word_is_said_as_often_as_the_prompt_asks() -> None:
    plain, _ = wordings("Hey Computer!", language="en", repeats=3)
    assert plain == ["hey", "computer"] * 3


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Ça va à l’école?", "fr-FR", ["ça", "va", "à", "l'école"]),
        ("مرحبا، كيف حالك؟", "ar", ["مرحبا", "كيف", "حالك"]),
        ("नमस्ते, कैसे हैं?", "hi", ["नमस्ते", "कैसे", "हैं"]),
        ("Zimmer 12", "de", ["zimmer", "12"]),
    ],
)
def test_other_languages_keep_their_letters_marks_and_digits(
    text: str, language: str, words: list[str]
) -> None:
    assert wordings(text, language=language)[0] == words


def test_a_text_without_words_offers_none() -> None:
    assert wordings("?!", language="en") == [[]]
    assert wordings("—", language="sw") == [[]]
