"""CREATE statements of the SQL dialects that no grammar reads as a whole."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.definitions import find_definitions
from indexers.statements import find_statements


def outline(source: str) -> list[tuple[str, str, str, str]]:
    """Return role, scope, name and text of each statement."""
    data = source.encode()
    return [(one.role, one.scope, one.name, source[one.start_byte : one.end_byte]) for one in find_statements(data)]


TRANSACT_SQL = """\
CREATE TABLE [dbo].[Order Lines] ([Id] INT NOT NULL)
GO
-- Finds orders.
CREATE PROCEDURE dbo.FindOrders @Customer INT
AS
SET NOCOUNT ON;
CREATE TABLE #found (id INT);
SELECT 1;
GO
CREATE OR ALTER VIEW dbo.Open AS SELECT 1
go
"""

MYSQL = """\
DELIMITER //
CREATE DEFINER=`root`@`localhost` PROCEDURE `count_users`(OUT n INT)
BEGIN
  IF n > 1 THEN SELECT 1; END IF;
  CASE n WHEN 1 THEN SELECT 2; END CASE;
END //
CREATE TRIGGER stamp BEFORE INSERT ON users FOR EACH ROW SET NEW.at = NOW() //
DELIMITER ;
CREATE TABLE users (id INT COMMENT 'CREATE TABLE no (');
"""

DOLLAR_DELIMITER = """\
DELIMITER $$
CREATE FUNCTION one() RETURNS INT BEGIN RETURN 1; END$$
CREATE FUNCTION two() RETURNS INT BEGIN RETURN 2; END$$
DELIMITER ;
"""

POSTGRES = """\
/* Sums. */
CREATE OR REPLACE FUNCTION shop.total(id INT) RETURNS NUMERIC AS $body$
BEGIN
  CREATE TABLE inner_one (x INT);
  RETURN 1;
END;
$body$ LANGUAGE plpgsql;
CREATE UNLOGGED TABLE IF NOT EXISTS "Big Table" (id INT);
"""

ORACLE = """\
CREATE OR REPLACE PACKAGE BODY shop AS
  PROCEDURE add IS BEGIN NULL; END;
END shop;
/
CREATE FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END;
/
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (TRANSACT_SQL, [("class", "dbo", "Order Lines"), ("function", "dbo", "FindOrders"), ("class", "dbo", "Open")]),
        (MYSQL, [("function", "", "count_users"), ("function", "", "stamp"), ("class", "", "users")]),
        (DOLLAR_DELIMITER, [("function", "", "one"), ("function", "", "two")]),
        (POSTGRES, [("function", "shop", "total"), ("class", "", "Big Table")]),
        (ORACLE, [("module", "", "shop"), ("function", "", "f")]),
    ],
    ids=["transact-sql", "mysql", "dollar-delimiter", "postgres", "oracle"],
)
def test_statements_of_a_dialect_are_found(source: str, expected: list[tuple[str, str, str]]) -> None:
    assert [found[:3] for found in outline(source)] == expected


def test_a_routine_among_batches_reaches_to_the_end_of_its_batch() -> None:
    text = outline(TRANSACT_SQL)[1][3]
    assert text.startswith("-- Finds orders.\nCREATE PROCEDURE")
    assert text.endswith("SELECT 1;")


def test_a_routine_with_blocks_reaches_to_its_own_end() -> None:
    text = outline(MYSQL)[0][3]
    assert text.endswith("END CASE;\nEND //")


def test_signature_and_documentation_of_a_statement_are_read() -> None:
    (function, table) = find_statements(POSTGRES.encode())
    assert function.signature == "CREATE OR REPLACE FUNCTION shop.total(id INT) RETURNS NUMERIC"
    assert function.documentation == "Sums."
    assert table.signature == 'CREATE UNLOGGED TABLE IF NOT EXISTS "Big Table"'


def test_statements_stand_in_for_the_grammar_where_it_fails() -> None:
    assert [one.name for one in find_definitions("sql", TRANSACT_SQL.encode()) if one.role != "name"] == [
        "Order Lines",
        "FindOrders",
        "Open",
    ]


def test_a_block_that_never_ends_does_not_swallow_what_follows() -> None:
    source = "CREATE FUNCTION f() BEGIN SELECT 1;\n\nCREATE TABLE t (id INT);\n"
    assert [found[2] for found in outline(source)] == ["f", "t"]


PIECES = (
    "CREATE|TABLE|FUNCTION|t|a.f|(|BEGIN|END|IF|CASE|AS|GO|//|$$|;|'|[|]|/*|*/|--|/|\n|"
    "CREATE TABLE t (|CREATE FUNCTION a.f|\nDELIMITER $$\n|\nDELIMITER //\n|\nGO\n"
)
WORDS = st.sampled_from(PIECES.split("|"))


@given(st.lists(WORDS, max_size=40))
def test_statements_of_any_words_are_sound_and_do_not_overlap(words: list[str]) -> None:
    data = " ".join(words).encode()
    found = find_statements(data)
    assert all(0 <= one.start_byte < one.end_byte <= len(data) and one.name for one in found)
    assert all(one.end_byte <= after.start_byte for one, after in pairwise(found))
