"""Short forms that programmers write for long words, where the beginnings differ or are too short to tell. Data only.

What begins alike for most of the longer word, `config` and `configuration`, is seen without this list.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from indexers.tokenizer import tokenize

_PAIRS = """
addr address, arg argument, auth authorization, async asynchronous, buf buffer, cert certificate, cfg config,
cfg configuration, char character, cmd command, conn connection, ctx context, db database, del delete,
desc description, dest destination, diff difference, dir directory, doc documentation, dst destination,
env environment, err error, exec execute, exp expression, expr expression, ext extension, fmt format,
fn function, func function, gen generate, hdr header, id identifier, idx index, img image, impl implementation,
info information, init initialize, int integer, iter iterator, lang language, len length, lib library,
loc location, max maximum, mem memory, mgr manager, min minimum, msg message, num number, obj object,
op operation, opt option, params parameter, perm permission, pkg package, pos position, prev previous,
prop property, proto protocol, pwd password, rand random, rec record, ref reference, repo repository,
req request, res response, resp response, sched scheduler, sec second, seq sequence, sess session,
sig signature, spec specification, src source, stat statistics, stmt statement, str string, sub subscription,
svc service, sync synchronization, sys system, tbl table, tmp temporary, tx transaction, txn transaction,
url address, usr user, util utility, val value, var variable, ver version, win window, ws websocket
"""


@cache
def other_lengths() -> Mapping[str, frozenset[str]]:
    """Return for each term, as the tokenizer writes it, those that stand for it: short ones and long ones."""
    found: dict[str, set[str]] = defaultdict(set)
    for pair in _PAIRS.split(","):
        short, long = (tokenize(word)[0] for word in pair.split())
        found[short].add(long)
        found[long].add(short)
    return {term: frozenset(others) for term, others in found.items()}
