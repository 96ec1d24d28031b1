"""Pure: short names for what a program declares, so that no place comes to mean something else.

A binding gets the shortest name that nothing has which is named in its scope or further in: neither
another binding nor a global. Two scopes that never see each other use the same letters.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count, product
from typing import Final

from backend.console.phone_marks import short_literal
from backend.console.phone_scopes import Binding, Scope

# In the order in which they are found in code, and few after the first: what repeats compresses.
_FIRST: Final = "etnaiorscldupmhfgvywbkxjqzESTCAPRODLIMNFUBVHGXWKYQJZ_$"
_NEXT: Final = _FIRST[:16]
# Stay with small scopes, where like functions then have like letters.
_OF_FEW: Final = frozenset(_FIRST[:8])
# ECMA-262, chapter 12.7.2, those of so few letters; `$` alone and the like are nobody's.
_RESERVED: Final = frozenset(
    {"as", "do", "if", "in", "is", "of", "for", "get", "let", "new", "set"}
)


def choose_names(
    scope: Scope, named: Mapping[Scope, Counter[Binding]], globals_named: Mapping[Scope, set[str]]
) -> dict[Binding, str]:
    """Return a name for every binding of `scope` and of all scopes further in.

    What a constant says plainly is its name: it stands wherever the constant stood. `named` holds
    what each scope's own places name, `globals_named` the names there that stay.
    """
    seen: dict[Scope, tuple[set[Binding], set[str]]] = {}
    uses: Counter[Binding] = Counter()
    for one in reversed(list(scope.walk())):
        bindings, staying = set(named.get(one, ())), set(globals_named.get(one, ()))
        uses.update(named.get(one, ()))
        for inner in one.inner:
            bindings |= seen[inner][0]
            staying |= seen[inner][1]
        seen[one] = bindings, staying
    chosen: dict[Binding, str] = {}
    for one in scope.walk():
        bindings, staying = seen[one]
        taken = staying | _RESERVED | {chosen[other] for other in bindings if other in chosen}
        if one.head:
            taken |= {chosen[other] for other in one.head.names.values()}
        declared = list(one.names.values())
        # As they come, so that like functions have like letters; of many the most used get one.
        if len(declared) > len(_FIRST):
            declared.sort(key=lambda binding: -uses[binding])
            taken |= _OF_FEW
        letters = (name for name in short_names() if name not in taken)
        for binding in declared:
            chosen[binding] = short_literal(binding.literal) if binding.literal else next(letters)
    return chosen


def short_names() -> Iterator[str]:
    """Give every name, the shortest first."""
    yield from _FIRST
    for length in count(1):
        for letters in product(_FIRST, *[_NEXT] * length):
            yield "".join(letters)
