"""Tests of the reading, copying and JSON skills of the seed corpus, and of its lessons. No model, no files."""

from __future__ import annotations

import json
import random
import re
from itertools import pairwise
from typing import get_args

import pytest

from a3x.ladder.corpus import fact_slots, facts, json_calls, reading
from a3x.ladder.corpus.example import Example, Generator, Split, held_out
from a3x.ladder.corpus.fact_slots import Lang
from a3x.ladder.corpus.facts import Fact
from a3x.ladder.corpus.lessons import lessons

GENERATORS = reading.GENERATORS + json_calls.GENERATORS
BY_SKILL = {generator.skill: generator for generator in GENERATORS}
SPLITS: tuple[Split, ...] = get_args(Split)
LANGS: tuple[Lang, ...] = ("en", "pt")


def draws(skill: str, split: Split, count: int = 150, difficulty: float = 1.0) -> list[Example]:
    rng = random.Random(f"{skill} {split}")
    return [BY_SKILL[skill].sample(rng, split, difficulty) for _ in range(count)]


def context_of(example: Example, upto: int) -> str:
    return "\n".join(message.content for message in example.messages[:upto])


def copied_answers_missing(examples: list[Example]) -> int:
    """How many final answers do not stand in what came before them."""
    return sum(example.messages[-1].content not in context_of(example, -1) for example in examples)


def one_fact_of_each(lang: Lang) -> list[Fact]:
    rng = random.Random(5)
    return [
        Fact(lang, relation, fact_slots.subject(rng, kind, lang, False), "x")
        for relation in facts.relations(lang)
        for kind in relation.subjects
    ]


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda generator: generator.skill)
@pytest.mark.parametrize("split", SPLITS)
def test_draws_are_a_pure_function_of_the_seed_and_end_with_the_assistant(generator: Generator, split: Split) -> None:
    first = [generator.sample(random.Random(seed), split, seed / 20) for seed in range(20)]
    again = [generator.sample(random.Random(seed), split, seed / 20) for seed in range(20)]
    assert first == again
    assert len(set(first)) > 15
    assert all(example.messages[-1].role == "assistant" and example.skill == generator.skill for example in first)
    assert all(message.content.strip() for example in first for message in example.messages)
    assert not any(re.search(r"\{\w+\}", message.content) for example in first for message in example.messages)


@pytest.mark.parametrize("lang", LANGS)
def test_there_are_enough_relations_and_every_one_is_asked_in_sixty_ways(lang: Lang) -> None:
    assert len(facts.relations(lang)) >= 40
    for fact in one_fact_of_each(lang):
        known = facts.forms(fact)
        assert len({*known.seen, *known.own_seen}) >= 60, fact.key
        assert len(set(known.says)) >= 3, fact.key
        assert len(set(known.held)) >= 5, fact.key


@pytest.mark.parametrize("lang", LANGS)
def test_seen_and_held_out_question_forms_share_nothing(lang: Lang) -> None:
    for fact in one_fact_of_each(lang):
        known = facts.forms(fact)
        assert not {*known.seen, *known.own_seen} & {*known.held, *known.own_held}


@pytest.mark.parametrize("lang", LANGS)
def test_no_noun_serves_two_relations_of_the_same_kind_of_subject(lang: Lang) -> None:
    seen: dict[tuple[str, str], str] = {}
    for relation in facts.relations(lang):
        for phrase in relation.stems or relation.nouns:
            for kind in relation.subjects:
                assert seen.setdefault((kind, phrase), relation.name) == relation.name


@pytest.mark.parametrize("skill", ["reading", "memo"])
@pytest.mark.parametrize("split", SPLITS)
def test_answers_stand_in_the_context(skill: str, split: Split) -> None:
    assert copied_answers_missing(draws(skill, split)) == 0


def test_a_reader_that_answers_from_another_conversation_is_caught() -> None:
    examples = draws("reading", "train")
    shifted = [
        Example(example.skill, example.lang, (*example.messages[:-1], other.messages[-1]))
        for example, other in pairwise(examples)
    ]
    assert copied_answers_missing(shifted) > len(shifted) * 0.8


def test_absent_facts_are_not_among_the_known_ones() -> None:
    rng = random.Random(2)
    for _ in range(200):
        draw = reading.start(rng, "train", 1.0)
        missing = facts.draw(rng, draw.lang)
        known = reading.gather(draw, 8, away_from=missing)
        assert missing.key not in {fact.key for fact in known}
        assert len({fact.key for fact in known}) == 8


def test_absent_refusal_says_text_only_where_there_is_a_text() -> None:
    for example in draws("absent", "train", 300):
        answer = example.messages[-1].content
        noted = any(message.role == "system" for message in example.messages)
        assert answer in (reading.NOT_IN_TEXT[example.lang], reading.NOT_YET[example.lang])
        assert not (noted and answer == reading.NOT_IN_TEXT[example.lang])


def test_a_correction_is_confirmed_and_kept() -> None:
    for example in draws("correction", "train", 300):
        lead, tail = reading.CORRECTED[example.lang].split("{v}")
        said = [message.content for message in example.messages if message.role == "assistant"]
        place = next(place for place, text in enumerate(said) if text.startswith(lead))
        fresh = said[place].removeprefix(lead).removesuffix(tail)
        assert all(text in (fresh, "You are welcome.", "De nada.") for text in said[place + 1 :])


def test_no_answer_before_a_correction_is_made_up() -> None:
    for example in draws("correction", "train", 300):
        lead = reading.CORRECTED[example.lang].split("{v}")[0]
        for place, message in enumerate(example.messages):
            if message.content.startswith(lead):
                break
            value = message.content.removeprefix("Noted: ").removeprefix("Anotado: ").removesuffix(".")
            unknown = message.content == reading.NOT_YET[example.lang]
            assert message.role != "assistant" or unknown or value in context_of(example, place)


def test_there_are_forty_ways_to_correct_in_each_language() -> None:
    assert all(len(set(reading.CORRECTIONS[lang])) >= 40 for lang in LANGS)


def test_random_values_are_cut_between_training_and_the_slots_split() -> None:
    rng = random.Random(3)
    for _ in range(500):
        assert held_out(facts.draw(rng, "en", held=True).value)
    seen = {facts.draw(rng, "pt").value for _ in range(1500)}
    unseen = {facts.draw(rng, "pt", held=True).value for _ in range(500)}
    assert not seen & unseen


def test_the_cut_is_not_empty_on_either_side() -> None:
    rng = random.Random(4)
    names = [fact_slots.word(rng) for _ in range(400)]
    assert 0.05 < sum(map(held_out, names)) / len(names) < 0.25


@pytest.mark.parametrize("split", SPLITS)
def test_json_answers_parse_and_hold_only_what_was_said(split: Split) -> None:
    for example in draws("json", split, 200):
        answer, context = example.messages[-1].content, context_of(example, -1)
        if example.messages[0].role == "system":
            call = json.loads(answer.removeprefix("<tool_call>").removesuffix("</tool_call>"))
            listed = re.search(rf"\b{re.escape(call['name'])}\(([^)]*)\)", context)
            assert listed and listed.group(1).split(", ") == list(call["arguments"])
            found = call["arguments"]
        else:
            found = json.loads(answer)
        assert found and "\n" not in answer
        assert all(str(value) in context for value in found.values())


def test_copying_copies() -> None:
    examples = draws("copy", "train", 300)
    plain = [example for example in examples if not re.fullmatch(r"(\w-)+\w", example.messages[-1].content)]
    assert copied_answers_missing(plain) == 0
    assert len(plain) > 250


def test_difficulty_grows_the_context() -> None:
    easy = [len(context_of(example, -1)) for example in draws("reading", "train", difficulty=0.0)]
    hard = [len(context_of(example, -1)) for example in draws("reading", "train", difficulty=1.0)]
    assert sum(hard) > 2 * sum(easy)


def test_lessons_are_new_distinct_and_never_probe_a_taught_phrasing() -> None:
    drawn = lessons(11, 60)
    assert drawn == lessons(11, 60)
    assert drawn != lessons(12, 60)
    assert sum(lesson.lang == "pt" for lesson in drawn) == 20
    for lesson in drawn:
        assert held_out(lesson.value)
        texts = [*lesson.taught, lesson.probe_seen_form, lesson.probe_held_form]
        assert len({text.casefold() for text in texts}) == 5
        assert not any(lesson.value in text for text in texts)
