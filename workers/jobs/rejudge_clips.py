"""Judge a campaign's clips anew after its rules changed; resumed, it goes on where it was."""

from uuid import UUID

from backend.campaigns.models import QualityProfile
from backend.quality.rejudging import clips_of, newer_version, rejudge_batch
from backend.quality.tally import tally_from
from workers.registry import JobRun, job


@job("rejudge_clips")
def rejudge_clips(run: JobRun) -> None:
    """Go through the clips in the order of their ids, telling after every batch how far it is.

    Ends where a newer version was written: that one's own job goes through all clips again.
    """
    profile = QualityProfile.objects.get(
        campaign_id=UUID(run.subject), version=run.payload["version"]
    )
    result = run.job.progress.get("result", {})
    tally = tally_from(result)
    cursor = UUID(result["cursor"]) if result.get("cursor") else None
    total = clips_of(profile.campaign_id).count()
    while True:
        newer = newer_version(profile)
        if newer is not None:
            note = f"version {newer} is judged by instead"
            run.progress(tally.seen, total, note, tally.as_dict())
            return
        last = rejudge_batch(
            profile=profile, after=cursor, tally=tally, actor=run.actor, now=run.now()
        )
        if last is None:
            return
        cursor = last
        told = tally.as_dict() | {"cursor": str(cursor)}
        run.progress(tally.seen, max(total, tally.seen), "clips", told)
