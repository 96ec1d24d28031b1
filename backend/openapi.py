"""What drf-spectacular cannot guess: every call may answer a problem."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse, inline_serializer
from rest_framework import serializers


def problem_serializer() -> Any:
    """Return the shape of RFC 9457 problem details."""
    return inline_serializer(
        "Problem",
        {
            "type": serializers.CharField(help_text="urn:fieldvoice:problem:slug, stable"),
            "title": serializers.CharField(),
            "status": serializers.IntegerField(),
            "detail": serializers.CharField(required=False),
            "errors": serializers.ListField(child=serializers.DictField(), required=False),
        },
    )


class ProblemSchema(AutoSchema):
    """Adds the problem answers to each operation."""

    def get_response_serializers(self) -> Any:
        """Return the declared answers plus `4XX` as problem+json."""
        declared: Any = super().get_response_serializers()
        answers = dict(declared) if isinstance(declared, dict) else {"200": declared}
        answers[("4XX", "application/problem+json")] = OpenApiResponse(
            problem_serializer(), description="A problem; clients switch on `type`."
        )
        return answers
