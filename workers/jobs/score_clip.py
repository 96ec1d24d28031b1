"""Judge a clip with what models hear in it, after its signal was judged."""

from uuid import UUID

from backend.campaigns.services import current_profile
from backend.clips.models import Clip
from backend.quality.judging import awaits_models
from backend.quality.services import record_model_check
from workers.registry import JobRun, job


@job("score_clip")
def score_clip(run: JobRun) -> None:
    """Make one clip's provisional verdict final; repeated or late, it changes nothing.

    A missing model is a missing score: it neither passes nor fails the clip.
    """
    clip = Clip.objects.get(pk=UUID(run.subject))
    if not awaits_models(clip):
        return
    record_model_check(
        clip_id=clip.pk,
        event_seq=clip.event_seq,
        measures={},
        facts={"missing_models": "prompt, speaker, mos"},
        profile=current_profile(campaign_id=clip.campaign_id),
        actor=run.actor,
        now=run.now(),
    )
