"""Any bytes at all: damaged files end as measures or as a reasoned refusal, never as an error.

`make bench ONLY=quality_fuzz` sends thousands of them the same way.
"""

import json
import math
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.mutated_files import mutant
from workers.audio.apart import decode_apart
from workers.audio.decode import decode
from workers.audio.examine import Examination, examine
from workers.audio.sound import Bounds

BOUNDS = Bounds(max_seconds=20)


def is_reasoned(seen: Examination) -> bool:
    """Say whether there is sound with finite measures, or words for why there is none."""
    if not all(math.isfinite(value) for value in seen.measures.values()):
        return False
    if seen.measures["decodable"]:
        return seen.derived is not None and seen.derived.samples > 0
    return set(seen.facts) == {"fault", "detail"} and all(seen.facts.values())


@pytest.mark.parametrize("part", range(5))
def test_damaged_files_end_in_measures_or_a_reason(part: int) -> None:
    for number in range(40):
        file = mutant(f"test-{part}-{number}")
        seen = examine(file.data, content_type=file.content_type, bounds=BOUNDS)
        assert is_reasoned(seen), file.damage


def test_they_end_the_same_way_with_and_without_a_process_apart() -> None:
    for number in range(40):
        file = mutant(f"apart-{number}")
        here, apart = (
            examine(file.data, content_type=file.content_type, bounds=BOUNDS, decoder=decoder)
            for decoder in (decode, decode_apart)
        )
        assert here == apart, file.damage


def test_a_folder_of_damaged_files_is_judged_to_its_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(200):
        (tmp_path / f"{number:03}.bin").write_bytes(mutant(f"judge-{number}").data)
    call_command("judge", tmp_path, models="off", jobs=2)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["file"] for row in rows] == [f"{number:03}.bin" for number in range(200)]
    for row in rows:
        if not row["measures"]["decodable"]:
            assert row["outcome"] == "reject"
            assert [reason["code"] for reason in row["reasons"]] == ["undecodable"]
            assert row["facts"]["detail"]
