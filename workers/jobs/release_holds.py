"""Take what phones were promised and did not record off its cells, and answer who waits."""

from uuid import UUID

from backend.coverage.holds import release_stale_holds, take_back_strayed
from backend.coverage.waitlist import answer_waitlist
from workers.registry import JobRun, job


@job("release_holds")
def release_holds(run: JobRun) -> None:
    """Release the stale holds of one campaign and give free places to who waits for them.

    Repeated, it finds none.
    """
    campaign_id = UUID(run.subject)
    released = 0
    while more := release_stale_holds(campaign_id=campaign_id, now=run.now()):
        released += more
        run.progress(released, released)
    while take_back_strayed(campaign_id=campaign_id, now=run.now()):
        pass
    answered = answer_waitlist(campaign_id=campaign_id, now=run.now())
    run.progress(released + answered, released + answered)
