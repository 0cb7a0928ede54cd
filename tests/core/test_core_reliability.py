from benchmarks.reliability import Outcome, render, render_failures
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
