"""The spoken name derives from the id alone; the vectors are shared with the phone."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.speakers.codes import speaker_code

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "speaker_code.json").read_text())


@pytest.mark.parametrize("vector", VECTORS)
def test_a_code_is_what_the_vectors_say(vector: dict[str, str]) -> None:
    assert speaker_code(UUID(vector["id"])) == vector["code"]


@given(st.uuids(), st.uuids())
def test_only_the_last_24_bits_matter(one: UUID, two: UUID) -> None:
    same_end = UUID(int=(two.int & ~0xFFFFFF) | (one.int & 0xFFFFFF))
    assert speaker_code(one) == speaker_code(same_end)
