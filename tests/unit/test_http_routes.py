"""The other routes over fakes: models, feedback, memory, adapters, probes, promises."""

from __future__ import annotations

import pytest

from a3x import errors as tree
from a3x.http.errors import TABLE, row
from a3x.http.routes_info import PROMISED
from tests.support.http_house import ASK, FakeAdapters, FakeExperiences, FakeServices, client, experience


def test_models_lists_the_installed_versions_and_finds_mixes() -> None:
    services = FakeServices()
    http = client(services)
    http.post("/a3x/adapters/cli", content=b"GGUF....")
    assert [card["id"] for card in http.get("/v1/models").json()["data"]] == [
        *("a3x", "a3x:base", "a3x:cli@1", "a3x:embedder")
    ]
    assert http.get("/v1/models/a3x:embedder").json()["id"] == "a3x:embedder"
    assert http.get("/v1/models/a3x:cli@1=0.5").json()["id"] == "a3x:cli@1=0.5"
    assert http.get("/v1/models/a3x:cli@2").status_code == 404
    assert http.get("/v1/models/gpt-4").json()["error"]["code"] == "model_not_found"


def test_feedback_is_stored_and_wrong_feedback_is_not() -> None:
    services = FakeServices(experiences=FakeExperiences([experience(1)]))
    http = client(services)
    good = {"experience_id": "exp-1", "rating": -1, "correction": "bye"}
    answer = http.post("/a3x/feedback", json=good)
    assert answer.status_code == 200
    assert answer.json()["ok"]
    for change in ({"correction": " "}, {"rating": 2}, {"rating": True}, {"rating": "1"}, {"why": 1}):
        assert http.post("/a3x/feedback", json={**good, **change}).status_code == 400, change
    assert http.post("/a3x/feedback", json={**good, "experience_id": "exp-9"}).status_code == 404
    assert [(one.rating, one.correction) for one in services.experiences.given] == [(-1, "bye")]
    assert http.get("/a3x/memory/exp-1").json()["feedback"][0]["correction"] == "bye"


def test_memory_pages_from_the_newest() -> None:
    rows = [experience(number, session="s" if number == 2 else "") for number in (1, 2, 3)]
    http = client(FakeServices(experiences=FakeExperiences(rows)))
    page = http.get("/a3x/memory", params={"limit": 2}).json()
    assert [one["id"] for one in page["experiences"]] == ["exp-3", "exp-2"]
    page = http.get("/a3x/memory", params={"limit": 2, "before": page["next_before"]}).json()
    assert ([one["id"] for one in page["experiences"]], page["next_before"]) == (["exp-1"], None)
    assert [one["id"] for one in http.get("/a3x/memory?session=s").json()["experiences"]] == ["exp-2"]
    assert http.get("/a3x/memory/exp-9").status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=-1", "limit=²", "before=" + "9" * 30])
def test_wrong_queries_are_400(query: str) -> None:
    assert client().get(f"/a3x/memory?{query}").status_code == 400


def test_adapters_are_imported_and_shown() -> None:
    http = client(FakeServices(adapters=FakeAdapters()), max_adapter_bytes=8)
    made = http.post("/a3x/adapters/python", content=b"GGUF....")
    assert (made.status_code, made.json()["name"]) == (201, "python@1")
    assert http.get("/a3x/adapters/python").json()["adapters"] == http.get("/a3x/adapters").json()["adapters"]
    assert http.get("/a3x/adapters/python/1").json()["manifest"] == {"sha256": "ab" * 32}
    assert http.get("/a3x/adapters/cli").json()["adapters"] == []
    assert http.get("/a3x/adapters/python/2").status_code == 404
    assert http.get("/a3x/adapters/poetry").status_code == 404
    assert http.post("/a3x/adapters/poetry", content=b"GGUF....").status_code == 404
    assert http.post("/a3x/adapters/python", content=b"").status_code == 400
    assert http.post("/a3x/adapters/python", content=b"x").json()["error"]["code"] == "foreign_file"
    assert http.post("/a3x/adapters/python", content=b"GGUF.....").status_code == 413


def test_alive_is_not_ready() -> None:
    http = client(FakeServices(is_ready=False))
    assert http.get("/healthz").status_code == 200
    assert http.get("/readyz").status_code == 503
    assert client().get("/readyz").status_code == 200


def test_promises_say_that_they_are_promises() -> None:
    http = client()
    for method, path in PROMISED:
        answer = http.request(method, path.format(theme="cli", id="x"))
        assert (answer.status_code, answer.json()["error"]["type"]) == (501, "not_implemented"), path


def test_unknown_paths_and_methods_have_our_shape() -> None:
    assert client().get("/v2").json()["error"]["code"] == "not_found"
    assert client().delete("/v1/models").json()["error"]["code"] == "method_not_allowed"
    assert client().get("/v1/models/").status_code == 404
    assert "/v1/chat/completions" in client().get("/").text


def test_every_error_of_the_tree_has_a_row_of_its_own() -> None:
    classes = {cls for cls in vars(tree).values() if isinstance(cls, type) and issubclass(cls, tree.A3XError)}
    assert classes <= set(TABLE)

    class Narrower(tree.PromptTooLong): ...

    assert row(Narrower("x")) == TABLE[tree.PromptTooLong]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8642", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:8642", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost:80@evil.example", 403),
        ("", 403),
    ],
)
def test_only_known_hosts_are_served(host: str, status: int) -> None:
    assert client().get("/healthz", headers={"Host": host}).status_code == status


def test_the_configured_host_is_known() -> None:
    http = client(host="192.0.2.7", token="t")
    assert http.get("/healthz", headers={"Host": "192.0.2.7:8642"}).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8642", 200),
        ("https://evil.example", 403),
        ("null", 403),
        ("http://127.0.0.1.evil.example", 403),
    ],
)
def test_other_web_pages_cannot_write(origin: str, status: int) -> None:
    assert client().post("/v1/chat/completions", json=ASK, headers={"Origin": origin}).status_code == status


def test_the_token_guards_all_but_the_probes() -> None:
    http = client(token="s3cret")
    assert http.get("/healthz").status_code == 200
    assert http.get("/readyz").status_code == 200
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic s3cret"},
        {"Authorization": "s3cret"},
    ):
        answer = http.get("/v1/models", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert http.get("/v1/models", headers={"Authorization": "Bearer s3cret"}).status_code == 200
    assert http.get("/nope").status_code == 401


def test_forgetting_is_a_preview_unless_told() -> None:
    http = client(FakeServices(experiences=FakeExperiences([experience(1)])))
    asked = http.post("/a3x/forget", json={"ids": ["exp_1"]})
    assert (asked.status_code, asked.json()["preview"], asked.json()["experiences"]) == (200, True, ["exp_1"])
    assert http.post("/a3x/forget", json={"ids": ["exp_1"], "preview": False}).json()["preview"] is False
    assert http.post("/a3x/forget", json={}).status_code == 400
    assert http.post("/a3x/forget", json={"everything": True}).status_code == 400
