"""What drf-spectacular cannot guess: every call may answer a problem."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = serializers.CharField(help_text="urn:fieldvoice:problem:slug, stable")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False)
    errors = serializers.ListField(child=serializers.DictField(), required=False)


class ProblemSchema(AutoSchema):
    """Adds the problem answers to each operation."""

    def get_response_serializers(self) -> Any:
        """Return the declared answers plus `4XX` as problem+json."""
        declared = super().get_response_serializers()
        if not isinstance(declared, dict):
            declared = {"200": declared}
        return declared | {
            ("4XX", "application/problem+json"): OpenApiResponse(
                ProblemSerializer, description="A problem; clients switch on `type`."
            )
        }
