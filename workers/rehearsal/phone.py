"""One phone of the rehearsal: enrols, registers speakers, uploads their takes, asks verdicts."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from workers.rehearsal.calls import Answer, Network, Refused, expect
from workers.rehearsal.journal import Journal
from workers.rehearsal.plan import PlannedClip, PlannedSpeaker
from workers.rehearsal.takes import Take, Takes

# Where a clip stands before its bytes are judged.
UNSETTLED = frozenset({"", "expected", "uploaded"})
_AT_ONCE = 20
_UPLOAD_TRIES = 8
_APP = "rehearsal"
# A take beyond the campaign's bounds is refused when it is announced, and that is its end.
_OUT_OF_BOUNDS = frozenset({"clip-too-long", "clip-too-large"})


@dataclass(frozen=True)
class Orders:
    """What every phone of a rehearsal is told: where, with which code, how long to wait."""

    slug: str
    code: str
    verdict_seconds: float
    on_receipt: Callable[[], None]
    on_verdict: Callable[[], None]


class Phone:
    """Plays the planned speakers one after another; what it has done stands in the journal."""

    def __init__(
        self,
        number: int,
        speakers: Sequence[PlannedSpeaker],
        *,
        orders: Orders,
        takes: Takes,
        journal: Journal,
        open_network: Callable[[Random], Network],
        rng: Random,
    ) -> None:
        self._install_id = f"rehearsal-{journal.started_ms}-{number}"
        self._speakers = speakers
        self._orders = orders
        self._takes = takes
        self._journal = journal
        self._open_network = open_network
        self._rng = rng
        self.network = open_network(rng)
        self._token = ""
        self._prompts: dict[str, str] = {}
        self._form: dict[str, Any] = {}
        self.resumed = 0

    def record_all(self) -> None:
        """Bring every planned take home; raises Refused or GaveUp. Done before, it does nothing."""
        if not self._token:
            self._enrol()
        for speaker in self._speakers:
            left = [clip for clip in speaker.clips if not self._home(clip)]
            if not left:
                continue
            if not self._prompts:
                self._fetch_pack()
            self._introduce(speaker)
            for start in range(0, len(left), _AT_ONCE):
                self._bring_home(speaker, left[start : start + _AT_ONCE])
            if self._rng.random() < self._journal.choices.drop:
                self._forget_all()

    def ask_verdicts(self) -> None:
        """Poll every clip until it is judged or time is up; raises Refused or GaveUp."""
        until = time.monotonic() + self._orders.verdict_seconds
        waiting = [clip for speaker in self._speakers for clip in speaker.clips]
        pause = 0.3
        while waiting:
            before = len(waiting)
            waiting = [clip for clip in waiting if not self._judged(clip)]
            if not waiting or time.monotonic() > until or self.network.stopping.is_set():
                return
            pause = 0.3 if len(waiting) < before else min(pause * 1.5, 5.0)
            time.sleep(pause)

    def ask_state(self, clip: PlannedClip) -> str:
        """Ask where a clip stands now, write it down and return it; "" when nobody knows it."""
        answer = self._call("GET", f"/v1/clips/{clip.id}")
        if answer.status_code == 404:
            return ""
        body = expect("read a clip", answer, 200)
        verdict = body.get("verdict") or {}
        reasons = [reason["code"] for reason in verdict.get("reasons", ())]
        self._journal.note_clip(clip.id, state=body["state"], reasons=reasons)
        return str(body["state"])

    def _judged(self, clip: PlannedClip) -> bool:
        if self._known(clip).get("state", "") not in UNSETTLED:
            return True
        if self.ask_state(clip) in UNSETTLED:
            return False
        self._orders.on_verdict()
        return True

    def _home(self, clip: PlannedClip) -> bool:
        known = self._known(clip)
        return bool(known.get("receipt")) or known.get("state") == "refused"

    def _known(self, clip: PlannedClip) -> dict[str, Any]:
        return self._journal.of_clip(clip.id)

    def _forget_all(self) -> None:
        """Be switched off and on again: connections, token and pack are gone."""
        self.resumed += 1
        old = self.network
        old.close()
        self.network = self._open_network(self._rng)
        self.network.dropped, self.network.repeated = old.dropped, old.repeated
        self.network.retried, self.network.stopping = old.retried, old.stopping
        self._token, self._prompts = "", {}
        self._enrol()

    def _call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Call the API with the phone's token, a new one where a lost enrolment replaced it."""
        for _ in range(3):
            answer = self.network.send(
                method,
                path,
                body=body,
                headers={"Authorization": f"Bearer {self._token}", **headers},
            )
            if answer.status_code != 401:
                break
            self._enrol()
        return answer

    def _enrol(self) -> None:
        answer = self.network.send(
            "POST",
            "/v1/devices/enrol",
            body={
                "code": self._orders.code,
                "install_id": self._install_id,
                "name": f"Rehearsal phone {self._install_id[-4:]}",
                "user_agent": _APP,
            },
        )
        self._token = expect("enrol", answer, 201)["token"]

    def _fetch_pack(self) -> None:
        path = f"/v1/campaigns/{self._orders.slug}/pack"
        answer = self._call("GET", path)
        pack = expect("fetch the pack", answer, 200)
        again = self._call("GET", path, **{"If-None-Match": answer.headers["ETag"]})
        if again.status_code != 304:
            raise Refused("fetch an unchanged pack", again)
        self._prompts = {prompt["text"]: prompt["id"] for prompt in pack["prompts"]}
        self._form = pack["consent_forms"][0]

    def _introduce(self, speaker: PlannedSpeaker) -> None:
        """Register a speaker, their consent and the session, and look at the next prompts."""
        # The same words at every repetition, or the same id would come with other content.
        began = datetime.fromtimestamp(self._journal.started_ms / 1000, UTC).isoformat()
        slug = self._orders.slug
        self._put(
            f"/v1/speakers/{speaker.id}",
            {"campaign": slug, "demographics": speaker.demographics},
        )
        self._put(
            f"/v1/consents/{speaker.consent}",
            {
                "speaker": speaker.id,
                "consent_form": self._form["id"],
                "given_at": began,
                "locale": self._form["locale"],
                "scopes": self._form["scopes"],
                "method": "tap",
            },
        )
        self._put(
            f"/v1/sessions/{speaker.session}",
            {
                "campaign": slug,
                "speaker": speaker.id,
                "consent": speaker.consent,
                "environment": speaker.environment,
                "app_version": _APP,
                "clock_offset_ms": Random(speaker.id).randint(-5000, 5000),
                "device": {
                    "model": _APP,
                    "os": "",
                    "mic": "",
                    "sample_rate": 16000,
                    "settings_asked": {"echoCancellation": False},
                    "settings_got": {"echoCancellation": False},
                },
                "started_at": began,
            },
        )
        path = f"/v1/campaigns/{slug}/prompts?session={speaker.session}&count=20"
        expect("ask for prompts", self._call("GET", path), 200)

    def _put(self, path: str, body: dict[str, Any]) -> None:
        expect(f"PUT {path.split('/')[2]}", self._call("PUT", path, body), 200, 201)

    def _bring_home(self, speaker: PlannedSpeaker, clips: Sequence[PlannedClip]) -> None:
        """Announce, put and confirm some takes: together or one by one, as chance has it."""
        takes = {clip.id: self._takes.make(speaker, clip) for clip in clips}
        for clip in clips:
            take = takes[clip.id]
            self._journal.note_clip(clip.id, sha256=take.sha256, bytes=len(take.content))
        together = self._rng.random() < 0.5
        uploads = self._announce_batch(speaker, clips, takes) if together else {}
        put = []
        for clip in clips:
            try:
                upload = (
                    uploads[clip.id]
                    if clip.id in uploads
                    else self._announce(speaker, clip, takes[clip.id])
                )
                self._upload(speaker, clip, takes[clip.id], upload)
                if not together:
                    self._confirm(speaker, clip, takes[clip.id])
            except Refused as refused:
                if refused.problem not in _OUT_OF_BOUNDS:
                    raise
                self._journal.note_clip(clip.id, state="refused", reasons=[refused.problem])
            else:
                put.append(clip)
        if together:
            self._confirm_batch(speaker, put, takes)

    def _announcement(
        self, speaker: PlannedSpeaker, clip: PlannedClip, take: Take
    ) -> dict[str, Any]:
        moment = self._journal.started_ms / 1000 + clip.number
        return {
            "session": speaker.session,
            "prompt": self._prompts[clip.prompt],
            "seq": clip.number,
            "take": clip.take,
            "sha256": take.sha256,
            "bytes": len(take.content),
            "content_type": take.content_type,
            "duration_ms": take.duration_ms,
            "recorded_at": datetime.fromtimestamp(moment, UTC).isoformat(),
            "client_checks": {},
        }

    def _announce(
        self, speaker: PlannedSpeaker, clip: PlannedClip, take: Take
    ) -> dict[str, Any] | None:
        body = self._announcement(speaker, clip, take)
        answer = self._call("PUT", f"/v1/clips/{clip.id}", body)
        upload: dict[str, Any] | None = expect("announce a clip", answer, 200, 201)["upload"]
        return upload

    def _announce_batch(
        self, speaker: PlannedSpeaker, clips: Sequence[PlannedClip], takes: dict[str, Take]
    ) -> dict[str, dict[str, Any] | None]:
        items = [
            {"id": clip.id, **self._announcement(speaker, clip, takes[clip.id])} for clip in clips
        ]
        answer = self._call("POST", "/v1/clips/batch", {"clips": items})
        results = expect("announce clips", answer, 200)["results"]
        # An item with a problem is announced again by itself, which tells why.
        return {result["id"]: result["upload"] for result in results if "problem" not in result}

    def _upload(
        self,
        speaker: PlannedSpeaker,
        clip: PlannedClip,
        take: Take,
        upload: dict[str, Any] | None,
    ) -> None:
        """Put the bytes; a link that ran out is asked for anew. Without a link they are stored."""
        for _ in range(_UPLOAD_TRIES):
            if upload is None:
                return
            answer = self.network.send(
                "PUT", upload["url"], content=take.content, headers=upload["headers"]
            )
            # 412: an earlier try had arrived after all, and the confirmation will tell.
            if answer.status_code in (200, 412):
                return
            upload = self._announce(speaker, clip, take)
        raise Refused("put a clip's bytes", answer)

    def _confirm(self, speaker: PlannedSpeaker, clip: PlannedClip, take: Take) -> None:
        for _ in range(_UPLOAD_TRIES):
            answer = self._call("POST", f"/v1/clips/{clip.id}/uploaded")
            if answer.status_code == 200:
                self._keep_receipt(clip, answer.json())
                return
            if answer.status_code != 409:
                raise Refused("confirm a clip", answer)
            # The store does not have them: once more from the start.
            self._upload(speaker, clip, take, self._announce(speaker, clip, take))
        raise Refused("confirm a clip", answer)

    def _confirm_batch(
        self, speaker: PlannedSpeaker, clips: Sequence[PlannedClip], takes: dict[str, Take]
    ) -> None:
        answer = self._call("POST", "/v1/clips/uploaded", {"ids": [clip.id for clip in clips]})
        results = {row["id"]: row for row in expect("confirm clips", answer, 200)["results"]}
        for clip in clips:
            result = results.get(clip.id, {})
            if result.get("receipt"):
                self._keep_receipt(clip, result)
            else:
                self._confirm(speaker, clip, takes[clip.id])

    def _keep_receipt(self, clip: PlannedClip, body: dict[str, Any]) -> None:
        self._journal.note_clip(clip.id, receipt=body["receipt"], state=body["state"])
        self._orders.on_receipt()
