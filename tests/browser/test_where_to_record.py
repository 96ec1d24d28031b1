"""Where the plan wants a sitting recorded, the phone marks when it asks for the place."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from backend.campaigns.models import Campaign
from tests.browser.steps import (
    agree,
    describe_speaker,
    enrol,
    go_home,
    go_offline,
    hand_over,
    new_code,
    rows,
    wait_until,
)
from tests.cast import make_campaign

PLAN = {
    "unit": "clips",
    "cells": [
        {"key": {"gender": "female", "age_band": "young", "environment": "outdoors"}, "target": 500}
    ],
    "bands": {
        "age_band": [{"name": "young", "from": 18, "to": 45}, {"name": "old", "from": 46, "to": 99}]
    },
}


@pytest.fixture
def campaign(transactional_db: None) -> Campaign:
    return make_campaign(dimensions=["gender", "age_band", "environment"], targets=PLAN)


def add_speaker_who_is_looked_for(page: Page) -> None:
    describe_speaker(page)
    # Whoever taps before the answer is there is not told.
    expect(page.get_by_text("voice is needed.")).to_be_visible()
    hand_over(page)
    agree(page)


def place(page: Page, name: str, *, asked: bool) -> None:
    marked = re.compile(r"\bprimary\b")
    button = page.get_by_role("button", name=name)
    if asked:
        expect(button).to_have_class(marked)
    else:
        expect(button).not_to_have_class(marked)


def test_the_place_that_the_plan_lacks_is_marked_with_a_network_and_without(
    phone: BrowserContext, page: Page, address: str, campaign: Campaign
) -> None:
    enrol(page, address, new_code(campaign))
    add_speaker_who_is_looked_for(page)
    place(page, "Outdoors", asked=True)
    place(page, "Quiet room", asked=False)
    # What was promised ahead is of people in the plan's own bands, which the phone knows.
    wait_until(page, lambda: bool(rows(page, "leases")))
    go_home(page, address)
    go_offline(page)
    add_speaker_who_is_looked_for(page)
    place(page, "Outdoors", asked=True)
    place(page, "Quiet room", asked=False)
