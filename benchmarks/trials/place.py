"""Where this project lies: processes that a trial starts find its packages from there."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
