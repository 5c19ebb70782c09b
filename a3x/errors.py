"""The error tree. Messages are written for the person who can act on them; HTTP status lives at the edge (http/errors.py).

A3XError
├── BadRequest             the caller's input is wrong: names the field, the limit, the size
│   ├── UnknownModel       no such model or adapter version
│   ├── Unsupported        a field that would change the answer and is not supported
│   └── PromptTooLong      says the limit and the size
├── NotFound               no such experience, adapter, ...
├── Conflict               the state of the thing forbids it (a version that already exists, another base)
├── Forbidden              wrong token, foreign Host header
├── ForeignFile            a GGUF or adapter that failed its checks; says which check
├── NotReady               the daemon is starting or stopping
├── Overloaded             the queue is full; retry later
├── StorageFull            the disk refused; nothing was acknowledged
├── SandboxUnavailable     no bubblewrap: execution is off
├── EngineFailure          llama.cpp refused or failed; the request is lost, the daemon is not
├── ConfigError            settings that cannot be used: names the key
└── NotImplementedHere     promised by the design, not built yet
"""

from __future__ import annotations


class A3XError(Exception):
    """Root of every error A³X raises on purpose; ``param`` names the offending input field, if one does."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


class BadRequest(A3XError): ...


class UnknownModel(BadRequest): ...


class Unsupported(BadRequest): ...


class PromptTooLong(BadRequest): ...


class NotFound(A3XError): ...


class Conflict(A3XError): ...


class Forbidden(A3XError): ...


class ForeignFile(A3XError): ...


class NotReady(A3XError): ...


class Overloaded(A3XError): ...


class StorageFull(A3XError): ...


class SandboxUnavailable(A3XError): ...


class EngineFailure(A3XError): ...


class ConfigError(A3XError): ...


class NotImplementedHere(A3XError): ...
