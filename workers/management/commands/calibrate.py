"""Tell how well a quality profile parts labelled clips, and propose thresholds that do better."""

import csv
import os
import sys
from pathlib import Path
from typing import Any

# See judge.py.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from django.core.management.base import BaseCommand, CommandParser  # noqa: E402 - may load it
from tqdm import tqdm  # noqa: E402

from backend.quality.calibration import LabelledClip, halves  # noqa: E402
from backend.quality.fitting import propose_rules  # noqa: E402
from backend.quality.profile import Rule  # noqa: E402
from workers.calibration_report import (  # noqa: E402
    roc_rows,
    tell_clips,
    tell_labels,
    tell_profile,
    tell_rules,
)
from workers.clips_file import ClipFile  # noqa: E402
from workers.file_commands import (  # noqa: E402
    INTERRUPTED,
    CallersFault,
    add_shared_options,
    end_for_nobody,
    listed_clips,
    prepare,
)
from workers.file_judging import PATIENCE_S, Examiner, Seen, judged_in_order  # noqa: E402
from workers.ordered_pool import OrderedPool  # noqa: E402

_TABLE = "clips.csv"
_ROC_COLUMNS = (
    *("code", "measure", "op", "kinds", "against"),
    *("threshold", "false_alarms", "recall"),
)


class Command(BaseCommand):
    """Prints tables and, last, the proposed profile as JSON; exits 2 for bad input."""

    help = __doc__ or ""
    # It must run where no platform runs.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the labelled clips, the bounds, and where to write what is too long to print."""
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument(
            "--clips",
            type=Path,
            metavar="FILE.csv",
            help=f"the list (default: DIR/{_TABLE}): columns file (relative to DIR) and label"
            " (good, bad, or the code of what is wrong), and prompt, speaker, language, kind",
        )
        # Clips are often damaged on purpose from a few good ones, and would all be duplicates.
        add_shared_options(parser, duplicates="off")
        parser.add_argument(
            "--false-reject", type=_share, default=0.01, help="share of good clips, at most"
        )
        parser.add_argument(
            "--false-review", type=_share, default=0.08, help="share of good clips, at most"
        )
        parser.add_argument("--out", type=Path, help="write the proposed profile here too")
        parser.add_argument("--roc", type=Path, help="write every point of the curves here, as CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure all clips, report, fit on half of the speakers and report on the other half."""
        rules, folder = prepare(options)
        if not options["folder"].is_dir():
            raise CallersFault(f"{options['folder']} is no folder")
        table = options["clips"] or options["folder"] / _TABLE
        clips = listed_clips(self, table, options["folder"], labelled=True)
        examiner = Examiner(rules, models=options["models"] == "on", folder=folder, everything=True)
        try:
            measured = self._measured(clips, examiner, options["jobs"], rules)
            self._report(measured, rules, options)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            end_for_nobody()

    def _measured(
        self, clips: list[ClipFile], examiner: Examiner, jobs: int, rules: list[Rule]
    ) -> list[LabelledClip]:
        pool: OrderedPool[ClipFile, Seen] = OrderedPool(
            examiner, processes=jobs, patience_s=PATIENCE_S
        )
        looks = pool.map(clips)
        try:
            bar = tqdm(
                judged_in_order(clips, looks, rules=rules),
                total=len(clips),
                unit="",
                file=sys.stderr,
                disable=not sys.stderr.isatty(),
            )
            return [
                LabelledClip(one.measures, one.clip.label, one.clip.speaker, one.clip.kind)
                for one in bar
            ]
        finally:
            looks.close()

    def _report(
        self, clips: list[LabelledClip], rules: list[Rule], options: dict[str, Any]
    ) -> None:
        fitted_to, told_on = halves(clips)
        proposed = propose_rules(
            rules,
            fitted_to,
            false_reject=options["false_reject"],
            false_review=options["false_review"],
        )
        profile = tell_profile(proposed)
        lines = [
            tell_clips(clips),
            "",
            "## The rules, each by itself",
            *tell_rules(rules, clips),
            "",
            "## The profile as it is",
            *tell_labels(rules, clips),
            "",
            "## The proposed profile",
            f"Fitted to half of the speakers ({len(fitted_to)} clips), at most"
            f" {options['false_reject']:.1%} of the good ones rejected and"
            f" {options['false_review']:.1%} sent to review; told on the other half:",
            "",
            *tell_labels(proposed, told_on),
            "",
            profile,
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()
        if options["out"]:
            options["out"].write_text(profile + "\n", encoding="utf-8")
        if options["roc"]:
            with options["roc"].open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, _ROC_COLUMNS)
                writer.writeheader()
                writer.writerows(roc_rows(rules, clips))


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError("from 0 to 1")
    return value
