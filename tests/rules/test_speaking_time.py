"""How long a text takes to say: roughly right in any script, silent where a text is too short."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.quality.speaking_time import expected_seconds

_VECTORS = Path(__file__).resolve().parents[1] / "vectors/speaking_time.json"
TEXTS = json.loads(_VECTORS.read_text(encoding="utf-8"))["texts"]

# The same sentence, about four seconds in each language at a reader's pace.
SENTENCES = {
    "en": "The bus to the market leaves at half past seven in the morning.",
    "de": "Der Bus zum Markt fährt morgens um halb acht von hier ab.",
    "ru": "Автобус на рынок отправляется в половине восьмого утра.",
    "ar": "تغادر الحافلة إلى السوق في السابعة والنصف صباحا كل يوم",
    "hi": "बाज़ार जाने वाली बस सुबह साढ़े सात बजे यहाँ से निकलती है।",
    "zh": "去市场的公共汽车每天早上七点半从这里出发",
    "ja": "市場へ行くバスは朝の七時半にここから出ます",
    "ko": "시장으로 가는 버스는 아침 일곱 시 반에 출발합니다",
    "am": "ወደ ገበያ የሚሄደው አውቶቡስ ጠዋት አንድ ሰዓት ተኩል ላይ ይነሳል",
    "sw": "Basi la kwenda sokoni linaondoka saa moja na nusu asubuhi.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_takes_a_few_seconds_in_every_script(language: str) -> None:
    seconds = expected_seconds(SENTENCES[language])
    assert seconds is not None
    assert 2.5 < seconds < 6


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: f"{case['text']}-{case['repeats']}")
def test_a_text_takes_as_long_as_the_vectors_say(case: dict[str, Any]) -> None:
    found = expected_seconds(case["text"], repeats=case["repeats"])
    assert found == (case["seconds"] and pytest.approx(case["seconds"], abs=1e-6))


@pytest.mark.parametrize("text", ["", "four", "Hey Fieldvoice", "!?…", "\u0301" * 500])
def test_a_text_too_short_to_tell_has_no_expectation(text: str) -> None:
    assert expected_seconds(text) is None


@given(st.text(max_size=300), st.text(max_size=50))
def test_more_text_never_takes_less_time(text: str, more: str) -> None:
    # Joined by a space, so that a mark cannot melt into the letter before it.
    assert (expected_seconds(text) or 0) <= (expected_seconds(f"{text} {more}") or 0)
