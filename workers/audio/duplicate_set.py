"""Duplicates within a set of recordings, in memory: what the database does for a campaign."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from backend.quality.likeness import LEAST_SHARED, MOST_COMPARED, Match, choose
from workers.audio.fingerprint import Fingerprint, Words, bit_error


@dataclass
class DuplicateSet:
    """The recordings so far, in the order they were added."""

    _names: list[str] = field(default_factory=list)
    _words: list[Words] = field(default_factory=list)
    _by_hash: dict[str, int] = field(default_factory=dict)
    _by_key: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(
        self, name: str, *, sha256: str, pcm_sha256: str, fingerprint: Fingerprint
    ) -> Match[str]:
        """Return what `name` repeats of those added before it, and remember it.

        `sha256`: of the file; `pcm_sha256`: of its decoded samples; both in hex.
        """
        same = self._by_hash.get(sha256, self._by_hash.get(pcm_sha256))
        match = choose(self._compared(fingerprint, same), exact=same is not None)
        number = len(self._names)
        self._names.append(name)
        self._words.append(fingerprint.words)
        for key in fingerprint.keys:
            self._by_key[key].append(number)
        for digest in (sha256, pcm_sha256):
            self._by_hash.setdefault(digest, number)
        return match

    def _compared(self, fingerprint: Fingerprint, same: int | None) -> list[tuple[str, float]]:
        shared = Counter(
            number for probe in fingerprint.probes for number in self._by_key.get(probe, ())
        )
        often = [(-count, number) for number, count in shared.items() if count >= LEAST_SHARED]
        errors = {
            number: bit_error(fingerprint.words, self._words[number])
            for _, number in sorted(often)[:MOST_COMPARED]
        }
        if same is not None:
            errors[same] = 0.0
        return [(self._names[number], errors[number]) for number in sorted(errors)]
