"""Pure: write a syntax tree in as few letters as it takes, with other names where some were chosen.

Comments and the parentheses of type casts go, semicolons come where a line's end stood for one. The
rest are shorter ways to say the same, each safe by itself.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from typing import Final

from tree_sitter import Node

from backend.console.phone_marks import END, join_parts, short_literal
from backend.console.phone_parentheses import (
    OPERANDS,
    are_needless,
    begins_otherwise,
    binds_tighter,
    only_child,
)
from backend.console.phone_scopes import text_of

_ENDED: Final = frozenset(
    {
        "expression_statement",
        "return_statement",
        "throw_statement",
        "break_statement",
        "continue_statement",
        "do_statement",
    }
)
# May stand without braces whatever follows: no `else` could be taken for its own.
_SIMPLE: Final = _ENDED - {"do_statement"}
_LOOPS: Final = frozenset({"for_statement", "for_in_statement", "while_statement"})
_NAMES: Final = frozenset(
    {"identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"}
)
_FILE_BESIDE: Final = re.compile(r'new URL\("([^"\\]+)", import\.meta\.url\)')
# Where functions are written before all else.
_HOISTED_TO: Final = frozenset({"program", "export_statement", "statement_block"})
_OF_A_FUNCTION: Final = frozenset({b"this", b"arguments", b"new.target"})
_SHORT_WORDS: Final = {"true": ["!", "0"], "false": ["!", "1"], "undefined": ["void", "0"]}


@dataclass
class Wanted:
    """What is written otherwise, by the byte of the source where it begins.

    `names`: an identifier; `members`: the whole of `object.property`; `dropped`: one declaration of
    a `const`, named nowhere. `address` is what `import.meta.url` shall be, beside the file's own;
    `moved` says where files are found that are not in their place.
    """

    address: str
    names: dict[int, str] = field(default_factory=dict)
    members: dict[int, str] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)
    moved: Mapping[str, str] = field(default_factory=dict)


def write_tree(root: Node, wanted: Wanted) -> list[list[str]]:
    """Return the parts of each statement of a module; without its imports."""
    return _Writer(wanted).statements(root.children)


def join_statements(statements: list[list[str]]) -> list[str]:
    """Return their parts, for `join_parts`; declarations that follow one another become one."""
    parts: list[str] = []
    declared = False
    for written in statements:
        declares = written[0] == "let"
        if declares and declared:
            parts[-1:] = [",", *written[1:]]
        else:
            parts += written
        declared = declares
    return parts


class _Writer:
    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._by_kind: dict[str, Callable[[Node], list[str]]] = {
            "comment": lambda _: [],
            "import_statement": lambda _: [],
            "string": lambda node: [text_of(node)],
            "regex": lambda node: [text_of(node)],
            "number": self._number,
            "template_string": self._template,
            "statement_block": self._braces,
            "class_body": self._class,
            "lexical_declaration": self._declaration,
            "export_statement": self._export,
            "parenthesized_expression": self._parentheses,
            "member_expression": self._member,
            "arrow_function": self._arrow,
            "function_declaration": self._function,
            "if_statement": self._if,
            "else_clause": self._else,
            "new_expression": self._new,
            **dict.fromkeys(_LOOPS, self._loop),
            **dict.fromkeys(_ENDED, self._ended),
            **dict.fromkeys(_NAMES, self._name),
            **dict.fromkeys(_SHORT_WORDS, self._word),
        }

    def write(self, node: Node) -> list[str]:
        by_kind = self._by_kind.get(node.type)
        if by_kind:
            return by_kind(node)
        return self._children(node) if node.children else [text_of(node)]

    def statements(self, nodes: list[Node]) -> list[list[str]]:
        """Write statements, functions first: who calls one must not find it missing."""
        written = [self.write(node) for node in sorted(nodes, key=_not_hoisted)]
        return [parts for parts in written if parts]

    def _children(self, node: Node) -> list[str]:
        return [part for child in node.children for part in self.write(child)]

    def _braces(self, node: Node) -> list[str]:
        return ["{", *join_statements(self.statements(node.children[1:-1])), "}"]

    def _class(self, node: Node) -> list[str]:
        parts = ["{"]
        for child in node.named_children:
            parts += self.write(child)
            if child.type == "field_definition":
                parts.append(END)
        return [*parts, "}"]

    def _name(self, node: Node) -> list[str]:
        name = text_of(node)
        short = self._wanted.names.get(node.start_byte, name)
        if short.startswith("-") and binds_tighter(node.parent):
            short = f"({short})"
        return [short] if node.type == "identifier" or short == name else [name, ":", short]

    def _number(self, node: Node) -> list[str]:
        return [short_literal(node)]

    def _word(self, node: Node) -> list[str]:
        return [text_of(node)] if binds_tighter(node.parent) else _SHORT_WORDS[node.type]

    def _template(self, node: Node) -> list[str]:
        """Write it as one part: what stands between its marks stays as it is."""
        text, at, source = "", node.start_byte, node.text or b""
        for child in node.named_children:
            if child.type == "template_substitution":
                text += source[at - node.start_byte : child.start_byte - node.start_byte].decode()
                text += join_parts(self._children(child))
                at = child.end_byte
        return [text + source[at - node.start_byte :].decode()]

    def _declaration(self, node: Node) -> list[str]:
        parts: list[str] = []
        for child in node.named_children:
            if child.type != "comment" and child.start_byte not in self._wanted.dropped:
                parts += [",", *self.write(child)]
        return ["let", *parts[1:], END] if parts else []

    def _export(self, node: Node) -> list[str]:
        declaration = node.child_by_field_name("declaration")
        return self.write(declaration) if declaration else []

    def _ended(self, node: Node) -> list[str]:
        parts = self._children(node)
        if parts[0] == "void" and not begins_otherwise(parts[1]):
            parts.pop(0)
        if parts[-1] == ";":
            parts.pop()
        return [*parts, END]

    def _member(self, node: Node) -> list[str]:
        whole = self._wanted.members.get(node.start_byte)
        first = node.children[0].type
        if whole and first == "identifier":
            return [whole]
        if first == "meta_property":
            return [f'new URL("{self._wanted.address}",import.meta.url).href']
        return self._children(node)

    def _parentheses(self, node: Node) -> list[str]:
        inner = only_child(node)
        if inner and (inner.type == "parenthesized_expression" or are_needless(node, inner)):
            return self.write(inner)
        return self._children(node)

    def _arrow(self, node: Node) -> list[str]:
        parts: list[str] = []
        for child in node.children:
            if child.type == "formal_parameters":
                parts += self._parameters(child)
            elif child.type == "statement_block":
                parts += self._body(child)
            else:
                parts += self.write(child)
        return parts

    def _function(self, node: Node) -> list[str]:
        """Declare an arrow function, which joins the declarations around it.

        They come first where a function would be hoisted. One with a `this` of its own stays.
        """
        around = node.parent.type if node.parent else ""
        if around not in _HOISTED_TO or _has_this(node):
            return self._children(node)
        parts: list[str] = []
        for child in node.children:
            if child == node.child_by_field_name("name"):
                name = self.write(child)
            elif child == node.child_by_field_name("body"):
                parts += ["=>", *self._body(child)]
            elif child.type == "formal_parameters":
                parts += self._parameters(child)
            elif child.type == "async":
                parts.append("async")
        return ["let", *name, "=", *parts, END]

    def _parameters(self, node: Node) -> list[str]:
        alone = only_child(node)
        return self.write(alone if alone and alone.type == "identifier" else node)

    def _body(self, block: Node) -> list[str]:
        """An arrow function that only returns something says just that."""
        only = only_child(block)
        value = only_child(only) if only and only.type == "return_statement" else None
        if value is None or value.type == "sequence_expression":
            return self.write(block)
        written = self.write(value)
        return ["(", *written, ")"] if written[0] == "{" else written

    def _if(self, node: Node) -> list[str]:
        parts: list[str] = []
        alone = node.child_by_field_name("alternative") is None
        for child in node.children:
            if child == node.child_by_field_name("consequence"):
                parts += self._without_braces(child, any_kind=alone)
            else:
                parts += self.write(child)
        return parts

    def _else(self, node: Node) -> list[str]:
        return ["else", *self._without_braces(node.named_children[-1], any_kind=True)]

    def _loop(self, node: Node) -> list[str]:
        body = node.child_by_field_name("body")
        parts: list[str] = []
        for child in node.children:
            if child == body:
                parts += self._without_braces(child, any_kind=True)
            elif child.type == "lexical_declaration":
                parts += [*self._declaration(child)[:-1], ";"]
            elif child.type == "expression_statement":
                parts += [*self._ended(child)[:-1], ";"]
            else:
                parts.append("let") if child.type == "const" else parts.extend(self.write(child))
        return parts

    def _without_braces(self, node: Node, *, any_kind: bool) -> list[str]:
        only = only_child(node) if node.type == "statement_block" else None
        if only and (only.type in _SIMPLE or (any_kind and only.type in {"if_statement", *_LOOPS})):
            return self.write(only)
        return self.write(node)

    def _new(self, node: Node) -> list[str]:
        beside = _FILE_BESIDE.fullmatch(text_of(node))
        if beside and self._wanted.address:
            path = normpath(join(dirname(self._wanted.address), beside[1]))
            return [f'new URL("{self._wanted.moved.get(path, path)}",import.meta.url)']
        parts = self._children(node)
        free = node.parent is None or node.parent.type not in OPERANDS
        return parts[:-2] if free and parts[-2:] == ["(", ")"] else parts


def _not_hoisted(node: Node) -> bool:
    declared = node.child_by_field_name("declaration") or node
    return declared.type not in {"function_declaration", "generator_function_declaration"}


def _has_this(node: Node) -> bool:
    """Whether a function may mean something of its own that an arrow function has not."""
    return node.text in _OF_A_FUNCTION or any(_has_this(child) for child in node.children)
