"""Texts become sounds: by a dictionary, by rules, or honestly by their letters."""

import pytest

from workers.phonetics import dictionary, rules
from workers.phonetics.analysis import LETTERS, analyse, method_for
from workers.phonetics.words import letters_of, words_of


def test_words_are_found_in_any_script() -> None:
    assert words_of("It’s half-past seven, isn't it?") == [
        "it's",
        "half",
        "past",
        "seven",
        "isn't",
        "it",
    ]
    assert words_of("¿Quién? —Él.") == ["quién", "él"]
    assert words_of("लड़का स्कूल गया।") == ["लड़का", "स्कूल", "गया"]
    assert words_of("  …  ") == []
    assert letters_of("नि") == ["नि"]


def test_english_is_said_as_the_dictionary_says() -> None:
    found = analyse("The cat's on the mat.", "en-KE")
    assert found.method == "cmudict"
    assert (found.words, found.unknown) == (5, 0)
    assert found.sounds == "_ DH AH K AE T S AA N DH AH M AE T _"


def test_a_genitive_that_is_not_listed_follows_its_noun() -> None:
    english = dictionary.english()
    assert english is not None
    assert english.sounds("zebra") == ["Z", "IY", "B", "R", "AH"]
    for noun, ending in (("giraffe", ["S"]), ("zebra", ["Z"]), ("ostrich", ["AH", "Z"])):
        said = english.sounds(noun)
        assert said is not None
        assert english.sounds(f"{noun}'s") == said + ending
    assert english.sounds("qqqq's") is None


def test_a_word_that_is_not_known_is_taken_by_its_letters_and_counted() -> None:
    found = analyse("Hey Fieldvoice 7", "en")
    assert (found.words, found.unknown) == (3, 2)
    assert found.sounds == "_ HH EY ~f ~i ~e ~l ~d ~v ~o ~i ~c ~e ~7 _"


@pytest.mark.parametrize(
    ("language", "text", "sounds"),
    [
        ("es-MX", "El niño, ¿quién?", "_ e l n i ɲ o k j e n _"),
        ("sw", "Ng'ombe wanakula majani", "_ ŋ o m b e w a n a k u l a m a ʄ a n i _"),
        ("hi", "लड़का गया", "_ l ə ɽ k aː ɡ ə j aː _"),
    ],
)
def test_a_language_with_rules_is_said_by_them(language: str, text: str, sounds: str) -> None:
    found = analyse(text, language)
    assert found.sounds == sounds
    assert found.method.startswith("epitran:")
    assert found.unknown == 0


def test_what_the_rules_do_not_know_is_taken_by_its_letters() -> None:
    found = analyse("mwana 7 日", "sw")
    assert (found.words, found.unknown) == (3, 2)
    assert found.sounds.endswith("~7 ~日 _")


@pytest.mark.parametrize("language", ["ar", "fa", "ja", "th", "qaa", "hi-Latn", "nonsense"])
def test_a_language_without_rules_is_taken_by_letters_and_says_so(language: str) -> None:
    assert method_for(language) == LETTERS
    found = analyse("ab c", language)
    assert found.sounds == "_ ~a ~b ~c _"
    assert found.unknown == found.words == 2


def test_a_tag_says_in_which_script() -> None:
    assert rules.table_of("sr") == "srp-Cyrl"
    assert rules.table_of("sr-Latn-RS") == "srp-Latn"
    assert rules.table_of("es_419") == "spa-Latn"
    assert rules.table_of("en") is None


def test_nothing_said_has_no_sounds() -> None:
    assert analyse("—", "en").sounds == ""
