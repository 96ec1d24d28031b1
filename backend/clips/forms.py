"""The shapes of the phone's calls about sessions and clips."""

from typing import Any

from rest_framework import serializers

from backend.fields import AudioTypeField, Sha256Field, SmallObjectField, StrictSerializer
from backend.speakers.api import PartIn, SignedPartOut, UploadOut

BIGGEST_INT = 2**31 - 1
ENVIRONMENTS_MAX = 60


class DeviceFactsIn(StrictSerializer):
    """What recorded: model, microphone, settings asked for and got, and how the room sounded."""

    model = serializers.CharField(max_length=100, allow_blank=True)
    os = serializers.CharField(max_length=100, allow_blank=True)
    mic = serializers.CharField(max_length=200, allow_blank=True)
    sample_rate = serializers.IntegerField(min_value=0, max_value=1_000_000)
    settings_asked = SmallObjectField()
    settings_got = SmallObjectField()
    room = SmallObjectField(required=False)


class SessionIn(StrictSerializer):
    """One sitting, as the phone opened it."""

    campaign = serializers.CharField(max_length=60)
    speaker = serializers.UUIDField()
    consent = serializers.UUIDField()
    hold = serializers.UUIDField(required=False, allow_null=True)
    site = serializers.CharField(max_length=60, required=False, allow_null=True)
    environment = serializers.CharField(max_length=ENVIRONMENTS_MAX)
    app_version = serializers.CharField(max_length=40)
    clock_offset_ms = serializers.IntegerField(min_value=-(2**53), max_value=2**53)
    device = DeviceFactsIn()
    started_at = serializers.DateTimeField()


class SessionOut(serializers.Serializer[Any]):
    """The session's id."""

    id = serializers.UUIDField()


class ClipIn(StrictSerializer):
    """A kept take, announced before its bytes are sent."""

    session = serializers.UUIDField()
    prompt = serializers.UUIDField()
    seq = serializers.IntegerField(min_value=0, max_value=BIGGEST_INT)
    take = serializers.IntegerField(min_value=0, max_value=BIGGEST_INT)
    sha256 = Sha256Field()
    bytes = serializers.IntegerField(min_value=1, max_value=BIGGEST_INT)
    content_type = AudioTypeField()
    duration_ms = serializers.IntegerField(min_value=0, max_value=BIGGEST_INT)
    recorded_at = serializers.DateTimeField()
    parts = PartIn(many=True, required=False)
    client_checks = SmallObjectField()


class BatchItemIn(ClipIn):
    """A clip in a batch carries its id."""

    id = serializers.UUIDField()


class ClipUploadOut(UploadOut):
    """Where the bytes go, whole or in parts."""

    expires_at = serializers.DateTimeField()
    parts = SignedPartOut(many=True, required=False)


class ReceiptOut(serializers.Serializer[Any]):
    """The bytes are home."""

    sha256 = serializers.CharField()
    bytes = serializers.IntegerField()
    stored_at = serializers.DateTimeField()


class ReasonOut(serializers.Serializer[Any]):
    """One reason of a verdict: `hint` is a code to translate, `text` the same in English.

    Value and threshold are null where a person gave the reason.
    """

    code = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    threshold = serializers.FloatField(allow_null=True)
    hint = serializers.CharField()
    text = serializers.CharField(required=False)
    measure = serializers.CharField(required=False)
    severity = serializers.ChoiceField(choices=["reject", "review", "hint"], required=False)


class VerdictOut(serializers.Serializer[Any]):
    """What the checks say, or a person (`by` is "review").

    `provisional`: models are still to hear the clip; what they say may change it.
    """

    outcome = serializers.ChoiceField(choices=["pass", "review", "reject"])
    provisional = serializers.BooleanField()
    profile_version = serializers.IntegerField()
    reasons = ReasonOut(many=True)
    by = serializers.CharField(required=False)


class RegisteredOut(serializers.Serializer[Any]):
    """A clip after its announcement."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    upload = ClipUploadOut(allow_null=True)


class ConfirmedOut(serializers.Serializer[Any]):
    """A clip after its confirmation."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    receipt = ReceiptOut(required=False)


class ClipOut(ConfirmedOut):
    """A clip as the phone polls it."""

    verdict = VerdictOut(required=False)


class BatchIn(StrictSerializer):
    """Up to 100 announcements."""

    clips = serializers.ListField()


class BatchResultOut(RegisteredOut):
    """One item's answer: an upload or a problem."""

    status = serializers.IntegerField()
    problem = serializers.DictField(required=False)


class BatchOut(serializers.Serializer[Any]):
    """Answers in the order of the items."""

    results = BatchResultOut(many=True)


class IdsIn(StrictSerializer):
    """Up to 100 ids."""

    ids = serializers.ListField()


class ConfirmedResultOut(ConfirmedOut):
    """One id's answer."""

    status = serializers.IntegerField()
    problem = serializers.DictField(required=False)


class ConfirmedBatchOut(serializers.Serializer[Any]):
    """Answers in the order of the ids."""

    results = ConfirmedResultOut(many=True)


class WithdrawIn(StrictSerializer):
    """Why, if the speaker says so."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)
