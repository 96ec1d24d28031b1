"""Send a clip that passed on its way to the annotators, or past them."""

from uuid import UUID

from annotation.services.routing import PolicyUnknown, open_annotation
from workers.registry import GiveUp, JobRun, job


@job("open_annotation")
def run_open_annotation(run: JobRun) -> None:
    """Open the clip's route; while no vendor is connected, polling comes back to it."""
    try:
        open_annotation(clip_id=UUID(run.subject), actor=run.actor, now=run.now())
    except PolicyUnknown as error:
        raise GiveUp(f"The campaign's annotation policy is unknown: {error}") from error
