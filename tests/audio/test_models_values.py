"""The models give the published values on four real clips, and part right from wrong."""

import math

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from tests.read_aloud import MAN, WOMAN, read_aloud
from tests.sounds import RealClip, real_clips
from workers.audio.models.scoring import Models, Scores, load_models, speech_of
from workers.audio.models.speaker_voice import halves_similarity, unit

Floats = npt.NDArray[np.float32]

CLIPS = ("3005-163389-0001", "533-1066-0003", "1998-15444-0002", "2414-128291-0001")
QUALITY = (
    (3.52, 3.68, 3.05, 3.81),
    (3.71, 3.62, 3.23, 3.61),
    (3.67, 3.77, 3.22, 3.68),
    (2.96, 3.92, 2.64, 3.94),
)
RIGHT = ((-0.50, -0.01, -2.01), (-1.70, -0.64, -6.39), (-0.40, -0.21, -3.12), (-0.54, -0.75, -1.97))
ONE_MORE = ((-1.50, -4.18), (-2.70, -5.74), (-1.04, -5.87), (-1.22, -4.97))
WRONG = (-8.09, -6.88, -7.06, -7.06)

TEXT = "My sister bought six oranges and a bag of rice."
OTHER = "It has not rained in the valley since March."


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models(None)


@pytest.fixture(scope="module")
def recordings() -> dict[str, RealClip]:
    clips = {clip.path.stem: clip for clip in real_clips()}
    if not set(CLIPS) <= set(clips):
        pytest.skip("speech recordings lie beside the repository, and not here")
    return clips


def sound_of(clip: RealClip) -> Floats:
    x, _ = soundfile.read(clip.path, dtype="float32")
    sound: Floats = x
    return sound


@pytest.mark.parametrize("at", range(4), ids=CLIPS)
def test_quality_is_the_published_one(
    models: Models, recordings: dict[str, RealClip], at: int
) -> None:
    assert models.dnsmos is not None
    told = models.dnsmos.score(sound_of(recordings[CLIPS[at]]))
    # Published values are of sound repeated to 9 s; ours hears it once, and 8 s at most.
    assert (told.sig, told.bak, told.ovrl) == pytest.approx(QUALITY[at][:3], abs=0.1)
    assert told.p808 == pytest.approx(QUALITY[at][3], abs=0.02)
    x = sound_of(recordings[CLIPS[at]])
    exact = models.dnsmos.opinions(np.tile(x, 2)[:144_160])
    assert exact == pytest.approx(QUALITY[at][:3], abs=0.02)


@pytest.mark.parametrize("at", range(4), ids=CLIPS)
def test_a_text_scores_as_published(
    models: Models, recordings: dict[str, RealClip], at: int
) -> None:
    scorer = models.prompt_scorer("en")
    assert scorer is not None
    clip = recordings[CLIPS[at]]
    x, words = sound_of(clip), clip.text.split()
    right = scorer.score(x, [words])
    more = scorer.score(x, [[*words, "river"]])
    wrong = scorer.score(x, [recordings[CLIPS[(at + 1) % 4]].text.split()])
    assert right is not None
    assert more is not None
    assert wrong is not None
    # In 8 bit, processors round differently.
    assert (right.mean, right.end) == pytest.approx(RIGHT[at][:2], abs=0.15)
    assert right.lowest == pytest.approx(RIGHT[at][2], abs=0.5)
    assert (more.mean, more.end) == pytest.approx(ONE_MORE[at], abs=0.25)
    assert wrong.mean == pytest.approx(WRONG[at], abs=0.25)


def test_voices_are_as_close_as_published(models: Models, recordings: dict[str, RealClip]) -> None:
    network = models.speaker_voice
    assert network is not None
    names = ("533-1066-0003", "533-1066-0001", "2414-128291-0001", "2414-128291-0004", CLIPS[2])
    sounds = [sound_of(recordings[name]) for name in names]
    a, a2, b, b2, c = (unit(network.windows(x, speech_of(x)).mean(axis=0)) for x in sounds)
    found = [float(one @ two) for one, two in ((a, a2), (b, b2), (a, b), (a, c))]
    assert found == pytest.approx([0.925, 0.945, 0.516, 0.581], abs=0.005)


def said(models: Models, x: Floats, text: str, **more: bool) -> Scores:
    return models.score(x, text=text, language="en", kind="read", **more)


@pytest.mark.parametrize("voice", [WOMAN, MAN], ids=["woman", "man"])
def test_the_text_that_was_read_is_told_from_another(models: Models, voice: object) -> None:
    x = read_aloud(TEXT, WOMAN if voice is WOMAN else MAN)
    assert said(models, x, TEXT).measures["prompt_logprob"] > -2.5
    assert said(models, x, OTHER).measures["prompt_logprob"] < -4.5


def test_numbers_and_titles_in_the_text_do_not_make_it_another(models: Models) -> None:
    text = "Dr. Smith paid $12.50 for 3 kg of rice at 10:30 on the 21st of May 1995."
    assert said(models, read_aloud(text), text).measures["prompt_logprob"] > -2.0


def test_an_answer_in_free_words_has_no_prompt_score(models: Models) -> None:
    scores = models.score(
        read_aloud(TEXT), text="What did you buy?", language="en", kind="question"
    )
    assert not [name for name in scores.measures if name.startswith("prompt")]
    assert "missing_models" not in scores.facts


def test_one_voice_is_told_from_two_in_turn(models: Models) -> None:
    network = models.speaker_voice
    assert network is not None
    long = f"{TEXT} {OTHER} {TEXT}"
    one = read_aloud(long)
    two = np.concatenate([read_aloud(long)[: 16_000 * 5], read_aloud(long, MAN)[-16_000 * 5 :]])
    alike, unlike = (halves_similarity(network.windows(x, speech_of(x))) for x in (one, two))
    assert alike is not None
    assert unlike is not None
    assert alike > 0.8 > unlike


def test_the_voice_is_told_only_when_it_is_asked_for(models: Models) -> None:
    x = read_aloud(TEXT)
    assert said(models, x, TEXT).voice is None
    voice = said(models, x, TEXT, with_voice=True).voice
    assert voice is not None
    assert math.isclose(float(voice @ voice), 1.0, abs_tol=1e-4)
