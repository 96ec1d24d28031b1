"""What the plan's calls take and answer, for the schema; plan_faults.py has the rules."""

from typing import Any

from rest_framework import serializers

from backend.coverage.plan import MODES, UNITS


class KeyedOut(serializers.Serializer[Any]):
    """A cell's levels by dimension, and what is wanted of it in the plan's unit."""

    key = serializers.DictField(child=serializers.CharField())
    target = serializers.IntegerField()


class GoalOut(KeyedOut):
    """What a plan asks of one cell, however it asks."""

    min_speakers = serializers.IntegerField()
    max_seconds_per_speaker = serializers.FloatField(allow_null=True)


class PlanCell(KeyedOut):
    """A cell of a plan by cross; what it does not say holds as the plan says for all."""

    min_speakers = serializers.IntegerField(required=False)
    max_seconds_per_speaker = serializers.FloatField(required=False)


class PlanPattern(serializers.Serializer[Any]):
    """At least so much of all cells that have these levels; the other dimensions are free."""

    key = serializers.DictField(child=serializers.CharField())
    at_least = serializers.IntegerField()


class TargetsDocument(serializers.Serializer[Any]):
    """A plan. For the schema alone: backend.coverage.plan_faults says what each field must be.

    `bands.age_band`: a preset's name or `[{name, from?, to?}]`. `margins`: a target by dimension
    and level. `supply`: shares by dimension and level, for as long as nobody was met.
    """

    unit = serializers.ChoiceField(choices=UNITS, required=False)
    mode = serializers.ChoiceField(choices=MODES, required=False)
    dimensions = serializers.ListField(child=serializers.CharField(), required=False)
    bands = serializers.DictField(required=False)
    levels = serializers.DictField(child=serializers.ListField(), required=False)
    cells = PlanCell(many=True, required=False)
    margins = serializers.DictField(child=serializers.DictField(), required=False)
    patterns = PlanPattern(many=True, required=False)
    min_speakers = serializers.IntegerField(required=False)
    max_seconds_per_speaker = serializers.FloatField(required=False, allow_null=True)
    fillers = serializers.BooleanField(required=False)
    supply = serializers.DictField(child=serializers.DictField(), required=False)
    starts = serializers.DateField(required=False, allow_null=True)
    ends = serializers.DateField(required=False, allow_null=True)


class TargetsIn(TargetsDocument):
    """A plan with the version from which its writer went out, if they say it.

    What an answer holds besides is read over, so that an answer can be changed and sent back.
    """

    version = serializers.IntegerField(required=False)
    made_at = serializers.DateTimeField(required=False)
    made_by = serializers.CharField(required=False)
    goals = GoalOut(many=True, required=False)
    rebinning = serializers.DictField(required=False, allow_null=True)


class RebinningOut(serializers.Serializer[Any]):
    """How far speakers and clips of before have been brought to the plan's cells."""

    state = serializers.ChoiceField(choices=["queued", "running", "done", "failed", "canceled"])
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    clips = serializers.IntegerField()
    error = serializers.CharField(allow_blank=True)


class TargetsOut(TargetsDocument):
    """A version of the plan with what it asks of each cell; `rebinning` is null if nobody moved."""

    version = serializers.IntegerField()
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField()
    goals = GoalOut(many=True)
    rebinning = RebinningOut(allow_null=True)


class PlanVersionOut(serializers.Serializer[Any]):
    """A version in the list of all."""

    version = serializers.IntegerField()
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField()
    unit = serializers.ChoiceField(choices=UNITS)
    mode = serializers.ChoiceField(choices=MODES)
    dimensions = serializers.ListField(child=serializers.CharField())


class PlanVersionsOut(serializers.Serializer[Any]):
    """The newest versions, the newest first."""

    versions = PlanVersionOut(many=True)


class PreviewCellOut(GoalOut):
    """A cell as the plan would have it; `before`: its target now, null without one."""

    before = serializers.IntegerField(allow_null=True)
    accepted = serializers.FloatField(allow_null=True)


class PreviewSpeakersOut(serializers.Serializer[Any]):
    """Speakers: `moving` to another cell, `uncounted` in one that counts to no target."""

    all = serializers.IntegerField()
    moving = serializers.IntegerField()
    uncounted = serializers.IntegerField()


class PlanPreviewOut(serializers.Serializer[Any]):
    """What writing the plan would do to the version that holds."""

    version = serializers.IntegerField()
    unit = serializers.ChoiceField(choices=UNITS)
    mode = serializers.ChoiceField(choices=MODES)
    rebins = serializers.BooleanField()
    total = serializers.IntegerField()
    speakers = PreviewSpeakersOut()
    cells = PreviewCellOut(many=True)
    dropped = KeyedOut(many=True)
    summary = serializers.CharField()
