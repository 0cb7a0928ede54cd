"""The numbers that ranking depends on, as one value with a reason for each. A fit or an ablation passes another value.

Four figures in a row are points (percent) lost with another value, above zero where the present one is better. In
order: commits (nDCG@10 of 760 subjects, for the plain source that they changed), documentation (mean reciprocal rank of
the right place, 682 definitions), our judged fixtures (nDCG@10, 210 queries) and the public yardstick (the same, 280
over 14 of its repositories); each a mean over repositories, for commits and documentation the 13 with the role `fit`.
All are of the trained model, with recorded candidates ranked anew. Where little else tells, `names` is the nDCG@10 of
195 symbols of these 13. The figures of pasted text, of texts of their own, are older than that model; all others were
taken with a dense share of 0.5 for words, `definition` 1, `bare` 3 and no `short_lines`, the last values to change.

Values were chosen on `fit` and on our fixtures, so that these columns flatter them; `docs/quality.md` measures held-out
repositories. The yardstick was looked at to find causes, and where the others were level it broke ties
(`stem_share_exponent`). Standard errors: of a column 1.3 to 2.2 over its queries, of a difference mostly 0.1 to 0.6
over repositories, of those above two points up to 2.2. What moves nothing by over half a point was set by reason, not
by measurement.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from codesearch.search.query import Shape


def _dense_shares() -> Mapping[Shape, float]:
    return {
        "symbol": 0.1,
        "qualified": 0.1,
        "path": 0.1,
        "words": 0.7,
        "action": 0.45,
        "message": 0.25,
        "snippet": 0.25,
    }


def _factors() -> Mapping[Shape, "ShapeFactors"]:
    """Who names a topic means a file or a class, and says its name; who says what code does means a function.

    Nobody chose the words of what is pasted for finding the code that they stand in: names and the rest of the file
    say little.

    Actions weighed as topics: 2.1, 0.7, 0.1, 0; the yardstick has but five. For what is pasted: recall@1 over 10 public
    repositories, each text to its function, as words and as what it is: 134 string literals 0.47, 0.63 (36 % of them
    are recognised), 50 made stack traces 0.46, 0.68, 140 runs of 3 to 6 lines 0.60, 0.86, 50 heads of functions 0.78,
    0.84. The factors were chosen on the same texts.
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
    """The usual saturation; a word's third mention in a function says little more than its second. At 0.6: -0.5, 1.0,
    -0.4, -0.3; at 2.4: 0.7, -0.3, 0, -0.2."""
    fields: tuple[float, ...] = (3.0, 1.5, 2.0, 1.5, 1.5, 2.0)
    """A name is chosen to be found by: it weighs most; what the file is called and the body count alike. All fields
    alike: 0.7, -0.3, 0.2, -0.2; the body alone: 0.6, 0.7, 0.4, -0.6; without it: 5.1, -1.5, 0.6, 0.2; at half its
    weight: 0.7, -0.5, 0, 0, at twice: -0.4, 1.1, -0.4, -0.3. Any other field at 0 or at twice its weight moves 0.4 at
    most."""
    b: tuple[float, ...] = (0.5, 0.3, 0.3, 0.5, 0.4, 0.4)
    """Below the usual 0.75 throughout: a long function does more, it does not ramble; a long path is deep. All at 0.75:
    0.5, -0.1, 0.2, -0.1; at 0: 0.1, 1.1, -0.7, -0.2."""
    filler: float = 0.3
    """Weight of words such as `implementation`: they speak about code, not about its subject. In full: -0.1, 0, -0.1,
    0.2; at 0: 0.2, 0, 0.1, 0.3."""
    variable: float = 0.2
    """Weight of what differs from run to run in a message: a value, a path, a number. It is mostly not in the code, but
    may be part of the wording. By reason: none of the four has messages."""


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """How words, vectors and the rest of a file join. All parts lie between 0 and 1, so that weights mean shares."""

    dense_share: Mapping[Shape, float] = field(default_factory=_dense_shares)
    """Share of the cosine in the fused score: a name is found by its letters, a question also by its meaning. Without:
    3.8, 6.9, 0.7, 1.6; in words alone: 0.6, 3.2, 1.0, 1.5; in actions alone: 3.2, 3.8, -0.3, 0. Words at 0.75: 0.7,
    -0.6, 0.4, -0.7; actions at 0.7: 1.1, -0.8, 0.2, 0. Names at 0 or 0.5: 0 in all, `names` 0.2 at most; paths were
    asked once."""
    unread_share: float = 0.1
    """The most of it for Chinese and Japanese text, where the encoder does not know these languages: recall@1 of made
    questions 0.71 with 0.1, 0.42 with 0.5 in Chinese, 0.44 and 0.31 in Japanese. The fixture in these languages says
    0."""
    sure_cosine: float = 0.6
    """A best cosine below this is no sure match and is not stretched to one. Without: 0.4, -0.1, 0.1, -0.1; at 0.8:
    -0.2, 1.4, -0.1, 0."""
    file_context: float = 1.0
    """Weight of a file's own score in each of its parts: a question's words are spread over the functions of one file.
    Without: 1.5, 1.0, 1.0, 0.2; at twice this: 0.1, 0.4, 0.2, -0.3."""
    coherence: float = 0.6
    """Weight of the next best parts of the same file: several good chunks are better evidence than one. Without: 0.1,
    0.9, 0, 0; at twice this: 0.7, -0.6, -0.1, 0.1."""
    coherent_parts: int = 2
    """How many further parts count as "several": more would favour long files. One: 0.3, -0.1, 0.1, -0.1; five: -0.2,
    0.3, -0.1, -0.2."""
    coherent_from: float = 0.5
    """Parts count from this share of the best chunk's evidence on. What only just became a candidate is below it, so
    that a score does not depend on where the candidates end. At 0: 0.8, -0.2, 0.1, 0; at 0.75: -0.2, 0.7, 0, 0.1."""


@dataclass(frozen=True, slots=True)
class NameWeights:
    """How surely a query means a name, 0 to 1 except for `bare`, and what remains where a name is only alike."""

    spelled: float = 1.0
    """Sureness of a name that the query spells like code. Without: 0, -0.2, 0, 0, as its last part still counts;
    without both: 0.4, -0.9, 0, 0.3, `names` 2.9."""
    bare: float = 6.0
    """Factor for the very spelling of a name that is the whole query: its definition is what was asked for. With a
    `definition` of 1, at 1: 0 in all, `names` 0.8; 3 and 6 are level."""
    defined: float = 0.5
    """Sureness of a name that pasted code defines: it may be there by the way. Names that it calls are not asked for at
    all: recall@1 of 140 pieces of code 0.64 with them, 0.77 without."""
    last_part: float = 0.7
    """Sureness of the last part of a qualified name alone: another class may have a method of that name. At 0: 0 in
    all; at 1: 0.1, 0, 0, 0."""
    joined: float = 0.8
    """Sureness of two or three neighbouring words joined into one name: seldom by chance. Without: 0.2, -0.5, 0.3, 0;
    at 1: 0, 0.3, 0, 0."""
    capitalised: float = 0.6
    """Sureness of a capitalised word within a question: mostly a type. Without: -0.1, 0, 0, 0; at 1: 0.1, 0.1, 0, 0."""
    plain: float = 0.05
    """Sureness of a plain word: `request` is a class here and a mere word there. Without: -0.1, -0.1, 0, 0; at 0.3:
    0.2, 0.3, 0.4, 0."""
    other_case: float = 0.7
    """What remains of the sureness where a name differs in case or underscores: `Request` is not the method `request`.
    At 0: 0, -0.9, 0.3, -0.2; at 1: 0, 0.4, 0, 0."""
    inner: float = 0.6
    """What remains where the name is defined inside the chunk, as a constant or field, beside its own. At 0: 0.2, -0.4,
    0, 0; at 1: 0.1, 0.2, 0, 0.1."""
    share_exponent: float = 0.5
    """Power of the share of the query that a name makes up: one name among many words may be a mere mention. At 0: 0.5,
    1.4, 0.2, 0.3; at 1: 0.1, -0.7, 0.3, -0.1."""


@dataclass(frozen=True, slots=True)
class PriorWeights:
    """Priors: 1 + the sum of weight * feature, each feature between 0 and 1, times the demotions."""

    definition: float = 0.5
    """The definition of the asked name comes before everything that merely uses it; documentation finds its own less
    often with it. Against 1, lost at 0: 0.3, -2.0, 0.3, 0.2, `names` 2.9; at 2: 0.4, 1.1, 0, 0.3."""
    stem: float = 2.0
    """Query words that make up the file's name: authors name files after their purpose. Without: 0, 0.9, 0.6, 4.8; at
    twice this: 1.4, 0.2, -0.2, 0.5. The yardstick alone tells it from 1: 0, 0.1, -0.1, 1.0."""
    folder: float = 0.3
    """The same for folders, which are shared by many files and so say less about each. Without: 0.1, 0, 0, 0; at 1:
    0.1, 0, 0, -0.2."""
    symbol: float = 1.0
    """Query words that make up the symbol: it tells the functions of one file apart. Without: 0.2, 8.7, 0, -0.4; at
    twice this: 1.4, -2.0, 0.5, 0.3."""
    stem_share_exponent: float = 0.3
    """Power of the share of the query that a stem makes up; its own share counts in full, as half of a name may be the
    name of another. At 0: 3.0, 0.6, -0.2, -0.2; at 0.6: -0.1, -0.1, -0.1, 0.8; at 1: 0, 0, 0.3, 1.8."""
    symbol_share_exponent: float = 0.6
    """The same for a symbol: one word of a long question, shared with a small function, says little. At 0: 2.9, 0.4,
    1.1, -0.2; at 1: 0, 1.5, -0.3, -0.3."""
    size: float = 0.3
    """Of several files that fit, the large one is more often where a subject is at home. Without: 0.2, -0.1, -0.1,
    -0.1; at twice this: 0.4, 0, 0.2, -0.2."""
    form_share: float = 0.6
    """A name's word is another form of a query's if its first letters and this share of the longer are the same. At
    0.4: -0.1, -0.2, -0.4, 0.1; at 0.8: 0.2, 0.3, 0.1, 0.2."""
    form_likeness: float = 0.7
    """What another form or an abbreviation counts, where the word itself counts 1. Without: 0.3, 1.1, 0.1, 0.6; at 1:
    0, -0.3, 0.1, -0.1."""
    demotions: Mapping[str, float] = field(default_factory=_demotions)
    """Factors for files that repeat the words of the code without being it; of several kinds the strongest counts.
    Without: 13.0, 2.0, 0.1, 1.4; tests: 7.6, 1.3, 0.9, 0.5; documentation: 3.3, 0.2, -0.7, 0.3; data: 1.0, 0, -0.2, 0;
    vendored: 0.9, 0.1, 0, 0.1; examples: 0.5, 0.1, 0, 0; stubs and generated 0.1 at most. Commits count plain source
    alone, which flatters them."""
    asked_exponent: float = 0.5
    """Of a demotion remains its power of this, where the query speaks of such files: "test" may be the subject itself.
    All of it: 0, 0, 0, 0.1; nothing: 0.8, 0, 0, 0."""


@dataclass(frozen=True, slots=True)
class DiversityWeights:
    """What is shown of several good chunks of one file."""

    explaining_share: float = 0.7
    """A part stands for its container if it has at least this share of the query's words (by weight) that the whole
    has. At 0.4: 0, 0.2, 3.0, 0; at 1: 0, 1.5, 0.3, 0. Where no part ever does: 0, 1.1, -2.9, -0.4: our fixtures have
    short files."""
    short_lines: int = 40
    """Lines up to which a part must explain so much; of a container of twice as many, half as much is enough. What is
    short is soon read as a whole. At 20: 0, 0, 2.5, 0. Without, the median of what is read up to the first hit on the
    yardstick is 163 to 200 tokens instead of 141."""
    repeat_decay: float = 0.4
    """Factor for each further result of one file: it is shown first if it is 2.5 times as good as the next file's best.
    Without: 7.6, -3.6, -1.8, 6.3; at 0.6: 0.6, -1.6, -0.9, 0.5; never a second result: -0.1, 1.7, 4.1, -0.3."""


@dataclass(frozen=True, slots=True)
class ShapeFactors:
    """What a shape of query makes of other weights, as factors."""

    file_context: float = 1.0
    """Of `FusionWeights.file_context`. Actions at 0.25: 0.7, 0.9, 0.2, 0; at 2: 0.1, 0.4, -0.2, 0."""
    stem: float = 1.0
    """Of `PriorWeights.stem`. Actions at 1: 0.5, 0, 0, 0; at 0: 0.3, 0, 0, 0."""
    stem_share_exponent: float = 1.0
    """Of `PriorWeights.stem_share_exponent`. Actions at 1: 1.0, 0.3, 0, 0; at 5: 0.2, 0, 0, 0."""
    symbol: float = 1.0
    """Of `PriorWeights.symbol`. Actions at 0: 0.1, 4.4, -0.5, 0; at 2: 1.0, -1.1, -0.2, 0."""
    body: float = 1.0
    """Of the last of `WordWeights.fields`. Actions at 0.5: 0.4, -0.6, -0.5, 0; at 5: -0.3, 1.0, 0, 0."""


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
