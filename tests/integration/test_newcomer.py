"""Issue 2, acceptance 3: what somebody new asks, in both languages, of the embedded model over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.daemon import Daemon

pytestmark = pytest.mark.integration

PASSAGE_EN = "The blue locker belongs to Marta. Its code is 8471. The red locker is empty."
PASSAGE_PT = "O gato da Ana se chama Tavico. O cachorro dela se chama Bidu."

QUESTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Who are you?", ("A³X",)),
    ("What can you do?", ("command", "Python", "passage")),
    ("How do I roll back?", ("a3x adapters rollback",)),
    ("list files by size", ("ls -lS", "ls -S")),
    ("17 × 23", ("391",)),
    (f"Passage: {PASSAGE_EN}\nQuestion: What is the code of the blue locker?", ("8471",)),
    ("Quem é você?", ("A³X",)),
    ("O que você sabe fazer?", ("comando", "Python", "texto")),
    ("Como eu volto para a versão anterior?", ("a3x adapters rollback",)),
    ("liste os arquivos por tamanho", ("ls -lS", "ls -S")),
    ("quanto é 12 vezes 12?", ("144",)),
    (f"Texto: {PASSAGE_PT}\nPergunta: Como se chama o gato da Ana?", ("Tavico",)),
)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Daemon(tmp_path_factory.mktemp("newcomer") / "home") as running:
        yield running


@pytest.mark.parametrize(("question", "sensible"), QUESTIONS)
def test_a_newcomers_question_gets_a_sensible_answer(daemon: Daemon, question: str, sensible: tuple[str, ...]) -> None:
    answer = daemon.chat(question, temperature=0)["choices"][0]["message"]["content"]
    assert any(part in answer for part in sensible), answer


def test_a_sum_is_done_by_the_calculator_and_not_by_the_model(daemon: Daemon) -> None:
    """Negative control of the sum above: the tool's call is on record."""
    experience = daemon.chat("17 × 23", temperature=0)["a3x"]["experience_id"]
    with daemon.client() as client:
        tools = client.get(f"/a3x/memory/{experience}").json()["tools"]
    assert [(tool["name"], tool["result"]) for tool in tools] == [("calc", "391")]
