"""The path of a clip, from the record button to a training shard. Read this first."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import sounds
from tests.flow.office import Office
from tests.flow.phone import Phone
from tests.label_studio_server import RealLabelStudio
from tests.platforms import RunningPlatform
from workers.rehearsal.release_check import check_release

PROMPT = "The bus to the market leaves at half past seven."
SECONDS = 4.0
pytestmark = pytest.mark.timeout(1800)


@pytest.fixture
def office(platform: RunningPlatform) -> Iterator[Office]:
    office = Office(platform, "story")
    yield office
    office.close()


def test_a_clip_goes_from_the_record_button_into_a_training_set(
    platform: RunningPlatform, label_studio: RealLabelStudio, office: Office, tmp_path: Path
) -> None:
    # A manager opens a campaign and invites a phone.
    office.opens_a_campaign(PROMPT)
    phone = Phone(platform.facts()["web_url"], office.invites_a_phone())

    # A collector sits down with a speaker, who is told what to say, and keeps a take.
    phone.sits_down_with(gender="female", age_band="30-39")
    prompt = phone.next_prompt()
    assert prompt["text"] == PROMPT
    sound = sounds.flac(sounds.speech_like(SECONDS, seed=7))
    take = phone.keeps(sound, SECONDS, prompt)

    # The phone announces it, puts the bytes into the store, and gets a receipt for exactly them.
    clip = phone.announces(take)
    assert clip["state"] == "expected"
    assert phone.puts(b"?" + sound[1:], clip["upload"]) in (400, 403), "the store took other bytes"
    assert phone.puts(sound, clip["upload"]) == 200
    assert phone.puts(sound, clip["upload"]) == 412, "the store took the bytes twice"
    receipt = phone.confirms(take)["receipt"]
    assert (receipt["sha256"], receipt["bytes"]) == (take.sha256, len(sound))

    # A worker listens: it is long enough, loud enough, not clipped. It counts as on its way.
    judged = phone.waits_for(take, "passed", "annotating", "review", "rejected")
    assert judged["verdict"]["outcome"] == "pass", judged["verdict"]["reasons"]
    assert office.counts(gender="female", age_band="30-39") == (1, 0)

    # An annotator finds it in Label Studio, hears it, and writes down what was said.
    office.annotates(label_studio, {PROMPT: "the bus to the market leaves at half past seven"})
    phone.waits_for(take, "accepted")
    assert office.counts(gender="female", age_band="30-39") == (0, 1)

    # A scientist builds a release, downloads it, and loads it without a network.
    said = {take.id: "the bus to the market leaves at half past seven"}
    manifest = office.releases(tmp_path)
    assert [row["clip_id"] for row in manifest["rows"]] == [take.id]
    loaded = check_release(tmp_path, manifest, said)
    assert (loaded.loaded, loaded.doubled, loaded.wrong) == (1, 0, [])
    phone.close()
