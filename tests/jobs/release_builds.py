"""Build, download and load a release in a test."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from django.utils import timezone

from backend import storage
from backend.clips.models import Clip
from backend.jobs.models import JobState
from backend.releases.models import Release
from backend.releases.reading import files_of
from backend.releases.services import draft_release
from tests.cast import Phone
from tests.factories import sit_down
from tests.walk import accepted_clip, run_job


def clips_of(phone: Phone, *, speakers: int, each: int, text: str = "so said") -> list[Clip]:
    """Make accepted clips of several speakers, every sound another."""
    clips = []
    # A sound that was sent before is a duplicate.
    fresh = 10_000 * Clip.objects.count()
    for number in range(speakers):
        sitting = sit_down(phone, gender=("female", "male")[number % 2])
        clips += [
            accepted_clip(sitting, text=text, seed=fresh + 100 * number + take, seq=take + 1)
            for take in range(each)
        ]
    return clips


def drafted(phone: Phone, version: str = "1.0.0", **recipe: Any) -> Release:
    release, _ = draft_release(
        campaign=phone.campaign,
        version=version,
        recipe=recipe,
        actor="system",
        now=timezone.now(),
    )
    return release


def sealed(phone: Phone, version: str = "1.0.0", **recipe: Any) -> Release:
    release = drafted(phone, version, **recipe)
    job = run_job("build_release", release.pk)
    release.refresh_from_db()
    assert (job.state, release.state) == (JobState.DONE, "sealed"), job.error
    return release


def download(release: Release, folder: Path) -> dict[str, Any]:
    """Fetch every file by its presigned link, check it, and return the manifest."""
    for file in files_of(release):
        content = httpx.get(file["url"], timeout=120).raise_for_status().content
        assert len(content) == file["size"]
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        path = folder / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    manifest: dict[str, Any] = json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8"))
    return manifest


def loaded(folder: Path, cache: Path) -> dict[str, Any]:
    """Load the folder by Hugging Face datasets in a process without a network."""
    answer = subprocess.run(
        [sys.executable, "-m", "tests.jobs.load_release", str(folder)],
        env=os.environ
        | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(cache), "HF_HUB_DISABLE_TELEMETRY": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    facts: dict[str, Any] = json.loads(answer.stdout)
    return facts


def embedded(release: Release) -> set[str]:
    """Return the clip ids that the manifest in the store names."""
    key = f"datasets/{release.campaign.slug}/{release.version}/MANIFEST.json"
    manifest = json.loads(storage.read(key, max_bytes=10_000_000))
    return {row["clip_id"] for row in manifest["rows"]}


def keys_of(release: Release) -> list[str]:
    return list(storage.list_keys(f"datasets/{release.campaign.slug}/{release.version}/"))
