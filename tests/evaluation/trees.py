"""Small trees and histories to make queries of."""

from pathlib import Path

from tests.cli.repositories import git, write_files


def commit(root: Path, subject: str, files: dict[str, str], author: str = "Ada <ada@example.org>") -> None:
    """Write files and commit everything that differs."""
    if not (root / ".git").exists():
        root.mkdir(parents=True, exist_ok=True)
        git(root, "init", "-q")
    write_files(root, files)
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", subject, "--author", author)


def read_tree(root: Path) -> dict[str, str]:
    """Return the text of every file below a folder."""
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }
