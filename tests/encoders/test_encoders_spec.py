"""The values that say what an encoder is."""

from dataclasses import replace

from indexers.encoders.spec import QWEN_PROMPTS, Prompts


def test_the_digest_of_prompts_changes_with_each_of_them() -> None:
    changed = [replace(QWEN_PROMPTS, **{name: "x"}) for name in ("search", "similar", "document")]
    assert len({prompts.digest for prompts in (QWEN_PROMPTS, *changed)}) == 4


def test_a_prompt_does_not_stand_for_its_neighbour() -> None:
    assert Prompts("a", "b").digest != Prompts("ab", "").digest != Prompts("", "a", "b").digest
