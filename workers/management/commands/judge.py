"""Judge audio files by a quality profile, without a server: one JSON object a line."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Each process does one thing at a time: more threads of the algebra library would only wait for
# each other. It reads this when it is loaded.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from django.core.management.base import BaseCommand, CommandParser  # noqa: E402 - may load it
from tqdm import tqdm  # noqa: E402

from workers.clips_file import ClipFile  # noqa: E402
from workers.file_commands import (  # noqa: E402
    INTERRUPTED,
    CallersFault,
    add_shared_options,
    end_for_nobody,
    listed_clips,
    prepare,
)
from workers.file_judging import (  # noqa: E402
    PATIENCE_S,
    Examiner,
    Judged,
    NotAFile,
    Seen,
    files_in,
    judged_in_order,
)
from workers.ordered_pool import OrderedPool  # noqa: E402


class Command(BaseCommand):
    """Exits 0 when every file was judged, 1 when a process was lost over one, 2 for bad input."""

    help = __doc__ or ""
    # It must run where no platform runs.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to judge, what is known of it, and by which rules."""
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
        parser.add_argument(
            "--clips",
            type=Path,
            metavar="FILE.csv",
            help="judge what this lists, in its order: columns file (relative to PATH), and prompt,"
            " speaker, language, kind where they are known",
        )
        add_shared_options(parser, duplicates="on")

    def handle(self, *args: Any, **options: Any) -> None:
        """Judge everything; results are printed as they come, in the order of the files."""
        rules, folder = prepare(options)
        clips = self._clips(options["paths"], options["clips"])
        examiner = Examiner(
            rules,
            models=options["models"] == "on",
            fingerprints=options["duplicates"] == "on",
            folder=folder,
        )
        pool: OrderedPool[ClipFile, Seen] = OrderedPool(
            examiner, processes=options["jobs"], patience_s=PATIENCE_S
        )
        looks = pool.map(clips)
        try:
            lost = self._print(judged_in_order(clips, looks, rules=rules), len(clips))
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            end_for_nobody()
        finally:
            looks.close()
        if lost:
            self.stderr.write(f"{lost} files could not be examined to their end; see their facts")
            sys.exit(1)

    def _clips(self, paths: list[Path], table: Path | None) -> list[ClipFile]:
        if table is not None:
            if len(paths) != 1 or not paths[0].is_dir():
                raise CallersFault("with --clips, PATH is the one folder that holds its files")
            return listed_clips(self, table, paths[0])
        try:
            clips, left_out = files_in(paths)
        except NotAFile as error:
            raise CallersFault(str(error)) from error
        if left_out:
            self.stderr.write(f"{left_out} tables and texts in the folder were not judged")
        return clips

    def _print(self, verdicts: Iterator[Judged], total: int) -> int:
        """Print a line for each; return how many were lost."""
        lost = 0
        bar = tqdm(verdicts, total=total, unit="", file=sys.stderr, disable=not sys.stderr.isatty())
        for judged in bar:
            lost += judged.lost
            self.stdout.write(json.dumps(judged.as_dict()))
            self.stdout.flush()
        return lost
