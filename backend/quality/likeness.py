"""Pure: which earlier clip a clip repeats, from what a search gave; the same rule for the database
(duplicates) and for a set of files (workers.audio.duplicate_set).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Name = TypeVar("Name")

#: Clips that share fewer keys than this are not looked at: at a million clips some thousands share
#: one by chance.
LEAST_SHARED: Final = 2
#: Of those that share keys, so many are compared bit by bit: the ones that share most.
MOST_COMPARED: Final = 32
#: Below this bit error a clip is named as the one that is repeated. New takes of the same words by
#: the same speaker reach 0.426; see docs/duplicates.md.
ALIKE: Final = 0.42


@dataclass(frozen=True)
class Match(Generic[Name]):
    """What was found. `original`: the earliest clip that is repeated, if one is; `exact`: one has
    the same bytes or the same decoded samples; `bit_error`: the lowest among the clips compared,
    None where there were none.
    """

    original: Name | None
    exact: bool
    bit_error: float | None

    def measures(self) -> dict[str, float]:
        """Return the measures by name."""
        measures = {"duplicate_exact": float(self.exact)}
        if self.bit_error is not None:
            measures["duplicate_ber"] = self.bit_error
        return measures

    def facts(self) -> dict[str, str]:
        """Return which clip is repeated; for people with a right to it, not for phones."""
        return {} if self.original is None else {"duplicate_of": str(self.original)}


def choose(errors: Iterable[tuple[Name, float]], *, exact: bool) -> Match[Name]:
    """Return the match. `errors`: the clips compared with their bit errors, earliest first; one
    with the same bytes or samples (then `exact`) has 0.
    """
    compared = list(errors)
    original = next((name for name, error in compared if error < ALIKE), None)
    return Match(original, exact, min((error for _, error in compared), default=None))
