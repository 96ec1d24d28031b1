"""Make campaigns of few and of many prompts, each with a thousand phones whose speakers sit down.

    python -m benchmarks.ground.prompt_phones --prompts N --phones N

Prints one line of JSON: `{slug, prompts, lists, seconds, asks: [{token, session}]}`. The lists of
all cells are filled by the job's own function.
"""

import argparse
import json
import sys
import time
from datetime import timedelta
from itertools import product

import django

django.setup()

import uuid_utils.compat as uuid  # noqa: E402 - models cannot be imported before Django is set up
from django.utils import timezone  # noqa: E402 - the same

from backend.accounts.services import enrol_device, issue_enrolment_code  # noqa: E402 - the same
from backend.campaigns.models import Campaign  # noqa: E402 - the same
from backend.campaigns.services import import_prompts  # noqa: E402 - the same
from backend.clips.models import Session  # noqa: E402 - the same
from backend.clips.prompt_tally import ClipRecordings  # noqa: E402 - the same
from backend.coverage.models import Shortlist  # noqa: E402 - the same
from backend.coverage.prompt_sounds import note_sounds  # noqa: E402 - the same
from backend.coverage.services import create_campaign  # noqa: E402 - the same
from backend.coverage.shortlists import Filled, fill_shortlists  # noqa: E402 - the same
from backend.speakers.cells import key_of  # noqa: E402 - the same
from backend.speakers.models import Consent, ConsentForm, Speaker  # noqa: E402 - the same
from benchmarks.ground.prose import sentences  # noqa: E402 - the same
from workers.phonetics.analysis import analyse, method_for  # noqa: E402 - the same

_DIMENSIONS = ["gender", "accent"]
_LEVELS = {
    "gender": ("female", "male"),
    "accent": ("north", "coast", "hills", "south", "island"),
}
_KEYS = [
    key_of(dict(zip(_LEVELS, levels, strict=True)), _DIMENSIONS)
    for levels in product(*_LEVELS.values())
]


def main() -> None:
    """Seed and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, required=True)
    parser.add_argument("--phones", type=int, required=True)
    chosen = parser.parse_args()
    campaign = create_campaign(
        slug=f"prompts-{chosen.prompts}",
        name="Prompts",
        language="en",
        consent_forms=[{"locale": "en", "text": "May we?", "scopes": ["collect"]}],
        dimensions=_DIMENSIONS,
        actor="system",
        now=timezone.now(),
    )
    _add_prompts(campaign, chosen.prompts)
    started = time.monotonic()
    filled = _fill(campaign)
    seconds = time.monotonic() - started
    asks = _sit_down(campaign, chosen.phones)
    told = {
        "slug": campaign.slug,
        "prompts": filled.prompts,
        "lists": filled.lists,
        "seconds": round(seconds, 1),
        "asks": asks,
    }
    sys.stdout.write(json.dumps(told) + "\n")


def _add_prompts(campaign: Campaign, count: int) -> None:
    """Import real sentences; where there are not enough, each with another one after it."""
    prose = sentences(min(count, 2000), seed=1, packages=("numpy", "pandas"))
    texts = [
        prose[n % len(prose)] + (f" {prose[n // len(prose)]}" if n >= len(prose) else "")
        for n in range(count)
    ]
    body = "\n".join(json.dumps({"text": text}) for text in texts)
    import_prompts(campaign=campaign, body=body, name="prose", actor="system", now=timezone.now())


def _fill(campaign: Campaign) -> Filled:
    for _ in note_sounds(campaign=campaign, method_for=method_for, analyse=analyse):
        pass
    Shortlist.objects.bulk_create(Shortlist(campaign=campaign, stratum=key) for key in _KEYS)
    return fill_shortlists(campaign=campaign, recordings=ClipRecordings(), now=timezone.now())


def _sit_down(campaign: Campaign, count: int) -> list[dict[str, str]]:
    """Let phones in, each with a speaker in an open session; every cell has as many speakers."""
    now = timezone.now()
    _, code = issue_enrolment_code(
        campaign_id=campaign.pk, uses=count, valid_for=timedelta(hours=1), actor="system", now=now
    )
    form = ConsentForm.objects.get(campaign=campaign)
    asks: list[dict[str, str]] = []
    for number in range(count):
        phone = enrol_device(
            code=code, install_id=f"phone-{number}", name="", user_agent="benchmark", now=now
        )
        collector = phone.device.collector_id
        speaker = Speaker.objects.create(
            id=uuid.uuid7(),
            campaign=campaign,
            collector_id=collector,
            code="",
            demographics={},
            cell=_KEYS[number % len(_KEYS)],
            request_digest="",
            created_at=now,
        )
        consent = Consent.objects.create(
            id=uuid.uuid7(),
            speaker=speaker,
            form=form,
            given_at=now,
            locale="en",
            scopes=["collect"],
            method="tap",
            request_digest="",
            created_at=now,
        )
        session = Session.objects.create(
            id=uuid.uuid7(),
            campaign=campaign,
            speaker=speaker,
            consent=consent,
            device=phone.device,
            collector_id=collector,
            environment="indoors",
            app_version="0.1.0",
            clock_offset_ms=0,
            device_facts={},
            started_at=now,
            request_digest="",
            created_at=now,
        )
        asks.append({"token": phone.token, "session": str(session.pk)})
    return asks


if __name__ == "__main__":
    main()
