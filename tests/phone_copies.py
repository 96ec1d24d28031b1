"""Copies as a phone saves them: what it could not send, in a ZIP; and damaged ones."""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid

from backend import storage
from backend.imports.models import ClipImport
from backend.imports.services import import_key
from backend.jobs.models import Job
from tests.cast import Person, Phone
from tests.factories import (
    Sitting,
    clip_body,
    consent_body,
    put_bytes,
    sent,
    session_body,
    speaker_body,
)
from tests.sounds import speech_like, wav
from tests.walk import run_job


@dataclass
class Copy:
    """What a phone keeps and the server has not: rows by table, files by name."""

    phone: Phone
    rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {
            name: [] for name in ("speakers", "consents", "sessions", "clips", "withdrawals")
        }
    )
    files: dict[str, bytes] = field(default_factory=dict)

    def _add(self, table: str, id_: UUID, request: dict[str, Any], **more: Any) -> dict[str, Any]:
        row = {
            "id": str(id_),
            "collector": str(self.phone.device.collector_id),
            "campaign": self.phone.campaign.slug,
            "request": request,
        } | more
        self.rows[table].append(row)
        return row

    def sit_down(self, *, spoken: bytes = b"", **demographics: Any) -> Sitting:
        """Keep a speaker, their consent and a session, without a call to the server."""
        speaker, consent, session = uuid.uuid7(), uuid.uuid7(), uuid.uuid7()
        self._add("speakers", speaker, speaker_body(self.phone, **demographics))
        body = consent_body(self.phone, speaker)
        more: dict[str, Any] = {}
        if spoken:
            body |= {
                "method": "spoken",
                "evidence": {
                    "sha256": hashlib.sha256(spoken).hexdigest(),
                    "bytes": len(spoken),
                    "content_type": "audio/wav",
                },
            }
            more["file"] = f"consents/{consent}.wav"
            self.files[more["file"]] = spoken
        self._add("consents", consent, body, **more)
        self._add("sessions", session, session_body(self.phone, speaker, consent))
        return Sitting(self.phone, speaker, consent, session)

    def clip(self, sitting: Sitting, *, seed: int = 0, **changes: Any) -> dict[str, Any]:
        """Keep a clip; returns its row."""
        sound = wav(speech_like(1.0, seed=seed))
        clip_id = uuid.uuid7()
        file = f"clips/{clip_id}.wav"
        self.files[file] = sound
        return self._add("clips", clip_id, clip_body(sitting, sound, **changes), file=file)

    def sound_of(self, row: dict[str, Any]) -> bytes:
        """Return a clip's file."""
        return self.files[row["file"]]

    def manifest(self) -> dict[str, Any]:
        """Return fieldvoice.json."""
        return {
            "format": 1,
            "app_version": "0.1.0",
            "made_at": "2026-05-09T09:00:00Z",
            "install_id": self.phone.device.install_id,
            "enrolments": [
                {
                    "collector": str(self.phone.device.collector_id),
                    "campaign": self.phone.campaign.slug,
                }
            ],
        } | self.rows

    def zipped(self, *, compression: int = zipfile.ZIP_STORED) -> bytes:
        """Return the ZIP."""
        return zip_of(
            {"fieldvoice.json": json.dumps(self.manifest()).encode()} | self.files,
            compression=compression,
        )


def zip_of(files: dict[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return a ZIP of these files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return target.getvalue()


def announce(person: Person, body: bytes, campaign: str = "spring") -> dict[str, Any]:
    """Announce a file; returns `{id, state, upload}`."""
    facts = {
        "campaign": campaign,
        "sha256": hashlib.sha256(body).hexdigest(),
        "bytes": len(body),
    }
    answer: dict[str, Any] = sent(person.post("/v1/imports", facts))
    return answer


def bring(person: Person, body: bytes, campaign: str = "spring") -> ClipImport:
    """Announce, put and confirm a file; a job waits to take it in."""
    begun = announce(person, body, campaign)
    if begun["upload"]:
        assert put_bytes(begun["upload"], body).status_code == 200
        sent(person.post(f"/v1/imports/{begun['id']}/uploaded"), 202)
    return ClipImport.objects.get(pk=begun["id"])


def take_in(person: Person, body: bytes, campaign: str = "spring") -> dict[str, Any]:
    """Import a file to its end; returns what GET answers."""
    row = bring(person, body, campaign)
    if Job.objects.filter(kind="import_clips", subject=str(row.pk)).exists():
        run_job("import_clips", row.pk)
    answer: dict[str, Any] = sent(person.get(f"/v1/imports/{row.pk}"), 200)
    return answer


def outcomes(answer: dict[str, Any]) -> dict[str, str]:
    """Return each clip's outcome, with the problem where it is refused."""
    return {result["id"]: result["problem"] or result["outcome"] for result in answer["results"]}


def send_as_the_phone_does(copy: Copy, *, confirm: bool = True) -> None:
    """Send everything of a copy by the phone's own calls."""
    for table in ("speakers", "consents", "sessions"):
        for row in copy.rows[table]:
            sent(copy.phone.put(f"/v1/{table}/{row['id']}", row["request"]))
    for row in copy.rows["clips"]:
        answer = sent(copy.phone.put(f"/v1/clips/{row['id']}", row["request"]))
        if not confirm:
            continue
        if answer["upload"]:
            assert put_bytes(answer["upload"], copy.sound_of(row)).status_code == 200
        sent(copy.phone.post(f"/v1/clips/{row['id']}/uploaded"), 200)


def gone(row: ClipImport) -> bool:
    """Say whether the file of an import was deleted."""
    try:
        storage.head(import_key(row))
    except storage.ObjectMissing:
        return True
    return False
