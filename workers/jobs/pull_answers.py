"""Take a project's changed answers home."""

from datetime import timedelta

from annotation.label_studio.errors import DoorError
from annotation.models import Project
from annotation.services.circuit import InstanceAway
from annotation.services.leases import LeaseBusy, LeaseLost
from annotation.services.receiving import pull_answers
from workers.registry import GiveUp, JobRun, TryLater, job


@job("pull_answers")
def run_pull_answers(run: JobRun) -> None:
    """Pull; an instance that is away is no failure of the job: its row says so."""
    project = Project.objects.select_related("instance").filter(pk=int(run.subject)).first()
    if project is None:
        raise GiveUp("The project is gone.")
    try:
        pull_answers(project=project, actor=run.actor, clock=run.now)
    except (DoorError, InstanceAway):
        return
    except (LeaseBusy, LeaseLost) as error:
        # The poke may be about an answer that the running pull has already passed by.
        raise TryLater("Another pull is at work.", after=timedelta(seconds=5)) from error
