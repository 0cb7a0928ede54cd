"""From a spec to a living encoder; imports what runs it only when it is asked for."""

from collections.abc import Callable

from indexers.encoders.spec import EMBEDDED, EncoderSpec
from indexers.errors import EncoderError
from indexers.types import Encoder, Patient

Load = Callable[[EncoderSpec], Encoder]


def load_encoder(spec: EncoderSpec = EMBEDDED) -> Encoder:
    """Return the encoder of a spec; raises EncoderError where it cannot be had."""
    if spec.server is not None and spec.server.key_variable and not spec.server.key:
        variable = spec.server.key_variable
        raise EncoderError(f"encoder {spec.name} has no key: set the variable {variable} of the environment to it")
    match spec.source:
        case "embedded":
            from indexers.encoders.embedded import EmbeddedEncoder

            return EmbeddedEncoder()
        case "transformer":
            from indexers.encoders.transformer.encoder import TransformerEncoder

            return TransformerEncoder(spec)
        case "server":
            from indexers.encoders.server.encoder import ServerEncoder

            return ServerEncoder(spec)
        case "gguf":
            from indexers.encoders.gguf.encoder import GgufEncoder

            return GgufEncoder(spec)
        case _:
            raise EncoderError(f"encoder {spec.name} cannot be loaded: nothing here runs a {spec.source}")


def patiently(load: Load) -> Load:
    """Return what loads the same encoders, which then wait as long as work of minutes and hours may."""

    def load_patient(spec: EncoderSpec) -> Encoder:
        encoder = load(spec)
        if isinstance(encoder, Patient):
            encoder.be_patient()
        return encoder

    return load_patient
