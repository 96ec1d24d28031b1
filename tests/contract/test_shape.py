"""The shape of the code: files of one idea, each saying what it is for, with names that say it."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "base"}
LONGEST = 400


def tracked(*patterns: str) -> list[Path]:
    """Return the tracked files that match."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def python_files() -> list[Path]:
    return [path for path in tracked("*.py") if "migrations" not in path.parts]


def test_no_file_is_called_after_nothing() -> None:
    named = [path for path in tracked("*.py", "*.js", "*.ts") if path.stem.lower() in FORBIDDEN]
    # A database backend's file is called so because Django looks for that name.
    assert [path for path in named if path.parts[-2:] != ("sqlite", "base.py")] == []


def test_no_file_is_longer_than_one_idea() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in [*python_files(), *tracked("mobile_client/*.js", "mobile_client/**/*.js")]
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert long == {}


@pytest.mark.parametrize(
    "path",
    [path for path in python_files() if path.read_text(encoding="utf-8").strip()],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_file_says_first_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
