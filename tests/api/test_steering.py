"""What a manager is told: gaps, recruits and dates, the sites by their worth, each one's day."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend import policy
from backend.campaigns.models import Campaign
from backend.coverage.models import Cell
from backend.coverage.supply import note_whereabouts
from tests.cast import Person, Phone, make_campaign, make_person, make_phone
from tests.factories import sent
from tests.field import MEN, WOMEN, YOUNG_MEN, YOUNG_WOMEN, make_site, meet, play_days

pytestmark = pytest.mark.django_db
FOUR = {YOUNG_WOMEN, WOMEN, YOUNG_MEN, MEN}


def plan(target: int, **more: Any) -> dict[str, Any]:
    cells = [
        {"key": dict(part.split("=") for part in key.split("|")), "target": target}
        for key in sorted(FOUR)
    ]
    return {"unit": "clips", "cells": cells} | more


def wide(**more: Any) -> Campaign:
    """A campaign whose cells need 100 clips each."""
    return make_campaign("wide", targets=plan(100, **more))


def manager_of(campaign: Campaign) -> Person:
    return make_person(policy.MANAGER, campaign, name="wide-manager")


def read(campaign: Campaign, what: str) -> dict[str, Any]:
    return dict(sent(manager_of(campaign).get(f"/v1/campaigns/{campaign.slug}/{what}"), 200))


def test_gaps_name_the_widest_kind_of_people_with_how_many_to_recruit(manager: Person) -> None:
    Cell.objects.filter(key__in=[YOUNG_MEN, YOUNG_WOMEN]).update(accepted_clips=10)
    answer = sent(manager.get("/v1/campaigns/spring/coverage"), 200)
    [gap] = answer["gaps"]
    assert gap["key"] == {"age_band": "30-39"}
    assert (gap["missing"], gap["open"], gap["cells"]) == (20, 20, 2)
    # One sitting may bring a cell's ten clips, two do so with four chances of five.
    assert 2 <= gap["recruit"] <= 4


def test_a_cell_that_grows_steadily_has_a_day_and_one_that_stands_still_has_none_in_sight() -> None:
    campaign = wide()
    play_days(campaign, {YOUNG_WOMEN: 2, YOUNG_MEN: 2, WOMEN: 0})
    forecast = {
        "|".join(f"{name}={level}" for name, level in row["key"].items()): row
        for row in read(campaign, "coverage")["forecast"]
    }
    soon, never = forecast[YOUNG_WOMEN], forecast[WOMEN]
    today = timezone.now().date()
    # 56 of 100 clips came in 14 days: the other 44 take about 11 more.
    days = [(date.fromisoformat(soon[name]) - today).days for name in ("p10", "p50", "p90")]
    assert days == sorted(days)
    assert 7 <= days[1] <= 16
    assert never["p90"] is None
    assert never["recruit"] > soon["recruit"] > 10
    assert soon["in_time"] is None


def test_the_same_day_foretells_the_same() -> None:
    campaign = wide()
    play_days(campaign, {YOUNG_WOMEN: 1, MEN: 0.5})
    caller = manager_of(campaign)
    path = f"/v1/campaigns/{campaign.slug}/coverage"
    first, second = (sent(caller.get(path), 200) for _ in range(2))
    assert first["forecast"] == second["forecast"]


def test_where_the_plan_ends_each_cell_has_a_chance_of_being_in_time() -> None:
    ends = (timezone.now().date() + timedelta(days=20)).isoformat()
    campaign = wide(ends=ends)
    play_days(campaign, {YOUNG_WOMEN: 3, WOMEN: 0.1})
    by_key = {tuple(row["key"].values()): row for row in read(campaign, "coverage")["forecast"]}
    assert by_key["female", "18-29"]["in_time"] > 0.9
    assert by_key["female", "30-39"]["in_time"] < 0.1


def test_a_campaign_without_targets_is_told_nothing() -> None:
    campaign = make_campaign("open", targets={"unit": "clips", "cells": []})
    answer = read(campaign, "coverage")
    assert (answer["gaps"], answer["forecast"]) == ([], [])
    campaign = make_campaign("bare", targets={"unit": "clips", "cells": []}, dimensions=[])
    person = make_person(policy.MANAGER, campaign, name="bare-manager")
    assert sent(person.get("/v1/campaigns/bare/steering"), 200)["sites"] == []


def test_the_cost_of_coverage_does_not_grow_with_cells_or_days(manager: Person) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            sent(manager.get("/v1/campaigns/spring/coverage"), 200)
        return len(seen)

    few = queries()
    play_days(Campaign.objects.get(slug="spring"), dict.fromkeys(FOUR, 0.2))
    assert queries() == few


def two_sites(campaign: Campaign) -> None:
    """Women over 30 come to the clinic, young men to the market."""
    clinic = make_site(campaign, "clinic", "The clinic")
    market = make_site(campaign, "market", "The market")
    make_site(campaign, "school", "The school")
    for days_ago in (1, 2):
        meet(campaign, clinic, {WOMEN: 15, YOUNG_MEN: 5}, days_ago=days_ago)
        meet(campaign, market, {YOUNG_MEN: 30, MEN: 6}, days_ago=days_ago)
    meet(campaign, None, {YOUNG_MEN: 4})


def test_the_site_where_the_rare_are_met_is_worth_most_and_it_is_said_why() -> None:
    campaign = wide()
    two_sites(campaign)
    Cell.objects.filter(key__in=[YOUNG_MEN, MEN, YOUNG_WOMEN]).update(accepted_clips=100)
    sites = read(campaign, "steering")["sites"]
    first, last = sites[0], sites[-1]
    assert (first["site"], first["name"], first["part"]) == ("clinic", "The clinic", 1)
    assert first["why"] == [{"key": {"gender": "female", "age_band": "30-39"}, "part": 1}]
    assert (first["people"], first["days"], first["known"]) == (40, 2, True)
    assert last["site"] == "market"
    school = next(site for site in sites if site["site"] == "school")
    assert (school["people"], school["known"]) == (0, False)


def test_targets_that_the_calendar_cannot_hold_are_named_with_what_would_help() -> None:
    campaign = wide(ends=(timezone.now().date() + timedelta(days=3)).isoformat())
    two_sites(campaign)
    play_days(campaign, {YOUNG_MEN: 2, MEN: 1, WOMEN: 1})
    answer = read(campaign, "steering")
    reach = answer["reach"]
    assert not reach["feasible"]
    assert reach["days"] > reach["available"]
    first = reach["binding"][0]
    assert first["key"] == {"gender": "female", "age_band": "18-29"}
    assert first["reachable"] < first["people"]
    assert first["instead"] is not None
    [never] = answer["never_met"]
    assert never["key"] == {"gender": "female", "age_band": "18-29"}
    assert never["at_most"] < 0.03


def test_targets_with_time_enough_can_be_reached() -> None:
    campaign = wide(ends=(timezone.now().date() + timedelta(days=900)).isoformat())
    two_sites(campaign)
    reach = read(campaign, "steering")["reach"]
    assert reach["feasible"]
    assert reach["binding"] == []
    assert set(reach["sites"]) <= {"clinic", "market"}


def test_before_enough_people_were_met_nothing_is_said_to_be_out_of_reach() -> None:
    campaign = wide(ends=timezone.now().date().isoformat())
    meet(campaign, make_site(campaign, "clinic", "The clinic"), {WOMEN: 5})
    answer = read(campaign, "steering")
    assert (answer["reach"], answer["never_met"]) == (None, [])


def test_the_course_goes_from_what_was_to_what_is_to_come() -> None:
    campaign = wide()
    play_days(campaign, {YOUNG_WOMEN: 1, MEN: 1})
    course = read(campaign, "steering")["burn_up"]
    assert course["target"] == 400
    past = [point["amount"] for point in course["past"]]
    assert past == sorted(past)
    assert past[-1] == 56
    for point in course["ahead"]:
        assert 56 <= point["p10"] <= point["p50"] <= point["p90"] <= 400
    assert course["ahead"][-1]["p50"] > 56


def test_collectors_are_sent_to_the_sites_worth_most_and_one_to_learn_who_is_met() -> None:
    campaign = wide()
    two_sites(campaign)
    Cell.objects.filter(key__in=[YOUNG_MEN, MEN, YOUNG_WOMEN]).update(accepted_clips=100)
    phones = [make_phone(campaign, install_id=f"install-000{n}") for n in range(2)]
    clinic = campaign.sites.get(slug="clinic")
    note_whereabouts(
        campaign_id=campaign.pk,
        collector_id=phones[1].device.collector_id,
        site_id=clinic.pk,
        now=timezone.now(),
    )
    days = {day["collector"]: day for day in read(campaign, "plan/collectors")["collectors"]}
    settled = days[str(phones[1].device.collector_id)]
    other = days[str(phones[0].device.collector_id)]
    assert (settled["was_at"], settled["go_to"]) == ("clinic", "clinic")
    assert (other["was_at"], other["go_to"]) == (None, "school")
    assert settled["name"] == "Ada"
    assert [find["key"] for find in settled["find"]] == [{"gender": "female", "age_band": "30-39"}]


def test_a_phone_is_told_first_whom_its_site_has_more_of_than_others(phone: Phone) -> None:
    campaign = phone.campaign
    two_sites(campaign)
    path = "/v1/campaigns/spring/plan/today"
    everywhere = sent(phone.get(path), 200)
    assert everywhere["site"] is None
    assert [find["cell"] for find in everywhere["find"]] == sorted(FOUR)
    for slug, first in (("clinic", WOMEN), ("market", YOUNG_MEN)):
        note_whereabouts(
            campaign_id=campaign.pk,
            collector_id=phone.device.collector_id,
            site_id=campaign.sites.get(slug=slug).pk,
            now=timezone.now(),
        )
        answer = sent(phone.get(path), 200)
        assert answer["site"] == slug
        assert answer["find"][0]["cell"] == first
        assert len(answer["sites"]) == 3


def test_a_phone_is_told_in_which_surroundings_the_least_is_there() -> None:
    levels = [
        ("female", place, kind) for place in ("indoors", "outdoors") for kind in ("android", "ios")
    ]
    names = ["gender", "environment", "device_class"]
    cells = [{"key": dict(zip(names, level, strict=True)), "target": 10} for level in levels]
    campaign = make_campaign("places", targets={"unit": "clips", "cells": cells}, dimensions=names)
    phone = make_phone(campaign)
    phone.device.user_agent = "Mozilla/5.0 (Linux; Android 14)"
    phone.device.save()
    indoors = "gender=female|environment=indoors|device_class=android"
    Cell.objects.filter(key=indoors).update(accepted_clips=4)
    [find] = sent(phone.get("/v1/campaigns/places/plan/today"), 200)["find"]
    assert find["cell"] == "gender=female|environment=unknown|device_class=unknown"
    assert find["key"] == {"gender": "female"}
    assert find["missing"] == 36
    assert find["conditions"] == {"environment": "outdoors", "device_class": "android"}


def test_only_who_may_sees_steering_and_the_collectors(campaign: Campaign, phone: Phone) -> None:
    scientist = make_person(policy.SCIENTIST, campaign)
    assert scientist.get("/v1/campaigns/spring/steering").status_code == 200
    assert scientist.get("/v1/campaigns/spring/plan/collectors").status_code == 403
    assert scientist.get("/v1/campaigns/spring/silent-phones").status_code == 403
    stranger = make_person(policy.MANAGER, make_campaign("autumn"), name="stranger")
    for what in ("coverage", "steering", "plan/collectors", "silent-phones"):
        assert phone.get(f"/v1/campaigns/spring/{what}").status_code == 403
        assert stranger.get(f"/v1/campaigns/spring/{what}").status_code == 404


def test_whom_eligibility_would_have_wait_no_phone_is_sent_to_find(phone: Phone) -> None:
    # What is on its way lacks half a clip: that is asked of nobody.
    Cell.objects.filter(key=WOMEN).update(accepted_clips=9, pending_clips=1, pending_ms=5000)
    Cell.objects.filter(key=MEN).update(
        accepted_clips=10, accepted_speakers=1, min_speakers=3, pending_clips=0
    )
    found = sent(phone.get("/v1/campaigns/spring/plan/today"), 200)["find"]
    by_cell = {find["cell"]: find["missing"] for find in found}
    assert WOMEN not in by_cell
    # Enough clips, too few people: two more are looked for, whatever each of them brings.
    assert by_cell[MEN] == 4
