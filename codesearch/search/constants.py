"""The sizes that a search keeps to: how many are read, asked for, looked at. What ranking weighs by is in `weights`."""

from indexers.types import Granularity

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
"""How many times the quota tantivy is asked for at most, where its last proposals are better than the quota's edge."""

MAX_SCORED = 1024
"""How many proposals are all scored where the last are as good as the edge; scoring one takes 30 microseconds."""

MAX_EQUAL = 32_768
"""How many it is asked for then: copies, of which the first by path are wanted, so that only those are scored. Finding
18,000 takes 6 ms, and a search among 18,000 equal classes and methods 0.15 to 0.3 s, as one among others; which of more
than these are candidates depends on how the index came about."""

N_SAMPLED = 32
"""Of how many of the last proposals the scores say whether those are still as good as the edge."""

PREFILTER_CONTAINERS = 0.1
"""Mode prefilter: share of classes and of files, each, among the chunks that words choose."""

PREFILTER_RESCORED = 200
"""Mode prefilter: the best by coarse vectors that are rescored at full dimension."""

# Names.

LONGEST_JOIN = 3
"""Words joined at most: longer names are found by their parts."""

SHORTEST_PLAIN = 3
"""Letters of the shortest plain word that is looked up as a name."""

MAX_NAME_WORDS = 32
"""Words of a query that may be names: in pasted code the first ones say as much as all."""

FORM_HEAD = 4
"""First letters that two forms of one word have in common at least."""

LARGE_FILE = 100
"""Leaves from which on a file counts as large."""

# Scores.

SCORE_DIGITS = 9
"""Scores that agree to so many digits are ties: the order of floating-point sums must not decide between them."""
