"""A speaker's address: registered there, and corrected with all that was recorded of them."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.permissions import actor_of
from backend.accounts.phone import phone_of
from backend.clips.correction import correct_speaker
from backend.fields import SmallObjectField, StrictSerializer
from backend.speakers.api import SpeakerOut, SpeakerView


class SpeakerCorrectionIn(StrictSerializer):
    """The answers that were wrong; the others stay."""

    demographics = SmallObjectField()


class CorrectableSpeakerView(SpeakerView):
    """Register a speaker under the phone's id; correct what they said of themselves."""

    # The correction moves clips, which the speakers' own app knows nothing of.
    verbs = SpeakerView.verbs | {"PATCH": "speaker.write"}

    @extend_schema(request=SpeakerCorrectionIn, responses=SpeakerOut)
    def patch(self, request: Request, speaker_id: UUID) -> Response:
        """Correct the answers; the speaker's clips count in their new cell at once."""
        device = phone_of(request)
        form = SpeakerCorrectionIn(data=request.data)
        form.is_valid(raise_exception=True)
        speaker = correct_speaker(
            speaker_id=speaker_id,
            device=device,
            corrections=form.validated_data["demographics"],
            actor=actor_of(request),
            now=timezone.now(),
        )
        return Response({"id": speaker.pk, "code": speaker.code})
