"""The job that lets models hear a clip: the text, the voice, and what is kept of it."""

from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import uuid_utils.compat as uuid
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend import storage
from backend.campaigns.models import Campaign
from backend.campaigns.services import current_profile
from backend.clips.models import Clip
from backend.clips.state import State
from backend.clips.withdrawal import withdraw_clip, withdraw_speaker
from backend.jobs.models import Job
from backend.quality.models import QualityCheck, Stage
from backend.quality.reviewing import review_clip
from backend.quality.services import change_profile
from backend.quality.voices import keep_voice
from backend.speakers.models import SpeakerVoice, VoiceSample
from tests.cast import CONSENT_TEXT, Phone, make_campaign, make_phone
from tests.factories import Sitting, consent_body, sent, session_body, speaker_body, upload_clip
from tests.read_aloud import MAN, OLD_MAN, WOMAN, read_aloud
from tests.sounds import flac
from workers.audio.models.scoring import Scores
from workers.jobs import check_quality, score_clip
from workers.registry import GiveUp, JobRun, TryLater
from workers.rehearsal.voices import Voice

ALL_SCOPES = ["collect", "publish", "embeddings"]
WITHOUT_VOICE = ["collect", "publish"]


@pytest.fixture(autouse=True)
def models_on(settings: Any) -> None:
    """Let models hear what the signal let through."""
    settings.MODEL_CHECKS = True


@pytest.fixture
def campaign(db: None) -> Campaign:
    """A campaign whose form also asks for voice prints, with rules of stage B alone."""
    campaign = make_campaign(
        consent_forms=[{"locale": "en", "text": CONSENT_TEXT, "scopes": ALL_SCOPES}]
    )
    rules: list[dict[str, Any]] = [
        rule("undecodable", "decodable", "<", 1, "reject"),
        rule("wrong_prompt", "prompt_logprob", "<", -4, "reject"),
        rule("other_speaker", "speaker_similarity", "<", 0.72, "review"),
        rule("other_speaker", "other_speaker_similarity", ">", 0.9, "review"),
    ]
    change_profile(campaign=campaign, rules=rules, actor="system", now=timezone.now())
    return campaign


def rule(code: str, measure: str, op: str, threshold: float, severity: str) -> dict[str, Any]:
    """Return a rule of the server's."""
    return {
        "code": code,
        "measure": measure,
        "op": op,
        "threshold": threshold,
        "severity": severity,
        "where": ["server"],
        "hint": "record_again",
    }


@pytest.fixture
def phone(campaign: Campaign) -> Phone:
    """A collector's phone in it."""
    return make_phone(campaign)


def sit(phone: Phone, scopes: list[str] | None = None, *, speaker: UUID | None = None) -> Sitting:
    """Open a session under a new consent with these scopes, of a new speaker or a known one."""
    known, consent, session = speaker or uuid.uuid7(), uuid.uuid7(), uuid.uuid7()
    if speaker is None:
        sent(phone.put(f"/v1/speakers/{known}", speaker_body(phone)), 201)
    given = consent_body(phone, known, scopes=scopes or ALL_SCOPES)
    sent(phone.put(f"/v1/consents/{consent}", given), 201)
    sent(phone.put(f"/v1/sessions/{session}", session_body(phone, known, consent)), 201)
    return Sitting(phone, known, consent, session)


def text_of(phone: Phone, at: int) -> tuple[str, str]:
    """Return the id and text of one of the campaign's three read prompts."""
    prompt = phone.campaign.prompts.filter(kind="read").order_by("position")[at % 3]
    return str(prompt.pk), prompt.text


def recorded(
    sitting: Sitting, voice: Voice = WOMAN, *, at: int = 0, said: str = "", seed: int = 0
) -> Clip:
    """Upload a clip of a prompt read by a voice and let the signal be judged."""
    prompt, text = text_of(sitting.phone, at)
    sound = flac(read_aloud(said or text, voice, seed=seed))
    clip = upload_clip(
        sitting, sound, prompt=prompt, content_type="audio/flac", seq=at + 1, take=seed + 1
    )
    check_quality.check_quality(JobRun(job_of(clip, "check_quality")))
    clip.refresh_from_db()
    return clip


def job_of(clip: Clip, kind: str) -> Job:
    """Return the clip's newest job of a kind."""
    return Job.objects.filter(kind=kind, subject=str(clip.pk)).latest("created_at")


def score(clip: Clip) -> Clip:
    """Let the models hear the clip; returns it as it stands then."""
    score_clip.score_clip(JobRun(job_of(clip, "score_clip")))
    clip.refresh_from_db()
    return clip


def measures_of(clip: Clip) -> dict[str, float]:
    """Return what the models told of the clip."""
    return QualityCheck.objects.get(clip=clip, stage=Stage.MODELS).measures


def codes_of(clip: Clip) -> set[str]:
    """Return the codes of the clip's verdict."""
    assert clip.verdict is not None
    return {reason["code"] for reason in clip.verdict["reasons"]}


def enrolled(phone: Phone, voice: Voice, scopes: list[str] | None = None) -> Sitting:
    """Return the session of a speaker of whom three clips have passed."""
    sitting = sit(phone, scopes)
    for at in range(3):
        assert score(recorded(sitting, voice, at=at)).state == State.PASSED
    return sitting


def test_a_clip_of_its_text_passes_only_when_the_models_have_spoken(phone: Phone) -> None:
    clip = recorded(sit(phone))
    assert (clip.state, clip.verdict and clip.verdict["provisional"]) == (State.UPLOADED, True)
    clip = score(clip)
    assert (clip.state, clip.verdict and clip.verdict["provisional"]) == (State.PASSED, False)
    assert measures_of(clip)["prompt_logprob"] > -3
    assert measures_of(clip)["mos_ovrl"] > 2


def test_a_clip_of_another_text_is_rejected_for_it(phone: Phone) -> None:
    clip = score(recorded(sit(phone), said="Please leave a message after the tone."))
    assert (clip.state, codes_of(clip)) == (State.REJECTED, {"wrong_prompt"})


def test_a_missing_model_is_a_missing_score_and_named(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_clip, "load_models", lambda _folder: NoModels())
    clip = score(recorded(sit(phone), said="Please leave a message after the tone."))
    assert (clip.state, measures_of(clip)) == (State.PASSED, {})
    facts = QualityCheck.objects.get(clip=clip, stage=Stage.MODELS).facts
    assert facts["missing_models"] == "prompt quality speaker"


class NoModels:
    """What there is where nothing is installed."""

    def score(self, *_: object, **__: object) -> Scores:
        """Score nothing."""
        return Scores({}, {"missing_models": "prompt quality speaker"}, None)


def test_a_language_without_a_scorer_is_not_judged_by_its_text(phone: Phone) -> None:
    phone.campaign.prompts.update(language="sw")
    clip = score(recorded(sit(phone), said="Please leave a message after the tone."))
    assert clip.state == State.PASSED
    assert "prompt_logprob" not in measures_of(clip)


def test_a_repeated_job_changes_nothing(phone: Phone) -> None:
    clip = score(recorded(sit(phone)))
    seq = clip.event_seq
    assert score(clip).event_seq == seq
    assert QualityCheck.objects.filter(clip=clip, stage=Stage.MODELS).count() == 1
    assert VoiceSample.objects.count() == 1


def test_a_store_that_is_away_is_tried_again(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = recorded(sit(phone))

    def away(_key: str, *, max_bytes: int) -> bytes:
        raise storage.StorageAway()

    monkeypatch.setattr(storage, "read", away)
    with pytest.raises(TryLater):
        score(clip)
    clip.refresh_from_db()
    assert clip.state == State.UPLOADED


def test_a_derivative_that_is_gone_fails_visibly(phone: Phone) -> None:
    clip = recorded(sit(phone))
    storage.delete([storage.derived_key(clip.pk)])
    with pytest.raises(GiveUp):
        score(clip)


def test_a_clip_withdrawn_meanwhile_is_not_scored(phone: Phone) -> None:
    clip = recorded(sit(phone))
    withdraw_clip(clip_id=clip.pk, actor="system", reason="", now=timezone.now())
    assert score(clip).state == State.WITHDRAWN
    assert not QualityCheck.objects.filter(clip=clip, stage=Stage.MODELS).exists()


def test_three_clips_enrol_a_speaker_and_the_next_is_compared(phone: Phone) -> None:
    sitting = enrolled(phone, WOMAN)
    assert SpeakerVoice.objects.get().speaker_id == sitting.speaker
    own = score(recorded(sitting, WOMAN, at=0, seed=1))
    assert own.state == State.PASSED
    assert measures_of(own)["speaker_similarity"] > 0.8
    strange = score(recorded(sitting, MAN, at=1, seed=1))
    assert (strange.state, codes_of(strange)) == (State.REVIEW, {"other_speaker"})
    assert VoiceSample.objects.count() == 3


def test_one_voice_under_two_ids_is_shown_once(phone: Phone) -> None:
    enrolled(phone, WOMAN)
    again = sit(phone)
    states = [score(recorded(again, WOMAN, at=at, seed=2)).state for at in range(3)]
    assert states == [State.PASSED, State.PASSED, State.REVIEW]
    assert score(recorded(again, WOMAN, at=0, seed=3)).state == State.PASSED


def test_two_people_under_two_ids_are_two(phone: Phone) -> None:
    enrolled(phone, WOMAN)
    enrolled(phone, OLD_MAN)
    last = QualityCheck.objects.filter(stage=Stage.MODELS).latest("at")
    assert last.measures["other_speaker_similarity"] < 0.85


def test_without_the_scope_no_voice_is_kept_and_none_compared(phone: Phone) -> None:
    enrolled(phone, WOMAN)
    sitting = enrolled(phone, WOMAN, WITHOUT_VOICE)
    clip = score(recorded(sitting, MAN, at=0, seed=1))
    assert clip.state == State.PASSED
    assert not {"speaker_similarity", "other_speaker_similarity"} & set(measures_of(clip))
    assert set(VoiceSample.objects.values_list("speaker", flat=True)) != {sitting.speaker}
    assert not VoiceSample.objects.filter(speaker=sitting.speaker).exists()


def test_a_newer_consent_without_the_scope_deletes_the_voice(phone: Phone) -> None:
    sitting = enrolled(phone, WOMAN)
    sit(phone, WITHOUT_VOICE, speaker=sitting.speaker)
    assert not VoiceSample.objects.exists()
    assert not SpeakerVoice.objects.exists()
    # The first session's consent has it still; the newest is the one that holds.
    clip = score(recorded(sitting, WOMAN, at=0, seed=1))
    assert "speaker_similarity" not in measures_of(clip)
    assert not VoiceSample.objects.exists()


def test_a_withdrawn_clip_takes_its_voice_along_at_once(phone: Phone) -> None:
    sitting = enrolled(phone, WOMAN)
    clip = Clip.objects.filter(speaker=sitting.speaker).earliest("created_at")
    withdraw_clip(clip_id=clip.pk, actor="system", reason="", now=timezone.now())
    assert not SpeakerVoice.objects.exists()
    assert not VoiceSample.objects.filter(clip=clip.pk).exists()
    score(recorded(sitting, WOMAN, at=0, seed=1))
    assert VoiceSample.objects.count() == 3
    assert SpeakerVoice.objects.count() == 1


def test_a_withdrawn_speaker_leaves_nothing_of_a_voice(phone: Phone) -> None:
    sitting = enrolled(phone, WOMAN)
    withdraw_speaker(
        speaker_id=sitting.speaker, device=None, actor="system", reason="", now=timezone.now()
    )
    assert not VoiceSample.objects.exists()
    assert not SpeakerVoice.objects.exists()


def test_a_withdrawal_between_hearing_and_keeping_keeps_nothing(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = recorded(sit(phone))
    kept = keep_voice

    def too_late(**asked: Any) -> None:
        withdraw_clip(clip_id=clip.pk, actor="system", reason="", now=timezone.now())
        kept(**asked)

    monkeypatch.setattr(score_clip, "keep_voice", too_late)
    assert score(clip).state == State.WITHDRAWN
    assert not VoiceSample.objects.exists()


def test_what_a_person_rejects_teaches_no_voice(phone: Phone) -> None:
    enrolled(phone, WOMAN)
    again = sit(phone)
    clips = [score(recorded(again, WOMAN, at=at, seed=2)) for at in range(3)]
    review_clip(
        clip_id=clips[2].pk,
        decision="reject",
        reasons=["other_speaker"],
        actor="user:1",
        now=timezone.now(),
    )
    assert VoiceSample.objects.filter(speaker=again.speaker).count() == 2


def test_no_answer_of_the_api_and_no_check_holds_a_voice(phone: Phone) -> None:
    sitting = enrolled(phone, WOMAN)
    clip = Clip.objects.filter(speaker=sitting.speaker).latest("created_at")
    answer = phone.get(f"/v1/clips/{clip.pk}").content
    check = QualityCheck.objects.get(clip=clip, stage=Stage.MODELS)
    said = answer.decode() + repr(check.measures) + repr(check.facts)
    first = np.frombuffer(bytes(SpeakerVoice.objects.get().embedding), "<f2")[0]
    assert "embedding" not in said
    assert str(float(first))[:6] not in said or first == 0


def test_the_other_voices_of_a_campaign_are_read_in_one_query(phone: Phone) -> None:
    enrolled(phone, WOMAN)
    again = sit(phone)
    for at in range(2):
        score(recorded(again, MAN, at=at))
    clip = recorded(again, MAN, at=2)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        score(clip)
    asked = [one for one in queries.captured_queries if "speakers_speakervoice" in one["sql"]]
    assert len([one for one in asked if "campaign_id" in one["sql"] and "LIMIT" in one["sql"]]) <= 2


def test_a_faulty_model_gives_up_with_its_reason(
    phone: Phone, settings: Any, tmp_path: Path
) -> None:
    settings.MODELS_DIR = str(tmp_path / "nowhere")
    with pytest.raises(GiveUp, match="no folder"):
        score(recorded(sit(phone)))


def test_the_profile_that_is_newest_judges(phone: Phone) -> None:
    clip = recorded(sit(phone))
    rules = [*current_profile(campaign_id=phone.campaign.pk).rules]
    rules.append(rule("low_mos", "mos_ovrl", "<", 5, "review"))
    change_profile(campaign=phone.campaign, rules=rules, actor="system", now=timezone.now())
    assert codes_of(score(clip)) == {"low_mos"}
