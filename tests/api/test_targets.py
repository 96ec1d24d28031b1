"""The plan's calls: read, write, versions, preview, files; what is no plan is told in words."""

from typing import Any

import pytest
from django.test import Client

from backend import policy
from backend.campaigns.models import Campaign
from backend.coverage.models import Cell, CoveragePlan
from backend.coverage.planning import rebin_key
from backend.jobs.models import AuditEvent, Job
from tests.cast import TARGETS, Person, Phone, make_campaign, make_person
from tests.factories import Sitting, sent, sit_down
from tests.walk import accepted_clip

PATH = "/v1/campaigns/spring/targets"
WOMEN_60 = {"gender": "female", "age_band": "60+"}
CROSS: dict[str, Any] = {"unit": "seconds", "cells": [{"key": WOMEN_60, "target": 3600}]}


def put_text(person: Person, text: str, media: str, path: str = PATH) -> Any:
    """PUT a file as it is."""
    headers = {"Authorization": f"Bearer {person.token}"}
    return Client().put(path, text, content_type=media, headers=headers)


def post_text(person: Person, text: str, media: str) -> Any:
    """Ask what a file would do."""
    headers = {"Authorization": f"Bearer {person.token}"}
    return Client().post(f"{PATH}/preview", text, content_type=media, headers=headers)


@pytest.mark.django_db
def test_a_campaign_begins_with_its_first_version(manager: Person) -> None:
    answer = sent(manager.get(PATH))
    assert (answer["unit"], answer["cells"]) == ("clips", TARGETS["cells"])
    assert (answer["version"], answer["made_by"]) == (1, "system")
    assert answer["dimensions"] == ["gender", "age_band"]
    assert answer["rebinning"] is None
    assert answer["goals"][0] == {
        "key": {"gender": "female", "age_band": "18-29"},
        "target": 10,
        "min_speakers": 0,
        "max_seconds_per_speaker": None,
    }


@pytest.mark.django_db
def test_a_plan_is_written_as_the_next_version_with_its_goals(
    manager: Person, campaign: Campaign
) -> None:
    document = CROSS | {"min_speakers": 8, "max_seconds_per_speaker": 600}
    answer = sent(manager.put(PATH, document), 200)
    assert (answer["version"], answer["unit"]) == (2, "seconds")
    cell = Cell.objects.get(campaign=campaign, target__isnull=False)
    assert (cell.key, cell.target) == ("gender=female|age_band=60+", 3600)
    assert (cell.min_speakers, cell.max_ms_per_speaker) == (8, 600_000)
    act = AuditEvent.objects.get(act="targets.write")
    assert act.detail == {"version": 2, "rebins": False}
    versions = sent(manager.get(f"{PATH}/versions"))["versions"]
    assert [row["version"] for row in versions] == [2, 1]
    first = sent(manager.get(f"{PATH}?version=1"))
    assert len(first["goals"]) == 4
    coverage = sent(manager.get("/v1/campaigns/spring/coverage"))
    assert coverage["unit"] == "seconds"
    assert next(cell for cell in coverage["cells"] if cell["target"])["key"] == WOMEN_60


@pytest.mark.django_db
def test_the_plan_that_holds_sent_again_changes_nothing(manager: Person) -> None:
    for _ in range(3):
        assert sent(manager.put(PATH, CROSS), 200)["version"] == 2
    # So is an answer that is sent back as it came.
    assert sent(manager.put(PATH, sent(manager.get(PATH))), 200)["version"] == 2
    assert CoveragePlan.objects.count() == 2


@pytest.mark.django_db
def test_who_went_out_from_an_older_version_is_told(manager: Person) -> None:
    mine = sent(manager.get(PATH))
    sent(manager.put(PATH, CROSS), 200)
    mine["cells"][0]["target"] = 99
    refused = manager.put(PATH, mine)
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:fieldvoice:problem:plan-moved"
    assert refused.json()["version"] == 2
    assert sent(manager.put(PATH, mine | {"version": 2}), 200)["version"] == 3


@pytest.mark.django_db
def test_a_campaigns_own_call_writes_the_same_plan(manager: Person, campaign: Campaign) -> None:
    sent(manager.patch("/v1/campaigns/spring", {"targets": CROSS, "name": "Autumn"}), 200)
    answer = sent(manager.get(PATH))
    assert (answer["version"], answer["unit"]) == (2, "seconds")
    campaign.refresh_from_db()
    assert (campaign.name, campaign.targets) == ("Autumn", CROSS)
    wrong = manager.patch("/v1/campaigns/spring", {"targets": {"unit": "hours"}, "name": "Winter"})
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["field"] == "targets.unit"
    campaign.refresh_from_db()
    assert campaign.name == "Autumn"


@pytest.mark.django_db
def test_margins_become_cells(manager: Person, campaign: Campaign) -> None:
    document = {
        "unit": "speakers",
        "mode": "margins",
        "margins": {"gender": {"female": 60, "male": 40}, "age_band": {"18-29": 50, "60+": 50}},
    }
    answer = sent(manager.put(PATH, document), 200)
    assert {goal["key"]["gender"]: 0 for goal in answer["goals"]} == {"female": 0, "male": 0}
    assert sum(goal["target"] for goal in answer["goals"]) == 100
    assert Cell.objects.get(key="gender=female|age_band=60+").target == 30


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"unit": "hours"}, "unit"),
        ([], ""),
        ({"cells": [{"key": WOMEN_60, "target": -1}]}, "cells.0.target"),
        ({"bands": {"age_band": [{"name": "18-24"}, {"name": "24-30"}]}}, "bands.age_band.1"),
        ({"bands": {"age_band": [{"name": "x", "from": 9, "to": 3}]}}, "bands.age_band.0"),
        ({"version": "two"}, "version"),
        (
            {"mode": "margins", "margins": {"gender": {"female": 3}, "age_band": {"60+": 4}}},
            "margins",
        ),
    ],
)
def test_what_is_no_plan_is_refused_by_its_fields(
    manager: Person, document: Any, field: str
) -> None:
    for answer in (manager.put(PATH, document), manager.post(f"{PATH}/preview", document)):
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:fieldvoice:problem:plan-faulty"
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert CoveragePlan.objects.count() == 1


@pytest.mark.django_db
def test_other_dimensions_start_a_job_and_its_progress_is_told(
    manager: Person, sitting: Sitting
) -> None:
    document = {"dimensions": ["gender"], "cells": [{"key": {"gender": "female"}, "target": 9}]}
    answer = sent(manager.put(PATH, document), 200)
    assert answer["rebinning"]["state"] == "queued"
    campaign = Campaign.objects.get()
    assert (campaign.dimensions, campaign.binning) == (["gender"], 2)
    assert Job.objects.get(key=rebin_key(campaign)).subject == str(campaign.pk)
    # Those who come now are in the new cells already, and the phone is told what makes a cell.
    body = {"demographics": {"gender": "female", "birth_year": 1990}}
    told = sent(sitting.phone.post("/v1/campaigns/spring/eligibility", body))
    assert told["cell"] == "gender=female"
    known = sent(
        sitting.phone.post("/v1/campaigns/spring/eligibility", {"speaker": str(sitting.speaker)})
    )
    assert known["cell"] == "gender=female"
    pack = sent(sitting.phone.get("/v1/campaigns/spring/pack"))
    assert pack["campaign"]["dimensions"] == ["gender"]
    assert pack["campaign"]["bands"][0] == {"name": "under-18", "from": 0, "to": 17}
    bands = {"age_band": [{"name": "young", "to": 24}, {"name": "25+"}]}
    sent(manager.put(PATH, {"dimensions": ["age_band"], "bands": bands, "cells": []}), 200)
    pack = sent(sitting.phone.get("/v1/campaigns/spring/pack"))
    assert [band["name"] for band in pack["campaign"]["bands"]] == ["young", "25+"]


@pytest.mark.django_db
def test_a_preview_says_what_would_change_and_changes_nothing(
    manager: Person, phone: Phone
) -> None:
    accepted_clip(sit_down(phone, accent="valley"))
    sit_down(phone, gender="male", accent="declined")
    document = {
        "unit": "speakers",
        "dimensions": ["gender", "accent"],
        "cells": [{"key": {"gender": "female", "accent": "valley"}, "target": 1}],
    }
    told = sent(manager.post(f"{PATH}/preview", document), 200)
    assert told["rebins"] is True
    assert told["speakers"] == {"all": 2, "moving": 2, "uncounted": 1}
    assert told["cells"] == [
        {
            "key": {"gender": "female", "accent": "valley"},
            "target": 1,
            "min_speakers": 0,
            "max_seconds_per_speaker": None,
            "before": None,
            "accepted": 1,
        }
    ]
    assert len(told["dropped"]) == 4
    assert "2 of 2 speakers move to another cell" in told["summary"]
    assert "1 full already" in told["summary"]
    assert CoveragePlan.objects.count() == 1
    same = sent(manager.post(f"{PATH}/preview", TARGETS), 200)
    assert (same["rebins"], same["speakers"]["moving"], same["dropped"]) == (False, 0, [])
    assert same["cells"][1]["before"] == 10
    assert same["cells"][1]["accepted"] == 1
    sittings = {
        "dimensions": ["device_class"],
        "cells": [{"key": {"device_class": "ios"}, "target": 5}],
    }
    by_sitting = sent(manager.post(f"{PATH}/preview", sittings), 200)
    assert by_sitting["cells"][0]["accepted"] is None


@pytest.mark.django_db
def test_a_plan_goes_out_and_comes_back_as_yaml(manager: Person) -> None:
    answer = manager.get(f"{PATH}?format=yaml")
    assert answer["Content-Type"].startswith("application/yaml")
    assert answer["Content-Disposition"] == 'attachment; filename="spring-plan-1.yaml"'
    text = answer.content.decode()
    assert "version: 1" in text
    assert sent(put_text(manager, text, "application/yaml"), 200)["version"] == 1
    changed = text.replace("target: 10", "target: 12", 1)
    assert sent(put_text(manager, changed, "application/yaml"), 200)["version"] == 2
    # It says from which version it was made.
    assert put_text(manager, text, "application/yaml").status_code == 409
    refused = put_text(manager, "unit: clips\nunit: seconds\n", "application/yaml")
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": "line 2", "message": "unit stands here twice."}]


@pytest.mark.django_db
def test_a_plan_goes_out_and_comes_back_as_csv(manager: Person) -> None:
    answer = manager.get(f"{PATH}?format=csv")
    assert answer["Content-Type"].startswith("text/csv")
    text = answer.content.decode()
    assert text.splitlines()[:2] == [
        "gender,age_band,target,min_speakers,max_seconds_per_speaker,unit",
        "female,18-29,10,,,clips",
    ]
    sent(put_text(manager, text.replace(",10,,", ",20,3,"), "text/csv"), 200)
    assert set(Cell.objects.filter(target__isnull=False).values_list("target", "min_speakers")) == {
        (20, 3)
    }
    refused = put_text(manager, "gender,age_band,target\nfemale,60+,5\nmale,x,5\n", "text/csv")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "line 3"
    told = sent(post_text(manager, "gender,age_band,target\nfemale,60+,5\n", "text/csv"), 200)
    assert len(told["dropped"]) == 4


@pytest.mark.django_db
def test_a_problem_is_json_whatever_file_was_asked_for(manager: Person) -> None:
    answer = manager.get(f"{PATH}?format=csv&version=9")
    assert answer.status_code == 404
    assert answer.json()["status"] == 404
    assert manager.get(f"{PATH}?version=x").status_code == 400
    assert put_text(manager, "x", "text/plain").status_code == 415


@pytest.mark.django_db
def test_who_may_read_and_who_may_write(campaign: Campaign, phone: Phone) -> None:
    scientist = make_person(policy.SCIENTIST, campaign)
    assert scientist.get(PATH).status_code == 200
    assert scientist.put(PATH, CROSS).status_code == 403
    assert scientist.post(f"{PATH}/preview", CROSS).status_code == 403
    assert phone.get(PATH).status_code == 403
    other = make_person(policy.MANAGER, make_campaign("other"), name="other@example.org")
    assert other.get(PATH).status_code == 404
    assert other.put(PATH, CROSS).status_code == 404


@pytest.mark.django_db
def test_a_field_may_take_a_published_vocabulary(manager: Person) -> None:
    everywhere = make_person(policy.MANAGER, None, name="chief@example.org")
    body = {
        "slug": "vocabularies",
        "name": "V",
        "language": "ca",
        "consent_forms": [{"locale": "ca", "text": "?", "scopes": ["collect"]}],
        "demographics": [
            {"name": "gender", "kind": "choice", "vocabulary": "common-voice-gender"},
            {"name": "birth_year", "kind": "year"},
            {"name": "region", "kind": "choice", "vocabulary": "iso-3166-2", "choices": ["ES-CT"]},
        ],
        "dimensions": ["gender", "age_band", "region"],
        "targets": {
            "bands": {"age_band": "common-voice"},
            "cells": [
                {
                    "key": {"gender": "intersex", "age_band": "fourties", "region": "ES-CT"},
                    "target": 3,
                }
            ],
        },
    }
    made = sent(everywhere.post("/v1/campaigns", body), 201)
    assert made["demographics"][0]["choices"][0] == "female_feminine"
    wrong = body | {
        "slug": "other",
        "demographics": [
            {
                "name": "region",
                "kind": "choice",
                "vocabulary": "iso-3166-2",
                "choices": ["Catalonia"],
            }
        ],
    }
    refused = everywhere.post("/v1/campaigns", wrong)
    assert refused.status_code == 400
    assert "Catalonia is not an ISO 3166-2 code" in str(refused.json()["errors"])
    taken = body | {"slug": "third", "demographics": [{"name": "environment", "kind": "text"}]}
    assert "said of each session" in str(everywhere.post("/v1/campaigns", taken).json()["errors"])
