"""The texts that the self-test encodes: all our own, so that nothing of a user's goes anywhere. Data alone."""

from dataclasses import dataclass

IMPORT = "import os"
"""Half precision has given vectors that are not finite for texts that begin so."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the code that answers it."""

    text: str
    answer: str


QUESTIONS = (
    Question(
        "where is a failed network request retried with exponential backoff",
        "def request_with_retry(url, attempts=5):\n"
        '    """Retry a failed network request with exponential backoff."""\n'
        "    for attempt in range(attempts):\n"
        "        try:\n"
        "            return send_request(url)\n"
        "        except NetworkError:\n"
        "            sleep(2 ** attempt)\n",
    ),
    Question(
        "how is a password hashed before it is stored",
        "def store_password(user, password):\n"
        '    """Hash a password with a random salt, and store the hash."""\n'
        "    salt = random_bytes(16)\n"
        "    user.password_hash = scrypt(password, salt)\n"
        "    user.save()\n",
    ),
    Question(
        "parse a date out of a log line",
        "func parseLogDate(line string) (time.Time, error) {\n"
        "\t// parse the date that stands at the beginning of a log line\n"
        "\tfields := strings.Fields(line)\n"
        "\treturn time.Parse(time.RFC3339, fields[0])\n"
        "}\n",
    ),
)

DISTRACTORS = (
    "class Matrix:\n    def transpose(self):\n        return Matrix(zip(*self.rows))\n",
    "void draw_circle(Canvas *canvas, int x, int y, int radius) { ellipse(canvas, x, y, radius, radius); }\n",
    "const sortByPrice = (items) => [...items].sort((a, b) => a.price - b.price);\n",
)

DOCUMENTS = (*(question.answer for question in QUESTIONS), *DISTRACTORS)
"""What each question is asked of; the answers stand first, in the order of the questions."""

BATCH = (IMPORT, "x = 1\n", *DOCUMENTS)
"""Eight texts of lengths that differ tenfold: padding shows where it is not left out."""

SAME_BEGINNING = ("return the sum of two numbers", "return a socket to the pool, and wake whoever waits for one")
SAME_ENDING = ("# read a file\nreturn result", "# multiply two matrices, block by block\nreturn result")
"""Texts that a model knows apart if it reads more than the token they share."""
