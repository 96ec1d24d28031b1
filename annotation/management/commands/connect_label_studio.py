"""manage.py connect_label_studio: register a running Label Studio; prints one JSON line."""

import argparse
import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotation.label_studio.errors import DoorError
from annotation.services.connecting import add_annotator, connect_instance


class Command(BaseCommand):
    """Idempotent: `make run` calls it at every start."""

    help = "Register a vendor's Label Studio: token, project, webhook, and an annotator if asked."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Options; the token may come from LABEL_STUDIO_TOKEN, so that no process list shows it."""
        parser.add_argument("--url", default=settings.LABEL_STUDIO_URL)
        parser.add_argument("--token", default=settings.LABEL_STUDIO_TOKEN)
        parser.add_argument("--vendor", default="House annotators")
        parser.add_argument("--annotator", default="", metavar="EMAIL:PASSWORD")

    def handle(self, *args: Any, **options: Any) -> None:
        """Connect and say what there is now."""
        if not options["url"] or not options["token"]:
            raise CommandError(
                "Give --url and --token, or LABEL_STUDIO_URL and LABEL_STUDIO_TOKEN."
            )
        email, _, password = options["annotator"].partition(":")
        if options["annotator"] and not password:
            raise CommandError("--annotator is EMAIL:PASSWORD")
        try:
            made = connect_instance(
                vendor_name=options["vendor"],
                base_url=options["url"],
                token=options["token"],
                now=timezone.now(),
            )
            if email:
                add_annotator(instance=made.instance, email=email, password=password)
        except DoorError as error:
            raise CommandError(str(error)) from error
        answer: dict[str, Any] = {
            "vendor": made.vendor.name,
            "instance": str(made.instance.pk),
            "url": made.instance.base_url,
            "version": made.instance.version,
            "webhook": made.webhook,
            "projects": [
                {
                    "task_type": project.task_type,
                    "config_version": project.config_version,
                    "ls_project_id": project.ls_project_id,
                }
                for project in made.projects
            ],
        }
        if email:
            answer["annotator"] = {"email": email, "password": password}
        self.stdout.write(json.dumps(answer))
