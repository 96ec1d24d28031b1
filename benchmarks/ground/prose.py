"""Real sentences of several writers: what the installed Python packages say of themselves.

Technical prose out of the docstrings of libraries and of Python itself, as the development lock
pins them, so that everybody has the same text without any being copied here.
"""

import ast
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

from workers.phonetics.analysis import analyse

_PACKAGES: Final = ("boto3", "celery", "django", "librosa", "numpy", "pandas", "scipy", "sklearn")
_SENTENCE: Final = re.compile(r"[A-Z][A-Za-z',;\s-]*[a-z]\.")
_ENDS: Final = re.compile(r"(?<=[.!?])\s+")
_FEWEST_WORDS: Final = 5
_MOST_WORDS: Final = 12


def sentences(count: int, *, seed: int) -> list[str]:
    """Return so many different sentences of 5 to 12 words, all of them in the dictionary.

    Drawn at random from all there are; fewer when there are fewer.
    """
    found = sorted(set(_all_sentences()))
    Random(seed).shuffle(found)
    chosen: list[str] = []
    for sentence in found:
        if len(chosen) == count:
            break
        read = analyse(sentence, "en")
        if not read.unknown and _FEWEST_WORDS <= read.words <= _MOST_WORDS:
            chosen.append(sentence)
    return chosen


def _all_sentences() -> Iterator[str]:
    for path in _files():
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _of_docstring(ast.get_docstring(node) or "")


def _files() -> Iterator[Path]:
    library = Path(sysconfig.get_path("stdlib"))
    packages = Path(sysconfig.get_path("purelib"))
    for folder in (library, *(packages / name for name in _PACKAGES)):
        for path in sorted(folder.rglob("*.py")):
            if not {"site-packages", "test", "tests"} & set(path.parts[len(folder.parts) :]):
                yield path


def _of_docstring(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text):
        for sentence in _ENDS.split(" ".join(paragraph.split())):
            if _SENTENCE.fullmatch(sentence):
                yield sentence
