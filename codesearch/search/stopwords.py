"""Words that carry a question's grammar, not its subject, in English, Chinese and Japanese. Data only.

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

CHINESE_GRAMMAR: frozenset[str] = _words(
    """
    的 了 吗 呢 吧 是 把 被 请 我
    在哪里 在哪儿 在哪 在什么地方 在什么时候 哪里 哪儿 什么地方 什么时候 什么样 什么 为什么 为何 如何 怎么样 怎么办 怎么
    怎样 哪个 哪些 哪一个 哪种 多少 是否 是不是 有没有 能不能 可不可以 可以 能够 请问 我想 想要 我们 这个 那个 这些 那些
    以及 或者 并且 之后 之前 以后 以前 时候 的时候 的地方 由谁 进行
    时如何 时怎么 会怎么样 会怎样 会怎么
    """
)
"""Single characters are particles; 在 and 和 are none, since 存在, 在线 and 总和 are words of code."""

JAPANESE_GRAMMAR: frozenset[str] = _words(
    """
    を は が に で と の も へ や か な だ た から まで より など だけ しか って では には とは での への からの
    までの として について による によって において ごとに する します した して している してから すると すれば
    しない しても しながら せずに される されます された されて されている されない させる できる できない できます
    できた たい ます ました ません です でした ですか ますか でしょうか である ている ていた ていない ています
    てある てから てください なら たら れば ない なく なかった ないよう ある あります いる います なる なります
    なった なっている れる られる れた られた れて られて こと もの とき ときに ときの ため ための ところ よう
    ように ような ので のに のは のか どこ どこで どこに どこの どう どうやって どのように どの どれ どんな いつ
    なぜ なに だれ いくつ この その あの これ それ あれ ここ そこ 何を 何が 何で どこですか どうやる やり方 教えて
    ください 知りたい したい したら しよう しました
    """
)
"""Only at the end of hiragana, several in a row: `されるのはどこですか`; no single kana elsewhere is cut, but を."""

FILLERS: frozenset[str] = _words(
    """
    class classes code codebase concept define defined defines definition definitions describe file files
    function functions functionality handle handled handles handling implement implementation implementations
    implemented implementing implements internal internals logic mechanism method methods module modules perform
    performed performs process provide provided provides support supported supports system work working works
    函数 方法 文件 代码 实现 处理 定义 模块 逻辑 功能 机制
    関数 メソッド クラス ファイル コード 実装 処理 定義 モジュール 機能 仕組み 箇所 部分
    """
)
"""Words by which a person speaks about code rather than about its subject: they count, but little."""
