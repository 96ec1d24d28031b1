"""The office in the story: the manager who asks, the annotator who listens, the scientist."""

import json
from pathlib import Path
from random import Random
from typing import Any

import httpx

from tests.label_studio_server import RealLabelStudio
from tests.platforms import RunningPlatform, wait_for
from workers.rehearsal.annotators import Annotators
from workers.rehearsal.calls import Network
from workers.rehearsal.program import Program

CONSENT = "We record your voice for science. You can stop at any time. Do you agree?"


class Office:
    """Everybody who does not hold the phone, at one campaign."""

    def __init__(self, platform: RunningPlatform, slug: str) -> None:
        facts = platform.facts()
        self._token = facts["api_token"]
        self._http = httpx.Client(base_url=facts["web_url"], timeout=120, trust_env=False)
        self._http.headers["Authorization"] = f"Bearer {self._token}"
        self._network = Network(facts["web_url"], rng=Random(0))
        self._program = Program(self._network, self._token, slug)
        self.slug = slug

    def close(self) -> None:
        """Go home."""
        self._http.close()
        self._network.close()

    def _answer(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def opens_a_campaign(self, *prompts: str) -> None:
        """Create the campaign with its consent form, import what is to be read."""
        campaign = {
            "slug": self.slug,
            "name": "A story",
            "language": "en",
            "consent_forms": [{"locale": "en", "text": CONSENT, "scopes": ["collect", "publish"]}],
        }
        self._answer("POST", "/v1/campaigns", campaign)
        lines = "\n".join(json.dumps({"text": text}) for text in prompts)
        self._answer("POST", f"/v1/campaigns/{self.slug}/prompts/import", {"body": lines})

    def invites_a_phone(self) -> str:
        """Return an enrolment code."""
        return self._program.issue_code(1)

    def counts(self, **cell: str) -> tuple[float, float]:
        """Return how many clips of a cell are pending and how many accepted."""
        coverage = self._program.read_coverage()
        found = next((one for one in coverage["cells"] if one["key"] == cell), None)
        return (found["pending"], found["accepted"]) if found else (0, 0)

    def annotates(self, label_studio: RealLabelStudio, said: dict[str, str]) -> None:
        """Wait until the task is there, listen to it, write down what was said."""
        people = Annotators(label_studio.url, label_studio.token, said, self._network)
        wait_for(
            "a task in Label Studio",
            lambda: people.answer_open_tasks(lambda: None) > 0,
            seconds=300,
        )
        assert people.unheard == 0, "the annotator could not hear the clip"

    def releases(self, folder: Path) -> dict[str, Any]:
        """Build version 1.0.0, download all its files; returns the manifest."""
        release = self._program.build_release(seconds=300)
        self._program.download(str(release["id"]), folder)
        manifest: dict[str, Any] = json.loads((folder / "MANIFEST.json").read_text())
        return manifest
