"""Standard codes by their form, and the presets that others publish."""

from typing import Any

import pytest

from backend.speakers.vocabularies import (
    VOCABULARIES,
    choices_of,
    field_faults,
    value_fault,
    with_choices,
)


@pytest.mark.parametrize(
    ("vocabulary", "value"),
    [
        ("bcp-47", "es"),
        ("bcp-47", "es-MX"),
        ("bcp-47", "zh-Hant-TW"),
        ("bcp-47", "sl-rozaj-biske"),
        ("bcp-47", "de-CH-1996"),
        ("bcp-47", "ca-valencia"),
        ("bcp-47", "en-u-nu-latn"),
        ("bcp-47", "en-x-north"),
        ("iso-639-3", "swh"),
        ("iso-3166-2", "ES-CT"),
        ("iso-3166-2", "GB-ENG"),
        ("iso-3166-2", "FR-75"),
        ("iso-15924", "Arab"),
        ("common-voice-gender", "female_feminine"),
        ("common-voice-age", "fourties"),
        ("age-18-24..65+", "65+"),
    ],
)
def test_a_code_of_the_right_form_is_taken(vocabulary: str, value: str) -> None:
    assert value_fault(vocabulary, value) == ""


@pytest.mark.parametrize(
    ("vocabulary", "value", "said"),
    [
        ("bcp-47", "english!", "not a BCP-47 tag"),
        ("bcp-47", "e", "not a BCP-47 tag"),
        ("bcp-47", "en--US", "not a BCP-47 tag"),
        ("bcp-47", "en-", "not a BCP-47 tag"),
        ("iso-639-3", "sw", "not an ISO 639-3 code"),
        ("iso-639-3", "SWH", "not an ISO 639-3 code"),
        ("iso-3166-2", "ES", "not an ISO 3166-2 code"),
        ("iso-3166-2", "es-ct", "not an ISO 3166-2 code"),
        ("iso-15924", "arab", "not an ISO 15924 code"),
        ("common-voice-gender", "female", "none of female_feminine"),
        ("common-voice-age", "forties", "none of teens"),
    ],
)
def test_another_value_is_refused_in_words(vocabulary: str, value: str, said: str) -> None:
    assert said in value_fault(vocabulary, value)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"kind": "choice", "vocabulary": "iso-1"}, "One of bcp-47"),
        ({"kind": "text", "vocabulary": "bcp-47"}, "Only a choice has a vocabulary."),
        ({"kind": "choice", "vocabulary": "bcp-47"}, "Its choices are needed"),
        ({"kind": "choice", "vocabulary": "iso-639-3", "choices": ["swh", "sw"]}, "sw is not an"),
    ],
)
def test_a_field_that_does_not_keep_to_its_vocabulary_is_refused(
    spec: dict[str, Any], said: str
) -> None:
    assert any(said in message for message in field_faults(spec))


def test_a_closed_vocabulary_gives_a_field_its_choices() -> None:
    spec = {"name": "gender", "kind": "choice", "vocabulary": "common-voice-gender"}
    assert field_faults(spec) == []
    assert with_choices(spec)["choices"][0] == "female_feminine"
    own = spec | {"choices": ["male_masculine"]}
    assert with_choices(own)["choices"] == ["male_masculine"]
    assert with_choices({"name": "x", "kind": "text"}) == {"name": "x", "kind": "text"}


def test_declining_is_no_choice_of_any_vocabulary() -> None:
    for name in VOCABULARIES:
        assert "do_not_wish_to_say" not in (choices_of(name) or ())
