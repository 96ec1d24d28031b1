"""Give a prompt its spoken form, for speakers who don't read."""

from datetime import datetime
from typing import Any

from django.db import transaction

from backend import storage
from backend.campaigns.models import Prompt
from backend.jobs.services import record_audit
from backend.problems import NotFound
from backend.speakers.services import BytesDiffer, BytesMissing


def announce_prompt_audio(*, prompt: Prompt, sound: dict[str, Any]) -> storage.SignedPut | None:
    """Say which sound is to come, `{sha256, bytes, content_type}`; returns where it goes.

    None when this very sound is the prompt's already. A later announcement replaces one whose
    bytes never came; what phones play stays until the new sound has arrived.
    """
    key = storage.prompt_audio_key(prompt.pk, sound["sha256"])
    if prompt.audio_key == key:
        return None
    Prompt.objects.filter(pk=prompt.pk).update(audio_announced=sound)
    return storage.sign_put(
        key=key,
        bytes_=sound["bytes"],
        sha256=sound["sha256"],
        content_type=sound["content_type"],
    )


def confirm_prompt_audio(*, prompt_id: Any, actor: str, now: datetime) -> Prompt:
    """Make the announced sound the prompt's, once the store has it.

    Other sound than before is another revision, so that phones fetch it. Raises NotFound when none
    was announced, BytesMissing, BytesDiffer.
    """
    prompt = Prompt.objects.get(pk=prompt_id)
    sound = prompt.audio_announced
    if sound is None:
        if not prompt.audio_key:
            raise NotFound()
        return prompt
    key = storage.prompt_audio_key(prompt.pk, sound["sha256"])
    try:
        stored = storage.head(key)
    except storage.ObjectMissing as error:
        raise BytesMissing() from error
    if (stored.sha256, stored.bytes) != (sound["sha256"], sound["bytes"]):
        raise BytesDiffer()
    with transaction.atomic():
        prompt = Prompt.objects.select_for_update().get(pk=prompt_id)
        if prompt.audio_announced != sound:
            # Somebody confirmed it meanwhile, or announced another sound.
            return prompt
        if prompt.audio_key and prompt.audio_key != key:
            prompt.revision += 1
        prompt.audio_key, prompt.audio_type = key, sound["content_type"]
        prompt.audio_announced = None
        prompt.save(update_fields=["audio_key", "audio_type", "audio_announced", "revision"])
        record_audit(actor=actor, act="prompt.audio", subject=f"prompt:{prompt.pk}", now=now)
    return prompt
