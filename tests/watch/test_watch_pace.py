"""When the next update is due, in seconds of a clock that the test holds."""

from itertools import pairwise

import pytest

from codesearch.watching.pace import VAIN_UPDATES, Pace, Times

TIMES = Times(refresh_s=300, noise_s=2, max_noise_s=60, first_retry_s=5, max_retry_s=300, first_rest_s=1, max_rest_s=60)


def updated(now: float = 0.0, took_s: float = 0.0, *, has_changed: bool = True) -> Pace:
    """Return the pace after one update."""
    pace = Pace(TIMES)
    pace.note_update(now, took_s, has_changed=has_changed)
    return pace


def in_vain(path: str, n: int) -> Pace:
    """Return the pace after hints of a path that led to updates without a change, the last before second 100."""
    pace = updated()
    for number in range(n):
        pace.note_hints(100 + number - n, [path])
        pace.note_update(100 + number - n, 0, has_changed=False)
    pace.note_update(100, 0, has_changed=True)
    return pace


def test_the_first_update_is_due_at_once() -> None:
    assert Pace(TIMES).due == 0


def test_without_hints_the_tree_is_compared_now_and_then() -> None:
    assert updated(now=10).due == 310


def test_a_hint_makes_an_update_due_at_once() -> None:
    pace = updated()
    pace.note_hints(50, ["a"])
    assert pace.due == 50


def test_hints_of_nothing_that_matters_change_nothing() -> None:
    pace = updated()
    pace.note_hints(50, [])
    assert pace.due == 300


@pytest.mark.parametrize(("took_s", "due"), [(0.25, 10.25), (30, 11)])
def test_after_an_update_others_have_their_turn_for_as_long_up_to_a_second(took_s: float, due: float) -> None:
    pace = updated(now=10, took_s=took_s)
    pace.note_hints(10.1, ["a"])
    assert pace.due == due


def simulate(pace: Pace, took_s: float, until: float, *, has_changed: bool) -> list[float]:
    """Return when updates begin while something happens to one path every second; who updates hears nothing."""
    begun: list[float] = []
    now = next_hint = 0.0
    while now < until:
        if pace.due <= next_hint:
            begun.append(pace.due)
            now = pace.due + took_s
            pace.note_update(now, took_s, has_changed=has_changed)
            next_hint = max(next_hint, now)
        else:
            now = next_hint
            pace.note_hints(now, ["a"])
            next_hint += 1
    return begun


@pytest.mark.parametrize("took_s", [0.25, 4.0, 30.0])
def test_under_steady_change_half_of_the_time_is_left_to_others(took_s: float) -> None:
    begun = simulate(Pace(TIMES), took_s, 600, has_changed=True)
    gaps = [after - before for before, after in pairwise(begun)][6:]
    assert gaps
    assert all(2 * took_s <= gap <= 2 * took_s + 1 for gap in gaps)


def test_after_a_time_without_change_the_second_save_waits_no_longer_than_ever() -> None:
    pace = Pace(TIMES)
    simulate(pace, 30, 600, has_changed=True)
    for now in (700, 900):
        pace.note_hints(now, ["a"])
        pace.note_update(now + 30, 30, has_changed=True)
    pace.note_hints(930, ["a"])
    assert pace.due == 931


@pytest.mark.parametrize("took_s", [0.125, 12.0])
def test_noise_without_end_is_looked_at_once_a_minute(took_s: float) -> None:
    begun = simulate(Pace(TIMES), took_s, 900, has_changed=False)
    gaps = [after - before for before, after in pairwise(begun)]
    assert len(gaps) > 10
    assert all(60 <= gap - took_s <= 61 for gap in gaps[9:])


def test_a_path_to_which_much_happens_without_a_change_is_looked_at_less_and_less() -> None:
    dues = []
    for n in range(VAIN_UPDATES + 7):
        pace = in_vain("noise", n)
        pace.note_hints(100, ["noise"])
        dues.append(pace.due - 100)
    assert dues == [0, 0, 0, 2, 4, 8, 16, 32, 60, 60]


def test_what_happens_to_a_path_now_and_then_is_no_noise() -> None:
    pace = in_vain("touched", 9)
    pace.note_hints(120, ["touched"])
    assert pace.due == 120


def test_a_change_elsewhere_does_not_wait_for_noise() -> None:
    pace = in_vain("noise", 9)
    pace.note_hints(100, ["noise", "source"])
    assert pace.due == 100


def test_noise_that_brings_a_change_is_none_any_more() -> None:
    pace = in_vain("noise", 9)
    pace.note_hints(100, ["noise"])
    pace.note_update(160, 0, has_changed=True)
    pace.note_hints(200, ["noise"])
    assert pace.due == 200


def test_failures_are_retried_ever_later_but_a_change_does_not_wait() -> None:
    pace = updated()
    assert [pace.note_failure(100) for _ in range(8)] == [5, 10, 20, 40, 80, 160, 300, 300]
    pace.note_hints(101, ["a"])
    assert pace.due == 105


def test_success_makes_the_next_failure_the_first() -> None:
    pace = updated()
    pace.note_failure(0)
    pace.note_update(10, 0, has_changed=True)
    assert pace.note_failure(20) == 5


def test_hints_before_a_failure_count_as_noise_only_once_an_update_came_through() -> None:
    pace = updated()
    pace.note_hints(0, ["a"])
    for now in range(9):
        pace.note_failure(now)
    pace.note_update(50, 0, has_changed=False)
    pace.note_hints(60, ["a"])
    assert pace.due == 60


def test_while_another_process_writes_it_is_tried_every_second() -> None:
    pace = updated()
    pace.note_lock(10)
    pace.note_hints(10, ["a"])
    assert pace.due == 11


@pytest.mark.parametrize(("took_s", "due"), [(0.01, 2), (0.5, 10), (100, 300)])
def test_without_a_system_that_tells_comparing_takes_a_twentieth_of_the_time(took_s: float, due: float) -> None:
    pace = Pace(TIMES)
    pace.note_update(0, took_s, has_changed=False, is_polling=True)
    assert pace.due == pytest.approx(due)
