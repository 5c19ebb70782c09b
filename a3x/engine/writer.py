"""From drawn tokens to pieces for the listener, and the parts of the finished answer. Knows no context and no queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from a3x.engine.chat import Span, Splitter
from a3x.types import Generation, Piece


class Bytes(Protocol):
    """The part of ``llama.Model`` that writing needs."""

    def token_bytes(self, token: int) -> bytes: ...


class Writer:
    """Writes one answer. ``answer``, ``reasoning`` and ``split`` are whole after ``finish``."""

    def __init__(self, request: Generation, model: Bytes, put: Callable[[Piece], None]) -> None:
        self.answer = ""
        self.reasoning = ""
        self.split = Splitter(request.sampling.stop)
        self._put = put
        self._model = model

    def write(self, token: int) -> bool:
        """Send what became final; True when a stop string ended the answer."""
        self._emit(self.split.feed(self._model.token_bytes(token)))
        return self.split.stopped

    def finish(self) -> None:
        self._emit(self.split.finish())

    def _emit(self, spans: list[Span]) -> None:
        for span in spans:
            if span.kind == "reasoning":
                self.reasoning += span.text
            else:
                self.answer += span.text
            self._put(Piece(span.text, reasoning=span.kind == "reasoning"))
