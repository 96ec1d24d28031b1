"""Register a vendor's instance: token, project, webhook; and an annotator's account in it."""

import datetime as dt
import logging
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings

from annotation.label_studio.client import LabelStudio
from annotation.label_studio.config_check import require_sound_config
from annotation.label_studio.configs import CURRENT, read_config
from annotation.label_studio.errors import Refused, Unauthorised
from annotation.label_studio.people import create_annotator
from annotation.models import Instance, InstanceState, Project, Vendor
from annotation.sealing import TokenUnreadable, seal, unseal

_log = logging.getLogger("fieldvoice.annotation")


class AddressTaken(Exception):
    """A Label Studio that has moved answers where another instance is registered."""

    def __init__(self, base_url: str, there: uuid.UUID, moved: Instance) -> None:
        super().__init__(
            f"{base_url} is registered as another instance ({there}); "
            f"{moved.pk}, last at {moved.base_url}, cannot take its place"
        )


@dataclass(frozen=True)
class Connected:
    """A registered instance; `webhook` is False where Label Studio would not take the address."""

    vendor: Vendor
    instance: Instance
    projects: list[Project]
    webhook: bool


def connect_instance(
    *,
    vendor_name: str,
    base_url: str,
    token: str,
    now: dt.datetime,
    known_as: Collection[uuid.UUID] = (),
) -> Connected:
    """Register an instance and make what is missing in it; doing it again changes nothing.

    `token` may be a legacy token, which is exchanged for a personal one, or a personal one. The
    stored token is kept while it works. `known_as` are ids that this Label Studio may have had at
    another address: it keeps its id, and so its projects and routes. Raises the door's errors, and
    AddressTaken.
    """
    base_url = base_url.rstrip("/")
    kept = _known_instance(base_url, known_as)
    token, version = _working_token(kept, base_url, token)
    if kept is not None and kept.base_url != base_url:
        Instance.objects.filter(pk=kept.pk).update(base_url=base_url)
        _log.info("annotation.instance_moved", extra={"instance": str(kept.pk)})
    vendor = (
        kept.vendor
        if kept
        else Vendor.objects.get_or_create(name=vendor_name, defaults={"created_at": now})[0]
    )
    instance, _ = Instance.objects.update_or_create(
        base_url=base_url,
        defaults={
            "sealed_token": seal(token),
            "state": InstanceState.OK,
            "version": version,
            "last_ok_at": now,
            "last_error": "",
            "failures": 0,
            "retry_at": None,
        },
        create_defaults={
            "vendor": vendor,
            "sealed_token": seal(token),
            "webhook_secret": secrets.token_urlsafe(32),
            "state": InstanceState.OK,
            "version": version,
            "last_ok_at": now,
            "created_at": now,
        },
    )
    with LabelStudio(base_url=base_url, token=token) as door:
        projects = [_ensure_project(door, instance, kind, now) for kind in CURRENT]
        webhooks = [_ensure_webhook(door, instance, project) for project in projects]
    return Connected(vendor, instance, projects, all(webhooks))


def add_annotator(*, instance: Instance, email: str, password: str) -> bool:
    """Make a Label Studio account that can log in; False when it exists. Raises the door's errors.

    It sees everything inside this instance, which is why an instance is one vendor's.
    """
    with LabelStudio(base_url=instance.base_url, token=unseal(instance.sealed_token)) as door:
        invite = door.read_invite()
    return create_annotator(
        base_url=instance.base_url, invite=invite, email=email, password=password
    )


def _known_instance(base_url: str, known_as: Collection[uuid.UUID]) -> Instance | None:
    """The row of the Label Studio that answers here: its id counts for more than its address."""
    here = Instance.objects.filter(base_url=base_url).first()
    if here is not None and here.pk in known_as:
        return here
    moved = Instance.objects.filter(pk__in=known_as).order_by("created_at").first()
    if moved is None:
        return here
    if here is not None:
        raise AddressTaken(base_url, here.pk, moved)
    return moved


def _working_token(kept: Instance | None, base_url: str, given: str) -> tuple[str, str]:
    """The stored token while it works, else a lasting one for the token given; and the version."""
    if kept is not None:
        try:
            stored = unseal(kept.sealed_token)
            with LabelStudio(base_url=base_url, token=stored) as door:
                return stored, door.read_version()
        except (Unauthorised, TokenUnreadable):
            _log.warning("annotation.token_replaced", extra={"instance": str(kept.pk)})
    with LabelStudio(base_url=base_url, token=given) as door:
        version = door.read_version()
        return door.lasting_token(), version


def _ensure_project(
    door: LabelStudio, instance: Instance, task_type: str, now: dt.datetime
) -> Project:
    """Find or make the project of a task type's current configuration.

    It is looked for by its title first: a creation whose answer was lost is found, not repeated.
    """
    version = CURRENT[task_type]
    title = f"fieldvoice:{task_type}:v{version}"
    remote = door.find_project(title)
    if remote is None:
        config = read_config(task_type, version)
        require_sound_config(config)
        door.check_config(config)
        remote = door.create_project(title=title, config=config)
    project, made = Project.objects.get_or_create(
        instance=instance,
        task_type=task_type,
        config_version=version,
        defaults={"ls_project_id": remote.id, "created_at": now},
    )
    if not made and project.ls_project_id != remote.id:
        # The instance was emptied and set up anew: the cursor speaks of another history.
        Project.objects.filter(pk=project.pk).update(ls_project_id=remote.id, cursor_at=None)
        project.refresh_from_db()
    return project


def _ensure_webhook(door: LabelStudio, instance: Instance, project: Project) -> bool:
    """Ask for pokes; without them answers come by polling alone, which is enough."""
    url = f"{settings.PUBLIC_URL}/hooks/ls/{instance.pk}"
    try:
        door.ensure_webhook(project.ls_project_id, url=url, secret=instance.webhook_secret)
    except (Refused, Unauthorised):
        # 403 here is Label Studio's SSRF protection: the address lies in a network it bans.
        _log.warning("annotation.webhook_refused", extra={"instance": str(instance.pk)})
        return False
    return True
