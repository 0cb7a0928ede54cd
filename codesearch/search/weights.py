"""The numbers that ranking depends on, as one value with a reason for each. A fit or an ablation passes another value.

Figures are points of NDCG@10 lost without the thing, with the hashing encoder, first on judged questions over 14
public repositories (standard error 1.5), then on commit subjects and removed documentation of two others. What moves
either by less than half a point was set by reason, not by measurement.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from codesearch.search.query import Shape


def _dense_shares() -> Mapping[Shape, float]:
    return {
        "symbol": 0.1,
        "qualified": 0.1,
        "path": 0.1,
        "words": 0.5,
        "action": 0.45,
        "message": 0.25,
        "snippet": 0.25,
    }


def _factors() -> Mapping[Shape, "ShapeFactors"]:
    """Who names a topic means a file or a class, and says its name; who says what code does means a function.

    Nobody chose the words of what is pasted for finding the code that they stand in: names and the rest of the file
    say little.

    Recall@1 over 10 public repositories, each text to its function, as words and as what it is: 134 string literals
    0.47, 0.63 (36 % of them are recognised), 50 made stack traces 0.46, 0.68, 140 runs of 3 to 6 lines 0.60, 0.86, 50
    heads of functions 0.78, 0.84. The factors were chosen on the same texts.
    """
    return {
        "action": ShapeFactors(stem=0.5, stem_share_exponent=2.5),
        "message": ShapeFactors(file_context=0.25, stem=0.3, symbol=0.0, body=2.5),
        "snippet": ShapeFactors(file_context=0.25, stem=0.3, symbol=0.0),
    }


def _demotions() -> Mapping[str, float]:
    return {
        "test": 0.2,
        "example": 0.6,
        "vendored": 0.4,
        "stub": 0.6,
        "generated": 0.5,
        "documentation": 0.2,
        "data": 0.4,
    }


@dataclass(frozen=True, slots=True)
class WordWeights:
    """BM25F; fields are in the order of `indexers.types.FIELDS`: symbol, qualified_name, path, signature,
    documentation, body."""

    k1: float = 1.2
    """The usual saturation; a word's third mention in a function says little more than its second."""
    fields: tuple[float, ...] = (3.0, 1.5, 2.0, 1.5, 1.5, 2.0)
    """A name is chosen to be found by, a body is not: names weigh most, then the file, then what is said about the
    code."""
    b: tuple[float, ...] = (0.5, 0.3, 0.3, 0.5, 0.4, 0.4)
    """Below the usual 0.75 throughout: a long function does more, it does not ramble; a long path is deep."""
    filler: float = 0.3
    """Weight of words such as `implementation`: they speak about code, not about its subject. 0.5, 0."""
    variable: float = 0.2
    """Weight of what differs from run to run in a message: a value, a path, a number. It is mostly not in the code,
    but may be part of the wording."""


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """How words, vectors and the rest of a file join. All parts lie between 0 and 1, so that weights mean shares."""

    dense_share: Mapping[Shape, float] = field(default_factory=_dense_shares)
    """Share of the cosine in the fused score: a name is found by its letters, a question also by its meaning. 0.7,
    0.9."""
    unread_share: float = 0.1
    """The most of it for Chinese and Japanese text, where the encoder does not know these languages: recall@1 of made
    questions 0.71 with 0.1, 0.42 with 0.5 in Chinese, 0.44 and 0.31 in Japanese."""
    sure_cosine: float = 0.6
    """A best cosine below this is no sure match and is not stretched to one. Judged fixtures: +1.5 nDCG; yardstick:
    0.0."""
    file_context: float = 1.0
    """Weight of a file's own score in each of its parts: a question's words are spread over the functions of one
    file. 0.2, 1.2."""
    coherence: float = 0.6
    """Weight of the next best parts of the same file: several good chunks are better evidence than one."""
    coherent_parts: int = 2
    """How many further parts count as "several": more would favour long files."""
    coherent_from: float = 0.5
    """Parts count from this share of the best chunk's evidence on. What only just became a candidate is below it, so
    that a score does not depend on where the candidates end."""


@dataclass(frozen=True, slots=True)
class NameWeights:
    """How surely a query means a name, 0 to 1 except for `bare`, and what remains where a name is only alike."""

    spelled: float = 1.0
    """Sureness of a name that the query spells like code."""
    bare: float = 3.0
    """Factor for the very spelling of a name that is the whole query: its definition is what was asked for."""
    defined: float = 0.5
    """Sureness of a name that pasted code defines: it may be there by the way. Names that it calls are not asked for at
    all: recall@1 of 140 pieces of code 0.64 with them, 0.77 without."""
    last_part: float = 0.7
    """Sureness of the last part of a qualified name alone: another class may have a method of that name."""
    joined: float = 0.8
    """Sureness of two or three neighbouring words joined into one name: seldom by chance."""
    capitalised: float = 0.6
    """Sureness of a capitalised word within a question: mostly a type."""
    plain: float = 0.05
    """Sureness of a plain word: `request` is a class here and a mere word there. At 0.3 documentation finds its
    function less often (-0.8)."""
    other_case: float = 0.7
    """What remains of the sureness where a name differs in case or underscores: `Request` is not the method
    `request`."""
    inner: float = 0.6
    """What remains where the name is defined inside the chunk, as a constant or field, beside its own."""
    share_exponent: float = 0.5
    """Power of the share of the query that a name makes up: one name among many words may be a mere mention."""


@dataclass(frozen=True, slots=True)
class PriorWeights:
    """Priors: 1 + the sum of weight * feature, each feature between 0 and 1, times the demotions."""

    definition: float = 1.0
    """The definition of the asked name comes before everything that merely uses it."""
    stem: float = 2.0
    """Query words that make up the file's name: authors name files after their purpose. 5.8, 1.6."""
    folder: float = 0.3
    """The same for folders, which are shared by many files and so say less about each."""
    symbol: float = 1.0
    """Query words that make up the symbol: it tells the functions of one file apart. 0, 1.9."""
    stem_share_exponent: float = 0.3
    """Power of the share of the query that a stem makes up; its own share counts in full, as half of a name may be the
    name of another."""
    symbol_share_exponent: float = 0.6
    """The same for a symbol: one word of a long question, shared with a small function, says little."""
    size: float = 0.3
    """Of several files that fit, the large one is more often where a subject is at home."""
    form_share: float = 0.6
    """A name's word is another form of a query's if its first letters and this share of the longer are the same."""
    form_likeness: float = 0.7
    """What another form counts, where the word itself counts 1. 0.5, 0 for names; in bodies it brought nothing."""
    demotions: Mapping[str, float] = field(default_factory=_demotions)
    """Factors for files that repeat the words of the code without being it; of several kinds the strongest counts.
    2.2, 9.8 together; tests alone 0.8, 6.3; documentation alone 0.5, 2.0."""
    asked_exponent: float = 0.5
    """Of a demotion remains its power of this, where the query speaks of such files: "test" may be the subject
    itself."""


@dataclass(frozen=True, slots=True)
class DiversityWeights:
    """What is shown of several good chunks of one file."""

    explaining_share: float = 0.7
    """A part stands for its container if it has at least this share of the query's words (by weight) that the whole
    has."""
    repeat_decay: float = 0.4
    """Factor for each further result of one file: it is shown if it is twice as good as the next file's best.
    Without it 7.0, 1.5; never a second result 0, 1.8."""


@dataclass(frozen=True, slots=True)
class ShapeFactors:
    """What a shape of query makes of other weights, as factors."""

    file_context: float = 1.0
    """Of `FusionWeights.file_context`."""
    stem: float = 1.0
    """Of `PriorWeights.stem`."""
    stem_share_exponent: float = 1.0
    """Of `PriorWeights.stem_share_exponent`."""
    symbol: float = 1.0
    """Of `PriorWeights.symbol`."""
    body: float = 1.0
    """Of the last of `WordWeights.fields`."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Everything that ranking weighs by."""

    words: WordWeights = WordWeights()
    fusion: FusionWeights = FusionWeights()
    names: NameWeights = NameWeights()
    priors: PriorWeights = PriorWeights()
    diversity: DiversityWeights = DiversityWeights()
    factors: Mapping[Shape, ShapeFactors] = field(default_factory=_factors)
    """By shape of the query; a shape that is missing keeps all weights."""

    def for_shape(self, shape: Shape) -> "Weights":
        """Return what counts for queries of one shape."""
        factors = self.factors.get(shape)
        if factors is None:
            return self
        words, fusion, priors = self.words, self.fusion, self.priors
        fields = (*words.fields[:-1], words.fields[-1] * factors.body)
        return replace(
            self,
            words=replace(words, fields=fields),
            fusion=replace(fusion, file_context=fusion.file_context * factors.file_context),
            priors=replace(
                priors,
                stem=priors.stem * factors.stem,
                stem_share_exponent=priors.stem_share_exponent * factors.stem_share_exponent,
                symbol=priors.symbol * factors.symbol,
            ),
        )


WEIGHTS = Weights()
"""What every search weighs by unless it is given another value."""
