"""`manage.py judge`: started as a person would, with no service and no database there."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from backend.campaigns.models import Campaign
from backend.campaigns.services import default_rules, write_profile
from tests.sounds import clipped, flac, mp4, noise, ogg, silence, speech_like, wav, webm

ROOT = Path(__file__).resolve().parents[2]
SPEECH = speech_like(3.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of takes, good and bad."""
    takes = tmp_path / "takes"
    (takes / "deep").mkdir(parents=True)
    (takes / "deep" / "good.flac").write_bytes(flac(SPEECH))
    (takes / "silent.wav").write_bytes(wav(silence()))
    (takes / "clipped.webm").write_bytes(webm(speech_like(3.0, seed=1)))
    (takes / "page.wav").write_bytes(b"<html>no sound</html>")
    (takes / "notes.txt").write_bytes(b"no sound")
    (takes / ".hidden.wav").write_bytes(b"no sound")
    return takes


def started(*arguments: object, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, which no service's address is told to."""
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": "/nonexistent"}
    return subprocess.run(
        [sys.executable, "manage.py", "judge", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        **more,
    )


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Return what a run printed; it must have ended well."""
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def judged(*arguments: object) -> list[dict[str, Any]]:
    """Run the command and return its lines."""
    return lines(started(*arguments, "--models", "off"))


def test_a_folder_is_judged_to_its_depth_in_order_without_any_service(folder: Path) -> None:
    done = started(folder, "--models", "off")
    rows = lines(done)
    assert [row["file"] for row in rows] == [
        "clipped.webm",
        "deep/good.flac",
        "page.wav",
        "silent.wav",
    ]
    assert done.stderr == "1 tables and texts in the folder were not judged\n"
    by_name = {row["file"]: row for row in rows}
    assert by_name["deep/good.flac"]["measures"]["duration_s"] == 3.0
    assert by_name["silent.wav"]["outcome"] == "reject"
    assert by_name["silent.wav"]["reasons"][0]["code"] == "silent"
    page = by_name["page.wav"]
    assert page["outcome"] == "reject"
    assert page["reasons"] == [
        {
            "code": "undecodable",
            "value": 0.0,
            "threshold": 1.0,
            "measure": "decodable",
            "severity": "reject",
        }
    ]


def test_a_file_is_judged_as_what_it_is_not_as_what_it_is_called(tmp_path: Path) -> None:
    names = {"flac.wav": flac, "webm.mp3": webm, "mp4.ogg": mp4, "ogg.flac": ogg, "wav": wav}
    for name, encode in names.items():
        (tmp_path / name).write_bytes(encode(SPEECH))
    (tmp_path / "called.wav").write_bytes(b"ID3\x04" + bytes(2000))
    facts = {row["file"]: row["facts"] for row in judged(tmp_path)}
    assert {name: facts[name]["container"] for name in names} == {
        "flac.wav": "flac",
        "webm.mp3": "webm",
        "mp4.ogg": "mp4",
        "ogg.flac": "ogg",
        "wav": "wav",
    }
    assert facts["called.wav"]["detail"] == "the bytes are an MP3 file, not audio"


def test_a_list_is_worked_through_in_its_order_and_says_how_long_a_text_takes(
    folder: Path, tmp_path: Path
) -> None:
    table = tmp_path / "clips.csv"
    long = "a text that takes far longer to read than three seconds, " * 10
    table.write_text(f'file,prompt\nsilent.wav,\ndeep/good.flac,"{long}"\n', encoding="utf-8")
    rows = judged(folder, "--clips", table)
    assert [row["file"] for row in rows] == ["silent.wav", "deep/good.flac"]
    assert rows[1]["outcome"] == "reject"
    assert "too_short" in {reason["code"] for reason in rows[1]["reasons"]}


def test_faults_of_a_list_are_all_told_and_nothing_is_judged(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "clips.csv"
    table.write_bytes(b"file\nsilent.wav\nmissing.wav\n../x.wav\n")
    done = started(folder, "--clips", table)
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"{table}:3: No such file." in done.stderr
    assert f"{table}:4: " in done.stderr
    assert "2 faults" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["nowhere"],
        ["tests/rules", "--clips", "nowhere.csv"],
        ["tests/rules", "--clips", "manage.py"],
        ["manage.py", "--clips", "manage.py"],
        ["tests/rules", "--profile", "nowhere.json"],
        ["tests/rules", "--profile", "no-such-campaign"],
        ["tests/rules", "--profile", "docs/openapi.yaml"],
        ["tests/rules", "--jobs", "0"],
    ],
)
@pytest.mark.django_db
def test_a_callers_fault_is_told_in_words_and_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(CommandError) as error:
        call_command("judge", *arguments)
    assert error.value.returncode == 2
    assert str(error.value)


def test_the_rules_of_a_file_are_judged_by(folder: Path, tmp_path: Path) -> None:
    strict = [*default_rules()]
    strict.append(
        {
            "code": "not_long",
            "measure": "duration_s",
            "op": "<",
            "threshold": 10,
            "severity": "reject",
            "where": ["server"],
            "hint": "speak_longer",
        }
    )
    profile = tmp_path / "strict.json"
    profile.write_text(json.dumps({"rules": strict}), encoding="utf-8")
    rows = judged(folder / "deep", "--profile", profile)
    assert "not_long" in {reason["code"] for reason in rows[0]["reasons"]}


def test_the_rules_of_a_campaign_are_found_by_its_slug(
    campaign: Campaign, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = [
        rule | ({"code": "of_the_campaign"} if rule["code"] == "silent" else {})
        for rule in default_rules()
    ]
    write_profile(campaign=campaign, rules=rules, actor="test", now=timezone.now())
    call_command("judge", folder / "silent.wav", profile=campaign.slug, models="off", jobs=1)
    (row,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "of_the_campaign" in {reason["code"] for reason in row["reasons"]}
    with pytest.raises(CommandError, match="neither"):
        call_command("judge", folder, profile="another", models="off")


def test_many_processes_give_what_one_gives(tmp_path: Path) -> None:
    for number in range(30):
        sound = [speech_like(1.0, seed=number), noise(1.0, level_dbfs=-20), clipped(SPEECH)]
        (tmp_path / f"{number:02}.wav").write_bytes(wav(sound[number % 3]))
    one, three = (started(tmp_path, "--models", "off", "--jobs", jobs) for jobs in (1, 3))
    assert one.stdout == three.stdout
    assert len(lines(one)) == 30


def test_a_reader_that_leaves_ends_it_quietly(folder: Path) -> None:
    for number in range(200):
        (folder / f"{number}.wav").write_bytes(b"no sound")
    script = f"{sys.executable} manage.py judge {folder} --models off | head -n 1"
    done = subprocess.run(
        ["/bin/sh", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=240
    )
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_an_interrupt_ends_it_with_all_its_processes(folder: Path) -> None:
    first_file = folder / "0.flac"
    first_file.write_bytes(flac(SPEECH))
    # So many that they last even where this process waits long for its turn to interrupt.
    for number in range(1, 10_000):
        (folder / f"{number}.flac").hardlink_to(first_file)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "judge", str(folder), "--models", "off", "--jobs", "2"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    # Read to its end: a process that were left would hold the pipe open.
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert json.loads(first)["outcome"] in {"pass", "review", "reject"}


def test_a_later_copy_is_a_duplicate_of_the_earlier_one_however_it_is_coded(
    tmp_path: Path,
) -> None:
    other = speech_like(3.0, seed=7)
    files = {"1.wav": wav(SPEECH), "2.wav": wav(other), "3.wav": wav(SPEECH), "4.webm": webm(other)}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)

    def duplicates(rows: list[dict[str, Any]]) -> dict[str, str]:
        named = {row["file"] for row in rows if "duplicate" in codes(row)}
        return {row["file"]: row["facts"]["duplicate_of"] for row in rows if row["file"] in named}

    assert duplicates(judged(tmp_path)) == {"3.wav": "1.wav", "4.webm": "2.wav"}
    assert duplicates(judged(tmp_path, "--duplicates", "off")) == {}


def codes(row: dict[str, Any]) -> set[str]:
    """Return the codes of a line's reasons."""
    return {reason["code"] for reason in row["reasons"]}
