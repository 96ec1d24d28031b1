"""The page of the plan: what is asked, what another plan would change, and how far it is done."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from backend import policy
from backend.campaigns.models import Campaign
from backend.coverage.models import CoveragePlan
from backend.coverage.planning import rebin_key
from backend.jobs.models import Job
from tests.cast import Person, make_person
from tests.factories import Sitting
from tests.walk import accepted_clip
from workers.jobs.rebin_speakers import rebin_speakers
from workers.registry import JobRun

PAGE = "/console/campaigns/spring/plan"
BY_ACCENT = """unit: clips
dimensions: [gender, accent]
cells:
- key: {gender: female, accent: valley}
  target: 7
"""


def signed_in(person: Person) -> Client:
    """Return a browser in which the person is signed in."""
    client = Client()
    client.force_login(person.user)
    return client


def folded(answer: Any, status: int = 200) -> str:
    """Return a page's text with its white space folded."""
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_plan_is_shown_with_what_is_there(sitting: Sitting, manager: Person) -> None:
    accepted_clip(sitting)
    page = folded(signed_in(manager).get(PAGE))
    assert "version 1" in page
    assert "in clips, by cross, of gender, age band" in page
    assert (
        '<th scope="row">female, 30-39</th> <td class="number">10</td> <td class="number">1<'
        in page
    )
    assert 'href="/v1/campaigns/spring/targets?format=csv"' in page
    assert "gender: female" in page
    file = signed_in(manager).get("/v1/campaigns/spring/targets?format=csv")
    assert file.content.decode().startswith("gender,age_band,target")


def test_another_plan_is_tried_and_nothing_is_written(sitting: Sitting, manager: Person) -> None:
    page = folded(signed_in(manager).post(PAGE, {"plan": BY_ACCENT, "act": "preview"}))
    assert "1 cells: 1 new" in page
    assert "1 of 1 speakers move to another cell" in page
    assert "4 targets dropped" in page
    assert "accent: valley" in page
    assert CoveragePlan.objects.count() == 1


def test_a_plan_is_written_and_its_progress_is_shown(sitting: Sitting, manager: Person) -> None:
    accepted_clip(sitting)
    client = signed_in(manager)
    assert 'data-panel="rebinning" aria-label="Recordings of before" hidden' in folded(
        client.get(f"{PAGE}/live")
    )
    body = {"plan": BY_ACCENT, "act": "save", "version": "1"}
    page = folded(client.post(PAGE, body, follow=True))
    assert "Version 2 holds." in page
    assert "dimensions: gender, age_band → gender, accent" in page
    assert "new: female, valley: 7" in page
    assert '<span class="pill queued">queued</span>' in page
    job = Job.objects.get(key=rebin_key(Campaign.objects.get()))
    Job.objects.filter(pk=job.pk).update(state="running", attempts=1)
    job.refresh_from_db()
    rebin_speakers(JobRun(job))
    assert "1 speaker looked at, 1 clip moved." in folded(client.get(f"{PAGE}/live"))
    assert "<html" not in folded(client.get(f"{PAGE}/live"))
    again = folded(client.post(PAGE, body | {"version": "2"}, follow=True))
    assert "Version 2 holds already." in again


def test_a_file_is_tried_and_stands_in_the_form_then(manager: Person, campaign: Campaign) -> None:
    table = SimpleUploadedFile("plan.CSV", b"gender,age_band,target\nfemale,60+,33\n")
    client = signed_in(manager)
    page = folded(client.post(PAGE, {"plan": "x: 1", "file": table, "act": "preview"}))
    assert "female, 60+" in page
    assert "target: 33" in page
    file = SimpleUploadedFile("plan.json", b'{"unit": "seconds", "cells": []}')
    assert "Version 2 holds." in folded(
        client.post(PAGE, {"plan": "", "file": file, "act": "save", "version": "1"}, follow=True)
    )
    assert CoveragePlan.objects.get(version=2).document["unit"] == "seconds"
    wrong = SimpleUploadedFile("plan.csv", b"gender,age_band,target\nfemale,60+,-3\n")
    refused = client.post(PAGE, {"plan": "x: 1", "file": wrong, "act": "preview"})
    assert "<strong>line 2</strong>" in folded(refused, 422)
    assert "x: 1" in folded(refused, 422)
    picture = SimpleUploadedFile("plan.yaml", b"\xff\xd8\xff")
    assert client.post(PAGE, {"file": picture, "act": "save"}).status_code == 400


@pytest.mark.parametrize("text", ["", "[", "[]", "unit: hours", "a: *b", "unit: clips\nunit: x\n"])
def test_what_is_no_plan_is_refused_and_not_lost(
    manager: Person, campaign: Campaign, text: str
) -> None:
    for act in ("preview", "save"):
        answer = signed_in(manager).post(PAGE, {"plan": text, "act": act})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
    assert CoveragePlan.objects.count() == 1


def test_who_changes_a_plan_that_another_changed_is_told(
    manager: Person, campaign: Campaign
) -> None:
    client = signed_in(manager)
    assert 'name="version" value="1"' in folded(client.get(PAGE))
    client.post(PAGE, {"plan": "unit: seconds\ncells: []\n", "act": "save", "version": "1"})
    late = {"plan": BY_ACCENT, "act": "save", "version": "1"}
    page = folded(client.post(PAGE, late), 409)
    assert "Version 2 holds now." in page
    assert "accent: valley" in page
    client.post(PAGE, late | {"version": "2"})
    assert CoveragePlan.objects.count() == 3


def test_age_bands_of_the_plan_are_shown(manager: Person, campaign: Campaign) -> None:
    text = "bands: {age_band: [{name: young, to: 24}, {name: 25+}]}\ncells: []\n"
    client = signed_in(manager)
    page = folded(client.post(PAGE, {"plan": text, "act": "save"}, follow=True))
    assert "Age bands: young (0 to 24), 25+ (25 and older)." in page


def test_only_who_may_write_finds_the_form(campaign: Campaign) -> None:
    assert Client().get(PAGE).status_code == 302
    scientist = signed_in(make_person(policy.SCIENTIST, campaign))
    page = folded(scientist.get(PAGE))
    assert "What is asked" in page
    assert "<textarea" not in page
    assert scientist.post(PAGE, {"plan": BY_ACCENT, "act": "save"}).status_code == 403
    annotator = signed_in(make_person(policy.VENDOR, campaign))
    assert annotator.get(PAGE).status_code == 404
