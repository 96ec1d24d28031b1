"""Pure: what a profile does, or would do, to clips: counted by move, by reason and by outcome."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Counts of clips.

    `seen`: looked at, of any kind. `examined`: judged by the profile. `kept`: a person decided,
    or annotators did, and no machine writes over them. `unmeasured`: no check says anything of
    them yet. `waiting`: would get out of `review` or `rejected`, but models hear them first.
    `moves`: by (state now, state by the profile), where they differ. `before` and `after`: examined
    clips by the code of a reason that is no hint. `later`: clips beyond these states, by (state,
    outcome by the profile); they are counted and stay.
    """

    seen: int = 0
    examined: int = 0
    kept: int = 0
    unmeasured: int = 0
    waiting: int = 0
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    later: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def changed(self) -> int:
        """Return how many clips stand, or would stand, elsewhere."""
        return self.moves.total()

    def count(
        self,
        *,
        state: str,
        to: str,
        waits: bool,
        before: Iterable[Mapping[str, Any]],
        after: Iterable[Mapping[str, Any]],
    ) -> None:
        """Count one examined clip with its reasons of before and those by the profile."""
        self.examined += 1
        self.waiting += waits
        if to != state:
            self.moves[state, to] += 1
        self.before.update(codes_of(before))
        self.after.update(codes_of(after))

    def as_dict(self, *, times: float = 1.0) -> dict[str, Any]:
        """Return the counts as JSON values; `times` scales those of a sample."""

        def estimate(n: int) -> int:
            return round(n * times)

        return {
            "seen": estimate(self.seen),
            "examined": estimate(self.examined),
            "kept": estimate(self.kept),
            "unmeasured": estimate(self.unmeasured),
            "waiting": estimate(self.waiting),
            "changed": estimate(self.changed),
            "moves": [
                {"from": state, "to": to, "clips": estimate(n)}
                for (state, to), n in sorted(self.moves.items())
            ],
            "codes": [
                {"code": code, "before": estimate(was), "after": estimate(now)}
                for code in sorted(self.before | self.after)
                for was, now in [(self.before[code], self.after[code])]
            ],
            "later": [
                {"state": state, "outcome": outcome, "clips": estimate(n)}
                for (state, outcome), n in sorted(self.later.items())
            ],
        }


def codes_of(reasons: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the codes that made an outcome: hints change none."""
    return {reason["code"] for reason in reasons if reason.get("severity") != "hint"}


def tally_from(document: Mapping[str, Any]) -> Tally:
    """Read back what `as_dict` wrote; an empty document is an empty tally."""
    tally = Tally()
    for name in ("seen", "examined", "kept", "unmeasured", "waiting"):
        setattr(tally, name, document.get(name, 0))
    for row in document.get("moves", ()):
        tally.moves[row["from"], row["to"]] = row["clips"]
    for row in document.get("codes", ()):
        tally.before[row["code"]] = row["before"]
        tally.after[row["code"]] = row["after"]
    for row in document.get("later", ()):
        tally.later[row["state"], row["outcome"]] = row["clips"]
    return tally
