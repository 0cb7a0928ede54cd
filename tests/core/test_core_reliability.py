from benchmarks.reliability import Outcome, Trial, lack_of, render, render_failures, run_trial
from benchmarks.trials.tally import Tally


def test_the_table_counts_what_was_tried_and_what_failed() -> None:
    held = Outcome(Tally("kills", 7, 600, (), ("at most one batch again",)), 61.4)
    broken = Outcome(Tally("flips", 7, 1000, ("flip 17 gave other text",)), 5.0)
    lines = render([held, broken]).splitlines()
    assert lines[-2:] == [
        "| kills | 600 | 0 | 7 | 61 s | at most one batch again |",
        "| flips | 1,000 | 1 | 7 | 5 s |  |",
    ]
    assert render_failures(broken.tally) == "FAILED flips: flip 17 gave other text\n"
    assert render_failures(held.tally) == ""


def test_a_trial_that_breaks_off_is_a_failure_of_that_trial() -> None:
    outcome = run_trial(Trial("none", "no_such_trial", 5), 7, 5)
    (failure,) = outcome.tally.failures
    assert failure.startswith("it broke off with ModuleNotFoundError")
    assert failure.endswith("(seed 7, 5)")
    assert "| none | 0 | 1 | 7 |" in render([outcome])


def test_a_trial_that_tried_nothing_or_missed_a_step_says_so() -> None:
    idle = Tally("full disks", 7, 0, (), ("not tried: no file system can be mounted here",))
    missed = Tally("kills", 7, 600, missed=("stale removed", "locked"), failures=())
    assert lack_of(idle, is_usual=False) == "NOTHING WAS TRIED"
    assert lack_of(missed, is_usual=True) == "NEVER HIT: stale removed, locked"
    assert lack_of(missed, is_usual=False) == ""
    assert "| NOTHING WAS TRIED; not tried: no file" in render([Outcome(idle, 1.0, "NOTHING WAS TRIED")])
