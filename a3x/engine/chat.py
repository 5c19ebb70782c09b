"""From messages to prompt tokens through the model's own chat template, and from raw text back to answer, reasoning, tool calls.

Knows the vocabulary only through ``Model``; nothing of contexts or sampling. User text can never forge a control token:
messages are tokenised apart from the template around them.
"""

from __future__ import annotations

import codecs
import datetime
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, Protocol

import jinja2
import jinja2.meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from a3x.errors import BadRequest, Unsupported
from a3x.types import Encoded, Generation, Message, RawPrompt, ToolSpec

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""For models that bring no template; status says so."""

REASONING_MARKS = (("<think>", "</think>"), ("[ANÁLISE INTERNA]", "[FIM DA ANÁLISE]"))
TOOL_MARKS = ("<tool_call>", "</tool_call>")

MARK = re.compile("\ue000([0-9]+)\ue001")
"""Private characters around a message's number, where the message itself will stand in the rendered template."""

QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
"""A JSON string, or the beginning of one."""

Kind = Literal["answer", "reasoning"]
Marks = Literal["all", "leading", "none"]
"""Where marks count: everywhere, only before the first word of the answer, nowhere."""


class Vocabulary(Protocol):
    """The part of ``llama.Model`` that rendering needs."""

    bos: int
    eos: int
    end_of_turn: int
    adds_bos: bool
    vocab_size: int

    @property
    def chat_template(self) -> str | None: ...
    def meta(self, key: str) -> str | None: ...
    def tokenize(self, text: str, parse_special: bool) -> list[int]: ...
    def token_text(self, token: int) -> str: ...
    def is_control(self, token: int) -> bool: ...


class ChatTemplate:
    """Renders messages to token ids. Raises BadRequest when the template refuses the conversation."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        source = vocabulary.chat_template
        self.origin = "model" if source else "chatml (the model brings none)"
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        environment.globals["raise_exception"] = _refuse
        environment.globals["strftime_now"] = lambda form: datetime.datetime.now().strftime(form)
        environment.globals["bos_token"] = vocabulary.token_text(vocabulary.bos)
        environment.globals["eos_token"] = vocabulary.token_text(vocabulary.eos)
        environment.filters["tojson"] = lambda value, **_: json.dumps(value, ensure_ascii=False)
        try:
            self._template = environment.from_string(source or CHATML)
            self._knows_tools = "tools" in jinja2.meta.find_undeclared_variables(environment.parse(source or CHATML))
        except jinja2.TemplateError as error:
            raise Unsupported(f"the model's chat template cannot be used: {error}", param="model") from error
        # A SentencePiece vocabulary that adds a space before text would add one at every seam: render it whole.
        spaces = vocabulary.meta("tokenizer.ggml.model") == "llama"
        self._whole = spaces and vocabulary.meta("tokenizer.ggml.add_space_prefix") != "false"

    def prompt(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> list[int]:
        """Token ids of the conversation up to where the assistant speaks, the start token included.

        ``tools`` reach the template if it knows what to do with them, else they are a line of the system message.
        """
        if tools and not self._knows_tools:
            messages, tools = with_tool_line(messages, tools), ()
        self._check_tools(tools)
        return self._begun(
            self._rendered_whole(messages, tools) if self._whole else self._rendered_apart(messages, tools)
        )

    def raw(self, prompt: RawPrompt) -> list[int]:
        """Token ids of a prompt that brings its own form. BadRequest for an empty one or an id that does not exist."""
        if isinstance(prompt, str):
            ids = self.tokens(prompt, begin=True)
        else:
            ids = list(prompt)
            size = self._vocabulary.vocab_size
            if any(not 0 <= token < size for token in ids):
                raise BadRequest(f"the prompt has a token id that is not in 0..{size - 1}", param="prompt")
        if not ids:
            raise BadRequest("the prompt is empty: there is nothing to continue", param="prompt")
        return ids

    def tokens(self, text: str, begin: bool) -> list[int]:
        """Token ids of ``text``, in which control tokens count as such; ``begin`` adds the start token that belongs there."""
        ids = self._vocabulary.tokenize(text, parse_special=True)
        return self._begun(ids) if begin else ids

    def _begun(self, ids: list[int]) -> list[int]:
        vocabulary = self._vocabulary
        return [vocabulary.bos, *ids] if vocabulary.adds_bos and ids[:1] != [vocabulary.bos] else ids

    def vocabulary(self) -> dict[str, Any]:
        """What a client that renders prompts itself needs to know."""
        vocabulary = self._vocabulary
        return {
            "size": vocabulary.vocab_size,
            "bos_token": vocabulary.token_text(vocabulary.bos) or None,
            "eos_token": vocabulary.token_text(vocabulary.end_of_turn) or None,
            "add_bos_token": vocabulary.adds_bos,
            "chat_template": vocabulary.chat_template or CHATML,
        }

    def conversation(self, messages: Sequence[Message]) -> Encoded:
        """The tokens of a conversation that ends with an assistant message, ready to be learnt from."""
        if not messages or messages[-1].role != "assistant":
            raise BadRequest("the conversation does not end with an assistant message", param="messages")
        prompt = self.prompt(messages[:-1])
        answer = self._vocabulary.tokenize(messages[-1].content, parse_special=False)
        return Encoded((*prompt, *answer, self._vocabulary.end_of_turn), len(prompt))

    def _check_tools(self, tools: Sequence[ToolSpec]) -> None:
        """Tools are rendered as part of the template, where a control token's text would become one."""
        if not tools:
            return
        text = json.dumps([_wire(tool) for tool in tools], ensure_ascii=False)
        if any(self._vocabulary.is_control(token) for token in self._vocabulary.tokenize(text, True)):
            raise BadRequest("a tool's definition holds the text of one of this model's control tokens", param="tools")

    def _rendered_apart(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[int]:
        """Every message stands in the template as a numbered mark, and is put in its place as plain text."""
        numbers = [str(index) for index in range(len(messages))]
        marked = [
            Message(message.role, f"\ue000{number}\ue001") for message, number in zip(messages, numbers, strict=True)
        ]
        before, *rest = MARK.split(self._render(marked, tools))
        if rest[0::2] != numbers:
            return self._rendered_whole(messages, tools)
        ids = self._vocabulary.tokenize(before, parse_special=True)
        for message, after in zip(messages, rest[1::2], strict=True):
            ids += self._vocabulary.tokenize(message.content, parse_special=False)
            ids += self._vocabulary.tokenize(after, parse_special=True)
        return ids

    def _rendered_whole(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[int]:
        for message in messages:
            if any(self._vocabulary.is_control(token) for token in self._vocabulary.tokenize(message.content, True)):
                raise BadRequest("a message holds the text of one of this model's control tokens", param="messages")
        return self._vocabulary.tokenize(self._render(messages, tools), parse_special=True)

    def _render(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> str:
        values: dict[str, Any] = {
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "add_generation_prompt": True,
            "tools": [_wire(tool) for tool in tools] or None,
        }
        try:
            return self._template.render(values)
        except (jinja2.TemplateError, TypeError, ValueError) as error:
            raise BadRequest(
                f"this model's chat template refuses the conversation: {error}", param="messages"
            ) from error


def with_tool_line(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> tuple[Message, ...]:
    """The conversation with ``Tools you can call: name(arg, arg)`` at the end of its system message."""
    listed = ", ".join(f"{tool.name}({', '.join(tool.parameters.get('properties', {}))})" for tool in tools)
    line = f"Tools you can call: {listed}"
    if messages and messages[0].role == "system":
        return (Message("system", f"{messages[0].content}\n{line}"), *messages[1:])
    return (Message("system", line), *messages)


def splitter(request: Generation) -> Splitter:
    """The splitter that ``request`` needs: what a grammar or a raw prompt makes is told apart by other rules than free text."""
    sampling = request.sampling
    if request.raw is not None:
        return Splitter(sampling.stop, "none")
    if sampling.grammar is None:
        return Splitter(sampling.stop)
    return Splitter(sampling.stop, "leading" if sampling.grammar.when == "always" else "all", json_calls=True)


def _wire(tool: ToolSpec) -> dict[str, Any]:
    """A tool as chat templates expect it, which is OpenAI's shape."""
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


def _refuse(reason: str) -> NoReturn:
    raise jinja2.TemplateError(reason)


@dataclass(frozen=True)
class Span:
    """A stretch of final text and what it is."""

    kind: Kind
    text: str


class Splitter:
    """Turns token bytes into final text: whole characters only, stop strings cut, reasoning told apart, tool calls kept back.

    ``stopped`` is set once a stop string was met; what follows is dropped. ``raw`` is everything up to there, marks
    included; ``tool_calls`` what stood between tool-call marks. With ``json_calls`` a closing mark inside a JSON string is text.
    """

    def __init__(self, stop: Sequence[str] = (), marks: Marks = "all", json_calls: bool = False) -> None:
        self.stopped = False
        self.raw = ""
        self.tool_calls: list[str] = []
        self._stop = tuple(stop)
        self._counting = marks
        self._json_calls = json_calls
        self._spoken = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._call = ""
        self._inside: Literal["answer", "reasoning", "tool_call"] = "answer"
        self._closing = ""

    @property
    def settled(self) -> int:
        """Characters of ``raw`` that no stop string can take back."""
        return len(self.raw) - len(self._held)

    def feed(self, data: bytes) -> list[Span]:
        """Spans that are final after ``data``; text that may still become a mark or a stop string is held back."""
        return self._take(self._decoder.decode(data), final=False)

    def finish(self) -> list[Span]:
        """Everything still held back, at the end of generation; an unclosed tool call ends here."""
        spans = self._take(self._decoder.decode(b"", final=True), final=True)
        self._end_call()
        return spans

    def _take(self, text: str, final: bool) -> list[Span]:
        if self.stopped:
            return []
        self.raw += text
        self._held += text
        spans: list[Span] = []
        while self._advance(spans, final):
            pass
        return spans

    def _advance(self, spans: list[Span], final: bool) -> bool:
        """Emit up to the first mark or stop string in what is held; True if there may be more."""
        marks = self._marks()
        found = min(((at, mark) for mark in marks if (at := self._find(mark)) >= 0), default=None)
        if found is None:
            keep = 0 if final else _partial_suffix(self._held, marks)
            self._emit(spans, len(self._held) - keep)
            return False
        at, mark = found
        self._emit(spans, at)
        if self._inside == "answer" and mark in self._stop:
            self.stopped = True
            self.raw = self.raw[: len(self.raw) - len(self._held)]
            self._held = ""
            return False
        if self._inside == "answer" and not self._opens():  # what was emitted just now made the mark a piece of text
            self._emit(spans, len(mark))
            return True
        self._held = self._held[len(mark) :]
        self._switch(mark)
        return True

    def _find(self, mark: str) -> int:
        """Where ``mark`` begins in what is held, -1 if nowhere."""
        if not (self._json_calls and self._inside == "tool_call"):
            return self._held.find(mark)
        bare = QUOTED.sub(lambda match: "\0" * len(match[0]), self._call + self._held)
        return max(-1, bare.find(mark) - len(self._call))

    def _marks(self) -> tuple[str, ...]:
        if self._inside != "answer":
            return (self._closing,)
        return (*self._stop, *(opening for opening, _ in (*REASONING_MARKS, TOOL_MARKS) if self._opens()))

    def _opens(self) -> bool:
        """Whether reasoning or a tool call may begin here."""
        return self._counting == "all" or (self._counting == "leading" and not self._spoken)

    def _switch(self, mark: str) -> None:
        self._end_call()
        if self._inside != "answer":
            self._inside, self._closing = "answer", ""
            return
        self._inside = "tool_call" if mark == TOOL_MARKS[0] else "reasoning"
        self._closing = dict((*REASONING_MARKS, TOOL_MARKS))[mark]

    def _emit(self, spans: list[Span], length: int) -> None:
        text, self._held = self._held[:length], self._held[length:]
        if self._inside == "tool_call":
            self._call += text
        elif text:
            spans.append(Span(self._inside, text))
            self._spoken = self._spoken or (self._inside == "answer" and not text.isspace())

    def _end_call(self) -> None:
        if self._call:
            self.tool_calls.append(self._call)
            self._call = ""


def _partial_suffix(text: str, marks: Sequence[str]) -> int:
    """Length of the longest end of ``text`` that begins one of ``marks``."""
    longest = min(len(text), max((len(mark) for mark in marks), default=1) - 1)
    for size in range(longest, 0, -1):
        if any(mark.startswith(text[-size:]) for mark in marks):
            return size
    return 0
