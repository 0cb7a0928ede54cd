"""Questions in Chinese and Japanese: where they are cut, and that they find comments in that language."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.search.cjk import asks, blank_cjk, has_cjk, split_question
from codesearch.search.engine import search
from codesearch.search.query import content_words, parse_query
from codesearch.search.terms import own_weights
from codesearch.search.weights import WEIGHTS
from codesearch.storage.snapshot import Snapshot
from codesearch.types import SearchOptions
from indexers.encoders.embedded import EmbeddedEncoder
from indexers.tokenizer import tokenize
from indexers.types import EncoderDescription

IndexOf = Callable[[Mapping[str, str]], Snapshot]


def function(name: str, comment: str) -> str:
    """Return a function whose comment alone says what it does."""
    return f"def {name}(it):\n    # {comment}\n    pass\n"


NOTES = {
    "zh.py": function("cancel", "订单取消以后退款") + function("open_file", "文件不存在时报错"),
    "ja.py": function("send", "ﾘｸｴｽﾄを再送する") + function("load", "設定の値を読み込む"),
    "wide.py": function("check", "入荷ＩＤと桁数１６を調べる"),
}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("订单在哪里取消", ["订单", "取消"]),
        ("如何计算库存？", ["计算库存"]),
        ("文件不存在怎么办", ["文件不存在"]),
        ("锁的超时是多少", ["锁的超时是"]),
    ],
)
def test_a_chinese_question_is_cut_at_question_words(text: str, words: list[str]) -> None:
    assert content_words(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("在庫はどこですか", ["在庫"]),
        ("注文を断るのはどこですか", ["注文を断る"]),
        ("どうやって再送しますか", ["再送し"]),
        ("サーバーの設定", ["サーバーの設定"]),
        ("いつもの設定", ["いつもの設定"]),
    ],
)
def test_a_japanese_question_is_cut_at_question_words_that_end_its_hiragana(text: str, words: list[str]) -> None:
    assert content_words(text) == words


def test_a_question_of_question_words_alone_keeps_its_words() -> None:
    assert content_words("どこですか") == ["どこですか"]


def test_latin_names_are_cut_from_the_text_around_them() -> None:
    assert content_words("parse_orderの処理はどこ") == ["parse_order", "の処理"]
    assert "parse_order" in parse_query("parse_orderの処理はどこ").identifiers


def test_a_qualified_name_in_a_question_is_asked_for_without_the_question_as_well() -> None:
    assert parse_query("Order.cancelはどこ").identifiers == ("Order.cancelはどこ", "Order.cancel")


def test_a_chinese_name_alone_is_asked_for() -> None:
    assert parse_query("订单").identifiers == ("订单",)


def test_a_question_about_a_file_is_no_path() -> None:
    assert parse_query("在哪里解析config.yaml").shape != "path"


def test_a_path_with_a_chinese_file_is_a_path() -> None:
    assert parse_query("src/订单.py").shape == "path"


def test_letters_of_another_width_ask_for_the_same() -> None:
    assert parse_query("ＨＴＴＰ ｸﾗｲｱﾝﾄ").text == "HTTP クライアント"
    assert parse_query("ｐａｒｓｅ＿ｏｒｄｅｒ").identifiers == ("parse_order",)


def test_quoted_text_keeps_its_width() -> None:
    assert parse_query('"入荷ＩＤ"').quoted == ("入荷ＩＤ",)


def test_code_with_a_chinese_text_in_it_is_not_cut() -> None:
    query = parse_query('if (a == b) {\n  throw new Error("订单在哪里");\n}')
    assert query.shape == "snippet"
    assert "单在" in own_weights(query, WEIGHTS.words)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("HTTPリクエスト", ["http", "リク", "クエ", "エス", "スト"]),
        ("ＡＢＣ１２３", ["abc", "123", "abc123"]),
        ("ﾊﾞｰｺｰﾄﾞ", ["バー", "ーコ", "コー", "ード"]),
        ("サーバー", ["サー", "ーバ", "バー"]),
        ("値を読む", ["値を", "を読", "読む", "値", "読"]),
        ("注文の取消", ["注文", "文の", "の取", "取消"]),
    ],
)
def test_japanese_becomes_pairs_of_full_width_and_single_kanji_beside_kana(text: str, terms: list[str]) -> None:
    assert tokenize(text) == terms


def test_two_forms_of_a_verb_share_a_term() -> None:
    assert set(tokenize("読む")) & set(tokenize("読み込み")) == {"読"}


@given(st.text(st.sampled_from("ののでにはたい的了是在哪里订单注文読リークaB1_ .")))
def test_cutting_leaves_out_and_never_adds(text: str) -> None:
    rest = iter(text)
    assert all(letter in rest for letter in "".join(split_question(text)))


@given(st.text())
def test_blanking_keeps_the_length_and_leaves_no_cjk(text: str) -> None:
    assert len(blank_cjk(text)) == len(text)
    assert not has_cjk(blank_cjk(text))


def test_a_name_asks_nothing() -> None:
    assert not asks("订单")
    assert asks("订单在哪里")


@pytest.mark.parametrize(
    ("question", "symbol"),
    [
        ("订单在哪里取消", "cancel"),
        ("文件不存在怎么办？", "open_file"),
        ("リクエストを再送したい", "send"),
        ("値を読むのはどこですか", "load"),
        ("入荷IDを調べる", "check"),
        ("桁数16", "check"),
    ],
)
def test_a_question_finds_the_comment_in_its_language(index_of: IndexOf, question: str, symbol: str) -> None:
    outcome = search(index_of(NOTES), EmbeddedEncoder(), question, SearchOptions(mode="lexical"))
    assert outcome.results[0].symbol == symbol


class Multilingual(EmbeddedEncoder):
    """Claims to read every language."""

    def describe(self) -> EncoderDescription:
        return replace(super().describe(), is_multilingual=True)


def test_vectors_of_an_encoder_that_does_not_read_the_language_count_little(index_of: IndexOf) -> None:
    snapshot = index_of(NOTES)
    shares = []
    for encoder in (EmbeddedEncoder(), Multilingual()):
        outcome = search(snapshot, encoder, "订单 取消 以后 退款", SearchOptions(explain=True))
        assert outcome.results[0].explanation is not None
        shares.append(outcome.results[0].explanation.fused.dense_share)
    assert shares == [WEIGHTS.fusion.unread_share, WEIGHTS.fusion.dense_share["words"]]


def test_a_query_of_which_the_encoder_knows_no_word_rests_on_words(index_of: IndexOf) -> None:
    snapshot = index_of({"a.py": function("first", "ᚠᚢᚦ"), "b.py": function("second", "other")})
    outcome = search(snapshot, EmbeddedEncoder(), "ᚠᚢᚦ", SearchOptions())
    assert outcome.degraded is not None
    assert "knows no word" in outcome.degraded.reason
    assert outcome.results[0].path == "a.py"
