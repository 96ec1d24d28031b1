"""Real sentences of several writers: what the installed Python packages say of themselves.

Technical prose out of the docstrings of libraries and of Python itself, as the development lock
pins them, so that everybody has the same text without any being copied here.
"""

import ast
import re
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

from workers.phonetics.analysis import analyse

PACKAGES: Final = ("boto3", "celery", "django", "librosa", "numpy", "pandas", "scipy", "sklearn")
_SENTENCE: Final = re.compile(r"[A-Z][A-Za-z',;\s-]*[a-z]\.")
_ENDS: Final = re.compile(r"(?<=[.!?])\s+")
_FEWEST_WORDS: Final = 5
_MOST_WORDS: Final = 12


def sentences(count: int, *, seed: int, packages: Sequence[str] = PACKAGES) -> list[str]:
    """Return so many different sentences of 5 to 12 words, all of them in the dictionary.

    Drawn at random from all there are in these packages and, with all of them, in Python's own
    library; fewer when there are fewer.
    """
    found = sorted(set(_all_sentences(packages)))
    Random(seed).shuffle(found)
    chosen: list[str] = []
    for sentence in found:
        if len(chosen) == count:
            break
        read = analyse(sentence, "en")
        if not read.unknown and _FEWEST_WORDS <= read.words <= _MOST_WORDS:
            chosen.append(sentence)
    return chosen


def _all_sentences(packages: Sequence[str]) -> Iterator[str]:
    for path in _files(packages):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _of_docstring(ast.get_docstring(node) or "")


def _files(packages: Sequence[str]) -> Iterator[Path]:
    installed = Path(sysconfig.get_path("purelib"))
    folders = [installed / name for name in packages]
    if packages == PACKAGES:
        folders.append(Path(sysconfig.get_path("stdlib")))
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            if not {"site-packages", "test", "tests"} & set(path.parts[len(folder.parts) :]):
                yield path


def _of_docstring(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text):
        for sentence in _ENDS.split(" ".join(paragraph.split())):
            if _SENTENCE.fullmatch(sentence):
                yield sentence
