"""The seed's tokenizer: grown with sentencepiece, served and used for training through llama.cpp.

Knows the special pieces and the chat format; knows nothing of tensors. sentencepiece runs once, to choose the pieces;
every token that the model is trained on comes from llama.cpp reading the vocabulary from a GGUF, so that training and
serving cannot differ.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import llama_cpp
import sentencepiece

from a3x.ladder.corpus.example import Message

UNKNOWN, BEGIN, STOP = 0, 1, 2
END = "<|end|>"
ROLES = ("system", "user", "assistant", "tool")
CONTROL = (*tuple(f"<|{role}|>" for role in ROLES), END)
USER_DEFINED = ("<tool_call>", "</tool_call>", "```", "\n")
"""Always one token each. The newline is here because both tokenizers then agree on it without escapes."""

TEMPLATE = (
    "{{- bos_token -}}{%- for message in messages -%}"
    "{%- if message['role'] not in ['system', 'user', 'assistant', 'tool'] -%}"
    "{{- raise_exception('unknown role ' + message['role']) -}}{%- endif -%}"
    "{{- '<|' + message['role'] + '|>' + message['content'] + '<|end|>' -}}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}"
)


def grow(texts: Iterable[str], vocab: int) -> bytes:
    """Train the BPE pieces on ``texts``; returns a sentencepiece model."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=_lines(texts),
        model_writer=model,
        model_type="bpe",
        vocab_size=vocab,
        byte_fallback=True,
        split_digits=True,
        allow_whitespace_only_pieces=True,
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        character_coverage=1.0,
        unk_id=UNKNOWN,
        bos_id=BEGIN,
        eos_id=STOP,
        pad_id=-1,
        control_symbols=list(CONTROL),
        user_defined_symbols=list(USER_DEFINED),
        max_sentence_length=1 << 16,
        num_threads=2,
        minloglevel=2,
    )
    return model.getvalue()


def _lines(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (line for line in text.split("\n") if line)


class ServedTokenizer:
    """llama.cpp's tokenizer over the vocabulary in a GGUF file."""

    def __init__(self, gguf: Path) -> None:
        quiet()
        params = llama_cpp.llama_model_default_params()
        params.vocab_only = True
        self._model: Any = llama_cpp.llama_model_load_from_file(str(gguf).encode(), params)
        if not self._model:
            raise ValueError(f"llama.cpp cannot read a vocabulary from {gguf}")
        self._vocab: Any = llama_cpp.llama_model_get_vocab(self._model)
        self._room: Any = (llama_cpp.llama_token * 8192)()
        self.begin = int(llama_cpp.llama_vocab_bos(self._vocab))
        self.end = self.special(END)
        self.roles = {role: self.special(f"<|{role}|>") for role in ROLES}

    def close(self) -> None:
        llama_cpp.llama_model_free(self._model)

    def text(self, text: str, special: bool = False) -> list[int]:
        """Token ids of plain text; markers inside it are read as text unless ``special``."""
        raw = text.encode()
        count = llama_cpp.llama_tokenize(self._vocab, raw, len(raw), self._room, len(self._room), False, special)
        if count < 0:
            raise ValueError(f"text of {len(raw)} bytes is longer than {len(self._room)} tokens")
        return self._room[:count]

    def special(self, piece: str) -> int:
        """The id of a control piece."""
        ids = self.text(piece, special=True)
        if len(ids) != 1:
            raise ValueError(f"{piece} is not one piece of this vocabulary")
        return ids[0]

    def prompt(self, messages: Iterable[Message]) -> list[int]:
        """Token ids up to and including the marker after which the assistant writes."""
        return self.conversation(messages)[0] + [self.roles["assistant"]]

    def conversation(self, messages: Iterable[Message]) -> tuple[list[int], list[bool]]:
        """Token ids, and which of them the assistant wrote (its end marker included)."""
        ids: list[int] = [self.begin]
        written = [False]
        for message in messages:
            body = [*self.text(message.content), self.end]
            ids += [self.roles[message.role], *body]
            written += [False] + [message.role == "assistant"] * len(body)
        return ids, written

    def plain(self, ids: Iterable[int]) -> str:
        """Text of token ids; control pieces write nothing."""
        room = ctypes.create_string_buffer(256)
        raw = b""
        for token in ids:
            count = llama_cpp.llama_token_to_piece(self._vocab, token, room, len(room), 0, False)
            raw += room.raw[:count]
        return raw.decode(errors="replace")


@llama_cpp.llama_log_callback
def _silent(level: int, text: bytes, user_data: ctypes.c_void_p) -> None:
    return None


def quiet() -> None:
    """Stop llama.cpp from writing its load report to stderr."""
    llama_cpp.llama_log_set(_silent, ctypes.c_void_p(0))
