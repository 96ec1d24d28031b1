"""PromptStanding: a prompt's sounds and readings. Shortlist, ShortlistItem: what a stratum is to
read next. SpeakerPrompts: what a speaker was handed."""

from typing import Any

from django.db import models


class PromptStanding(models.Model):
    """What the job that fills the shortlists knows of a prompt.

    `sounds` is read by backend.coverage.sounds; `method` says how they were found, `unknown_words`
    how many of its `words` were taken by their letters. `recorded`: its clips when the lists were
    last filled; `given`: those handed out and not recorded, of prompts with a cap, kept exact.
    """

    prompt = models.OneToOneField(
        "campaigns.Prompt", primary_key=True, on_delete=models.CASCADE, related_name="standing"
    )
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE)
    sounds = models.TextField(blank=True)
    method = models.CharField(max_length=40)
    words = models.PositiveIntegerField(default=0)
    unknown_words = models.PositiveIntegerField(default=0)
    reserved = models.BooleanField(default=False)
    recorded = models.PositiveIntegerField(default=0)
    given = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.prompt_id)


class Shortlist(models.Model):
    """The prompts that a stratum is to read next, best first; the stratum "" is everybody's.

    Made when somebody of the stratum first asks, filled by a job, `worn` when so much of it was
    handed out that it should be filled anew. `covered`: the share of the `units` (diphones, or
    pairs of letters) in the campaign's prompts that the stratum has recorded; `methods`: how many
    prompts were taken in which way (`{method: prompts}`).
    """

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False)
    stratum = models.CharField(max_length=200, blank=True)
    filled_at = models.DateTimeField(null=True)
    worn_at = models.DateTimeField(null=True)
    prompts = models.PositiveIntegerField(default=0)
    units = models.PositiveIntegerField(default=0)
    covered = models.FloatField(default=0.0)
    methods: "models.JSONField[dict[str, int], dict[str, int]]" = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "stratum"], name="shortlist_once")
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.stratum}"


class ShortlistItem(models.Model):
    """One prompt of a shortlist: `given` of its `places` were handed out since it was filled."""

    shortlist = models.ForeignKey(
        Shortlist, on_delete=models.CASCADE, related_name="items", db_index=False
    )
    standing = models.ForeignKey(PromptStanding, on_delete=models.CASCADE)
    phase = models.PositiveSmallIntegerField()
    reserved = models.BooleanField(default=False)
    rank = models.PositiveIntegerField()
    gain = models.FloatField()
    places = models.PositiveIntegerField()
    given = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shortlist", "standing"], name="shortlist_item_once")
        ]
        indexes = [
            models.Index(
                fields=["shortlist", "phase", "reserved", "given", "rank"],
                name="shortlist_top",
            )
        ]

    def __str__(self) -> str:
        return f"{self.shortlist_id} {self.rank}"


class SpeakerPrompts(models.Model):
    """What a speaker was handed and may not have recorded: asked again, they get the same.

    `prompts`: ids as text, in the order in which they are to be read.
    """

    speaker = models.OneToOneField(
        "speakers.Speaker", primary_key=True, on_delete=models.CASCADE, related_name="handed"
    )
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False)
    stratum = models.CharField(max_length=200, blank=True)
    prompts: "models.JSONField[list[Any], list[Any]]" = models.JSONField(default=list)
    handed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["campaign", "handed_at"], name="handed_lately")]

    def __str__(self) -> str:
        return str(self.speaker_id)
