"""An enrolled phone with an open session, whose clips a benchmark announces."""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import uuid_utils.compat as uuid

from benchmarks.ground.load import request_bytes
from benchmarks.ground.server import Server

CLIP_BYTES = 2000


@dataclass(frozen=True)
class Take:
    """A clip before it is announced: its id, its bytes, and the announcement."""

    id: str
    audio: bytes
    announcement: dict[str, Any]


@dataclass(frozen=True)
class EnrolledPhone:
    """What the phone knows after its first calls."""

    host: str
    token: str
    session: str
    prompts: tuple[str, ...]

    def takes(self, count: int) -> list[Take]:
        """Return so many new takes of random bytes."""
        return [self._take(number) for number in range(count)]

    def _take(self, number: int) -> Take:
        audio = os.urandom(CLIP_BYTES)
        announcement = {
            "session": self.session,
            "prompt": self.prompts[number % len(self.prompts)],
            "seq": number,
            "take": 1,
            "sha256": hashlib.sha256(audio).hexdigest(),
            "bytes": len(audio),
            "content_type": "audio/webm",
            "duration_ms": 3000,
            "recorded_at": datetime.now(UTC).isoformat(),
            "client_checks": {"peak": 0.4, "active_s": 2.1, "verdict": "pass"},
        }
        return Take(str(uuid.uuid7()), audio, announcement)

    def announce(self, take: Take) -> bytes:
        """Return the request that announces one take."""
        return self._request("PUT", f"/v1/clips/{take.id}", take.announcement)

    def announce_all(self, takes: list[Take]) -> bytes:
        """Return the request that announces up to 100 takes at once."""
        clips = [{"id": take.id, **take.announcement} for take in takes]
        return self._request("POST", "/v1/clips/batch", {"clips": clips})

    def confirm(self, take: Take) -> bytes:
        """Return the request that confirms one take."""
        return self._request("POST", f"/v1/clips/{take.id}/uploaded", None)

    def confirm_all(self, takes: list[Take]) -> bytes:
        """Return the request that confirms up to 100 takes at once."""
        return self._request("POST", "/v1/clips/uploaded", {"ids": [take.id for take in takes]})

    def bare(self, view: str, take: Take) -> bytes:
        """Return the same announcement, sent to a bare view."""
        return self._request("PUT", f"/bare/{view}/{take.id}", take.announcement)

    def _request(self, method: str, path: str, body: dict[str, Any] | None) -> bytes:
        text = b"" if body is None else json.dumps(body).encode()
        return request_bytes(method, path, host=self.host, token=self.token, body=text)


def enrol_phone(server: Server) -> EnrolledPhone:
    """Enrol by the demo's code, register a speaker, consent, open a session."""
    slug, now = server.demo["campaign"], datetime.now(UTC).isoformat()
    speaker, consent, session = (str(uuid.uuid7()) for _ in range(3))
    with httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client:
        enrolled = _sent(
            client,
            *("POST", "/v1/devices/enrol"),
            {
                "code": server.demo["enrolment_code"],
                "install_id": f"bench-{uuid.uuid4().hex}",
                "name": "Benchmark",
                "user_agent": "benchmark",
            },
        )
        client.headers["Authorization"] = f"Bearer {enrolled['token']}"
        pack = client.get(f"/v1/campaigns/{slug}/pack").raise_for_status().json()
        form = pack["consent_forms"][0]
        _sent(
            client,
            *("PUT", f"/v1/speakers/{speaker}"),
            {"campaign": slug, "demographics": {"gender": "female", "age_band": "30-39"}},
        )
        _sent(
            client,
            *("PUT", f"/v1/consents/{consent}"),
            {
                "speaker": speaker,
                "consent_form": form["id"],
                "given_at": now,
                "locale": form["locale"],
                "scopes": form["scopes"],
                "method": "tap",
            },
        )
        _sent(
            client,
            *("PUT", f"/v1/sessions/{session}"),
            {
                "campaign": slug,
                "speaker": speaker,
                "consent": consent,
                "environment": "quiet",
                "app_version": "benchmark",
                "clock_offset_ms": 0,
                "device": {
                    "model": "benchmark",
                    "os": "",
                    "mic": "",
                    "sample_rate": 48000,
                    "settings_asked": {},
                    "settings_got": {},
                },
                "started_at": now,
            },
        )
    prompts = tuple(prompt["id"] for prompt in pack["prompts"])
    return EnrolledPhone(f"127.0.0.1:{server.port}", enrolled["token"], session, prompts)


def _sent(client: httpx.Client, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = client.request(method, path, json=body).raise_for_status().json()
    return answer


def put_audio(server: Server, phone: EnrolledPhone, takes: list[Take]) -> None:
    """Announce takes in batches and put their bytes by the addresses that are answered."""
    with httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client:
        client.headers["Authorization"] = f"Bearer {phone.token}"
        for start in range(0, len(takes), 100):
            part = takes[start : start + 100]
            clips = [{"id": take.id, **take.announcement} for take in part]
            results = _sent(client, "POST", "/v1/clips/batch", {"clips": clips})["results"]
            for take, result in zip(part, results, strict=True):
                upload = result["upload"]
                httpx_headers = dict(upload["headers"])
                # The store knows nothing of the phone's token.
                request = client.build_request(
                    "PUT", upload["url"], content=take.audio, headers=httpx_headers
                )
                del request.headers["Authorization"]
                client.send(request).raise_for_status()
