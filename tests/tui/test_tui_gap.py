"""How the terminal interface says that an index is not finished."""

from dataclasses import replace

from tests.tui.fake_session import response
from tui.screens import describe


def test_an_unfinished_index_says_what_is_to_do() -> None:
    answer = response("heron", ())
    unfinished = replace(answer.index, complete=False, files_done=4985)
    said = [
        describe(replace(answer, index=replace(unfinished, files_todo=todo, n_files_without_vectors=without)))
        for todo, without in ((None, 0), (20, 10), (0, 4865))
    ]
    assert [text.rpartition(" · ")[2] for text in said] == [
        "index incomplete",
        "index incomplete, 20 files to do",
        "index incomplete, vectors of 120 of 4,985 files",
    ]
