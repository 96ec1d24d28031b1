"""Many modules become one file that does what they did; what cannot be linked is refused."""

import subprocess
from pathlib import Path

import pytest

from backend.console.phone_link import LinkError, link_modules

NODE = Path(__file__).resolve().parents[2] / ".venv-dev" / "bin" / "node"


def link(sources: dict[str, str], *entries: str) -> str:
    return link_modules(sources.__getitem__, entries, first_at="app.mjs", later_at="more.mjs").first


def run(linked: str, script: str, tmp_path: Path) -> str:
    """Return what a script prints that has the linked file's `load`."""
    (tmp_path / "app.mjs").write_text(linked)
    (tmp_path / "script.mjs").write_text(f'import {{ load }} from "./app.mjs";\n{script}')
    command = [str(NODE), str(tmp_path / "script.mjs")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)
    return done.stdout.strip()


SOURCES = {
    "src/main.js": (
        'import { add, zero as none } from "./sums/add.js";\n'
        'import * as words from "./words.js";\n'
        "\n"
        "export function main() {\n  return words.say(add(none, 2));\n}\n"
        "export const place = import.meta.url;\n"
    ),
    "src/sums/add.js": (
        'import { say } from "../words.js";\n'
        "export const zero = 0;\n"
        '/** @type {import("../words.js").Word} */\n'
        "export async function later() {\n  return say(1);\n}\n"
        "export function add(a, b) {\n  return a + b;\n}\n"
    ),
    "src/words.js": (
        'export { Word } from "./word.js";\n'
        "globalThis.runs = (globalThis.runs ?? 0) + 1;\n"
        "export const say = (n) => `it is ${n}`;\n"
    ),
    "src/word.js": "export class Word {\n  length = 4;\n}\n",
    "src/worker.js": (
        'import { later } from "./sums/add.js";\nimport { Word } from "./words.js";\n'
        "export const work = async () => (await later()) + new Word().length;\n"
    ),
}


def test_an_entry_does_what_its_modules_did(tmp_path: Path) -> None:
    linked = link(SOURCES, "src/main.js", "src/worker.js")
    script = (
        'console.log(load("src/main.js").main());console.log(await load("src/worker.js").work());'
    )

    assert run(linked, script, tmp_path).splitlines() == ["it is 2", "it is 14"]


def test_no_module_runs_before_it_is_needed_and_none_twice(tmp_path: Path) -> None:
    linked = link(SOURCES, "src/main.js", "src/worker.js")
    script = (
        "console.log(globalThis.runs ?? 0);"
        'load("src/main.js"); load("src/worker.js"); load("src/main.js");'
        "console.log(globalThis.runs);"
    )

    assert run(linked, script, tmp_path).split() == ["0", "1"]


def test_a_module_still_knows_where_it_lies(tmp_path: Path) -> None:
    linked = link(SOURCES, "src/main.js")

    assert 'at("src/main.js")' in linked
    assert run(linked, 'console.log(load("src/main.js").place)', tmp_path).endswith("/src/main.js")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ('import thing from "./other.js";\n', "cannot be linked"),
        ('import "./other.js";\n', "cannot be linked"),
        ("export default 3;\n", "cannot be linked"),
        ("export let count = 0;\n", "cannot be linked"),
        ('const late = await import("./other.js");\n', "cannot be linked"),
        ('import { missing } from "./other.js";\n', "does not export missing"),
        ('import { back } from "./back.js";\n', "a circle"),
    ],
)
def test_what_cannot_be_linked_is_refused(source: str, complaint: str) -> None:
    sources = {
        "src/main.js": source,
        "src/other.js": "export const there = 1;\n",
        "src/back.js": 'import { x } from "./main.js";\nexport const back = 1;\n',
    }

    with pytest.raises(LinkError, match=complaint):
        link(sources, "src/main.js")


def test_more_exports_than_letters_keep_apart(tmp_path: Path) -> None:
    names = [f"name{n}" for n in range(130)]
    sources = {
        "all.js": "".join(f"export const {name} = {n};\n" for n, name in enumerate(names)),
        "main.js": (
            f'import {{ {", ".join(names)} }} from "./all.js";\n'
            f"export const sum = [{', '.join(names)}].join();\n"
        ),
    }

    printed = run(link(sources, "main.js"), 'console.log(load("main.js").sum)', tmp_path)

    assert printed == ",".join(str(n) for n in range(130))


def test_what_is_asked_for_later_comes_from_the_second_file_and_shares_the_first(
    tmp_path: Path,
) -> None:
    sources = {
        "src/main.js": (
            'import { later } from "./later.js";\nimport { seen } from "./seen.js";\n'
            'export const rare = later(() => import("./rare.js"), "rare");\n'
            "export const count = () => seen.length;\n"
        ),
        "src/later.js": (
            "export const later = (read, name) => async () => (await read())[name]();\n"
        ),
        "src/seen.js": "export const seen = [];\n",
        "src/rare.js": (
            'import { seen } from "./seen.js";\nimport { word } from "./word.js";\n'
            "export const rare = () => seen.push(word);\n"
        ),
        "src/word.js": 'export const word = "rare";\n',
    }
    linked = link_modules(
        sources.__getitem__, ["src/main.js"], first_at="app.mjs", later_at="more.mjs"
    )
    (tmp_path / "more.mjs").write_text(linked.later)
    script = (
        'const main = load("src/main.js");'
        "console.log(main.count()); await main.rare(); console.log(main.count());"
    )

    assert "word =" not in linked.first
    assert run(linked.first, script, tmp_path).split() == ["0", "1"]
