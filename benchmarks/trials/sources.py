"""Plausible source in several languages, made up from a seed: names, calls and comments from one stock of words.

Some of it is the same everywhere, as in a real tree: the licence above each file, the getter that everybody writes.
Knows no disk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

N_WORDS = 700
"""Different words of a tree: enough that a name is found by two of them, few enough that each is in many files."""

COMMON = (
    "open close read write parse retry backoff lock token queue cache store index search update remove commit config "
    "error event handler request response session stream buffer header client server user order price total"
)

LICENCE = (
    "Copyright the authors of this tree.",
    "Use it as you like; it comes without any warranty.",
    "See the file LICENCE at its top for what that means.",
)

FUNCTIONS_EACH = (5, 19)
"""Functions of a file: 12 on average."""

GETTER_CHANCE = 0.06
"""How often a function is the one that is in many files already."""


@dataclass(frozen=True, slots=True)
class Language:
    """How to write a function; `{name}`, `{line}` and `{first}` to `{third}` are filled in."""

    suffix: str
    comment: str
    head: str
    line: str
    tail: str
    getter: str
    is_loose: bool = True
    """Whether functions stand in the file by themselves, and not in a class."""


LANGUAGES = (
    Language(
        "py",
        "# ",
        'def {name}({first}, {second}):\n    """{line}"""\n',
        "    {first} = {second}.{third}({first})\n",
        "    return {first}\n\n\n",
        "def get_name(self):\n    return self.name\n\n\n",
    ),
    Language(
        "js",
        "// ",
        "// {line}\nfunction {name}({first}, {second}) {{\n",
        "  {first} = {second}.{third}({first});\n",
        "  return {first};\n}}\n\n",
        "function getName() {\n  return this.name;\n}\n\n",
    ),
    Language(
        "go",
        "// ",
        "// {line}\nfunc {name}({first} int, {second} Thing) int {{\n",
        "\t{first} = {second}.{third}({first})\n",
        "\treturn {first}\n}}\n\n",
        "func (t *Thing) Name() string {\n\treturn t.name\n}\n\n",
    ),
    Language(
        "rs",
        "// ",
        "/// {line}\nfn {name}({first}: i64, {second}: &Thing) -> i64 {{\n",
        "    let {first} = {second}.{third}({first});\n",
        "    {first}\n}}\n\n",
        "fn name(thing: &Thing) -> String {\n    thing.name.clone()\n}\n\n",
    ),
    Language(
        "java",
        "// ",
        "    /** {line} */\n    int {name}(int {first}, Thing {second}) {{\n",
        "        {first} = {second}.{third}({first});\n",
        "        return {first};\n    }}\n\n",
        "    String getName() {\n        return name;\n    }\n\n",
        is_loose=False,
    ),
    Language("md", "> ", "## {name}\n\n{line}\n", "\nThe {first} of a {second} is its {third}.\n", "\n", "## Name\n\n"),
)

BY_SUFFIX = {language.suffix: language for language in LANGUAGES}


@cache
def make_words() -> tuple[str, ...]:
    """Return the stock of words, the common ones first."""
    random = Random(N_WORDS)
    made = {"".join(random.choice("bdfgklmnprtvz") + random.choice("aeiou") for _ in range(3)) for _ in range(2000)}
    common = COMMON.split()
    return (*common, *random.sample(sorted(made), N_WORDS - len(common)))


def pick_word(random: Random) -> str:
    """Return a word, the first of the stock far more often than the last."""
    words = make_words()
    return words[int(len(words) * random.random() ** 2.5)]


def make_name(random: Random) -> str:
    """Return a name of two or three words."""
    return "_".join(pick_word(random) for _ in range(random.randint(2, 3)))


def make_function(random: Random, language: Language) -> str:
    """Return one function, or one section of a text."""
    if random.random() < GETTER_CHANCE:
        return language.getter
    filled = {"name": make_name(random), "line": make_sentence(random)}
    filled |= dict(zip(("first", "second", "third"), (pick_word(random) for _ in range(3)), strict=True))
    lines = (make_line(random, language) for _ in range(random.randint(1, 8)))
    return language.head.format(**filled) + "".join(lines) + language.tail.format(**filled)


def make_line(random: Random, language: Language) -> str:
    """Return one statement."""
    return language.line.format(first=pick_word(random), second=pick_word(random), third=make_name(random))


def make_sentence(random: Random) -> str:
    """Return what a comment may say."""
    return " ".join(pick_word(random) for _ in range(random.randint(3, 8)))


def make_file(random: Random, suffix: str, n_functions: int = 0) -> str:
    """Return a file under the licence that all have; of some functions unless their number is given."""
    language = BY_SUFFIX[suffix]
    n_functions = n_functions or random.randint(*FUNCTIONS_EACH)
    functions = [make_function(random, language) for _ in range(n_functions)]
    licence = "".join(f"{language.comment}{line}\n" for line in LICENCE)
    if language.is_loose:
        return f"{licence}\n{''.join(functions)}"
    name = make_name(random).title().replace("_", "")
    return f"{licence}\nclass {name} {{\n{''.join(functions)}}}\n"


def make_tree(random: Random, n_leaves: int) -> dict[str, str]:
    """Return path -> text of a tree with about so many leaves."""
    n_files = max(4, n_leaves * 2 // (sum(FUNCTIONS_EACH) + 2))
    folders = [f"{pick_word(random)}/{pick_word(random)}" for _ in range(max(2, n_files // 12))]
    tree: dict[str, str] = {}
    for number in range(n_files):
        suffix = random.choice(LANGUAGES).suffix
        tree[f"{random.choice(folders)}/{pick_word(random)}_{number}.{suffix}"] = make_file(random, suffix)
    return tree


def swap_line(random: Random, text: str, suffix: str) -> str:
    """Return the text with one line inserted, changed or deleted, or a function added at its end."""
    language = BY_SUFFIX.get(suffix, LANGUAGES[0])
    lines = text.splitlines(keepends=True)
    place = random.randrange(len(lines) + 1)
    match random.choice(("insert", "change", "delete", "add")):
        case "insert":
            lines.insert(place, make_line(random, language))
        case "change":
            lines[place : place + 1] = [make_line(random, language)]
        case "delete":
            del lines[place : place + 1]
        case _:
            lines.append(make_function(random, language))
    return "".join(lines)


def flip_letter(random: Random, text: str) -> str:
    """Return a text of the same size that differs in one letter of a word; the same where it has none."""
    places: Sequence[int] = [place for place, letter in enumerate(text) if letter.isalpha() and letter.isascii()]
    if not places:
        return text
    place = random.choice(places)
    return text[:place] + ("q" if text[place] != "q" else "x") + text[place + 1 :]
