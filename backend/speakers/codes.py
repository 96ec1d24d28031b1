"""Pure: the spoken name of a speaker, which phone and server both derive from the id."""

from uuid import UUID

_CONSONANTS = "bdfghjklmnprstvz"
_VOWELS = "aeiu"


def speaker_code(speaker_id: UUID) -> str:
    """Return two two-syllable words from the id's last 24 bits, such as `bako-leti`.

    Six bits a syllable: four choose the consonant, two the vowel. Test vectors for other
    languages are in tests/vectors/speaker_code.json.
    """
    bits = speaker_id.int & 0xFFFFFF
    syllables = []
    for shift in (18, 12, 6, 0):
        six = (bits >> shift) & 0x3F
        syllables.append(_CONSONANTS[six >> 2] + _VOWELS[six & 3])
    return f"{syllables[0]}{syllables[1]}-{syllables[2]}{syllables[3]}"
