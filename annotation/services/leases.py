"""One writer and one reader a project: a lease is a row and a conditional UPDATE."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from annotation.label_studio.client import IMPORT_SECONDS
from annotation.label_studio.errors import Unreachable, Unreached
from annotation.models import Project, ProjectLease

Clock = Callable[[], dt.datetime]
Purpose = Literal["read", "write"]

# Longer than the longest request, so that a request of a killed process has ended (or been cut by
# the server) before the next writer looks whether it arrived.
LEASE = dt.timedelta(seconds=IMPORT_SECONDS + 15)


class LeaseBusy(Exception):
    """Somebody else works on this project's far side; come again later."""


class LeaseLost(Exception):
    """The lease ran out while it was held (a stopped machine); stop before the next request."""


@dataclass(frozen=True)
class Lease:
    """A held lease; renew it before every request."""

    row: int
    holder: uuid.UUID
    clock: Clock

    def renew(self) -> None:
        """Hold on for another LEASE from now; raises LeaseLost."""
        now = self.clock()
        mine = ProjectLease.objects.filter(pk=self.row, holder=self.holder, until__gt=now)
        if not mine.update(until=now + LEASE):
            raise LeaseLost

    def release(self) -> None:
        """Let the next one in at once."""
        ProjectLease.objects.filter(pk=self.row, holder=self.holder).update(
            holder=None, until=self.clock()
        )


@contextmanager
def hold_lease(*, project: Project, purpose: Purpose, clock: Clock) -> Iterator[Lease]:
    """Hold the project's lease for the block; raises LeaseBusy.

    After Unreachable a writer's lease is left to run out: the request whose reply was lost may
    still be at work in the server, and looking it up too early would not find it.
    """
    now = clock()
    row, _ = ProjectLease.objects.get_or_create(
        project=project, purpose=purpose, defaults={"until": now}
    )
    holder = uuid.uuid4()
    free = ProjectLease.objects.filter(pk=row.pk, until__lte=now)
    if not free.update(holder=holder, until=now + LEASE):
        raise LeaseBusy
    lease = Lease(row.pk, holder, clock)
    try:
        yield lease
    except Unreachable as error:
        if purpose == "read" or isinstance(error, Unreached):
            lease.release()
        raise
    except BaseException:
        lease.release()
        raise
    lease.release()
