"""What Lighthouse finds on a slow phone: the enrol page, and an enrolled phone's first screen.

Lighthouse's own mobile preset (a phone's screen, its model of slow 4G and of a processor four times
as slow), Debian's Chromium, the median run of several. Both are first loads: nothing is in the
browser's cache, no service worker has been there. `performance` is for 95 of 100 points,
`accessibility` and `best_practices` for 100, `interactive` for 2 s over the time to interactive.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Playwright, expect, sync_playwright

from benchmarks.ground.claims import claim_line
from benchmarks.ground.server import REPOSITORY, Server, running_server
from deploy.ports import free_ports
from tests.browser.chromium import CHROMIUM, FLAGS

INTERACTIVE_MS = 2000
CATEGORIES = {"performance": 0.95, "accessibility": 1.0, "best-practices": 1.0}
_TOOLS = REPOSITORY / "benchmarks" / "ground" / "lighthouse" / "node_modules" / ".bin"


def main() -> int:
    """Measure and print the claims. Returns 1 when one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    subprocess.run([REPOSITORY / "deploy" / "setup.sh", "lighthouse"], check=True, cwd=REPOSITORY)
    lines = []
    with (
        running_server(database="sqlite") as server,
        tempfile.TemporaryDirectory(prefix="fieldvoice-bench-") as directory,
        sync_playwright() as playwright,
    ):
        enrolled = Path(directory) / "enrolled"
        _enrol(playwright, server, enrolled)
        for name, seed in (("enrol page", None), ("enrolled phone", enrolled)):
            reports = [
                _report(playwright, server, seed, Path(directory) / f"{name}-{run}")
                for run in range(chosen.runs)
            ]
            lines += _claims(name, reports)
    print("\n".join(lines))
    return 0 if all('"holds": true' in line for line in lines) else 1


def _enrol(playwright: Playwright, server: Server, profile: Path) -> None:
    """Leave a phone's storage with an enrolment in it, and neither cache nor worker."""
    context = playwright.chromium.launch_persistent_context(
        str(profile), executable_path=str(CHROMIUM), args=FLAGS, service_workers="block"
    )
    page = context.pages[0]
    page.goto(f"{server.url}/app/#code={server.demo['enrolment_code']}")
    page.get_by_label("Your name").fill("Benchmark")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Who is speaking?")).to_be_visible()
    context.close()
    for cache in ("Cache", "Code Cache"):
        shutil.rmtree(profile / "Default" / cache, ignore_errors=True)


def _report(
    playwright: Playwright, server: Server, seed: Path | None, profile: Path
) -> dict[str, Any]:
    """Return what Lighthouse says of one load in a browser of its own."""
    if seed:
        shutil.copytree(seed, profile)
    port = free_ports(["chromium"])["chromium"]
    context = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=str(CHROMIUM),
        args=[*FLAGS, f"--remote-debugging-port={port}"],
    )
    try:
        done = subprocess.run(
            [
                *(_TOOLS / "lighthouse", f"{server.url}/app/", f"--port={port}"),
                # It would wipe the enrolment as well; the profile is fresh by itself.
                *("--output=json", "--quiet", "--disable-storage-reset"),
                f"--only-categories={','.join(CATEGORIES)}",
            ],
            env={**os.environ, "PATH": f"{REPOSITORY / '.venv-dev' / 'bin'}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            check=True,
        )
    finally:
        context.close()
    report: dict[str, Any] = json.loads(done.stdout)
    if report.get("runtimeError"):
        raise RuntimeError(report["runtimeError"]["message"])
    return report


def _claims(name: str, reports: list[dict[str, Any]]) -> list[str]:
    slug = name.replace(" ", "_")
    lines = []
    for category, aim in CATEGORIES.items():
        scores = [report["categories"][category]["score"] for report in reports]
        lines.append(
            claim_line(
                name=f"{slug}_{category.replace('-', '_')}",
                value=statistics.median(scores),
                unit="of 1, Lighthouse's score",
                aim=aim,
                detail="; ".join(_missed(reports[-1], category)) or "nothing to mend",
            )
        )
    times = [report["audits"]["interactive"]["numericValue"] for report in reports]
    median = statistics.median(times)
    paints = [report["audits"]["first-contentful-paint"]["numericValue"] for report in reports]
    lines.append(
        claim_line(
            name=f"{slug}_interactive",
            value=INTERACTIVE_MS / median,
            unit="2 s over the time to interactive",
            aim=1.0,
            detail=f"{median:.0f} ms, first paint {statistics.median(paints):.0f} ms,"
            f" median of {len(reports)}",
        )
    )
    return lines


def _missed(report: dict[str, Any], category: str) -> list[str]:
    """Return the audits of a category that cost points."""
    missed = []
    for reference in report["categories"][category]["auditRefs"]:
        audit = report["audits"][reference["id"]]
        if reference["weight"] and audit["score"] is not None and audit["score"] < 0.9:
            missed.append(f"{reference['id']} {audit.get('displayValue', '')}".strip())
    return missed


if __name__ == "__main__":
    sys.exit(main())
