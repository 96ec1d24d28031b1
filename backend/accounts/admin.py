"""Admin of people, firms and roles; codes, phones and tokens are shown without their hashes."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group

from backend.accounts.models import ApiToken, Device, EnrolmentCode, Firm, Membership, User
from backend.readonly_admin import AnyAdmin, ReadOnlyAdmin

# Roles stand in memberships and backend/policy.py; groups would be a second place for them.
admin.site.unregister(Group)


if TYPE_CHECKING:
    _Inline = admin.TabularInline[Membership, User]
    _People = UserAdmin[User]
else:
    # Generic in their stubs, not in Django itself.
    _Inline, _People = admin.TabularInline, UserAdmin


class MembershipInline(_Inline):
    """The roles of a person."""

    model = Membership
    extra = 0


@admin.register(User)
class PersonAdmin(_People):
    """People who sign in, and collectors, who do not."""

    inlines = [MembershipInline]
    list_display = ["username", "first_name", "firm", "is_active", "is_staff"]
    list_filter = ["is_active", "is_staff", "memberships__role"]
    list_select_related = ["firm"]
    fieldsets = (
        (None, {"fields": ("username", "password", "first_name", "email", "firm")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("When", {"fields": ("last_login", "date_joined")}),
    )
    filter_horizontal = ()
    readonly_fields = ["last_login", "date_joined"]


@admin.register(Firm)
class FirmAdmin(AnyAdmin):
    """Organisations."""

    list_display = ["name", "created_at"]


class _WithoutSecrets(ReadOnlyAdmin):
    """A row whose fingerprint of a secret stays unseen."""

    exclude = ("token_hash", "code_hash")


@admin.register(EnrolmentCode)
class EnrolmentCodeAdmin(_WithoutSecrets):
    """Ways in for phones."""

    list_display = ["id", "campaign", "uses", "uses_allowed", "expires_at", "revoked_at"]
    list_select_related = ["campaign"]


@admin.register(Device)
class DeviceAdmin(_WithoutSecrets):
    """Enrolled phones."""

    list_display = ["id", "campaign", "collector", "enrolled_at", "seen_at", "revoked_at"]
    list_select_related = ["campaign", "collector"]


@admin.register(ApiToken)
class ApiTokenAdmin(_WithoutSecrets):
    """Tokens of people's scripts."""

    list_display = ["name", "user", "created_at", "expires_at", "revoked_at"]
    list_select_related = ["user"]
