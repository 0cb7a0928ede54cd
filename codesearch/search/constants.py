"""Every number that ranking depends on, each with its reason. Nothing else.

Figures are points of NDCG@10 lost without the thing, with the hashing encoder, first on judged questions over 14
public repositories (standard error 1.5), then on commit subjects and removed documentation of two others. What moves
either by less than half a point was set by reason, not by measurement.
"""

from codesearch.search.query import Shape
from indexers.types import Granularity

# BM25F, in the order of `indexers.types.FIELDS`: symbol, qualified_name, path, signature, documentation, body.

BM25F_K1 = 1.2
"""The usual saturation; a word's third mention in a function says little more than its second."""

BM25F_WEIGHTS: tuple[float, ...] = (3.0, 1.5, 2.0, 1.5, 1.5, 1.0)
"""A name is chosen to be found by, a body is not: names weigh most, then the file, then what is said about the code."""

BM25F_B: tuple[float, ...] = (0.5, 0.3, 0.3, 0.5, 0.4, 0.4)
"""Below the usual 0.75 throughout: a long function does more, it does not ramble; a long path is deep."""

FILLER_WEIGHT = 0.3
"""Weight of words such as `implementation`: they speak about code, not about its subject. 0.5, 0."""

MAX_TERMS = 32
"""Terms of a query that are scored, the rarest first: pasted code has hundreds, and the rare ones decide."""

MAX_TERMS_READ = 512
"""Distinct terms of a query that are looked at before the rarest are chosen: a page of pasted code."""

# Candidates.

LEXICAL_QUOTA: dict[Granularity, int] = {"leaf": 40, "class": 8, "file": 20}
"""BM25 candidates by granularity. A quota each, because long containers would crowd out leaves or be crowded out.

Half as many or twice as many change the figures by less than half a point; each candidate costs 10 microseconds.
"""

DENSE_QUOTA: dict[Granularity, int] = {"leaf": 20, "class": 5, "file": 10}
"""Dense candidates by granularity: fewer, since the rescore reads a full vector for each."""

DEFINITION_QUOTA = 60
"""A name with more definitions, such as `get`, distinguishes nothing: its words find it as well."""

LEXICAL_OVERFETCH: dict[Granularity, int] = {"leaf": 3, "class": 5, "file": 3}
"""How many times the quota tantivy is asked for; BM25F of our own chooses among them. Of the best by BM25F these hold
99.6, 96 and 99.3 %; where the last quarter of them is among the best, more are asked for."""

MAX_OVERFETCH = 16
"""How many times the quota a proposer is asked for at most, where its last proposals are as good as its first."""

PREFILTER_CONTAINERS = 0.1
"""Mode prefilter: share of classes and of files, each, among the chunks that words choose."""

PREFILTER_RESCORED = 200
"""Mode prefilter: the best by coarse vectors that are rescored at full dimension."""

# Fusion. All parts lie between 0 and 1, so that weights mean shares.

DENSE_SHARE: dict[Shape, float] = {"symbol": 0.1, "qualified": 0.1, "path": 0.1, "words": 0.25}
"""Share of the cosine in the fused score: a name is found by its letters, a question also by its meaning. 0.7, 0.9."""

SURE_COSINE = 0.5
"""A best cosine below this is no sure match and is not stretched to one. Judged fixtures: +1.5 nDCG; yardstick: 0.0."""

FILE_CONTEXT = 0.8
"""Weight of a file's own score in each of its parts: a question's words are spread over the functions of one file.
0.2, 1.2."""

COHERENCE = 0.3
"""Weight of the next best parts of the same file: several good chunks are better evidence than one."""

COHERENT_PARTS = 2
"""How many further parts count as "several": more would favour long files."""

COHERENT_FROM = 0.5
"""Parts count from this share of the best chunk's evidence on. What only just became a candidate is below it, so that
a score does not depend on where the candidates end."""

# Priors: 1 + the sum of weight * feature, each feature between 0 and 1, times the demotions.

DEFINITION_WEIGHT = 1.5
"""The definition of the asked name comes before everything that merely uses it."""

SPELLED = 1.0
"""Sureness of a name that the query spells like code."""

BARE = 3.0
"""Factor for the very spelling of a name that is the whole query: its definition is what was asked for."""

LAST_PART = 0.7
"""Sureness of the last part of a qualified name alone: another class may have a method of that name."""

JOINED = 0.8
"""Sureness of two or three neighbouring words joined into one name: seldom by chance."""

LONGEST_JOIN = 3
"""Words joined at most: longer names are found by their parts."""

CAPITALISED = 0.6
"""Sureness of a capitalised word within a question: mostly a type."""

PLAIN = 0.1
"""Sureness of a plain word: `request` is a class here and a mere word there. At 0.3 documentation finds its
function less often (-0.8)."""

SHORTEST_PLAIN = 3
"""Letters of the shortest plain word that is looked up as a name."""

MAX_NAME_WORDS = 32
"""Words of a query that may be names: in pasted code the first ones say as much as all."""

OTHER_CASE = 0.7
"""What remains of the sureness where a name differs in case or underscores: `Request` is not the method `request`."""

INNER = 0.6
"""What remains where the name is defined inside the chunk, as a constant or field, beside its own."""

NAME_SHARE_EXPONENT = 0.5
"""Power of the share of the query that a name makes up: one name among many words may be a mere mention."""

STEM_WEIGHT = 2.0
"""Query words that make up the file's name: authors name files after their purpose. 5.8, 1.6."""

FOLDER_WEIGHT = 0.3
"""The same for folders, which are shared by many files and so say less about each."""

SYMBOL_WEIGHT = 0.5
"""Query words that make up the symbol: it tells the functions of one file apart. 0, 1.9."""

FORM_HEAD = 4
FORM_SHARE = 0.6
"""A name's word is another form of a query's if so many first letters and this share of the longer are the same."""

FORM_LIKENESS = 0.7
"""What another form counts, where the word itself counts 1. 0.5, 0 for names; in bodies it brought nothing."""

DEMOTIONS: dict[str, float] = {
    "test": 0.3,
    "example": 0.6,
    "vendored": 0.4,
    "stub": 0.6,
    "generated": 0.5,
    "documentation": 0.3,
    "data": 0.6,
}
"""Factors for files that repeat the words of the code without being it; of several kinds the strongest counts.
2.2, 9.8 together; tests alone 0.8, 6.3; documentation alone 0.5, 2.0."""

ASKED_EXPONENT = 0.5
"""Of a demotion remains its power of this, where the query speaks of such files: "test" may be the subject itself."""

# Diversity.

EXPLAINING_SHARE = 0.3
"""A part stands for its container if it has at least this share of the query's words (by weight) that the whole has."""

REPEAT_DECAY = 0.5
"""Factor for each further result of one file: it is shown if it is twice as good as the next file's best.
Without it 7.0, 1.5; never a second result 0, 1.8."""

SCORE_DIGITS = 9
"""Scores that agree to so many digits are ties: the order of floating-point sums must not decide between them."""
