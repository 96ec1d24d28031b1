"""What `judge` and `calibrate` share: their options, their lists, their faults in words."""

import logging
import os
import sys
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.quality.profile import Rule
from workers.audio.models.files import ModelInvalid
from workers.audio.models.registry import check_models
from workers.clips_file import ClipFile, ClipsFileFaulty, read_clips_file
from workers.named_profile import DEFAULT, MEANING, NoSuchProfile, find_profile

CALLERS_FAULT: Final = 2
INTERRUPTED: Final = 130
NOBODY_READS: Final = 141
_MOST_SHOWN: Final = 50


class CallersFault(CommandError):
    """Something that was asked for is not there or not as it must be; exits 2."""

    def __init__(self, words: str) -> None:
        super().__init__(words, returncode=CALLERS_FAULT)


def add_shared_options(parser: CommandParser, *, duplicates: str) -> None:
    """Take by which rules, with which stages, and in how many processes; `duplicates` on or off
    where it is not said.
    """
    parser.add_argument("--profile", default=DEFAULT, metavar="NAME", help=MEANING)
    parser.add_argument("--models", choices=("on", "off"), default="on")
    parser.add_argument(
        "--duplicates",
        choices=("on", "off"),
        default=duplicates,
        help=f"whether a file may repeat an earlier one of the set (default: {duplicates})",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=len(os.sched_getaffinity(0)),
        metavar="N",
        help="processes at once (default: one for each core)",
    )


def prepare(options: dict[str, Any]) -> tuple[list[Rule], Path | None]:
    """Return the rules, and the operator's folder of models after a look at what lies in it.

    Standard output is for results alone from here on. Raises CallersFault.
    """
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stdout:
            handler.setStream(sys.stderr)
    if options["jobs"] < 1:
        raise CallersFault("--jobs must be at least 1")
    folder = Path(settings.MODELS_DIR) if settings.MODELS_DIR else None
    try:
        rules = find_profile(options["profile"])
        if options["models"] == "on":
            check_models(folder)
    except (NoSuchProfile, ModelInvalid) as error:
        raise CallersFault(str(error)) from error
    return rules, folder


def listed_clips(
    command: BaseCommand, table: Path, folder: Path, *, labelled: bool = False
) -> list[ClipFile]:
    """Return what a list names, in its order; raises CallersFault after every fault was told."""
    try:
        clips, unread = read_clips_file(table.read_bytes(), folder=folder, labelled=labelled)
    except OSError as error:
        raise CallersFault(f"{table}: {error.strerror}") from error
    except ClipsFileFaulty as error:
        for fault in error.faults[:_MOST_SHOWN]:
            command.stderr.write(f"{table}:{fault.line}: {fault.message}")
        words = f"{len(error.faults)} faults in {table}; nothing was judged"
        raise CallersFault(words) from error
    if unread:
        command.stderr.write(f"{table}: not read: {', '.join(f'`{name}`' for name in unread)}")
    return clips


def end_for_nobody() -> None:
    """Exit as a program does whose reader has gone (`| head`), without the interpreter's last
    flush complaining.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(NOBODY_READS)
