"""What the models tell and what they cost: prompt scorer, voice, DNSMOS, on real readings.

`tells`: how far a measure parts clips with a fault from those without it, as the area under the
ROC curve, the share of right clips beyond the default profile's threshold (false), and the share of
faulty ones beyond it (found). The cost is processor time of one thread over seconds of sound.
Material: the recordings beside the repository (tests/sounds.py); texts are known for half of them.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from backend.quality.profile import Severity
from benchmarks.ground.claims import claim_line
from benchmarks.ground.degrade import two_at_once, two_in_turn
from benchmarks.ground.detection import default_rules
from benchmarks.ground.processor_time import quickest
from benchmarks.ground.read_speech import RATE, Reading, Wave, readings
from workers.audio.models.dnsmos import levelled
from workers.audio.models.scoring import Models, load_models, speech_of
from workers.audio.models.speaker_voice import halves_similarity, unit

AIMS = {"prompt_scorer": 0.010, "speaker": 0.008, "dnsmos": 0.015}
_EXTRA = ("river", "yesterday", "beautiful", "seven", "window", "morning")
_ENROLLING = 3
_PASSES = 3


@dataclass(frozen=True)
class Told:
    """How a measure parts right clips from faulty ones; a low value is the fault's."""

    fault: str
    measure: str
    right: npt.NDArray[np.float64]
    faulty: npt.NDArray[np.float64]

    def row(self) -> str:
        """Return the row of the table, with the profile's mildest threshold for this measure."""
        lower = (self.right[:, None] > self.faulty).mean() + (
            self.right[:, None] == self.faulty
        ).mean() / 2
        cells = [self.fault, f"`{self.measure}`", str(len(self.right)), str(len(self.faulty))]
        cells += [f"{lower:.3f}", f"{np.percentile(self.right, 1):.2f}"]
        cells += [f"{np.percentile(self.faulty, 90):.2f}"]
        for severity in (Severity.REVIEW, Severity.REJECT):
            bounds = [
                rule.threshold
                for rule in default_rules()
                if rule.measure == self.measure and rule.severity is severity and rule.op == "<"
            ]
            if bounds:
                false, found = ((side < max(bounds)).mean() for side in (self.right, self.faulty))
                cells.append(f"{max(bounds):g}: {false:.3f} / {found:.2f}")
            else:
                cells.append("")
        return f"| {' | '.join(cells)} |"


def main() -> int:
    """Print what the models tell and the claims of their cost. Returns 1 when one does not hold."""
    clips = readings()
    if not clips:
        print("there are no recordings: nothing to score", file=sys.stderr)
        return 0
    models = load_models(None)
    told = [*_of_prompts(models, clips), *_of_voices(models, clips), *_of_quality(models, clips)]
    print(
        "| fault | measure | right | faulty | AUC | right, 1 % | faulty, 90 % "
        "| review: false / found | reject: false / found |\n|---|---|---|---|---|---|---|---|---|"
    )
    for one in told:
        print(one.row())
    held = True
    for name, factor, detail in costs(models, clips):
        aim = 1 / AIMS[name]
        held &= factor >= aim
        print(claim_line(name=name, value=factor, unit="x real time", aim=aim, detail=detail))
    return int(not held)


def costs(models: Models, clips: Sequence[Reading]) -> list[tuple[str, float, str]]:
    """Return (name, times real time, details) of every model that is there.

    Each clip is worked through several times in turn, and the quickest counts: other work on the
    same machine makes a pass slower, never quicker.
    """
    texts = [clip for clip in clips if clip.text][::6]
    work: list[tuple[str, Sequence[Reading], Callable[[Reading], object]]] = []
    scorer, voice, dnsmos = models.prompt_scorer("en"), models.speaker_voice, models.dnsmos
    if scorer is not None:
        work.append(
            ("prompt_scorer", texts, lambda clip: scorer.score(clip.x, [clip.text.split()]))
        )
    if voice is not None:
        heard = {clip.name: speech_of(clip.x) for clip in clips[::10]}
        work.append(("speaker", clips[::10], lambda clip: voice.windows(clip.x, heard[clip.name])))
    if dnsmos is not None:
        work.append(("dnsmos", clips[::10], lambda clip: dnsmos.score(clip.x)))
    found = []
    for name, some, score in work:
        # The worker's libraries have one thread too (docker-compose.yml, deploy/platform.py).
        with threadpool_limits(1):
            score(some[0])
            spent = sum(quickest(partial(score, clip), _PASSES) for clip in some)
        seconds = sum(len(clip.x) for clip in some) / RATE
        detail = f"{len(some)} clips, {seconds:.0f} s of sound; {spent / seconds:.4f} of real time"
        found.append((name, seconds / spent, detail))
    return found


def _of_prompts(models: Models, clips: Sequence[Reading]) -> list[Told]:
    scorer = models.prompt_scorer("en")
    if scorer is None:
        return []
    known = [clip for clip in clips if clip.text]
    tables: dict[str, tuple[list[float], list[float]]] = {}
    faults = ("right", "another text", "half of it read", "four words more", "one word more")
    for name in faults:
        tables[name] = ([], [])
    for index, clip in enumerate(known):
        words = clip.text.split()
        others = [known[(index + step) % len(known)].text.split() for step in (1, 7, 19)]
        half = clip.x[: len(clip.x) // 2]
        asked = [
            ("right", clip.x, words),
            *(("another text", clip.x, other) for other in others),
            ("half of it read", half, words),
            ("four words more", clip.x, [*words, *_EXTRA[:4]]),
            ("one word more", clip.x, [*words, _EXTRA[index % len(_EXTRA)]]),
        ]
        for name, x, wording in asked:
            score = scorer.score(x, [wording])
            if score is not None:
                tables[name][0].append(score.mean)
                tables[name][1].append(score.end)
    measures = ("prompt_logprob", "prompt_end_logprob")
    return [
        Told(name, measure, np.array(tables["right"][at]), np.array(tables[name][at]))
        for name in faults[1:]
        for at, measure in enumerate(measures)
    ]


def _of_voices(models: Models, clips: Sequence[Reading]) -> list[Told]:
    network = models.speaker_voice
    if network is None:
        return []

    def windows(x: Wave) -> Wave:
        return network.windows(x, speech_of(x))

    every = [(clip, windows(clip.x)) for clip in clips]
    voices = {clip.name: unit(found.mean(axis=0)) for clip, found in every}
    by_speaker: dict[str, list[Wave]] = {}
    for clip in clips:
        by_speaker.setdefault(clip.speaker, []).append(voices[clip.name])
    same, other = [], []
    for speaker, own in by_speaker.items():
        if len(own) > _ENROLLING:
            centre = unit(np.mean(own[:_ENROLLING], axis=0))
            same += [float(centre @ voice) for voice in own[_ENROLLING:]]
            strangers = (clip for clip in clips if clip.speaker != speaker)
            other += [float(centre @ voices[clip.name]) for clip in strangers]
    one = [halves_similarity(found) for _, found in every]
    in_turn, at_once = [], []
    for index, clip in enumerate(clips):
        stranger = next(
            two for two in [*clips[index + 11 :], *clips] if two.speaker != clip.speaker
        )
        in_turn.append(halves_similarity(windows(two_in_turn(clip, stranger))))
        at_once.append(halves_similarity(windows(two_at_once(clip, stranger, 0.0))))
    return [
        Told("another speaker", "speaker_similarity", np.array(same), np.array(other)),
        Told("two speakers in turn", "halves_similarity", _known(one), _known(in_turn)),
        Told("two speakers at once", "halves_similarity", _known(one), _known(at_once)),
    ]


def _known(values: Sequence[float | None]) -> npt.NDArray[np.float64]:
    return np.array([value for value in values if value is not None])


def _of_quality(models: Models, clips: Sequence[Reading]) -> list[Told]:
    dnsmos = models.dnsmos
    if dnsmos is None:
        return []
    clean = [clip for clip in clips if clip.clean][::2]
    rng = np.random.default_rng(0)
    tables: dict[str, list[tuple[float, float]]] = {}
    for clip in clean:
        power = 10 ** (clip.level_dbov / 20)
        hiss = rng.standard_normal(len(clip.x)).astype(np.float32)
        for name, x in (
            ("right", clip.x),
            ("white noise, 20 dB", clip.x + hiss * np.float32(power / 10)),
            ("white noise, 10 dB", clip.x + hiss * np.float32(power / 10**0.5)),
        ):
            score = dnsmos.score(levelled(x, speech_of(x)))
            tables.setdefault(name, []).append((score.ovrl, score.bak))
    right = np.array(tables.pop("right"))
    return [
        Told(name, measure, right[:, at], np.array(found)[:, at])
        for name, found in tables.items()
        for at, measure in enumerate(("mos_ovrl", "mos_bak"))
    ]


if __name__ == "__main__":
    sys.exit(main())
