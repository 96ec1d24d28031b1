"""Pure: put the phone client's modules into one file, in the order in which they need each other.

A phone on a bad network asks once instead of a hundred times, gets all of a version or nothing of
it, and one text compresses to little more than half of many small ones. docs/decisions/0005.

All modules share one scope, so an import costs nothing: it is another name of the same binding.
What one entry alone needs stands in a function that runs when that entry is loaded; what several
need runs at once, so it may only declare. Only what our own modules do is understood: named and
namespace imports, exports at a declaration, `export {…} from`. Anything else is refused, so that
nothing is linked by half.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from typing import Final

from tree_sitter import Node

from backend.console.phone_marks import END, join_parts
from backend.console.phone_names import choose_names
from backend.console.phone_print import Wanted, join_statements, write_tree
from backend.console.phone_scopes import (
    Binding,
    Scope,
    SyntaxRefused,
    find_scopes,
    parse,
    text_of,
)

_ONLY_DECLARES: Final = frozenset(
    {
        "comment",
        "import_statement",
        "export_statement",
        "lexical_declaration",
        "function_declaration",
        "generator_function_declaration",
        "class_declaration",
    }
)


class LinkError(ValueError):
    """A module holds what the linker does not understand, or needs what is not there."""


@dataclass(eq=False)
class _Module:
    path: str
    root: Node
    scope: Scope
    wanted: Wanted
    # What a name here is called there; no name: the whole module.
    imports: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    exports: dict[str, Binding | tuple[str, str]] = field(default_factory=dict)
    needs: list[str] = field(default_factory=list)
    entries: set[str] = field(default_factory=set)
    # Stands for the whole module where somebody hands it on.
    whole: Binding | None = None


def link_modules(
    read: Callable[[str], str], entries: Sequence[str], moved: Mapping[str, str] | None = None
) -> str:
    """Return one module that holds `entries` and all they need.

    It exports `load(path)`, which runs an entry and returns what it exports; to be called once.
    `read` gives a module's source by its path, as in the folder, e.g. `src/main.js`. `moved` says
    where a file is found that is not in its place. Raises LinkError.
    """
    modules: dict[str, _Module] = {}
    for entry in entries:
        _visit(entry, entry, (), read, modules)
    for module in modules.values():
        module.wanted.moved = moved or {}
    return _Program(_in_order(modules), entries).write()


def shorten(source: str) -> str:
    """Return a module that stands alone, in as few letters as it takes. Raises LinkError."""
    modules: dict[str, _Module] = {}
    _visit("", "", (), lambda _: source, modules)
    return _Program(modules, [""]).write_alone()


def _visit(
    path: str,
    entry: str,
    way: tuple[str, ...],
    read: Callable[[str], str],
    modules: dict[str, _Module],
) -> None:
    if path in way:
        raise LinkError(f"{' needs '.join((*way[way.index(path) :], path))}: a circle")
    module = modules.get(path) or _read(path, read(path))
    if entry in module.entries:
        return
    module.entries.add(entry)
    for needed in module.needs:
        _visit(needed, entry, (*way, path), read, modules)
    modules.setdefault(path, module)


def _in_order(modules: dict[str, _Module]) -> dict[str, _Module]:
    """Return the modules by path, as far as each finds what it needs before itself.

    Neighbours are alike, which compresses better: what the same entries need stands together, and
    of it the alphabet's end first, as was measured.
    """
    ordered: dict[str, _Module] = {}
    while len(ordered) < len(modules):
        ready = [
            path
            for path, module in modules.items()
            if path not in ordered and all(needed in ordered for needed in module.needs)
        ]
        entry = min(min(modules[path].entries) for path in ready)
        path = max(path for path in ready if entry in modules[path].entries)
        ordered[path] = modules[path]
    return ordered


def _read(path: str, source: str) -> _Module:
    try:
        root = parse(source)
        module = _Module(path, root, find_scopes(root), Wanted(address=path))
    except SyntaxRefused as refused:
        raise LinkError(f"{path}: {refused} cannot be linked") from refused
    for node in root.named_children:
        if node.type == "import_statement":
            _read_import(module, node)
        elif node.type == "export_statement":
            _read_export(module, node)
    return module


def _read_import(module: _Module, node: Node) -> None:
    path = _source(module, node)
    module.needs.append(path)
    clause = node.named_children[0]
    inside = clause.named_children[0] if clause.type == "import_clause" else clause
    if inside.type == "namespace_import":
        module.imports[text_of(inside.named_children[0])] = (path, None)
    elif inside.type == "named_imports":
        for there, here in _pairs(inside):
            module.imports[here] = (path, there)
    else:
        raise _strange(module, node)


def _read_export(module: _Module, node: Node) -> None:
    declaration = node.child_by_field_name("declaration")
    clause = node.named_children[0]
    if node.child_by_field_name("source") and clause.type == "export_clause":
        path = _source(module, node)
        module.needs.append(path)
        for there, here in _pairs(clause):
            module.exports[here] = (path, there)
        return
    if declaration is None or node.child_by_field_name("value"):
        raise _strange(module, node)
    if declaration.type == "lexical_declaration":
        # A `let` may change, and whoever was handed the module as a whole would not see it.
        if declaration.children[0].type != "const":
            raise _strange(module, node)
        names = [child.child_by_field_name("name") for child in declaration.named_children]
    else:
        names = [declaration.child_by_field_name("name")]
    for name in names:
        if name is None or name.type != "identifier":
            raise _strange(module, node)
        module.exports[text_of(name)] = module.scope.names[text_of(name)]


def _strange(module: _Module, node: Node) -> LinkError:
    return LinkError(f"{module.path}: {text_of(node)[:80]!r} cannot be linked")


def _source(module: _Module, node: Node) -> str:
    source = node.child_by_field_name("source")
    path = text_of(source)[1:-1] if source else ""
    if not path.startswith("."):
        raise _strange(module, node)
    return normpath(join(dirname(module.path), path))


def _pairs(clause: Node) -> Iterator[tuple[str, str]]:
    """Give (name there, name here) of what stands between the braces."""
    for item in clause.named_children:
        names = [text_of(name) for name in item.named_children]
        if names:
            yield names[0], names[-1]


class _Program:
    """All modules in their scopes: one for what several entries need, one for each entry."""

    def __init__(self, modules: dict[str, _Module], entries: Sequence[str]) -> None:
        self._modules = modules
        self._entries = entries
        self._top = Scope(None)
        self._of_entry = {entry: Scope(self._top) for entry in entries}
        self._named: dict[Scope, Counter[Binding]] = {}
        self._globals: dict[Scope, set[str]] = {self._top: {"load", "path"}}
        self._meant: list[tuple[_Module, Node, Binding]] = []
        for module in modules.values():
            self._place(module)
        for module in modules.values():
            self._resolve(module)

    def _home(self, module: _Module) -> Scope:
        """Return the scope in which a module stands."""
        if len(module.entries) == 1:
            return self._of_entry[next(iter(module.entries))]
        return self._top

    def _place(self, module: _Module) -> None:
        home = self._home(module)
        if home is self._top:
            for node in module.root.named_children:
                if node.type not in _ONLY_DECLARES:
                    raise LinkError(f"{module.path}: {text_of(node)[:60]!r} runs for every entry")
        home.inner += module.scope.inner
        for name, binding in module.scope.names.items():
            home.names[f"{module.path} {name}"] = binding
        for scope in module.scope.walk():
            literal = [one for one in scope.names.values() if one.literal]
            module.wanted.dropped |= {one.declared_at for one in literal}

    def _resolve(self, module: _Module) -> None:
        for path, wanted in module.imports.values():
            if wanted:
                self._export(path, wanted, module.path)
        for scope in module.scope.walk():
            place = self._home(module) if scope is module.scope else scope
            named = self._named.setdefault(place, Counter())
            staying = self._globals.setdefault(place, set())
            for node in scope.places:
                name = text_of(node)
                binding = scope.find(name)
                if binding is None and name in module.imports:
                    binding = self._imported(module, node, named)
                elif binding is None:
                    staying.add(name)
                if binding:
                    named[binding] += 1
                    self._meant.append((module, node, binding))

    def _imported(self, module: _Module, node: Node, named: Counter[Binding]) -> Binding | None:
        """Return what an imported name means; of `whole.part` the part, which is written for it."""
        path, name = module.imports[text_of(node)]
        if name:
            return self._export(path, name, module.path)
        around = node.parent
        if around and around.type == "member_expression" and around.children[0] == node:
            part = self._export(path, text_of(around.children[-1]), module.path)
            named[part] += 1
            self._meant.append((module, around, part))
            return None
        there = self._modules[path]
        if there.whole is None:
            there.whole = Binding(f"all of {path}")
            home = self._home(there)
            home.names[f"{path} *"] = there.whole
            self._named.setdefault(home, Counter()).update(self._exports(there).values())
        return there.whole

    def _export(self, path: str, name: str, asked_by: str) -> Binding:
        found = self._modules[path].exports.get(name)
        if found is None:
            raise LinkError(f"{asked_by}: {path} does not export {name}")
        return found if isinstance(found, Binding) else self._export(*found, path)

    def _exports(self, module: _Module) -> dict[str, Binding]:
        return {name: self._export(module.path, name, module.path) for name in module.exports}

    def write(self) -> str:
        """Return the text of all modules, with the door to each entry."""
        chosen = self._choose()
        parts = self._write_scope(self._top, chosen)
        parts += ["export", "let", "load", "=", "path", "=>", "(", "{"]
        for entry in self._entries:
            inside = self._write_scope(self._of_entry[entry], chosen)
            given = self._write_exports(self._modules[entry], chosen)
            ended = ["return", *given] if self._modules[entry].exports else []
            parts += [f'"{entry}"', ":", "(", ")", "=>", "{", *inside, *ended, "}", ","]
        return join_parts([*parts, "}", ")", "[", "path", "]", "(", ")", ";"])

    def write_alone(self) -> str:
        """Return the text of the only module, which runs at once."""
        chosen = self._choose()
        return join_parts(self._write_scope(self._of_entry[self._entries[0]], chosen))

    def _choose(self) -> dict[Binding, str]:
        """Choose the names, and have the modules written with them."""
        for entry in self._entries:
            given = self._exports(self._modules[entry]).values()
            self._named.setdefault(self._of_entry[entry], Counter()).update(given)
        chosen = choose_names(self._top, self._named, self._globals)
        for module, node, binding in self._meant:
            wanted = module.wanted
            texts = wanted.members if node.type == "member_expression" else wanted.names
            texts[node.start_byte] = chosen[binding]
        return chosen

    def _write_scope(self, scope: Scope, chosen: dict[Binding, str]) -> list[str]:
        statements: list[list[str]] = []
        for module in self._modules.values():
            if self._home(module) is scope:
                statements += write_tree(module.root, module.wanted)
                if module.whole:
                    given = self._write_exports(module, chosen)
                    statements.append(["let", chosen[module.whole], "=", *given, END])
        return join_statements(statements)

    def _write_exports(self, module: _Module, chosen: dict[Binding, str]) -> list[str]:
        parts = ["{"]
        for name, binding in self._exports(module).items():
            parts += [name, ":", chosen[binding], ","]
        return [*parts, "}"]
