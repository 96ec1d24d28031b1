"""A prompt's spoken form: given by a manager, played and kept by phones."""

import hashlib
from typing import Any

import httpx
import pytest

from backend.campaigns.models import Campaign, Prompt
from backend.jobs.models import AuditEvent
from tests.cast import Person, Phone, make_campaign, make_phone
from tests.factories import put_bytes, sent
from tests.sounds import flac, speech_like

pytestmark = pytest.mark.django_db
SOUND, OTHER = flac(speech_like(1.0)), flac(speech_like(1.5, seed=3))


def give(manager: Person, prompt: Prompt, sound: bytes) -> Any:
    body = {
        "sha256": hashlib.sha256(sound).hexdigest(),
        "bytes": len(sound),
        "content_type": "audio/flac",
    }
    return sent(manager.put(f"/v1/prompts/{prompt.pk}/audio", body), 200)["upload"]


@pytest.fixture
def prompt(campaign: Campaign) -> Prompt:
    return Prompt.objects.filter(campaign=campaign).order_by("position")[0]


def in_pack(phone: Phone, prompt: Prompt) -> tuple[bool, int]:
    prompts = phone.get("/v1/campaigns/spring/pack").json()["prompts"]
    return next((p["has_audio"], p["revision"]) for p in prompts if p["id"] == str(prompt.pk))


def test_a_spoken_prompt_is_given_played_and_kept(
    phone: Phone, manager: Person, prompt: Prompt
) -> None:
    path = f"/v1/prompts/{prompt.pk}/audio"
    assert phone.get(path).status_code == 404
    upload = give(manager, prompt, SOUND)
    assert f"/derived/prompts/{prompt.pk}/" in upload["url"]
    assert manager.post(f"{path}/uploaded").status_code == 409
    assert in_pack(phone, prompt) == (False, 1)
    assert put_bytes(upload, SOUND).status_code == 200
    for _ in range(2):
        assert sent(manager.post(f"{path}/uploaded"), 200) == {"id": str(prompt.pk), "revision": 1}
    assert AuditEvent.objects.filter(act="prompt.audio").count() == 1
    assert in_pack(phone, prompt) == (True, 1)
    moved = phone.get(path)
    assert moved.status_code == 302
    assert httpx.get(moved["Location"], timeout=120).content == SOUND
    told = sent(phone.get(path, headers={"Accept": "application/json"}), 200)
    assert told["content_type"] == "audio/flac"
    assert set(told) == {"url", "content_type", "expires_at"}
    assert httpx.get(told["url"], timeout=120).content == SOUND
    assert sent(manager.get(path, headers={"Accept": "application/json"}), 200)["url"]


def test_other_sound_is_another_revision_and_the_same_sound_needs_no_upload(
    phone: Phone, manager: Person, prompt: Prompt
) -> None:
    path = f"/v1/prompts/{prompt.pk}/audio"
    for sound, revision in ((SOUND, 1), (OTHER, 2)):
        assert put_bytes(give(manager, prompt, sound), sound).status_code in (200, 412)
        assert sent(manager.post(f"{path}/uploaded"), 200)["revision"] == revision
        assert in_pack(phone, prompt) == (True, revision)
    assert give(manager, prompt, OTHER) is None
    assert httpx.get(phone.get(path)["Location"], timeout=120).content == OTHER


def test_only_a_manager_of_the_campaign_gives_and_only_its_people_hear(
    phone: Phone, manager: Person, prompt: Prompt
) -> None:
    path = f"/v1/prompts/{prompt.pk}/audio"
    assert phone.put(path, {}).status_code == 403
    stranger = make_phone(make_campaign("autumn"), install_id="install-0009")
    assert stranger.get(path).status_code == 404
    elsewhere = Prompt.objects.filter(campaign__slug="autumn")[0]
    assert manager.put(f"/v1/prompts/{elsewhere.pk}/audio", {}).status_code == 404
    assert manager.post(f"{path}/uploaded").status_code == 404
    body = {"sha256": "0" * 64, "bytes": 5_000_001, "content_type": "audio/flac"}
    assert manager.put(path, body).status_code == 400
    assert manager.put(path, body | {"bytes": 5, "content_type": "text/html"}).status_code == 400
