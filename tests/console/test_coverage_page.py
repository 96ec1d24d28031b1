"""The page of a campaign's coverage: what is missing, by when, where to go, who is silent."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend import policy
from backend.accounts.models import Device
from backend.campaigns.models import Campaign
from backend.console.burn_up import HEIGHT, WIDTH, draw_picture
from backend.coverage.models import Cell
from backend.coverage.outlook import BurnUp
from tests.cast import Person, Phone, make_campaign, make_person, make_phone
from tests.field import MEN, WOMEN, YOUNG_MEN, YOUNG_WOMEN, make_site, meet, play_days

pytestmark = pytest.mark.django_db
PAGE = "/console/campaigns/spring/coverage"


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def words(client: Client, query: str = "") -> str:
    answer = client.get(PAGE + query)
    assert answer.status_code == 200, answer.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def test_whom_to_recruit_is_said_in_a_line(manager: Person, campaign: Campaign) -> None:
    Cell.objects.filter(key__in=[YOUNG_MEN, YOUNG_WOMEN]).update(accepted_clips=10)
    page = words(signed_in(manager))
    assert re.search(r"Recruit \d+ more: 30-39 20 clips missing, in 2 cells", page)
    assert "Nothing can be foretold before a day of collecting is over." in page


def test_the_curve_is_drawn_without_style_or_script(manager: Person, campaign: Campaign) -> None:
    play_days(campaign, {YOUNG_WOMEN: 0.2, MEN: 0.1})
    page = signed_in(manager).get(PAGE).content.decode()
    assert '<polygon class="band"' in page
    assert '<polyline class="past"' in page
    assert "style=" not in page
    assert "<script" not in page


def test_each_lacking_cell_has_its_dates(manager: Person, campaign: Campaign) -> None:
    play_days(campaign, {YOUNG_WOMEN: 0.3, YOUNG_MEN: 2})
    page = words(signed_in(manager))
    assert "female, 18-29 8 10" in page
    assert "male, 18-29 28" not in page
    assert "not in sight" in page


def test_sites_and_the_collectors_day_are_shown(
    manager: Person, campaign: Campaign, phone: Phone
) -> None:
    clinic = make_site(campaign, "clinic", "The clinic")
    meet(campaign, clinic, {WOMEN: 31}, days_ago=1)
    page = words(signed_in(manager))
    assert "The clinic 31 1 female, 30-39" in page
    assert "Ada – The clinic female, 18-29 female, 30-39" in page


def test_what_is_out_of_reach_is_said_with_what_could_be_done(
    manager: Person, campaign: Campaign
) -> None:
    ends = timezone.now().date() + timedelta(days=2)
    Campaign.objects.filter(pk=campaign.pk).update(
        targets=campaign.targets | {"ends": ends.isoformat()}
    )
    clinic = make_site(campaign, "clinic", "The clinic")
    meet(campaign, clinic, {YOUNG_WOMEN: 90, MEN: 1}, days_ago=20)
    page = words(signed_in(manager))
    assert f"until {ends.isoformat()}" in page
    assert "out of reach" in page
    assert re.search(r"male, 30-39 takes \d+ % of these days", page)
    assert "or add" in page
    assert re.search(r"female, 30-39 : \d+ wanted, nobody met so far", page)


def test_silent_phones_are_listed_for_as_many_days_as_are_asked(
    manager: Person, phone: Phone
) -> None:
    Device.objects.update(
        seen_at=timezone.now() - timedelta(days=5, hours=1),
        report={"unsent": 7, "unsent_bytes": 2048},
    )
    page = words(signed_in(manager))
    assert "not heard of for 3 days" in page
    assert re.search(r"Ada [\d: -]+ UTC 5 days 7 2.0 KB", page)
    assert "5 days 7" not in words(signed_in(manager), "?days=6")
    assert signed_in(manager).get(f"{PAGE}?days=x").status_code == 400


def test_a_scientist_sees_the_campaign_and_no_collector(campaign: Campaign, phone: Phone) -> None:
    page = words(signed_in(make_person(policy.SCIENTIST, campaign)))
    assert "Whom to recruit" in page
    assert "Silent phones" not in page
    assert "Ada" not in page


def test_who_may_not_read_the_campaign_does_not_see_its_coverage(campaign: Campaign) -> None:
    stranger = make_person(policy.MANAGER, make_campaign("autumn"), name="stranger")
    assert signed_in(stranger).get(PAGE).status_code == 404
    assert signed_in(make_person(policy.OPERATOR, campaign)).get(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 302


def test_a_campaign_without_targets_says_so(manager: Person) -> None:
    bare = make_campaign("bare", targets={"unit": "clips", "cells": []})
    client = signed_in(make_person(policy.MANAGER, bare, name="bare-manager"))
    page = client.get("/console/campaigns/bare/coverage").content.decode()
    assert "No targets are set." in page
    assert "burn-up" not in page


def test_the_number_of_queries_does_not_grow_with_collectors_or_sites(
    manager: Person, campaign: Campaign
) -> None:
    client = signed_in(manager)
    meet(campaign, make_site(campaign, "clinic", "The clinic"), {WOMEN: 2})
    make_phone(campaign, install_id="install-1000")

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            words(client)
        return len(seen)

    few = count()
    for number in range(3):
        meet(campaign, make_site(campaign, f"site-{number}", "Another"), {WOMEN: 2})
        make_phone(campaign, install_id=f"install-200{number}")
    assert count() == few


def test_the_campaigns_page_leads_there(manager: Person, campaign: Campaign) -> None:
    page = signed_in(manager).get("/console/campaigns/spring").content.decode()
    assert f'href="{PAGE}"' in page


def test_the_picture_lies_within_its_frame_and_the_band_is_around_the_middle() -> None:
    today = date(2026, 5, 4)
    course = BurnUp(
        target=100,
        past=[(today - timedelta(days=9), 0.0), (today, 40.0)],
        ahead=[
            (today + timedelta(days=day), [40.0 + day, 42.0 + day, 44.0 + day]) for day in (0, 9)
        ],
    )
    picture = draw_picture(course, ends=today + timedelta(days=3))
    assert picture is not None

    def places(points: str) -> list[tuple[float, float]]:
        return [(float(x), float(y)) for x, y in (pair.split(",") for pair in points.split())]

    for x, y in places(picture.past) + places(picture.band) + places(picture.middle):
        assert picture.left <= x <= picture.right <= WIDTH
        assert picture.top <= y <= picture.bottom <= HEIGHT
    high, low = places(picture.band)[1], places(picture.band)[2]
    assert high[1] < places(picture.middle)[1][1] < low[1]
    assert picture.ends is not None
    assert picture.today < picture.ends < picture.right
    beyond = draw_picture(course, ends=today + timedelta(days=99))
    assert beyond is not None
    assert beyond.ends is None
    assert draw_picture(BurnUp(0, course.past, course.ahead), ends=None) is None
