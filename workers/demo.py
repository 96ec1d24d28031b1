"""The demo campaign that a first start makes, so that a newcomer can record at once."""

from datetime import datetime
from typing import Any, Final

from backend.accounts.models import User
from backend.campaigns.models import Campaign
from backend.campaigns.services import import_prompts
from backend.coverage.services import create_campaign

SLUG: Final = "demo"
_GENDERS: Final = ("female", "male")
_BANDS: Final = ("18-29", "30-39", "40-49", "50-59", "60+")
_PER_CELL: Final = 20

CONSENT_EN: Final = (
    "We record your voice to teach computers to understand people who speak like you. "
    "Your name is not asked for. Your recordings are listened to by people who write down what "
    "you said, and become part of a collection that researchers use. You can stop at any time, "
    "and you can ask at any time that your recordings are deleted. Do you agree?"
)
CONSENT_ES: Final = (
    "Grabamos tu voz para enseñar a las computadoras a entender a personas que hablan como tú. "
    "No te pedimos tu nombre. Otras personas escuchan tus grabaciones y escriben lo que dijiste, "
    "y las grabaciones pasan a una colección que usan investigadores. Puedes parar en cualquier "
    "momento y puedes pedir en cualquier momento que se borren. ¿Estás de acuerdo?"
)

PROMPTS: Final = """text,kind,max_seconds
Please turn the kitchen lights on before dinner.,read,15
The bus to the market leaves at half past seven.,read,15
My sister bought six oranges and a bag of rice.,read,15
It has not rained in the valley since March.,read,15
Could you tell me where the nearest pharmacy is?,read,15
They painted the old school blue and yellow.,read,15
A quick walk by the river always helps me think.,read,15
The shop on the corner sells bread and fresh milk.,read,15
Grandfather told us how the bridge was built.,read,15
We will meet you at the station after lunch.,read,15
Her voice was quiet but everyone could hear it.,read,15
Thirty children sang together in the square.,read,15
Hey Fieldvoice,hotword,6
Stop the music,command,6
Call my brother,command,6
What did you do yesterday evening?,question,45
Describe the room in which you are sitting.,question,45
"""


def demo_targets() -> dict[str, Any]:
    """Return the demo's plan: the same number of clips for every gender and age band."""
    return {
        "unit": "clips",
        "cells": [
            {"key": {"gender": gender, "age_band": band}, "target": _PER_CELL}
            for gender in _GENDERS
            for band in _BANDS
        ],
    }


def make_demo(*, manager: User, actor: str, now: datetime) -> Campaign:
    """Create the demo campaign with its prompts, or return the one that is there."""
    known = Campaign.objects.filter(slug=SLUG).first()
    if known is not None:
        return known
    scopes = ["collect", "publish"]
    campaign = create_campaign(
        slug=SLUG,
        name="Demo: everyday English",
        language="en",
        consent_forms=[
            {"locale": "en", "text": CONSENT_EN, "scopes": scopes},
            {"locale": "es", "text": CONSENT_ES, "scopes": scopes},
        ],
        targets=demo_targets(),
        manager=manager,
        actor=actor,
        now=now,
    )
    import_prompts(campaign=campaign, body=PROMPTS, name="demo", actor=actor, now=now)
    return campaign
