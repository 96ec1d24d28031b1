"""Pure: what to tell the speaker, in English, by hint code; other languages translate the codes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "record_again": "The recording could not be read. Please record it again.",
        "record_to_end": "The end is missing. Please record it again and wait before you stop.",
        "record_from_start": "The start is missing. Please tap first, then speak.",
        "record_once_more": "The sound has gaps. Please record it once more.",
        "find_quiet_place": "Too much noise around. Please find a quieter place.",
        "speak_longer": "That was very short. Please say the whole text.",
        "say_whole_text": "That was quicker than the text allows. Please say all of it.",
        "speak_shorter": "That was too long. Please keep to the text.",
        "check_microphone": "Nothing was heard. Is the microphone covered or switched off?",
        "move_away": "Too loud. Hold the phone a little further away.",
        "move_closer": "Too quiet. Move closer or speak up.",
    }
)


def hint_text(code: str) -> str:
    """Return the English words for a hint code, empty for a code of the profile's own."""
    return HINTS.get(code, "")
