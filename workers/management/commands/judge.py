"""Judge audio files by a quality profile, without a server: one JSON object a line."""

import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Each process does one thing at a time: more threads of the algebra library would only wait for
# each other. It reads this when it is loaded.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from django.core.management.base import BaseCommand, CommandError, CommandParser  # noqa: E402
from tqdm import tqdm  # noqa: E402 - and what follows loads the algebra library

from workers.clips_file import ClipFile, ClipsFileFaulty, read_clips_file  # noqa: E402
from workers.file_judging import (  # noqa: E402
    PATIENCE_S,
    Judged,
    NotAFile,
    Seen,
    files_in,
    judged_in_order,
    look_at,
)
from workers.named_profile import DEFAULT, MEANING, NoSuchProfile, find_profile  # noqa: E402
from workers.ordered_pool import OrderedPool  # noqa: E402

_CALLERS_FAULT = 2
_INTERRUPTED, _NOBODY_READS = 130, 141
_MOST_SHOWN = 50


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
        parser.add_argument("--profile", default=DEFAULT, metavar="NAME", help=MEANING)
        parser.add_argument("--models", choices=("on", "off"), default="on")
        parser.add_argument("--duplicates", choices=("on", "off"), default="on")
        parser.add_argument(
            "--jobs",
            type=int,
            default=len(os.sched_getaffinity(0)),
            metavar="N",
            help="processes at once (default: one for each core)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Judge everything; results are printed as they come, in the order of the files."""
        # Standard output is for results alone.
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stdout:
                handler.setStream(sys.stderr)
        if options["jobs"] < 1:
            raise CommandError("--jobs must be at least 1", returncode=_CALLERS_FAULT)
        try:
            rules = find_profile(options["profile"])
        except NoSuchProfile as error:
            raise CommandError(str(error), returncode=_CALLERS_FAULT) from error
        clips = self._clips(options["paths"], options["clips"])
        pool: OrderedPool[ClipFile, Seen] = OrderedPool(
            look_at, processes=options["jobs"], patience_s=PATIENCE_S
        )
        looks = pool.map(clips)
        try:
            lost = self._print(judged_in_order(clips, looks, rules=rules), len(clips))
        except KeyboardInterrupt:
            sys.exit(_INTERRUPTED)
        except BrokenPipeError:
            # Whoever read has gone (`| head`); the interpreter's last flush shall not complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(_NOBODY_READS)
        finally:
            looks.close()
        if lost:
            self.stderr.write(f"{lost} files could not be examined to their end; see their facts")
            sys.exit(1)

    def _clips(self, paths: list[Path], table: Path | None) -> list[ClipFile]:
        if table is None:
            try:
                clips, left_out = files_in(paths)
            except NotAFile as error:
                raise CommandError(str(error), returncode=_CALLERS_FAULT) from error
            if left_out:
                self.stderr.write(f"{left_out} tables and texts in the folder were not judged")
            return clips
        if len(paths) != 1 or not paths[0].is_dir():
            words = "with --clips, PATH is the one folder that its files are relative to"
            raise CommandError(words, returncode=_CALLERS_FAULT)
        return self._listed(table, paths[0])

    def _listed(self, table: Path, folder: Path) -> list[ClipFile]:
        try:
            clips, unread = read_clips_file(table.read_bytes(), folder=folder)
        except OSError as error:
            words = f"{table}: {error.strerror}"
            raise CommandError(words, returncode=_CALLERS_FAULT) from error
        except ClipsFileFaulty as error:
            for fault in error.faults[:_MOST_SHOWN]:
                self.stderr.write(f"{table}:{fault.line}: {fault.message}")
            words = f"{len(error.faults)} faults in {table}; nothing was judged"
            raise CommandError(words, returncode=_CALLERS_FAULT) from error
        if unread:
            self.stderr.write(f"{table}: not read: {', '.join(f'`{name}`' for name in unread)}")
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
