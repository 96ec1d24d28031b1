"""What vendors' browsers and Label Studio servers call, and the list of vendors for managers."""

import hmac
import uuid
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.links import WEBHOOK_SECRET_HEADER
from annotation.models import Instance, Vendor
from annotation.services.hearing import find_audio, hear_route
from annotation.services.polling import poke_instance
from backend import policy
from backend.accounts.models import User
from backend.problems import NotFound


class RouteAudioView(APIView):
    """A route's sound, for Label Studio's player; the link carries its own signature."""

    verbs = {"GET": policy.PUBLIC, "HEAD": policy.PUBLIC}
    authentication_classes = ()

    @extend_schema(
        operation_id="hear_route",
        parameters=[OpenApiParameter("sig", str, required=True)],
        responses={302: OpenApiResponse(description="To a presigned URL of minutes.")},
    )
    def get(self, request: Request, route: str) -> HttpResponse:
        """Check the link, note the access, redirect to the store."""
        url = hear_route(
            route_id=_uuid(route),
            signature=request.query_params.get("sig", ""),
            heard_range=request.headers.get("Range", ""),
            now=timezone.now(),
        )
        return HttpResponseRedirect(url)

    @extend_schema(exclude=True)
    def head(self, request: Request, route: str) -> HttpResponse:
        """Say whether the link works, without a redirect: a presigned GET refuses a HEAD."""
        find_audio(route_id=_uuid(route), signature=request.query_params.get("sig", ""))
        return HttpResponse(status=200)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Let a page of any origin read every answer, the refusals too, and no cache keep one.

        The player fetches across origins without credentials: without this header on each hop
        it reports a network error instead of the status.
        """
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Access-Control-Allow-Origin"] = "*"
        answer["Cache-Control"] = "no-store"
        return answer


class HookView(APIView):
    """A poke from Label Studio, which waits a second for the answer and never tries again."""

    verbs = {"POST": policy.PUBLIC}
    authentication_classes = ()
    parser_classes = ()

    @extend_schema(
        operation_id="poke_instance",
        request=None,
        responses={200: OpenApiResponse(description="Always, to any poke, believed or not.")},
    )
    def post(self, request: Request, instance: str) -> Response:
        """Ask for a pull when the secret is right; the body is never read: anybody can forge it."""
        try:
            row = Instance.objects.filter(pk=_uuid(instance)).first()
        except NotFound:
            row = None
        expected = row.webhook_secret if row else ""
        given = request.headers.get(WEBHOOK_SECRET_HEADER, "")
        if hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")) and row:
            poke_instance(instance_id=row.pk, now=timezone.now())
        return Response({})


class VendorInstanceSerializer(serializers.Serializer[Any]):
    """How one Label Studio does."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    version = serializers.CharField()
    last_ok_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField()


class VendorSerializer(serializers.Serializer[Any]):
    """A vendor and its instances."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    active = serializers.BooleanField()
    instances = VendorInstanceSerializer(many=True)


class VendorListSerializer(serializers.Serializer[Any]):
    """All vendors; there are few."""

    vendors = VendorSerializer(many=True)


class VendorsView(APIView):
    """The vendors and how their instances do."""

    verbs = {"GET": "vendor.read"}

    @extend_schema(operation_id="list_vendors", responses=VendorListSerializer)
    def get(self, request: Request) -> Response:
        """List them by name; a vendor's own people see their own firm's."""
        rows = Vendor.objects.prefetch_related("instances").order_by("name")
        user = request.user
        if isinstance(user, User) and not _sees_all(user):
            rows = rows.filter(firm__isnull=False, firm=user.firm_id)
        vendors = [
            {
                "id": row.pk,
                "name": row.name,
                "active": row.active,
                "instances": list(row.instances.all()),
            }
            for row in rows
        ]
        return Response(VendorListSerializer({"vendors": vendors}).data)


def _sees_all(user: User) -> bool:
    """Whoever reads jobs runs the platform or a campaign; a vendor's people do not."""
    verbs = policy.roles_with("job.read")
    return user.is_superuser or user.memberships.filter(role__in=verbs).exists()


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound from None
