"""The role table, written out once more, and every address of the API held against it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import BasePermission

from backend import policy
from backend.accounts.permissions import Can
from backend.campaigns.models import Campaign
from tests.cast import Caller, Person, Phone, make_campaign, make_person
from tests.factories import Sitting, upload_clip

# Not the API's: these carry a signature or a secret of their own, checked in the view.
OWN_SIGNATURE = ("ls-audio/", "hooks/ls/")
METHODS = ("get", "post", "put", "patch", "delete")
SAMPLE = {"uuid": "01890000-0000-7000-8000-000000000000", "slug": "spring", "str": "x", "int": "1"}
# The pages sign in by session and check their verbs with the same table; tests/console has them.
PAGES = ("admin/", "console/", "app/", "static/")


def api_views() -> Iterator[tuple[str, Any]]:
    """Yield (route, view class) of every class-based API view."""

    def walk(resolver: Any, prefix: str) -> Iterator[tuple[str, Any]]:
        for entry in resolver.url_patterns:
            route = prefix + str(entry.pattern)
            if route.startswith(PAGES + OWN_SIGNATURE):
                continue
            if isinstance(entry, URLResolver):
                yield from walk(entry, route)
            elif isinstance(entry, URLPattern):
                view = getattr(entry.callback, "view_class", None) or getattr(
                    entry.callback, "cls", None
                )
                if view is not None:
                    yield route, view

    yield from walk(get_resolver(), "")


ROUTES = sorted(api_views(), key=lambda pair: pair[0])


@pytest.mark.parametrize(("route", "view"), ROUTES, ids=[route for route, _ in ROUTES])
def test_every_method_of_every_view_names_a_verb_of_the_table(route: str, view: Any) -> None:
    methods = {name.upper() for name in METHODS if hasattr(view, name)}
    assert methods, route
    assert set(view.verbs) == methods
    assert set(view.verbs.values()) <= policy.VERBS
    assert [issubclass(kind, BasePermission) for kind in view.permission_classes] == [True]
    assert view.permission_classes[0] is Can


def path_of(route: str) -> str:
    """Return an address for a route, its variables filled in."""
    parts = []
    for part in route.split("/"):
        kind = part.strip("<>").split(":")[0] if part.startswith("<") else ""
        tail = part.rpartition(">")[2] if kind else ""
        parts.append(SAMPLE[kind] + tail if kind else part)
    return "/" + "/".join(parts)


def call(caller: Caller, method: str, path: str) -> Any:
    answer = getattr(caller, method)(path, *([{}] if method in ("put", "patch") else []))
    return answer


@pytest.mark.django_db
@pytest.mark.parametrize(("route", "view"), ROUTES, ids=[route for route, _ in ROUTES])
def test_nobody_enters_without_a_token_but_by_the_public_calls(route: str, view: Any) -> None:
    for method in METHODS:
        if not hasattr(view, method):
            continue
        answer = call(Caller(""), method, path_of(route))
        if view.verbs[method.upper()] == policy.PUBLIC:
            assert answer.status_code != 401
        else:
            assert answer.status_code == 401, f"{method} {route}"


@pytest.mark.django_db
@pytest.mark.parametrize(("route", "view"), ROUTES, ids=[route for route, _ in ROUTES])
def test_a_role_without_the_verb_is_refused(route: str, view: Any, campaign: Campaign) -> None:
    for role, verbs in policy.ROLES.items():
        person = make_person(role, campaign, name=f"{role}-one")
        for method in METHODS:
            verb = view.verbs.get(method.upper())
            if verb is None or verb in verbs or verb in (policy.PUBLIC, policy.SIGNED_IN):
                continue
            answer = call(person, method, path_of(route))
            assert answer.status_code == 403, f"{role} {method} {route}: {answer.content!r}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "verb", "may"),
    [
        (policy.COLLECTOR, "clip.record", True),
        (policy.COLLECTOR, "clip.hear", False),
        (policy.COLLECTOR, "campaign.write", False),
        (policy.COLLECTOR, "release.build", False),
        (policy.VENDOR, "clip.read", False),
        (policy.VENDOR, "clip.hear", False),
        (policy.SCIENTIST, "clip.hear", True),
        (policy.SCIENTIST, "release.build", True),
        (policy.SCIENTIST, "clip.review", False),
        (policy.SCIENTIST, "enrolment.issue", False),
        (policy.SCIENTIST, "clip.withdraw", False),
        (policy.MANAGER, "clip.review", True),
        (policy.MANAGER, "clip.withdraw", True),
        (policy.MANAGER, "clip.record", False),
        (policy.OPERATOR, "clip.hear", False),
        (policy.OPERATOR, "job.retry", True),
    ],
)
def test_the_table_says(role: str, verb: str, may: bool) -> None:
    assert (verb in policy.ROLES[role]) is may


@pytest.mark.django_db
def test_a_manager_of_another_campaign_sees_nothing_of_this_one(
    sitting: Sitting, campaign: Campaign
) -> None:
    clip = upload_clip(sitting)
    stranger = make_person(policy.MANAGER, make_campaign("autumn"), name="stranger")
    for path in ("", "/coverage"):
        assert stranger.get(f"/v1/campaigns/spring{path}").status_code == 404
    assert stranger.get(f"/v1/clips/{clip.pk}").status_code == 404
    assert stranger.post(f"/v1/clips/{clip.pk}/withdraw", {}).status_code == 404
    assert stranger.post("/v1/campaigns/spring/enrolment-codes", {}).status_code == 404


@pytest.mark.django_db
def test_a_phone_reaches_no_call_of_a_manager(phone: Phone) -> None:
    assert phone.get("/v1/campaigns/spring/coverage").status_code == 403
    assert phone.post("/v1/campaigns/spring/enrolment-codes", {}).status_code == 403


@pytest.mark.django_db
def test_a_persons_token_reaches_no_call_of_a_phone(manager: Person) -> None:
    assert manager.get("/v1/campaigns/spring/pack").status_code == 403


@pytest.mark.django_db
def test_a_revoked_or_inactive_person_is_not_signed_in(manager: Person) -> None:
    assert manager.get("/v1/campaigns/spring").status_code == 200
    manager.user.is_active = False
    manager.user.save()
    assert manager.get("/v1/campaigns/spring").status_code == 401
