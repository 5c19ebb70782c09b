"""``/v1/embeddings`` over the scripted embedder: what is accepted, what is refused and by which name."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from a3x.engine.scripted import ScriptedEmbedder
from a3x.http.openai_embeddings import MAX_INPUTS
from tests.support.http_house import FakeServices, client

ASK: dict[str, Any] = {"model": "a3x:embedder", "input": "red apples"}


def test_one_text_many_texts_and_token_ids() -> None:
    http = client()
    one = http.post("/v1/embeddings", json=ASK).json()
    many = http.post("/v1/embeddings", json={**ASK, "input": ["blue sky", "red apples"]}).json()
    assert (one["object"], one["model"], one["data"][0]["object"]) == ("list", "a3x:embedder", "embedding")
    assert [row["index"] for row in many["data"]] == [0, 1]
    assert many["data"][1]["embedding"] == one["data"][0]["embedding"]
    assert many["data"][0]["embedding"] != one["data"][0]["embedding"]
    assert many["usage"] == {"prompt_tokens": 4, "total_tokens": 4}
    assert many["a3x"] == {"embedder": "scripted", "embedder_sha256": "e" * 64}
    ids = http.post("/v1/embeddings", json={**ASK, "input": [5, 6, 7]}).json()
    lists = http.post("/v1/embeddings", json={**ASK, "input": [[5, 6, 7], [8]], "user": "me"}).json()
    assert len(ids["data"]) == 1
    assert lists["data"][0]["embedding"] == ids["data"][0]["embedding"]


def test_base64_holds_the_same_numbers() -> None:
    http = client()
    plain = http.post("/v1/embeddings", json=ASK).json()["data"][0]["embedding"]
    packed = http.post("/v1/embeddings", json={**ASK, "encoding_format": "base64"}).json()["data"][0]["embedding"]
    assert np.frombuffer(base64.b64decode(packed), "<f4").tolist() == plain


@pytest.mark.parametrize(
    ("change", "status", "code", "param"),
    [
        ({"input": ""}, 400, "bad_request", "input"),
        ({"input": []}, 400, "bad_request", "input"),
        ({"input": ["fine", ""]}, 400, "bad_request", "input"),
        ({"input": [[]]}, 400, "bad_request", "input"),
        ({"input": None}, 400, "bad_request", "input"),
        ({"input": {"text": "x"}}, 400, "bad_request", "input"),
        ({"input": ["a", 1]}, 400, "bad_request", "input"),
        ({"input": [1.5]}, 400, "bad_request", None),
        ({"input": [True]}, 400, "bad_request", None),
        ({"input": ["x"] * (MAX_INPUTS + 1)}, 400, "bad_request", "input"),
        ({"input": "word " * 33}, 400, "context_length_exceeded", "input"),
        ({"dimensions": 32}, 400, "unsupported", "dimensions"),
        ({"dimensions": 0}, 400, "bad_request", "dimensions"),
        ({"encoding_format": "int8"}, 400, "bad_request", "encoding_format"),
        ({"model": "text-embedding-3-small"}, 404, "model_not_found", "model"),
        ({"model": "a3x"}, 404, "model_not_found", "model"),
        ({"stream": True}, 400, "bad_request", "stream"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], status: int, code: str, param: str | None) -> None:
    answer = client().post("/v1/embeddings", json={**ASK, **change})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code), error
    assert param is None or error["param"] == param


def test_the_embedders_own_length_may_be_asked_for() -> None:
    assert client().post("/v1/embeddings", json={**ASK, "dimensions": 64}).status_code == 200


def test_an_installation_that_still_runs_is_a_503_and_not_listed() -> None:
    http = client(FakeServices(embedder=ScriptedEmbedder(installed=False)))
    answer = http.post("/v1/embeddings", json=ASK)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_ready")
    assert "retry-after" in answer.headers
    assert "a3x:embedder" not in {card["id"] for card in http.get("/v1/models").json()["data"]}
    assert http.get("/v1/models/a3x:embedder").status_code == 404
