"""Who was met: screenings, how many of each kind at each site, who waits, where collectors are."""

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Q


class Outcome(models.TextChoices):
    """What a person was told before recording; `unasked`: recorded without a question before."""

    OPEN = "open"
    LOW = "low"
    FULL = "full"
    WAITLIST = "waitlist"
    UNASKED = "unasked"


class Screening(models.Model):
    """A person who was met, and what they were told last; one row however often they ask.

    Only what was declared decides: `key` is the person's cell by their own answers. `speaker_id`
    comes when the person has an id. `reason` says why in one word (backend.coverage.quota.Reason),
    `offered` which other use was offered to whom was turned away. Met `at`, asked last `asked_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE)
    collector_id = models.UUIDField()
    device_id = models.UUIDField()
    speaker_id = models.UUIDField(null=True)
    site = models.ForeignKey("campaigns.Site", null=True, on_delete=models.PROTECT)
    key = models.CharField(max_length=200)
    # Of the answers, to know again who has no id yet: two people of one cell differ in them.
    said_digest = models.CharField(max_length=64)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    reason = models.CharField(max_length=20)
    offered = models.CharField(max_length=10, blank=True)
    at = models.DateTimeField()
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "speaker_id"],
                name="screening_once_per_speaker",
                condition=Q(speaker_id__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="screening_outcome_is_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["device_id", "said_digest", "asked_at"],
                name="screening_of_nobody_yet",
                condition=Q(speaker_id__isnull=True),
            ),
            models.Index(fields=["campaign", "at"], name="screening_by_time"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SupplyCount(models.Model):
    """How many people of a key were met at a site (null: nobody knows where) on a day (UTC).

    Moved in the transaction that writes the screening, by backend.coverage.supply alone.
    """

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False)
    site = models.ForeignKey("campaigns.Site", null=True, on_delete=models.PROTECT)
    key = models.CharField(max_length=200)
    day = models.DateField()
    people = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            # Two, since a null is unlike every other null.
            models.UniqueConstraint(
                fields=["campaign", "day", "key", "site"],
                name="supply_count_once",
                condition=Q(site__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["campaign", "day", "key"],
                name="supply_count_once_anywhere",
                condition=Q(site__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.people} on {self.day}"


class SupplyTotal(models.Model):
    """How many people of a key were ever met in a campaign: read before every recording."""

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False)
    key = models.CharField(max_length=200)
    people = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "key"], name="supply_total_once")
        ]

    def __str__(self) -> str:
        return str(self.people)


class Whereabouts(models.Model):
    """The site of a collector's newest session; until another, that is where they meet people."""

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False)
    collector_id = models.UUIDField()
    site = models.ForeignKey("campaigns.Site", null=True, on_delete=models.SET_NULL)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "collector_id"], name="whereabouts_once")
        ]

    def __str__(self) -> str:
        return str(self.collector_id)


class WaitlistEntry(models.Model):
    """A person who waits for a place in their cell; a place that comes free answers the oldest.

    Answered with a hold in the person's name, or by a place that they got when they asked again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    screening = models.OneToOneField(Screening, on_delete=models.CASCADE, related_name="waiting")
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False)
    key = models.CharField(max_length=200)
    since = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    hold = models.ForeignKey("coverage.Hold", null=True, on_delete=models.SET_NULL)

    class Meta:
        indexes = [
            models.Index(
                fields=["campaign", "key", "since"],
                name="waitlist_unanswered",
                condition=Q(answered_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
