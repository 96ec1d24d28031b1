"""Work in several processes: in order, whole, and alive when one of them dies."""

import faulthandler
import os
import signal
import time
from pathlib import Path

import pytest

from workers.ordered_pool import Lost, OrderedPool


def square(number: int) -> int:
    """Work that ends out of order: the first items take longest."""
    time.sleep(0.02 if number < 3 else 0)
    return number * number


def die_on_five(number: int) -> int:
    """Die as C code dies on a bad pointer."""
    if number == 5:
        # It would tell of this as a crash of the test run.
        faulthandler.disable()
        os.kill(os.getpid(), signal.SIGSEGV)
    return number


def hang_on_five(number: int) -> int:
    """Never end."""
    if number == 5:
        signal.pause()
    return number


def stumble_on_five(number: int) -> int:
    """Fail in a way nobody foresaw."""
    if number == 5:
        raise KeyError("unforeseen")
    return number


@pytest.mark.parametrize("processes", [1, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 200])
def test_results_come_in_the_order_of_the_items(processes: int, count: int) -> None:
    pool: OrderedPool[int, int] = OrderedPool(square, processes=processes, patience_s=60)
    assert list(pool.map(range(count))) == [number**2 for number in range(count)]


@pytest.mark.parametrize(
    ("work", "why", "patience_s"),
    [(die_on_five, "died", 60), (hang_on_five, "hung", 1), (stumble_on_five, "KeyError", 60)],
)
@pytest.mark.parametrize("processes", [1, 2])
def test_one_item_that_fails_is_lost_and_the_others_are_not(
    work: type, why: str, patience_s: float, processes: int
) -> None:
    pool: OrderedPool[int, int] = OrderedPool(work, processes=processes, patience_s=patience_s)
    expected = [Lost(why) if number == 5 else number for number in range(60)]
    assert list(pool.map(range(60))) == expected


def test_a_process_that_died_once_costs_nothing(tmp_path: Path) -> None:
    def die_once(number: int) -> int:
        if number == 5 and not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    pool: OrderedPool[int, int] = OrderedPool(die_once, processes=2, patience_s=60)
    assert list(pool.map(range(20))) == list(range(20))


def test_no_process_is_left_when_the_reader_stops_early() -> None:
    def children() -> list[str]:
        return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()

    before = children()
    pool: OrderedPool[int, int] = OrderedPool(square, processes=3, patience_s=60)
    results = pool.map(range(1000))
    assert next(results) == 0
    assert len(children()) == len(before) + 3
    results.close()
    assert children() == before
