"""The audio link of a route: check, note, and hand out a presigned URL of minutes."""

import datetime as dt
import uuid

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist

from annotation.links import is_signed
from annotation.models import AudioAccess, Route
from backend import storage
from backend.clips.models import Clip
from backend.clips.state import STORED, State
from backend.problems import NotAllowed, NotFound, Problem
from backend.quality.models import Derivative


class AudioGone(Problem):
    """The route was taken back, or its clip withdrawn: there is nothing to hear any more."""

    slug, status, title = "audio-gone", 410, "This recording is no longer available."


def find_audio(*, route_id: uuid.UUID, signature: str) -> Route:
    """The route whose audio may be heard by this link.

    Raises NotAllowed for a wrong signature, NotFound and AudioGone.
    """
    secrets = [settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS)]
    if not is_signed(route_id, signature, secrets=secrets):
        raise NotAllowed("This link is not signed by this platform.")
    route = Route.objects.select_related("clip").filter(pk=route_id).first()
    if route is None:
        raise NotFound()
    clip = route.clip
    if clip is None or State(clip.state) not in STORED:
        raise AudioGone()
    if not Route.objects.filter(pk=route_id).audible().exists():
        raise AudioGone()
    return route


def hear_route(*, route_id: uuid.UUID, signature: str, heard_range: str, now: dt.datetime) -> str:
    """Note that the link was opened and return a presigned GET; raises as find_audio does."""
    route = find_audio(route_id=route_id, signature=signature)
    if route.clip is None:
        raise AudioGone()
    AudioAccess.objects.create(route=route, at=now, range=_range(heard_range))
    key, content_type = _sound_of(route.clip)
    return storage.sign_get(key=key, content_type=content_type)


def _sound_of(clip: Clip) -> tuple[str, str]:
    """The 16 kHz FLAC, which every browser plays; the original until it has been made."""
    try:
        return Derivative.objects.get(clip=clip).key, "audio/flac"
    except ObjectDoesNotExist:
        return storage.clip_key(clip.pk), clip.content_type


def _range(header: str) -> str:
    """A Range header as evidence; anything else than one is not kept."""
    plain = header.strip()
    known = set("bytes=0123456789-, ")
    return plain[:64] if plain.startswith("bytes=") and set(plain) <= known else ""
