"""The manager's and the scientist's calls: campaign, prompts, code, coverage, release, files."""

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from workers.rehearsal.calls import Network, expect
from workers.rehearsal.plan import PlannedClip

_CONSENT = (
    "This is a rehearsal. The recordings are of public collections or spoken by a machine; they "
    "are recorded, checked, written down and released as if they were yours. Do you agree?"
)
_SECONDS_OF_A_LINK = 240


class ReleaseFailed(Exception):
    """The release was not sealed, or a file of it is not what was promised."""


class Program:
    """Runs one rehearsal's campaign with an API token."""

    def __init__(self, network: Network, token: str, slug: str) -> None:
        self._network = network
        self._headers = {"Authorization": f"Bearer {token}"}
        self._campaign = f"/v1/campaigns/{slug}"
        self._slug = slug

    def open_campaign(self, clips: Iterable[PlannedClip]) -> None:
        """Create the campaign unless it is there, and import the clips' prompts."""
        body = {
            "slug": self._slug,
            "name": "Rehearsal",
            "language": "en",
            "consent_forms": [{"locale": "en", "text": _CONSENT, "scopes": ["collect", "publish"]}],
            "targets": {
                "unit": "clips",
                "cells": [
                    {"key": {"gender": gender, "age_band": band}, "target": 10}
                    for gender in ("female", "male")
                    for band in ("18-29", "30-39", "40-49", "50-59", "60+")
                ],
            },
        }
        made = self._network.send("POST", "/v1/campaigns", body=body, headers=self._headers)
        expect("create the campaign", made, 201, 409)
        prompts = {(clip.kind, clip.prompt): clip.language for clip in clips}
        lines = [
            json.dumps({"text": text, "kind": kind, "language": language}, ensure_ascii=False)
            for (kind, text), language in sorted(prompts.items())
        ]
        imported = self._network.send(
            "POST",
            f"{self._campaign}/prompts/import",
            content="\n".join(lines).encode(),
            headers={**self._headers, "Content-Type": "application/jsonl"},
        )
        expect("import prompts", imported, 200, 201)

    def issue_code(self, phones: int) -> str:
        """Return an enrolment code for so many phones."""
        body = {"uses": phones, "hours": 24}
        path = f"{self._campaign}/enrolment-codes"
        answer = self._network.send("POST", path, body=body, headers=self._headers)
        return str(expect("make an enrolment code", answer, 201)["code"])

    def read_coverage(self) -> dict[str, Any]:
        """Return the campaign's coverage."""
        coverage: dict[str, Any] = self._get(f"{self._campaign}/coverage")
        return coverage

    def read_rules(self) -> object:
        """Return the rules of the campaign's quality profile."""
        rules: object = self._get(f"{self._campaign}/profile")["rules"]
        return rules

    def read_clip(self, clip_id: str) -> dict[str, Any]:
        """Return a clip as the platform sees it, empty when it knows none."""
        answer = self._network.send("GET", f"/v1/clips/{clip_id}", headers=self._headers)
        if answer.status_code == 404:
            return {}
        clip: dict[str, Any] = expect("read a clip", answer, 200)
        return clip

    def build_release(self, *, seconds: float) -> dict[str, Any]:
        """Build version 1.0.0 and wait for its seal; raises ReleaseFailed."""
        body = {"version": "1.0.0", "recipe": {}}
        path = f"{self._campaign}/releases"
        answer = self._network.send("POST", path, body=body, headers=self._headers)
        release: dict[str, Any] = expect("start a release", answer, 202)
        until = time.monotonic() + seconds
        while True:
            release = self._get(f"/v1/releases/{release['id']}")
            if release["state"] == "sealed":
                return release
            if release["state"] in ("failed", "canceled"):
                raise ReleaseFailed(f"the release is {release['state']}: {release['error']}")
            if time.monotonic() > until:
                raise ReleaseFailed(f"not sealed after {seconds:.0f} s: {release['progress']}")
            time.sleep(0.5)

    def download(self, release_id: str, directory: Path) -> None:
        """Fetch every file of a release, each compared with its SHA-256; raises ReleaseFailed."""
        done: set[str] = set()
        while True:
            began = time.monotonic()
            files = self._get(f"/v1/releases/{release_id}/files")["files"]
            left = [file for file in files if file["path"] not in done]
            for file in left:
                # The links live five minutes: a long download asks for new ones.
                if time.monotonic() - began > _SECONDS_OF_A_LINK:
                    break
                self._fetch(file, directory)
                done.add(file["path"])
            else:
                return

    def _fetch(self, file: dict[str, Any], directory: Path) -> None:
        name = PurePosixPath(file["path"])
        if name.is_absolute() or ".." in name.parts:
            raise ReleaseFailed(f"{name} leads out of the release")
        if file["url"] is None:
            raise ReleaseFailed(f"{name} has no link")
        content = self._network.send("GET", file["url"]).content
        if hashlib.sha256(content).hexdigest() != file["sha256"]:
            raise ReleaseFailed(f"{name} differs from its SHA-256")
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def _get(self, path: str) -> Any:
        return expect(f"GET {path}", self._network.send("GET", path, headers=self._headers), 200)
