"""Pure: which parentheses of a JavaScript text may go, such as those of type casts."""

import re
from typing import Final

from tree_sitter import Node

from backend.console.phone_scopes import text_of

_ASKING: Final = frozenset({"if_statement", "while_statement", "do_statement", "switch_statement"})
# Binds tighter than anything that could stand around it.
_TIGHT: Final = frozenset(
    {
        "identifier",
        "member_expression",
        "call_expression",
        "subscript_expression",
        "this",
        "string",
        "array",
        "template_string",
    }
)
# Holds any expression but a list of several as it is.
_HOLDS_ANY: Final = frozenset(
    {
        "arguments",
        "arrow_function",
        "array",
        "pair",
        "return_statement",
        "spread_element",
        "template_substitution",
        "throw_statement",
        "variable_declarator",
    }
)
# ECMA-262, chapter 13: what binds tighter has more. Missing: what may not stand beside others.
_RANKS: Final = {
    sign: rank
    for rank, signs in enumerate(
        [
            *("||", "&&", "|", "^", "&"),
            *("== != === !==", "< > <= >= in instanceof", "<< >> >>>", "+ -", "* / %"),
        ]
    )
    for sign in signs.split()
}
OPERANDS: Final = frozenset({"member_expression", "subscript_expression", "call_expression"})
# Something else at the start of a statement or of what an arrow function returns; and the parser
# takes `await (one)` for the call of a function that is called await.
_BEGINS_OTHERWISE: Final = re.compile(r"\{|(?:async|await|class|function|let|yield)\b")


def are_needless(node: Node, inner: Node) -> bool:
    """Whether what stands in these parentheses means the same without them."""
    around = node.parent
    if around is None:
        return False
    asked = around.child_by_field_name("condition") or around.child_by_field_name("value")
    if around.type in _ASKING and asked == node:
        return False
    text = text_of(inner)
    if around.type == "arrow_function" and begins_otherwise(text):
        return False
    if around.type in _HOLDS_ANY and inner.type != "sequence_expression":
        return True
    bound = "?." in text or around.type == "new_expression" or begins_otherwise(text)
    return (inner.type in _TIGHT and not bound) or _ranks_above(inner, node)


def begins_otherwise(text: str) -> bool:
    """Whether a text would be something else where a statement may begin."""
    return bool(_BEGINS_OTHERWISE.match(text))


def binds_tighter(around: Node | None) -> bool:
    """Whether a sign before its operand would have to stand in parentheses."""
    while around and around.type == "parenthesized_expression":
        around = around.parent
    if around is None or around.type in OPERANDS:
        return True
    return around.type == "binary_expression" and "**" in {one.type for one in around.children}


def _ranks_above(inner: Node, node: Node) -> bool:
    """Whether an operand of two in parentheses would be one without them too."""
    around = node.parent
    if around and inner.type == "await_expression":
        return around.type in {"binary_expression", "unary_expression", "ternary_expression"} and (
            not binds_tighter(around)
        )
    if around is None or {around.type, inner.type} != {"binary_expression"}:
        return False
    own, other = (_RANKS.get(one.children[1].type) for one in (inner, around))
    if own is None or other is None:
        return False
    return own > other or (own == other and around.children[0] == node)


def only_child(node: Node) -> Node | None:
    """Return the one thing that stands in it, apart from comments."""
    inside = [child for child in node.named_children if child.type != "comment"]
    return inside[0] if len(inside) == 1 else None
