"""A rehearsal in the field while parts die: a process of its own, watched by its journal."""

import json
import subprocess
import sys
from typing import Any

from tests.platforms import ROOT, RunningPlatform, wait_for

# Printed by the platform's own process: every clip's states in order, with who moved it there.
_HISTORIES = """
import json
from backend.clips.models import Clip
clips = Clip.objects.filter(campaign__slug={slug!r}).prefetch_related("events")
print(json.dumps({{
    str(clip.pk): [[e.seq, e.from_state, e.to_state] for e in sorted(
        clip.events.all(), key=lambda e: e.seq)]
    for clip in clips
}}))
"""


class Field:
    """One rehearsal up to the verdicts."""

    def __init__(self, platform: RunningPlatform, *, clips: int, seed: int, drop: float) -> None:
        self._platform = platform
        self.journal = platform.directory / "rehearsals" / f"chaos-{seed}.jsonl"
        self.output = self.journal.with_suffix(".out")
        self.journal.parent.mkdir(exist_ok=True)
        arguments = ["--clips", str(clips), "--phones", "4", "--seed", str(seed)]
        arguments += ["--drop", str(drop), "--until", "verdicts", "--journal", str(self.journal)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "rehearsal", *arguments],
                env=platform.environment(),
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def receipts(self) -> int:
        """Return how many receipts the phones hold by now."""
        if not self.journal.exists():
            return 0
        return self.journal.read_text().count('"receipt"')

    def wait_for_receipts(self, count: int) -> None:
        """Return in the middle of it: so many receipts are given, and it still goes on."""
        wait_for(f"{count} receipts", lambda: self.receipts() >= count, seconds=600)
        assert self.process.poll() is None, f"it ended too early: {self.said()}"

    def said(self) -> str:
        """Return the end of what it printed."""
        return self.output.read_text(errors="replace")[-3000:]

    def finish(self, *, seconds: float = 900.0) -> dict[str, Any]:
        """Wait for its end; returns its closing line. It must end with exit code 0."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the rehearsal did not end: {self.said()}") from None
        assert code == 0, self.said()
        line: dict[str, Any] = json.loads(self.said().strip().splitlines()[-1])
        return line

    def slug(self) -> str:
        """Return the slug of its campaign."""
        started = json.loads(self.journal.read_text().splitlines()[0])["started_ms"]
        return f"rehearsal-{started}"

    def histories(self) -> dict[str, list[list[Any]]]:
        """Return every clip's events [seq, from, to], as the platform's database has them."""
        printed = self._platform.manage("shell", "-c", _HISTORIES.format(slug=self.slug()))
        histories: dict[str, list[list[Any]]] = json.loads(printed.strip().splitlines()[-1])
        return histories


def assert_each_came_home_once(histories: dict[str, list[list[Any]]], clips: int) -> None:
    """Every clip was announced, stored and judged exactly once, in this order."""
    assert len(histories) == clips
    for clip_id, events in histories.items():
        assert [seq for seq, _, _ in events] == list(range(1, len(events) + 1)), clip_id
        entered = [to for _, _, to in events]
        assert entered[:2] == ["expected", "uploaded"], (clip_id, entered)
        assert entered.count("uploaded") == 1, (clip_id, entered)
        verdicts = [to for _, before, to in events if before == "uploaded"]
        assert len(verdicts) == 1, (clip_id, entered)
        assert verdicts[0] in ("passed", "review", "rejected"), (clip_id, entered)
