"""The list of clips: a reviewer's queue, filters, pages, and who may hear what is in it."""

from typing import Any

import httpx
import pytest
import uuid_utils.compat as uuid
from django.utils import timezone

from backend import policy, storage
from backend.campaigns.models import Campaign
from backend.clips.withdrawal import withdraw_clip
from backend.jobs.models import AuditEvent
from backend.quality.models import Derivative
from tests.cast import Person, Phone, make_campaign, make_person
from tests.factories import Sitting, sent, sit_down, upload_clip
from tests.judged import NOISY, judged_clip, write_rules

PATH = "/v1/campaigns/spring/clips"


@pytest.fixture
def ruled(campaign: Campaign) -> Campaign:
    """A campaign that rejects under 10 dB and reviews under 20 dB."""
    write_rules(campaign, noisy=10, review=20)
    return campaign


def listed(person: Person, **query: Any) -> list[dict[str, Any]]:
    """Return the clips of the first page."""
    clips: list[dict[str, Any]] = page(person, **query)["clips"]
    return clips


def page(person: Person, **query: Any) -> dict[str, Any]:
    """Return a page."""
    words = "&".join(f"{name}={value}" for name, value in query.items())
    answer: dict[str, Any] = sent(person.get(f"{PATH}?{words}"), 200)
    return answer


def test_the_queue_has_clips_in_review_the_oldest_first(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    clips = [judged_clip(sitting, snr_db=value) for value in (15, 25, 16, 5)]
    queue = listed(manager, state="review")
    assert [clip["id"] for clip in queue] == [str(clips[0].pk), str(clips[2].pk)]
    first = queue[0]
    assert first["verdict"]["outcome"] == "review"
    reason = first["verdict"]["reasons"][0]
    assert (reason["code"], reason["value"], reason["threshold"]) == ("noisy", 15, 20)
    assert reason["text"].startswith("Too much noise")
    assert first["prompt"]["text"] == "The bus to the market leaves at half past seven."
    assert (first["prompt"]["kind"], first["prompt"]["language"]) == ("read", "en")
    assert first["duration_ms"] == 3000
    assert "measures" not in first


def test_everything_measured_is_there_for_who_asks(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    judged_clip(sitting, snr_db=15)
    assert listed(manager, measures="true")[0]["measures"]["snr_db"] == 15


def test_pages_follow_each_other_without_a_gap(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    clips = [str(judged_clip(sitting, snr_db=15).pk) for _ in range(5)]
    seen: list[str] = []
    query: dict[str, Any] = {"state": "review", "limit": 2}
    while True:
        answer = page(manager, **query)
        seen += [clip["id"] for clip in answer["clips"]]
        if answer["next"] is None:
            break
        query["cursor"] = answer["next"]
    assert seen == clips
    newest = listed(manager, order="newest", limit=2)
    assert [clip["id"] for clip in newest] == clips[:-3:-1]


def test_clips_are_found_by_what_is_known_of_them(
    sitting: Sitting, manager: Person, other_phone: Phone, ruled: Campaign
) -> None:
    quiet = NOISY | {"code": "too_quiet", "measure": "rms_dbfs", "threshold": -40}
    write_rules(ruled, quiet, noisy=10, review=20)
    noisy = judged_clip(sitting, snr_db=15)
    soft = judged_clip(sitting, rms_dbfs=-50)
    other = judged_clip(sit_down(other_phone, gender="male"))

    def found(**query: Any) -> set[str]:
        return {clip["id"] for clip in listed(manager, **query)}

    assert found() == {str(clip.pk) for clip in (noisy, soft, other)}
    assert found(state="passed") == {str(other.pk)}
    assert found(reason="noisy") == {str(noisy.pk)}
    assert found(reason="too_quiet") == {str(soft.pk)}
    assert found(reason="too_quiet", state="review") == set()
    assert found(reason="quiet") == set()
    assert found(collector=other.collector_id) == {str(other.pk)}
    assert found(speaker=sitting.speaker) == {str(noisy.pk), str(soft.pk)}
    assert found(cell=other.cell) == {str(other.pk)}
    today = timezone.now().date()
    assert len(found(date=today)) == 3
    assert found(since="2100-01-01") == set()
    assert found(until="2000-01-01") == set()
    assert len(found(since=today, until=today)) == 3


def test_nothing_in_the_list_says_who_speaks(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    judged_clip(sitting)
    answer = manager.get(PATH).content.decode()
    assert "1994" not in answer
    assert "Ada" not in answer


def test_who_may_hear_gets_links_and_the_audit_says_to_what(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    clip = judged_clip(sitting, snr_db=15)
    Derivative.objects.filter(clip=clip).delete()
    url = listed(manager)[0]["audio_url"]
    assert httpx.get(url).content == storage.read(storage.clip_key(clip.pk), max_bytes=10**6)
    event = AuditEvent.objects.get(act="clip.hear")
    assert (event.subject, event.detail) == ("campaign:spring", {"clips": [str(clip.pk)]})


def test_who_may_not_hear_gets_no_link(
    sitting: Sitting, ruled: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged_clip(sitting)
    without = policy.ROLES[policy.SCIENTIST] - {"clip.hear"}
    monkeypatch.setitem(policy.ROLES, policy.SCIENTIST, without)
    assert "audio_url" not in listed(make_person(policy.SCIENTIST, ruled))[0]


def test_a_withdrawn_clip_has_neither_link_nor_verdict_nor_measures(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    clip = judged_clip(sitting)
    withdraw_clip(clip_id=clip.pk, actor="device:x", reason="", now=timezone.now())
    shown = listed(manager, measures="true")[0]
    assert (shown["state"], shown["verdict"], shown["measures"]) == ("withdrawn", None, {})
    assert "audio_url" not in shown


def test_a_clip_without_bytes_is_listed_and_silent(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    upload_clip(sitting)
    assert len(listed(manager, state="uploaded")) == 1
    assert listed(manager, state="expected") == []


@pytest.mark.parametrize(
    "query",
    [
        "state=unknown",
        "reason=%00",
        "reason=A'B",
        "cursor=7",
        "limit=0",
        "limit=101",
        "speaker=x",
        "date=today",
        "collector=-1",
        "colour=blue",
        "order=random",
        "cell=%00",
    ],
)
def test_a_question_that_has_no_meaning_is_refused(
    manager: Person, ruled: Campaign, query: str
) -> None:
    answer = manager.get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:fieldvoice:problem:malformed"


def test_the_list_is_for_people_of_the_campaign(
    phone: Phone, manager: Person, campaign: Campaign
) -> None:
    stranger = make_person(policy.MANAGER, make_campaign("autumn"), name="stranger")
    assert phone.get(PATH).status_code == 403
    assert stranger.get(PATH).status_code == 404
    assert make_person(policy.OPERATOR, campaign).get(PATH).status_code == 403
    assert make_person(policy.SCIENTIST, campaign).get(PATH).status_code == 200
    assert manager.get(f"{PATH}?cursor={uuid.uuid7()}").json() == {"clips": [], "next": None}
