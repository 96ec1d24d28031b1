"""Every problem has a slug of its own, and the document that lists them is up to date."""

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import annotation
import backend
from backend.problems import Problem

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "problems.md"


def all_problems() -> list[type[Problem]]:
    for package in (backend, annotation):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name and ".management" not in module.name:
                importlib.import_module(module.name)

    def below(kind: Any) -> list[type[Problem]]:
        return [kind, *(inner for child in kind.__subclasses__() for inner in below(child))]

    return sorted(set(below(Problem)) - {Problem}, key=lambda kind: (kind.slug, kind.__module__))


def table() -> str:
    rows = {
        (kind.slug, kind.status): (kind.title, (kind.__doc__ or "").splitlines()[0])
        for kind in all_problems()
    }
    lines = [
        f"| `{slug}` | {status} | {title} | {why} |"
        for (slug, status), (title, why) in sorted(rows.items())
    ]
    return "\n".join(["| type | status | title | when |", "|---|---|---|---|", *lines])


def test_every_problem_has_a_slug_of_its_own() -> None:
    slugs = [kind.slug for kind in all_problems()]
    assert [slug for slug in slugs if slugs.count(slug) > 1] == []


def test_every_problem_says_what_it_is() -> None:
    for kind in all_problems():
        assert kind.title.endswith("."), kind
        assert 400 <= kind.status < 600
        assert kind.slug == kind.slug.lower()


def test_the_document_lists_them_all() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert table() in text, f"docs/problems.md should hold:\n{table()}"
