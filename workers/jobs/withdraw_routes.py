"""Take a clip's routes back from their vendors: nothing of a withdrawn clip stays there."""

from datetime import timedelta
from uuid import UUID

from annotation.label_studio.errors import DoorError
from annotation.services.circuit import InstanceAway
from annotation.services.leases import LeaseBusy, LeaseLost
from annotation.services.withdrawal import TasksRemain, clean_routes, revoke_withdrawn
from workers.registry import JobRun, TryLater, job


@job("withdraw_routes")
def withdraw_routes(run: JobRun) -> None:
    """Revoke first, which needs nobody; then delete, as often as it takes."""
    clip_id = UUID(run.subject)
    revoke_withdrawn(clip_id=clip_id, now=run.now())
    try:
        clean_routes(clip_id=clip_id, clock=run.now)
    except (LeaseBusy, LeaseLost) as error:
        raise TryLater("A push is at work.", after=timedelta(seconds=20)) from error
    except (DoorError, InstanceAway, TasksRemain) as error:
        raise TryLater(f"The tasks are not deleted yet: {type(error).__name__}") from error
