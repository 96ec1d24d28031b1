"""A collector's phone in the story: each thing it does is one call of the public API."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import uuid_utils.compat as uuid7s

from tests.platforms import wait_for


@dataclass(frozen=True)
class Take:
    """A recording that a speaker has kept, with the id that it bears to the last line."""

    id: str
    prompt: dict[str, Any]
    sound: bytes
    seconds: float
    recorded_at: str

    @property
    def sha256(self) -> str:
        """What the receipt must say."""
        return hashlib.sha256(self.sound).hexdigest()


class Phone:
    """Enrolled by a code; knows its campaign's pack."""

    def __init__(self, web_url: str, code: str) -> None:
        self._http = httpx.Client(base_url=web_url, timeout=120, trust_env=False)
        enrolment = {
            "code": code,
            "install_id": f"story-{uuid.uuid4().hex}",
            "name": "Ada's phone",
            "user_agent": "a test",
        }
        enrolled = self._answer("POST", "/v1/devices/enrol", enrolment)
        self._http.headers["Authorization"] = f"Bearer {enrolled['token']}"
        self.campaign = enrolled["campaigns"][0]
        self.pack = self._answer("GET", f"/v1/campaigns/{self.campaign}/pack")
        self.session = ""

    def close(self) -> None:
        """Switch it off."""
        self._http.close()

    def _answer(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def sits_down_with(self, **demographics: str) -> str:
        """Register a speaker, take their consent, open a session; returns the speaker's id."""
        speaker, consent, self.session = (str(uuid7s.uuid7()) for _ in range(3))
        form, now = self.pack["consent_forms"][0], datetime.now(UTC).isoformat()
        self._answer(
            "PUT",
            f"/v1/speakers/{speaker}",
            {"campaign": self.campaign, "demographics": demographics},
        )
        agreed = {
            "speaker": speaker,
            "consent_form": form["id"],
            "given_at": now,
            "locale": form["locale"],
            "scopes": form["scopes"],
            "method": "tap",
        }
        self._answer("PUT", f"/v1/consents/{consent}", agreed)
        sitting = {
            "campaign": self.campaign,
            "speaker": speaker,
            "consent": consent,
            "environment": "quiet",
            "app_version": "story",
            "clock_offset_ms": 0,
            "device": {
                "model": "a test",
                "os": "",
                "mic": "",
                "sample_rate": 16000,
                "settings_asked": {},
                "settings_got": {},
            },
            "started_at": now,
        }
        self._answer("PUT", f"/v1/sessions/{self.session}", sitting)
        return speaker

    def next_prompt(self) -> dict[str, Any]:
        """Ask what this speaker should say next."""
        path = f"/v1/campaigns/{self.campaign}/prompts?session={self.session}&count=1"
        prompt: dict[str, Any] = self._answer("GET", path)["prompts"][0]
        return prompt

    def keeps(self, sound: bytes, seconds: float, prompt: dict[str, Any]) -> Take:
        """Keep a take under an id of the phone's own making."""
        return Take(str(uuid7s.uuid7()), prompt, sound, seconds, datetime.now(UTC).isoformat())

    def announces(self, take: Take) -> dict[str, Any]:
        """Tell the platform of the take; returns the clip with where its bytes go."""
        announced: dict[str, Any] = self._answer(
            "PUT",
            f"/v1/clips/{take.id}",
            {
                "session": self.session,
                "prompt": take.prompt["id"],
                "seq": 1,
                "take": 1,
                "sha256": take.sha256,
                "bytes": len(take.sound),
                "content_type": "audio/flac",
                "duration_ms": round(take.seconds * 1000),
                "recorded_at": take.recorded_at,
                "client_checks": {},
            },
        )
        return announced

    def puts(self, sound: bytes, upload: dict[str, Any]) -> int:
        """Put bytes where the platform said, straight into the store; returns the status."""
        return httpx.put(
            upload["url"], content=sound, headers=upload["headers"], timeout=120, trust_env=False
        ).status_code

    def confirms(self, take: Take) -> dict[str, Any]:
        """Say that the bytes were put; returns the clip with its receipt."""
        confirmed: dict[str, Any] = self._answer("POST", f"/v1/clips/{take.id}/uploaded")
        return confirmed

    def tries_to_confirm(self, take: Take) -> httpx.Response:
        """Confirm, whatever comes back."""
        return self._http.post(f"/v1/clips/{take.id}/uploaded")

    def looks_at(self, take: Take) -> dict[str, Any]:
        """Ask where the clip stands."""
        clip: dict[str, Any] = self._answer("GET", f"/v1/clips/{take.id}")
        return clip

    def waits_for(self, take: Take, *states: str, seconds: float = 300.0) -> dict[str, Any]:
        """Ask until the clip stands in one of the states."""
        wait_for(
            f"the clip to be {' or '.join(states)}",
            lambda: self.looks_at(take)["state"] in states,
            seconds=seconds,
        )
        return self.looks_at(take)
