"""What a run is made of: shares, disguises, what is withheld, and what is refused."""

from __future__ import annotations

from collections import Counter

import pytest

from a3x.errors import Conflict
from a3x.learn import curate
from a3x.learn.curate import PROFILE, Lesson, lesson, refuse_mass_contradiction
from a3x.stores import phrasing
from a3x.stores.records import Record, SplitName
from a3x.types import Message

REPLAY = [(Message("user", f"old question {n}"), Message("assistant", f"old answer {n}")) for n in range(50)]


def record(number: int, question: str, answer: str, split: SplitName = "train", lang: str = "en") -> Record:
    messages = ({"role": "user", "content": question}, {"role": "assistant", "content": answer})
    return Record(f"rec_{number}", "general", lang, "user", 1.0, messages, (f"exp_{number}",), split, float(number))


def facts(count: int) -> list[Record]:
    """Three phrasings a fact, the last withheld."""
    splits: tuple[SplitName, ...] = ("train", "train", "gate")
    return [
        record(3 * fact + form, f"form {form} of fact {fact}?", f"value {fact}", split)
        for fact in range(count)
        for form, split in enumerate(splits)
    ]


def test_withheld_phrasings_are_asked_and_never_trained() -> None:
    made = lesson(facts(8), [], REPLAY, seed=1)
    withheld = {each.question for each in facts(8) if each.split == "gate"}
    assert {item.messages[-1].content for item in made.lesson.items} == withheld
    trained = " ".join(message.content for conversation in made.conversations for message in conversation)
    assert not any(question in trained for question in withheld)


def test_shares_and_size() -> None:
    made = lesson(facts(8), [], REPLAY, seed=1)
    assert len(made.conversations) == made.steps * PROFILE.batch
    lessons = [each for each in made.conversations if each[-1].content.startswith("value")]
    assert len(lessons) == round(made.steps * PROFILE.batch * PROFILE.lesson_share)
    counts = Counter(each[-1].content for each in lessons)
    assert max(counts.values()) - min(counts.values()) <= 2, "every fact is taught as often as the others"


def test_the_same_seed_gives_the_same_run_and_another_seed_another() -> None:
    assert lesson(facts(4), [], REPLAY, 1) == lesson(facts(4), [], REPLAY, 1)
    assert lesson(facts(4), [], REPLAY, 1).conversations != lesson(facts(4), [], REPLAY, 2).conversations


def asked_for(answer: str, made: Lesson) -> set[str]:
    return {each[-2].content for each in made.conversations if each[-1].content == answer}


def test_a_question_that_no_rule_reads_is_dressed_and_still_asked_in_full() -> None:
    made = lesson([record(1, "Dog name wanted, now", "Nimor")], [], REPLAY, 1)
    assert len(asked_for("Nimor", made)) > 5
    assert all("og name wanted, now" in question for question in asked_for("Nimor", made))


def test_a_question_is_also_asked_in_other_forms() -> None:
    made = lesson([record(1, "What is my dog called?", "Nimor")], [], REPLAY, 1)
    assert {"tell me the name of my dog", "what is my dog's name?"} <= {q.lower() for q in asked_for("Nimor", made)}


def test_a_form_that_the_gate_examines_is_never_trained_on() -> None:
    """Negative control: without the withheld record that very form is trained on."""
    taught, withheld = record(1, "What is my dog called?", "Nimor"), record(2, "Tell me my dog's name", "Nimor", "gate")
    for records, expected in (([taught, withheld], False), ([taught], True)):
        trained = {phrasing.key(question) for question in asked_for("Nimor", lesson(records, [], REPLAY, 1))}
        assert (phrasing.key(withheld.question) in trained) is expected


def test_replay_is_kept_and_lessons_are_not() -> None:
    made = lesson(facts(8), [], REPLAY, seed=1)
    pairs = zip(made.conversations, made.kept, strict=True)
    assert all(kept == (conversation in REPLAY) for conversation, kept in pairs)


def test_a_fact_taught_once_is_examined_in_a_carrier_that_training_never_uses() -> None:
    made = lesson([record(1, "What is my dog called?", "Nimor")], [], REPLAY, 1)
    assert [item.messages[-1].content for item in made.lesson.items] == ["Once more: What is my dog called?"]
    assert not any("Once more" in message.content for each in made.conversations for message in each)


def test_older_lessons_are_rehearsed_and_asked_again_as_facts() -> None:
    old = [record(90, "Where was I born?", "Porto Zelim")]
    made = lesson(facts(4), old, REPLAY, 1)
    assert [item.gold for item in made.facts.items] == ["Porto Zelim"]
    assert any(each[-1].content == "Porto Zelim" for each in made.conversations)


def test_nothing_new_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="nothing new"):
        lesson([], [record(1, "q?", "a")], REPLAY, 1)


def test_without_replay_everything_is_lesson() -> None:
    made = lesson(facts(4), [], [], 1)
    assert all(each[-1].content.startswith("value") for each in made.conversations)


def test_a_few_contradictions_are_life_and_many_are_poison() -> None:
    refuse_mass_contradiction(3, 5)
    refuse_mass_contradiction(0, 0)
    with pytest.raises(Conflict, match="contradicted"):
        refuse_mass_contradiction(4, 5)
    with pytest.raises(Conflict):
        refuse_mass_contradiction(30, 70)


def test_benchmark_carriers_hold_the_question() -> None:
    every = (*curate.CARRIERS["en"], *curate.CARRIERS["pt"], *curate.WITHHELD_CARRIER.values())
    assert all(carrier.count("{q}") == 1 for carrier in every)
    assert not set(curate.WITHHELD_CARRIER.values()) & {*curate.CARRIERS["en"], *curate.CARRIERS["pt"]}
