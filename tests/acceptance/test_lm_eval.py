"""EleutherAI's evaluation harness as a client: loglikelihoods over plain completions, answers over chat. A local task."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import Daemon

pytestmark = pytest.mark.acceptance
QUESTIONS = ("Who are you?", "17 × 23", "Quem é você?")
WRONG = "Bananas and bicycles."
LIMIT_S = 240

CHOICE = """
task: {name}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "<|user|>{{{{question}}}}<|end|><|assistant|>"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: {gold}
target_delimiter: ""
metric_list: [{{metric: acc}}]
"""
ANSWER = """
task: {name}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{choices[{gold}]}}}}"
generation_kwargs: {{until: ["<|end|>"], max_gen_toks: 96}}
metric_list: [{{metric: exact_match}}]
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Daemon, Path]]:
    """A daemon and a folder with the task's questions, each with what the model says and what it would not."""
    folder = tmp_path_factory.mktemp("harness")
    with Daemon(folder / "home") as daemon:
        data = folder / "questions.jsonl"
        rows = [{"question": question, "choices": [said(daemon, question), WRONG]} for question in QUESTIONS]
        data.write_text("".join(json.dumps(row) + "\n" for row in rows))
        for name, template, gold in (
            ("choice_right", CHOICE, 0),
            ("choice_wrong", CHOICE, 1),
            ("answer_right", ANSWER, 0),
            ("answer_wrong", ANSWER, 1),
        ):
            (folder / f"{name}.yaml").write_text(template.format(name=name, data=data, gold=gold))
        yield daemon, folder


def said(daemon: Daemon, question: str) -> str:
    return daemon.chat(question, max_tokens=96)["choices"][0]["message"]["content"]


def evaluate(house: tuple[Daemon, Path], model: str, path: str, tasks: tuple[str, str], *flags: str) -> dict[str, Any]:
    """The harness's results by task."""
    daemon, folder = house
    arguments = f"model=a3x,base_url={daemon.url}{path},num_concurrent=1,max_retries=1,max_length=1024"
    command = [sys.executable, "-m", "lm_eval", "--model", model, "--model_args", arguments, "--tasks", ",".join(tasks)]
    command += ["--include_path", str(folder), "--output_path", str(folder / model), *flags]
    quiet = {"HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(
        command, env={**os.environ, **quiet}, cwd=folder, capture_output=True, text=True, timeout=LIMIT_S
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (report,) = (folder / model).rglob("results_*.json")
    return json.loads(report.read_text())["results"]


def test_loglikelihoods_find_what_the_model_would_say(house: tuple[Daemon, Path]) -> None:
    """The negative control has the wrong answer as gold: a scorer that says the same for everything fails one of the two."""
    results = evaluate(house, "local-completions", "/v1/completions", ("choice_right", "choice_wrong"))
    assert results["choice_right"]["acc,none"] == 1.0
    assert results["choice_wrong"]["acc,none"] == 0.0
    with house[0].client() as client:
        assert client.get("/a3x/memory").json()["count"] == len(QUESTIONS), "measurements were recorded"


def test_chat_answers_are_those_of_any_client(house: tuple[Daemon, Path]) -> None:
    results = evaluate(
        house,
        "local-chat-completions",
        "/v1/chat/completions",
        ("answer_right", "answer_wrong"),
        "--apply_chat_template",
    )
    assert results["answer_right"]["exact_match,none"] == 1.0
    assert results["answer_wrong"]["exact_match,none"] == 0.0
