"""How editors are told where to go."""

from pathlib import Path

import pytest

from tui.editor import editor_command

PLACE = Path("/a b/c.py")


@pytest.mark.parametrize(
    ("editor", "arguments"),
    [
        ("vi", ["vi", "+7", "/a b/c.py"]),
        ("/usr/bin/nvim -R", ["/usr/bin/nvim", "-R", "+7", "/a b/c.py"]),
        ("code --wait", ["code", "--wait", "--goto", "/a b/c.py:7"]),
        ("'/my apps/hx'", ["/my apps/hx", "/a b/c.py:7"]),
    ],
)
def test_an_editor_opens_at_the_line_in_its_own_way(editor: str, arguments: list[str]) -> None:
    assert editor_command(editor, PLACE, 7) == arguments


def test_braces_in_a_path_are_left_alone() -> None:
    assert editor_command("vi", Path("/{x}.py"), 1)[-1] == "/{x}.py"


@pytest.mark.parametrize("editor", ["", "  ", "vi 'unclosed"])
def test_what_names_no_command_is_refused(editor: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        editor_command(editor, PLACE, 1)
