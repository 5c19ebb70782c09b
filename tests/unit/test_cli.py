"""The command line against a scripted daemon: what it prints, what it exits with, what it imports."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from a3x import app, resources
from a3x.agent.scripted import ScriptedAgent
from a3x.cli import chat, doctor, main, output, status
from a3x.cli.client import Client
from a3x.clock import SystemClock
from a3x.config import EngineSection, load
from a3x.disk import RealDisk
from a3x.engine.plan import plan
from a3x.errors import NotFound, Overloaded
from a3x.hardware.amd import Card
from a3x.hardware.room import Room
from a3x.http.address import ADDRESS
from a3x.stores.db import Database
from a3x.stores.facts import Fact
from a3x.types import Piece
from tests.support import tiny
from tests.support.http_house import FakeExperiences, FakeServices, experience
from tests.support.models import SEVENTY_B, THREE_B
from tests.support.scripted_daemon import scripted_daemon
from tests.support.told import Teller


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("A3X_HOME", str(tmp_path))
    monkeypatch.setenv("A3X_SERVER__PORT", "1")  # nobody listens there
    return tmp_path


def a3x(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as done:
        main.run(arguments)
    said = capsys.readouterr()
    return int(done.value.code or 0), said.out, said.err


def test_no_daemon_is_exit_3_and_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("status",), ("chat", "hi"), ("adapters", "import", __file__, "--theme", "cli")):
        code, out, err = a3x(capsys, *arguments)
        assert (code, out) == (3, "")
        assert "no daemon at http://127.0.0.1:1; start it with `a3x serve`" in err


@pytest.mark.parametrize(
    "arguments",
    [*((name,) for name in main.PROMISED), ("bench", "life"), ("adapters", "promote", "cli@3")],
)
def test_what_is_not_built_says_so(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    code, out, err = a3x(capsys, *arguments)
    assert (code, out) == (2, "")
    assert "not implemented yet" in err


def test_status(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    with scripted_daemon(home, FakeServices()) as url:
        code, out, _ = a3x(capsys, "status", "--json")
    assert (code, json.loads(out)) == (0, {"url": url, "ready": True})
    assert not (home / ADDRESS).exists()


def test_the_token_of_the_settings_is_sent(
    capsys: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted_daemon(home, FakeServices(), token="s3cret"):
        assert a3x(capsys, "status", "--json")[0] == 1
        monkeypatch.setenv("A3X_SERVER__TOKEN", "s3cret")
        assert a3x(capsys, "status", "--json")[0] == 0


def test_one_question(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    services = FakeServices()
    with scripted_daemon(home, services):
        assert a3x(capsys, "chat", "hi", "--private", "--model", "a3x:base")[:2] == (0, "Hello there.\n")
        answer = json.loads(a3x(capsys, "chat", "hi", "--json")[1])
    first, second = services.agent.requests
    assert (first.learn, first.model, first.messages[0].content) == (False, "a3x:base", "hi")
    assert second.learn
    assert answer["text"] == "Hello there."
    assert answer["a3x"]["experience_id"] == "exp-2"


def test_a_question_down_a_pipe(
    capsys: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = FakeServices()
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\ntwo\n"))
    with scripted_daemon(home, services):
        assert a3x(capsys, "chat")[0] == 0
    assert services.agent.requests[0].messages[0].content == "one\ntwo"


@pytest.mark.parametrize("script", [(Overloaded("9 are waiting"),), (Piece("a"), Overloaded("9 are waiting"))])
def test_a_refused_question_is_exit_1(capsys: pytest.CaptureFixture[str], home: Path, script: Any) -> None:
    with scripted_daemon(home, FakeServices(ScriptedAgent(script))):
        code, _, err = a3x(capsys, "chat", "hi")
    assert (code, "9 are waiting" in err) == (1, True)


def test_what_was_said_in_private_is_not_carried_into_what_is_recorded(home: Path) -> None:
    services = FakeServices()
    with scripted_daemon(home, services), Client(load()) as daemon:
        talk = chat.Conversation(daemon, "a3x", private=False)
        said: list[str] = []
        talk.ask("open", said.append, said.append)
        talk.command("/private")
        talk.ask("secret", said.append, said.append)
        talk.ask("secret again", said.append, said.append)
        assert "secret" in str(services.agent.requests[-1].messages)
        assert talk.command("/private").endswith("forgotten here too")
        talk.ask("open again", said.append, said.append)
    last = services.agent.requests[-1]
    assert last.learn
    assert [message.content for message in last.messages if message.role == "user"] == ["open", "open again"]


STATUS = {
    "ready": True,
    "uptime_s": 11_530.2,
    "home": "/home/of/a3x",
    "model": {"name": "seed", "parameters": 6_200_000, "context_tokens": 1024},
    "engine": {
        "answers": 12,
        "failures": 1,
        "waiting": 2,
        "prompt_tokens": 90,
        "cached_tokens": 64,
        "completion_tokens": 40,
        "adapters_resident": ["ab" * 32],
        "mixes_resident": ["base", "cli@7:1.0"],
        "context_swaps": 3,
        "threads": 1,
        "context_tokens": 1024,
        "chat_template": "model",
        "plan": asdict(
            plan(EngineSection(), THREE_B, Room(4, 16 << 30, 12 << 30, "card0", 4080 << 20, 4000 << 20, True))
        ),
        "sleep": {
            "state": "asleep",
            "idle_unload_s": 900.0,
            "quiet_s": 3.0,
            "wakes": 1,
            "last_wake_s": 0.2,
            "freed_bytes": 9 << 20,
        },
        "lease": {"owner": "shared", "reason": "there is no card"},
    },
    "memory": {"recording": True, "experiences": 1, "paused": None},
    "learning": {"paused": None},
    "adapters": 2,
    "resident_bytes": 97 << 20,
    "pss_bytes": 80 << 20,
}


def test_status_speaks_to_people() -> None:
    rows = dict(status.rows("http://here", STATUS))
    assert rows["state"] == "ready, up for 3 h 12 min"
    assert rows["answers"] == "12, 1 failed, 2 under way"
    assert rows["adapters"] == "2 installed, 1 loaded"
    assert rows["resident mixes"] == "base, cli@7:1.0"
    assert rows["context"] == "1024 tokens on 1 thread at most"
    assert rows["memory"] == "1 experience, recording on"
    assert rows["main memory"] == "97 MiB resident, 80 MiB its own share"
    assert (
        rows["model is"]
        == "asleep; sleeps after 15 min of quiet, woken 1 time, last in 0.2 s, 9 MiB given back last time"
    )
    assert rows["card"] == "shared: there is no card"
    shape, *reasons, card, ram = rows["plan"].splitlines()
    assert shape == "4096 tokens, 1 × 2 answers at a time, KV f16, 256 MiB of adapters"
    assert reasons[0] == "all 28 layers and the output layer on the card: 4000 MiB are free on card0"
    assert card.startswith("card: weights 1925, kv 896, ")
    assert card.endswith("reserve 326; 4000 MiB free")
    assert ram.startswith("main memory: weights 308, kv 0, ")
    assert "paused" not in rows


def test_status_says_what_a_full_disk_stops() -> None:
    memory = {**STATUS["memory"], "paused": "the last experience was not stored"}
    full = {**STATUS, "memory": memory, "learning": {"paused": "learning is paused"}}
    said = [value for name, value in status.rows("http://here", full) if name == "paused"]
    assert said == ["the last experience was not stored", "learning is paused"]
    loading = {**STATUS, "ready": False, "model": None, "engine": {}}
    assert dict(status.rows("http://here", loading))["state"].startswith("loading")


def test_values_are_shown_for_people() -> None:
    assert output.readable({"a": 0.123456, "empty": {}, "b": [1, 2]}) == "a: 0.1235\nb: 1\n2"
    assert output.readable([{"role": "user", "content": "hi"}]) == "user: hi"
    assert [output.duration(s) for s in (7.4, 60, 11_530, 190_000)] == ["7 s", "1 min", "3 h 12 min", "2 d 4 h"]


def test_a_conversation_remembers_rates_and_restarts(home: Path) -> None:
    services = FakeServices(experiences=FakeExperiences([experience(1), experience(2)]))
    with scripted_daemon(home, services), Client(load()) as daemon:
        talk = chat.Conversation(daemon, "a3x", private=False)
        assert talk.command("/good") == "there is no recorded answer to rate"
        written: list[str] = []
        answer = talk.ask("one", written.append, written.append)
        assert "".join(written) == answer.text == "Hello there."
        assert answer.footer().startswith("base · ")
        assert answer.footer().endswith("· recorded")
        assert talk.command("/correct be brief") == "noted"
        talk.ask("two", written.append, written.append)
        assert talk.command("/bad") == "noted"
        assert "nothing is remembered" in talk.command("/private")
        assert talk.ask("three", written.append, written.append).footer().endswith("· not recorded")
        talk.command("/new")
        talk.ask("four", written.append, written.append)
        assert talk.command("/help") == chat.HELP
        assert talk.command("/what") == f"there is no /what; {chat.HELP}"
    sent = [[message.content for message in request.messages] for request in services.agent.requests]
    assert sent[1] == ["one", "Hello there.", "two"]
    assert sent[3] == ["four"]
    sessions = [request.session for request in services.agent.requests]
    assert sessions[0] == sessions[2] != sessions[3]
    given = [(one.experience_id, one.rating, one.correction) for one in services.experiences.given]
    assert given == [("exp-1", -1, "be brief"), ("exp-2", -1, None)]


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert chat.printable("a\x1b[2Jb\x9b\r\n\tç") == "a[2Jb\n\tç"


def test_memory_over_http(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    services = FakeServices(experiences=FakeExperiences([experience(1), experience(2)]))
    with scripted_daemon(home, services):
        page = json.loads(a3x(capsys, "memory", "list", "--limit", "1", "--json")[1])
        assert [one["id"] for one in page["experiences"]] == ["exp-2"]
        assert "exp-1" in a3x(capsys, "memory", "list")[1]
        assert json.loads(a3x(capsys, "memory", "show", "exp-1", "--json")[1])["if_ok"] == "hello"
        assert a3x(capsys, "memory", "show", "../status")[0] == 1


def test_facts(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    services = FakeServices()
    old = Fact(1, "exp-1", 1, "my code is 1", "my code", "1", 5.0, 2, "")
    services.facts.rows = [old, replace(old, number=2, text="my code is 2", value="2", superseded_by=None)]
    with scripted_daemon(home, services):
        shown = a3x(capsys, "memory", "facts")[1]
        assert "my code is 2" in shown and "my code is 1" not in shown
        assert "replaced by 2" in a3x(capsys, "memory", "facts", "--replaced")[1]
        assert json.loads(a3x(capsys, "memory", "facts", "--json")[1])["facts"][0]["value"] == "2"
    Database(home / "a3x.db", RealDisk(), SystemClock()).close()
    assert a3x(capsys, "memory", "facts")[1] == "nothing was stated yet\n"


def test_why_and_map(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    services = FakeServices()
    services.experiences.rows.append(experience(1))
    with scripted_daemon(home, services):
        assert a3x(capsys, "memory", "why", "exp-1")[1].startswith("priority 0.500\n")
        assert a3x(capsys, "memory", "why", "exp-2")[0] == 1
        assert "75 %" in a3x(capsys, "memory", "map")[1]
    Database(home / "a3x.db", RealDisk(), SystemClock()).close()
    assert a3x(capsys, "memory", "map")[1] == "nothing is embedded yet\n"
    code, _, err = a3x(capsys, "memory", "why", "exp-1")
    assert (code, "no experience exp-1" in err) == (1, True)


def test_memory_and_adapters_from_the_stores(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    code, _, err = a3x(capsys, "memory", "list")
    assert (code, "no database" in err) == (1, True)
    Database(home / "a3x.db", RealDisk(), SystemClock()).close()
    assert json.loads(a3x(capsys, "memory", "list", "--json")[1])["count"] == 0
    assert a3x(capsys, "memory", "list")[1] == "nothing is remembered yet\n"
    assert json.loads(a3x(capsys, "adapters", "list", "--json")[1]) == {"adapters": []}
    assert a3x(capsys, "adapters", "show", "cli@1")[0] == 1


def test_adapters_over_http(capsys: pytest.CaptureFixture[str], home: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.gguf"
    file.write_bytes(b"GGUF....")
    with scripted_daemon(home, FakeServices()):
        assert "a3x:cli@1" in a3x(capsys, "adapters", "import", str(file), "--theme", "cli")[1]
        assert json.loads(a3x(capsys, "adapters", "list", "cli", "--json")[1])["adapters"][0]["name"] == "cli@1"
        assert json.loads(a3x(capsys, "adapters", "show", "cli@1", "--json")[1])["manifest"]
        assert a3x(capsys, "adapters", "show", "cli")[0] == 1
        assert a3x(capsys, "adapters", "import", __file__, "--theme", "cli")[0] == 1
        assert a3x(capsys, "adapters", "import", "no-such-file", "--theme", "cli")[0] == 1


def test_facts_move_to_another_home_by_the_owners_word(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teller = Teller(tmp_path)
    with teller.db:
        teller.say("my locker code is 8471")
        teller.say("my locker code is 9021")
    file, manifest = tmp_path / "life.ndjson", tmp_path / "manifest.json"
    assert a3x(capsys, "memory", "export", str(file))[0] == 0
    files = {"files": {file.name: hashlib.sha256(file.read_bytes()).hexdigest()}}
    for said, word, known in (
        ({}, False, []),
        ({}, True, []),
        ({"facts": True}, True, [("9021", None), ("8471", 2)]),
    ):
        manifest.write_text(json.dumps({**files, **said}))
        home = tmp_path / f"home{len(said)}{word}"
        monkeypatch.setenv("A3X_HOME", str(home))
        assert a3x(capsys, "memory", "import", str(file), *(("--owner-dataset", str(manifest)) if word else ()))[0] == 0
        found = json.loads(a3x(capsys, "memory", "facts", "--replaced", "--json")[1])["facts"]
        assert [(one["value"], one["superseded_by"]) for one in found] == known


def test_recommendations_for_another_machine(capsys: pytest.CaptureFixture[str]) -> None:
    other = ("--vram-mib", "4080", "--ram-mib", "16384", "--bandwidth", "128")
    found = json.loads(a3x(capsys, "model", "recommend", *other, "--json")[1])
    assert found["machine"]["card_bytes"] == 4080 << 20
    [three] = [one for one in found["models"] if one["family"] == "Llama-3.2-3B-Instruct"]
    assert (three["quantisation"], three["fit"]["place"], round(three["fit"]["ceiling_tok_s"])) == (
        "Q4_K_M",
        "card",
        64,
    )
    assert "64 tok/s" in a3x(capsys, "model", "recommend", *other)[1]
    assert a3x(capsys, "model", "recommend", "--vram-mib", "0", "--ram-mib", "512")[1].startswith("no known model fits")
    assert len(json.loads(a3x(capsys, "model", "recommend", "--all", "--json")[1])["models"]) > len(found["models"])
    assert a3x(capsys, "model", "recommend", "--kv-type", "q2")[0] == 2


def test_models_need_no_daemon(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    tiny.write_model(home / "tiny.gguf")
    assert "tiny is imported: llama" in a3x(capsys, "model", "import", str(home / "tiny.gguf"))[1]
    assert "from the next start on" in a3x(capsys, "model", "use", "tiny")[1]
    assert "tiny" in a3x(capsys, "model", "list")[1]
    assert a3x(capsys, "model", "verify")[1] == "every model is what was imported\n"
    assert app.model_path(load()) == home / "models/tiny/model.gguf"
    assert app.model_path(load(flags={"engine": {"model": "seed"}})) == resources.seed_model()
    assert app.model_path(load(flags={"engine": {"model": "tiny"}})) == home / "models/tiny/model.gguf"
    (home / "models/tiny/manifest.json").unlink()
    with pytest.raises(NotFound, match="the model in use, 'tiny', is gone"):
        app.model_path(load())
    code, out, err = a3x(capsys, "model", "remove", "tiny")
    assert (code, out, "imported: none" in err) == (1, "", True)


def test_wrong_settings_name_the_key(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    (home / "a.toml").write_text("[server]\nprot = 1\n")
    code, _, err = a3x(capsys, "status", "--config", str(home / "a.toml"))
    assert (code, "server.prot" in err) == (1, True)


def test_doctor_fails_without_a_model(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    (home / "broken.gguf").write_bytes(b"nope")
    tiny.write_model(home / "good.gguf")
    levels = {}
    for name in ("broken.gguf", "good.gguf", "absent.gguf"):
        [found] = doctor.check_model(load(flags={"engine": {"model": str(home / name)}}, environ={}))
        levels[name] = found.level
    assert levels == {"broken.gguf": "fail", "good.gguf": "ok", "absent.gguf": "fail"}
    (home / "file").write_text("")
    assert doctor.check_home(load(flags={"home": str(home / "file" / "below")}, environ={}))[0].level == "fail"
    assert doctor.check_daemon(load())[0].level == "warn"
    with scripted_daemon(home, FakeServices()):
        assert doctor.check_daemon(load())[0].level == "ok"
    with scripted_daemon(home, FakeServices(is_ready=False)):
        assert doctor.check_daemon(load())[0].level == "warn"


def test_doctor_shows_the_plan_and_refuses_what_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    [found] = doctor.check_plan(load(environ={}))
    assert found.level == "ok"
    assert "main memory: weights 12, " in found.found
    monkeypatch.setattr("a3x.gguf.sizes.read_sizes", lambda path: SEVENTY_B)
    monkeypatch.setattr("a3x.engine.fit.measure", lambda cores, offload: Room(4, 16 << 30, 12 << 30, "no card"))
    [refused] = doctor.check_plan(load(environ={}))
    assert refused.level == "fail"
    assert "the model does not fit" in refused.found


def test_doctor_tells_an_unknown_load_from_none() -> None:
    card = Card("card0", "1002:743f", "gfx1034", 4080 << 20, 80 << 20, None, "16.0 GT/s x4")
    assert doctor.card_line(card) == "card0 gfx1034, 4000 MiB free, load unknown, PCIe 16.0 GT/s x4"
    assert "0 % busy" in doctor.card_line(replace(card, busy_percent=0))


def test_doctor_prints_json_and_exits_by_what_it_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A3X_ENGINE__MODEL", "/nowhere/x.gguf")
    code, out, _ = a3x(capsys, "doctor", "--json")
    report = json.loads(out)
    assert (code, report["ok"]) == (1, False)
    assert {"python", "llama.cpp", "sandbox", "home", "model", "daemon"} <= {one["name"] for one in report["checks"]}


def test_the_hub_costs_the_daemon_nothing() -> None:
    probe = (
        "import sys, a3x.daemon, a3x.models.hub\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('huggingface_hub', 'httpx2', 'hf_xet')])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_command_imports_itself_only() -> None:
    probe = (
        "import sys; from a3x.cli import main\n"
        "try: main.run(['memory', '--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name in ('uvicorn', 'llama_cpp', 'torch', 'a3x.cli.chat', 'a3x.app')])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
