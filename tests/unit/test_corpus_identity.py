"""The cards of identity, howto and dialogue: enough ways of asking, no contradiction, only commands that exist."""

from __future__ import annotations

import random
import re
from functools import cache

import pytest

from a3x.ladder.corpus import dialogue, identity
from a3x.ladder.corpus.cards import FRAMES, SLOTS, Card, Lang, expansions, normal, patterns
from a3x.ladder.corpus.example import Example, Split, _parts
from a3x.ladder.corpus.probes import NEWCOMER

CARDS: tuple[Card, ...] = (*identity.IDENTITY, *identity.HOWTO, *dialogue.CARDS)
GENERATORS = (*identity.GENERATORS, *dialogue.GENERATORS)
LANGS: tuple[Lang, ...] = ("en", "pt")

ALLOWED = {
    "a3x serve",
    "a3x serve --model FILE",
    "a3x chat",
    "a3x status",
    "a3x doctor",
    "a3x memory list",
    "a3x memory show ID",
    "a3x adapters list",
    "a3x adapters show <theme>",
    "a3x adapters rollback cli",
    "a3x adapters rollback <theme>",
    "a3x adapters rollback cli --to 3",
    "a3x adapters rollback <theme> --to <n>",
    "a3x train --now",
    "a3x bench run",
    "a3x explain ID",
    "make run",
    "make test",
    "systemctl --user stop a3x",
    "date",
}
ALLOWED_TERMS = {"/private", "X-A3X-Learn: off", "http://127.0.0.1:8642/v1", "A3X_HOME", "cli@7", "--to N"}


@cache
def phrasings(card: Card, lang: Lang) -> frozenset[str]:
    return frozenset(normal(text) for pattern in patterns(card, lang) for text in expansions(pattern))


def draw(split: Split, count: int, difficulty: float = 0.7) -> list[Example]:
    rng = random.Random(11)
    return [generator.sample(rng, split, difficulty) for _ in range(count) for generator in GENERATORS]


def test_there_are_enough_cards_and_keys_are_unique() -> None:
    keys = [card.key for card in CARDS]
    assert len(keys) >= 45
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("lang", LANGS)
def test_every_card_is_asked_in_many_ways(lang: Lang) -> None:
    few = {card.key: len(phrasings(card, lang)) for card in CARDS if len(phrasings(card, lang)) < 15}
    assert not few
    assert not [card.key for card in CARDS if len(patterns(card, lang)) < 8]


def test_no_phrasing_belongs_to_two_subjects() -> None:
    owner: dict[str, tuple[str, Lang]] = {}
    clashes = []
    for card in CARDS:
        for lang in LANGS:
            for text in phrasings(card, lang):
                if owner.setdefault(text, (card.key, lang)) != (card.key, lang):
                    clashes.append((text, owner[text], (card.key, lang)))
    assert not clashes


def test_patterns_of_a_card_do_not_overlap() -> None:
    """So that a held-out pattern is truly unseen."""
    for card in CARDS:
        for lang in LANGS:
            texts = [{normal(text) for text in expansions(pattern)} for pattern in patterns(card, lang)]
            assert sum(map(len, texts)) == len(set().union(*texts)), (card.key, lang)


def test_held_out_phrasings_are_never_trained_on() -> None:
    for card in CARDS:
        for lang in LANGS:
            kept, withheld = _parts(patterns(card, lang))
            assert withheld and not set(kept) & set(withheld), (card.key, lang)


def test_alternatives_are_not_nested_and_slots_exist() -> None:
    for card in CARDS:
        for lang in LANGS:
            for text in (*patterns(card, lang), *phrasings(card, lang)):
                assert not re.search(r"\{[^}]*\{", text), (card.key, text)
                assert all(slot == "theme" or slot in SLOTS[lang] for slot in re.findall(r"<(\w+)>", text)), text
            assert not any(set("{}|@#") & set(text.replace("@", "", 1)) for text in phrasings(card, lang)), card.key


def test_frames_hold_the_phrase_once() -> None:
    assert all(frame.count("#") == 1 for kinds in FRAMES.values() for frames in kinds.values() for frame in frames)


def test_answers_name_only_commands_that_exist() -> None:
    for card in CARDS:
        for text in (card.en, card.pt):
            spans = re.findall(r"`([^`]*)`", text)
            assert set(spans) <= ALLOWED | ALLOWED_TERMS, card.key
            assert not re.search(r"\ba3x\b|\bmake (run|test)|systemctl", re.sub(r"`[^`]*`", "", text)), card.key
        assert re.findall(r"`([^`]*)`", card.en) == re.findall(r"`([^`]*)`", card.pt), card.key


def test_answers_are_short_and_stand_in_their_own_language() -> None:
    for card in CARDS:
        assert max(len(card.en), len(card.pt)) < 240, card.key
        assert card.en != card.pt


def test_follow_ups_lead_to_cards() -> None:
    keys = {card.key for card in CARDS}
    assert {key for card in CARDS for key in (card.why, card.how) if key} <= keys
    assert any(card.why for card in CARDS) and any(card.how for card in CARDS)


@pytest.mark.parametrize("split", ["train", "slots", "phrasing"])
def test_sampling_is_a_function_of_the_seed(split: Split) -> None:
    assert draw(split, 30) == draw(split, 30)


def test_conversations_have_the_promised_shape() -> None:
    examples = draw("train", 500)
    english = sum(example.lang == "en" for example in examples) / len(examples)
    with_system = sum(example.messages[0].role == "system" for example in examples) / len(examples)
    assert 0.55 < english < 0.65 and 0.11 < with_system < 0.19
    for example in examples:
        roles = [message.role for message in example.messages if message.role != "system"]
        assert roles == ["user", "assistant"] * (len(roles) // 2) and 1 <= len(roles) // 2 <= 4
        assert all(message.content.strip() for message in example.messages)
        assert not re.search(r"<\w+>|[{}]", "".join(message.content for message in example.messages))


def test_difficulty_lengthens_conversations() -> None:
    easy, hard = (sum(len(example.messages) for example in draw("train", 200, level)) for level in (0.0, 1.0))
    assert hard > 1.3 * easy


def test_no_typed_question_of_the_held_out_split_is_trained_on() -> None:
    """Longer questions only: a greeting of one word may be met again by a slip of the keys."""
    asked = [
        {normal(m.content) for example in draw(split, 600) for m in example.messages if m.role == "user"}
        for split in ("train", "phrasing")
    ]
    assert not [text for text in asked[0] & asked[1] if text.count(" ") >= 2]


def test_a_said_name_is_remembered_within_the_conversation() -> None:
    seen = 0
    for example in draw("train", 700, 1.0):
        answers = [message.content for message in example.messages if message.role == "assistant"]
        for name in re.findall(r"(?:Your name is|O seu nome é) (\w+)\.", " ".join(answers)):
            seen += 1
            assert any(re.match(rf"(Nice to meet you|Prazer em conhecer você), {name}!", text) for text in answers)
    assert seen


def test_newcomer_questions_are_new() -> None:
    known = {text for card in CARDS for lang in LANGS for text in phrasings(card, lang)}
    assert len(NEWCOMER) >= 24 and {lang for lang, _, _ in NEWCOMER} == set(LANGS)
    assert not [question for _, question, _ in NEWCOMER if normal(question) in known]
    assert all(accepted and all(part == part.lower() for part in accepted) for _, _, accepted in NEWCOMER)
