"""The one permission class: a view names its verb, the role table answers; no verb, no entry."""

from typing import Any

from django.db.models import Q
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from backend import policy
from backend.accounts.models import Device, Membership, User
from backend.problems import NotAllowed, NotFound, NotSignedIn


def person_of(request: Request) -> User:
    """Return the signed-in user; raises NotSignedIn."""
    if not isinstance(request.user, User):
        raise NotSignedIn()
    return request.user


def actor_of(request: Request) -> str:
    """Return who acts, as it is written in events: `device:ID` or `user:ID`."""
    if isinstance(request.auth, Device):
        return f"device:{request.auth.id}"
    return f"user:{request.user.pk}"


def roles_in(user: User, campaign_id: Any) -> set[str]:
    """Return the user's roles in one campaign, those that hold everywhere included."""
    return set(
        Membership.objects.filter(
            Q(campaign_id=campaign_id) | Q(campaign=None), user=user
        ).values_list("role", flat=True)
    )


def person_holds(user: User, verb: str, campaign_id: Any) -> bool:
    """Say whether a person may do this in the campaign; None asks for all campaigns at once."""
    if user.is_superuser:
        return verb not in policy.ROLES[policy.COLLECTOR] or verb in policy.ROLES[policy.MANAGER]
    return any(verb in policy.ROLES[role] for role in roles_in(user, campaign_id))


def campaigns_of(user: User, verb: str) -> Q:
    """Return the filter on Campaign for the campaigns in which a person holds the verb."""
    if user.is_superuser:
        return Q()
    rows = Membership.objects.filter(user=user, role__in=policy.roles_with(verb))
    if rows.filter(campaign=None).exists():
        return Q()
    return Q(pk__in=rows.values("campaign_id"))


def holds(request: Request, verb: str, campaign_id: Any) -> bool:
    """Say whether the caller may do this in the campaign; a device is a collector in its own."""
    device = request.auth
    if isinstance(device, Device):
        return verb in policy.ROLES[policy.COLLECTOR] and device.campaign_id == campaign_id
    return person_holds(person_of(request), verb, campaign_id)


def require(request: Request, verb: str, campaign_id: Any) -> None:
    """Raise NotFound for a campaign that is not the caller's, NotAllowed when only the verb is."""
    if holds(request, verb, campaign_id):
        return
    device = request.auth
    if isinstance(device, Device):
        known = device.campaign_id == campaign_id
    else:
        known = bool(roles_in(person_of(request), campaign_id))
    raise NotAllowed() if known else NotFound()


class Can(BasePermission):
    """Refuse a view that names no verb for the method; the campaign is checked in the view.

    A view has `verbs = {"GET": "clip.read"}`. The campaign a call is about is known only to the
    view, which calls `require`; a contract test walks all URLs.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Say whether the caller may reach the view at all."""
        verb = getattr(view, "verbs", {}).get(request.method)
        if verb == policy.PUBLIC:
            return True
        user = person_of(request)
        if verb is None:
            # A method that the view does not have is 405; one without a verb is denied.
            return not hasattr(view, (request.method or "").lower())
        if verb == policy.SIGNED_IN:
            return True
        if isinstance(request.auth, Device):
            return verb in policy.ROLES[policy.COLLECTOR]
        if user.is_superuser:
            return True
        rows = Membership.objects.filter(user=user, role__in=policy.roles_with(verb))
        return rows.exists()
