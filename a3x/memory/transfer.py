"""Spans in and out as NDJSON, a line at a time. Knows no command line and no HTTP.

Imported text is never a training target by its own word: an origin that would make it one becomes ``file``, unless the
owner vouches for the very bytes by a manifest (``vouched``). Nor is it recalled as what the user said, unless the manifest
says that its facts are the owner's (docs/decisions/0029). What a line claimed and we do not take over stays in ``extra``.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Literal

import apsw
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from a3x.disk import file_sha256
from a3x.errors import BadRequest
from a3x.memory.redact import kinds, redact, redact_experience
from a3x.stores import phrasing
from a3x.stores.db import Database
from a3x.stores.experiences import FIELDS, Kept, insert_feedback, insert_rows, of_row, seq_of, to_row
from a3x.stores.facts import NewFact, PastFact, put_past
from a3x.types import THEMES, Experience, Feedback, Origin, Status

TARGETS = ("user", "verified", "owner_dataset")
"""Origins that may be trained on (DESIGN, invariant 5)."""
ASSESSED = ("priority", "components", "label", "cluster")
"""What this memory finds out for itself."""
MAX_LINE_BYTES = 2 << 20
CLAIMED = "claimed"
TOGETHER = 250
"""Lines in one transaction: an answer's record waits for no more of them. Fewer cost more, in the word index above all."""

Line = tuple[int, bytes]


class WireFeedback(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rating: Literal[-1, 0, 1]
    correction: str | None = None
    when: float = Field(allow_inf_nan=False)


class WireFact(BaseModel):
    """What the user stated in a span, in the order in which it was stated; ``when`` says what replaces what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1)
    about: str
    value: str
    when: float = Field(allow_inf_nan=False)


class WireSpan(BaseModel):
    """A span as a line has it; fields we do not know are kept in ``extra``."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: str = Field(min_length=1, max_length=256)
    who: str
    did: str
    this: str
    when: str | float
    status: Status
    if_ok: str
    if_not: str = ""
    session: str = ""
    parent: str | None = None
    theme: str = "general"
    lang: str = ""
    origin: Origin = "file"
    messages: tuple[dict[str, Any], ...] = ()
    made_by: Literal["engine", "trajectory"] = "engine"
    mix: tuple[dict[str, Any], ...] = ()
    model_sha256: str = ""
    uncertainty: dict[str, int | float] = Field(default_factory=dict)
    tools: tuple[dict[str, Any], ...] = ()
    context: dict[str, Any] = Field(default_factory=dict)
    metadata: dict[str, Any] = Field(default_factory=dict)
    extra: dict[str, Any] = Field(default_factory=dict)
    schema_: int = Field(default=1, alias="schema")
    exit_code: int | None = None
    stderr: str = ""
    feedback: tuple[WireFeedback, ...] = ()
    facts: tuple[WireFact, ...] = ()


AS_THEY_ARE = tuple(set(WireSpan.model_fields) - {"schema_", "when", "feedback", "facts", "extra"})
"""Fields that a span takes over unread."""


@dataclass(frozen=True)
class Rejected:
    """A line that was not taken over, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch: stored, already there with the same content, and the rest with reasons."""

    stored: int = 0
    known: int = 0
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True)
class Vouched:
    """The owner's word for a file: the manifest's hash, and whether the facts in it are what the owner stated."""

    sha256: str
    facts: bool = False


@dataclass(frozen=True)
class Parsed:
    """A line as it claims to be."""

    span: Experience
    feedback: tuple[Feedback, ...] = ()
    facts: tuple[WireFact, ...] = ()


@dataclass(frozen=True)
class _Row:
    """A line: its number, its values as claimed and as stored, its feedback, the facts that are taken over with their times."""

    number: int
    claimed: tuple[Any, ...]
    stored: tuple[Any, ...]
    feedback: tuple[Feedback, ...]
    facts: tuple[tuple[NewFact, float], ...]


@dataclass
class _Tally:
    stored: int = 0
    known: int = 0
    rejected: list[Rejected] = field(default_factory=list)


class Importer:
    """Takes batches of lines. Idempotent by span id: a line that came before is known, not stored again."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def take(self, lines: Sequence[Line], word: Vouched | None = None) -> BatchResult:
        """Store a batch, some lines in a transaction; all is durable on return. StorageFull: part of it may be, ask again.

        ``word`` is the owner's for it.
        """
        tally = _Tally()
        writes = []
        for at in range(0, len(lines), TOGETHER):
            rows = [row for line in lines[at : at + TOGETHER] if (row := _ready(*line, word, tally))]
            writes.append(asyncio.wrap_future(self._db.write(partial(_store_all, rows=rows, tally=tally))))
            await asyncio.sleep(0)  # answers go first
        for ended in await asyncio.gather(*writes, return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended
        return BatchResult(tally.stored, tally.known, tuple(sorted(tally.rejected, key=lambda one: one.line)))


def _ready(number: int, data: bytes, word: Vouched | None, tally: _Tally) -> _Row | None:
    """A line as it claims to be and as it is stored; None for a blank one, and for a refused one, which is noted."""
    if not data.strip():
        return None
    try:
        line = without_secrets(parse(data))
        claimed, stored = to_row(line.span), redact_experience(taken_over(line, word))
        row = claimed if stored is line.span else to_row(stored)
        facts = tuple(map(_new_fact, line.facts)) if word and word.facts else ()
        return _Row(number, claimed, row, line.feedback, facts)
    except BadRequest as error:
        tally.rejected.append(Rejected(number, error.message))
        return None


def _new_fact(one: WireFact) -> tuple[NewFact, float]:
    return NewFact(one.text, one.about, phrasing.about_key(one.about) if one.value else "", one.value), one.when


def _store_all(connection: apsw.Connection, rows: Sequence[_Row], tally: _Tally) -> None:
    new = insert_rows(connection, [row.stored for row in rows])
    stated: list[PastFact] = []
    for row in rows:
        id = str(row.stored[0])
        if seq := new.pop(id, 0):  # a second line of the same id is compared like any other
            tally.stored += 1
            for word in row.feedback:
                insert_feedback(connection, word)
        elif same(of_row(connection, id), row.claimed, row.stored):
            tally.known += 1
            seq = seq_of(connection, id)
        else:
            tally.rejected.append(Rejected(row.number, f"id {id} is already there with other content"))
            continue
        stated += [PastFact(seq, fact, when) for fact, when in row.facts]
    put_past(connection, stated)


def same(there: tuple[Any, ...], claimed: tuple[Any, ...], row: tuple[Any, ...]) -> bool:
    """Whether a stored row is this line, as it came or as it is taken over; what is found out later does not count."""
    return _content(there) in (_content(claimed), _content(row))


def _content(row: tuple[Any, ...]) -> dict[str, Any]:
    kept = dict(zip(FIELDS, row, strict=True))
    extra = json.loads(kept["extra"])
    return {**kept, "extra": {name: value for name, value in extra.items() if name != CLAIMED}}


# --- one line --------------------------------------------------------------------------------------------------------


def parse(data: bytes) -> Parsed:
    """A line as it claims to be. BadRequest says what is wrong, naming the field."""
    if len(data) > MAX_LINE_BYTES:
        raise BadRequest(f"the line has {len(data)} bytes; the limit is {MAX_LINE_BYTES}")
    try:
        wire = WireSpan.model_validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadRequest(f"{where}: {first['msg']}" if where else first["msg"]) from error
    if wire.theme not in THEMES:
        raise BadRequest(f"theme: {wire.theme!r} is none of {', '.join(THEMES)}")
    quality = wire.metadata.get("quality_score", 0)
    if isinstance(quality, bool) or not isinstance(quality, int | float) or not 0 <= quality <= 100:
        raise BadRequest("metadata.quality_score: must be a number from 0 to 100")
    unknown = dict(wire.model_extra or {})
    claims = {name: unknown.pop(name) for name in (*ASSESSED, "seq") if name in unknown}
    extra = {**wire.extra, **unknown}
    if claims:
        extra = _with_claims(extra, claims)
    known = {name: getattr(wire, name) for name in AS_THEY_ARE}
    span = Experience(**known, when=seconds(wire.when), extra=extra, schema=wire.schema_)
    feedback = tuple(Feedback(wire.id, one.rating, one.correction, one.when) for one in wire.feedback)
    return Parsed(span, feedback, wire.facts)


def without_secrets(line: Parsed) -> Parsed:
    """Its feedback redacted, its facts without those that hold a secret; the span is redacted when it is stored."""
    if not line.feedback and not line.facts:
        return line
    said = tuple(replace(word, correction=word.correction and redact(word.correction)) for word in line.feedback)
    return replace(line, feedback=said, facts=tuple(fact for fact in line.facts if not kinds(redact(fact.text))))


def taken_over(line: Parsed, word: Vouched | None) -> Experience:
    """The span with the origin it gets here; what the line claimed and does not get stays beside it."""
    span = line.span
    claims: dict[str, Any] = {}
    origin: Origin = "owner_dataset" if word else "file" if span.origin in TARGETS else span.origin
    if word:
        claims = {"origin": span.origin, "manifest_sha256": word.sha256}
    elif origin != span.origin:
        claims = {"origin": span.origin}
    if line.facts and not (word and word.facts):
        claims["facts"] = [fact.model_dump() for fact in line.facts]
    return replace(span, origin=origin, extra=_with_claims(span.extra, claims)) if claims else span


def _with_claims(extra: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
    """What a line of ours claimed before is kept; something else of that name, of another program, too."""
    before = extra.get(CLAIMED, {})
    return {**extra, CLAIMED: {**(before if isinstance(before, dict) else {CLAIMED: before}), **claims}}


def seconds(when: str | float) -> float:
    """Epoch seconds of an ISO 8601 time (UTC if it names no zone, any number of decimals) or of a number. BadRequest."""
    if not isinstance(when, str):
        if when != when or when in (float("inf"), float("-inf")):
            raise BadRequest("when: must be a finite number or an ISO 8601 time")
        return when
    fraction = re.search(r"[.,](\d+)", when) if "." in when or "," in when else None
    try:
        base = datetime.fromisoformat(when.replace(fraction[0], "", 1) if fraction else when)
    except ValueError as error:
        raise BadRequest(f"when: {when!r} is not an ISO 8601 time") from error
    whole = int((base if base.tzinfo else base.replace(tzinfo=UTC)).timestamp())
    return float(Decimal(whole) + Decimal(f"0.{fraction[1]}")) if fraction else float(whole)


def iso(when: float) -> str | float:
    """ISO 8601 in UTC with nine decimals; the number itself where that would not give back the same."""
    try:
        whole = int(when // 1)
        decimals = f"{Decimal(when) - whole:.9f}"
        text = f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}{decimals[1:]}Z"
        return text if decimals.startswith("0.") and seconds(text) == when else when
    except (ValueError, OverflowError, OSError, BadRequest):
        return when


def lines_of(everything: Iterable[Kept]) -> Iterator[str]:
    """Each span with its feedback and its facts as one line, newline included."""
    for kept in everything:
        value = {**asdict(kept.span), "when": iso(kept.span.when)}
        del value["seq"]
        words = [{"rating": word.rating, "correction": word.correction, "when": word.when} for word in kept.feedback]
        facts = [
            {"text": fact.text, "about": fact.about, "value": fact.value, "when": fact.created} for fact in kept.facts
        ]
        told = {"feedback": words, "facts": facts}
        yield json.dumps({**value, **{name: said for name, said in told.items() if said}}, ensure_ascii=False) + "\n"


# --- the owner's word ------------------------------------------------------------------------------------------------


def vouched(file: Path, manifest: Path) -> Vouched:
    """The owner's word if the manifest names the file's hash, as ``{"files": {NAME: SHA256}}``. BadRequest if it does not.

    ``"facts": true`` in it says that what the file's lines name as stated was stated by the owner.
    """
    try:
        text = manifest.read_bytes()
        said = json.loads(text)
        promised = said["files"].get(file.name)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRequest(f'{manifest} is no manifest: {{"files": {{"{file.name}": "SHA256"}}}} is expected') from error
    if not isinstance(facts := said.get("facts", False), bool):
        raise BadRequest(f'{manifest}: "facts" must be true or false')
    real = file_sha256(file)
    if promised != real:
        raise BadRequest(f"{manifest} does not vouch for {file}: its sha256 is {real}, promised is {promised}")
    return Vouched(hashlib.sha256(text).hexdigest(), facts)


# --- whole files -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How far a file was taken: lines, bytes, the sha256 of those bytes, the size of the reject file, and counts."""

    lines: int = 0
    offset: int = 0
    sha256: str = hashlib.sha256().hexdigest()
    rejects_bytes: int = 0
    stored: int = 0
    known: int = 0
    rejected: int = 0

    def continues(self, file: Path) -> bool:
        """Whether the file still begins with what was taken."""
        digest, left = hashlib.sha256(), self.offset
        with file.open("rb") as opened:
            while left and (block := opened.read(min(left, 1 << 20))):
                digest.update(block)
                left -= len(block)
        return not left and digest.hexdigest() == self.sha256


def load_progress(data: Mapping[str, Any] | None) -> Progress:
    """From JSON; anything odd is no progress."""
    try:
        return Progress(**(data or {}))
    except TypeError:
        return Progress()
