"""Cell: a stratum's target and counters. CellSpeaker: the same per speaker, to count speakers.
Hold: what phones were promised of a cell."""

from datetime import datetime

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Q

from backend.accounts.models import Device
from backend.coverage.day_models import CellDay as CellDay
from backend.coverage.people_models import Screening as Screening
from backend.coverage.people_models import SupplyCount as SupplyCount
from backend.coverage.people_models import SupplyTotal as SupplyTotal
from backend.coverage.people_models import WaitlistEntry as WaitlistEntry
from backend.coverage.people_models import Whereabouts as Whereabouts
from backend.coverage.plan_models import CoveragePlan as CoveragePlan
from backend.coverage.prompt_models import PromptStanding as PromptStanding
from backend.coverage.prompt_models import Shortlist as Shortlist
from backend.coverage.prompt_models import ShortlistItem as ShortlistItem
from backend.coverage.prompt_models import SpeakerPrompts as SpeakerPrompts
from backend.coverage.proof_models import CounterProof as CounterProof


class Cell(models.Model):
    """Counters of one cell of one campaign; moved only by backend.coverage.counters."""

    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="cells"
    )
    key = models.CharField(max_length=200)
    target = models.PositiveBigIntegerField(null=True, blank=True)
    pending_clips = models.BigIntegerField(default=0)
    pending_ms = models.BigIntegerField(default=0)
    accepted_clips = models.BigIntegerField(default=0)
    accepted_ms = models.BigIntegerField(default=0)
    rejected_clips = models.BigIntegerField(default=0)
    rejected_ms = models.BigIntegerField(default=0)
    held_clips = models.BigIntegerField(default=0)
    held_ms = models.BigIntegerField(default=0)
    accepted_speakers = models.BigIntegerField(default=0)
    # Set with the target by the plan (plan.CellGoal).
    min_speakers = models.PositiveIntegerField(default=0)
    max_ms_per_speaker = models.PositiveBigIntegerField(null=True, blank=True)
    # Of whom clips wait and none is accepted.
    waiting_speakers = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "key"], name="cell_once")]

    def __str__(self) -> str:
        return self.key


class CellSpeaker(models.Model):
    """One speaker's share of a cell."""

    cell = models.ForeignKey(Cell, on_delete=models.CASCADE, related_name="speakers")
    speaker_id = models.UUIDField()
    pending_clips = models.BigIntegerField(default=0)
    pending_ms = models.BigIntegerField(default=0)
    accepted_clips = models.BigIntegerField(default=0)
    accepted_ms = models.BigIntegerField(default=0)
    rejected_clips = models.BigIntegerField(default=0)
    rejected_ms = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cell", "speaker_id"], name="cell_speaker_once")
        ]

    def __str__(self) -> str:
        return f"{self.speaker_id} in {self.cell_id}"


class LeaseRequest(models.Model):
    """A phone's request for leases under the phone's id: asked again, it is answered as it was."""

    id = models.UUIDField(primary_key=True)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE)
    collector_id = models.UUIDField()
    request_digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class HoldKind(models.TextChoices):
    """A hold is for the person who is about to speak, a lease for days without a network."""

    HOLD = "hold"
    LEASE = "lease"


class HoldQuerySet(models.QuerySet["Hold"]):
    """Named readings of the holds."""

    def open(self) -> "HoldQuerySet":
        """Return those that still count in their cell: neither used up nor released."""
        return self.filter(released_at=None)

    def live(self, now: datetime) -> "HoldQuerySet":
        """Return those whose promise stands."""
        return self.open().filter(expires_at__gt=now)

    def stale(self, now: datetime) -> "HoldQuerySet":
        """Return those that count and should not: expired, or of a phone that left."""
        gone = Device.objects.filter(revoked_at__isnull=False).values("pk")
        return self.open().filter(Q(expires_at__lte=now) | Q(device_id__in=gone))

    def strayed(self) -> "HoldQuerySet":
        """Return those of which something was recorded in other surroundings than promised."""
        return self.open().filter(strayed_clips__gt=0)


class Hold(models.Model):
    """Recordings that a phone was promised and has not made yet.

    Without a cell it is a promise of the whole campaign, which has no targets: it bounds a phone,
    and counts nowhere. `overfill_*`: clips that came late, beyond the promise or for another cell.
    Until it is released, what is left of it stands in the cell's `held_*`. `strayed_clips`: those
    of the overfill that the same person recorded in other surroundings; the sweep takes the
    promise back by as many.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    kind = models.CharField(max_length=5, choices=HoldKind.choices)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE)
    cell = models.ForeignKey(Cell, null=True, on_delete=models.CASCADE, db_index=False)
    request = models.ForeignKey(
        LeaseRequest, null=True, on_delete=models.CASCADE, related_name="leases"
    )
    device_id = models.UUIDField()
    collector_id = models.UUIDField()
    speaker_id = models.UUIDField(null=True)
    clips = models.PositiveIntegerField()
    ms = models.PositiveBigIntegerField()
    used_clips = models.PositiveIntegerField(default=0)
    used_ms = models.PositiveBigIntegerField(default=0)
    overfill_clips = models.PositiveIntegerField(default=0)
    overfill_ms = models.PositiveBigIntegerField(default=0)
    strayed_clips = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=HoldKind.values), name="hold_kind_is_known")
        ]
        indexes = [
            models.Index(
                fields=["campaign", "expires_at"],
                name="hold_open",
                condition=Q(released_at__isnull=True),
            ),
            models.Index(
                fields=["collector_id"],
                name="hold_of_collector",
                condition=Q(released_at__isnull=True),
            ),
            models.Index(
                fields=["cell"], name="hold_in_cell", condition=Q(released_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def left(self) -> tuple[int, int]:
        """Return the (clips, milliseconds) that are promised and not made."""
        clips = self.clips - self.used_clips
        if self.released_at is not None or clips <= 0:
            return 0, 0
        return clips, max(0, self.ms - self.used_ms)
