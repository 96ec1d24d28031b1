"""`manage.py calibrate`: labelled takes in, tables and a profile that can be judged by out."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from backend.quality.profile import read_rules
from tests.sounds import flac, silence, speech_like

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Takes of eight speakers, each with one good, one silent and one far too quiet."""
    rows = [("file", "label", "speaker")]
    for number in range(8):
        speech = speech_like(2.5, seed=number)
        quiet = (speech * np.float32(0.004)).astype(np.float32)
        takes = {"good": speech, "silent": silence(2.0), "too_quiet": quiet}
        for label, sound in takes.items():
            name = f"{number}-{label}.flac"
            (tmp_path / name).write_bytes(flac(sound))
            rows.append((name, label, f"speaker-{number}"))
    with (tmp_path / "clips.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path


def test_labelled_takes_give_tables_and_a_profile(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, roc = tmp_path / "proposed.json", tmp_path / "roc.csv"
    call_command("calibrate", folder, models="off", jobs=2, out=out, roc=roc)
    told = capsys.readouterr().out
    assert told.startswith("24 clips of 8 named speakers: 8 good, 8 silent, 8 too_quiet\n")
    rows = {line.split(" | ")[0].strip("| "): line for line in told.splitlines()}
    assert rows["silent"].endswith("| 1.000 |")
    assert "| 8 silent |" in told
    printed = told[told.index("\n[\n") :]
    assert json.loads(printed) == json.loads(out.read_text(encoding="utf-8"))
    assert read_rules(json.loads(printed))
    with roc.open(encoding="utf-8", newline="") as file:
        points = list(csv.DictReader(file))
    assert {point["against"] for point in points} >= {"silent", "too_quiet"}
    assert all(0 <= float(point["recall"]) <= 1 for point in points)


def test_its_profile_can_be_judged_by(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "proposed.json"
    call_command("calibrate", folder, models="off", jobs=1, out=out)
    capsys.readouterr()
    call_command("judge", folder / "0-silent.flac", profile=str(out), models="off", jobs=1)
    assert json.loads(capsys.readouterr().out)["outcome"] == "reject"


def test_a_list_without_labels_is_a_callers_fault(folder: Path) -> None:
    (folder / "clips.csv").write_text("file\n0-good.flac\n", encoding="utf-8")
    with pytest.raises(CommandError, match="1 faults") as error:
        call_command("calibrate", folder)
    assert error.value.returncode == 2


def test_a_folder_without_a_list_is_a_callers_fault(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file") as error:
        call_command("calibrate", tmp_path)
    assert error.value.returncode == 2
