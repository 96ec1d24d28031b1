"""The door to one instance, shut for a while after it failed; the row says so."""

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import F, Q

from annotation.label_studio.client import LabelStudio
from annotation.label_studio.errors import Refused, Unauthorised, Unreachable
from annotation.models import Instance, InstanceState
from annotation.sealing import TokenUnreadable, unseal
from annotation.services.leases import Clock

_log = logging.getLogger("fieldvoice.annotation")
FAILURES_ALLOWED = 3
_FIRST_PAUSE = dt.timedelta(seconds=30)
_LONGEST_PAUSE = dt.timedelta(minutes=10)
_OK_EVERY = dt.timedelta(minutes=1)


class InstanceAway(Exception):
    """The circuit is open: nothing was asked of the instance."""


def may_call(now: dt.datetime) -> Q:
    """The condition on Instance for those whose circuit is closed, or due for one trial."""
    return Q(retry_at=None) | Q(retry_at__lte=now)


@contextmanager
def open_door(*, instance: Instance, clock: Clock, timeout: float = 30.0) -> Iterator[LabelStudio]:
    """Give the client of an instance and write down how the block went.

    Raises InstanceAway while the circuit is open; lets the door's own errors through. Three
    failures in a row open it, a refused token does at once: it needs a person, but is tried again
    all the same, because a person may mend it in Label Studio.
    """
    row = Instance.objects.get(pk=instance.pk)
    if row.retry_at is not None and row.retry_at > clock():
        raise InstanceAway
    try:
        with LabelStudio(
            base_url=row.base_url, token=unseal(row.sealed_token), timeout=timeout
        ) as door:
            yield door
    except Unauthorised as error:
        _note_failure(row, InstanceState.UNAUTHORISED, str(error), clock())
        raise
    except TokenUnreadable:
        _note_failure(row, InstanceState.UNAUTHORISED, "the stored token cannot be read", clock())
        raise InstanceAway from None
    except Unreachable as error:
        _note_failure(row, InstanceState.AWAY, str(error), clock())
        raise
    except Refused:
        # The server answered in its right mind: the request is at fault, not the instance.
        _note_success(row, clock())
        raise
    _note_success(row, clock())


def _note_success(row: Instance, now: dt.datetime) -> None:
    """Close the circuit; a healthy instance's row is written once a minute, not at every call."""
    healthy = Q(state=InstanceState.OK, failures=0, last_ok_at__gt=now - _OK_EVERY)
    Instance.objects.filter(~healthy | Q(last_ok_at=None), pk=row.pk).update(
        state=InstanceState.OK, failures=0, retry_at=None, last_ok_at=now, last_error=""
    )


def _note_failure(row: Instance, state: InstanceState, error: str, now: dt.datetime) -> None:
    Instance.objects.filter(pk=row.pk).update(
        state=state, failures=F("failures") + 1, last_error=error[:200]
    )
    row.refresh_from_db(fields=["failures"])
    beyond = row.failures - FAILURES_ALLOWED
    if state == InstanceState.UNAUTHORISED:
        beyond = max(beyond, 0)
    if beyond >= 0:
        pause = min(_FIRST_PAUSE * 2 ** min(beyond, 8), _LONGEST_PAUSE)
        Instance.objects.filter(pk=row.pk).update(retry_at=now + pause)
    _log.warning(
        "annotation.instance_failed",
        extra={"instance": str(row.pk), "state": state.value, "failures": row.failures},
    )
