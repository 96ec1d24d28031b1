"""The manager's calls about the rules: read them, change them, ask what a change would do."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import actor_of
from backend.campaigns.models import QualityProfile
from backend.campaigns.reading import campaign_for
from backend.campaigns.services import current_profile
from backend.fields import StrictSerializer
from backend.quality import services
from backend.quality.preview import EXAMPLES, MOST_JUDGED, preview_rules
from backend.quality.profile import MOST_RULES
from backend.quality.rejudging import job_of


class RuleOut(serializers.Serializer[Any]):
    """One rule; it fires when `measure op threshold` holds."""

    code = serializers.CharField()
    measure = serializers.CharField()
    op = serializers.ChoiceField(choices=["<", "<=", ">", ">=", "=="])
    threshold = serializers.FloatField()
    severity = serializers.ChoiceField(choices=["reject", "review", "hint"])
    where = serializers.ListField(child=serializers.ChoiceField(choices=["phone", "server"]))
    hint = serializers.CharField()
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=["read", "question", "hotword", "command"]),
        required=False,
    )


class ProfileIn(StrictSerializer):
    """The whole list of rules; what each must be is checked by backend.quality.profile."""

    rules = serializers.ListField(child=serializers.JSONField(), max_length=MOST_RULES)


class MoveCountOut(serializers.Serializer[Any]):
    """How many clips go from one state to another; `from` and `to` are states."""

    to = serializers.CharField()
    clips = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        """Add `from`, which is no name in Python."""
        return {"from": serializers.CharField()} | super().get_fields()


class CodeCountOut(serializers.Serializer[Any]):
    """How many clips have a reason, hints aside: as they stand, and by the rules."""

    code = serializers.CharField()
    before = serializers.IntegerField()
    after = serializers.IntegerField()


class LaterCountOut(serializers.Serializer[Any]):
    """What the rules say of clips that are being annotated or are accepted; they stay."""

    state = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["pass", "review", "reject"])
    clips = serializers.IntegerField()


class TallyOut(serializers.Serializer[Any]):
    """Clips by what becomes of them.

    `examined`: judged. `changed`: of these, stand elsewhere by the rules; `waiting`: of these, are
    heard by models first. `kept`: a person or annotators decided. `unmeasured`: no check yet.
    """

    seen = serializers.IntegerField()
    examined = serializers.IntegerField()
    changed = serializers.IntegerField()
    waiting = serializers.IntegerField()
    kept = serializers.IntegerField()
    unmeasured = serializers.IntegerField()
    moves = MoveCountOut(many=True)
    codes = CodeCountOut(many=True)
    later = LaterCountOut(many=True)


class RejudgeOut(serializers.Serializer[Any]):
    """The job that judges the clips of before by these rules."""

    state = serializers.ChoiceField(choices=["queued", "running", "done", "failed", "canceled"])
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    note = serializers.CharField()
    error = serializers.CharField()
    result = TallyOut(allow_null=True)


class ProfileOut(serializers.Serializer[Any]):
    """The rules that hold now; `rejudge` is null for a campaign's first."""

    version = serializers.IntegerField()
    rules = RuleOut(many=True)
    created_at = serializers.DateTimeField()
    rejudge = RejudgeOut(allow_null=True)


class ExampleOut(serializers.Serializer[Any]):
    """A clip that would change; `from` and `to` are states."""

    id = serializers.UUIDField()
    to = serializers.CharField()
    waits_for_models = serializers.BooleanField()
    codes_before = serializers.ListField(child=serializers.CharField())
    codes = serializers.ListField(child=serializers.CharField())

    def get_fields(self) -> dict[str, Any]:
        """Add `from`, which is no name in Python."""
        return {"from": serializers.CharField()} | super().get_fields()


class PreviewOut(TallyOut):
    """What the rules would do; `judged` of `clips` were looked at, the counts are for all."""

    summary = serializers.CharField()
    clips = serializers.IntegerField()
    judged = serializers.IntegerField()
    sampled = serializers.BooleanField()
    examples = ExampleOut(many=True)


def _facts(profile: QualityProfile) -> dict[str, Any]:
    return {
        "version": profile.version,
        "rules": profile.rules,
        "created_at": profile.created_at,
        "rejudge": rejudge_facts(profile),
    }


def rejudge_facts(profile: QualityProfile) -> dict[str, Any] | None:
    """Return how far the clips of before are judged by this version; None for the first."""
    job = job_of(profile)
    if job is None:
        return None
    result = job.progress.get("result")
    return {
        "state": job.state,
        "done": job.progress.get("done", 0),
        "total": job.progress.get("total", 0),
        "note": job.progress.get("note", ""),
        "error": job.error,
        "result": result and {name: value for name, value in result.items() if name != "cursor"},
    }


class ProfileView(APIView):
    """A campaign's quality profile."""

    verbs = {"GET": "profile.read", "PUT": "profile.write"}

    @extend_schema(responses=ProfileOut)
    def get(self, request: Request, slug: str) -> Response:
        """Answer the version that holds."""
        campaign = campaign_for(request, slug, "profile.read")
        return Response(_facts(current_profile(campaign_id=campaign.id)))

    @extend_schema(request=ProfileIn, responses=ProfileOut)
    def put(self, request: Request, slug: str) -> Response:
        """Write the next version; the rules that hold already change nothing."""
        campaign = campaign_for(request, slug, "profile.write")
        form = ProfileIn(data=request.data)
        form.is_valid(raise_exception=True)
        profile = services.change_profile(
            campaign=campaign,
            rules=form.validated_data["rules"],
            actor=actor_of(request),
            now=timezone.now(),
        )
        return Response(_facts(profile))


class ProfilePreviewView(APIView):
    """What rules would do to the clips of a campaign."""

    verbs = {"POST": "profile.write"}

    @extend_schema(
        request=ProfileIn,
        responses=PreviewOut,
        description=(
            "Judges stored measures by the rules and writes nothing. Beyond "
            f"{MOST_JUDGED:,} clips the counts are estimated from about as many of them "
            f"(`sampled`). `examples`: at most {EXAMPLES} clips that would change."
        ),
    )
    def post(self, request: Request, slug: str) -> Response:
        """Count what would change."""
        campaign = campaign_for(request, slug, "profile.write")
        form = ProfileIn(data=request.data)
        form.is_valid(raise_exception=True)
        rules = services.checked_rules(form.validated_data["rules"])
        return Response(preview_rules(campaign=campaign, rules=rules))
