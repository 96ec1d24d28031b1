"""Pure: put the phone client's modules into one file, in the order in which they need each other.

A phone on a bad network asks once instead of a hundred times, gets all of a version or nothing of
it, and one text compresses to little more than half of many small ones. docs/decisions/0005.

Only what our own modules do is understood: named and namespace imports at the top, exports at a
declaration, `export {…} from`, and `later(() => import("…"), …)` for what is needed seldom: that
goes into a second file. Anything else is refused, so that nothing is linked by half.
"""

import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from typing import Final

_IMPORT: Final = re.compile(
    r'^import\s+(?:\{(?P<names>[^}]*)\}|\*\s+as\s+(?P<all>\w+))\s+from\s+"(?P<from>\.[^"]+)";\n?',
    re.M,
)
_EXPORT: Final = re.compile(
    r"^export\s+(?=(?:async\s+)?(?:function\b\*?|class\b|const\b)\s*(?P<name>\w+))", re.M
)
_PASSED_ON: Final = re.compile(
    r'^export\s+\{(?P<names>[^}]*)\}\s+from\s+"(?P<from>\.[^"]+)";\n?', re.M
)
_UNKNOWN: Final = re.compile(r"^(?:import|export)\b.*", re.M)
_ASKED_LATER: Final = re.compile(r'\blater\(\(\) => import\("(?P<from>\.[^"]+)"\)')
# Types stand in comments, as `import("./x.js").Type`; in the code it would load a second copy.
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.S)
_LATER: Final = re.compile(r"\bimport\(.*")
_TOOLS: Final = (
    "const at = (path) => new URL(path, import.meta.url).href;\n"
    "const once = (make) => { let made; return () => (made ??= make()); };\n"
)


class LinkError(ValueError):
    """A module holds what the linker does not understand, or needs what is not there."""


@dataclass
class _Module:
    path: str
    text: str
    needs: list[str] = field(default_factory=list)
    needs_later: list[str] = field(default_factory=list)
    exports: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Linked:
    """Two files. `first` exports `load(path)`, which runs an entry and returns what it exports;
    `later`, at the address `first` was told, exports the same for what is asked for later."""

    first: str
    later: str


def link_modules(
    read: Callable[[str], str], entries: Sequence[str], *, first_at: str, later_at: str
) -> Linked:
    """Return the files that hold `entries` and all they need.

    No module runs before somebody needs it, so that page, worker and service worker share a file.
    `read` gives a module's source by its path, as in the folder, e.g. `src/main.js`; `first_at` and
    `later_at` are the names under which the two files will lie. Raises LinkError.
    """
    modules: dict[str, _Module] = {}
    first: list[str] = []
    for entry in entries:
        _visit(entry, (), read, modules, first)
    doors = [path for name in first for path in modules[name].needs_later]
    later: list[str] = []
    for door in doors:
        _visit(door, (), read, modules, later)
    names = _Names(modules, [*first, *later], [*entries, *doors], later_at)
    shared = ", ".join(sorted({names.module(path) for path in first}))
    return Linked(
        first=_TOOLS
        + "".join(_write(modules[path], names) for path in first)
        + _doors(entries, names)
        + f"export {{ at, once, {shared} }};\n",
        later=f'import {{ at, once, {shared} }} from "./{first_at}";\n'
        + "".join(_write(modules[path], names) for path in later)
        + _doors(doors, names),
    )


def _doors(paths: Sequence[str], names: "_Names") -> str:
    doors = ", ".join(f'"{path}": {names.module(path)}' for path in paths)
    return f"const doors = {{ {doors} }};\nexport const load = (path) => doors[path]();\n"


def _visit(
    path: str,
    way: tuple[str, ...],
    read: Callable[[str], str],
    modules: dict[str, _Module],
    order: list[str],
) -> None:
    if path in way:
        raise LinkError(f"{' needs '.join((*way[way.index(path) :], path))}: a circle")
    if path in modules:
        return
    module = _Module(path, read(path))
    _look(module)
    for needed in module.needs:
        _visit(needed, (*way, path), read, modules, order)
    modules[path] = module
    order.append(path)


def _look(module: _Module) -> None:
    text = module.text
    for found in (*_IMPORT.finditer(text), *_PASSED_ON.finditer(text)):
        module.needs.append(_resolve(module.path, found["from"]))
    for found in _ASKED_LATER.finditer(text):
        module.needs_later.append(_resolve(module.path, found["from"]))
    module.exports |= {found["name"] for found in _EXPORT.finditer(text)}
    for found in _PASSED_ON.finditer(text):
        module.exports |= {theirs for theirs, _ in _pairs(found["names"])}
    rest = _IMPORT.sub("", _PASSED_ON.sub("", _EXPORT.sub("", _ASKED_LATER.sub("", text))))
    strange = _UNKNOWN.search(rest) or _LATER.search(_COMMENT.sub("", rest))
    if strange:
        raise LinkError(f"{module.path}: {strange[0].strip()!r} cannot be linked")


def _resolve(path: str, target: str) -> str:
    return normpath(join(dirname(path), target))


def _pairs(names: str) -> list[tuple[str, str]]:
    """Return (name there, name here) of what stands between the braces."""
    pairs = []
    for item in filter(None, (part.strip() for part in names.split(","))):
        theirs, _, ours = item.partition(" as ")
        pairs.append((theirs.strip(), (ours or theirs).strip()))
    return pairs


class _Names:
    """Short names of modules, and of their exports where nobody takes the whole module."""

    def __init__(
        self,
        modules: dict[str, _Module],
        order: list[str],
        entries: Sequence[str],
        later_at: str,
    ) -> None:
        self.later_at = later_at
        self._modules = {path: f"m{number}" for number, path in enumerate(order)}
        self._exports = {path: sorted(module.exports) for path, module in modules.items()}
        self._whole = {
            _resolve(module.path, found["from"])
            for module in modules.values()
            for found in _IMPORT.finditer(module.text)
            if found["all"]
        } | set(entries)

    def module(self, path: str) -> str:
        return self._modules[path]

    def export(self, path: str, name: str, asked_by: str) -> str:
        if name not in self._exports[path]:
            raise LinkError(f"{asked_by}: {path} does not export {name}")
        return name if path in self._whole else _short(self._exports[path].index(name))


def _short(number: int) -> str:
    letters = string.ascii_letters
    upper, lower = divmod(number, len(letters))
    return (_short(upper - 1) if upper else "") + letters[lower]


def _write(module: _Module, names: _Names) -> str:
    given: list[str] = []

    def take(found: re.Match[str]) -> str:
        path = _resolve(module.path, found["from"])
        if found["all"]:
            return f"const {found['all']} = {names.module(path)}();\n"
        pairs = (
            f"{names.export(path, theirs, module.path)}: {ours}"
            for theirs, ours in _pairs(found["names"])
        )
        return f"const {{ {', '.join(pairs)} }} = {names.module(path)}();\n"

    def pass_on(found: re.Match[str]) -> str:
        path = _resolve(module.path, found["from"])
        for theirs, ours in _pairs(found["names"]):
            there = f"{names.module(path)}().{names.export(path, theirs, module.path)}"
            given.append(f"{names.export(module.path, ours, module.path)}: {there}")
        return ""

    def declare(found: re.Match[str]) -> str:
        name = found["name"]
        given.append(f"{names.export(module.path, name, module.path)}: {name}")
        return ""

    text = _EXPORT.sub(declare, _PASSED_ON.sub(pass_on, _IMPORT.sub(take, module.text)))
    text = text.replace("import.meta.url", f'at("{module.path}")')
    text = _ASKED_LATER.sub(
        lambda found: (
            f'later(() => import(at("{names.later_at}"))'
            f'.then(({{ load }}) => load("{_resolve(module.path, found["from"])}"))'
        ),
        text,
    )
    name = names.module(module.path)
    return f"const {name} = once(() => {{\n{text}\nreturn {{ {', '.join(given)} }};\n}});\n"
