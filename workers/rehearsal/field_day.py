"""Conduct a rehearsal: phones side by side, then the annotators, then the release; count it all."""

import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tqdm import tqdm

from backend.quality.profile import Rule, read_rules
from backend.quality.verdict import Outcome as Judged
from backend.quality.verdict import judge
from workers.rehearsal import texts
from workers.rehearsal.annotators import Annotators
from workers.rehearsal.calls import GaveUp, Network, Refused
from workers.rehearsal.journal import Journal
from workers.rehearsal.phone import UNSETTLED, Orders, Phone
from workers.rehearsal.plan import Plan, PlannedClip
from workers.rehearsal.program import Program, ReleaseFailed
from workers.rehearsal.release_check import check_release
from workers.rehearsal.report import PASSED, STAGES, Outcome
from workers.rehearsal.takes import Takes

# Where an annotated clip may end.
_LABELLED = frozenset({"accepted", "rejected", "review", "disputed", "withdrawn"})


@dataclass(frozen=True)
class Patience:
    """How long, in seconds, each part of a rehearsal is waited for."""

    answer: float = 300.0
    verdict: float = 900.0
    label_studio: float = 3600.0
    label: float = 600.0
    release: float = 900.0


class FieldDay:
    """One rehearsal of a plan; `told` reads what the platform says of itself (run.json)."""

    def __init__(
        self,
        plan: Plan,
        *,
        takes: Takes,
        journal: Journal,
        told: Callable[[], dict[str, Any]],
        open_network: Callable[[Random, float], Network],
        patience: Patience,
        bar: "tqdm[Any]",
    ) -> None:
        self._plan = plan
        self._takes = takes
        self._journal = journal
        self._told = told
        self._open_network = open_network
        self._patience = patience
        self._bar = bar
        steady = open_network(Random(journal.choices.seed), 0.0)
        self._network = steady
        self._program = Program(steady, str(told()["api_token"]), plan.slug)

    def hold(self, *, until: str) -> Outcome:
        """Play it up to a stage of report.STAGES; raises Refused or GaveUp when it cannot begin."""
        began = time.monotonic()
        reached = STAGES.index(until)
        outcome = Outcome(until, synthetic=self._plan.synthetic)
        self._open()
        self._play_phones(outcome, verdicts=reached >= 1)
        if reached >= 1:
            self._judge_verdicts(outcome)
        try:
            if reached >= 2:
                self._label(outcome)
            self._count(outcome, settled=reached >= 1)
            if reached >= 3:
                self._release(outcome)
        except (Refused, GaveUp, ReleaseFailed) as error:
            outcome.faults.append(str(error))
            self._count(outcome, settled=reached >= 1)
        outcome.seconds = time.monotonic() - began
        return outcome

    def _open(self) -> None:
        if not self._journal.fact("campaign"):
            self._program.open_campaign(self._plan.clips)
            code = self._program.issue_code(len(self._plan.phones))
            self._journal.note("campaign", slug=self._plan.slug, code=code)

    def _play_phones(self, outcome: Outcome, *, verdicts: bool) -> None:
        choices = self._journal.choices
        orders = Orders(
            slug=self._plan.slug,
            code=self._journal.fact("campaign")["code"],
            verdict_seconds=self._patience.verdict,
            on_receipt=self._bar.update,
            on_verdict=self._bar.update,
        )
        phones = [
            Phone(
                number,
                speakers,
                orders=orders,
                takes=self._takes,
                journal=self._journal,
                open_network=lambda rng: self._open_network(rng, choices.drop),
                rng=Random(f"phone-{choices.seed}-{number}-{time.monotonic_ns()}"),
            )
            for number, speakers in enumerate(self._plan.phones)
        ]

        def play(phone: Phone) -> None:
            phone.record_all()
            if verdicts:
                phone.ask_verdicts()

        with ThreadPoolExecutor(max_workers=max(len(phones), 1)) as hands:
            days = [hands.submit(play, phone) for phone in phones]
            try:
                for day in days:
                    error = day.exception()
                    if isinstance(error, Refused | GaveUp):
                        outcome.faults.append(str(error))
                    elif error is not None:
                        raise error
            except BaseException:
                # Ctrl-C: the phones stop at their next breath instead of being patient.
                for phone in phones:
                    phone.network.stopping.set()
                raise
        faults = Counter({"dropped": 0, "repeated": 0, "retried": 0, "resumed": 0})
        for phone in phones:
            faults["dropped"] += phone.network.dropped
            faults["repeated"] += phone.network.repeated
            faults["retried"] += phone.network.retried
            faults["resumed"] += phone.resumed
        outcome.network = dict(faults)

    def _judge_verdicts(self, outcome: Outcome) -> None:
        """Hold every verdict against what the rehearsal knows of the clip."""
        rules = read_rules(self._program.read_rules())
        for speaker in (speaker for phone in self._plan.phones for speaker in phone):
            for clip in speaker.clips:
                state = self._state(clip)
                passed = state in PASSED
                if clip.damage:
                    if passed:
                        outcome.damaged_passed.append(clip.id)
                    continue
                if _within(rules, clip, self._takes.make(speaker, clip).measures):
                    outcome.within += 1
                    outcome.within_passed += passed
                    outcome.within_rejected += state == "rejected"

    def _state(self, clip: PlannedClip) -> str:
        return str(self._journal.of_clip(clip.id).get("state", ""))

    def _label(self, outcome: Outcome) -> None:
        """Answer tasks until every clip that passed is settled, or nothing has moved for long."""
        passed = [clip for clip in self._plan.clips if self._state(clip) in PASSED]
        self._bar.reset(total=len(passed))
        self._bar.set_description("labels")
        self._wait_for_label_studio()
        told = self._told()["label_studio"]
        said = {clip.prompt: _said(clip) for clip in self._plan.clips}
        people = Annotators(told["url"], told["token"], said, self._network)
        waiting = passed
        until = time.monotonic() + self._patience.label
        while waiting and time.monotonic() < until:
            answered = people.answer_open_tasks(lambda: None)
            still = [clip for clip in waiting if self._refreshed(clip) not in _LABELLED]
            self._bar.update(len(waiting) - len(still))
            if answered or len(still) < len(waiting):
                until = time.monotonic() + self._patience.label
            waiting = still
            if waiting and not answered:
                time.sleep(1.0)
        # Answers to tasks of an earlier rehearsal with the same prompts are no labels of this one.
        outcome.labels = sum(self._state(clip) == "accepted" for clip in passed)
        outcome.unheard = people.unheard
        outcome.unlabelled = len(passed) - outcome.labels

    def _refreshed(self, clip: PlannedClip) -> str:
        """Ask the platform where a clip stands, write it down, return it."""
        body = self._program.read_clip(clip.id)
        self._journal.note_clip(clip.id, state=body.get("state", ""))
        return str(body.get("state", ""))

    def _wait_for_label_studio(self) -> None:
        """Show the state of Label Studio until it is ready; raises GaveUp."""
        until = time.monotonic() + self._patience.label_studio
        while True:
            state = str(self._told().get("label_studio", {}).get("state", "unknown"))
            self._bar.set_postfix_str(f"Label Studio is {state}")
            if state == "ready":
                return
            if state in ("off", "failed") or time.monotonic() > until:
                raise GaveUp(f"Label Studio is {state}")
            time.sleep(1.0)

    def _count(self, outcome: Outcome, *, settled: bool) -> None:
        """Count every clip of the plan where it stands, and hold the counters against that."""
        outcome.states.clear()
        outcome.reasons.clear()
        outcome.unaccounted.clear()
        outcome.differing.clear()
        outcome.sent = outcome.receipts = outcome.damaged = 0
        for clip in self._plan.clips:
            known = self._journal.of_clip(clip.id)
            state = str(known.get("state", ""))
            outcome.sent += 1
            outcome.damaged += bool(clip.damage)
            outcome.states[state or "unknown"] += 1
            outcome.reasons.update(known.get("reasons", ()))
            receipt = known.get("receipt")
            if receipt:
                outcome.receipts += 1
                if (receipt["sha256"], receipt["bytes"]) != (known["sha256"], known["bytes"]):
                    outcome.differing.append(clip.id)
            if state in UNSETTLED and (settled or not receipt):
                outcome.unaccounted.append(clip.id)
        coverage = self._program.read_coverage()
        outcome.coverage = coverage["cells"]
        # The counters move once with each clip's state: whatever they hold beyond the clips was
        # counted twice.
        for bucket, most in (("accepted", outcome.states["accepted"]), ("pending", outcome.sent)):
            counted = sum(int(cell[bucket]) for cell in coverage["cells"])
            outcome.doubled += max(0, counted - most)

    def _release(self, outcome: Outcome) -> None:
        self._bar.set_description("release")
        self._bar.set_postfix_str("")
        release = self._program.build_release(seconds=self._patience.release)
        accepted = {
            clip.id: _said(clip) for clip in self._plan.clips if self._state(clip) == "accepted"
        }
        with tempfile.TemporaryDirectory(prefix="fieldvoice-release-") as folder:
            self._program.download(str(release["id"]), Path(folder))
            manifest = json.loads((Path(folder) / "MANIFEST.json").read_text(encoding="utf-8"))
            check = check_release(Path(folder), manifest, accepted)
        outcome.release_rows, outcome.loaded_rows = len(manifest["rows"]), check.loaded
        outcome.wrong_rows, outcome.doubled = check.wrong, outcome.doubled + check.doubled


def _said(clip: PlannedClip) -> str:
    """Return what an annotator writes for a clip, from its prompt alone."""
    return texts.ANSWER_UNKNOWN if clip.kind == "question" else clip.prompt


def _within(rules: list[Rule], clip: PlannedClip, measures: dict[str, float]) -> bool:
    """Say whether the profile takes a clip as long and as loud as this one."""
    return judge(measures, rules, kind=clip.kind).outcome is Judged.PASS
