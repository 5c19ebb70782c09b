"""Continuous batching: every step gives one mix a chunk of one prompt and a token of each of its answers.

Reads top to bottom in ``Batcher.step``. Knows llama.cpp only through the contexts it is given, and neither threads nor HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from a3x.engine.burst import MOST_ROUNDS, Flag, Rounds
from a3x.engine.contexts import Home, Residents
from a3x.engine.speculate import Speculation, cut
from a3x.engine.streams import Draws, Outbox, Stream
from a3x.engine.turns import LEVELS, PATIENCE_S, Turns, Waiting, urgency
from a3x.engine.writer import Writer
from a3x.errors import A3XError, EngineFailure, Overloaded, PromptTooLong
from a3x.types import Clock, FinishReason, Generation, Mix, Priority, Sampling

QUANTUM_S = 0.01
"""Mixes that share a context change places only this often: a change costs about a millisecond."""
READ_S, READ_ALONE_S = 0.01, 0.05
"""So long, and at least for a chunk, a step reads prompts before it writes: with a person among those who wait for their
next token, and without."""
BURST_S, WARY_S = 0.05, 0.004
"""So long, and at least a step, answers are written on before their tokens are told, if nobody reads; and where there is a
stop string, which is only found then and makes all that comes after it vain."""
FILLED = 0.75
"""Prompts' ends are read in one pass if they are at least so much of it; the rest fills the shorter ones up."""
LOOK_S = 0.05
"""Those who wait are looked at when something changed, and this often for what time alone changes."""


class Speech(Protocol):
    """Between messages, tokens and bytes."""

    def prompt(self, request: Generation) -> list[int]: ...
    def token_bytes(self, token: int) -> bytes: ...
    def ends_generation(self, token: int) -> bool: ...


@dataclass(eq=False)
class Lane:
    """The streams of one mix in one context: what a step computes together."""

    home: Home
    mix: Mix
    streams: list[Stream] = field(default_factory=list)

    @property
    def priority(self) -> Priority:
        return min((stream.request.priority for stream in self.streams), key=LEVELS.__getitem__)


@dataclass(frozen=True)
class Drawn:
    """What a step or a burst drew: in every round a token for each stream, in the last 0 if it ``failed``. No answer ends before
    the last.

    Of a stream that is watched, which has one round only, also the float32[n_vocab] that the token came from.
    """

    streams: Sequence[Stream]
    rounds: Rounds
    rows: dict[Stream, NDArray[np.float32]]
    failed: dict[Stream, A3XError]


class Batcher:
    """Turns submitted streams into answers, a step at a time. ``news`` says whether somebody is at the door."""

    def __init__(
        self,
        residents: Residents,
        speech: Speech,
        sampler: Callable[[Sampling], Draws],
        context_tokens: int,
        model_sha256: str,
        clock: Clock,
        outbox: Outbox,
        news: Flag,
        speculation: Speculation,
    ) -> None:
        self._residents = residents
        self._speech = speech
        self._sampler = sampler
        self._limit = context_tokens
        self._model_sha256 = model_sha256
        self._clock = clock
        self._outbox = outbox
        self._news = news
        self._speculation = speculation
        self._waiting: Waiting[Stream] = Waiting()
        self._lanes: dict[tuple[Home, str], Lane] = {}
        self._turns: Turns[Lane] = Turns()
        self._last: tuple[Lane, float] | None = None
        self._look_again = 0.0
        self.changed = True
        """Something began or ended since the owner last looked; the owner says when it has."""
        self.counters = {"answers": 0, "failures": 0, "prompt_tokens": 0, "cached_tokens": 0, "completion_tokens": 0}
        self.busy_s = 0.0

    # --- what the owner calls ----------------------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        return not self._lanes and not len(self._waiting)

    def queue(self) -> dict[Priority, int]:
        return self._waiting.lengths()

    def submit(self, stream: Stream) -> None:
        """Read the request and let it wait; what is wrong with it is told at once."""
        try:
            stream.prompt = self._speech.prompt(stream.request)
            stream.room = self._room(stream)
            stream.writer = Writer(stream.request, self._speech, partial(self._outbox.put, stream.mailbox))
            self._waiting.add(stream, stream.request.priority, stream.asked_at)
            self._look_again = 0.0
        except Exception as error:  # a template or a tokeniser may fail in any way; it costs its own request only
            self._refuse(stream, error)

    def step(self) -> None:
        """Admit who waits, choose a mix, compute a chunk of one prompt and a token of each answer, tell the listeners."""
        began = self._clock.monotonic()
        self._let_go(began)
        self._admit(began)
        lane = self._choose(began)
        if lane is not None:
            self._read(lane)
            self._write(lane)
            self.busy_s += self._clock.monotonic() - began

    def fail_running(self, error: A3XError) -> None:
        """After something unforeseen: no context can be trusted, and what runs in them is lost."""
        for lane in list(self._lanes.values()):
            self._residents.spoil(lane.home)
            for stream in lane.streams.copy():
                self._fail(stream, error)

    def refuse_waiting(self, error: A3XError) -> None:
        """Nobody is admitted any more."""
        for stream in self._waiting.in_order():
            self._refuse(stream, error)
        self._waiting.keep([])

    # --- admit -------------------------------------------------------------------------------------------------------

    def _let_go(self, now: float) -> None:
        """Free the sequences of those who left, and end answers whose deadline has passed."""
        for lane in list(self._lanes.values()):
            for stream in lane.streams.copy():
                if stream.mailbox.abandoned:
                    self._finish(stream, "cancelled")
                elif stream.late(now):
                    self._finish(stream, "length")

    def _admit(self, now: float) -> None:
        """Give sequences to those who wait, most urgent first; who cannot be placed yet lets others pass."""
        if not len(self._waiting) or now < self._look_again:
            return
        self._look_again = now + LOOK_S
        left: list[Stream] = []
        full: set[tuple[str, bool, bool]] = set()
        for stream in self._waiting.in_order():
            if stream.mailbox.abandoned:
                self.changed = True
            elif stream.late(now):
                waited = f"{now - stream.asked_at:.1f} s"
                self._refuse(stream, Overloaded(f"the request's deadline passed after {waited} in the queue"))
            else:
                try:
                    placed = self._place(stream, now, full)
                except Exception as error:  # whatever it is, to leave it waiting would be to try it again without end
                    self._refuse(stream, error)
                    continue
                if not placed:
                    left.append(stream)
        self._waiting.keep(left)

    def _place(self, stream: Stream, now: float, full: set[tuple[str, bool, bool]]) -> bool:
        """False if it has to wait; raises what keeps it from ever being placed.

        ``full`` are the mixes that already had to wait, brief or not, with and without leaving room for people.
        """
        request, brief = stream.request, stream.brief
        modest = request.priority != "user" and now - stream.asked_at < PATIENCE_S
        if (request.mix.key, brief, modest) in full:
            return False
        # a kept prefix has no logits any more, so what is scored is computed from its first token on
        kept_of = [] if stream.scoring else stream.prompt
        seat = self._residents.place(request.mix, kept_of, leave_one=modest, brief=brief)
        if seat is None:
            full |= {(request.mix.key, brief, True), (request.mix.key, brief, modest)}
            return False
        try:
            stream.sampler = self._sampler(request.sampling)
        except BaseException:
            self._residents.release(seat, request.mix)
            raise
        stream.seat, stream.position, stream.admitted_at = seat, seat.kept, now
        lane = self._lanes.setdefault((seat.home, request.mix.key), Lane(seat.home, request.mix))
        lane.streams.append(stream)
        self.changed = True
        return True

    def _room(self, stream: Stream) -> int:
        """Tokens the answer may have; a prompt that is only scored leaves none. PromptTooLong names limit and size."""
        tokens, wanted = len(stream.prompt), stream.request.sampling.max_tokens
        room = self._limit - tokens
        if room < (0 if stream.scoring else 1):
            part = "" if stream.scoring else ", one of them for the answer"
            raise PromptTooLong(
                f"the prompt is {tokens} tokens; the context holds {self._limit}{part}",
                param="messages" if stream.request.raw is None else "prompt",
            )
        return room if wanted is None else min(wanted, room)

    # --- choose ------------------------------------------------------------------------------------------------------

    def _choose(self, now: float) -> Lane | None:
        """Contexts and the mixes in them take turns; within a shared context a turn lasts a while."""
        lanes = list(self._lanes.values())
        if len(lanes) < 2:
            return lanes[0] if lanes else None
        lane = self._turns.next({lane: lane.priority for lane in lanes})
        if self._last is not None:
            last, since = self._last
            if lane.home is last.home and lane is not last and last.streams and now - since < QUANTUM_S:
                lane = last
        if self._last is None or self._last[0] is not lane:
            self._last = (lane, now)
        self._turns.took(lane, lane.priority)
        return lane

    # --- compute -----------------------------------------------------------------------------------------------------

    def _read(self, lane: Lane) -> None:
        """Chunks of prompts for a while, at least one: the more answers are written side by side, the less each costs.

        Judges have all the time there is: of them every prompt is read first, unless somebody knocks.
        """
        patient = lane.priority == "judging"
        until = self._clock.monotonic() + (READ_S if lane.priority == "user" else READ_ALONE_S)
        while self._read_chunk(lane) and ((patient and not self._news.raised) or self._clock.monotonic() < until):
            pass

    def _read_chunk(self, lane: Lane) -> bool:
        """One chunk of the most urgent prompt that is not read yet, and what neighbours end with, if that makes one pass.

        False if there is none, or something went wrong.
        """
        reading = [stream for stream in lane.streams if stream.reading]
        if not reading:
            return False
        stream = min(reading, key=lambda stream: urgency(stream.request.priority, stream.asked_at))
        together = self._together(stream, reading, lane.home.context.pass_tokens)
        try:
            self._residents.set_mix(lane.home, lane.mix)
            if len(together) > 1:
                self._read_ends(lane, together)
            else:
                self._read_one(lane, stream)
        except EngineFailure as error:
            self._residents.spoil(lane.home)
            for stream in together:
                self._fail(stream, error)
            return False
        return not lane.home.spoilt

    def _together(self, stream: Stream, reading: Sequence[Stream], most_tokens: int) -> list[Stream]:
        """Streams whose prompts end with chunks that share a pass with this one's end, in the order of their sequences; it alone
        if there are none. Such a chunk is never kept as a prefix, so its sums may be those of a crowd."""
        together = [stream]
        if not stream.ends_prompt or stream.scoring:
            return together
        ends = {_slot(each): each for each in reading if each.ends_prompt and not each.scoring}
        longest = filled = len(stream.chunk)
        for step in (-1, 1):
            at = _slot(stream) + step
            while each := ends.get(at):
                most, used = max(longest, len(each.chunk)), filled + len(each.chunk)
                whole = most * (len(together) + 1)
                room = all(one.position + most <= self._limit for one in (*together, each))
                if whole > most_tokens or used < FILLED * whole or not room:
                    break
                longest, filled = most, used
                together.append(each)
                at += step
        return sorted(together, key=_slot)

    def _read_ends(self, lane: Lane, streams: Sequence[Stream]) -> None:
        """The last chunks of several prompts in one pass; each yields the first token of an answer."""
        chunks, positions = [stream.chunk for stream in streams], [stream.position for stream in streams]
        places = lane.home.context.read(chunks, positions, [_slot(stream) for stream in streams])
        for stream in streams:
            stream.position = len(stream.prompt)
        self._begin(lane, streams, places)

    def _read_one(self, lane: Lane, stream: Stream) -> None:
        """A prompt's next chunk; the last token of the last yields the first of the answer, or its end."""
        seat, chunk, scoring, last = stream.seat, stream.chunk, stream.scoring, stream.ends_prompt
        context = lane.home.context
        assert seat is not None
        context.decode(chunk, stream.position, last or scoring is not None, seat.slot, every=scoring is not None)
        if scoring:
            scoring.read(stream.prompt, stream.position, context.rows(len(chunk)), self._speech)
        stream.position += len(chunk)
        if link := seat.link(stream.position):
            seat.home.slots.computed(seat.slot, link)
        if last and scoring:
            self._finish(stream, "length")
        elif last:
            self._begin(lane, [stream], [-1])

    def _begin(self, lane: Lane, streams: Sequence[Stream], places: Sequence[int]) -> None:
        """The first tokens of answers whose prompts have been read."""
        now = self._clock.monotonic()
        for stream in streams:
            stream.first_at = now
        self._tell([self._draw(lane, streams, places)])

    def _write(self, lane: Lane) -> None:
        """A token of every answer; where nobody waits several in a row: what comes after them is quicker done at once."""
        writing = [stream for stream in lane.streams if stream.drawn >= 0]
        if not writing:
            return
        if len(writing) > 1:
            writing.sort(key=_slot)
        flowing, now = self._flowing(), self._clock.monotonic()
        wary = any(stream.request.sampling.stop for stream in writing)
        until = now + (WARY_S if wary else BURST_S) if flowing else now
        lone = writing[0] if flowing and len(self._lanes) == len(writing) == 1 else None
        drawn: list[Drawn] = []
        while True:
            try:
                context = self._residents.set_mix(lane.home, lane.mix)
                draft = self._speculation.draft(context, lone) if lone else []
                began = self._clock.monotonic() if lone else now
                new = (
                    self._try(lane, lone, draft) if lone and draft else self._advance(lane, writing, lone, until - now)
                )
            except EngineFailure as error:
                self._residents.spoil(lane.home)
                self._tell(drawn)
                for stream in writing:
                    if stream in lane.streams:
                        self._fail(stream, error)
                return
            drawn += new
            now = self._clock.monotonic()
            if lone:
                self._speculation.took(1 + len(draft), (now - began) / (1 if draft else len(new[0].rounds)))
            if self._ends(drawn[-1]) or self._news.raised or now >= until:
                break
        self._tell(drawn)

    def _advance(self, lane: Lane, writing: Sequence[Stream], lone: Stream | None, seconds: float) -> list[Drawn]:
        """A token of each, or several while ``seconds`` last, unless Python has to look at every one."""
        rounds = 1
        if seconds > 0 and not any(stream.watched for stream in writing):
            rounds = self._speculation.rests(lone) if lone else MOST_ROUNDS
        places, found = lane.home.context.burst(
            [stream.drawn for stream in writing],
            [stream.position for stream in writing],
            [_slot(stream) for stream in writing],
            [stream.sampler for stream in writing],
            [stream.room - len(stream.tokens) for stream in writing],
            rounds,
            seconds,
            self._news,
        )
        for stream in writing:
            stream.position += len(found)
        return [self._settle(lane, writing, places, found)]

    def _try(self, lane: Lane, stream: Stream, draft: Sequence[int]) -> list[Drawn]:
        """The last token and a draft of what follows in one chunk; drawn row by row, as one by one, while the draft holds."""
        context, count = lane.home.context, 1 + len(draft)
        context.decode([stream.drawn, *draft], stream.position, True, _slot(stream), every=True)
        drawn = list[Drawn]()
        for place in range(count):
            drawn.append(self._draw(lane, [stream], [place]))
            if self._ends(drawn[-1]) or draft[place : place + 1] != [stream.drawn]:
                break
        stream.position += len(drawn)
        if len(drawn) < count:
            cut(context, _slot(stream), stream.position)
        self._speculation.tried(len(draft), len(drawn) - 1)
        return drawn

    def _flowing(self) -> bool:
        """Whether nobody can do anything but write on: who has no sequence yet waits for an answer's end, which ends a burst."""
        return not any(stream.reading for lane in self._lanes.values() for stream in lane.streams)

    def _ends(self, drawn: Drawn) -> bool:
        """Whether one of the answers certainly ends with the token just drawn; a stop string is found when it is told."""
        return bool(drawn.failed) or any(
            self._speech.ends_generation(token) or len(stream.tokens) >= stream.room
            for stream, token in zip(drawn.streams, drawn.rounds.last, strict=True)
        )

    # --- draw and tell -----------------------------------------------------------------------------------------------

    def _draw(self, lane: Lane, streams: Sequence[Stream], places: Sequence[int]) -> Drawn:
        """A token for each stream from its place in the last decode."""
        found = lane.home.context.draw([stream.sampler for stream in streams], places)
        return self._settle(lane, streams, places, found)

    def _settle(self, lane: Lane, streams: Sequence[Stream], places: Sequence[int], rounds: Rounds) -> Drawn:
        """Give every stream its tokens; where the burst left its last to us, it is drawn now."""
        drawn = Drawn(streams, rounds, {}, {})
        for index, stream in enumerate(streams):
            if stream.watched:
                drawn.rows[stream] = np.array(lane.home.context.logits(places[index]))
            tokens = rounds.tokens[index]
            if tokens[-1] < 0:
                self._draw_ourselves(lane, drawn, index, places[index])
            stream.tokens += tokens
            stream.drawn = tokens[-1]
        return drawn

    def _draw_ourselves(self, lane: Lane, drawn: Drawn, index: int, place: int) -> None:
        """Token 0 with a reason if the numbers are not finite or nothing can be drawn."""
        stream, found = drawn.streams[index], drawn.rounds
        assert stream.sampler is not None
        try:
            if not found.finite[index]:
                self._residents.spoil(lane.home)
                raise EngineFailure("the model's numbers are not finite with this mix; nothing can be drawn")
            token = stream.sampler.draw(lane.home.context, place)
            found.logprobs[index][-1] = float(drawn.rows[stream][token]) - found.normalisers[index]
        except A3XError as error:
            drawn.failed[stream] = error
            token = 0
        found.tokens[index][-1] = token

    def _tell(self, drawn: Sequence[Drawn]) -> None:
        """What was drawn, of the same streams every time, goes to the listeners."""
        for index, stream in enumerate(drawn[0].streams if drawn else ()):
            self._tell_one(stream, index, drawn)

    def _tell_one(self, stream: Stream, index: int, drawn: Sequence[Drawn]) -> None:
        """Tokens with log-probability and entropy up to the answer's end: an end token, a stop string or no room left."""
        writer = stream.writer
        assert writer is not None
        for each in drawn:
            found, error = each.rounds, each.failed.get(stream)
            tokens, logprobs = found.tokens[index], found.logprobs[index]
            told = len(tokens) - (error is not None)
            ended = error is None and self._speech.ends_generation(tokens[-1])
            taken = writer.write(tokens[: told - ended], logprobs, each.rows.get(stream), found.normalisers[index])
            if writer.split.stopped:
                told = taken
            stream.logprobs += logprobs[:told]
            stream.entropies += found.entropies[index][:told]
            if ended or writer.split.stopped:
                return self._finish(stream, "stop")
            if error:
                writer.say()
                return self._fail(stream, error)
            if len(stream.logprobs) >= stream.room:
                return self._finish(stream, "length")
        writer.say()

    def _finish(self, stream: Stream, reason: FinishReason) -> None:
        assert stream.writer is not None
        stream.writer.finish()
        now = self._clock.monotonic()
        stream.first_at = stream.first_at or now
        completion = stream.completion(reason, self._model_sha256, now)
        self.counters["answers"] += stream.scoring is None
        self.counters["prompt_tokens"] += completion.prompt_tokens
        self.counters["cached_tokens"] += completion.cached_tokens
        self.counters["completion_tokens"] += completion.completion_tokens
        self._outbox.put(stream.mailbox, completion)
        self._leave(stream)

    def _fail(self, stream: Stream, error: A3XError) -> None:
        self._refuse(stream, error)
        self._leave(stream)

    def _refuse(self, stream: Stream, error: Exception) -> None:
        """Tell why there is no answer; what nobody foresaw as a failure of the engine."""
        if not isinstance(error, A3XError):
            error = EngineFailure(f"{type(error).__name__}: {error}")
        self.counters["failures"] += 1
        self.changed = True
        self._outbox.put(stream.mailbox, error)

    def _leave(self, stream: Stream) -> None:
        """Give back the sequence; its lane ends with its last stream."""
        seat, mix = stream.seat, stream.request.mix
        assert seat is not None
        assert stream.sampler is not None
        stream.drawn = -1
        lane = self._lanes[seat.home, mix.key]
        lane.streams.remove(stream)
        if not lane.streams:
            del self._lanes[seat.home, mix.key]
        stream.sampler.close()
        self._residents.release(seat, mix)
        self._look_again = 0.0
        self.changed = True


def _slot(stream: Stream) -> int:
    assert stream.seat is not None
    return stream.seat.slot
