"""The ways to answer that are compared: the product, what it is measured against, and the product with a part missing.

All of them work on one index: a variant changes what is weighed or seen at query time and never what was indexed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from codesearch.search.query import Shape
from codesearch.search.weights import WEIGHTS, ShapeFactors, Weights
from codesearch.types import Mode
from indexers.types import GRANULARITIES, Granularity

Table = Literal["stored", "float"]
Group = Literal["method", "granularity", "feature", "vector", "diversity"]
Engine = Literal["ours", "raw BM25", "vectors alone"]

FULL = "hybrid"
"""The product as it is: what every ablation is compared with."""

RAW = "raw BM25"

DIMS = (32, 64, 128, 256)

ENDLESS = 1 << 30
"""Lines that no container has."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to answer."""

    name: str
    group: Group = "method"
    engine: Engine = "ours"
    mode: Mode = "hybrid"
    weights: Weights = WEIGHTS
    seen: tuple[Granularity, ...] = GRANULARITIES
    """Granularities that exist."""
    dim: int | None = None
    """Dimensions that are compared, without a coarse stage; None for the product's two stages."""
    table: Table = "stored"


METHODS = (
    Variant(FULL),
    Variant(RAW, engine="raw BM25"),
    Variant("dense", mode="dense"),
    Variant("vectors alone", engine="vectors alone"),
    Variant("lexical", mode="lexical"),
)
"""What is always asked."""


def list_variants(*, has_float: bool) -> tuple[Variant, ...]:
    """Return the product and everything that it is compared with; `has_float` where the unrounded table is at hand."""
    dims = [Variant(f"{dim} dimensions, one stage", "vector", dim=dim) for dim in DIMS]
    floats = [Variant("256 dimensions, one stage, float table", "vector", dim=DIMS[-1], table="float")]
    return (
        *METHODS,
        Variant("leaves only", "granularity", seen=("leaf",)),
        Variant("leaves and classes", "granularity", seen=("leaf", "class")),
        *(Variant(name, "feature", weights=weights) for name, weights in features(WEIGHTS).items()),
        *dims,
        *(floats if has_float else []),
        *(Variant(name, "diversity", weights=weights) for name, weights in diversities(WEIGHTS).items()),
    )


def features(own: Weights) -> Mapping[str, Weights]:
    """Return the weights without each group of features, by what is missing."""
    names, words, fusion, priors = own.names, own.words, own.fusion, own.priors
    without_path = tuple(0.0 if field == 2 else weight for field, weight in enumerate(words.fields))
    only_body = tuple(0.0 if field < len(words.fields) - 1 else weight for field, weight in enumerate(words.fields))
    no_paths = replace(priors, stem=0.0, folder=0.0)
    as_topics = {**fusion.dense_share, "action": fusion.dense_share["words"]}
    pasted: Mapping[Shape, ShapeFactors] = {
        shape: factors for shape, factors in own.factors.items() if shape != "action"
    }
    neutral = dict.fromkeys(priors.demotions, 1.0)
    return {
        "no stem and folder priors": replace(own, priors=no_paths),
        "no path at all": replace(own, priors=no_paths, words=replace(words, fields=without_path)),
        "no symbol prior": replace(own, priors=replace(priors, symbol=0.0)),
        "no definition match": replace(own, priors=replace(priors, definition=0.0)),
        "no plain words as names": replace(own, names=replace(names, plain=0.0, capitalised=0.0, joined=0.0)),
        "no other forms of words": replace(own, priors=replace(priors, form_likeness=0.0)),
        "no filler words": replace(own, words=replace(words, filler=1.0)),
        "no fields, body only": replace(own, words=replace(words, fields=only_body)),
        "no size of files": replace(own, priors=replace(priors, size=0.0)),
        "no demotions": replace(own, priors=replace(priors, demotions=neutral)),
        "no file context": replace(own, fusion=replace(fusion, file_context=0.0)),
        "no coherence": replace(own, fusion=replace(fusion, coherence=0.0)),
        "no file context, no coherence": replace(own, fusion=replace(fusion, file_context=0.0, coherence=0.0)),
        "no shape of actions": replace(own, fusion=replace(fusion, dense_share=as_topics), factors=pasted),
        "no factors of shapes": replace(own, factors={}),
    }


def diversities(own: Weights) -> Mapping[str, Weights]:
    """Return the weights with another limit on results of one file."""
    return {
        "one result a file": replace(own, diversity=replace(own.diversity, repeat_decay=0.0)),
        "chunks, however many a file": replace(own, diversity=replace(own.diversity, repeat_decay=1.0)),
        "a container competes with its parts": replace(
            own, diversity=replace(own.diversity, explaining_share=2.0, short_lines=ENDLESS)
        ),
    }
