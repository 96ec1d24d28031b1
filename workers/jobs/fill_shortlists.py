"""Fill a campaign's shortlists: the sounds of new prompts first, then what each stratum reads."""

from uuid import UUID

from backend.campaigns.models import Campaign
from backend.clips.prompt_tally import ClipRecordings
from backend.coverage import shortlists
from backend.coverage.prompt_sounds import note_sounds
from workers.phonetics.analysis import analyse, method_for
from workers.registry import GiveUp, JobRun, job


@job("fill_shortlists")
def fill_shortlists(run: JobRun) -> None:
    """Fill what is empty, worn or old; repeated, it finds nothing to do."""
    campaign = Campaign.objects.filter(pk=UUID(run.subject)).first()
    if campaign is None:
        raise GiveUp("the campaign is gone")
    noted = 0
    for more in note_sounds(campaign=campaign, method_for=method_for, analyse=analyse):
        noted += more
        run.progress(noted, noted, "sounds of prompts")
    filled = shortlists.fill_shortlists(
        campaign=campaign, recordings=ClipRecordings(), now=run.now()
    )
    run.progress(filled.lists, filled.lists, "lists", result=filled.as_dict())
