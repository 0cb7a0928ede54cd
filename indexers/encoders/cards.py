"""The models that codesearch knows by a short name: what is published of them. Loads nothing."""

from indexers.encoders.spec import QWEN_LENGTH, ModelCard

CARDS = (
    ModelCard(
        "embedded", "", 256, None, 12_200_000, "Apache-2.0", "ships with codesearch; needs no GPU and no download"
    ),
    ModelCard(
        "qwen3-0.6b",
        "Qwen/Qwen3-Embedding-0.6B",
        1024,
        QWEN_LENGTH,
        1_200_000_000,
        "Apache-2.0",
        "the small Qwen3-Embedding: a GPU of 4 GB, or patience",
    ),
    ModelCard(
        "qwen3-4b",
        "Qwen/Qwen3-Embedding-4B",
        2560,
        QWEN_LENGTH,
        8_050_000_000,
        "Apache-2.0",
        "what codesearch is made for: a GPU of 12 GB",
    ),
    ModelCard(
        "qwen3-8b",
        "Qwen/Qwen3-Embedding-8B",
        4096,
        QWEN_LENGTH,
        15_150_000_000,
        "Apache-2.0",
        "slightly better than 4B at twice the price: a GPU of 24 GB",
    ),
)
"""Sizes are those of the weight files at the hub."""

BY_NAME = {card.name: card for card in CARDS}
