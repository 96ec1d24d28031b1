"""Pure: put the parts of a JavaScript text together with as few marks as it takes."""

import re
from typing import Final

from tree_sitter import Node

from backend.console.phone_scopes import text_of

# A semicolon that a closing brace makes needless; the one of an empty statement is none.
END: Final = "; "
_CLOSING: Final = frozenset({")", "]", "}"})
_ZEROS: Final = re.compile(r"(?<=[1-9])0{3,}$")
_WORD: Final = re.compile(r"[\w$#\\]|[^\x00-\x7f]")


def join_parts(parts: list[str]) -> str:
    """Return the parts with a blank only where two would run into one."""
    out: list[str] = []
    last = ""
    for part in parts:
        if part in _CLOSING:
            if (last == END and part == "}") or (last == "," and out[-2] not in {"[", ","}):
                out.pop()
        elif last and _touches(last, part):
            out.append(" ")
        out.append(part)
        last = part
    return "".join(";" if part == END else part for part in out)


def _touches(last: str, part: str) -> bool:
    end, start = last[-1], part[0]
    if end == start and end in "+-/":
        return True
    if start == ".":
        return last[0].isdigit()
    return bool(_WORD.match(end) and _WORD.match(start))


def short_literal(node: Node) -> str:
    """Return a number in as few letters as it takes, a text as it is."""
    text = text_of(node)
    if node.type == "string":
        return text
    digits = text.replace("_", "")
    if digits.startswith("0x"):
        digits = str(int(digits, 16))
    if digits.lstrip("-").isdigit():
        return _ZEROS.sub(lambda zeros: f"e{len(zeros[0])}", digits)
    return digits[1:] if digits.startswith("0.") else digits
