"""The page of a campaign's quality profile: its rules, versions, and what a change would do."""

import json
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from backend.accounts.permissions import person_holds
from backend.campaigns.models import Campaign, QualityProfile
from backend.campaigns.services import current_profile
from backend.console.access import actor_at, campaign_at, page, person_at
from backend.parsing import parse_json
from backend.problems import Problem
from backend.quality.hints import hint_text
from backend.quality.measures import MEASURES
from backend.quality.preview import preview_rules
from backend.quality.profile_api import rejudge_facts
from backend.quality.services import change_profile, checked_rules

VERSIONS_SHOWN: Final = 10
_SAME: Final = ("code", "measure", "op", "severity")


class RulesMoved(Problem):
    """Somebody wrote other rules while this person changed those of before."""

    slug, status, title = "rules-moved", 409, "Other rules were written meanwhile."


@dataclass(frozen=True)
class RuleLine:
    """A rule with the words of its measure and of its advice."""

    rule: dict[str, Any]
    measure: str
    advice: str


@dataclass(frozen=True)
class VersionLine:
    """A version with what it changed of the one before."""

    profile: QualityProfile
    changes: list[str]


def rule_lines(profile: QualityProfile) -> list[RuleLine]:
    """Return the rules as they are judged by, in their order."""
    return [
        RuleLine(rule, MEASURES.get(rule["measure"], ""), hint_text(rule["hint"]))
        for rule in profile.rules
    ]


def version_lines(campaign: Campaign) -> list[VersionLine]:
    """Return the newest versions, each with what it changed."""
    rows = QualityProfile.objects.filter(campaign=campaign).order_by("-version")
    profiles = list(rows[: VERSIONS_SHOWN + 1])
    befores: list[QualityProfile | None] = [*profiles[1:], None]
    lines = [
        VersionLine(profile, changes_between(before.rules, profile.rules) if before else [])
        for profile, before in zip(profiles, befores, strict=True)
    ]
    return lines[:VERSIONS_SHOWN]


def changes_between(before: list[Any], after: list[Any]) -> list[str]:
    """Return in words which rules came, went or changed, in the order of the rules."""
    old, new = ({_key(rule): rule for rule in rules} for rules in (before, after))
    said = []
    for key, rule in new.items():
        if key not in old:
            said.append(f"new: {_said(rule)}")
        elif old[key]["threshold"] != rule["threshold"]:
            said.append(f"{_said(old[key])} → {rule['threshold']:g}")
        elif old[key] != rule:
            said.append(f"changed: {_said(rule)}")
    return said + [f"gone: {_said(rule)}" for key, rule in old.items() if key not in new]


def _key(rule: dict[str, Any]) -> tuple[Any, ...]:
    return (*(rule[name] for name in _SAME), *sorted(rule.get("kinds", ())))


def _said(rule: dict[str, Any]) -> str:
    kinds = f" ({', '.join(rule['kinds'])})" if rule.get("kinds") else ""
    named = f"{rule['code']} {rule['severity']}{kinds}"
    return f"{named}: {rule['measure']} {rule['op']} {rule['threshold']:g}"


def _as_text(rules: list[Any]) -> str:
    """Write a rule a line, so that a person finds it and a diff shows it."""
    lines = ",\n".join(json.dumps(rule, ensure_ascii=False) for rule in rules)
    return f"[\n{lines}\n]"


def _facts(campaign: Campaign) -> dict[str, Any]:
    profile = current_profile(campaign_id=campaign.pk)
    return {"campaign": campaign, "profile": profile, "rejudge": rejudge_facts(profile)}


def _refuse_if_moved(campaign: Campaign, seen: str) -> None:
    version = current_profile(campaign_id=campaign.pk).version
    if seen and seen != str(version):
        raise RulesMoved(f"Version {version} holds now: look at what it changed, then write again.")


@require_safe
@page
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how far the clips of before are judged, for the page that refreshes itself."""
    campaign = campaign_at(request, slug, "profile.read")
    return render(request, "console/rejudge.html", _facts(campaign))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def rules(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the profile; try rules, or write them."""
    campaign = campaign_at(request, slug, "profile.read")
    shown: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        campaign = campaign_at(request, slug, "profile.write")
        text = request.POST.get("rules", "")
        shown["text"] = text
        try:
            wanted = parse_json(text.encode())
            if request.POST.get("act") == "save":
                _refuse_if_moved(campaign, request.POST.get("version", ""))
                profile = change_profile(
                    campaign=campaign, rules=wanted, actor=actor_at(request), now=timezone.now()
                )
                messages.success(request, f"Version {profile.version} holds.")
                return redirect("console:rules", slug=slug)
            shown["preview"] = preview_rules(campaign=campaign, rules=checked_rules(wanted))
        except Problem as problem:
            shown["problem"], status = problem, problem.status
    facts = _facts(campaign)
    profile = facts["profile"]
    facts |= {
        "lines": rule_lines(profile),
        "versions": version_lines(campaign),
        "may_write": person_holds(person_at(request), "profile.write", campaign.pk),
        "text": _as_text(profile.rules),
    }
    return render(request, "console/rules.html", facts | shown, status=status)
