"""Which function does which kind of job, and what the function is given."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from backend.jobs.kinds import KINDS
from backend.jobs.models import Job
from backend.jobs.services import report_progress


class GiveUp(Exception):
    """The job cannot succeed however often it is tried: fail it at once, visibly."""


class TryLater(Exception):
    """Something outside is away: try again after `after`, or the kind's own pause."""

    def __init__(self, message: str, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class Canceled(Exception):
    """This attempt no longer holds the job: a person canceled it, or its lease ran out."""


@dataclass(frozen=True)
class JobRun:
    """One attempt at one job."""

    job: Job

    @property
    def subject(self) -> str:
        """Return the id of what the job is about."""
        return self.job.subject

    @property
    def payload(self) -> dict[str, Any]:
        """Return what was given with the job."""
        payload: dict[str, Any] = self.job.payload
        return payload

    @property
    def actor(self) -> str:
        """Return the job as an actor of events."""
        return f"job:{self.job.kind}"

    def now(self) -> datetime:
        """Read the clock; rules and services are given what this returns."""
        return timezone.now()

    def progress(
        self, done: int, total: int, note: str = "", result: dict[str, Any] | None = None
    ) -> None:
        """Show how far it is; raises Canceled when the job is no longer this attempt's."""
        if not report_progress(job=self.job, done=done, total=total, note=note, result=result):
            raise Canceled()


JobFunction = Callable[[JobRun], None]
FUNCTIONS: Final[dict[str, JobFunction]] = {}


def job(kind: str) -> Callable[[JobFunction], JobFunction]:
    """Register the function of a kind; raises for an unknown kind or a second function."""

    def register(function: JobFunction) -> JobFunction:
        if kind not in KINDS:
            raise ValueError(f"{kind} is not in backend.jobs.kinds")
        if FUNCTIONS.setdefault(kind, function) is not function:
            raise ValueError(f"{kind} has a function already")
        return function

    return register
