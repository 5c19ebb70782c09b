"""A seeded life of a user: sessions of questions, answers and reactions, some of which have something to teach.

What is instructive is decided first; the signals follow from it with noise on both sides: many wrong answers draw no
complaint, some are confident, some complaints are not recognised, and routine answers warn, waver, fail and recover,
are abandoned or asked twice by chance. Rates were chosen before anything was measured with them.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from a3x.memory.prioritiser import Prioritiser
from a3x.stores.experiences import Experiences
from a3x.stores.vectors import NewVector, Vectors
from a3x.types import Experience, Feedback

Kind = Literal["routine", "wrong", "error", "corrected", "novel"]
KINDS: dict[Kind, float] = {"routine": 0.79, "wrong": 0.08, "error": 0.05, "corrected": 0.03, "novel": 0.05}
DIMENSIONS = 384
EMBEDDER = "ee" * 32
START = 1_700_000_000.0
SUBJECTS = (
    ("invoice supplier month total", "project deadline review milestone", "backup disk folder snapshot"),
    ("python decorator function argument", "recipe bread oven flour", "train ticket Lisbon Saturday"),
    ("nginx proxy certificate port", "contract clause notice tenant", "guitar chord scale minor"),
    ("poupança juros conta banco", "reunião pauta equipe ata", "consulta médico exame agenda"),
)
FORMS = (
    "how do I handle the {0} of the {1}",
    "what about {0} and {1} here",
    "explain {0} when {1} and {2}",
    "{0} {1}?",
)
THANKS = ("thanks! ", "perfect, ", "obrigado! ", "great. ", "cool beans, ", "cheers, ")
COMPLAINTS = (
    "that's wrong. ",
    "no, that doesn't work. ",
    "não funcionou. ",
    "are you quite sure? ",
    "I don't think so... ",
    "still the same error. ",
)
"""Some of both are not recognised, as in life."""


@dataclass(frozen=True)
class Interaction:
    """One answered question, what the user said of it outright, its vector, and whether it has something to teach."""

    span: Experience
    feedback: tuple[Feedback, ...]
    vector: NDArray[np.float32]
    kind: Kind

    @property
    def instructive(self) -> bool:
        return self.kind != "routine"


def life(seed: int, count: int = 1000) -> list[Interaction]:
    """``count`` interactions in the order they happened."""
    return _Life(seed).live(count)


async def tell(
    prioritiser: Prioritiser, experiences: Experiences, vectors: Vectors, lived: Sequence[Interaction]
) -> None:
    """Let the memory live through it as the daemon would, then review once as it does when idle."""
    for one in lived:
        seq = await experiences.add(one.span)
        await prioritiser.recorded(one.span.id)
        await vectors.put(EMBEDDER, [NewVector(seq, "query", one.span.id, one.vector)])
        await prioritiser.embedded(one.span.id, one.vector, EMBEDDER)
        for feedback in one.feedback:
            await experiences.add_feedback(feedback)
            await prioritiser.judged(one.span.id)
    await prioritiser.review()


def lift(priorities: dict[str, float], lived: Sequence[Interaction], seed: int = 0, tries: int = 200) -> float:
    """Share of instructive ones in the top decile over that of a random decile (mean of ``tries``)."""
    tenth = len(lived) // 10
    instructive = {one.span.id for one in lived if one.instructive}
    ranked = sorted(priorities, key=lambda id: -priorities[id])[:tenth]
    chance, ids = random.Random(seed), sorted(priorities)
    drawn = sum(len(instructive.intersection(chance.sample(ids, tenth))) for _ in range(tries)) / tries
    return len(instructive.intersection(ranked)) / drawn


class _Life:
    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.noise = np.random.default_rng(seed)
        self.subjects = [text.split() for row in SUBJECTS for text in row]
        self.directions = [self._direction() for _ in self.subjects]
        self.often = [1.0 / (1 + rank) for rank in range(len(self.subjects))]
        self.when = START
        self.novelties = 0

    def live(self, count: int) -> list[Interaction]:
        lived: list[Interaction] = []
        while len(lived) < count:
            session, said = f"ses-{len(lived):06d}", ""
            for _ in range(self.chance.randint(1, 7)):
                if said.startswith("again:"):
                    kind: Kind = "wrong" if self.chance.random() < 0.4 else "routine"
                else:
                    kind = self.chance.choices(list(KINDS), list(KINDS.values()))[0]
                one = self._interaction(len(lived), session, said, kind, lived[-1] if said else None)
                lived.append(one)
                said = self._next(one)
                self.when += self.chance.uniform(10, 400)
            self.when += self.chance.uniform(600, 40_000)
        return lived[:count]

    def _interaction(self, number: int, session: str, said: str, kind: Kind, before: Interaction | None) -> Interaction:
        if said.startswith("again:") and before is not None:
            question, vector = said.removeprefix("again:"), self._near(before.vector, 0.35)
        else:
            question, vector = self._question(kind)
            question = said.removeprefix("next:") + question
        id = f"exp_{number:06d}"
        span = Experience(
            id=id,
            who="user:local",
            did="chat",
            this=question,
            when=self.when,
            status="completed",
            if_ok=f"answer {number}",
            session=session,
            messages=({"role": "user", "content": question},),
            uncertainty=self._figures(kind),
            tools=self._tools(kind),
        )
        if kind != "error" and self.chance.random() < 0.015:
            span = replace(span, status="failed", if_not="cancelled")
        if kind == "error" and not span.tools:
            span = replace(span, status="failed", if_not="llama.cpp refused")
        return Interaction(span, self._feedback(kind, id), vector, kind)

    def _question(self, kind: Kind) -> tuple[str, NDArray[np.float32]]:
        if kind == "novel":
            self.novelties += 1
            words = [f"subject{self.novelties}", f"matter{self.novelties}", "thing"]
            return self.chance.choice(FORMS).format(*words), self._direction()
        place = self.chance.choices(range(len(self.subjects)), self.often)[0]
        words = self.chance.sample(self.subjects[place], 3)
        odd = self.chance.random() < 0.03
        vector = self._direction() if odd else self._near(self.directions[place], self.chance.uniform(0.5, 0.9))
        return self.chance.choice(FORMS).format(*words), vector

    def _figures(self, kind: Kind) -> dict[str, float]:
        wavers = {"routine": 0.12, "wrong": 0.65, "error": 0.35, "corrected": 0.5, "novel": 0.4}[kind]
        if self.chance.random() < wavers:
            mean, worst, entropy = 0.7, 5.5, 1.1
        else:
            mean, worst, entropy = 0.25, 2.5, 0.4
        draw = self.chance.gammavariate
        return {
            "mean_logprob": -draw(4, mean / 4),
            "worst_logprob": -draw(4, worst / 4),
            "mean_entropy": draw(4, entropy / 4),
            "tokens": self.chance.randint(5, 200),
        }

    def _tools(self, kind: Kind) -> tuple[dict[str, Any], ...]:
        fine = {"name": "shell", "exit_code": 0, "stderr": "", "ok": True}
        failed = {"name": "shell", "exit_code": self.chance.choice((1, 2, 127)), "stderr": "no", "ok": False}
        warned = {**fine, "stderr": "warning: deprecated"}
        if kind == "error":
            return self.chance.choices(((failed,), (fine, failed), (warned,), ()), (6, 2, 1, 1))[0]
        if self.chance.random() > 0.25:
            return ()
        return self.chance.choices(((fine,), (warned,), (failed, fine), (failed,)), (86, 8, 5, 1))[0]

    def _feedback(self, kind: Kind, id: str) -> tuple[Feedback, ...]:
        good, bad = {"routine": (0.05, 0.005), "novel": (0.05, 0.02), "wrong": (0.02, 0.15)}.get(kind, (0.0, 0.1))
        if kind == "corrected":
            return (Feedback(id, -1, "it should have been this", self.when),)
        drawn = self.chance.random()
        if drawn < bad:
            return (Feedback(id, -1, None, self.when),)
        return (Feedback(id, 1, None, self.when),) if drawn < bad + good else ()

    def _next(self, one: Interaction) -> str:
        """What the user's next message starts with: nothing, thanks, a complaint, or the same question once more."""
        rates = {"routine": (70, 18, 2, 4), "novel": (70, 15, 4, 6)}.get(one.kind, (45, 3, 25, 25))
        what = self.chance.choices(("on", "thanks", "complaint", "again"), rates)[0]
        if what == "again":
            words = one.span.this.strip("?").split()
            return "again:" + " ".join(["please", *self.chance.sample(words, len(words)), "now"])
        return (
            "next:"
            + {"on": "", "thanks": self.chance.choice(THANKS), "complaint": self.chance.choice(COMPLAINTS)}[what]
        )

    def _direction(self) -> NDArray[np.float32]:
        return _unit(self.noise.standard_normal(DIMENSIONS))

    def _near(self, direction: NDArray[np.float32], noise: float) -> NDArray[np.float32]:
        return _unit(direction + noise * self._direction())


def kinds(lived: Sequence[Interaction]) -> Counter[str]:
    return Counter(one.kind for one in lived)


def _unit(vector: NDArray[Any]) -> NDArray[np.float32]:
    return (vector / np.linalg.norm(vector)).astype(np.float32)
