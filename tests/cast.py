"""The cast: a campaign and who has to do with it, each by the real services."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from backend import policy
from backend.accounts.models import Device, Membership, User
from backend.accounts.services import enrol_device, issue_api_token, issue_enrolment_code
from backend.campaigns.models import Campaign
from backend.campaigns.services import import_prompts
from backend.coverage.services import create_campaign

CONSENT_TEXT = "We record your voice. You can stop at any time. Do you agree?"
PROMPTS = """text,kind,max_seconds
The bus to the market leaves at half past seven.,read,15
My sister bought six oranges and a bag of rice.,read,15
It has not rained in the valley since March.,read,15
Hey Fieldvoice,hotword,6
What did you do yesterday evening?,question,45
"""
TARGETS = {
    "unit": "clips",
    "cells": [
        {"key": {"gender": gender, "age_band": band}, "target": 10}
        for gender in ("female", "male")
        for band in ("18-29", "30-39")
    ],
}


@dataclass(frozen=True)
class Caller:
    """Somebody who calls the API with a token; answers are Django test responses."""

    token: str

    def _headers(self, headers: dict[str, str] | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} | (headers or {})

    def get(self, path: str, *, headers: dict[str, str] | None = None) -> Any:
        """GET."""
        return Client().get(path, headers=self._headers(headers))

    def put(self, path: str, body: Any) -> Any:
        """PUT a JSON body."""
        return Client().put(
            path, body, content_type="application/json", headers=self._headers(None)
        )

    def post(self, path: str, body: Any = None) -> Any:
        """POST a JSON body."""
        return Client().post(
            path, body, content_type="application/json", headers=self._headers(None)
        )

    def patch(self, path: str, body: Any) -> Any:
        """PATCH a JSON body."""
        return Client().patch(
            path, body, content_type="application/json", headers=self._headers(None)
        )

    def delete(self, path: str) -> Any:
        """DELETE."""
        return Client().delete(path, headers=self._headers(None))


@dataclass(frozen=True)
class Phone(Caller):
    """A collector's enrolled phone."""

    device: Device
    campaign: Campaign


@dataclass(frozen=True)
class Person(Caller):
    """Somebody who signs in, with an API token."""

    user: User


def make_campaign(slug: str = "spring", **changes: Any) -> Campaign:
    """Create a campaign with a consent form, targets and five prompts."""
    now = timezone.now()
    values: dict[str, Any] = {
        "slug": slug,
        "name": "Spring in the valley",
        "language": "en",
        "consent_forms": [{"locale": "en", "text": CONSENT_TEXT, "scopes": ["collect", "publish"]}],
        "targets": TARGETS,
        "actor": "system",
        "now": now,
    }
    campaign = create_campaign(**(values | changes))
    import_prompts(campaign=campaign, body=PROMPTS, name="first", actor="system", now=now)
    return campaign


def make_phone(campaign: Campaign, *, install_id: str = "install-0001") -> Phone:
    """Let a phone in by a fresh code."""
    now = timezone.now()
    _, code = issue_enrolment_code(
        campaign_id=campaign.pk, uses=1, valid_for=timedelta(hours=1), actor="system", now=now
    )
    enrolled = enrol_device(
        code=code, install_id=install_id, name="Ada", user_agent="test", now=now
    )
    return Phone(enrolled.token, enrolled.device, campaign)


def make_person(role: str, campaign: Campaign | None, *, name: str = "") -> Person:
    """Create somebody with a role in one campaign, or in all when there is none."""
    user = User.objects.create_user(
        username=name or f"{role}@example.org", password="correct horse battery"
    )
    Membership.objects.create(user=user, campaign=campaign, role=role)
    _, token = issue_api_token(user=user, name="test", actor="system", now=timezone.now())
    return Person(token, user)


def make_manager(campaign: Campaign | None) -> Person:
    """Create a manager."""
    return make_person(policy.MANAGER, campaign)
