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
        "no_voice_heard": "No voice was heard. Please speak towards the phone.",
        "say_every_word": "A part of the text seems to be missing. Please say every word.",
        "read_shown_text": (
            "What was said is not the text shown. Please read the text on the screen."
        ),
        "keep_usual_pace": (
            "That was much faster or slower than usual. Please read at an easy pace."
        ),
        "away_from_machines": (
            "A hum is heard. Move away from machines and lamps, and unplug the charger."
        ),
        "use_own_microphone": (
            "It sounds like a telephone call. Please use the phone's own microphone, without "
            "a headset."
        ),
        "less_echo": (
            "The room echoes. Hold the phone closer, or go to a room with furniture and curtains."
        ),
        "record_anew": "This recording was sent before. Please record the text anew.",
        "speak_alone": "A second voice is heard. Only the speaker should talk.",
        "same_speaker": (
            "This sounds like somebody else. Please choose who is speaking before you record."
        ),
        "better_sound": "The sound is hard to understand. Hold the phone closer, in a quiet place.",
    }
)


def hint_text(code: str) -> str:
    """Return the English words for a hint code, empty for a code of the profile's own."""
    return HINTS.get(code, "")
