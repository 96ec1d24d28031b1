"""One writer of the storm: random events on random clips, through the services that production has.

A process of its own, which may be killed at any moment. Prints a line of JSON every so many acts:
the events since the last line, by kind and how they ended. Of an act on many clips each clip's is
an event, as it is in the product. Ends with an error where something other than a refusal happens,
a deadlock for one.
"""

import argparse
import json
import logging
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Final
from unittest import mock
from uuid import UUID

import django

django.setup()

import uuid_utils.compat as uuid  # noqa: E402 - models cannot be imported before Django is set up
from django.db import DatabaseError, connection, transaction  # noqa: E402 - the same
from django.utils import timezone  # noqa: E402 - the same

from backend import queue  # noqa: E402 - the same
from backend.accounts.models import Device  # noqa: E402 - the same
from backend.campaigns.models import Campaign  # noqa: E402 - the same
from backend.clips import lifecycle  # noqa: E402 - the same
from backend.clips.correction import correct_speaker  # noqa: E402 - the same
from backend.clips.models import Clip, ClipEvent  # noqa: E402 - the same
from backend.clips.problems import ClipWithdrawn  # noqa: E402 - the same
from backend.clips.receipts import take_in  # noqa: E402 - the same
from backend.clips.state import MOVES, State  # noqa: E402 - the same
from backend.clips.withdrawal import withdraw_clip, withdraw_speaker  # noqa: E402 - the same
from backend.coverage.eligibility import check_eligibility  # noqa: E402 - the same
from backend.coverage.holds import release_stale_holds  # noqa: E402 - the same
from backend.coverage.leases import grant_leases  # noqa: E402 - the same
from backend.coverage.models import Hold  # noqa: E402 - the same
from backend.prepared import PreparedRead  # noqa: E402 - the same
from backend.speakers.models import Speaker  # noqa: E402 - the same
from backend.speakers.services import SpeakerWithdrawn  # noqa: E402 - the same
from benchmarks.ground.seeded_people import SHARES  # noqa: E402 - the same

# How often what happens, in ten thousand.
_ODDS: Final = {
    "move": 6980,
    "announce": 600,
    "again": 800,
    "crash": 400,
    "crash-and-again": 400,
    "withdraw-clip": 100,
    "withdraw-speaker": 3,
    "correct": 600,
    "lease": 40,
    "ask": 60,
    "expire": 17,
}
_TOLD_EVERY: Final = 50
_ACTOR: Final = "storm"


_STANDS: Final = PreparedRead(
    lambda clip_id: Clip.objects.filter(pk=clip_id).values_list("state", "event_seq"),
    example=UUID("00000000-0000-7000-8000-0123456789ab"),
)


class _Crash(Exception):
    """The process dies here, as far as the database can tell."""


class Writer:
    """Knows the clips' ids and what it did last; everything else it reads like anybody."""

    def __init__(self, campaign: Campaign, seed: int) -> None:
        self.campaign = campaign
        self.random = Random(seed)
        clips = Clip.objects.filter(campaign=campaign)
        self.clips = list(clips.values_list("pk", flat=True))
        speakers = Speaker.objects.filter(campaign=campaign)
        self.speakers = list(speakers.values_list("pk", flat=True))
        devices = Device.objects.filter(campaign=campaign).select_related("campaign", "collector")
        self.devices = list(devices)
        self.last: tuple[UUID, State, int] | None = None
        # How many events the act in hand was.
        self.events = 1
        self._acts: dict[str, Callable[[], str]] = {
            "move": self.move,
            "announce": self.announce,
            "again": self.again,
            "crash": self.crash,
            "crash-and-again": self.crash_and_again,
            "withdraw-clip": self.withdraw_clip,
            "withdraw-speaker": self.withdraw_speaker,
            "correct": self.correct,
            "lease": self.lease,
            "ask": self.ask,
            "expire": self.expire,
        }

    def act(self) -> tuple[str, int]:
        """Do something; returns its kind with how it ended, and how many events it was."""
        kind = self.random.choices(list(_ODDS), list(_ODDS.values()))[0]
        self.events = 1
        try:
            return f"{kind} {self._acts[kind]()}", self.events
        except (lifecycle.MoveRefused, ClipWithdrawn, SpeakerWithdrawn):
            return f"{kind} refused", self.events

    def move(self) -> str:
        """Move a clip to a state that its own allows."""
        clip_id = self.random.choice(self.clips)
        state, seq = _STANDS.first(clip_id) or ("", 0)
        wishes = sorted(MOVES[State(state)] - {State.WITHDRAWN})
        if not wishes:
            return "nowhere to go"
        self.last = clip_id, self.random.choice(wishes), seq
        self._send(*self.last)
        return "done"

    def _send(self, clip_id: UUID, to: State, seq: int) -> None:
        now = timezone.now()
        if to == State.UPLOADED:
            clip = Clip.objects.with_speaker().get(pk=clip_id)
            take_in(clip=clip, stored_at=now, actor=_ACTOR, now=now)
            return
        values = {}
        if self.random.random() < 0.3:
            values["counted_ms"] = self.random.randrange(1000, 9000)
        lifecycle.move(
            clip_id=clip_id,
            to=to,
            actor=_ACTOR,
            at=now,
            reason="storm",
            values=values,
            expected_seq=seq,
        )

    def again(self) -> str:
        """Send the last event once more: an answer that was lost, a message delivered twice."""
        if self.last is None:
            return "nothing sent yet"
        self._send(*self.last)
        return "done"

    def crash(self) -> str:
        """Die between the event and its commit."""
        try:
            with transaction.atomic():
                how = self.move()
                if self.random.random() < 0.5:
                    raise _Crash
                # As when the process is gone: the server finds a socket that nobody holds.
                connection.connection.close()
        except (_Crash, DatabaseError):
            connection.close()
        return how

    def crash_and_again(self) -> str:
        """Die before the commit, and do it again as the next attempt would."""
        self.crash()
        self.events = 2
        return self.again()

    def announce(self) -> str:
        """Announce a clip of somebody who sat here before, some of them under a lease."""
        clip = Clip.objects.get(pk=self.random.choice(self.clips))
        if Speaker.objects.get(pk=clip.speaker_id).withdrawn_at is not None:
            return "of nobody"
        holds = Hold.objects.filter(collector_id=clip.collector_id).open()
        clip.pk = uuid.uuid7()
        clip.hold = holds.order_by("?").values_list("pk", flat=True).first()
        clip.verdict = clip.stored_at = None
        clip.created_at = timezone.now()
        with transaction.atomic():
            lifecycle.begin(clip=clip, actor=_ACTOR, at=clip.created_at)
        self.clips.append(clip.pk)
        # Most come home at once, as they do in the field.
        self.last = clip.pk, State.UPLOADED, 1
        if self.random.random() < 0.8:
            self._send(*self.last)
        return "done"

    def withdraw_clip(self) -> str:
        """Withdraw one clip."""
        clip_id = self.random.choice(self.clips)
        withdraw_clip(clip_id=clip_id, actor=_ACTOR, reason="storm", now=timezone.now())
        return "done"

    def withdraw_speaker(self) -> str:
        """Withdraw a speaker with all that was recorded of them."""
        self.events = withdraw_speaker(
            speaker_id=self.random.choice(self.speakers),
            device=None,
            actor=_ACTOR,
            reason="storm",
            now=timezone.now(),
        )
        return "done"

    def correct(self) -> str:
        """Let a speaker say that they are somebody else: all their clips move."""
        speaker, now = Speaker.objects.get(pk=self.random.choice(self.speakers)), timezone.now()
        device = next(one for one in self.devices if one.collector_id == speaker.collector_id)
        name = self.random.choice(list(SHARES))
        said = {name: self.random.choice(list(SHARES[name]))}
        correct_speaker(
            speaker_id=speaker.pk,
            device=device,
            corrections=said,
            actor=_ACTOR,
            now=now,
        )
        moved = ClipEvent.objects.filter(clip__speaker=speaker, reason="corrected", at=now)
        self.events = moved.count()
        return "done"

    def lease(self) -> str:
        """Promise clips to a phone, of whatever is missing."""
        want = [{"cell": "", "clips": self.random.randrange(1, 60)}]
        device = self.random.choice(self.devices)
        grant_leases(request_id=uuid.uuid7(), device=device, want=want, now=timezone.now())
        return "done"

    def ask(self) -> str:
        """Ask whether somebody is looked for, and be promised a sitting."""
        said = {name: self.random.choice(list(levels)) for name, levels in SHARES.items()}
        device = self.random.choice(self.devices)
        answer = check_eligibility(
            device=device,
            # No two people say the same.
            said=said | {"languages": [f"x{self.random.random()}"]},
            speaker=None,
            possible={},
            now=timezone.now(),
        )
        return answer.status.value

    def expire(self) -> str:
        """Let promises run out, as if days had gone by."""
        later = timezone.now() + timedelta(days=self.random.choice((0, 0, 8)))
        release_stale_holds(campaign_id=self.campaign.pk, now=later)
        return "done"


def main() -> None:
    """Do so many events and tell of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaign", required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    writer = Writer(Campaign.objects.get(slug=chosen.campaign), chosen.seed)
    done: Counter[str] = Counter()
    # No broker runs and no worker: the jobs' rows are written, their messages go nowhere.
    with mock.patch.object(queue, "announce", return_value=True):
        left, acts = chosen.events, 0
        while left > 0:
            kind, events = writer.act()
            done[kind] += events
            left -= events
            acts += 1
            if acts % _TOLD_EVERY == 0 or left <= 0:
                sys.stdout.write(json.dumps(done) + "\n")
                sys.stdout.flush()
                done.clear()


if __name__ == "__main__":
    main()
