"""What rules would do to a campaign's clips: counted before anybody writes them."""

from typing import Any

import pytest
from django.utils import timezone

from backend import policy
from backend.campaigns.models import Campaign
from backend.clips import lifecycle
from backend.clips.models import Clip, ClipEvent
from backend.clips.state import State
from backend.jobs.models import Job
from backend.quality.models import QualityCheck
from backend.quality.preview import preview_rules
from backend.quality.profile import read_rules
from backend.quality.reviewing import review_clip
from tests.cast import Person, Phone, make_person
from tests.factories import Sitting, sent, upload_clip
from tests.judged import judged_clip, rules, write_rules

PATH = "/v1/campaigns/spring/profile"


@pytest.fixture
def ruled(campaign: Campaign) -> Campaign:
    """A campaign that rejects under 10 dB and reviews under 20 dB."""
    write_rules(campaign, noisy=10, review=20)
    return campaign


def asked(manager: Person, *listed: Any, **bounds: float) -> dict[str, Any]:
    """Return the preview of rules."""
    body = {"rules": rules(*listed, **bounds)}
    answer: dict[str, Any] = sent(manager.post(f"{PATH}/preview", body), 200)
    return answer


def test_a_preview_counts_what_would_change_and_changes_nothing(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    clips = [judged_clip(sitting, snr_db=value) for value in (5, 15, 25, 40)]
    written = ClipEvent.objects.count(), QualityCheck.objects.count(), Job.objects.count()
    said = asked(manager, noisy=18, review=30)
    assert said["summary"] == "2 clips would change."
    assert said["moves"] == [
        {"from": "passed", "to": "review", "clips": 1},
        {"from": "review", "to": "rejected", "clips": 1},
    ]
    assert said["codes"] == [{"code": "noisy", "before": 2, "after": 3}]
    assert (said["examined"], said["clips"], said["judged"]) == (4, 4, 4)
    assert said["sampled"] is False
    assert said["examples"][0] == {
        "id": str(clips[1].pk),
        "from": "review",
        "to": "rejected",
        "waits_for_models": False,
        "codes_before": ["noisy"],
        "codes": ["noisy"],
    }
    assert (ClipEvent.objects.count(), QualityCheck.objects.count(), Job.objects.count()) == written
    assert sent(manager.get(PATH))["version"] == 2


def test_one_clip_is_one_clip(sitting: Sitting, manager: Person, ruled: Campaign) -> None:
    judged_clip(sitting, snr_db=25)
    assert asked(manager, noisy=26)["summary"] == "1 clip would change."


def test_the_rules_that_hold_would_change_nothing(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    judged_clip(sitting, snr_db=15)
    said = asked(manager, noisy=10, review=20)
    assert (said["changed"], said["examples"]) == (0, [])


def test_persons_and_later_and_unmeasured_clips_are_counted_apart(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    kept = judged_clip(sitting, snr_db=15)
    review_clip(clip_id=kept.pk, decision="pass", reasons=[], actor="user:7", now=timezone.now())
    later = judged_clip(sitting)
    lifecycle.move(
        clip_id=later.pk, to=State.ANNOTATING, actor="x", at=timezone.now(), reason="routed"
    )
    upload_clip(sitting)
    said = asked(manager, noisy=50)
    assert (said["kept"], said["unmeasured"], said["changed"]) == (1, 1, 0)
    assert said["later"] == [{"state": "annotating", "outcome": "reject", "clips": 1}]


def test_a_clip_that_models_must_hear_first_is_said_to_wait(
    sitting: Sitting, manager: Person, ruled: Campaign, settings: Any
) -> None:
    judged_clip(sitting, snr_db=5)
    settings.MODEL_CHECKS = True
    said = asked(manager, noisy=1)
    assert (said["changed"], said["waiting"]) == (1, 1)
    assert said["examples"][0]["waits_for_models"] is True


def test_faulty_rules_are_refused_with_every_fault(manager: Person, ruled: Campaign) -> None:
    answer = manager.post(f"{PATH}/preview", {"rules": [{"code": "x"}]})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:fieldvoice:problem:profile-faulty"
    assert manager.post(f"{PATH}/preview", {"rules": [], "more": 1}).status_code == 400


def test_a_campaign_without_clips_has_an_answer_too(manager: Person, ruled: Campaign) -> None:
    assert asked(manager, noisy=1)["summary"] == "0 clips would change."


def test_many_clips_are_estimated_from_some_and_the_answer_says_so(
    sitting: Sitting, ruled: Campaign
) -> None:
    clips = [judged_clip(sitting, snr_db=15) for _ in range(12)]
    said = preview_rules(campaign=ruled, rules=read_rules(rules(noisy=16)), most=6)
    low = [clip for clip in clips if str(clip.pk)[-3:] < "800"]
    assert said["sampled"] is True
    assert (said["clips"], said["judged"]) == (12, len(low))
    assert said["changed"] == (12 if low else 0)
    assert said["summary"].startswith("About ")


def test_the_profile_tells_how_far_the_clips_of_before_are_judged(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    assert sent(manager.get(PATH))["rejudge"]["state"] == "queued"
    done = sent(manager.put(PATH, {"rules": rules(noisy=3)}))
    assert done["version"] == 3
    assert done["rejudge"] == {
        "state": "queued",
        "done": 0,
        "total": 0,
        "note": "",
        "error": "",
        "result": None,
    }


def test_the_first_version_has_nothing_to_judge_anew(manager: Person, campaign: Campaign) -> None:
    assert sent(manager.get(PATH))["rejudge"] is None


def test_only_who_may_write_rules_may_try_them(
    phone: Phone, campaign: Campaign, manager: Person
) -> None:
    body = {"rules": rules()}
    scientist = make_person(policy.SCIENTIST, campaign)
    for caller in (phone, scientist):
        assert caller.post(f"{PATH}/preview", body).status_code == 403
    assert Clip.objects.count() == 0
