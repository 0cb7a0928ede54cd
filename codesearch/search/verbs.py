"""English verbs that a person or a comment begins with when saying what code does. Data only.

Words that are as often nouns at the beginning of a topic (`cache eviction`, `log rotation`) are left out.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VERBS: frozenset[str] = _words(
    """
    abort accept acquire add adjust advance align allocate allow append apply ask assign assert attach avoid bail
    be begin bind bring build bump call cancel cast change check choose clamp clean cleanup clear close collapse
    collect combine compare compute configure connect consider construct consume convert correct create decide
    decode decompress decrease decrypt define delete deny deprecate derive describe deserialize detach detect
    determine disable discard disconnect dispose do does don't downgrade drop duplicate emit enable encode
    encrypt ensure enter enumerate escape evaluate examine exclude execute expand expect explain expose extend
    extract fail fall feed fetch fill find finish fix fold follow forbid force forget free gather generate get
    give go grab guess handle has hide honor honour ignore implement improve include increase infer inherit
    initialise initialize inject insert inspect install instruct introduce invalidate invoke is iterate join
    keep launch lead leave let limit list listen load look lower make mark match measure merge migrate modify
    move need negate normalise normalize notify obtain omit open optimise optimize override pad parse perform
    permit pick place pop populate postpone prefer prepare prepend preserve prevent print produce propagate
    provide publish pull push put raise randomise randomize read recognise recognize recompute reconnect record
    recreate redirect reduce refactor refresh refuse register reject release reload remember remove rename
    render reorder reorganise reorganize repair replace require rescue reserve resolve respect respond restore
    restrict resume retain retrieve retry return reuse revert rewrite round run sanitise sanitize save scale see
    select send separate serialise serialize serve set shorten should show shrink shut simplify skip slice
    sleep solve specify speed split spawn start stop stringify strip subscribe substitute subtract support
    suppress swap switch synchronise synchronize take tell terminate throw tidy tighten toggle transform
    translate traverse treat trim truncate try turn unescape unify uninstall unlock unpack unregister unset
    unsubscribe unwrap update upgrade use validate verify visit wait walk warn wrap write yield
    """
)
