"""[pure] Read an annotator's answer: Label Studio validates nothing, so this does.

The result is a list of `{from_name, type, value}` that anybody in the vendor's house can forge
through the API: every part of it may be missing, doubled, of another type or huge.
"""

import hashlib
import json
import math
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

VERDICTS: Final = ("accept", "reject")
REASONS: Final = (
    "wrong_text",
    "noise",
    "clipped",
    "second_speaker",
    "wrong_language",
    "unintelligible",
    "other",
)
MAX_TRANSCRIPT: Final = 4000
MAX_PARTS: Final = 50
MAX_PAYLOAD_BYTES: Final = 200_000
MAX_DEPTH: Final = 40
_TYPES: Final = {"verdict": "choices", "reasons": "choices", "transcript": "textarea"}


@dataclass(frozen=True)
class Reading:
    """What an answer says, and everything that is wrong with it; valid means no errors.

    `transcript` is NFC with single spaces; it is empty on a rejection. `reasons` are in the order
    of REASONS. `errors` are stable codes that never quote the answer.
    """

    verdict: str
    transcript: str
    reasons: tuple[str, ...]
    errors: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """True when the answer can be used."""
        return not self.errors


def read_answer(result: Any) -> Reading:
    """Read the result of `transcription_v1`; never raises, whatever it is given."""
    errors: list[str] = []
    parts = _parts(result, errors)
    verdict = _verdict(parts.get("verdict"), errors)
    transcript, reasons = "", tuple[str, ...]()
    if verdict == "accept":
        transcript = _transcript(parts.get("transcript"), errors)
        if "reasons" in parts:
            errors.append("reasons_with_accept")
    elif verdict == "reject":
        reasons = _reasons(parts.get("reasons"), errors)
    return Reading(verdict, transcript, reasons, tuple(errors))


def storable(result: Any) -> tuple[Any, bool]:
    """What of a result can be kept in a JSON column, and whether that is all of it.

    PostgreSQL refuses NUL, half a surrogate pair and NaN in jsonb; they are replaced, for one
    forged answer must not stop all the others behind it. What is too deep or too large is dropped.
    """
    try:
        clean = _clean(result, MAX_DEPTH)
    except ValueError:
        return None, False
    if len(json.dumps(clean)) > MAX_PAYLOAD_BYTES:
        return None, False
    return clean, bool(clean == result)


def digest_of(payload: Any, *, was_cancelled: bool) -> str:
    """SHA-256 (hex) of an answer's canonical JSON: the same answer read twice is one version."""
    text = json.dumps([payload, was_cancelled], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _clean(value: Any, depth: int) -> Any:
    if depth == 0:
        raise ValueError("too deep")
    if isinstance(value, str):
        text = value.replace("\0", "\ufffd")
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_clean(str(k), 1): _clean(v, depth - 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_clean(v, depth - 1) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return None
    return value


def _parts(result: Any, errors: list[str]) -> dict[str, Any]:
    """The value of each control, by name."""
    if not isinstance(result, list):
        errors.append("result_not_a_list")
        return {}
    if len(result) > MAX_PARTS:
        errors.append("too_many_parts")
        return {}
    parts: dict[str, Any] = {}
    for part in result:
        name = part.get("from_name") if isinstance(part, dict) else None
        if not isinstance(name, str) or name not in _TYPES:
            errors.append("unknown_control")
        elif part.get("type") != _TYPES[name] or part.get("to_name") != "audio":
            errors.append(f"{name}_of_wrong_type")
        elif name in parts:
            errors.append(f"{name}_repeated")
        else:
            parts[name] = part.get("value")
    return parts


def _choices(value: Any) -> list[str] | None:
    chosen = value.get("choices") if isinstance(value, dict) else None
    if not isinstance(chosen, list) or not all(isinstance(one, str) for one in chosen):
        return None
    return chosen


def _verdict(value: Any, errors: list[str]) -> str:
    if value is None:
        errors.append("verdict_missing")
        return ""
    chosen = _choices(value)
    if chosen is None or len(chosen) != 1 or chosen[0] not in VERDICTS:
        errors.append("verdict_unknown")
        return ""
    return chosen[0]


def _reasons(value: Any, errors: list[str]) -> tuple[str, ...]:
    if value is None:
        errors.append("reasons_missing")
        return ()
    chosen = _choices(value)
    if not chosen or not set(chosen) <= set(REASONS):
        errors.append("reasons_unknown")
        return ()
    return tuple(reason for reason in REASONS if reason in chosen)


def _transcript(value: Any, errors: list[str]) -> str:
    texts = value.get("text") if isinstance(value, dict) else None
    if isinstance(texts, str):
        texts = [texts]
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        errors.append("transcript_missing")
        return ""
    if len(texts) > 1:
        errors.append("transcript_repeated")
        return ""
    text = " ".join(unicodedata.normalize("NFC", "".join(texts)).split())
    if not text:
        errors.append("transcript_missing")
    elif len(text) > MAX_TRANSCRIPT:
        errors.append("transcript_too_long")
        return ""
    # Cc and Cs only: joiners (Cf) are spelling in Persian and the Indic scripts.
    elif any(unicodedata.category(char) in ("Cc", "Cs") for char in text):
        errors.append("transcript_with_control_characters")
        return ""
    elif not any(unicodedata.category(char)[0] in "LN" for char in text):
        errors.append("transcript_without_words")
        return ""
    return text
