"""Decoding what phones send, and refusing everything else with a reason."""

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.sounds import RealClip, flac, mp4, ogg, real_clips, silence, speech_like, wav, webm
from workers.audio.decode import decode
from workers.audio.sound import Bounds, Undecodable

SPEECH = speech_like(2.0)
STEREO = np.stack([SPEECH, speech_like(2.0, seed=9)], axis=1)


def refused(data: bytes, content_type: str = "audio/wav", bounds: Bounds | None = None) -> str:
    """Return the reason for which bytes are refused."""
    with pytest.raises(Undecodable) as error:
        decode(data, content_type=content_type, bounds=bounds)
    return error.value.reason


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("make", [flac, wav], ids=["flac", "wav"])
def test_lossless_files_come_back_to_the_sample(make: type, rate: int) -> None:
    x = speech_like(0.5, rate=rate)
    sound = decode(make(x, rate), content_type=f"audio/{make.__name__}")
    assert sound.rate == rate
    assert not sound.lossy
    assert sound.claimed_s == pytest.approx(0.5, abs=1e-3)
    np.testing.assert_allclose(sound.channels[0], x, atol=1 / 32768)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"])
def test_wav_is_read_in_every_usual_coding(subtype: str) -> None:
    sound = decode(wav(SPEECH, subtype=subtype), content_type="audio/wav")
    np.testing.assert_allclose(sound.channels[0], SPEECH, atol=0.03)


@pytest.mark.parametrize(
    ("data", "content_type", "codec"),
    [
        (webm(SPEECH), "audio/webm", "opus"),
        (webm(SPEECH, live=False), "audio/webm;codecs=opus", "opus"),
        (mp4(SPEECH), "audio/mp4", "aac"),
        (mp4(SPEECH, fragments=False), "audio/mp4", "aac"),
        (ogg(SPEECH), "audio/ogg", "opus"),
    ],
    ids=["webm-live", "webm", "mp4-fragmented", "mp4", "ogg"],
)
def test_coded_files_come_back_whole(data: bytes, content_type: str, codec: str) -> None:
    sound = decode(data, content_type=content_type)
    assert (sound.codec, sound.lossy, sound.faults) == (codec, True, 0)
    assert sound.duration_s == pytest.approx(2.0, abs=0.08)


def test_live_webm_claims_no_duration_and_seekable_webm_does() -> None:
    assert decode(webm(SPEECH), content_type="audio/webm").claimed_s is None
    claimed = decode(webm(SPEECH, live=False), content_type="audio/webm").claimed_s
    assert claimed == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("make", [flac, wav, webm, mp4, ogg])
def test_stereo_is_kept_and_its_livelier_channel_picked(make: type) -> None:
    one_sided = np.stack([np.zeros_like(SPEECH), SPEECH], axis=1)
    sound = decode(make(one_sided), content_type=f"audio/{make.__name__}")
    assert len(sound.channels) == 2
    assert np.abs(sound.mono()).max() > 0.3


def test_a_dead_channel_with_an_offset_is_not_taken_for_the_louder() -> None:
    offset = np.stack([np.full_like(SPEECH, 0.9), SPEECH], axis=1)
    sound = decode(wav(offset), content_type="audio/wav")
    assert sound.mono().std() == pytest.approx(SPEECH.std(), rel=0.01)


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (b"", "empty", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in to the network</body>", "not_audio", "HTML"),
        (b"\xef\xbb\xbf  <html></html>", "not_audio", "HTML"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 200, "not_audio", "PNG"),
        (b"PK\x03\x04" + b"\0" * 200, "not_audio", "ZIP"),
        (bytes(5000), "not_audio", "zero"),
        (bytes(range(256)) * 20, "not_audio", "no known kind"),
        (flac(SPEECH), "mislabelled", "flac"),
        (webm(SPEECH), "mislabelled", "webm"),
    ],
    ids=["empty", "html", "html-bom", "png", "zip", "zeros", "bytes", "flac", "webm"],
)
def test_other_bytes_under_an_audio_type_are_named(data: bytes, reason: str, words: str) -> None:
    with pytest.raises(Undecodable) as error:
        decode(data, content_type="audio/wav")
    assert error.value.reason == reason
    assert words in error.value.detail


def test_a_type_that_is_not_taken_is_refused() -> None:
    assert refused(wav(SPEECH), "video/mp4") == "unknown_type"


@pytest.mark.parametrize("content_type", ["flac", "wav", "webm", "mp4", "ogg"])
def test_a_header_with_nothing_behind_it_is_refused(content_type: str) -> None:
    make = {"flac": flac, "wav": wav, "webm": webm, "mp4": mp4, "ogg": ogg}[content_type]
    assert refused(make(SPEECH)[:40], f"audio/{content_type}") in {
        "broken",
        "no_samples",
        "no_audio",
    }


def test_a_flac_cut_in_the_middle_keeps_what_it_had_and_says_so() -> None:
    sound = decode(flac(SPEECH)[:20_000], content_type="audio/flac")
    assert sound.duration_s < 1.9
    assert sound.claimed_s == pytest.approx(2.0)


def test_a_wav_cut_in_the_middle_keeps_what_it_had_and_says_so() -> None:
    sound = decode(wav(SPEECH)[:20_000], content_type="audio/wav")
    assert sound.duration_s == pytest.approx(0.62, abs=0.01)
    assert sound.claimed_s == pytest.approx(2.0)


def test_a_webm_cut_in_the_middle_decodes_without_a_complaint() -> None:
    data = webm(SPEECH)
    sound = decode(data[: len(data) * 6 // 10], content_type="audio/webm")
    assert (sound.faults, sound.claimed_s) == (0, None)
    assert sound.duration_s < 1.5


def test_a_changed_sample_in_flac_is_found_by_its_checksum() -> None:
    data = bytearray(flac(SPEECH))
    data[26:42] = bytes(range(16))
    sound = decode(bytes(data), content_type="audio/flac")
    assert (sound.faults, "checksum" in sound.fault) == (1, True)
    data[26:42] = bytes(16)
    assert decode(bytes(data), content_type="audio/flac").faults == 0


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_a_wav_whose_length_was_never_written_is_read_to_its_end(size: int) -> None:
    data = bytearray(wav(SPEECH))
    data[40:44] = struct.pack("<I", size)
    sound = decode(bytes(data), content_type="audio/wav")
    assert sound.duration_s == pytest.approx(2.0)
    assert sound.claimed_s is None


def test_a_wav_that_lies_about_its_length_claims_hours_and_yields_what_is_there() -> None:
    data = bytearray(wav(SPEECH))
    data[40:44] = struct.pack("<I", 0x6FFFFFF0)
    sound = decode(bytes(data), content_type="audio/wav")
    assert sound.duration_s == pytest.approx(2.0)
    assert sound.claimed_s is not None
    assert sound.claimed_s > 50_000


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [
        (24, struct.pack("<I", 4_000_000_000), None),
        (24, struct.pack("<I", 192_000), "bad_rate"),
        (24, struct.pack("<I", 7_999), "bad_rate"),
        (24, struct.pack("<I", 0), None),
        (22, struct.pack("<H", 60_000), None),
        (22, struct.pack("<H", 0), None),
    ],
)
def test_forged_rates_and_channels_are_refused(
    offset: int, value: bytes, reason: str | None
) -> None:
    data = bytearray(wav(SPEECH))
    data[offset : offset + len(value)] = value
    found = refused(bytes(data))
    assert found in ({reason} if reason else {"broken", "bad_rate", "bad_channels", "bad_codec"})


def test_more_channels_than_two_are_refused() -> None:
    assert refused(wav(np.stack([SPEECH] * 3, axis=1))) == "bad_channels"
    assert refused(flac(np.stack([SPEECH] * 6, axis=1)), "audio/flac") == "bad_channels"


def test_hours_of_silence_in_a_small_flac_are_not_unpacked() -> None:
    hours = flac(silence(3 * 3600, rate=8_000), 8_000)
    assert len(hours) < 400_000
    sound = decode(hours, content_type="audio/flac", bounds=Bounds(max_seconds=60))
    assert sound.stopped
    assert sound.channels.shape == (1, 60 * 8_000 + 1)


def test_hours_of_silence_in_a_small_webm_are_not_unpacked() -> None:
    sound = decode(
        webm(silence(600, rate=8_000), 8_000),
        content_type="audio/webm",
        bounds=Bounds(max_seconds=5),
    )
    assert sound.stopped
    assert sound.duration_s == pytest.approx(5.0, abs=1e-3)


def test_a_sound_of_exactly_the_longest_length_is_not_stopped() -> None:
    assert not decode(wav(SPEECH), content_type="audio/wav", bounds=Bounds(max_seconds=2)).stopped


def test_a_file_over_the_byte_bound_is_refused_unread() -> None:
    assert refused(wav(SPEECH), bounds=Bounds(max_bytes=1000)) == "too_big"


def test_work_over_its_time_is_given_up() -> None:
    assert refused(wav(SPEECH), bounds=Bounds(decode_seconds=0)) == "too_slow"


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_values_that_are_no_sound_are_refused(value: float) -> None:
    x = SPEECH.copy()
    x[100] = value
    assert refused(wav(x, subtype="FLOAT")) in {"not_finite", "out_of_scale"}


CLIPS = real_clips()


@pytest.mark.skipif(not CLIPS, reason="no speech recordings beside the repository")
def test_every_real_clip_decodes_whole_and_clean() -> None:
    for clip in CLIPS:
        sound = decode(clip.path.read_bytes(), content_type=clip.content_type)
        assert sound.duration_s == pytest.approx(clip.seconds, abs=0.01), clip.path
        assert sound.faults == 0, clip.path


@pytest.mark.skipif(not CLIPS, reason="no speech recordings beside the repository")
def test_every_phone_like_encode_decodes_whole() -> None:
    folder = _folder(CLIPS[0]) / "encodes"
    files = [path for path in sorted(folder.iterdir()) if path.suffix in {".webm", ".mp4"}]
    assert files
    for path in files:
        sound = decode(path.read_bytes(), content_type=f"audio/{path.suffix[1:]}")
        assert sound.faults == 0, path
        assert sound.duration_s > 4, path


def _folder(clip: RealClip) -> Path:
    return next(parent for parent in clip.path.parents if (parent / "clips.csv").exists())
