"""A pytest plugin: with CI=true a skipped test fails, unless what it lacks is no part of ours."""

import os
from collections.abc import Generator

import pytest

# Recordings that lie beside the repository, not in it; and races, which SQLite cannot have.
ALLOWED_REASONS = ("speech recordings", "only on PostgreSQL")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where nothing real may be skipped."""
    report = yield
    if not report.skipped or hasattr(report, "wasxfail") or os.environ.get("CI") != "true":
        return report
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if any(allowed in reason for allowed in ALLOWED_REASONS):
        return report
    report.outcome = "failed"
    report.longrepr = f"{item.nodeid} was skipped, and CI=true forbids it: {reason}"
    return report
