"""The stage of the story: a whole platform, joined to a real Label Studio."""

from collections.abc import Iterator

import pytest

from tests.label_studio_server import RealLabelStudio
from tests.platforms import RunningPlatform, running_platform
from tests.services import Services


@pytest.fixture(scope="module")
def platform(services: Services, label_studio: RealLabelStudio) -> Iterator[RunningPlatform]:
    """What `make run` starts, on the database under test, with one vendor connected."""
    joined = {"LABEL_STUDIO_URL": label_studio.url, "LABEL_STUDIO_TOKEN": label_studio.token}
    # PostgreSQL may run as another user, who may pass through this directory and no other.
    directory = services.directory / "story"
    with running_platform(directory, database=services.database, settings=joined) as running:
        running.manage("connect_label_studio", "--vendor", "Good Ears")
        yield running
