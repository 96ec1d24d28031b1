"""Many collectors ask about one cell at once: what is promised stays within the target."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.utils import timezone

from backend.accounts.models import Device
from backend.campaigns.models import Campaign
from backend.coverage.eligibility import Eligibility, check_eligibility
from backend.coverage.leases import grant_leases
from backend.coverage.models import Cell, Hold, Screening, SupplyCount, WaitlistEntry
from backend.coverage.planning import write_plan
from backend.coverage.quota import WANTED, p_accept
from backend.coverage.supply import read_pool
from tests.cast import Phone, make_phone
from tests.promises import WOMEN, held, promised

_PHONES, _QUESTIONS = 8, 8
_TARGET = 300


def woman(who: str) -> dict[str, object]:
    return {"gender": "female", "birth_year": 1994, "accent": who}


def about(phone: Phone, who: str) -> Eligibility:
    """Ask as the API does, with a device that was read for this question."""
    device = Device.objects.select_related("campaign").get(pk=phone.device.pk)
    return check_eligibility(
        device=device, said=woman(who), speaker=None, possible={}, now=timezone.now()
    )


def at_once(work: list[Callable[[], list[Eligibility]]]) -> list[Eligibility]:
    """Run all of it in threads that start together; returns what was answered."""
    start = threading.Barrier(len(work))

    def run(one: Callable[[], list[Eligibility]]) -> list[Eligibility]:
        try:
            start.wait(30)
            return one()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(work)) as pool:
        return [answer for answers in pool.map(run, work) for answer in answers]


def questions(phone: Phone, number: int) -> Callable[[], list[Eligibility]]:
    def ask() -> list[Eligibility]:
        answers = []
        for n in range(_QUESTIONS):
            answers.append(about(phone, f"{number}-{n}"))
            # They sit down: the next one is somebody else.
            hold = answers[-1].hold
            if hold is not None:
                Hold.objects.filter(pk=hold.pk).update(used_clips=0, speaker_id=hold.pk)
        return answers

    return ask


@pytest.mark.django_db(transaction=True)
def test_eight_collectors_who_ask_at_once_are_promised_no_more_than_is_lacking(
    campaign: Campaign,
) -> None:
    Cell.objects.filter(key=WOMEN).update(target=_TARGET)
    phones = [make_phone(campaign, install_id=f"install-{n:04}") for n in range(_PHONES)]
    answers = at_once([questions(phone, n) for n, phone in enumerate(phones)])
    assert held() == promised()
    clips, _ = held()[WOMEN]
    # Of each sitting part of a clip is rounded up, and the last may be the least there is.
    assert _TARGET - 1 < clips * p_accept(0, 0) <= _TARGET + 2
    sent_away = [answer for answer in answers if answer.status not in WANTED]
    assert 0 < len(sent_away) < len(answers) == _PHONES * _QUESTIONS
    assert {answer.reason for answer in sent_away} == {"on_its_way"}
    assert all(answer.offer is not None for answer in sent_away)
    assert WaitlistEntry.objects.count() == len(sent_away)
    assert Screening.objects.count() == len(answers)
    assert read_pool(campaign.pk) == {WOMEN: len(answers)}
    assert SupplyCount.objects.get().people == len(answers)


@pytest.mark.django_db(transaction=True)
def test_one_collectors_questions_about_one_person_at_once_make_one_hold(phone: Phone) -> None:
    answers = at_once([lambda: [about(phone, "one")] for _ in range(4)])
    assert {answer.hold.pk for answer in answers if answer.hold} == {Hold.objects.get().pk}
    assert Screening.objects.count() == 1
    assert read_pool(phone.campaign.pk) == {WOMEN: 1}


@pytest.mark.django_db(transaction=True)
def test_a_plan_that_changes_while_phones_ask_leaves_no_promise_in_the_old_cells(
    campaign: Campaign,
) -> None:
    phones = [make_phone(campaign, install_id=f"install-{n:04}") for n in range(4)]

    def replan() -> list[Eligibility]:
        for n in range(4):
            dimensions = ["gender"] if n % 2 == 0 else ["gender", "age_band"]
            key = {"gender": "female"} | ({} if n % 2 == 0 else {"age_band": "30-39"})
            document = {
                "unit": "clips",
                "dimensions": dimensions,
                "cells": [{"key": key, "target": 200 + n}],
            }
            row = Campaign.objects.get(pk=campaign.pk)
            write_plan(campaign=row, document=document, actor="t", now=timezone.now())
        return []

    def lease() -> list[Eligibility]:
        device = Device.objects.select_related("campaign").get(pk=phones[0].device.pk)
        for n in range(8):
            request = Hold._meta.pk.get_default()
            want = [{"cell": "", "clips": 5 + n}]
            grant_leases(request_id=request, device=device, want=want, now=timezone.now())
        return []

    at_once([replan, lease, *(questions(phone, n) for n, phone in enumerate(phones))])
    assert held() == promised()
    # The last plan asks by gender and age: nothing is promised of a cell without an age.
    standing = Hold.objects.live(timezone.now()).exclude(cell=None)
    assert {hold.cell.key for hold in standing.select_related("cell") if hold.cell} <= {WOMEN}
