"""What an annotator's answer says: the form's own results, and what a forger can send."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.answer import (
    MAX_PAYLOAD_BYTES,
    MAX_TRANSCRIPT,
    REASONS,
    VERDICTS,
    digest_of,
    read_answer,
    storable,
)

CONFIG = Path(__file__).parents[2] / "annotation/label_studio/configs/transcription_v1.xml"

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
any_json = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5)
    ),
    max_leaves=20,
)
control = st.fixed_dictionaries(
    {
        "from_name": st.sampled_from(["verdict", "transcript", "reasons", "other"]) | any_json,
        "to_name": st.just("audio") | any_json,
        "type": st.sampled_from(["choices", "textarea"]) | any_json,
        "value": st.fixed_dictionaries({"choices": any_json, "text": any_json}) | any_json,
    }
)


def verdict(*chosen: str) -> dict[str, Any]:
    return _part("verdict", "choices", {"choices": list(chosen)})


def reasons(*chosen: str) -> dict[str, Any]:
    return _part("reasons", "choices", {"choices": list(chosen)})


def transcript(*texts: Any) -> dict[str, Any]:
    return _part("transcript", "textarea", {"text": list(texts)})


def _part(name: str, kind: str, value: Any) -> dict[str, Any]:
    return {"id": "x", "from_name": name, "to_name": "audio", "type": kind, "value": value}


def test_an_accepted_clip_has_its_transcript() -> None:
    reading = read_answer([verdict("accept"), transcript("  two   words\n")])
    assert (reading.verdict, reading.transcript, reading.errors) == ("accept", "two words", ())


def test_a_rejected_clip_has_its_reasons_in_one_order() -> None:
    reading = read_answer([reasons("other", "noise", "noise"), verdict("reject")])
    assert (reading.verdict, reading.reasons, reading.valid) == ("reject", ("noise", "other"), True)


def test_a_transcript_left_in_a_rejected_form_is_not_taken() -> None:
    reading = read_answer([verdict("reject"), reasons("noise"), transcript("half a word")])
    assert reading.valid
    assert reading.transcript == ""


def test_two_spellings_of_one_letter_are_one_transcript() -> None:
    composed = read_answer([verdict("accept"), transcript("caf\u00e9")])
    combining = read_answer([verdict("accept"), transcript("cafe\u0301")])
    assert composed.transcript == combining.transcript


def test_joiners_that_spell_persian_and_hindi_words_are_kept() -> None:
    for text in ("می\u200cخواهم", "क्\u200dष"):
        assert read_answer([verdict("accept"), transcript(text)]).transcript == text


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (None, "result_not_a_list"),
        ({"verdict": "accept"}, "result_not_a_list"),
        ([], "verdict_missing"),
        ([{}] * 51, "too_many_parts"),
        ([None], "unknown_control"),
        ([{"from_name": ["verdict"]}], "unknown_control"),
        ([verdict("accept"), _part("label", "labels", {})], "unknown_control"),
        ([verdict("maybe")], "verdict_unknown"),
        ([verdict("accept", "reject")], "verdict_unknown"),
        ([verdict()], "verdict_unknown"),
        ([verdict("accept"), verdict("reject")], "verdict_repeated"),
        ([_part("verdict", "textarea", {"choices": ["accept"]})], "verdict_of_wrong_type"),
        ([verdict("accept") | {"to_name": "language"}], "verdict_of_wrong_type"),
        ([verdict("accept")], "transcript_missing"),
        ([verdict("accept"), transcript()], "transcript_missing"),
        ([verdict("accept"), transcript(" \n ")], "transcript_missing"),
        ([verdict("accept"), transcript(7)], "transcript_missing"),
        ([verdict("accept"), transcript("one", "two")], "transcript_repeated"),
        ([verdict("accept"), transcript("...?!")], "transcript_without_words"),
        ([verdict("accept"), transcript("x" * (MAX_TRANSCRIPT + 1))], "transcript_too_long"),
        ([verdict("accept"), transcript("a\0b")], "transcript_with_control_characters"),
        ([verdict("accept"), transcript("a\ud800b")], "transcript_with_control_characters"),
        ([verdict("accept"), transcript("a"), reasons("noise")], "reasons_with_accept"),
        ([verdict("reject")], "reasons_missing"),
        ([verdict("reject"), reasons()], "reasons_unknown"),
        ([verdict("reject"), reasons("noise", "boredom")], "reasons_unknown"),
    ],
)
def test_every_fault_has_its_name(result: Any, error: str) -> None:
    assert error in read_answer(result).errors


@given(any_json | st.lists(control | any_json, max_size=8))
def test_no_answer_makes_the_reader_fall(result: Any) -> None:
    reading = read_answer(result)
    if reading.valid:
        assert reading.verdict in VERDICTS
        assert bool(reading.transcript) == (reading.verdict == "accept")
        assert bool(reading.reasons) == (reading.verdict == "reject")
    assert set(reading.reasons) <= set(REASONS)


@given(st.text(min_size=1, max_size=200))
def test_a_transcript_read_twice_is_the_same(text: str) -> None:
    once = read_answer([verdict("accept"), transcript(text)])
    if once.valid:
        assert read_answer([verdict("accept"), transcript(once.transcript)]) == once


@given(any_json)
def test_what_is_kept_fits_a_json_column(result: Any) -> None:
    payload, whole = storable(result)
    text = json.dumps(payload, allow_nan=False)
    assert "\\u0000" not in text
    text.encode("utf-8")
    json.dumps(payload, ensure_ascii=False).encode("utf-8")
    assert storable(payload) == (payload, True)
    if whole:
        assert payload == result


def test_a_payload_too_deep_or_too_large_is_not_kept() -> None:
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    assert storable(deep) == (None, False)
    assert storable(["x" * MAX_PAYLOAD_BYTES]) == (None, False)


@given(any_json)
def test_an_answer_and_its_skip_are_two_versions(result: Any) -> None:
    payload, _ = storable(result)
    assert digest_of(payload, was_cancelled=False) == digest_of(payload, was_cancelled=False)
    assert digest_of(payload, was_cancelled=False) != digest_of(payload, was_cancelled=True)


def test_the_form_offers_exactly_what_the_reader_knows() -> None:
    tree = ElementTree.parse(CONFIG)  # noqa: S314 - our own file
    choices = {
        node.get("name"): [choice.get("value") for choice in node.findall("Choice")]
        for node in tree.iter("Choices")
    }
    assert choices == {"verdict": list(VERDICTS), "reasons": list(REASONS)}
    assert [node.get("name") for node in tree.iter("TextArea")] == ["transcript"]
    assert [node.get("name") for node in tree.iter("Audio")] == ["audio"]
