"""The console's pages: sign-in, the campaigns, one page a campaign."""

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backend.accounts.permissions import campaigns_of
from backend.campaigns.models import Campaign
from backend.console.access import campaign_at, page, person_at
from backend.console.panels import panels_of
from backend.console.tries import TooManyTries, forget_tries, note_try

_NAME_MAX = 150


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from; behind the TLS proxy it is the last hop the proxy saw."""
    hops = request.headers.get("X-Forwarded-For", "")
    if settings.SECURE_PROXY_SSL_HEADER and hops:
        return hops.split(",")[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def _way_on(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else settings.LOGIN_REDIRECT_URL


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the form; sign a person in, five tries in a quarter of an hour."""
    way_on = _way_on(request)
    if request.user.is_authenticated and request.method != "POST":
        return redirect(way_on)
    wrong, status = "", 200
    name = request.POST.get("username", "").strip()[:_NAME_MAX]
    if request.method == "POST":
        try:
            note_try(name=name, address=address_of(request), now=timezone.now())
        except TooManyTries as problem:
            wrong, status = problem.title, problem.status
        else:
            # A NUL is in no name and no password, and PostgreSQL refuses to look for it.
            secret = request.POST.get("password", "")
            user = (
                None
                if "\x00" in name + secret
                else authenticate(request, username=name, password=secret)
            )
            if user is not None:
                forget_tries(name=name)
                login(request, user)
                return redirect(way_on)
            wrong, status = "Name and password do not fit together.", 403
    facts = {"wrong": wrong, "username": name, "next": way_on}
    return render(request, "console/sign_in.html", facts, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@require_safe
@page
def campaigns(request: HttpRequest) -> HttpResponse:
    """List the campaigns that this person may read."""
    rows = Campaign.objects.filter(campaigns_of(person_at(request), "campaign.read"))
    return render(request, "console/campaigns.html", {"campaigns": rows.order_by("name")})


@require_safe
@page
def campaign(request: HttpRequest, slug: str) -> HttpResponse:
    """One campaign, all panels."""
    return _campaign(request, slug, "console/campaign.html")


@require_safe
@page
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """The panels alone, for the page that refreshes itself."""
    return _campaign(request, slug, "console/panels.html")


def _campaign(request: HttpRequest, slug: str, template: str) -> HttpResponse:
    row = campaign_at(request, slug, "campaign.read")
    state = request.GET.get("state", "")
    shown = panels_of(row, person_at(request), state=state, now=timezone.now())
    return render(request, template, shown)
