"""The manager's calls about the plan: read it, write it, its versions, what a change would do."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import actor_of
from backend.campaigns.models import Campaign
from backend.campaigns.reading import campaign_for
from backend.coverage.models import CoveragePlan
from backend.coverage.plan import MODES, UNITS
from backend.coverage.plan_files import FORMATS, plan_as_text, read_plan_text, write_read_plan
from backend.coverage.plan_forms import (
    PlanPreviewOut,
    PlanVersionsOut,
    TargetsIn,
    TargetsOut,
)
from backend.coverage.plan_preview import goal_facts, preview_plan
from backend.coverage.plan_words import in_order
from backend.coverage.planning import current_plan, goals_in_force, goals_of, rebinning_of
from backend.parsing import CsvParser, StrictJSONParser, YamlParser
from backend.problems import Malformed, NotFound

_VERSIONS_AT_ONCE: Final = 100


class _FileRenderer(JSONRenderer):
    """Answers a text as it is; a problem is JSON whatever was asked for."""

    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the bytes of the answer."""
        if isinstance(data, str):
            return data.encode()
        return super().render(data, None, renderer_context)


class YamlRenderer(_FileRenderer):
    """`?format=yaml`."""

    media_type, format = "application/yaml", "yaml"


class CsvRenderer(_FileRenderer):
    """`?format=csv`."""

    media_type, format = "text/csv", "csv"


def plan_facts(campaign: Campaign, plan: CoveragePlan, *, newest: bool) -> dict[str, Any]:
    """Return a version of the plan as the API shows it."""
    if newest:
        goals = goals_in_force(campaign)
    else:
        goals = goals_of(campaign=campaign, document=plan.document)
    return {
        **in_order(plan.document),
        "version": plan.version,
        "made_at": plan.made_at,
        "made_by": plan.made_by,
        "goals": [goal_facts(goal) for goal in goals],
        "rebinning": rebinning_of(campaign) if newest else None,
    }


def _version(campaign: Campaign, asked: str | None) -> tuple[CoveragePlan, bool]:
    """Return (the version that is asked for, whether it is the newest)."""
    newest = current_plan(campaign_id=campaign.pk)
    if asked is None:
        return newest, True
    if not (asked.isascii() and asked.isdigit() and len(asked) < 10):
        raise Malformed("`version` must be a whole number.")
    plan = CoveragePlan.objects.filter(campaign=campaign, version=int(asked)).first()
    if plan is None:
        raise NotFound()
    return plan, plan.pk == newest.pk


class TargetsView(APIView):
    """A campaign's plan."""

    verbs = {"GET": "coverage.read", "PUT": "targets.write"}
    parser_classes = (StrictJSONParser, YamlParser, CsvParser)
    renderer_classes = (JSONRenderer, YamlRenderer, CsvRenderer)

    @extend_schema(
        parameters=[OpenApiParameter("version", int, description="an older version")],
        responses={
            (200, "application/json"): TargetsOut,
            (200, "application/yaml"): OpenApiTypes.STR,
            (200, "text/csv"): OpenApiTypes.STR,
        },
        description="CSV holds the targets alone, YAML the whole plan.",
    )
    def get(self, request: Request, slug: str) -> Response:
        """Answer the version that holds, or the one that is asked for."""
        campaign = campaign_for(request, slug, "coverage.read")
        plan, newest = _version(campaign, request.query_params.get("version"))
        kind = request.accepted_renderer.format
        if kind in FORMATS:
            name = f"{campaign.slug}-plan-{plan.version}.{kind}"
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return Response(plan_as_text(plan, kind), headers=headers)
        return Response(plan_facts(campaign, plan, newest=newest))

    @extend_schema(
        request={
            "application/json": TargetsIn,
            "application/yaml": OpenApiTypes.STR,
            "text/csv": OpenApiTypes.STR,
        },
        responses={(200, "application/json"): TargetsOut},
        description=(
            "Writes the next version; the plan that holds, sent again, changes nothing. With "
            "`version` the answer is 409 `plan-moved` when another one holds by now. CSV replaces "
            "the targets and leaves the rest of the plan as it is."
        ),
    )
    def put(self, request: Request, slug: str) -> Response:
        """Write the plan."""
        campaign = campaign_for(request, slug, "targets.write")
        wanted = read_plan_text(campaign=campaign, body=request.data, kind=_kind_of(request))
        plan, _ = write_read_plan(
            campaign=campaign, read=wanted, actor=actor_of(request), now=timezone.now()
        )
        # Always JSON: the answer says what the file has become.
        request.accepted_renderer = JSONRenderer()
        return Response(plan_facts(campaign, plan, newest=True))


def _kind_of(request: Request) -> str:
    media = (request.content_type or "").split(";")[0].strip().lower()
    return {"text/csv": "csv", "application/yaml": "yaml"}.get(media, "json")


class TargetVersionsView(APIView):
    """All versions of a campaign's plan."""

    verbs = {"GET": "coverage.read"}

    @extend_schema(responses=PlanVersionsOut)
    def get(self, request: Request, slug: str) -> Response:
        """Answer the newest versions."""
        campaign = campaign_for(request, slug, "coverage.read")
        rows = CoveragePlan.objects.filter(campaign=campaign).order_by("-version")
        versions = [
            {
                "version": plan.version,
                "made_at": plan.made_at,
                "made_by": plan.made_by,
                "unit": plan.document.get("unit", UNITS[0]),
                "mode": plan.document.get("mode", MODES[0]),
                "dimensions": plan.document["dimensions"],
            }
            for plan in rows[:_VERSIONS_AT_ONCE]
        ]
        return Response({"versions": versions})


class TargetsPreviewView(APIView):
    """What a plan would do."""

    verbs = {"POST": "targets.write"}
    parser_classes = (StrictJSONParser, YamlParser, CsvParser)

    @extend_schema(
        request={
            "application/json": TargetsIn,
            "application/yaml": OpenApiTypes.STR,
            "text/csv": OpenApiTypes.STR,
        },
        responses=PlanPreviewOut,
        description="Counts and writes nothing. `accepted` is null where only the job can tell.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Count what would change."""
        campaign = campaign_for(request, slug, "targets.write")
        wanted = read_plan_text(campaign=campaign, body=request.data, kind=_kind_of(request))
        with wanted.faults_by_line():
            return Response(preview_plan(campaign=campaign, document=wanted.document))
