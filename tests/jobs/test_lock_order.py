"""Corrections, batches sent again and withdrawals at once: nobody waits in a ring, all is exact."""

import threading
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
import uuid_utils.compat as uuid
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import Device
from backend.clips.correction import correct_speaker
from backend.clips.models import Clip
from backend.clips.receipts import Confirmed, confirm_uploads
from backend.clips.withdrawal import withdraw_speaker
from backend.coverage import counters
from backend.coverage.counters import Bucket, Share, move_counters
from backend.coverage.models import Cell
from tests.cast import Phone
from tests.factories import Sitting, announce_clip, clip_body, put_bytes, sent, sit_down
from tests.jobs.test_counters import counted, recount
from tests.judged import at_once
from tests.sounds import speech_like, wav

SOUND = wav(speech_like(1.0))
NOTHING, ONE = Share(None, 0), Share(Bucket.ACCEPTED, 1000)


def items(sitting: Sitting, count: int) -> list[dict[str, Any]]:
    return [
        clip_body(sitting, SOUND, seq=n) | {"id": str(uuid.uuid7())} for n in range(1, count + 1)
    ]


def correcting(sitting: Sitting, times: int) -> Callable[[], None]:
    """Return an act that says now this, now that of the speaker."""

    def act() -> None:
        device = Device.objects.select_related("campaign").get(pk=sitting.phone.device.pk)
        for n in range(times):
            correct_speaker(
                speaker_id=sitting.speaker,
                device=device,
                corrections={"gender": ("male", "female")[n % 2]},
                actor="t",
                now=timezone.now(),
            )

    return act


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_is_sent_again_does_not_wait_in_a_ring_with_a_correction(
    phone: Phone,
) -> None:
    sittings = [sit_down(phone), sit_down(phone)]
    old = [item for sitting in sittings for item in items(sitting, 10)]
    sent(phone.post("/v1/clips/batch", {"clips": old}), 200)

    def sending(seed: int) -> Callable[[], None]:
        def act() -> None:
            random = Random(seed)
            for _ in range(8):
                # Some again, some for the first time, in any order.
                batch = [*old, *(item for sitting in sittings for item in items(sitting, 2))]
                random.shuffle(batch)
                results = sent(phone.post("/v1/clips/batch", {"clips": batch}), 200)["results"]
                assert [result["id"] for result in results] == [item["id"] for item in batch]
                assert {result["status"] for result in results} == {200, 201}

        return act

    at_once(*(sending(seed) for seed in range(3)), *(correcting(one, 16) for one in sittings))
    assert Clip.objects.count() == len(old) + 3 * 8 * 4


@pytest.mark.django_db(transaction=True)
def test_two_phones_calls_with_the_same_new_clips_in_other_orders_are_both_answered(
    sitting: Sitting,
) -> None:
    for _ in range(6):
        new = items(sitting, 12)

        def sending(batch: list[dict[str, Any]]) -> Callable[[], None]:
            def act() -> None:
                path = "/v1/clips/batch"
                results = sent(sitting.phone.post(path, {"clips": batch}), 200)["results"]
                assert [result["id"] for result in results] == [item["id"] for item in batch]

            return act

        at_once(sending(new), sending(new[::-1]))


@pytest.mark.django_db(transaction=True)
def test_clips_confirmed_while_their_speakers_are_corrected_and_withdrawn_stay_counted_exactly(
    phone: Phone,
) -> None:
    sittings = [sit_down(phone) for _ in range(3)]
    for sitting in sittings:
        for n in range(10):
            _, upload = announce_clip(sitting, SOUND, seq=n)
            put_bytes(upload, SOUND)

    def confirm() -> None:
        ids = list(Clip.objects.order_by("pk").values_list("pk", flat=True))
        for start in range(0, 10, 2):
            batch = [ids[n] for n in range(len(ids)) if n % 10 in (start, start + 1)]
            clips = list(Clip.objects.select_related("speaker").filter(pk__in=batch))
            answers = confirm_uploads(clips=clips, actor="t", now=timezone.now())
            assert len(answers) == len(batch)
            gone = [one for one in answers.values() if not isinstance(one, Confirmed)]
            assert all(one.slug == "clip-withdrawn" for one in gone)

    def withdraw() -> None:
        withdraw_speaker(
            speaker_id=sittings[2].speaker, device=None, actor="t", reason="", now=timezone.now()
        )

    at_once(confirm, confirm, correcting(sittings[0], 12), correcting(sittings[1], 12), withdraw)
    assert counted() == recount()
    homeless = Clip.objects.filter(speaker__in=[sittings[0].speaker, sittings[1].speaker])
    assert set(homeless.values_list("state", flat=True)) == {"uploaded"}


@pytest.mark.django_db(transaction=True)
def test_a_cell_whose_making_was_rolled_back_is_made_again(phone: Phone) -> None:
    speaker = uuid.uuid7()

    def move() -> None:
        move_counters(
            campaign_id=phone.campaign.pk,
            key="new=cell",
            speaker_id=speaker,
            before=NOTHING,
            after=ONE,
        )

    with transaction.atomic():
        move()
        transaction.set_rollback(True)
    with transaction.atomic():
        move()
    # A restored backup, or a row taken away by hand: the next move finds what is there.
    Cell.objects.filter(key="new=cell").delete()
    with transaction.atomic():
        move()
    cell = Cell.objects.get(key="new=cell")
    assert (cell.accepted_clips, cell.accepted_ms, cell.accepted_speakers) == (1, 1000, 1)


@pytest.mark.django_db(transaction=True)
def test_eight_first_clips_of_a_new_cell_make_it_once(phone: Phone) -> None:
    gate = threading.Barrier(8)

    def act() -> None:
        gate.wait(30)
        with transaction.atomic():
            move_counters(
                campaign_id=phone.campaign.pk,
                key="new=cell",
                speaker_id=uuid.uuid7(),
                before=NOTHING,
                after=ONE,
            )

    at_once(*[act] * 8)
    cell = Cell.objects.get(key="new=cell")
    assert (cell.accepted_clips, cell.accepted_speakers) == (8, 8)


@pytest.mark.django_db
def test_speakers_who_wait_are_those_with_waiting_clips_and_none_accepted(phone: Phone) -> None:
    speaker = uuid.uuid7()
    waiting = Share(Bucket.PENDING, 1000)
    steps = [
        (NOTHING, waiting, (1, 0)),
        (NOTHING, waiting, (1, 0)),
        (waiting, ONE, (0, 1)),
        (ONE, Share(Bucket.REJECTED, 1000), (1, 0)),
        (waiting, NOTHING, (0, 0)),
    ]
    for before, after, wanted in steps:
        move_counters(
            campaign_id=phone.campaign.pk,
            key="a=b",
            speaker_id=speaker,
            before=before,
            after=after,
        )
        cell = Cell.objects.get(key="a=b")
        assert (cell.waiting_speakers, cell.accepted_speakers) == wanted


@pytest.mark.django_db
def test_what_is_added_to_a_cell_that_is_not_there_is_refused_and_not_lost(phone: Phone) -> None:
    with pytest.raises(LookupError):
        counters.move_held(cell_id=0, held=counters.Held(1, 1000))
    with pytest.raises(LookupError):
        counters.add_to_cell(
            campaign_id=phone.campaign.pk, key="none=such", changes={"pending_clips": 1}
        )
