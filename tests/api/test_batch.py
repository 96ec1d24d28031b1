"""Many clips in one call: one bad item never fails the others."""

import hashlib
from typing import Any

import pytest
import uuid_utils.compat as uuid

from backend.clips.models import Clip
from tests.cast import Phone
from tests.factories import Sitting, clip_body, put_bytes, sent
from tests.sounds import speech_like, wav

pytestmark = pytest.mark.django_db
SOUNDS = [wav(speech_like(1.0, seed=seed)) for seed in range(4)]


def item(sitting: Sitting, sound: bytes, **changes: Any) -> dict[str, Any]:
    return clip_body(sitting, sound) | {"id": str(uuid.uuid7())} | changes


def test_a_batch_answers_each_item_in_order(sitting: Sitting) -> None:
    items = [item(sitting, sound) for sound in SOUNDS]
    results = sent(sitting.phone.post("/v1/clips/batch", {"clips": items}), 200)["results"]
    assert [result["id"] for result in results] == [one["id"] for one in items]
    assert {result["status"] for result in results} == {201}
    again = sent(sitting.phone.post("/v1/clips/batch", {"clips": items}), 200)["results"]
    assert {result["status"] for result in again} == {200}


def test_one_bad_item_never_fails_the_others(sitting: Sitting) -> None:
    good = item(sitting, SOUNDS[0])
    bad = [
        item(sitting, SOUNDS[1], session=str(uuid.uuid7())),
        item(sitting, SOUNDS[1], prompt=str(uuid.uuid7())),
        item(sitting, SOUNDS[1], sha256="zz"),
        item(sitting, SOUNDS[1], duration_ms=10**8),
        item(sitting, SOUNDS[1], bytes=10**8),
        item(sitting, SOUNDS[1], colour="green"),
        "not an object",
        {"id": "not an id"},
        good | {"take": 7},
    ]
    clips = [good, *bad]
    results = sent(sitting.phone.post("/v1/clips/batch", {"clips": clips}), 200)["results"]
    assert [result["status"] for result in results] == [
        201, 422, 422, 400, 422, 422, 400, 400, 400, 409,
    ]  # fmt: skip
    slugs = [result.get("problem", {}).get("type", "").rpartition(":")[2] for result in results]
    assert slugs[1:6] == [
        "session-unknown",
        "prompt-unknown",
        "malformed",
        "clip-too-long",
        "clip-too-large",
    ]
    assert Clip.objects.count() == 1


def test_a_batch_of_ten_thousand_is_refused_whole(sitting: Sitting) -> None:
    clips = [item(sitting, SOUNDS[0]) for _ in range(10_000)]
    answer = sitting.phone.post("/v1/clips/batch", {"clips": clips})
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:fieldvoice:problem:batch-too-large"
    assert not Clip.objects.exists()


def test_many_are_confirmed_at_once_each_with_its_own_answer(
    sitting: Sitting, other_phone: Phone
) -> None:
    items = [item(sitting, sound) for sound in SOUNDS]
    results = sent(sitting.phone.post("/v1/clips/batch", {"clips": items}), 200)["results"]
    for result, sound in zip(results[:3], SOUNDS, strict=False):
        assert put_bytes(result["upload"], sound).status_code == 200
    ids = [one["id"] for one in items] + [str(uuid.uuid7()), "nonsense", 5]
    answers = sent(sitting.phone.post("/v1/clips/uploaded", {"ids": ids}), 200)["results"]
    assert [answer["status"] for answer in answers] == [200, 200, 200, 409, 404, 404, 404]
    assert answers[0]["receipt"]["sha256"] == hashlib.sha256(SOUNDS[0]).hexdigest()
    theirs = sent(other_phone.post("/v1/clips/uploaded", {"ids": ids}), 200)["results"]
    assert {answer["status"] for answer in theirs} == {404}
