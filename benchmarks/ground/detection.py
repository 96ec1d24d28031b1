"""Judge conditions of real speech by the default profile, as the workers would, in processes."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache

from backend.quality.profile import Rule, read_rules
from backend.quality.speaking_time import expected_seconds
from backend.quality.verdict import Outcome, Verdict, judge
from benchmarks.ground.clean_and_repeated import CLEAN, PROMPTS, REPEATS
from benchmarks.ground.conditions import CODINGS, Condition, setting
from benchmarks.ground.faults_of_sound import DAMAGES
from benchmarks.ground.read_speech import RATE, Reading, halves, readings
from tests.phone_meter import ROOT
from workers.audio.decode import decode
from workers.audio.derive import derive
from workers.audio.duplicate_set import DuplicateSet
from workers.audio.examine import Examination, examine
from workers.audio.fingerprint import Fingerprint, fingerprint
from workers.audio.models.scoring import load_models

CONDITIONS = (*CLEAN, *DAMAGES, *PROMPTS, *REPEATS)
_KIND, _LANGUAGE = "read", "en"
_BY_NAME = {condition.name: condition for condition in CONDITIONS}


@dataclass(frozen=True)
class Heard:
    """One file by itself: its measures, and what finds it among others where that is asked."""

    condition: str
    clip: str
    measures: dict[str, float]
    sha256: str = ""
    pcm_sha256: str = ""
    words: Fingerprint | None = None


@dataclass(frozen=True)
class Tally:
    """What became of a condition's files: how many did not pass with a code that fits, how many
    were rejected, sent to review, and the codes told most often.
    """

    condition: Condition
    files: int
    caught: int
    rejected: int
    review: int
    codes: tuple[str, ...]


@cache
def default_rules() -> list[Rule]:
    """Return the rules that a campaign starts with."""
    text = (ROOT / "backend/campaigns/default_profile.json").read_text("utf-8")
    return read_rules(json.loads(text))


@cache
def material(half: str) -> list[Reading]:
    """Return the clips of one half of the readers, "chosen" or "tested"."""
    return halves(readings())[("chosen", "tested").index(half)]


def used(condition: Condition, half: str) -> list[Reading]:
    """Return the clips that a condition is made of."""
    texts = condition.made_of == "texts"
    return [clip for clip in material(half) if (clip.text if texts else clip.clean)]


def listen(name: str, half: str, index: int) -> Heard:
    """Return what the checks hear in one file of a condition."""
    condition = _BY_NAME[name]
    clip = used(condition, half)[index]
    others = [one for one in material(half) if one.text] if condition.made_of == "texts" else None
    made_from = setting(clip, others or material(half), name)
    data, content_type = condition.file(made_from)
    text = condition.text(made_from)
    seen = examine(
        data,
        content_type=content_type,
        expected_s=expected_seconds(text) if text else None,
        decoder=decode,
    )
    measures = seen.measures
    if condition.models and _verdict(measures).outcome is not Outcome.REJECT:
        measures = measures | _scores(seen, text)
    heard = Heard(name, clip.name, measures, hashlib.sha256(data).hexdigest())
    if not _repeats(condition) or seen.derived is None or seen.mono_16_khz is None:
        return heard
    return replace(heard, pcm_sha256=seen.derived.pcm_sha256, words=fingerprint(seen.mono_16_khz))


def _scores(seen: Examination, text: str) -> dict[str, float]:
    if seen.mono_16_khz is None:
        return {}
    models = load_models(None)
    # A clip whose text is not known is asked for everything but its text.
    kind = _KIND if text else "question"
    return models.score(seen.mono_16_khz, text=text, language=_LANGUAGE, kind=kind).measures


def heard(conditions: Sequence[Condition], half: str, every: int) -> Iterator[Heard]:
    """Yield what is heard of every so many-th clip of each condition, worked out in all cores."""
    work = [
        (condition.name, half, index)
        for condition in conditions
        for index in range(0, len(used(condition, half)), every)
    ]
    # Each process works in one thread: more would wait for each other.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        yield from pool.map(listen, *zip(*work, strict=True), chunksize=4)


def tallies(conditions: Sequence[Condition], files: Iterable[Heard], half: str) -> list[Tally]:
    """Return the tally of each condition, in their order."""
    found: dict[str, list[Heard]] = {condition.name: [] for condition in conditions}
    for file in files:
        found[file.condition].append(file)
    return [
        _tally(one, _compared(found[one.name], half) if _repeats(one) else found[one.name])
        for one in conditions
    ]


def _compared(files: Sequence[Heard], half: str) -> list[Heard]:
    """Return the files of one condition with what they repeat of the clips themselves, each of
    which came before as a 16 kHz FLAC; nothing else of the condition did but earlier files.
    """
    known = DuplicateSet()
    encode, _ = CODINGS["flac"]
    for clip in material(half):
        data = encode(clip.x, RATE)
        known.add(
            clip.name,
            sha256=hashlib.sha256(data).hexdigest(),
            pcm_sha256=derive(clip.x).pcm_sha256,
            fingerprint=fingerprint(clip.x),
        )
    return [
        replace(file, measures=file.measures | _match(known, file)) for file in files if file.words
    ]


def _match(known: DuplicateSet, file: Heard) -> dict[str, float]:
    if file.words is None:
        return {}
    match = known.add(
        f"{file.clip} again",
        sha256=file.sha256,
        pcm_sha256=file.pcm_sha256,
        fingerprint=file.words,
    )
    return match.measures()


def _repeats(condition: Condition) -> bool:
    return condition in REPEATS


def _verdict(measures: dict[str, float]) -> Verdict:
    return judge(measures, default_rules(), kind=_KIND)


def _tally(condition: Condition, files: Sequence[Heard]) -> Tally:
    verdicts = [_verdict(file.measures) for file in files]
    told = [
        {reason.code for reason in verdict.reasons if reason.severity != "hint"}
        for verdict in verdicts
    ]
    outcomes = Counter(verdict.outcome for verdict in verdicts)
    codes = Counter(code for one in told for code in one)
    return Tally(
        condition=condition,
        files=len(files),
        caught=sum(bool(one & condition.codes) for one in told),
        rejected=outcomes[Outcome.REJECT],
        review=outcomes[Outcome.REVIEW],
        codes=tuple(code for code, _ in codes.most_common(4)),
    )
