"""A platform that notices a death soon, so that a test need not wait for the usual minutes."""

import os
from collections.abc import Iterator

import pytest

from tests.platforms import RunningPlatform, running_platform
from tests.services import Services

IMPATIENT = {"JOB_LEASE_SECONDS": "6", "JOB_SWEEP_SECONDS": "2"}
CLIPS = 300 if os.environ.get("CHAOS") == "full" else 24


@pytest.fixture(scope="module")
def platform(services: Services) -> Iterator[RunningPlatform]:
    """A whole platform without Label Studio, on the database under test."""
    # PostgreSQL may run as another user, who may pass through this directory and no other.
    directory = services.directory / "chaos"
    with running_platform(directory, database=services.database, settings=IMPATIENT) as running:
        yield running
