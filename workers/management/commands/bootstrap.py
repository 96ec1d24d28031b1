"""Make a fresh installation usable: a console login, the demo campaign, a way in for phones."""

import json
import secrets
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from backend import policy
from backend.accounts.models import Membership, User
from backend.accounts.services import issue_api_token, issue_enrolment_code
from backend.coverage.api import enrolment_url
from workers.demo import make_demo

_ACTOR = "system"
_CODE_USES = 50
_CODE_LIFE = timedelta(days=30)
_TOKEN_NAME = "bootstrap"  # noqa: S105 - the token's name, not the token


class Command(BaseCommand):
    """Idempotent; prints one JSON object with what was made, as the last line."""

    help = "Make the first login, the demo campaign and an enrolment code; prints JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the login's address and, for a known login, its password again."""
        parser.add_argument("--email", default="manager@fieldvoice.local")
        parser.add_argument("--password", default="", help="set this password; made when new")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing; a fresh API token and enrolment code each time."""
        now = timezone.now()
        password = options["password"] or secrets.token_urlsafe(12)
        with transaction.atomic():
            user, made = User.objects.get_or_create(
                username=options["email"],
                defaults={"email": options["email"], "is_staff": True, "is_superuser": True},
            )
            if made or options["password"]:
                user.set_password(password)
                user.save(update_fields=["password"])
            Membership.objects.get_or_create(user=user, campaign=None, role=policy.MANAGER)
            Membership.objects.get_or_create(user=user, campaign=None, role=policy.SCIENTIST)
            campaign = make_demo(manager=user, actor=_ACTOR, now=now)
            user.api_tokens.filter(name=_TOKEN_NAME, revoked_at=None).update(revoked_at=now)
            _, token = issue_api_token(user=user, name=_TOKEN_NAME, actor=_ACTOR, now=now)
            _, code = issue_enrolment_code(
                campaign_id=campaign.id,
                uses=_CODE_USES,
                valid_for=_CODE_LIFE,
                actor=_ACTOR,
                now=now,
            )
        self.stdout.write(
            json.dumps(
                {
                    "console_email": user.username,
                    "console_password": password if made or options["password"] else None,
                    "campaign": campaign.slug,
                    "enrolment_code": code,
                    "enrolment_url": enrolment_url(code),
                    "api_token": token,
                }
            )
        )
