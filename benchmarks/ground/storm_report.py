"""Seed a campaign, let the writers loose on it, and print what happened and what was wrong."""

import argparse
import os
import sys
from collections import Counter

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - after Django is set up
from django.db.models import F  # noqa: E402 - the same

from backend.clips.models import ClipEvent  # noqa: E402 - the same
from backend.coverage.models import CellSpeaker  # noqa: E402 - the same
from benchmarks.ground.claims import claim_line  # noqa: E402 - the same
from benchmarks.ground.coverage_seed import seed_campaign  # noqa: E402 - the same
from benchmarks.ground.event_storm import let_loose, prove, wrong_afterwards  # noqa: E402 - the same


def main() -> int:
    """Run one storm in the empty database that the environment names. Returns 1 when it failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("events", "writers", "clips", "kills", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    chosen = parser.parse_args()
    call_command("migrate", verbosity=0)
    seeded = seed_campaign(slug="storm", clips=chosen.clips, seed=chosen.seed)
    before = ClipEvent.objects.count()
    storm = let_loose(
        campaign=seeded.campaign,
        database_url=os.environ["DATABASE_URL"],
        events=chosen.events,
        writers=chosen.writers,
        kills=chosen.kills,
        seed=chosen.seed,
    )
    for kind, number in sorted(storm.happened.items()):
        print(f"  {number:8} {kind}")
    written = ClipEvent.objects.count() - before
    rate = storm.events / storm.seconds
    print(
        f"{storm.events} events in {storm.seconds:.0f} s ({rate:.0f}/s), {written} rows of events"
    )
    wrong = wrong_afterwards(seeded.campaign)
    print("\n".join(wrong[:20]))
    row = CellSpeaker.objects.filter(cell__campaign=seeded.campaign).order_by("pk")[0]
    CellSpeaker.objects.filter(pk=row.pk).update(accepted_ms=F("accepted_ms") + 1)
    seen = len(prove(seeded.campaign).speakers) == 1 + sum('"speaker"' in one for one in wrong)
    ends: Counter[str] = Counter()
    for kind, number in storm.happened.items():
        ends[kind.partition(" ")[0]] += number
    line = claim_line(
        name="counters_wrong",
        # A recount that does not see what was spoilt has proved nothing.
        value=len(wrong) if seen else float("inf"),
        unit="rows of counters and of events that are not what a recount says",
        aim=0,
        at_most=True,
        detail=f"{storm.events} events by {chosen.writers} writers, {written} rows of events,"
        # One that is sent again after a crash is two events.
        f" {ends['crash'] + ends['crash-and-again'] // 2} crashes, {storm.killed} processes killed,"
        f" {rate:.0f} events/s, PostgreSQL",
    )
    print(line)
    return 0 if seen and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
