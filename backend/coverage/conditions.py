"""Pure: in which surroundings and on which kind of phone a speaker records next.

The platform chooses, not the speaker: left to people nearly everything is recorded at home on
their own phone. Of what the speaker can do the combination with the smallest count is taken.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

Condition = TypeVar("Condition")


def smallest_first(
    counts: Mapping[Condition, float],
    can: Collection[Condition],
    *,
    wanted: Mapping[Condition, float] | None = None,
    draw: Callable[[Sequence[Condition]], Condition],
) -> Condition:
    """Return the condition to record in, of those that the speaker can do.

    `counts`: how much there is of each, as an effective fill. `wanted`: the targets, where they
    are not all the same; then the smallest part of its target comes first. `draw` decides ties.
    Raises ValueError when the speaker can do none.
    """
    if not can:
        raise ValueError("there is no condition that the speaker can do")

    def fill(condition: Condition) -> float:
        count = counts.get(condition, 0.0)
        return count / wanted[condition] if wanted is not None else count

    least = min(fill(condition) for condition in can)
    return draw([condition for condition in can if fill(condition) == least])
