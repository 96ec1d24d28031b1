"""Fixtures for every test; the real services behind them are started by tests/services.py."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from backend.campaigns.models import Campaign
    from tests.cast import Person, Phone
    from tests.factories import Sitting
    from tests.services import Services

# Models cannot be imported before Django is set up, which happens after this file is read.


@pytest.fixture(scope="session")
def django_db_modify_db_settings(services: "Services") -> None:
    """Put SQLite's test database in a file: in memory it has no writers that queue, no WAL.

    Here and not in the plugin: a fixture of pytest-django's is replaced by a conftest's only.
    """
    from django.conf import settings  # noqa: PLC0415 - see above

    if services.database == "sqlite":
        database = services.directory / "test.sqlite3"
        settings.DATABASES["default"]["TEST"]["NAME"] = str(database)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hash passwords quickly: the real way takes long by design, in each test that has a person."""
    from django.test import override_settings  # noqa: PLC0415 - see above

    quick = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=quick):
        yield


@pytest.fixture
def campaign(db: None) -> "Campaign":
    """A campaign that collects."""
    from tests.cast import make_campaign  # noqa: PLC0415 - see above

    return make_campaign()


@pytest.fixture
def phone(campaign: "Campaign") -> "Phone":
    """A collector's phone in it."""
    from tests.cast import make_phone  # noqa: PLC0415 - see above

    return make_phone(campaign)


@pytest.fixture
def other_phone(campaign: "Campaign") -> "Phone":
    """Another collector's phone in the same campaign."""
    from tests.cast import make_phone  # noqa: PLC0415 - see above

    return make_phone(campaign, install_id="install-0002")


@pytest.fixture
def manager(campaign: "Campaign") -> "Person":
    """The campaign's manager."""
    from tests.cast import make_manager  # noqa: PLC0415 - see above

    return make_manager(campaign)


@pytest.fixture
def sitting(phone: "Phone") -> "Sitting":
    """A speaker who consented, in an open session."""
    from tests.factories import sit_down  # noqa: PLC0415 - see above

    return sit_down(phone)


@pytest.fixture
def empty_datasets(db: None) -> None:
    """Remove what other tests published: their databases are gone, and a version is taken once."""
    from backend import storage  # noqa: PLC0415 - see above

    storage.delete(list(storage.list_keys("datasets/")))
