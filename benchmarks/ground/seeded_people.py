"""What seeded clips rest on: a campaign with prompts, sites and phones, and the people who spoke.

Gender, age and accent are drawn as in the balance simulator, so that some cells are very rare.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from backend.accounts.models import Device
from backend.accounts.services import enrol_device, issue_enrolment_code
from backend.campaigns.models import Prompt, PromptKind, PromptSet, Site
from backend.clips.models import Session
from backend.coverage.models import Screening
from backend.coverage.services import create_campaign
from backend.speakers.cells import key_of
from backend.speakers.models import Consent, ConsentForm, Speaker
from benchmarks.ground.copy_rows import copy_rows

DIMENSIONS: Final = ["gender", "age_band", "accent"]
SHARES: Final[dict[str, dict[str, float]]] = {
    "gender": {"male": 0.7, "female": 0.3},
    "age_band": {"18-29": 0.45, "30-39": 0.33, "40-49": 0.17, "60+": 0.05},
    "accent": {"north": 0.4, "coast": 0.25, "hills": 0.2, "south": 0.1, "island": 0.05},
}
CLIPS_OF_A_SPEAKER: Final = 50
_DAYS: Final = 90
# Far beyond what any number of clips fills: every size of campaign gives the same answers.
_STILL_WANTED: Final = 1_000_000

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SeededPhone:
    """A phone that was let in, with its token."""

    device: Device
    token: str


class Ground:
    """What clips rest on: a campaign with prompts, sites and phones, and who spoke."""

    def __init__(
        self, slug: str, rng: np.random.Generator, clips: int, *, phones: int, prompts: int
    ) -> None:
        self.now = timezone.now()
        self.start = self.now - timedelta(days=_DAYS)
        self.levels, chances = _cells()
        self.keys = [key_of(levels, DIMENSIONS) for levels in self.levels]
        self.speakers = max(1, -(-clips // CLIPS_OF_A_SPEAKER))
        self.cell_of = rng.choice(len(self.keys), self.speakers, p=chances)
        self.campaign = create_campaign(
            slug=slug,
            name="Seeded",
            language="en",
            consent_forms=[{"locale": "en", "text": "May we?", "scopes": ["collect", "publish"]}],
            dimensions=DIMENSIONS,
            targets={
                "unit": "clips",
                "cells": [
                    {"key": levels, "target": clips + _STILL_WANTED} for levels in self.levels
                ],
            },
            actor="system",
            now=self.start,
        )
        self.form = ConsentForm.objects.get(campaign=self.campaign)
        self.sites = Site.objects.bulk_create(
            [Site(campaign=self.campaign, slug=f"site-{n}", name=f"Site {n}") for n in range(12)]
        )
        _, code = issue_enrolment_code(
            campaign_id=self.campaign.pk,
            uses=phones,
            valid_for=timedelta(hours=1),
            actor="system",
            now=self.now,
        )
        enrolled = [
            enrol_device(
                code=code,
                install_id=f"seeded-{n}",
                name=f"Seeded {n}",
                user_agent="seeded",
                now=self.now,
            )
            for n in range(phones)
        ]
        self.phones = [SeededPhone(one.device, one.token) for one in enrolled]
        self.prompts = self._prompts(prompts)
        # Whose phone it was, and where: a speaker meets one collector.
        self.phone_of = rng.integers(0, phones, self.speakers)
        self.site_of = rng.integers(0, len(self.sites), self.speakers)
        self.met_ms = np.sort(_moments(rng, self.speakers, self.start))
        self.speaker_ids = ids_of(rng, self.met_ms)
        self.session_ids = ids_of(rng, self.met_ms + 60_000)
        self.consent_ids = ids_of(rng, self.met_ms + 30_000)

    def _prompts(self, count: int) -> list[str]:
        prompt_set = PromptSet.objects.create(
            campaign=self.campaign, name="seeded", digest=self.campaign.slug, created_at=self.start
        )
        made = [
            Prompt(
                campaign=self.campaign,
                prompt_set=prompt_set,
                position=n,
                kind=PromptKind.READ,
                text=f"This is the sentence with the number {n} of all that are read.",
                language="en",
                direction="ltr",
                max_seconds=15,
            )
            for n in range(1, count + 1)
        ]
        Prompt.objects.bulk_create(made, batch_size=1000)
        return [str(prompt.pk) for prompt in made]

    def fill_speakers(self) -> None:
        """Write who spoke, that they agreed, and where they sat."""
        met = times_of(self.met_ms)
        collectors = [str(phone.device.collector_id) for phone in self.phones]
        devices = [str(phone.device.pk) for phone in self.phones]
        sites = [str(site.pk) for site in self.sites]
        keys = [self.keys[cell] for cell in self.cell_of]
        said = [json.dumps(levels) for levels in self.levels]
        count = self.speakers
        copy_rows(
            Speaker,
            count,
            {
                "id": self.speaker_ids,
                "campaign_id": self.campaign.pk,
                "collector_id": [collectors[n] for n in self.phone_of],
                "code": [one[-8:] for one in self.speaker_ids],
                "demographics": [said[cell] for cell in self.cell_of],
                "cell": keys,
                "request_digest": "0" * 64,
                "created_at": met,
            },
        )
        copy_rows(
            Consent,
            count,
            {
                "id": self.consent_ids,
                "speaker_id": self.speaker_ids,
                "form_id": self.form.pk,
                "given_at": met,
                "locale": "en",
                "scopes": json.dumps(self.form.scopes),
                "method": "tap",
                "request_digest": "0" * 64,
                "created_at": met,
            },
        )
        copy_rows(
            Session,
            count,
            {
                "id": self.session_ids,
                "campaign_id": self.campaign.pk,
                "speaker_id": self.speaker_ids,
                "consent_id": self.consent_ids,
                "device_id": [devices[n] for n in self.phone_of],
                "collector_id": [collectors[n] for n in self.phone_of],
                "site_id": [sites[n] for n in self.site_of],
                "environment": "indoors",
                "app_version": "0.1.0",
                "clock_offset_ms": 0,
                "device_facts": {"model": "Seeded 1", "os": "Android 14"},
                "started_at": met,
                "request_digest": "0" * 64,
                "created_at": met,
            },
        )
        copy_rows(
            Screening,
            count,
            {
                "id": ids_of(np.random.default_rng(1), self.met_ms),
                "campaign_id": self.campaign.pk,
                "collector_id": [collectors[n] for n in self.phone_of],
                "device_id": [devices[n] for n in self.phone_of],
                "speaker_id": self.speaker_ids,
                "site_id": [sites[n] for n in self.site_of],
                "key": keys,
                "said_digest": [one.replace("-", "") * 2 for one in self.speaker_ids],
                "outcome": "open",
                "reason": "open",
                "at": met,
                "asked_at": met,
            },
        )


def _cells() -> tuple[list[dict[str, str]], NDArray[np.float64]]:
    levels: list[dict[str, str]] = [{}]
    chances: NDArray[np.float64] = np.ones(1)
    for dimension, shares in SHARES.items():
        levels = [one | {dimension: level} for one in levels for level in shares]
        chances = np.outer(chances, list(shares.values())).ravel().astype(np.float64)
    return levels, chances


def _moments(rng: np.random.Generator, count: int, start: datetime) -> Ints:
    span = _DAYS * 86_400_000 - 3_600_000
    return int(start.timestamp() * 1000) + rng.integers(0, span, count)


def times_of(ms: Ints) -> list[str]:
    """Return moments in milliseconds since 1970 as texts."""
    return [f"{text}Z" for text in np.datetime_as_string(ms.astype("datetime64[ms]"))]


def ids_of(rng: np.random.Generator, ms: Ints) -> list[str]:
    """Return ids of version 7 of these moments, as a phone makes them."""
    noise = rng.integers(0, 2**62, (2, len(ms)))
    return [
        str(UUID(int=at << 80 | 7 << 76 | (a & 0xFFF) << 64 | 2 << 62 | b))
        for at, a, b in zip(ms.tolist(), noise[0].tolist(), noise[1].tolist(), strict=True)
    ]
