"""`make run`: start the platform, say where it is, keep it running until Ctrl-C."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import segno

from deploy.children import StartFailed, die_with
from deploy.parts import Options
from deploy.platform import REPOSITORY, Platform

_TICK_SECONDS = 0.25
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Stop(Exception):
    """Somebody asked the platform to stop."""


def main() -> int:
    """Run the platform in the foreground. Returns the exit code."""
    for number in _STOP_SIGNALS:
        signal.signal(number, _raise_stop)
    options = _options()
    # Proxies of the shell are for the world outside; everything of ours is on this machine.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    platform = Platform(options, say=_say)
    began = time.monotonic()
    try:
        platform.start()
        _announce(platform.facts, time.monotonic() - began)
        while True:
            platform.tick()
            time.sleep(_TICK_SECONDS)
    except StartFailed as error:
        print(f"make run: {error}", file=sys.stderr, flush=True)
        return 1
    except _Stop:
        _say("Stopping ...")
        platform.stop()
        _say("Stopped. Everything is kept; make run starts it again.")
        return 0


def _options() -> Options:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path(os.environ.get("VAR_DIR") or REPOSITORY / "var"),
        help="where data, logs and secrets lie",
    )
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--no-label-studio", action="store_true")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="override a setting"
    )
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when the process that started it is gone"
    )
    chosen = parser.parse_args()
    if chosen.with_parent:
        die_with(os.getppid(), signal.SIGTERM)
    return Options(
        directory=chosen.directory,
        database=chosen.database,
        public=os.environ.get("PUBLIC", "") in {"1", "true", "yes"},
        label_studio=not chosen.no_label_studio,
        web_port=int(os.environ.get("WEB_PORT") or 0),
        environment=dict(setting.split("=", 1) for setting in chosen.set),
    )


def _raise_stop(_number: int, _frame: FrameType | None) -> None:
    # A second Ctrl-C, or the end of make after the first, must not cut the orderly stop short.
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise _Stop


def _say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


def _announce(facts: dict[str, Any], seconds: float) -> None:
    """Print what a person needs to begin: where to go, with which login, and the phone's code."""
    secure = facts["public_url"].startswith("https:")
    lines = [
        "",
        f"Fieldvoice is ready after {seconds:.1f} s.",
        "",
        f"  Console       {facts['public_url']}/console/",
        f"  Sign in as    {facts['console_email']}  {facts.get('console_password', '')}",
        f"  Campaign      {facts['campaign']}",
        f"  Label Studio  {facts['label_studio']['url']}  (comes up in the background; see below)",
        f"                {facts['label_studio']['email']}  {facts['label_studio']['password']}",
        f"  Data          {facts['directory']}",
        "",
        f"  Enrol a phone with {facts['enrolment_url']}",
    ]
    if secure:
        lines.append(
            f"  First install this machine's root certificate on it: {facts['public_url']}/ca.crt"
        )
    print("\n".join(lines), flush=True)
    segno.make(facts["enrolment_url"], micro=False).terminal(compact=True)
    print("Ctrl-C stops everything.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
