"""The estimators give, on four clips of real speech, the values that the audio reference lists."""

import pytest

from tests.sounds import real_clips
from workers.audio.decode import decode
from workers.audio.measure import measure

CLIPS = {clip.path.stem: clip for clip in real_clips()}
here = pytest.mark.skipif(not CLIPS, reason="no speech recordings beside the repository")

# How far off: times by nothing, levels by the last digit listed, loudness by what the gating blocks
# and the filter of another implementation make out.
TOLERANCES = {
    "speech_s": 0.001,
    "speech_lead_s": 0.001,
    "speech_trail_s": 0.001,
    "vad_snr_db": 0.01,
    "wada_snr_db": 0.05,
    "speech_level_dbov": 0.01,
    "loudness_lufs": 0.06,
    "hf_lf_db": 0.01,
    "decay_db_s": 0.1,
    "gap_count": 0.0,
}
LISTED = {
    "3005-163389-0001": (3.84, 0.34, 0.33, 30.58, 30.54, -21.69, -21.93, -9.98, -138.0, 0),
    "533-1066-0003": (4.55, 0.66, 0.315, 26.29, 24.57, -25.45, -24.96, -12.64, -210.3, 0),
    "1998-15444-0002": (7.37, 0.57, 0.395, 17.01, 17.35, -23.40, -24.34, -9.60, None, 0),
    "2414-128291-0001": (5.86, 0.44, 0.495, 42.04, 84.87, -35.76, -33.67, -2.33, -220.5, 0),
}


@here
@pytest.mark.parametrize("name", LISTED)
def test_real_speech_measures_as_listed(name: str) -> None:
    clip = CLIPS[name]
    sound = decode(clip.path.read_bytes(), content_type=clip.content_type)
    values = measure(sound).values
    for (measure_name, tolerance), value in zip(TOLERANCES.items(), LISTED[name], strict=True):
        if value is None:
            assert measure_name not in values
        else:
            assert values[measure_name] == pytest.approx(value, abs=tolerance), measure_name
    assert values["plateau_share"] == 0
    wada_db, vad_db = values["wada_snr_db"], values["vad_snr_db"]
    assert values["speech_snr_db"] == pytest.approx(min(vad_db, wada_db + 1.6), abs=1e-5)
