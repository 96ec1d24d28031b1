"""Safari's engine has no track processor: the same app records there by an AudioWorklet."""

import io
import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from backend import storage
from backend.clips.models import Clip, Session
from backend.clips.state import State
from tests.browser.steps import new_code
from tests.cast import make_campaign
from tests.webkit.page import PhonePage

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_take_in_safaris_engine_comes_home_as_flac(page: PhonePage, address: str) -> None:
    page.enrol(address, new_code(make_campaign()))
    assert not page.run("Promise.resolve('MediaStreamTrackProcessor' in window)")
    page.add_speaker()
    page.sit_down()
    page.take(seconds=2.5)
    page.keep()
    page.see("0 on this phone, 1 safe")

    clip = Clip.objects.get()
    assert clip.state == State.UPLOADED
    assert clip.content_type == "audio/flac"
    body = storage.read(storage.clip_key(clip.pk), max_bytes=clip.bytes)
    samples, rate = soundfile.read(io.BytesIO(body), dtype="int16")
    assert samples.ndim == 1
    assert len(samples) > 2 * rate
    assert clip.duration_ms == round(1000 * len(samples) / rate)
    # The made microphone beeps.
    assert np.abs(samples).max() > 300
    assert Session.objects.get().device_facts["sample_rate"] == rate
    flac = shutil.which("flac")
    assert flac, "deploy/setup.sh flac installs it"
    subprocess.run([flac, "--test", "--silent", "-"], input=body, check=True)

    active = "navigator.serviceWorker.ready.then((found) => found.active.scriptURL)"
    assert page.run(active) == f"{address}/app/sw.js"
