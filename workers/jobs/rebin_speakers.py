"""Bring a campaign's speakers and clips to the cells of the plan that holds."""

from uuid import UUID

from backend.campaigns.models import Campaign
from backend.clips.rebinning import rebin_batch, speakers_left
from workers.registry import JobRun, job


@job("rebin_speakers")
def rebin_speakers(run: JobRun) -> None:
    """Go through the speakers whose cells are out of date; it can be ended and gone on with.

    A plan that is written meanwhile is followed from the next speaker on, and has a job of its own
    for those who came before.
    """
    campaign_id = UUID(run.subject)
    told = run.job.progress.get("result", {})
    speakers, clips = told.get("speakers", 0), told.get("clips", 0)
    while True:
        done = rebin_batch(campaign_id=campaign_id, actor=run.actor, now=run.now())
        if done is None:
            return
        speakers, clips = speakers + done[0], clips + done[1]
        left = speakers_left(Campaign.objects.get(pk=campaign_id))
        result = {"speakers": speakers, "clips": clips}
        run.progress(speakers, speakers + left, "speakers", result)
