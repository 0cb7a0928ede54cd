"""The self-test: whether an encoder gives the vectors it should, of documents and of queries.

Each check is a question to the encoder with our own texts; what an encoder is made of shows only in what it answers
and in what it tells of itself. Knows no machine and no index.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from codesearch.doctor.findings import Check, failed, passed, skipped
from codesearch.doctor.known_answers import KNOWN_ANSWERS, TOLERANCE, KnownAnswers, find_known
from codesearch.doctor.samples import BATCH, DOCUMENTS, IMPORT, QUESTIONS, SAME_BEGINNING, SAME_ENDING
from codesearch.encoders.probe import MIN_COSINE
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import EncoderSpec, ServerOptions
from indexers.errors import EncoderError
from indexers.types import Encoder, FloatArray, Inspectable, Inspection, Task

SAME_COSINE = 0.9999
"""From here on two vectors are the same one, rounding apart."""

UNIT_TOLERANCE = 1e-3
"""What half precision may leave of a length of 1."""

TASKS: tuple[Task, ...] = ("search", "similar")

POOLING_REMEDY = (
    "Qwen3-Embedding is pooled at its last token, an appended <|endoftext|>: start llama.cpp with --pooling last, take "
    "a model file that says add_eos_token, or set end_token in the configuration; then run codesearch doctor again"
)
SILENT = "this encoder does not tell how it prepares texts"

OTHER_REMEDY = (
    "compare pooling and prefixes with what the model's card says (search_prefix and document_prefix in the "
    "configuration), or choose another encoder; then run codesearch doctor again"
)
WEIGHTS_REMEDY = (
    "texts reach the model as they should, so its weights are not those of an embedding model: fetch the model anew, "
    "or choose another encoder; then run codesearch doctor again"
)
LOADER_REMEDY = "the model's files or what runs them are broken: fetch the model anew, or choose another encoder"


@dataclass(frozen=True, slots=True)
class Subject:
    """The encoder that is tested, and how to load it in another way."""

    encoder: Encoder
    spec: EncoderSpec
    known: Sequence[KnownAnswers] = KNOWN_ANSWERS
    load: Callable[[EncoderSpec], Encoder] = load_encoder


def run_self_test(subject: Subject) -> Iterator[Check]:
    """Yield one check after the other; an encoder that gives no proper vectors is not asked further."""
    is_sound = True
    for name, check in _BASICS.items():
        yield (result := _guarded(name, check, subject))
        is_sound = is_sound and result.verdict != "fail"
        if not is_sound:
            return
    for name, check in _CHECKS.items():
        yield _guarded(name, check, subject)


def _guarded(name: str, check: Callable[[str, Subject], Check], subject: Subject) -> Check:
    try:
        return check(name, subject)
    except EncoderError as error:
        return failed(name, str(error))


def check_finite(name: str, subject: Subject) -> Check:
    """Check that the vectors of an import are numbers on both sides."""
    if all(np.isfinite(vector).all() for vector in _both_sides(subject.encoder, IMPORT)):
        return passed(name, f"{IMPORT!r} has finite vectors, as a document and as a query")
    remedy = "half precision overflows in this model: run it in bfloat16 or float32"
    return failed(name, f"the vector of {IMPORT!r} is not finite", remedy)


def check_length(name: str, subject: Subject) -> Check:
    """Check that vectors have unit length on both sides."""
    worst = max(abs(float(np.linalg.norm(vector)) - 1) for vector in _both_sides(subject.encoder, IMPORT))
    if worst <= UNIT_TOLERANCE:
        return passed(name, "every vector has length 1", worst)
    return failed(name, f"a vector's length is {worst:.4f} away from 1", LOADER_REMEDY, worst)


def check_dimension(name: str, subject: Subject) -> Check:
    """Check that vectors have the dimension that the encoder says."""
    dim = subject.encoder.describe().dim
    found = sorted({vector.shape[0] for vector in _both_sides(subject.encoder, IMPORT)})
    if found == [dim]:
        return passed(name, f"{dim:,} numbers in each vector, as declared", dim)
    return failed(name, f"vectors have {found} numbers instead of {dim}", LOADER_REMEDY)


def check_batches(name: str, subject: Subject) -> Check:
    """Check that a text has the same vector alone and among seven others."""
    together = subject.encoder.encode_documents(BATCH)
    alone = np.concatenate([subject.encoder.encode_documents([text]) for text in BATCH])
    worst = float(np.einsum("ij,ij->i", together, alone).min())
    if worst >= MIN_COSINE:
        return passed(name, f"alone or in a batch of {len(BATCH)}, cosines of {worst:.4f} and more", worst)
    remedy = "padding changes what is encoded here: set batch_size = 1 for a server, else update what runs the model"
    return failed(name, f"a text alone and in a batch of {len(BATCH)} have a cosine of {worst:.4f}", remedy, worst)


def check_prefix(name: str, subject: Subject) -> Check:
    """Check that a server that cuts vectors itself cuts as codesearch does: first the cut, then the length."""
    description, server = subject.encoder.describe(), subject.spec.server
    if server is None:
        return skipped(name, "only a server may cut vectors itself; here codesearch does")
    dim = subject.spec.dim or next((cut for cut in description.coarse_dims if cut < description.dim), None)
    if dim is None:
        return skipped(name, "no cut of this model's vectors is valid")
    try:
        whole = _load_cut(subject, server, None).encode_documents(DOCUMENTS[:3])
        cut = _load_cut(subject, server, dim).encode_documents(DOCUMENTS[:3])
    except EncoderError as error:
        if server.asks_dimensions:
            raise
        return skipped(name, f"this server cuts no vectors ({error}); codesearch does")
    remedy = "set dimensions = false for this encoder in the configuration; codesearch then cuts itself"
    if cut.shape[1] != dim:
        return failed(name, f"the server was asked for {dim:,} dimensions and gave {cut.shape[1]:,}", remedy)
    ours = whole[:, :dim] / np.linalg.norm(whole[:, :dim], axis=1, keepdims=True)
    worst = float(np.einsum("ij,ij->i", ours, cut).min())
    if worst >= MIN_COSINE:
        return passed(name, f"the server's own {dim:,} dimensions are a cut of its vectors, normalised", worst)
    return failed(name, f"the server's own {dim:,} dimensions have a cosine of {worst:.4f} with a cut", remedy, worst)


def check_end_token(name: str, subject: Subject) -> Check:
    """Check what the encoder says of its end token."""
    inspection = _inspect(subject.encoder)
    if inspection is None or inspection.end_token == "none":  # noqa: S105
        return skipped(name, SILENT if inspection is None else inspection.explanation)
    match inspection.end_token:
        case "present":
            return passed(name, inspection.explanation)
        case "missing":
            return failed(name, inspection.explanation, POOLING_REMEDY)
    return skipped(name, f"{inspection.explanation}: what is known of the model's answers has to decide")


def check_sides(name: str, subject: Subject) -> Check:
    """Check that a question is not encoded like a document, where the model tells them apart."""
    inspection = _inspect(subject.encoder)
    if inspection is None or not inspection.has_prompts:
        same = "a question is introduced like a document here, so that both sides are the same"
        return skipped(name, SILENT if inspection is None else same)
    document, *queries = _both_sides(subject.encoder, QUESTIONS[0].text)
    most = max(float(document @ query) for query in queries)
    if most < SAME_COSINE:
        return passed(name, f"a text as a document and as a query, cosines up to {most:.4f}", most)
    finding = "a text has the same vector as a document and as a query: the instruction does not reach the model"
    return failed(name, finding, _remedy(subject), most)


def check_content(name: str, subject: Subject) -> Check:
    """Check that texts which share their first or last token have vectors of their own, on both sides."""
    pairs = [subject.encoder.encode_documents(texts) for texts in (SAME_BEGINNING, SAME_ENDING)]
    pairs += [np.stack([subject.encoder.encode_query(text, "search") for text in SAME_ENDING])]
    most = max(float(first @ second) for first, second in pairs)
    if most < SAME_COSINE:
        return passed(name, f"texts that begin or end alike, cosines up to {most:.4f}", most)
    finding = "texts that only begin or end alike have the same vector: one token is pooled that has not read the rest"
    return failed(name, finding, _remedy(subject), most)


def check_ranking(name: str, subject: Subject) -> Check:
    """Check that each question finds its answer first, among other code."""
    documents = subject.encoder.encode_documents(DOCUMENTS)
    queries = np.stack([subject.encoder.encode_query(question.text, "search") for question in QUESTIONS])
    best = (queries @ documents.T).argmax(axis=1)
    wrong = [question.text for place, question in enumerate(QUESTIONS) if best[place] != place]
    n_right = len(QUESTIONS) - len(wrong)
    if not wrong:
        return passed(name, f"{n_right} of {n_right} questions find their answer first", n_right)
    finding = f"{n_right} of {len(QUESTIONS)} questions find their answer first; not {wrong[0]!r}"
    return failed(name, finding, _remedy(subject), n_right)


def check_published(name: str, subject: Subject) -> Check:
    """Check the cosines that the model's makers have published."""
    description = subject.encoder.describe()
    spec = subject.spec
    known = find_known(subject.known, (spec.name, spec.model, description.name, description.identity))
    if known is None:
        return skipped(name, "no answers of this model are known")
    if description.dim != known.dim:
        return skipped(
            name, f"answers of {known.model} are known for {known.dim:,} dimensions, not {description.dim:,}"
        )
    if spec.prompts is not None and spec.prompts.document:
        return skipped(name, "the configuration puts words in front of documents, which changes every answer")
    deviation = known.deviation(subject.encoder.encode_documents(known.texts))
    if deviation <= TOLERANCE:
        return passed(name, f"cosines as published for {known.model}, within {deviation:.4f}", deviation)
    finding = (
        f"cosines are up to {deviation:.2f} away from those published for {known.model}: wrong pooling, no end token"
    )
    return failed(name, f"{finding}, or another model", POOLING_REMEDY, deviation)


_Checks = dict[str, Callable[[str, Subject], Check]]

_BASICS: _Checks = {"finite values": check_finite, "unit length": check_length, "dimension": check_dimension}
_CHECKS: _Checks = {
    "batches": check_batches,
    "prefix": check_prefix,
    "end token": check_end_token,
    "two sides": check_sides,
    "whole text": check_content,
    "ranking": check_ranking,
    "published answers": check_published,
}


def _both_sides(encoder: Encoder, text: str) -> list[FloatArray]:
    """Return the vector of a text as a document, then as a query of each task."""
    return [encoder.encode_documents([text])[0], *(encoder.encode_query(text, task) for task in TASKS)]


def _inspect(encoder: Encoder) -> Inspection | None:
    return encoder.inspect() if isinstance(encoder, Inspectable) else None


def _remedy(subject: Subject) -> str:
    """Return what to do about vectors that tell texts apart badly."""
    inspection = _inspect(subject.encoder)
    if inspection is None or inspection.end_token == "none":  # noqa: S105
        return OTHER_REMEDY
    return POOLING_REMEDY if subject.spec.source == "server" else WEIGHTS_REMEDY


def _load_cut(subject: Subject, server: ServerOptions, dim: int | None) -> Encoder:
    """Load the server's encoder with vectors that the server cuts to `dim` numbers; whole ones where it is None."""
    options = replace(server, asks_dimensions=dim is not None)
    return subject.load(replace(subject.spec, dim=dim, server=options))
