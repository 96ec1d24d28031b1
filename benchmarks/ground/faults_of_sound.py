"""What can be wrong with the sound of a clip, each kind in several forms and codings."""

from collections.abc import Callable

import numpy as np

from benchmarks.ground import degrade, surroundings
from benchmarks.ground.conditions import Condition, Made, Setting
from benchmarks.ground.read_speech import RATE, Wave


def plain(make: Callable[[Setting], Wave]) -> Callable[[Setting], Made]:
    return lambda s: (make(s), RATE)


def at_48(make: Callable[[Wave, np.random.Generator], Wave]) -> Callable[[Setting], Made]:
    """Return a maker that damages the clip as a recorder at 48 kHz would have it."""
    return lambda s: (make(degrade.at_rate(s.clip.x, 48_000), s.rng), 48_000)


def _mixed(noise: surroundings.Noise | None, snr_db: float) -> Callable[[Setting], Made]:
    """Return a maker that adds noise, babble where None is given."""
    return plain(lambda s: degrade.mix(s.clip, (noise or s.babble)(len(s.clip.x), s.rng), snr_db))


def _only(noise: surroundings.Noise, level_dbov: float) -> Callable[[Setting], Made]:
    factor = np.float32(10 ** (level_dbov / 20))
    return plain(lambda s: noise(len(s.clip.x), s.rng) * factor)


def _clipped(share: float) -> Callable[[Setting], Made]:
    return at_48(lambda x, rng: degrade.clip(x, share, rng))


def _clipped_at_16(share: float) -> Callable[[Setting], Made]:
    return plain(lambda s: degrade.clip(s.clip.x, share, s.rng))


def _quieter(by_db: float) -> Callable[[Setting], Made]:
    return plain(lambda s: degrade.quieter(s.clip.x, by_db))


def _room(make: Callable[[float, np.random.Generator], Wave], rt60_s: float) -> Callable[..., Made]:
    return plain(lambda s: surroundings.in_room(s.clip.x, make(rt60_s, s.rng)))


def _measured_room(s: Setting) -> Wave:
    rooms = surroundings.measured_rooms()
    return surroundings.in_room(s.clip.x, rooms[int(s.rng.integers(len(rooms)))])


def damage(
    name: str, codes: str, make: Callable[[Setting], Made], coding: str = "flac", claim: str = ""
) -> Condition:
    return Condition(name, frozenset(codes.split()), make, coding, claim)


_NOTHING = "silent no_speech low_speech too_quiet"
_NO_SPEECH = "silent no_speech low_speech noisy too_quiet"
_CODED = ("opus24", "opus48", "aac64", "aac96")

_SILENCE = (
    damage("zeros", _NOTHING, plain(lambda s: s.clip.x * 0), claim="silence"),
    damage("zeros, Opus", _NOTHING, plain(lambda s: s.clip.x * 0), "opus24", "silence"),
    damage("zeros, AAC", _NOTHING, plain(lambda s: s.clip.x * 0), "aac64", "silence"),
    *(
        damage(
            f"floor of {level} dBov", _NOTHING, _only(surroundings.white, level), "flac", "silence"
        )
        for level in (-90, -75, -60)
    ),
)

_NOISE_ONLY = (
    *(
        damage(
            f"{name} alone, {level} dBov, {coding}",
            _NO_SPEECH,
            _only(noise, level),
            coding,
            "noise_only",
        )
        for name, noise in (
            ("white", surroundings.white),
            ("pink", surroundings.pink),
            ("recorded noise", surroundings.recorded),
        )
        for level, coding in ((-50, "flac"), (-30, "flac"), (-30, "opus24"), (-15, "aac64"))
    ),
)

_CLIPPING = (
    *(
        damage(f"{share:.1%} clipped, {name}", "clipped", make, "flac", claim)
        for share in (0.001, 0.01, 0.05, 0.15)
        for claim in ("clipping_pcm" if share >= 0.01 else "",)
        for name, make in (
            ("PCM 48 kHz", _clipped(share)),
            ("PCM 16 kHz", _clipped_at_16(share)),
        )
    ),
    *(
        damage(
            f"{share:.0%} clipped, {coding}", "clipped", _clipped(share), coding, "clipping_coded"
        )
        for share in (0.01, 0.05, 0.15)
        for coding in _CODED
    ),
)

_CUT = "cut_start partial_prompt"
_EDGES = (
    *(
        damage(
            f"start cut {turn}{told}",
            _CUT,
            plain(lambda s: degrade.start_cut(s.clip, s.rng)),
            coding,
            "start_cut",
        )
        # Each time elsewhere: what is left of a word is long once, and short another time.
        for turn in range(1, 6)
        for told, coding in (("", "flac"), (", Opus", "opus24"), (", AAC", "aac64"))
    ),
    damage("end cut", "cut_end partial_prompt", plain(lambda s: degrade.end_cut(s.clip, s.rng))),
    damage(
        "end cut, Opus",
        "cut_end partial_prompt",
        plain(lambda s: degrade.end_cut(s.clip, s.rng)),
        "opus24",
    ),
)

_LEVEL = tuple(
    damage(
        f"{by} dB softer, {coding}",
        "too_quiet silent",
        _quieter(by),
        coding,
        "low_level",
    )
    for by, coding in ((30, "flac"), (35, "flac"), (40, "flac"), (30, "opus24"), (35, "aac64"))
)

_BAND = (
    damage(
        "8 kHz upsampled, PCM",
        "narrowband",
        plain(lambda s: degrade.narrowband(s.clip.x, s.rng)),
        "flac",
        "narrowband",
    ),
    damage(
        "8 kHz upsampled, PCM 48 kHz",
        "narrowband",
        lambda s: (degrade.at_rate(degrade.narrowband(s.clip.x, s.rng), 48_000), 48_000),
        "flac",
        "narrowband",
    ),
    damage(
        "8 kHz upsampled, Opus 24k",
        "narrowband",
        plain(lambda s: degrade.narrowband(s.clip.x, s.rng)),
        "opus24",
        "narrowband",
    ),
    damage(
        "8 kHz upsampled, AAC 64k",
        "narrowband",
        plain(lambda s: degrade.narrowband(s.clip.x, s.rng)),
        "aac64",
        "narrowband",
    ),
    damage(
        "telephone band, mu-law, PCM",
        "narrowband",
        plain(lambda s: degrade.telephone(s.clip.x, s.rng)),
        "flac",
        "narrowband",
    ),
)

_HUM = tuple(
    damage(
        f"hum {hertz} Hz -{snr} dB, {harmonics} x {falls} dB, {coding}",
        "hum",
        _mixed(surroundings.hum(hertz, falls, harmonics), snr),
        coding,
        claim,
    )
    for hertz, snr, harmonics, falls, coding, claim in (
        (50, 10, 5, 6, "flac", "hum"),
        (60, 10, 5, 6, "flac", "hum"),
        (50, 10, 10, 3, "flac", "hum"),
        (60, 10, 3, 10, "flac", "hum"),
        (50, 10, 5, 6, "opus24", "hum"),
        (60, 10, 5, 6, "aac64", "hum"),
        (50, 10, 1, 0, "flac", ""),
        (50, 20, 5, 6, "flac", ""),
    )
)


def _lost(shortest: float, longest: float, rate: int = RATE) -> Callable[[Setting], Made]:
    seconds = (shortest, longest)
    return lambda s: (degrade.at_rate(degrade.dropouts(s.clip, s.rng, seconds=seconds), rate), rate)


_DROPOUTS = (
    damage("dropouts 20-80 ms, PCM", "dropouts glitch", _lost(0.02, 0.08), "flac", "dropouts_pcm"),
    damage("dropouts 80-200 ms, PCM", "dropouts glitch", _lost(0.08, 0.2), "flac", "dropouts_pcm"),
    damage("dropouts 20-200 ms, Opus 24k", "dropouts glitch", _lost(0.02, 0.2), "opus24"),
    damage("dropouts 20-200 ms, AAC 64k", "dropouts glitch", _lost(0.02, 0.2), "aac64"),
)

_NOISE = (
    *(
        damage(f"{name} {snr} dB", "noisy", _mixed(noise, snr), coding, claim)
        for name, noise, coding, claim in (
            ("white", surroundings.white, "flac", "white_noise"),
            ("white Opus 24k", surroundings.white, "opus24", "white_noise"),
            ("pink", surroundings.pink, "flac", ""),
            ("recorded noise", surroundings.recorded, "flac", ""),
        )
        for snr in (0, 5, 10)
    ),
    *(
        damage(
            f"babble {snr} dB, {coding}", "noisy second_speaker", _mixed(None, snr), coding, claim
        )
        for snr, coding, claim in (
            (0, "flac", "babble"),
            (5, "flac", "babble"),
            (5, "opus24", "babble"),
            (10, "flac", ""),
        )
    ),
)

_ROOMS = (
    *(
        damage(f"{name} room, RT60 {rt60} s", "reverberant", _room(make, rt60), coding, claim)
        for name, make, coding, claim in (
            ("diffuse", surroundings.diffuse_room, "flac", "reverberant"),
            ("rectangular", surroundings.shoebox_room, "flac", "reverberant"),
            ("diffuse Opus", surroundings.diffuse_room, "opus24", "reverberant"),
        )
        for rt60 in (0.6, 0.9, 1.2)
    ),
    damage("measured rooms", "reverberant", plain(_measured_room)),
    damage("diffuse room, RT60 0.3 s", "reverberant", _room(surroundings.diffuse_room, 0.3)),
)

_OTHER = (
    damage("offset 0.05", "dc_offset", plain(lambda s: degrade.offset(s.clip.x, 0.05))),
    damage("offset -0.02", "dc_offset", plain(lambda s: degrade.offset(s.clip.x, -0.02))),
    damage(
        "second speaker at 0 dB",
        "second_speaker noisy",
        plain(lambda s: degrade.two_at_once(s.clip, s.other, 0)),
    ),
    damage(
        "second speaker at -10 dB",
        "second_speaker noisy",
        plain(lambda s: degrade.two_at_once(s.clip, s.other, 10)),
    ),
    damage(
        "two speakers in turn",
        "second_speaker",
        plain(lambda s: degrade.two_in_turn(s.clip, s.other)),
    ),
)

DAMAGES = (
    *_SILENCE, *_NOISE_ONLY, *_CLIPPING, *_EDGES, *_LEVEL, *_BAND, *_HUM, *_DROPOUTS,
    *_NOISE, *_ROOMS, *_OTHER,
)  # fmt: skip
