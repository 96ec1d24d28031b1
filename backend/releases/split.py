"""Pure: which split a speaker belongs to, once and for ever."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from backend.coverage.reserve import place_of

TRAIN: Final = "train"
VALIDATION: Final = "validation"
TEST: Final = "test"
SPLITS: Final = (TRAIN, VALIDATION, TEST)


def split_at(place: float, shares: Mapping[str, int]) -> str:
    """Return the split at a place: test lies lowest, then validation, the rest is train.

    `shares` are whole percents by split; a split without a share is never given.
    """
    test = shares.get(TEST, 0) / 100
    validation = shares.get(VALIDATION, 0) / 100
    if place < test:
        return TEST
    if place < test + validation:
        return VALIDATION
    # Shares that add up in whole percents may not do so in floats.
    return TRAIN if shares.get(TRAIN, 0) else VALIDATION if validation else TEST


def assign_splits(
    *,
    speakers: Collection[str],
    known: Mapping[str, str],
    shares: Mapping[str, int],
    salt: bytes,
) -> dict[str, str]:
    """Return the split of every speaker: the known one where there is one, else by stable hash.

    Few speakers may all fall to one side. Then, in the order train, test, validation, a split that
    has a share but no speaker is given the new speaker who lies nearest to it, taken from a split
    that keeps another one (train is filled at any price). A speaker in `known` is never moved, so
    train is empty only when every speaker was assigned elsewhere by an earlier release.
    """
    places = {speaker: place_of(salt, speaker) for speaker in sorted(set(speakers) - set(known))}
    chosen = {speaker: known[speaker] for speaker in speakers if speaker in known}
    chosen |= {speaker: split_at(place, shares) for speaker, place in places.items()}
    for wanted in (TRAIN, TEST, VALIDATION):
        counts = Counter(chosen.values())
        if not shares.get(wanted, 0) or counts[wanted]:
            continue
        movable = [speaker for speaker in places if wanted == TRAIN or counts[chosen[speaker]] > 1]
        if movable:
            middle = _middle(wanted, shares)
            nearest = min(movable, key=lambda one: (abs(places[one] - middle), one))
            chosen[nearest] = wanted
    return chosen


def _middle(split: str, shares: Mapping[str, int]) -> float:
    if split == TRAIN:
        return 1.0
    return 0.0 if split == TEST else (shares.get(TEST, 0) + shares.get(VALIDATION, 0) / 2) / 100
