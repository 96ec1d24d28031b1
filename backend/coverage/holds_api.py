"""The phone's calls before it records: is this person looked for, and leases for days offline."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.models import Device
from backend.accounts.phone import own_campaign, phone_of
from backend.coverage.eligibility import Eligibility, check_eligibility
from backend.coverage.holds import conditions_of
from backend.coverage.leases import LEASED_AT_MOST, grant_leases
from backend.coverage.models import Hold
from backend.coverage.offers import CAMPAIGN, FILLER, WAITLIST, Offer
from backend.coverage.quota import Reason, Status
from backend.fields import SmallObjectField, StrictSerializer
from backend.problems import Malformed
from backend.speakers.cells import (
    levels_of,
    person_key,
)
from backend.speakers.services import find_speaker

_WANTS = 100


def _levels() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, allow_empty=False, max_length=20
    )


class PossibleIn(StrictSerializer):
    """In which surroundings, on which kinds of phone the person can record; else in any."""

    environment = _levels()
    device_class = _levels()


class EligibilityIn(StrictSerializer):
    """Who: a speaker whom the server knows, or what somebody says of themselves."""

    speaker = serializers.UUIDField(required=False)
    demographics = SmallObjectField(required=False)
    possible = PossibleIn(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse both, and neither."""
        if ("speaker" in attrs) == ("demographics" in attrs):
            raise serializers.ValidationError("Either `speaker` or `demographics`.")
        return attrs


class HoldOut(serializers.Serializer[Any]):
    """A promise: so many clips, of about so many seconds, until then."""

    id = serializers.UUIDField()
    clips = serializers.IntegerField()
    seconds = serializers.IntegerField()
    expires_at = serializers.DateTimeField()


class ConditionsOut(serializers.Serializer[Any]):
    """In which surroundings and on what to record; without a level the plan asks for none."""

    environment = serializers.CharField(required=False)
    device_class = serializers.CharField(required=False)


class OfferOut(serializers.Serializer[Any]):
    """Another use: a place on the waitlist `since` then, another `campaign`, or a filler."""

    kind = serializers.ChoiceField(choices=[WAITLIST, CAMPAIGN, FILLER])
    campaign = serializers.CharField(required=False)
    since = serializers.DateTimeField(required=False)


class EligibilityOut(serializers.Serializer[Any]):
    """The person's cell, how it stands and why, and the promise; it may be a lease of this phone.

    Whoever is not looked for has an offer.
    """

    cell = serializers.CharField()
    status = serializers.ChoiceField(choices=[status.value for status in Status])
    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason])
    hold = HoldOut(allow_null=True)
    conditions = ConditionsOut()
    offer = OfferOut(allow_null=True)


class WantIn(StrictSerializer):
    """So many clips, of a cell or of whatever is missing most."""

    cell = serializers.CharField(
        max_length=200, required=False, allow_null=True, allow_blank=True, default=""
    )
    clips = serializers.IntegerField(min_value=1, max_value=LEASED_AT_MOST)


class LeasesIn(StrictSerializer):
    """A request under the phone's id: asked again with the same, it gets the same."""

    id = serializers.UUIDField()
    want = WantIn(many=True, allow_empty=False)

    def validate_want(self, want: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse endless lists; wishes for more clips than a phone can hold are cut instead."""
        if len(want) > _WANTS:
            raise serializers.ValidationError(f"At most {_WANTS} wishes.")
        return want


class LeaseOut(HoldOut):
    """A lease; an empty `cell` is the whole campaign, which has no targets."""

    cell = serializers.CharField(allow_blank=True)
    conditions = ConditionsOut()


class LeasesOut(serializers.Serializer[Any]):
    """What was promised, perhaps less than was wanted, perhaps nothing."""

    leases = LeaseOut(many=True)
    server_time = serializers.DateTimeField()


class EligibilityView(APIView):
    """Ask before recording somebody."""

    verbs = {"POST": "session.write"}

    @extend_schema(request=EligibilityIn, responses=EligibilityOut)
    def post(self, request: Request, slug: str) -> Response:
        """Answer the person's cell and how it stands; a hold when they are looked for."""
        device, now = phone_of(request), timezone.now()
        own_campaign(device, slug)
        form = EligibilityIn(data=request.data)
        form.is_valid(raise_exception=True)
        speaker_id = form.validated_data.get("speaker")
        speaker = None
        if speaker_id is not None:
            speaker = find_speaker(speaker_id=speaker_id, device=device)
            said = speaker.demographics
        else:
            said = form.validated_data["demographics"]
        answer = check_eligibility(
            device=device,
            said=said,
            speaker=speaker,
            possible=form.validated_data.get("possible", {}),
            now=now,
        )
        return Response(_told(answer))


def _told(answer: Eligibility) -> dict[str, Any]:
    hold = None
    if answer.hold is not None:
        hold = _facts(answer.hold, *answer.hold.left())
    return {
        "cell": answer.key,
        "status": answer.status.value,
        "reason": answer.reason.value,
        "hold": hold,
        "conditions": answer.conditions,
        "offer": _offered(answer.offer) if answer.offer is not None else None,
    }


def _offered(offer: Offer) -> dict[str, Any]:
    facts: dict[str, Any] = {"kind": offer.kind}
    if offer.campaign:
        facts["campaign"] = offer.campaign
    if offer.since is not None:
        facts["since"] = offer.since
    return facts


class LeasesView(APIView):
    """Ask ahead, for days without a network."""

    verbs = {"POST": "session.write"}

    @extend_schema(request=LeasesIn, responses=LeasesOut)
    def post(self, request: Request, slug: str) -> Response:
        """Answer what is promised to this phone; it counts as held until it is used or expires."""
        device, now = phone_of(request), timezone.now()
        own_campaign(device, slug)
        form = LeasesIn(data=request.data)
        form.is_valid(raise_exception=True)
        want = [
            {"cell": item["cell"] or "", "clips": item["clips"]}
            for item in form.validated_data["want"]
        ]
        _check_cells(want, device)
        leases = grant_leases(
            request_id=form.validated_data["id"], device=device, want=want, now=now
        )
        shown = [
            _facts(lease, lease.clips, lease.ms)
            | {
                # The person's: what the phone can compute. The sitting's levels stand beside it.
                "cell": person_key(lease.cell.key) if lease.cell else "",
                "conditions": conditions_of(lease),
            }
            for lease in leases
        ]
        return Response({"leases": shown, "server_time": now})


def _facts(hold: Hold, clips: int, milliseconds: int) -> dict[str, Any]:
    return {
        "id": hold.pk,
        "clips": clips,
        "seconds": round(milliseconds / 1000),
        "expires_at": hold.expires_at,
    }


def _check_cells(want: list[dict[str, Any]], device: Device) -> None:
    """Refuse a key that is none of this campaign's: nobody's clips would ever fit it."""
    dimensions = list(device.campaign.dimensions)
    wrong = [
        {"field": f"want.{index}.cell", "message": f"Not of the form {'|'.join(dimensions)}."}
        for index, item in enumerate(want)
        if item["cell"] and _dimensions_of(item["cell"]) != dimensions
    ]
    if wrong:
        raise Malformed(errors=wrong)


def _dimensions_of(key: str) -> list[str]:
    if any(part.count("=") != 1 or part.endswith("=") for part in key.split("|")):
        return []
    return list(levels_of(key))
