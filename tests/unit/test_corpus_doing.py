"""The doing skills of the corpus: pure draws, held-out splits, the calculator, and a verifier that can fail."""

from __future__ import annotations

import random
import re
import shutil
from fractions import Fraction
from itertools import product

import pytest

from a3x.arithmetic import DIVISION_ERROR, calc
from a3x.ladder.corpus import python_code, shell, sums, verify
from a3x.ladder.corpus.doing import _parts_of, imperative, slots_of
from a3x.ladder.corpus.example import Split, _parts, held_out
from a3x.ladder.corpus.slots import CLOSED
from a3x.ladder.corpus.verify_python import SCRIPTS
from a3x.ladder.corpus.verify_shell import CHECKED_ONLY, CHECKS

GENERATORS = (*shell.GENERATORS, *python_code.GENERATORS, *sums.GENERATORS)
SKILLS = (shell, python_code, sums)
needs_bwrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")


def exchanges(module, split: Split, count: int, seed: int = 1):
    rng = random.Random(seed)
    return [module.draw(rng, split, 0.6, rng.choice(("en", "pt"))) for _ in range(count)]


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda generator: generator.skill)
def test_sampling_is_a_pure_function_of_the_seed(generator):
    def draws(seed):
        rng = random.Random(seed)
        return [generator.sample(rng, "train", 0.5) for _ in range(50)]

    assert draws(5) == draws(5) != draws(6)


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda generator: generator.skill)
def test_a_conversation_ends_with_the_assistant_and_has_no_open_slot(generator):
    rng = random.Random(2)
    samples = [generator.sample(rng, "train", 0.9) for _ in range(400)]
    for sample in samples:
        roles = [message.role for message in sample.messages]
        assert roles[-1] == "assistant" and roles[0] in ("system", "user")
        asked = " ".join(message.content for message in sample.messages if message.role == "user")
        assert not re.search(r"\{\w+\}|[@^~]|\[|<", asked), asked
    shares = {lang: sum(sample.lang == lang for sample in samples) / len(samples) for lang in ("en", "pt")}
    assert 0.3 < shares["pt"] < 0.5
    assert any(sum(message.role == "user" for message in sample.messages) > 1 for sample in samples)


def every_reading(patterns) -> set[str]:
    texts = {" ".join("".join(choice).split()) for pattern in patterns for choice in product(*_parts_of(pattern))}
    return {text.lstrip("?!").replace("~", "") for text in texts}


@pytest.mark.parametrize("module", SKILLS, ids=lambda module: module.GENERATORS[0].skill)
@pytest.mark.parametrize("lang", ["en", "pt"])
def test_ways_of_asking_are_many_unambiguous_and_truly_held_out(module, lang):
    least = {"shell": {"en": 12, "pt": 8}}.get(module.GENERATORS[0].skill, {"en": 5, "pt": 5})[lang]
    owner: dict[str, str] = {}
    for family in module.FAMILIES:
        kept, withheld = map(every_reading, _parts(getattr(family, lang)))
        assert withheld and not kept & withheld, family.name
        assert len(kept | withheld) >= least, family.name
        for text in kept | withheld:
            assert "{sum}" in text or owner.setdefault(text, family.name) == family.name, text


@pytest.mark.parametrize("family", (*shell.FAMILIES, *python_code.FAMILIES), ids=lambda family: family.name)
def test_a_question_names_every_slot_of_its_answer(family):
    wanted = set(family.slots) - {"func"}
    for pattern in (*family.en, *family.pt):
        plain = re.sub(r"<([^>]*)>", lambda match: "{file}" if "file" in match[1] else "{dir}", pattern)
        named = set(slots_of(plain))
        missing = wanted - named - ({"dir"} if "{dir}" in plain else set())
        assert not missing, pattern


@pytest.mark.parametrize("module", SKILLS, ids=lambda module: module.GENERATORS[0].skill)
def test_every_family_is_reached_in_both_languages(module):
    reached = {(exchange.family, exchange.lang) for exchange in exchanges(module, "train", 4000)}
    assert reached == {(family.name, lang) for family in module.FAMILIES for lang in ("en", "pt")}


@pytest.mark.parametrize("module", SKILLS, ids=lambda module: module.GENERATORS[0].skill)
def test_slot_values_of_the_splits_are_disjoint(module):
    def withheld(slot: str, value: str) -> bool:
        kind = slot.rstrip("0123456789")
        return value in _parts(CLOSED[kind])[1] if kind in CLOSED else held_out(value)

    for split in ("train", "phrasing", "slots"):
        for exchange in exchanges(module, split, 600):
            slots = exchange.slots[:1] if module is sums else exchange.slots
            assert all(withheld(slot, value) == (split == "slots") for slot, value in slots), exchange
            assert slots or split != "slots"


def test_portuguese_imperatives():
    verbs = ("listar", "apagar", "buscar", "começar", "ver", "ler", "extrair", "renomear", "substituir", "mover")
    forms = ["liste", "apague", "busque", "comece", "veja", "leia", "extraia", "renomeie", "substitua", "mova"]
    assert [imperative(verb) for verb in verbs] == forms


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("17*23", "391"), ("5-9", "-4"), ("1/3", "0.333333"), ("2/3", "0.666667"), ("0.1+0.2", "0.3"), ("7/2", "3.5"),
        ("(3+4)*5", "35"), ("3+4*5", "23"), ("17%5", "2"), ("10-4-3", "3"), ("-3+-2", "-5"), ("-(2+1)*2", "-6"),
        ("1/0", "error: division by zero"), ("3%0", "error: division by zero"), ("0-1/9999999", "0"),
        ("1+", "error: not an arithmetic expression"), ("(1", "error: not an arithmetic expression"),
        ("2**3", "error: not an arithmetic expression"), ("", "error: not an arithmetic expression"),
        ("abc", "error: not an arithmetic expression"), ("(" * 5000, "error: not an arithmetic expression"),
    ],
)  # fmt: skip
def test_calc(expression, result):
    assert calc(expression) == result


def test_calc_agrees_with_fractions():
    hypothesis = pytest.importorskip("hypothesis")
    number = hypothesis.strategies.decimals(0, 99999, places=2, allow_nan=False).map(str)
    strategies = hypothesis.strategies
    signs = strategies.sampled_from("+-*/%")

    def bracketed(inner):
        return strategies.builds("({}{}{})".format, inner, signs, inner)

    tree = strategies.recursive(number, bracketed, max_leaves=5)

    @hypothesis.settings(max_examples=150, deadline=None, database=None)
    @hypothesis.given(tree)
    def agrees(expression):
        try:
            expected = verify.exact(expression)
        except ZeroDivisionError:
            assert calc(expression) == DIVISION_ERROR
        else:
            assert abs(Fraction(calc(expression)) - expected) <= Fraction(1, 2 * 10**6)

    agrees()


def test_answers_echo_the_expression_in_one_notation():
    assert sums.answer("17*23", "en") == "17 × 23 = 391"
    assert sums.answer("(5-9)/2", "pt") == "(5 - 9) ÷ 2 = -2"
    assert sums.answer("8/0", "pt") == "Não é possível dividir por zero."
    assert sums.tool_call("1+2") == '<tool_call>{"name": "calc", "arguments": {"expression": "1+2"}}</tool_call>'


def test_every_family_has_a_check():
    assert {family.name for family in shell.FAMILIES} == set(CHECKS) | set(CHECKED_ONLY)
    assert not set(CHECKS) & set(CHECKED_ONLY)
    assert {family.name for family in python_code.FAMILIES} == set(SCRIPTS)


@needs_bwrap
@pytest.mark.parametrize(
    ("module", "judge", "name"),
    [
        (shell, verify.judge_shell, "grep_count"),
        (shell, verify.judge_shell, "rename"),
        (shell, verify.judge_shell, "kill"),
        (python_code, verify.judge_python, "swap"),
        (sums, verify.judge_sum, "bare_add"),
    ],
)
def test_the_verifier_tells_right_from_broken(module, judge, name):
    family = next(family for family in module.FAMILIES if family.name == name)
    exchange = module.draw_family(family, random.Random(7), "train", 0.5, "en")
    assert judge(family, exchange).status in ("verified", "checked")
    assert judge(family, verify.broken(exchange)).status == "failed"


@needs_bwrap
def test_the_sandbox_has_no_network_and_a_read_only_system(tmp_path):
    assert verify.run(["/bin/sh", "-c", "touch /etc/a3x-was-here"], tmp_path).code != 0
    names = verify.run(["/bin/sh", "-c", "tail -n +3 /proc/net/dev"], tmp_path).lines
    assert all(line.strip().startswith("lo:") for line in names)
