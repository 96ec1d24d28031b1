"""manage.py connect_label_studio: register a running Label Studio; prints one JSON line."""

import argparse
import json
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotation.label_studio.errors import DoorError
from annotation.models import Instance
from annotation.services.connecting import AddressTaken, add_annotator, connect_instance


class Command(BaseCommand):
    """Idempotent: `make run` calls it at every start."""

    help = "Register a vendor's Label Studio: token, project, webhook, and an annotator if asked."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Options; the token may come from LABEL_STUDIO_TOKEN, so that no process list shows it."""
        parser.add_argument("--url", default=settings.LABEL_STUDIO_URL)
        parser.add_argument("--token", default=settings.LABEL_STUDIO_TOKEN)
        parser.add_argument("--vendor", default="House annotators")
        parser.add_argument("--annotator", default="", metavar="EMAIL:PASSWORD")
        parser.add_argument(
            "--instance", type=uuid.UUID, help="the id of an instance that has moved to --url"
        )
        parser.add_argument(
            "--instance-file",
            type=Path,
            help="where this Label Studio's ids are kept (one for each database that knows it), "
            "so that it is recognised after a move",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Connect and say what there is now."""
        if not options["url"] or not options["token"]:
            raise CommandError(
                "Give --url and --token, or LABEL_STUDIO_URL and LABEL_STUDIO_TOKEN."
            )
        email, _, password = options["annotator"].partition(":")
        if options["annotator"] and not password:
            raise CommandError("--annotator is EMAIL:PASSWORD")
        moved, kept = options["instance"], _ids_in(options["instance_file"])
        if moved and not Instance.objects.filter(pk=moved).exists():
            raise CommandError(f"there is no instance {moved}")
        try:
            made = connect_instance(
                vendor_name=options["vendor"],
                base_url=options["url"],
                token=options["token"],
                now=timezone.now(),
                known_as=[moved] if moved else kept,
            )
            if email:
                add_annotator(instance=made.instance, email=email, password=password)
        except (DoorError, AddressTaken) as error:
            raise CommandError(str(error)) from error
        if options["instance_file"] and made.instance.pk not in kept:
            _keep_ids(options["instance_file"], [*kept, made.instance.pk])
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


def _ids_in(path: Path | None) -> list[uuid.UUID]:
    if path is None or not path.exists():
        return []
    try:
        return [uuid.UUID(line) for line in path.read_text().split()]
    except ValueError:
        raise CommandError(f"{path} holds something else than instances' ids") from None


def _keep_ids(path: Path, ids: list[uuid.UUID]) -> None:
    """Replace the file in one step: half an id would be refused from then on."""
    draft = path.with_name(path.name + ".new")
    draft.write_text("".join(f"{each}\n" for each in ids))
    draft.replace(path)
