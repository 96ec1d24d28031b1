"""Seed a campaign in the database that the environment names, and tell who may ask about it.

    python -m benchmarks.ground.seeding --slug NAME --clips N

Prints one line of JSON: `{campaign, clips, events, speakers, seconds, manager, phones: [{token,
speakers}]}`, with some speakers of each phone's collector.
"""

import argparse
import json
import sys
from uuid import UUID

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - after Django is set up
from django.utils import timezone  # noqa: E402 - the same

from backend import policy  # noqa: E402 - the same
from backend.accounts.models import Membership, User  # noqa: E402 - the same
from backend.accounts.services import issue_api_token  # noqa: E402 - the same
from backend.speakers.models import Speaker  # noqa: E402 - the same
from benchmarks.ground.coverage_seed import Seeded, seed_campaign  # noqa: E402 - the same

_SPEAKERS = 200


def main() -> None:
    """Seed and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slug", required=True)
    parser.add_argument("--clips", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    call_command("migrate", verbosity=0)
    seeded = seed_campaign(slug=chosen.slug, clips=chosen.clips, seed=chosen.seed)
    phones = [
        {"token": phone.token, "speakers": _speakers(phone.device.collector_id, seeded)}
        for phone in seeded.phones
    ]
    told = {
        "campaign": chosen.slug,
        "clips": seeded.clips,
        "events": seeded.events,
        "speakers": seeded.speakers,
        "seconds": round(seeded.seconds, 1),
        "manager": _manager(seeded),
        "phones": phones,
    }
    sys.stdout.write(json.dumps(told) + "\n")


def _speakers(collector_id: UUID, seeded: Seeded) -> list[str]:
    rows = Speaker.objects.filter(campaign=seeded.campaign, collector_id=collector_id)
    return [str(pk) for pk in rows.order_by("pk").values_list("pk", flat=True)[:_SPEAKERS]]


def _manager(seeded: Seeded) -> str:
    user = User.objects.create_user(username=f"manager-of-{seeded.campaign.slug}")
    Membership.objects.create(user=user, campaign=seeded.campaign, role=policy.MANAGER)
    _, token = issue_api_token(user=user, name="bench", actor="system", now=timezone.now())
    return token


if __name__ == "__main__":
    main()
