"""What every page begins with: who is signed in, what they may see, problems shown as pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.exceptions import ValidationError

from backend.accounts.models import User
from backend.accounts.permissions import person_holds
from backend.campaigns.models import Campaign
from backend.problems import NotAllowed, NotFound, Problem, as_problem, problem_response

View = Callable[..., HttpResponse]


def person_at(request: HttpRequest) -> User:
    """Return who is signed in; only behind `page`."""
    if not isinstance(request.user, User):
        raise NotAllowed()
    return request.user


def actor_at(request: HttpRequest) -> str:
    """Return who acts, as it is written in events."""
    return f"user:{person_at(request).pk}"


def campaign_at(request: HttpRequest, slug: str, verb: str) -> Campaign:
    """Return the campaign when the person holds the verb in it.

    Raises NotFound for one they may not even read, NotAllowed when only the verb is missing.
    """
    user = person_at(request)
    campaign = Campaign.objects.filter(slug=slug).first()
    if campaign is None:
        raise NotFound()
    check_verb(user, "campaign.read", campaign.pk, NotFound)
    check_verb(user, verb, campaign.pk, NotAllowed)
    return campaign


def check_verb(user: User, verb: str, campaign_id: UUID | None, otherwise: type[Problem]) -> None:
    """Raise `otherwise` unless the person holds the verb in the campaign (None: in all)."""
    if not person_holds(user, verb, campaign_id):
        raise otherwise()


def page(view: View) -> View:
    """Send strangers to the sign-in; show problems as pages, to scripts as JSON; cache nothing."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        try:
            answer = view(request, *args, **kwargs)
        except (Problem, ValidationError) as error:
            answer = _problem_page(request, as_problem(error))
        answer["Cache-Control"] = "private, no-store"
        return answer

    return shown


def _problem_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    if request.headers.get("Accept") == "application/json":
        return problem_response(problem)
    facts = {"problem": problem, "errors": problem.errors or []}
    return render(request, "console/problem.html", facts, status=problem.status)
