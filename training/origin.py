"""Where a trained table comes from: a JSON file beside it, so that it is not taken for another."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True, slots=True)
class Origin:
    """The pairs and the seed that gave a table."""

    data_hash: str
    """Of the pairs, as `training.bags` wrote it."""
    n_pairs: int
    n_repositories: int
    seed: int

    @classmethod
    def of(cls, bags: Path, seed: int) -> "Origin":
        """Return the origin of what is trained now on the bags of a corpus."""
        repositories = np.load(bags / "train" / "repositories.npy", mmap_mode="r")
        data_hash = (bags / "train" / "data_hash").read_text("utf-8")
        return cls(data_hash, len(repositories), len(np.unique(repositories)), seed)

    @classmethod
    def read(cls, table: Path) -> "Origin":
        """Return what stands beside a table."""
        return cls(**json.loads(table.with_suffix(".json").read_text("utf-8")))

    def write(self, table: Path) -> None:
        """Write it beside a table."""
        table.with_suffix(".json").write_text(json.dumps(asdict(self)), "utf-8")
