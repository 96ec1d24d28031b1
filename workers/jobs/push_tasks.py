"""Carry a project's pending routes to its vendor."""

from datetime import timedelta

from annotation.label_studio.errors import DoorError
from annotation.models import Project
from annotation.services.circuit import InstanceAway
from annotation.services.leases import LeaseBusy, LeaseLost
from annotation.services.sending import push_routes
from workers.registry import GiveUp, JobRun, TryLater, job


@job("push_tasks")
def push_tasks(run: JobRun) -> None:
    """Push; an instance that is away is no failure of the job: its row says so."""
    project = Project.objects.select_related("instance").filter(pk=int(run.subject)).first()
    if project is None:
        raise GiveUp("The project is gone.")
    try:
        push_routes(project=project, actor=run.actor, clock=run.now)
    except (DoorError, InstanceAway):
        return
    except (LeaseBusy, LeaseLost) as error:
        # Another push may have read the pending routes before ours were committed.
        raise TryLater("Another push is at work.", after=timedelta(seconds=10)) from error
