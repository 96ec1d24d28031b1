"""Play a field day against the running platform, as phones, annotators and a scientist would."""

import argparse
import json
import ssl
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from workers.rehearsal.calls import GaveUp, Network, Refused
from workers.rehearsal.field_day import FieldDay, Patience
from workers.rehearsal.journal import Journal, JournalUnusable
from workers.rehearsal.plan import Choices, make_plan
from workers.rehearsal.report import STAGES
from workers.rehearsal.sources import SpeechUnusable, read_recordings
from workers.rehearsal.takes import Takes
from workers.rehearsal.voices import NoVoices, Synthesiser


class Command(BaseCommand):
    """Prints a progress bar, a table and, last, one JSON line; exits 1 when something is wrong."""

    help = __doc__ or ""
    # It speaks to the platform by its API alone and touches no database.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to send, how many at once, how badly, and how far to go."""
        parser.add_argument("--speech", default="", help="a folder with audio and a clips.csv")
        parser.add_argument("--clips", type=_at_least(1), default=200)
        parser.add_argument("--speakers", type=_at_least(0), default=0, help="0: as many as needed")
        parser.add_argument("--phones", type=_at_least(1), default=4, help="how many at once")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--drop",
            type=_share,
            default=0.0,
            help="share of requests hung up on, repeated, and of phones switched off; to 0.5",
        )
        parser.add_argument("--until", choices=STAGES, default="release")
        parser.add_argument("--resume", default="", metavar="JOURNAL", help="go on with this one")
        parser.add_argument("--journal", default="", help="where to write the journal")
        parser.add_argument("--run-json", default="", help="the running platform's run.json")
        for name, seconds in vars(Patience()).items():
            dashed = name.replace("_", "-")
            parser.add_argument(
                f"--{dashed}-seconds", type=float, default=seconds, help=f"wait for: {dashed}"
            )

    def handle(self, *args: Any, **options: Any) -> None:
        """Play it; exit code 0 only when every clip is accounted for and all else holds."""
        where = Path(options["run_json"] or settings.VAR_DIR / "run.json")
        told = _read_facts(where)
        context = _trust(told)
        patience = Patience(**{name: options[f"{name}_seconds"] for name in vars(Patience())})
        journal = self._journal(options)
        choices = journal.choices
        try:
            recordings = read_recordings(Path(journal.speech)) if journal.speech else []
            plan = make_plan(choices, recordings, journal.started_ms)
            takes = Takes(Synthesiser() if plan.synthetic else None, choices.seed)
        except (SpeechUnusable, NoVoices) as error:
            raise CommandError(str(error)) from error
        self.stderr.write(
            f"{len(plan.clips)} clips on {len(plan.phones)} phones, campaign {plan.slug}; "
            f"after an interruption go on with --resume {journal.path}"
        )

        def open_network(rng: Random, drop: float) -> Network:
            return Network(
                str(told["web_url"]),
                rng=rng,
                drop=drop,
                patience=patience.answer,
                verify=context or True,
            )

        steps = len(plan.clips) * (1 if options["until"] == "receipts" else 2)
        with tqdm(total=steps, desc="receipts, verdicts", unit="", file=sys.stderr) as bar:
            day = FieldDay(
                plan,
                takes=takes,
                journal=journal,
                told=lambda: _read_facts(where),
                open_network=open_network,
                patience=patience,
                bar=bar,
            )
            try:
                outcome = day.hold(until=options["until"])
            except (Refused, GaveUp) as error:
                raise CommandError(str(error)) from error
        failures = outcome.failures()
        self.stdout.write(outcome.table())
        for failure in failures:
            self.stderr.write(f"FAILED: {failure}")
        self.stdout.write(outcome.line())
        if failures:
            sys.exit(1)

    def _journal(self, options: dict[str, Any]) -> Journal:
        try:
            if options["resume"]:
                return Journal.resume(Path(options["resume"]))
        except JournalUnusable as error:
            raise CommandError(str(error)) from error
        started_ms = time.time_ns() // 1_000_000
        path = options["journal"] or settings.VAR_DIR / "rehearsals" / f"{started_ms}.jsonl"
        choices = Choices(
            clips=options["clips"],
            speakers=options["speakers"],
            phones=options["phones"],
            seed=options["seed"],
            drop=options["drop"],
        )
        speech = str(Path(options["speech"]).resolve()) if options["speech"] else ""
        return Journal.begin(Path(path), choices, speech, started_ms)


def _read_facts(path: Path) -> dict[str, Any]:
    """Return run.json; while the platform starts again the file is away for a moment."""
    until = time.monotonic() + 60
    told = False
    while True:
        try:
            facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            if time.monotonic() > until or not path.parent.is_dir():
                raise CommandError(f"no platform runs: {path} is not there (make run)") from error
            if not told:
                sys.stderr.write("No platform runs; waiting a minute for one (make run) ...\n")
                told = True
            time.sleep(0.5)
        else:
            return facts


def _trust(told: dict[str, Any]) -> ssl.SSLContext | None:
    """Return a context that trusts this machine's own root when the platform speaks TLS."""
    root = Path(str(told.get("directory", ""))) / "public" / "ca.crt"
    if not str(told["web_url"]).startswith("https:") or not root.is_file():
        return None
    return ssl.create_default_context(cafile=str(root))


def _at_least(least: int) -> Any:
    def whole(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"at least {least}")
        return value

    return whole


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 0.5:
        raise argparse.ArgumentTypeError("from 0 to 0.5")
    return value
