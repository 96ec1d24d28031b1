"""Worker, web process and broker are killed in the middle of a rehearsal; each clip ends once."""

import os
import signal
from collections.abc import Callable

import pytest
import redis

from tests.chaos.conftest import CLIPS
from tests.chaos.field import Field, assert_each_came_home_once
from tests.platforms import RunningPlatform

pytestmark = pytest.mark.timeout(1800)
Blow = Callable[[RunningPlatform], None]


def kill_the_worker(platform: RunningPlatform) -> None:
    """Its children die with it: the supervisor sweeps the group before it starts a new one."""
    platform.wait_for_restart("worker-audio", platform.kill("worker-audio"))


def kill_the_web_process(platform: RunningPlatform) -> None:
    pid = platform.pid("web")
    os.killpg(pid, signal.SIGKILL)
    platform.wait_for_restart("web", pid)


def empty_the_broker_and_kill_it(platform: RunningPlatform) -> None:
    with redis.Redis.from_url(platform.facts()["broker_url"]) as broker:
        broker.flushall()
    platform.wait_for_restart("valkey", platform.kill("valkey"))


def rehearse_and_strike(platform: RunningPlatform, seed: int, *blows: Blow) -> None:
    """Strike when a quarter of the receipts is given; every clip must still end once."""
    field = Field(platform, clips=CLIPS, seed=seed, drop=0.02)
    field.wait_for_receipts(CLIPS // 4)
    for blow in blows:
        blow(platform)
    end = field.finish()
    assert end["sent"] == end["receipts"] == CLIPS
    assert (end["unaccounted"], end["doubled"]) == (0, 0)
    assert_each_came_home_once(field.histories(), CLIPS)


def test_a_killed_worker_loses_no_clip_and_judges_none_twice(platform: RunningPlatform) -> None:
    rehearse_and_strike(platform, 1, kill_the_worker)


def test_a_killed_web_process_loses_no_receipt_that_it_gave(platform: RunningPlatform) -> None:
    rehearse_and_strike(platform, 2, kill_the_web_process)


def test_a_broker_that_lost_everything_loses_no_work(platform: RunningPlatform) -> None:
    rehearse_and_strike(platform, 3, empty_the_broker_and_kill_it)


def test_all_of_them_killed_one_after_another_lose_nothing(platform: RunningPlatform) -> None:
    blows = (kill_the_web_process, empty_the_broker_and_kill_it, kill_the_worker)
    rehearse_and_strike(platform, 4, *blows)
