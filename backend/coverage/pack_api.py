"""The call for the pack: the campaign's documents, with the prompts that coverage wants read."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.phone import own_campaign, phone_of
from backend.coverage.next_prompts import pack_prompts
from backend.digest import request_digest
from backend.speakers.pack import PackOut, build_pack


class PackView(APIView):
    """The campaign's pack, with an ETag so that an unchanged one costs a 304."""

    verbs = {"GET": "pack.read"}

    @extend_schema(responses=PackOut)
    def get(self, request: Request, slug: str) -> Response:
        """Answer the pack, or 304 when the phone has this one."""
        device = phone_of(request)
        own_campaign(device, slug)
        pack = build_pack(device.campaign, pack_prompts(campaign_id=device.campaign_id))
        etag = f'"{request_digest(pack)[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if request.META.get("HTTP_IF_NONE_MATCH") == etag:
            return Response(status=304, headers=headers)
        return Response(pack, headers=headers)
