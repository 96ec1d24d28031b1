"""Take what phones were promised and did not record in time off its cells."""

from uuid import UUID

from backend.coverage.holds import release_stale_holds
from workers.registry import JobRun, job


@job("release_holds")
def release_holds(run: JobRun) -> None:
    """Release the stale holds of one campaign; repeated, it finds none."""
    released = 0
    while more := release_stale_holds(campaign_id=UUID(run.subject), now=run.now()):
        released += more
        run.progress(released, released)
