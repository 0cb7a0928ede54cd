"""The encoder behind a server of the OpenAI embeddings interface: vLLM, llama.cpp, Ollama, LM Studio, TEI and others.

Puts prompts and end token to the texts, sends them in batches, several at once, and checks what comes back. What it
has to know of the server it asks once, when it is first needed. One caller at a time.
"""

from collections.abc import Sequence
from threading import Event, Lock

import numpy as np

from indexers.encoders.matryoshka import coarse_dims, cut, is_sound
from indexers.encoders.server.answers import Answer
from indexers.encoders.server.batches import ALONE_BYTES, plan_batches
from indexers.encoders.server.client import Client, Pause, wait
from indexers.encoders.server.endpoint import Input
from indexers.encoders.server.parallel import work_on_all
from indexers.encoders.server.policy import check_allowed
from indexers.encoders.server.probing import check_context, truncated
from indexers.encoders.server.served import Served
from indexers.encoders.server.texts import Cleaned, clean_text
from indexers.encoders.spec import END_TOKEN, EncoderSpec
from indexers.errors import EncoderError
from indexers.types import EncoderDescription, FloatArray, Inspection, Task

COUNT_SLACK = 2
"""Tokens by which a server's count may stay below the exact one: some leave out what they add themselves."""


class ServerEncoder:
    """An `Encoder` that a server computes.

    Says how it hands over texts (`Inspectable`) and what was odd (`Noting`); hurried unless told to be `Patient`.
    """

    def __init__(self, spec: EncoderSpec, pause: Pause = wait) -> None:
        options = check_allowed(spec)
        self._name = spec.name
        self._options = options
        self._client = Client(options, pause)
        self._served = Served(spec, options, self._client)
        self._lock = Lock()
        self._n_again = 0
        self._n_broken = 0
        self._is_context_checked = False

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        """Return float32 `[len(inputs), dim]`, each row L2-normalised."""
        served = self._served
        if not self._is_context_checked and inputs:
            if not served.counts_exactly:
                check_context(served.endpoint, served.facts.max_tokens)
            self._is_context_checked = True
        cleaned = [self._clean(text) for text in inputs]
        texts = [served.facts.prompts.of_document(own.text) for own in cleaned]
        return self._encode(cleaned, texts)

    def encode_query(self, text: str, task: Task) -> FloatArray:
        """Return float32 `[dim]`, L2-normalised, under the instruction of `task`."""
        own = self._clean(text)
        vector: FloatArray = self._encode([own], [self._served.facts.prompts.of_query(task, own.text)])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text as a document, end token included.

        Exact with the model's tokenizer. Without it a text that cannot exceed `max_tokens`, having fewer bytes, is
        estimated from above; a longer one is counted by a server on this machine that can, and else estimated.
        """
        prompts = self._served.facts.prompts
        return self._served.count([prompts.of_document(self._clean(text).text) for text in texts])

    def describe(self) -> EncoderDescription:
        """Return who this encoder is; asks the server once."""
        facts, model = self._served.facts, self._served.name
        identity = ";".join(
            (
                "server-v1",
                f"model={model}",
                "weights=unknown",
                "pooling=server",
                f"prompts={facts.prompts.digest}",
                f"dim={facts.dim}",
                f"max_tokens={facts.max_tokens}",
                f"end={END_TOKEN if facts.is_qwen else 'own'}",
            )
        )
        return EncoderDescription(
            name=self._name,
            identity=identity,
            engine=f"openai embeddings ({facts.server})",
            dim=facts.dim,
            coarse_dims=coarse_dims(facts.dim) if facts.is_qwen else (facts.dim,),
            max_tokens=facts.max_tokens,
            is_cached=True,
            summary=f"{model}, computed by the server {self._client.host}",
            is_multilingual=facts.is_qwen,
            knows_weights=False,
            counts_exactly=self._options.tokenizer is not None,
        )

    def be_patient(self) -> None:
        """Put up with a server that is slow or away for a while."""
        self._client.be_patient()

    def notes(self) -> tuple[str, ...]:
        """Return what was remarkable so far; never a text."""
        found = []
        if self._n_again:
            found.append(f"{_counted(self._n_again, 'vector')} not finite at first, asked for once more")
        if self._n_broken:
            found.append(f"{_counted(self._n_broken, 'special token')} spelt in texts, broken by U+200B")
        if self._options.tokenizer is not None and not self._served.sends_ids:
            found.append("the server does not take token ids as they are: texts were sent")
        if not self._served.facts.is_qwen and self._served.is_by_default:
            found.append(
                f"{self._served.name} is not known as a Qwen3-Embedding by its name: it got no instruction, no end"
                f" token and texts of up to {self._served.facts.max_tokens} tokens; if it is one, set end_token for it"
                " in the configuration"
            )
        return tuple(found)

    def inspect(self) -> Inspection:
        """Look at what the model is given; asks the server."""
        prompts = self._served.facts.prompts
        ending = self._served.ending
        return Inspection(prompts.search != prompts.document, ending.state, ending.explanation)

    def _clean(self, text: str) -> Cleaned:
        served = self._served
        return clean_text(text, leaves_machine=not served.is_here, breaks_special=not served.sends_ids)

    def _encode(self, cleaned: Sequence[Cleaned], texts: Sequence[str]) -> FloatArray:
        """Return unit rows for texts that have their prompts."""
        served = self._served
        rows = np.empty((len(texts), served.facts.native_dim), dtype=np.float32)
        sent = self._inputs_of(texts)
        sizes = [len(text.encode("utf-8")) for text in texts]
        batches = plan_batches(sizes, self._options.batch_size)

        def work(batch: Sequence[int], stop: Event) -> FloatArray:
            answer = self._ask([sent[number] for number in batch], stop)
            if served.sends_ids:
                self._check_read(answer, sum(len(sent[number]) for number in batch))
            elif sizes[batch[0]] >= ALONE_BYTES:
                if served.counts_exactly:
                    self._check_read(answer, served.count_exactly(texts[batch[0]]))
                else:
                    served.depth.check(answer.n_tokens, sizes[batch[0]])
            return answer.rows

        for batch, found in zip(batches, work_on_all(batches, work, self._options.n_concurrent), strict=True):
            rows[batch] = found
        self._n_broken += sum(own.n_broken for own in cleaned)
        return cut(rows, served.facts.dim)

    def _inputs_of(self, texts: Sequence[str]) -> list[Input]:
        tokens = self._served.tokens
        if tokens is not None and self._served.sends_ids:
            return list(tokens.ids_of(texts))
        suffix = self._served.suffix
        return [f"{text}{suffix}" or " " for text in texts]

    def _ask(self, inputs: Sequence[Input], stop: Event) -> Answer:
        """Return a checked answer; a vector that is not finite is asked for once more, alone."""
        served = self._served
        answer = served.endpoint.embed(inputs, stop)
        self._check_dim(answer)
        for number in np.flatnonzero(~is_sound(answer.rows, served.facts.dim)).tolist():
            with self._lock:
                self._n_again += 1
            again = served.endpoint.embed([inputs[number]], stop)
            self._check_dim(again)
            if not is_sound(again.rows, served.facts.dim)[0]:
                raise EncoderError(
                    f"the server {self._client.host} makes vectors that are not finite or have no direction;"
                    " serve the model in bf16 or fp32, not fp16, then try again"
                )
            answer.rows[number] = again.rows[0]
        return answer

    def _check_dim(self, answer: Answer) -> None:
        expected, found = self._served.facts.native_dim, answer.rows.shape[1]
        if found != expected:
            raise EncoderError(
                f"the server {self._client.host} sent vectors of {found} dimensions after others of {expected};"
                " let it serve one model alone, then try again"
            )

    def _check_read(self, answer: Answer, n_tokens: int) -> None:
        """Raise EncoderError where the server says that it has read fewer tokens than it was sent."""
        if answer.n_tokens is not None and answer.n_tokens < n_tokens - COUNT_SLACK:
            raise truncated(self._served.endpoint, answer.n_tokens, n_tokens)


def _counted(n: int, what: str) -> str:
    return f"1 {what} was" if n == 1 else f"{n} {what}s were"
