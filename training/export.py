"""Step 6: writes the trained table as the model file that ships: rows as int8 with a scale each, and its origin.

    python -m training.export CORPUS [--model CORPUS/model.npy] [--out indexers/encoders/embedded.safetensors]

The same table gives the same file.
"""

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexers.encoders.embedded import MODEL_PATH, SUBTOKENS_VERSION
from indexers.encoders.model_file import ModelFile, write_model
from training.corpus import step_parser
from training.origin import Origin

RECIPE = "1"
"""Raised with every change of what the steps do."""

LICENCE = (
    "Apache-2.0; weights trained by this project from scratch on {n} public repositories under permissive licences, "
    "listed with revision and licence in training/repositories.tsv; no text of theirs is contained"
)

MAX_INT8 = 127


def quantise(rows: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return the rows as int8 `[tokens, dim]` and their scales, float32 `[tokens]`: `row = scale * int8 row`."""
    scales = np.maximum(np.abs(rows).max(axis=1) / MAX_INT8, np.finfo(np.float32).tiny).astype(np.float32)
    return np.rint(rows / scales[:, None]).astype(np.int8), scales


def export(corpus: Path, table: Path, origin: Origin, path: Path) -> ModelFile:
    """Write the model file and return what was written; raises ValueError for a table of other pairs than these."""
    bags = corpus / "bags"
    if origin != Origin.of(bags, origin.seed):
        raise ValueError(f"{table} was trained on other pairs than those of {bags}; train again")
    rows, scales = quantise(np.load(table))
    metadata = {
        "recipe": RECIPE,
        "data_hash": origin.data_hash,
        "n_pairs": str(origin.n_pairs),
        "seed": str(origin.seed),
        "subtokens": SUBTOKENS_VERSION,
        "licence": LICENCE.format(n=origin.n_repositories),
    }
    tokens = tuple((bags / "vocabulary.txt").read_text("utf-8").split("\n"))
    model = ModelFile(rows, scales, tokens, metadata)
    write_model(path, model)
    return model


def main(arguments: list[str] | None = None) -> int:
    """Run the step."""
    parser = step_parser(__doc__)
    parser.add_argument("--model", type=Path, help="the table (default: CORPUS/model.npy)")
    parser.add_argument("--seed", type=int, help="the seed of a table that has no origin beside it")
    parser.add_argument("--out", type=Path, default=MODEL_PATH)
    given = parser.parse_args(arguments)
    table = given.model or given.corpus / "model.npy"
    origin = Origin.read(table) if given.seed is None else Origin.of(given.corpus / "bags", given.seed)
    model = export(given.corpus, table, origin, given.out)
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.1f} MB, {len(model.vocabulary)} sub-tokens")
    return 0


if __name__ == "__main__":
    sys.exit(main())
