"""A claim: a ratio or count from this one run, the aim it should reach, and whether it does."""

import json
import statistics
from collections.abc import Sequence


def median_ratio(ours: Sequence[float], bare: Sequence[float]) -> float:
    """Return the median of ours[i] / bare[i]; the rounds ran in turn, so each pair saw the same
    machine.
    """
    return statistics.median(a / b for a, b in zip(ours, bare, strict=True))


def claim_line(
    *, name: str, value: float, unit: str, aim: float, detail: str, at_most: bool = False
) -> str:
    """Return the claim as one line of JSON; `aim` is the least value that holds it, or the greatest
    where it may be `at_most` that.
    """
    return json.dumps(
        {
            "name": name,
            "value": round(value, 3),
            "unit": unit,
            "aim": aim,
            "holds": value <= aim if at_most else value >= aim,
            "detail": detail,
        }
    )
