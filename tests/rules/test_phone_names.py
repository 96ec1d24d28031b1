"""A module with short names, and without what only people read, does what it did."""

import re
import subprocess
from pathlib import Path

import pytest

from backend.console.phone_link import shorten

NODE = Path(__file__).resolve().parents[2] / ".venv-dev" / "bin" / "node"


def printed(source: str, tmp_path: Path) -> str:
    script = tmp_path / "script.mjs"
    script.write_text(source)
    done = subprocess.run([NODE, script], capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, f"{source}\n{done.stderr}"
    return done.stdout


# Each prints something that would be another thing if a name, a sign or a brace went wrong.
MODULES = {
    "a property keeps its name where a variable has it too": """
        const name = "Ada", status = 3;
        const row = { name, status, of: { name: status } };
        row.status += row.of.name;
        console.log(JSON.stringify(row), row["name"]);
    """,
    "destructuring with defaults, other names, and the rest": """
        function take({ size, colour = "red", at: { place: [first, , third] = [] }, ...rest }) {
          return [size, colour, first, third, rest];
        }
        console.log(JSON.stringify(take({ size: 1, at: { place: [1, 2, 3] }, more: 4, name: 5 })));
        let left, right;
        ({ left, other: right = 9 } = { left: 2 });
        [left, right] = [right, left];
        console.log(left, right);
    """,
    "closures over a loop's own variable": """
        const makers = [];
        for (let index = 0; index < 3; index++) makers.push(() => index);
        for (const index of [7, 8]) makers.push(() => index);
        for (const index in { key: 1 }) makers.push(() => index);
        console.log(makers.map((make) => make()).join());
    """,
    "shadows in every kind of scope": """
        const value = "outer";
        function seen(value) {
          const before = value;
          { const value = "block"; if (value !== "block") console.log("wrong"); }
          try { throw new Error("thrown"); } catch (value) { console.log(value.message); }
          try { throw 0; } catch { console.log("nothing is bound"); }
          switch (before) { case 1: { const value = "case"; console.log(value, before); } }
          return () => value;
        }
        console.log(seen(1)(), value);
    """,
    "default parameters that see others, and what is outside": """
        const base = 10;
        const sum = (first, second = first + base, third = () => second) => {
          const base = 1;
          return first + second + third() + base;
        };
        console.log(sum(1), sum(1, 2));
    """,
    "functions that are called before they stand, with and without a this of their own": """
        console.log(early(2), sum(1, 2, 3), await late(4), own.call({ size: 5 }), new Made().size);
        const size = 7;
        function early(size) { return inner(size) + size;
          function inner(times) { return { times }.times * 2; } }
        function sum() { return [...arguments].reduce((total, one) => total + one, 0); }
        async function late(size, { more = size } = {}) { return (await size) + more; }
        function own() { return this.size; }
        function Made() { if (new.target) return { size: 6 }; }
        switch (size) { case 7: console.log(within()); function within() { return size; } }
        if (size) { console.log(here()); function here() { return "here"; } }
    """,
    "a class with fields, private ones, accessors, static members and a parent": """
        class Shape { #sides = 4; name = "shape"; static made = 0;
          constructor(sides) { if (sides) this.#sides = sides; Shape.made++; }
          get sides() { return this.#sides; } set sides(sides) { this.#sides = sides; }
          static of(sides) { return new this(sides); } has(name) { return name in this; } }
        class Square extends Shape { constructor() { super(); this.sides = this.sides; }
          async *walk() { for (let side = 0; side < this.sides; side++) yield side; } }
        const square = new Square();
        const walked = [];
        for await (const side of square.walk()) walked.push(side);
        console.log(walked.join(), Shape.of(3).sides, Shape.made, square.has("name"));
        const Named = class Inner { again() { return Inner === Named; } };
        console.log(new Named().again());
    """,
    "template strings, nested and with braces": """
        const name = "Ada", count = 2;
        console.log(`${name} has ${`${count}`.padStart(3, "0")} {not name} \\`${{ name }.name}\\``);
        console.log(((parts, ...values) => parts.raw.join("|") + values)`a${name}\\n${count}b`);
    """,
    "globals stay, and a variable of their name hides them": """
        const here = typeof name + typeof open + typeof status;
        function local(open) { const status = open * 2; return { open, status }; }
        console.log(here, JSON.stringify(local(2)), Object.keys({ status: 1 }).length);
    """,
    "arguments, this, and functions that name themselves": """
        const holder = { held: 5, get() { return [this.held, arguments.length]; },
          async later() { return await this.held; }, ["com" + "puted"](get) { return get; } };
        const twice = function again(n) { return n > 4 ? n : again(n * 2); };
        console.log(holder.get(1, 2).join(), await holder.later(), holder.computed(3), twice(3));
    """,
    "functions that are used above where they stand": """
        console.log(even(4), even(3));
        function even(n) { return n === 0 ? true : odd(n - 1); }
        function odd(n) { return n === 0 ? false : even(n - 1); }
    """,
    "an else belongs to its own if": """
        function which(a, b) {
          if (a) { if (b) { return "both"; } } else { return "none"; }
          if (a) { for (const one of [b]) { if (one) { return "never"; } } } else return "none";
          if (!a) return "not a";
          else if (b) { return "b"; } else { const only = "a"; return only; }
        }
        console.log(which(1, 1), which(1, 0), which(0, 1));
    """,
    "constants stand where they were named": """
        const TEXT = "a'\\"\\n", FEW = 3, LESS = -2, MANY = 1_200_000, SMALL = 0.25;
        const found = { TEXT, FEW, LESS };
        console.log(JSON.stringify(found), MANY / FEW, FEW - LESS, FEW-(-LESS), SMALL * MANY);
        console.log((LESS) ** 2, LESS.toFixed(1), FEW.toFixed(1), TEXT.length, `${LESS}${MANY}`);
        { const FEW = 4; for (const LESS = 1; ;) { console.log(FEW, LESS); break; } }
    """,
    "signs that must not run into one another": """
        let one = 1, two = 2;
        console.log(one + +two, one - -two, one++ + ++two, - -one, 8 / /2/.source, two-- - --one);
        console.log(typeof typeof one, void 0 === undefined, !(one in [0, 1, 2]), [, 1, , ].length);
        console.log(true + true, (true).toString(), [undefined] + "", 1..toFixed(1), .5 + 0.5);
    """,
    "parentheses that matter": """
        const box = { inner: null, make() { return { deep: () => "made" }; } };
        console.log((box.inner?.deep, 1), (box.inner?.deep)?.x, (1 + 2) * 3);
        console.log((() => ({ a: 1 }))().a, 9 - (5 - 2), (9 - 5) - 2, 8 / (4 / 2), (8 * 4) / 2);
        const two = async () => 2, all = async () => [1, 2];
        console.log((await two()) + 1, !(await two()), (await two()) ? 1 : 0, (await two()) ?? 3);
        console.log([...(await all())], (await two()) ** 2, (await all()).length, -(await two()));
        console.log((1 << 2) + 3, 1 << (2 + 3), (6 & 3) === 2, 6 & (3 === 2), (0 || 1) && 2);
        console.log(0 || (1 && 2), (null ?? 1) || 2, (0 && 1) ?? 2, (2 ** 3) ** 2, 0x1f * (2 % 3));
        const give = () => (/** @type {any} */ ({ deep: 2 }).deep);
        const made = new (class { n = 3; })();
        const date = new (box.make().deep.constructor)("return 7");
        console.log(give(), made.n, date(), (await (async () => [4])())[0], -(2 ** 2), (-2) ** 2);
        const cast = /** @type {number[]} */ (/** @type {unknown} */ ([1, 2]));
        console.log((cast).length, !(cast instanceof Array), new Set().size, new Array(2).length);
    """,
    "lines that end without a semicolon": """
        const first = 1
        let second
        second = first
        const third = () => { return second }
        console.log(third())
        class Short { field = 2
          other = this.field }
        do second++
        while (second < 5)
        console.log(new Short().other, second)
    """,
    "generators, labelless loops, and every sign that assigns": """
        function* upTo(most) { for (let at = 0; ; at++) { if (at > most) return; yield at; } }
        let all = 0; for (const at of upTo(3)) { if (at === 1) continue; all += at; }
        while (all > 2) all -= 2; all ||= 9; all &&= all << 2; all ??= 1; all **= 2;
        console.log(all, [...upTo(2)].map((at) => ({ at })).at(-1).at);
    """,
    "more names than letters": "const all = [" + ",".join(f"(n{i}) => n{i} + {i}" for i in range(9))
    + "];\n" + "".join(f"const long{i} = [{i}];\n" for i in range(150))
    + "console.log(" + "+".join(f"long{i}[0]" for i in range(150)) + ", all.length);",
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_a_shortened_module_prints_what_it_did(name: str, tmp_path: Path) -> None:
    source = MODULES[name]
    short = shorten(source)

    assert printed(short, tmp_path) == printed(source, tmp_path)
    assert len(short) < len(source)


def test_a_parameter_and_a_constant_of_its_function_never_share_a_name(tmp_path: Path) -> None:
    source = "const f = (unused) => { const used = [1]; return used; }; console.log(f(0)[0]);"

    assert printed(shorten(source), tmp_path) == "1\n"


def test_comments_go_and_texts_stay() -> None:
    source = '/** Words. */ const text = ["a // b", /[/]* c/, `/* d */`]; // e\nsay(text);'

    assert shorten(source) == 'let e=["a // b",/[/]* c/,`/* d */`];say(e);'


def test_scopes_that_never_meet_use_the_same_letter() -> None:
    short = shorten("say((first) => first, (second) => second, (third) => other(third));")

    assert len(set(re.findall(r"(\w)=>", short))) == 1
