"""Pure: which prompts are kept for the test speakers, so that a test set's texts can be new ones.

The same hash places speakers for a release's splits (backend.releases.split): a speaker who lies
where a release's test split lies by default reads the texts that lie there. What they read is then
new in speaker and in text to whoever trains on the other splits. Nothing is stored for it: a text
falls to the same side in every import, whatever its punctuation.
"""

import hashlib
import hmac
import unicodedata
from typing import Final

#: Of the texts, and of the speakers who read them: a release's default share of test.
TEST_SHARE: Final = 0.10
#: With fewer prompts than this nothing is reserved: a tenth of them would fill no sitting.
RESERVED_FROM: Final = 500


def place_of(salt: bytes, name: str) -> float:
    """Return where a name lies in [0, 1), from the first 53 bits of HMAC-SHA256(salt, name)."""
    digest = hmac.digest(salt, name.encode(), hashlib.sha256)
    # A float holds 53 bits; with 64 the largest would round up to 1.
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def plain_text(text: str) -> str:
    """Return a text's letters, marks and digits, folded, words parted by one space."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = (letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in folded)
    return " ".join("".join(kept).split())


def is_reserved(salt: bytes, text: str) -> bool:
    """Say whether a text is kept for the test speakers. `salt`: the campaign's id as bytes."""
    return place_of(salt, f"text:{plain_text(text)}") < TEST_SHARE


def is_test_speaker(salt: bytes, speaker: str) -> bool:
    """Say whether a speaker, by the id as text, lies where a release's test split does."""
    return place_of(salt, speaker) < TEST_SHARE
