"""``a3x chat``: a conversation with the daemon, one question, or what comes down a pipe. Knows no engine."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from a3x.cli import output
from a3x.cli.client import Client, Refused

app = typer.Typer(add_completion=False)

HELP = "/private  /new  /good  /bad  /correct TEXT  /help  /quit"


@app.command()
def chat(
    question: Annotated[str | None, typer.Argument(help="Ask this and leave; without it, a conversation.")] = None,
    model: Annotated[str, typer.Option(help="a3x, a3x:base, a3x:THEME@N[=SCALE][+…]")] = "a3x",
    private: Annotated[bool, typer.Option("--private", help="Remember nothing of this.")] = False,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Talk with the agent."""
    with Client(output.settings(home, config)) as daemon:
        talk = Conversation(daemon, model, private)
        if question is None and not sys.stdin.isatty():
            question = sys.stdin.read().strip()
        if question is not None:
            answer = talk.ask(question, _ignore if json else _write, _ignore)
            if json:
                output.emit(answer.summary())
            else:
                sys.stdout.write("\n")
            return
        daemon.get("/readyz")
        _converse(talk)


@dataclass
class Answer:
    """One streamed answer, put together again."""

    text: str = ""
    reasoning: str = ""
    own: dict[str, Any] = field(default_factory=dict)
    usage: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    """From the first piece to the last."""

    def summary(self) -> dict[str, Any]:
        return {"text": self.text, "reasoning": self.reasoning, "a3x": self.own, "usage": self.usage}

    def footer(self) -> str:
        """What made it, how fast, and whether it is remembered."""
        mix = " + ".join(f"{part['theme']}@{part['version']}:{part['scale']}" for part in self.own.get("mix", []))
        tokens = self.usage.get("completion_tokens", 0)
        speed = f"{(tokens - 1) / self.seconds:.0f} tokens/s" if tokens > 1 and self.seconds > 0 else f"{tokens} tokens"
        return f"{mix or 'base'} · {speed} · {'recorded' if self.own.get('recorded') else 'not recorded'}"


Sink = Callable[[str], None]


class Conversation:
    """The messages so far and the last answer's id. Asking adds to both; a failed question adds nothing.

    ``_kept`` is how many messages were not said in private.
    """

    def __init__(self, daemon: Client, model: str, private: bool) -> None:
        self.daemon = daemon
        self.model = model
        self.private = private
        self._kept = 0
        self.restart()

    def restart(self) -> None:
        """Forget the messages here; what is stored stays stored."""
        self.messages: list[dict[str, str]] = []
        self._kept = 0
        self.session = f"chat-{uuid.uuid4().hex[:12]}"
        self.last_id = ""

    def ask(self, question: str, write: Sink, write_reasoning: Sink) -> Answer:
        """Stream one answer into the sinks."""
        asked = [*self.messages, {"role": "user", "content": question}]
        wanted = {"stream": True, "stream_options": {"include_usage": True}}
        headers = {"X-A3X-Session": self.session, "X-A3X-Learn": "off" if self.private else "on"}
        answer, first, self.last_id = Answer(), 0.0, ""
        for chunk in self.daemon.chat({"model": self.model, "messages": asked, **wanted}, headers):
            answer.usage = chunk.get("usage") or answer.usage
            answer.own = chunk.get("a3x") or answer.own
            for choice in chunk["choices"]:
                text, reasoning = choice["delta"].get("content", ""), choice["delta"].get("reasoning_content", "")
                first = first or (time.perf_counter() if text or reasoning else 0.0)
                write(text)
                write_reasoning(reasoning)
                answer.text += text
                answer.reasoning += reasoning
        answer.seconds = time.perf_counter() - first if first else 0.0
        self.messages = [*asked, {"role": "assistant", "content": answer.text}]
        self.last_id = answer.own.get("experience_id", "") if answer.own.get("recorded") else ""
        self._kept = self._kept if self.private else len(self.messages)
        return answer

    def command(self, line: str) -> str:
        """Carry out a ``/command`` and say what came of it."""
        name, _, rest = line.partition(" ")
        match name:
            case "/private":
                return self._switch_private()
            case "/help":
                return HELP
            case "/new":
                self.restart()
                return "a new conversation"
            case "/good":
                return self._rate(1)
            case "/bad":
                return self._rate(-1)
            case "/correct":
                return self._rate(-1, rest.strip()) if rest.strip() else "/correct TEXT: say what the answer should be"
        return f"there is no {name}; {HELP}"

    def _switch_private(self) -> str:
        """What was said in private leaves the conversation, or the next recorded question would carry it along."""
        self.private = not self.private
        if self.private:
            return "private: nothing is remembered"
        said = len(self.messages) > self._kept
        del self.messages[self._kept :]
        return "remembering again" + ("; what was said in private is forgotten here too" if said else "")

    def _rate(self, rating: int, correction: str | None = None) -> str:
        if not self.last_id:
            return "there is no recorded answer to rate"
        value = {"experience_id": self.last_id, "rating": rating, "correction": correction}
        self.daemon.post("/a3x/feedback", value)
        return "noted"


def _converse(talk: Conversation) -> None:
    """Read, ask, print until the end of the input; Ctrl-C stops an answer, at the prompt it leaves."""
    import readline  # noqa: F401  input() edits and remembers lines once it is there

    from rich.console import Console

    console = Console(highlight=False)
    console.print(f"[dim]{talk.model} at {talk.daemon.url} · {HELP}[/dim]")
    while True:
        try:
            line = input("private> " if talk.private else "> ").strip()
        except (EOFError, KeyboardInterrupt):
            print()
            return
        if line in ("/quit", "/exit"):
            return
        if line:
            _step(talk, line, console)


def _step(talk: Conversation, line: str, console: Any) -> None:
    def dim(text: str) -> None:
        console.print(printable(text), style="dim", end="", markup=False)

    try:
        if line.startswith("/"):
            console.print(talk.command(line), style="dim", markup=False)
            return
        answer = talk.ask(line, _write, dim)
        console.print(f"\n{answer.footer()}", style="dim", markup=False)
    except Refused as error:
        console.print(error.message, style="red", markup=False)
    except KeyboardInterrupt:
        console.print("\nstopped", style="dim")


def _write(text: str) -> None:
    sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
    sys.stdout.flush()


def printable(text: str) -> str:
    """Without control characters: what a model writes must not steer the terminal."""
    return "".join(char for char in text if char in "\n\t" or not (char < " " or "\x7f" <= char <= "\x9f"))


def _ignore(text: str) -> None: ...
