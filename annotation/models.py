"""Facts of annotation: who may be asked, what was asked of them, and what they answered."""

import datetime as dt
import uuid

import uuid_utils.compat as uuid7
from django.db import models
from django.db.models import Q

TRANSCRIPTION = "transcription"


class Vendor(models.Model):
    """A house of annotators; a firm that also collects never annotates its own clips."""

    id = models.UUIDField(primary_key=True, default=uuid7.uuid7, editable=False)
    name = models.CharField(max_length=120, unique=True)
    firm = models.ForeignKey("accounts.Firm", null=True, blank=True, on_delete=models.PROTECT)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class InstanceState(models.TextChoices):
    """What the last call found; work waits in its queue while an instance is not `ok`."""

    NEW = "new"
    OK = "ok"
    AWAY = "away"
    UNAUTHORISED = "unauthorised"


class Instance(models.Model):
    """A vendor's Label Studio: one instance a vendor, for everybody inside one sees all of it."""

    # Random: the id stands in the webhook's address, which every annotator can read.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, related_name="instances")
    base_url = models.URLField(max_length=300, unique=True)
    sealed_token = models.TextField()
    # In the clear: Label Studio shows it to every annotator, and all it can do is start a poll.
    webhook_secret = models.CharField(max_length=64)
    state = models.CharField(
        max_length=20, choices=InstanceState.choices, default=InstanceState.NEW
    )
    version = models.CharField(max_length=40, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=InstanceState.values), name="instance_state_is_known"
            )
        ]

    def __str__(self) -> str:
        return self.base_url


class Project(models.Model):
    """One a task type and configuration version; answers are pulled up to `cursor_at`."""

    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="projects")
    task_type = models.CharField(max_length=40)
    config_version = models.PositiveIntegerField()
    ls_project_id = models.BigIntegerField()
    cursor_at = models.DateTimeField(null=True, blank=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["instance", "task_type", "config_version"], name="project_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.task_type} v{self.config_version}"


class ProjectLease(models.Model):
    """Who works on a project's far side now: one writer (push, withdraw) and one reader (pull)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="leases")
    purpose = models.CharField(max_length=10, choices=[("write", "write"), ("read", "read")])
    holder = models.UUIDField(null=True)
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "purpose"], name="project_lease_once")
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.purpose}"


class RouteState(models.TextChoices):
    """`sending` may or may not have reached the vendor: it is looked up before it is sent again."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


class RouteQuerySet(models.QuerySet["Route"]):
    """Named readings of routes."""

    def open(self) -> "RouteQuerySet":
        """Routes that still wait for an answer."""
        return self.filter(state__in=[RouteState.PENDING, RouteState.SENDING, RouteState.SENT])

    def audible(self) -> "RouteQuerySet":
        """Routes whose link still plays: a vendor may look again at what it has answered."""
        return self.exclude(state__in=[RouteState.WITHDRAWN, RouteState.FAILED])

    def to_clean(self) -> "RouteQuerySet":
        """Routes that were taken back and may still have a task at the vendor."""
        return self.filter(state=RouteState.WITHDRAWN, attempt__gt=0, cleaned_at=None)


class Route(models.Model):
    """One asking of one vendor about one item. Its id is all that the vendor knows of the item."""

    # Random (not time-ordered, as ids are elsewhere): a vendor must not read an order or a time.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Nullable because a clip is only the first kind of item; the constraint says which are known.
    clip = models.ForeignKey(
        "clips.Clip", null=True, on_delete=models.PROTECT, related_name="routes"
    )
    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, related_name="routes")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="routes")
    task_type = models.CharField(max_length=40)
    round = models.PositiveIntegerField(default=1)
    is_gold = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=RouteState.choices, default=RouteState.PENDING)
    reason = models.CharField(max_length=200, blank=True)
    batch = models.UUIDField(null=True, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    ls_task_id = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    sending_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    cleaned_at = models.DateTimeField(null=True, blank=True)

    objects = RouteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clip", "vendor", "task_type", "round"], name="route_once"
            ),
            models.CheckConstraint(condition=Q(clip__isnull=False), name="route_has_one_item"),
            models.CheckConstraint(
                condition=Q(state__in=RouteState.values), name="route_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(ls_task_id__isnull=False), name="route_sent_has_task"
            ),
        ]
        indexes = [
            models.Index(
                fields=["project", "state", "created_at"],
                name="route_open",
                condition=Q(state__in=["pending", "sending", "sent"]),
            ),
            models.Index(
                fields=["project"],
                name="route_to_clean",
                condition=Q(state="withdrawn", cleaned_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Answer(models.Model):
    """One version of one annotation, as it was received; its payload is never changed.

    An edit in Label Studio supersedes the row with a new one. `payload` is null where the answer
    could not be kept (see annotation.answer.storable) and once the item is withdrawn.
    """

    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="answers")
    ls_annotation_id = models.BigIntegerField()
    version = models.PositiveIntegerField(default=1)
    # Not always the route's own task: a double, made by a lost reply, can be answered as well.
    ls_task_id = models.BigIntegerField()
    route = models.ForeignKey(Route, on_delete=models.PROTECT, related_name="answers")
    updated_at = models.DateTimeField()
    received_at = models.DateTimeField()
    completed_by = models.CharField(max_length=64, blank=True)
    lead_time = models.FloatField(null=True, blank=True)
    was_cancelled = models.BooleanField(default=False)
    payload: "models.JSONField[list[object] | None, list[object] | None]" = models.JSONField(
        null=True
    )
    digest = models.CharField(max_length=64)
    valid = models.BooleanField()
    errors: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list)
    superseded_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["instance", "ls_annotation_id", "version"], name="answer_version_once"
            ),
            models.UniqueConstraint(
                fields=["instance", "ls_annotation_id"],
                condition=Q(superseded_at__isnull=True),
                name="answer_has_one_current_version",
            ),
            models.UniqueConstraint(
                fields=["route"],
                condition=Q(accepted_at__isnull=False),
                name="answer_accepted_once_per_route",
            ),
        ]
        indexes = [models.Index(fields=["instance", "ls_task_id"], name="answer_by_task")]

    def __str__(self) -> str:
        return f"{self.ls_annotation_id} v{self.version}"

    @property
    def stands(self) -> bool:
        """True when nothing has replaced or removed it."""
        return self.superseded_at is None and self.deleted_at is None


class AudioAccess(models.Model):
    """A route's link was opened: the evidence that whoever answered could have heard."""

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="accesses")
    at: "models.DateTimeField[dt.datetime, dt.datetime]" = models.DateTimeField()
    range = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["route", "at"], name="audio_access_route")]

    def __str__(self) -> str:
        return f"{self.route_id} {self.at}"
