"""Count clips anew and compare: prints what was wrong, one JSON line a campaign."""

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backend.campaigns.models import Campaign
from backend.clips.recount import prove_counters


class Command(BaseCommand):
    """Exits 1 when a counter was wrong, whether it was put right or not."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the campaigns, and whether only to look."""
        parser.add_argument("campaigns", nargs="*", metavar="SLUG", help="all, if none is named")
        parser.add_argument("--compare", action="store_true", help="put nothing right")

    def handle(self, *args: Any, **options: Any) -> None:
        """Recount one campaign after the other."""
        campaigns = Campaign.objects.order_by("slug")
        if options["campaigns"]:
            campaigns = campaigns.filter(slug__in=options["campaigns"])
            unknown = set(options["campaigns"]) - {campaign.slug for campaign in campaigns}
            if unknown:
                raise CommandError(f"There is no campaign {', '.join(sorted(unknown))}.")
        wrong = False
        for campaign in campaigns:
            started = time.monotonic()
            found = prove_counters(
                campaign_id=campaign.pk,
                actor="manage:rebuild_counters",
                now=timezone.now(),
                mend=not options["compare"],
            )
            wrong |= not found.right
            told = {
                "campaign": campaign.slug,
                "right": found.right,
                "seconds": round(time.monotonic() - started, 2),
                "cells": [gap.as_dict() for gap in found.cells],
                "speakers": [gap.as_dict() for gap in found.speakers],
            }
            self.stdout.write(json.dumps(told))
        if wrong:
            raise CommandError("counters were wrong", returncode=1)
