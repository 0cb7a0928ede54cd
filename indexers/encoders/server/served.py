"""What is known of the model that a server serves: asked when it is first needed, and kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from indexers.encoders.addresses import is_local
from indexers.encoders.matryoshka import kept_dim
from indexers.encoders.server.client import Client
from indexers.encoders.server.complaints import DIMENSIONS_ADVICE
from indexers.encoders.server.depth import Depth
from indexers.encoders.server.endings import IDS_ENDING, NO_ENDING, Ending, find_ending
from indexers.encoders.server.endpoint import Endpoint, find_model, printable, short_name
from indexers.encoders.server.probing import is_qwen, takes_ids
from indexers.encoders.server.tokens import (
    SAMPLE,
    TokenFile,
    TokenRoute,
    estimate_tokens,
    find_route,
    is_surely_within,
)
from indexers.encoders.spec import QWEN_LENGTH, QWEN_PROMPTS, EncoderSpec, Prompts, ServerOptions
from indexers.errors import EncoderError

OTHER_LENGTH = 512
"""Tokens that are sent to a model of which nothing is known, as most small ones read; max_tokens allows more."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one answer tells, and what follows from the model's name and its settings."""

    is_qwen: bool
    native_dim: int
    """Length of the vectors that the server sends."""
    dim: int
    max_tokens: int
    prompts: Prompts
    server: str
    """What the server calls itself."""
    n_sample: int | None
    """Tokens that it counted in the probe's one digit."""


class Served:
    """The model behind one server, for one caller at a time."""

    def __init__(self, spec: EncoderSpec, options: ServerOptions, client: Client) -> None:
        self._spec = spec
        self._options = options
        self._client = client
        self.is_here = is_local(options.url)
        """Whether texts stay on this machine."""

    @cached_property
    def endpoint(self) -> Endpoint:
        """Where vectors are asked for."""
        model = self._spec.model or find_model(self._client)
        return Endpoint(self._client, model, self._spec.dim if self._options.asks_dimensions else None)

    @property
    def name(self) -> str:
        """The model's name, as one printable line."""
        return short_name(self.endpoint.model)

    @cached_property
    def facts(self) -> Facts:
        """What the first answer told; raises EncoderError where it does not fit what was configured."""
        spec, endpoint = self._spec, self.endpoint
        answer = endpoint.embed([SAMPLE])
        native_dim = answer.rows.shape[1]
        if self._options.asks_dimensions and native_dim != spec.dim:
            raise EncoderError(
                f"the server {self._client.host} was asked for {spec.dim} dimensions and sent {native_dim};"
                f" {DIMENSIONS_ADVICE}"
            )
        is_known = self._is_qwen
        return Facts(
            is_known,
            native_dim,
            kept_dim(spec.dim, native_dim, is_qwen=is_known),
            spec.max_tokens or (QWEN_LENGTH if is_known else OTHER_LENGTH),
            spec.prompts or (QWEN_PROMPTS if is_known else Prompts()),
            printable(endpoint.server)[:60] or "unnamed server",
            answer.n_tokens,
        )

    @property
    def _is_qwen(self) -> bool:
        """Whether the model is taken for a Qwen3-Embedding: by its name, or by what only such a model is told.

        Servers give models names of their own, by which none is known.
        """
        prompts = self._spec.prompts
        is_told = self._options.end_token != "probe" or (prompts is not None and prompts.are_instructions)  # noqa: S105
        return is_told or is_qwen(self.endpoint.model)

    @property
    def is_by_default(self) -> bool:
        """Whether nobody said how the model is to be asked, nor how much it reads."""
        return self._spec.prompts is None and self._spec.max_tokens is None

    @cached_property
    def tokens(self) -> TokenFile | None:
        """The model's tokenizer, where one is configured."""
        if self._options.tokenizer is None:
            return None
        tokens = TokenFile(self._options.tokenizer)
        if self.facts.is_qwen:
            tokens.check_end_token()
        return tokens

    @cached_property
    def sends_ids(self) -> bool:
        """Whether token ids are sent instead of texts."""
        return self.tokens is not None and takes_ids(self.endpoint, self.tokens)

    @cached_property
    def route(self) -> TokenRoute | None:
        """The server's own route for tokens, where it has one."""
        return find_route(self._client, self.endpoint.model)

    @cached_property
    def depth(self) -> Depth:
        """How much of a text the server reads, as far as its counts tell."""
        return Depth(self.endpoint)

    @cached_property
    def ending(self) -> Ending:
        """Who appends the end token."""
        if not self.facts.is_qwen:
            return NO_ENDING
        if self.sends_ids:
            return IDS_ENDING
        setting = self._options.end_token
        route = self.route if setting == "probe" else None
        return find_ending(self.endpoint, route, setting, self.facts.n_sample)

    @property
    def suffix(self) -> str:
        """What is put behind every text that is sent; raises EncoderError where no text can be sent rightly."""
        if self.ending.suffix is None:
            raise EncoderError(self.ending.explanation)
        return self.ending.suffix

    @property
    def counts_exactly(self) -> bool:
        """Whether every text can be counted; another machine is not sent texts only to count them."""
        return self.tokens is not None or (self.is_here and self.route is not None)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of texts that have their prompts, with the end token; estimates where that is enough."""
        if self.tokens is not None:
            return [len(ids) for ids in self.tokens.ids_of(texts)]
        return [
            estimate_tokens(text) + self.facts.is_qwen
            if is_surely_within(text, self.facts.max_tokens) or not self.counts_exactly
            else self.count_exactly(text)
            for text in texts
        ]

    def count_exactly(self, text: str) -> int:
        """Return the tokens that the model reads of a text, with the end token; only where `counts_exactly`."""
        if self.tokens is not None:
            return len(self.tokens.ids_of([text])[0])
        assert self.route is not None
        return len(self.route.ids_of(text + self.suffix))
