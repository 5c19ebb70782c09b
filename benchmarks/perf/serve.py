"""Serving side by side with llama-server, on the same model, the same requests and the same load generator.

``python -m benchmarks.perf.serve [--quick] [--only NAME …] [--json FILE]``. Every figure is a ratio of interleaved pairs
with its 95 % interval; the verdict takes the interval's worse bound. The peer is llama.cpp of the same commit, with the
thread count, attention and route that proved fastest in a try before. The budgets are DESIGN's.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.support import load, models, servers
from benchmarks.support.paired import Budget, Pair, Ratio, interleaved, ratio, write_evidence
from benchmarks.support.servers import Endpoint, Ours, Settings, Theirs
from tests.support import tiny
from tests.support.peers import PROGRAMS, program

WORDS = ("river", "stone", "cloud", "seven", "letter", "garden", "bread", "window", "blue", "north", "train", "paper")
PREFIX_WORDS = 670
"""About 1 000 tokens of the seed's vocabulary."""
THREADS = (1, 2)
FIGURES = (
    "1",
    "4",
    "8",
    "mixes",
    "bench",
    "batched",
    "ceiling",
    "ceilings",
    "prefix",
    "swap",
    "peer-swap",
    "large",
)
ENDPOINTS: tuple[Endpoint, ...] = ("chat", "completion")


@dataclass(frozen=True)
class Size:
    """How much is measured: pairs a figure, tokens an answer, answers of each of eight streams, first tokens a figure.

    Of fewer streams than eight twice as many answers each, so that a turn is not over in a moment; of one four times as
    many pairs: what a machine does besides changes within seconds, and short turns stand closer together.
    """

    pairs: int
    tokens: int
    answers: int
    firsts: int
    large: bool


FULL = Size(pairs=24, tokens=128, answers=4, firsts=6, large=True)
QUICK = Size(pairs=4, tokens=64, answers=1, firsts=3, large=False)


class Texts:
    """Prompts that nobody has asked before, the same for both sides when drawn together."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    def short(self) -> str:
        number = next(self._numbers)
        return f"{number}: " + _words(12, number)

    def shortest(self) -> str:
        return str(next(self._numbers))

    def long(self) -> str:
        """A shared prefix of about 1 000 tokens and an end of its own."""
        return f"{_words(PREFIX_WORDS, 0)}. Question {next(self._numbers)}?"


def _words(count: int, start: int) -> str:
    return " ".join(WORDS[(start + place * (place + 3)) % len(WORDS)] for place in range(count))


@dataclass(frozen=True)
class Peers:
    """llama-server as started for each kind of question; the settings are the best that were tried."""

    by_streams: dict[int, Theirs]
    with_adapters: Theirs
    settings: Settings
    bench_threads: int


class Bench:
    """The figures, one method each, on two running sides."""

    def __init__(self, ours: Ours, peers: Peers, model: Path, size: Size) -> None:
        self.ours, self.peers, self.model, self.size = ours, peers, model, size
        self.texts = Texts()

    def figures(self, names: Sequence[str]) -> Iterator[Ratio]:
        found: dict[str, Callable[[], Sequence[Ratio]]] = {
            "1": lambda: self.streams(1, Budget("at least", 1.2)),
            "4": lambda: self.streams(4, None),
            "8": lambda: self.streams(8, Budget("at least", 1.5)),
            "mixes": lambda: [self.two_mixes()],
            "bench": lambda: [self.against_llama_bench()],
            "batched": lambda: [self.against_batched_bench()],
            "ceiling": lambda: [self.ceiling()],
            "ceilings": lambda: [self.ceilings()],
            "prefix": lambda: [self.shared_prefix()],
            "swap": lambda: [self.other_mix()],
            "peer-swap": lambda: [self.other_mix_against_peer()],
        }
        for name in FIGURES:
            if name in names and name in found:
                yield from found[name]()

    def streams(self, count: int, budget: Budget | None) -> Sequence[Ratio]:
        """Against llama-server; and the floor, from the same pairs: had all of ours but llama.cpp's computing taken no time."""
        computing: list[float] = []

        def ours() -> float:
            before = self.ours.computed_s()
            answers = self._ours([""] * count)
            computing.append(load.tokens(answers) / (self.ours.computed_s() - before))
            return load.tokens_per_s(answers)

        pairs = self._pairs(ours, lambda: self._theirs_per_s(count), self.size.pairs * max(1, 4 // count))
        floor = [(alone, peer) for alone, (_, peer) in zip(computing, pairs, strict=True)]
        return [
            ratio(f"{_streams(count)}, one mix ÷ llama-server -np {count}", pairs, "tok/s", budget),
            ratio(f"floor, {_streams(count)}: our llama.cpp alone ÷ llama-server", floor, "tok/s"),
        ]

    def two_mixes(self) -> Ratio:
        first, second = self.ours.adapters[:2]
        both = lambda: self._ours_per_s([first, second] * 4)  # noqa: E731
        pairs = self._pairs(both, lambda: self._ours_per_s([first] * 8))
        return ratio("8 streams, two mixes ÷ one mix", pairs, "tok/s", Budget("at least", 0.75))

    def against_llama_bench(self) -> Ratio:
        pairs = self._pairs(lambda: self._ours_per_s([""]), self._bench_per_s)
        return ratio("1 stream ÷ llama-bench tg128", pairs, "tok/s")

    def against_batched_bench(self) -> Ratio:
        pairs = self._pairs(lambda: self._ours_per_s([""] * 8), self._batched_per_s)
        return ratio("8 streams, one mix ÷ llama-batched-bench", pairs, "tok/s", Budget("at least", 0.7))

    def ceiling(self) -> Ratio:
        """What llama.cpp alone, without server, sampler and text, reaches on this machine: more nobody can."""
        pairs = self._pairs(self._bench_per_s, lambda: self._theirs_per_s(1))
        return ratio("ceiling: llama-bench tg128 ÷ llama-server -np 1", pairs, "tok/s")

    def ceilings(self) -> Ratio:
        """The same for eight streams."""
        pairs = self._pairs(self._batched_per_s, lambda: self._theirs_per_s(8))
        return ratio("ceiling: llama-batched-bench, 8 ÷ llama-server -np 8", pairs, "tok/s")

    def shared_prefix(self) -> Ratio:
        theirs = self.peers.by_streams[1]
        base = "a3x:base"
        self._first_s([base])
        self._their_first_s(theirs)
        pairs = self._pairs(
            lambda: self._first_s([base] * self.size.firsts),
            lambda: self._their_first_s(theirs),
        )
        return ratio("first token, 1 k shared prefix ÷ llama-server", pairs, "s")

    def other_mix(self) -> Ratio:
        """Both mixes hold the prefix; asking them in turn against asking one of them again and again."""
        first, second = self.ours.adapters[:2]
        self._first_s([first, second])
        turns = self.size.firsts // 2 + 1
        pairs = self._pairs(
            lambda: self._first_s([first, second] * turns),
            lambda: self._first_s([first] * turns * 2),
        )
        return ratio("first token on the other resident mix ÷ same mix, 1 k kept", pairs, "s", Budget("at most", 1.2))

    def other_mix_against_peer(self) -> Ratio:
        """The peer swaps its adapters over HTTP and computes the prompt anew: its memory is another adapter's."""
        first, second = self.ours.adapters[:2]
        theirs = self.peers.with_adapters
        turn = itertools.count()

        def peer() -> float:
            wanted = theirs.request(self.texts.long(), 2, cache=False)
            began = load.clock()
            theirs.use_adapter(next(turn) % 2, of=2)
            swap_s = load.clock() - began
            return swap_s + load.run(theirs.url, [[wanted]])[0][0].first_s

        self._first_s([first, second])
        pairs = self._pairs(peer, lambda: self._first_s([first, second]), fewest=6)
        what = "llama-server's adapter swap and re-prefill ÷ our other mix"
        return ratio(what, pairs, "s", Budget("at least", 5.0))

    def _pairs(self, ours: Callable[[], float], theirs: Callable[[], float], fewest: int = 0) -> list[Pair]:
        """Each turn begins when nothing of ours computes any more."""
        return interleaved(ours, theirs, max(self.size.pairs, fewest), self.ours.settle)

    def _asked(self, streams: int) -> list[list[str]]:
        answers = self.size.answers * (2 if streams < 8 else 1)
        return [[self.texts.short() for _ in range(answers)] for _ in range(streams)]

    def _ours_per_s(self, mixes: Sequence[str]) -> float:
        return load.tokens_per_s(self._ours(mixes))

    def _ours(self, mixes: Sequence[str]) -> list[list[load.Answer]]:
        """As many streams as there are model names ("": the base)."""
        wanted = [
            [self.ours.request(text, self.size.tokens, mix or "a3x:base") for text in texts]
            for mix, texts in zip(mixes, self._asked(len(mixes)), strict=True)
        ]
        return load.run(self.ours.url, wanted)

    def _bench_per_s(self) -> float:
        return servers.bench_tokens_per_s(self.model, self.peers.bench_threads, 128)

    def _batched_per_s(self) -> float:
        return servers.batched_tokens_per_s(self.model, self.peers.bench_threads, 32, self.size.tokens, 8)

    def _theirs_per_s(self, count: int) -> float:
        theirs = self.peers.by_streams[count]
        wanted = [[theirs.request(text, self.size.tokens) for text in texts] for texts in self._asked(count)]
        return load.tokens_per_s(load.run(theirs.url, wanted))

    def _their_first_s(self, theirs: Theirs) -> float:
        wanted = [theirs.request(self.texts.long(), 2) for _ in range(self.size.firsts)]
        return statistics.median(answer.first_s for answer in load.run(theirs.url, [wanted])[0])

    def _first_s(self, mixes: Sequence[str]) -> float:
        """Median time to the first text, over one connection, the prefix kept by every mix that has been asked before."""
        wanted = [self.ours.request(self.texts.long(), 2, mix) for mix in mixes]
        return statistics.median(answer.first_s for answer in load.run(self.ours.url, [wanted])[0])


def _streams(count: int) -> str:
    return f"{count} stream{'s' * (count > 1)}"


# --- the sides -------------------------------------------------------------------------------------------------------


def best_peer(model: Path, folder: Path, tokens: int) -> Settings:
    """The settings with which llama-server is fastest here, at eight streams.

    What is not half as fast as the best at one short stream is not tried further: on a busy machine, threads that spin
    for each other can be twenty times slower.
    """
    texts, found = Texts(), dict[Settings, float]()

    def per_s(theirs: Theirs, streams: int, length: int) -> float:
        wanted = [[theirs.request(texts.short(), length)] for _ in range(streams)]
        return load.tokens_per_s(load.run(theirs.url, wanted))

    with ExitStack() as stack:
        sides: dict[Settings, Theirs] = {}
        for number, (threads, flash) in enumerate(itertools.product(THREADS, (True, False))):
            settings = [Settings(threads, endpoint, flash) for endpoint in ENDPOINTS]
            server = stack.enter_context(servers.llama_server(model, folder / f"try-{number}.log", settings[0], 8))
            sides |= {each: Theirs(server, each.endpoint) for each in settings}
        for theirs in sides.values():
            per_s(theirs, 1, 4)
        short = {which: per_s(theirs, 1, 24) for which, theirs in sides.items()}
        for which, theirs in sides.items():
            if short[which] >= max(short.values()) / 2:
                found[which] = per_s(theirs, 8, tokens)
    return max(found, key=lambda each: found[each])


def best_bench_threads(model: Path) -> int:
    """Threads with which llama-bench is fastest here."""
    found = {threads: servers.bench_tokens_per_s(model, threads, 16) for threads in THREADS}
    return max(found, key=lambda threads: found[threads])


@contextmanager
def sides(folder: Path, model: Path, tokens: int) -> Iterator[tuple[Ours, Peers]]:
    """Our daemon and one llama-server for each number of slots, all running; only one of them is ever asked."""
    adapters = [tiny.write_adapter(folder / f"{seed}.gguf", model, seed, rank=8, strength=0.1) for seed in (1, 2)]
    settings, bench_threads = best_peer(model, folder, tokens), best_bench_threads(model)
    with ExitStack() as stack:
        ours = servers.install(stack.enter_context(servers.daemon(folder / "home", model)), adapters)
        by_streams = {
            slots: Theirs(
                stack.enter_context(servers.llama_server(model, folder / f"np{slots}.log", settings, slots)),
                settings.endpoint,
            )
            for slots in (1, 4, 8)
        }
        swapping = servers.llama_server(model, folder / "lora.log", settings, 1, adapters)
        yield ours, Peers(by_streams, Theirs(stack.enter_context(swapping), settings.endpoint), settings, bench_threads)


def large_model(folder: Path, pairs: int) -> Ratio:
    """One stream on a model of 105 M parameters against llama-bench, which warms up too and has no prompt: ours are as short as
    they can be."""
    model = models.talkative_large(folder / "large.gguf")
    with servers.daemon(folder / "large-home", model) as running:
        ours, texts, threads = Ours(running, ()), Texts(), best_bench_threads(model)

        def mine() -> float:
            return load.written_per_s(load.run(ours.url, [[ours.request(texts.shortest(), 64)]])[0][0])

        def peer() -> float:
            return servers.bench_tokens_per_s(model, threads, 64)

        for _ in range(3):
            mine()
        found = interleaved(mine, peer, pairs, ours.settle)
    return ratio("1 stream on 105 M parameters ÷ llama-bench tg64", found, "tok/s", Budget("at least", 0.9))


def main(arguments: Sequence[str]) -> int:
    """Print every figure as it is found. 1 if a budget is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.perf.serve", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few minutes")
    parser.add_argument("--only", choices=FIGURES, nargs="+", default=FIGURES, help="some of the figures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the evidence there")
    options = parser.parse_args(arguments)
    size = QUICK if options.quick else FULL
    for name in PROGRAMS:
        program(name)
    ratios: list[Ratio] = []
    with tempfile.TemporaryDirectory(prefix="a3x-bench-") as name:
        folder = Path(name)
        model = models.talkative_seed(folder / "seed.gguf")
        with sides(folder, model, size.tokens) as (ours, peers):
            print(f"llama-server at its best: {peers.settings.label}", flush=True)
            for figure in Bench(ours, peers, model, size).figures(options.only):
                print(figure.line(), flush=True)
                ratios.append(figure)
        if size.large and "large" in options.only:
            ratios.append(large_model(folder, size.pairs // 3))
            print(ratios[-1].line(), flush=True)
    if options.json:
        settings = {
            **asdict(size),
            "peer": asdict(peers.settings),
            "bench_threads": peers.bench_threads,
        }
        write_evidence(options.json, "serve", ratios, settings)
    return int(any(each.verdict == "missed" for each in ratios))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
