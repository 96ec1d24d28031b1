"""What a rehearsal has done, as JSON lines on disk: killed at any moment, it goes on from there."""

import json
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workers.rehearsal.plan import Choices

_ABSENT = object()


class JournalUnusable(Exception):
    """The file is not the journal of a rehearsal."""


class Journal:
    """One file: the first line says what was chosen and when, each other line one fact.

    Facts are `{"clip": id, …}` with what became known of a clip, or `{"fact": name, …}`; later
    ones add to earlier ones.
    """

    def __init__(self, path: Path, choices: Choices, speech: str, started_ms: int) -> None:
        self.path = path
        self.choices = choices
        self.speech = speech
        self.started_ms = started_ms
        self.clips: dict[str, dict[str, Any]] = {}
        self.facts: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    @classmethod
    def begin(cls, path: Path, choices: Choices, speech: str, started_ms: int) -> "Journal":
        """Start a new journal."""
        journal = cls(path, choices, speech, started_ms)
        path.parent.mkdir(parents=True, exist_ok=True)
        head = {"rehearsal": asdict(choices), "speech": speech, "started_ms": started_ms}
        # It holds the phones' tokens.
        path.touch(mode=0o600)
        path.write_text(json.dumps(head) + "\n", encoding="utf-8")
        return journal

    @classmethod
    def resume(cls, path: Path) -> "Journal":
        """Read a journal; raises JournalUnusable."""
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
            head = json.loads(lines[0])
            journal = cls(
                path, Choices(**head["rehearsal"]), head["speech"], int(head["started_ms"])
            )
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise JournalUnusable(f"{path} is not the journal of a rehearsal") from error
        for number, line in enumerate(lines[1:], start=2):
            try:
                journal._take(json.loads(line))
            except ValueError as error:
                if number == len(lines):
                    # The line that was being written when it was killed.
                    break
                raise JournalUnusable(f"{path}: line {number} is broken") from error
        return journal

    def note_clip(self, clip_id: str, **known: Any) -> None:
        """Write what became known of a clip; what was known already is not written again."""
        before = self.of_clip(clip_id)
        news = {name: value for name, value in known.items() if before.get(name, _ABSENT) != value}
        if news:
            self._write({"clip": clip_id, **news})

    def note(self, name: str, **known: Any) -> None:
        """Write another fact."""
        self._write({"fact": name, **known})

    def of_clip(self, clip_id: str) -> dict[str, Any]:
        """Return what is known of a clip, empty when nothing is."""
        with self._lock:
            return dict(self.clips.get(clip_id, {}))

    def fact(self, name: str) -> dict[str, Any]:
        """Return a fact, empty when it is not known."""
        with self._lock:
            return dict(self.facts.get(name, {}))

    def _take(self, line: dict[str, Any]) -> None:
        known = dict(line)
        if "clip" in known:
            self.clips.setdefault(str(known.pop("clip")), {}).update(known)
        else:
            self.facts.setdefault(str(known.pop("fact")), {}).update(known)

    def _write(self, line: dict[str, Any]) -> None:
        with self._lock:
            self._take(line)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
