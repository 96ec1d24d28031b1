"""Prompts from CSV and JSON Lines, with the line of every fault."""

import json

from hypothesis import given
from hypothesis import strategies as st

from backend.campaigns.prompts_file import direction_of, read_prompts


def read(body: str) -> tuple[list[str], list[tuple[int, str]]]:
    rows, faults = read_prompts(body, language="en", max_seconds=60)
    return [row.text for row in rows], [(fault.line, fault.message) for fault in faults]


def test_csv_with_quotes_and_line_breaks_keeps_its_line_numbers() -> None:
    texts, faults = read('text,kind\n"Two\nlines",read\n,read\n')
    assert texts == ["Two\nlines"]
    assert faults == [(4, "`text` is empty.")]


def test_json_lines_may_have_blank_lines_between() -> None:
    texts, faults = read('{"text": "One"}\n\n{"text": "Two", "repeats": 5}\n[1]\n{')
    assert texts == ["One", "Two"]
    assert [line for line, _ in faults] == [4, 5]


def test_a_file_without_a_text_column_says_so() -> None:
    assert read("a,b\n1,2\n")[1][0][0] == 1


def test_an_empty_file_is_a_fault_not_nothing() -> None:
    assert read("")[1]
    assert read("text,kind\n")[1]


def test_the_same_prompt_twice_names_the_first_line() -> None:
    assert read("text\nHello\nHello\n")[1] == [(3, "The same prompt stands in line 2.")]


def test_text_is_kept_in_one_normal_form_so_that_twins_are_found() -> None:
    assert read("text\ncafé\ncafe\u0301\n")[1] == [(3, "The same prompt stands in line 2.")]


def test_unknown_columns_and_bounds_are_named() -> None:
    _, faults = read('{"text": "a", "max_seconds": 99, "repeats": 0, "colour": 1, "kind": "x"}')
    assert len(faults) == 4


def test_direction_follows_the_first_strong_letter() -> None:
    assert direction_of("«123 שלום abc") == "rtl"
    assert direction_of("123 abc שלום") == "ltr"
    assert direction_of("…") == "ltr"


@given(st.text())
def test_no_text_crashes_the_reader(body: str) -> None:
    rows, faults = read_prompts(body, language="en", max_seconds=60)
    assert rows or faults


@given(st.lists(st.text(st.characters(categories=["L", "N", "Zs"]), min_size=1), unique=True))
def test_what_goes_in_as_json_lines_comes_out(texts: list[str]) -> None:
    wanted = {text.strip() for text in texts if text.strip()}
    body = "\n".join(json.dumps({"text": text}) for text in sorted(wanted))
    rows, _ = read_prompts(body, language="en", max_seconds=60)
    assert len({row.text for row in rows}) <= len(wanted)
