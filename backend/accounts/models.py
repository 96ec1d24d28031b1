"""User, Firm, Membership (a role per campaign), EnrolmentCode, Device, DeviceReport, ApiToken."""

from typing import Any

import uuid_utils.compat as uuid
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

from backend import policy

ROLE_CHOICES = [(role, role) for role in policy.ROLES]


class Firm(models.Model):
    """An organisation that collects or annotates; it never annotates what it collected."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    name = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person who signs in, or a collector, for whom a phone's token stands."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    firm = models.ForeignKey(Firm, null=True, blank=True, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return self.username


class Membership(models.Model):
    """A role in one campaign, or, without a campaign, in all of them."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    campaign = models.ForeignKey(
        "campaigns.Campaign",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="members",
    )
    role = models.CharField(max_length=20, choices=ROLE_CHOICES)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "campaign", "role"], name="membership_once"),
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=Q(campaign__isnull=True),
                name="membership_everywhere_once",
            ),
            models.CheckConstraint(
                condition=Q(role__in=list(policy.ROLES)), name="membership_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class EnrolmentCode(models.Model):
    """A way in for phones: expires, and counts how many were let in. Stored hashed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    code_hash = models.CharField(max_length=64, unique=True)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE)
    firm = models.ForeignKey(Firm, null=True, blank=True, on_delete=models.PROTECT)
    uses_allowed = models.PositiveIntegerField()
    uses = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(uses__lte=models.F("uses_allowed")), name="enrolment_uses_within_bound"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class Device(models.Model):
    """A phone let in by one code: one collector's, with the one token that is valid now."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    code = models.ForeignKey(EnrolmentCode, on_delete=models.PROTECT, related_name="devices")
    install_id = models.CharField(max_length=64)
    collector = models.ForeignKey(User, on_delete=models.PROTECT, related_name="devices")
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.PROTECT)
    user_agent = models.CharField(max_length=400, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    enrolled_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    # It went by itself; only such a phone may come back by its code.
    left_at = models.DateTimeField(null=True, blank=True)
    # The last one: `{at, unsent, unsent_bytes, free_bytes, app_version, selftest?}`.
    report: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(
        default=dict, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "install_id"], name="device_once_per_code")
        ]

    def __str__(self) -> str:
        return str(self.id)


class DeviceReport(models.Model):
    """A report that came with a self-test; of the others only the last is kept, on the device."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="selftests")
    at = models.DateTimeField()
    app_version = models.CharField(max_length=40)
    selftest: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            # A phone repeats what it got no answer to.
            models.UniqueConstraint(fields=["device", "digest"], name="device_report_once")
        ]

    def __str__(self) -> str:
        return f"{self.device_id} at {self.at}"


class ApiToken(models.Model):
    """A person's token for scripts; it can do what the person's roles can, no more."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
