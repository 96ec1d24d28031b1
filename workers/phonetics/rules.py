"""Words by epitran's rules (MIT), for languages that are written nearly as they are spoken.

Epitran: Mortensen, Dalmia & Littell 2018, "Epitran: Precision G2P for many languages" (LREC). Its
sounds are IPA. Not used: languages written without their vowels (Arabic, Persian, Urdu, Pashto),
whose words its rules cannot complete, and those for which it needs a dictionary of its own.
"""

import importlib
from functools import cache, lru_cache
from typing import Any, Final

NAME: Final = "epitran"
#: Languages by their tags' first part (ISO 639-1 where there is one), as epitran names its tables.
TABLES: Final = {
    "af": "afr-Latn",
    "am": "amh-Ethi",
    "az": "aze-Latn",
    "bn": "ben-Beng",
    "ca": "cat-Latn",
    "ceb": "ceb-Latn",
    "cs": "ces-Latn",
    "cy": "cym-Latn",
    "de": "deu-Latn",
    "eo": "epo-Latn",
    "es": "spa-Latn",
    "et": "est-Latn",
    "fi": "fin-Latn",
    "fr": "fra-Latn",
    "gl": "glg-Latn",
    "ha": "hau-Latn",
    "hi": "hin-Deva",
    "hr": "hrv-Latn",
    "hu": "hun-Latn",
    "id": "ind-Latn",
    "it": "ita-Latn",
    "jv": "jav-Latn",
    "ka": "kat-Geor",
    "kk": "kaz-Cyrl",
    "kmr": "kmr-Latn",
    "kn": "kan-Knda",
    "ku": "kmr-Latn",
    "ky": "kir-Cyrl",
    "lg": "lug-Latn",
    "lt": "lit-Latn",
    "lv": "lav-Latn",
    "mi": "mri-Latn",
    "ml": "mal-Mlym",
    "mr": "mar-Deva",
    "ms": "msa-Latn",
    "mt": "mlt-Latn",
    "nl": "nld-Latn",
    "ny": "nya-Latn",
    "om": "orm-Latn",
    "or": "ori-Orya",
    "pa": "pan-Guru",
    "pl": "pol-Latn",
    "pt": "por-Latn",
    "rn": "run-Latn",
    "ro": "ron-Latn",
    "ru": "rus-Cyrl",
    "rw": "kin-Latn",
    "sn": "sna-Latn",
    "so": "som-Latn",
    "sq": "sqi-Latn",
    "sr": "srp-Cyrl",
    "sv": "swe-Latn",
    "sw": "swa-Latn",
    "ta": "tam-Taml",
    "te": "tel-Telu",
    "tg": "tgk-Cyrl",
    "ti": "tir-Ethi",
    "tl": "tgl-Latn",
    "tr": "tur-Latn",
    "uk": "ukr-Cyrl",
    "uz": "uzb-Latn",
    "vi": "vie-Latn",
    "xh": "xho-Latn",
    "yo": "yor-Latn",
    "zu": "zul-Latn",
}
#: The same languages in another script, where the tag says so.
_IN_SCRIPT: Final = {
    ("az", "cyrl"): "aze-Cyrl",
    ("kk", "latn"): "kaz-Latn",
    ("sr", "latn"): "srp-Latn",
    ("uz", "cyrl"): "uzb-Cyrl",
}


def table_of(language: str) -> str | None:
    """Return the name of the table for a BCP-47 tag, or None where there is none.

    A tag that names a script has a table only in that script.
    """
    first, *rest = language.replace("_", "-").lower().split("-")
    script = next((part for part in rest if len(part) == 4 and part.isalpha()), "")
    table = _IN_SCRIPT.get((first, script)) or TABLES.get(first)
    if table is None or (script and not table.lower().endswith(script)):
        return None
    return table


@cache
def _rules(table: str) -> Any:
    # By name when the first such prompt comes: loading it costs a second and 80 MB (pandas).
    return importlib.import_module("epitran").Epitran(table)


@lru_cache(maxsize=100_000)
def sounds(table: str, word: str) -> tuple[str, ...] | None:
    """Return the IPA segments of a word, or None where a letter of it has no rule."""
    said = [segment for segment in _rules(table).trans_list(word) if segment not in ("'", "’")]
    # What it has no rule for it hands through: a digit, a letter of another script.
    if not said or any(segment in word and not _is_sound(segment) for segment in said):
        return None
    return tuple(said)


def _is_sound(segment: str) -> bool:
    return any("a" <= letter <= "z" or "ɐ" <= letter <= "ʯ" for letter in segment)
