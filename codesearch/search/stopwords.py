"""English words that carry a question's grammar, not its subject. Data only.

Code seldom contains `how` or `where`, so their rarity would make them look like the most telling words of a question.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOPWORDS: frozenset[str] = _words(
    """
    a about after all also an and any anything are as at be because been before being between both but by can could
    did do does doing done during each either etc ever every find for from get give given gets had has have how i if
    in inside into is it its itself let like look make makes me more most my no nor not of off on once one only or
    other our out over own please same should show so some something such tell than that the their them then
    there these they this those through to too under until up upon us use used uses using very via want was way we
    were what when where whether which while who whom whose why will with within without would you your
    """
)

FILLERS: frozenset[str] = _words(
    """
    class classes code codebase concept define defined defines definition definitions describe file files
    function functions functionality handle handled handles handling implement implementation implementations
    implemented implementing implements internal internals logic mechanism method methods module modules perform
    performed performs process provide provided provides support supported supports system work working works
    """
)
"""Words by which a person speaks about code rather than about its subject: they count, but little."""
