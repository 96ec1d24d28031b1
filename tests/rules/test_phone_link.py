"""Many modules become one file that does what they did; what cannot be linked is refused."""

import subprocess
from pathlib import Path

import pytest

from backend.console.phone_link import LinkError, link_modules

NODE = Path(__file__).resolve().parents[2] / ".venv-dev" / "bin" / "node"


def link(sources: dict[str, str], *entries: str) -> str:
    return link_modules(sources.__getitem__, entries)


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
        "const runs = (globalThis.runs = (globalThis.runs ?? 0) + 1);\n"
        "export const say = (n) => `it is ${n / runs}`;\n"
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


def test_what_one_entry_needs_runs_with_it_and_what_several_need_runs_once(tmp_path: Path) -> None:
    count = "const runs = (globalThis.runs = (globalThis.runs ?? 0) + 1);\n"
    sources = {
        "page.js": 'import { a } from "./of_page.js";\nimport { b } from "./of_both.js";\n'
        "export const both = () => a + b;\n",
        "worker.js": 'import { b } from "./of_both.js";\nexport const one = () => b;\n',
        "of_page.js": f"{count}export const a = runs;\n",
        "of_both.js": f"{count}export const b = runs;\n",
    }
    linked = link(sources, "page.js", "worker.js")
    script = (
        "console.log(globalThis.runs);"
        'console.log(load("worker.js").one());'
        'console.log(globalThis.runs, load("page.js").both());'
    )

    assert run(linked, script, tmp_path).split() == ["1", "1", "1", "3"]


def test_a_module_still_knows_where_it_lies(tmp_path: Path) -> None:
    linked = link(SOURCES, "src/main.js")

    assert run(linked, 'console.log(load("src/main.js").place)', tmp_path).endswith("/src/main.js")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ('import thing from "./other.js";\n', "cannot be linked"),
        ('import "./other.js";\n', "cannot be linked"),
        ("export default 3;\n", "cannot be linked"),
        ("export let count = 0;\n", "cannot be linked"),
        ('const late = await import("./other.js");\n', "cannot be linked"),
        ('import { there as here } from "other";\n', "cannot be linked"),
        ("const a = 1;\nexport { a };\n", "cannot be linked"),
        ("export const { a } = { a: 1 };\n", "cannot be linked"),
        ("export const [a] = [1];\n", "cannot be linked"),
        ("var old = 1;\n", "cannot be linked"),
        ("with (Math) {}\n", "cannot be linked"),
        ("around: for (;;) break around;\n", "cannot be linked"),
        ('eval("1");\n', "cannot be linked"),
        ("const half = (;\n", "cannot be linked"),
        ("const markup = <b>x</b>;\n", "cannot be linked"),
        ('import * as other from "./other.js";\nother.missing();\n', "does not export missing"),
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


def test_what_several_entries_need_may_only_declare() -> None:
    sources = {
        "page.js": 'import { a } from "./both.js";\nexport const one = a;\n',
        "worker.js": 'import { a } from "./both.js";\nexport const two = a;\n',
        "both.js": "export const a = 1;\nconsole.log(a);\n",
    }

    assert "console" in link(sources, "page.js")
    with pytest.raises(LinkError, match="runs for every entry"):
        link(sources, "page.js", "worker.js")


def test_a_module_that_is_handed_on_as_a_whole_has_its_own_names(tmp_path: Path) -> None:
    sources = {
        "main.js": (
            'import * as table from "./table.js";\n'
            "export const seen = () => [Object.keys(table), { ...table }.read(2), table.read(3)];\n"
        ),
        "table.js": (
            'export { other as another } from "./other.js";\n'
            "export const LIMIT = 7;\nexport function read(n) {\n  return LIMIT * n;\n}\n"
        ),
        "other.js": "export const other = [0];\n",
    }
    script = 'console.log(JSON.stringify(load("main.js").seen()))'

    assert run(link(sources, "main.js"), script, tmp_path) == '[["another","LIMIT","read"],14,21]'
