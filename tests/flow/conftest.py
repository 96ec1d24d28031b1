"""The stage of the story: a whole platform, joined to a real Label Studio."""

from collections.abc import Iterator

import pytest

from tests.label_studio_server import RealLabelStudio
from tests.platforms import RunningPlatform, running_platform


@pytest.fixture(scope="module")
def platform(
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
    label_studio: RealLabelStudio,
) -> Iterator[RunningPlatform]:
    """What `make run` starts, on the database under test, with one vendor connected."""
    directory = tmp_path_factory.mktemp("story") / "var"
    joined = {"LABEL_STUDIO_URL": label_studio.url, "LABEL_STUDIO_TOKEN": label_studio.token}
    database = pytestconfig.getoption("--db")
    with running_platform(directory, database=database, settings=joined) as running:
        running.manage("connect_label_studio", "--vendor", "Good Ears")
        yield running
