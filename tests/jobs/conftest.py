"""Fixtures of the jobs' tests."""

import pytest

from tests.cast import Phone
from tests.phone_copies import Copy


@pytest.fixture
def copy(phone: Phone) -> Copy:
    """What a phone could not send; empty at first."""
    return Copy(phone)
