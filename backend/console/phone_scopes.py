"""Pure: which name of a JavaScript module means what: its scopes, and every place of each binding.

Only what our own modules are written in is understood: `let`, `const`, functions, classes, `catch`,
parameters and patterns. `var`, `eval`, `with`, labels and what does not parse are refused, since a
name that is read wrongly would be renamed wrongly. ECMA-262, chapters 8.2 and 14.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

_PARSER: Final = Parser(Language(tree_sitter_javascript.language()))
_REFUSED: Final = frozenset({"variable_declaration", "with_statement", "labeled_statement"})
_FUNCTIONS: Final = frozenset(
    {
        "function_declaration",
        "generator_function_declaration",
        "function_expression",
        "generator_function",
        "arrow_function",
        "method_definition",
    }
)
_DECLARED: Final = frozenset(
    {"function_declaration", "generator_function_declaration", "class_declaration"}
)
_BLOCKS: Final = frozenset(
    {"statement_block", "switch_body", "for_statement", "for_in_statement", "class_static_block"}
)
_PATTERNS: Final = frozenset(
    {
        "identifier",
        "shorthand_property_identifier_pattern",
        "object_pattern",
        "array_pattern",
        "pair_pattern",
        "rest_pattern",
        "assignment_pattern",
        "object_assignment_pattern",
    }
)


class SyntaxRefused(ValueError):
    """A module is written in what is not understood."""


@dataclass(eq=False)
class Binding:
    """What one declaration made."""

    name: str
    # Of a constant that is a plain number or text: what stands there, and where it is declared.
    literal: Node | None = None
    declared_at: int = 0


@dataclass(eq=False)
class Scope:
    """Names that are declared in one place, and what is named there or further in."""

    parent: "Scope | None"
    # A body's `let` may not have the name of a parameter; `catch` likewise.
    head: "Scope | None" = None
    names: dict[str, Binding] = field(default_factory=dict)
    inner: list["Scope"] = field(default_factory=list)
    places: list[Node] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.parent:
            self.parent.inner.append(self)

    def declare(self, place: Node) -> Binding:
        """Return the binding of this name, made once."""
        name = text_of(place)
        self.places.append(place)
        return self.names.setdefault(name, Binding(name))

    def find(self, name: str) -> Binding | None:
        """Return what a name means here; None: a global."""
        scope: Scope | None = self
        while scope:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def walk(self) -> Iterator["Scope"]:
        """Give this scope and all further in."""
        yield self
        for inner in self.inner:
            yield from inner.walk()


def parse(source: str) -> Node:
    """Return the root of a module's syntax tree. Raises SyntaxRefused."""
    root = _PARSER.parse(source.encode()).root_node
    if root.has_error:
        raise SyntaxRefused("does not parse")
    return root


def text_of(node: Node) -> str:
    """Return what stands there."""
    return (node.text or b"").decode()


def find_scopes(root: Node) -> Scope:
    """Return a module's outermost scope, with all others in it. Raises SyntaxRefused.

    Import statements declare nothing here: what they name is another module's.
    """
    scope = Scope(None)
    _walk_all(root, scope)
    return scope


def _walk_all(node: Node, scope: Scope) -> None:
    for child in node.named_children:
        _walk(child, scope)


def _walk(node: Node, scope: Scope) -> None:
    kind = node.type
    if kind in _REFUSED or kind.startswith("jsx"):
        raise SyntaxRefused(f"{kind.replace('_', ' ')}: {text_of(node)[:60]!r}")
    if kind in {"identifier", "shorthand_property_identifier"}:
        if node.text == b"eval":
            raise SyntaxRefused("eval")
        scope.places.append(node)
    elif kind == "import_statement" or (
        kind == "export_statement" and node.child_by_field_name("source")
    ):
        pass
    elif kind == "call_expression" and _field(node, "function").type == "import":
        raise SyntaxRefused(f"import(): {text_of(node)[:60]!r}")
    elif kind in _FUNCTIONS:
        _walk_function(node, scope)
    elif kind in {"class_declaration", "class"}:
        _walk_class(node, scope)
    elif kind == "lexical_declaration":
        for declarator in node.named_children:
            if declarator.type == "variable_declarator":
                _walk_declarator(declarator, scope, fixed=node.children[0].type == "const")
    elif kind == "catch_clause":
        _walk_catch(node, scope)
    elif kind in _BLOCKS:
        _walk_block(node, Scope(scope))
    elif kind in _PATTERNS:
        _walk_pattern(node, scope, declares=False)
    else:
        _walk_all(node, scope)


def _walk_declarator(node: Node, scope: Scope, *, fixed: bool) -> None:
    name, value = _field(node, "name"), node.child_by_field_name("value")
    _walk_pattern(name, scope, declares=True)
    if value is None:
        return
    _walk(value, scope)
    if fixed and name.type == "identifier" and _is_literal(value):
        binding = scope.names[text_of(name)]
        binding.literal, binding.declared_at = value, node.start_byte


def _is_literal(value: Node) -> bool:
    if value.type == "unary_expression" and value.children[0].type == "-":
        return value.children[1].type == "number"
    return value.type in {"number", "string"}


def _walk_function(node: Node, scope: Scope) -> None:
    name = node.child_by_field_name("name")
    if node.type in _DECLARED:
        scope.declare(_field(node, "name"))
    elif node.type == "method_definition" and name:
        _walk(name, scope)
    elif name:
        scope = Scope(scope)
        scope.declare(name)
    head = Scope(scope)
    alone = node.child_by_field_name("parameter")
    for place in [alone] if alone else _field(node, "parameters").named_children:
        if place.type != "comment":
            _walk_pattern(place, head, declares=True)
    body = _field(node, "body")
    if body.type == "statement_block":
        _walk_all(body, Scope(head, head=head))
    else:
        _walk(body, head)


def _walk_class(node: Node, scope: Scope) -> None:
    name = node.child_by_field_name("name")
    if node.type in _DECLARED:
        scope.declare(_field(node, "name"))
    elif name:
        scope = Scope(scope)
        scope.declare(name)
    for child in node.named_children:
        if child != name:
            _walk(child, scope)


def _walk_catch(node: Node, scope: Scope) -> None:
    head = Scope(scope)
    parameter = node.child_by_field_name("parameter")
    if parameter:
        _walk_pattern(parameter, head, declares=True)
    _walk_all(_field(node, "body"), Scope(head, head=head))


def _walk_block(node: Node, scope: Scope) -> None:
    """Walk what stands in a block, or a loop whose head declares."""
    left = node.child_by_field_name("left") if node.type == "for_in_statement" else None
    if left and node.child_by_field_name("kind"):
        _walk_pattern(left, scope, declares=True)
    for child in node.named_children:
        if child != left or not node.child_by_field_name("kind"):
            _walk(child, scope)


def _walk_pattern(node: Node, scope: Scope, *, declares: bool) -> None:
    """Walk what stands left of a `=`, or where a parameter does."""
    kind = node.type
    if kind in {"identifier", "shorthand_property_identifier_pattern"}:
        if declares:
            scope.declare(node)
        else:
            scope.places.append(node)
    elif kind in {"assignment_pattern", "object_assignment_pattern"}:
        _walk_pattern(_field(node, "left"), scope, declares=declares)
        _walk(_field(node, "right"), scope)
    elif kind == "pair_pattern":
        _walk(_field(node, "key"), scope)
        _walk_pattern(_field(node, "value"), scope, declares=declares)
    elif kind in _PATTERNS:
        for child in node.named_children:
            if child.type != "comment":
                _walk_pattern(child, scope, declares=declares)
    elif declares:
        raise SyntaxRefused(f"declares {kind.replace('_', ' ')}")
    else:
        _walk(node, scope)


def _field(node: Node, name: str) -> Node:
    found = node.child_by_field_name(name)
    if found is None:
        raise SyntaxRefused(f"{node.type} without {name}")
    return found
