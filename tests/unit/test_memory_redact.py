"""Redaction: what is planted goes, what is ordinary stays, and no text takes long."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a3x.errors import BadRequest
from a3x.memory import secrets
from a3x.memory.redact import kinds, redact, redact_experience, redact_value, require_teachable
from a3x.types import Experience
from tests.support.secrets_planted import KINDS, Planted, card, cnpj, cpf, iban, planted

ROOT = Path(__file__).resolve().parents[2]
PLANTED = planted(per_kind=8)
HEX = "0123456789abcdef" * 4


def share_missed(found: list[Planted]) -> float:
    return sum(one.secret in redact(one.text) for one in found) / len(found)


def test_planted_secrets_are_redacted() -> None:
    assert len(PLANTED) >= 300 and len(KINDS) >= 25
    assert share_missed(PLANTED) <= 0.01, {one.kind for one in PLANTED if one.secret in redact(one.text)}


@pytest.mark.parametrize("left_out", ["password", "github token", "key or token"])
def test_a_redactor_that_lacks_a_rule_is_found_out(left_out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    monkeypatch.setattr(secrets, "RULES", tuple(rule for rule in secrets.RULES if rule.kind != left_out))
    assert share_missed(PLANTED) > 0.01


def found_without_first_looks(monkeypatch: pytest.MonkeyPatch, texts: list[str]) -> list[list[secrets.Span]]:
    with monkeypatch.context() as patched:
        for name, always in (("_LONG_WORD", b""), ("_TWO_DIGITS", b""), ("SHORTEST", 0)):
            patched.setattr(secrets, name, always)
        return [secrets.find(text) for text in texts]


def test_first_looks_hide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(1)
    whole = [one.text for one in PLANTED] + ["é".join(one.text) for one in PLANTED[::9]]
    wide = [text.translate({ord("0") + n: chr(0x0660 + n) for n in range(10)}) for text in whole[::3]]
    pieces = [text[at : at + chance.randrange(1, 60)] for text in whole for at in (0, chance.randrange(len(text)))]
    texts = [*whole, *wide, *pieces]
    assert [secrets.find(text) for text in texts] == found_without_first_looks(monkeypatch, texts)
    monkeypatch.setattr(secrets, "_TWO_DIGITS", b"0" * 20)
    looser = [secrets.find(text) for text in texts]
    assert looser != found_without_first_looks(monkeypatch, texts), "control: a look that misses numbers is noticed"


@pytest.mark.parametrize("name", ["password", "api_key", "Cookie", "cpf", "note", "DB_PASSWORD", "user", "x"])
def test_names_that_tell_nothing_need_no_second_look(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    values = [one.secret for one in PLANTED[::3]] + ["hunter2x7", "529.982.247-25", "52998224725"]
    quick = [redact_value({name: value}) for value in values]
    monkeypatch.setattr(secrets, "tells", lambda name: True)
    assert quick == [redact_value({name: value}) for value in values]


def test_a_name_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control for the test above: deaf to names, a password is missed."""
    assert redact_value({"password": "hunter2x7"}) != {"password": "hunter2x7"}
    monkeypatch.setattr(secrets, "tells", lambda name: False)
    assert redact_value({"password": "hunter2x7"}) == {"password": "hunter2x7"}


def ordinary_lines() -> list[str]:
    files = [*ROOT.glob("docs/**/*.md"), *ROOT.glob("a3x/**/*.py"), ROOT / "README.md"]
    lines = [line for file in files for line in file.read_text().splitlines() if line.strip()]
    replay = (ROOT / "models/seed/replay.jsonl").read_text().splitlines()[::4]
    return lines[::3] + [message["content"] for line in replay for message in json.loads(line)["messages"]]


def test_ordinary_text_stays() -> None:
    """Of the seed's lessons, those that state a password count as mistakes here too, though they are none."""
    lines = ordinary_lines()
    changed = [line for line in lines if redact(line) is not line]
    assert len(lines) > 5_000
    assert len(changed) <= 0.005 * len(lines), changed[:10]


@pytest.mark.parametrize(
    "text",
    [
        "8471",
        "the gate code is 8471",
        "10.77.4.19",
        "no, it is sexta-feira",
        "a senha é trocada toda sexta-feira",
        "I forgot my password, how do I reset it?",
        "the password is incorrect",
        "esqueci a senha do wifi",
        f"commit {HEX[:40]}",
        "8f14e45f-ceea-467f-9575-2bd2b1a5c8b1",
        f'"integrity": "sha512-{HEX}=="',
        f"torch==2.1.0 --hash=sha256:{HEX}",
        "password = getpass()",
        'password = os.environ["DB_PASSWORD"]',
        "password: str | None = None",
        "api_key = settings.engine.api_key",
        "API_KEY=<your-key>",
        "token: ${GITHUB_TOKEN}",
        "PASSWORD=changeme",
        "export TOKEN=$(cat token.txt)",
        "max_tokens=4096, stop_token=128009",
        "password_hash = bcrypt.hashpw(raw, salt)",
        "curl -u $USER:$PASS https://example.org",
        "git clone https://github.com/ana/app.git",
        "docker run -u 1000:1000 -p 8080:80 nginx:1.27",
        "ls -la --color=auto | sort -k5 -n",
        "Authorization: Bearer <token>",
        "1763721600000000000 ns, 4111 1111 1111 1112",
        "111.111.111-11",
        "see https://docs.example.org/a/b?page=2&sort=name",
        "secret santa is on Friday",
        "the token budget is 4096 and the key idea is simple",
    ],
)
def test_this_stays(text: str) -> None:
    assert redact(text) is text


def test_the_placeholder_names_the_kind() -> None:
    (token,) = (one for one in planted(1) if one.kind == "github token")
    assert redact(f"use {token.secret} now") == "use [redacted: github token] now"
    assert kinds(redact(token.text)) == ("github token",)


def test_check_digits() -> None:
    """A digit changed makes it a number like any other."""
    import random

    draw = random.Random(5)
    for make in (card, iban, cpf, cnpj):
        number = make(draw)
        last = str((int(number[-1]) + 1) % 10) if number[-1].isdigit() else "A"
        assert redact(f"no {number} aqui") == f"no [redacted: {make.__name__.replace('card', 'credit card')}] aqui"
        assert redact(f"no {number[:-1]}{last} aqui") == f"no {number[:-1]}{last} aqui"


def test_every_text_of_a_span() -> None:
    secret = "gh" + "p_" + "aB3" * 12
    inside: dict[str, Any] = {"deep": [{"list": [f"is {secret}"]}], "password": "hunter22", secret: 1, "n": 4}
    span = Experience(
        *("exp_1", "user:local", "chat", f"my token {secret}", 0.0, "failed", f"so it is {secret}", f"stderr {secret}"),
        messages=({"role": "user", "content": f"my token {secret}"},),
        tools=({"name": "shell", "arguments": inside, "result": secret},),
        context={"environment": inside},
        metadata=inside,
        extra=inside,
    )
    stored = json.dumps(vars(redact_experience(span)))
    assert secret not in stored and "hunter22" not in stored
    assert redact_experience(span).id == "exp_1"


def test_deep_values_do_not_overflow() -> None:
    value: Any = "gh" + "p_" + "aB3" * 12
    for _ in range(200):
        value = [value]
    assert "gh" + "p_" not in json.dumps(redact_value(value))


def test_a_lesson_with_a_secret_is_refused() -> None:
    secret = "gh" + "p_" + "aB3" * 12
    with pytest.raises(BadRequest, match="neither stored nor learnt") as refused:
        require_teachable("which token?", f"it is {secret}")
    assert secret not in refused.value.message
    with pytest.raises(BadRequest, match="no answer to it can be learnt"):
        require_teachable(redact(f"what is {secret} for?"), "the pipeline")
    require_teachable("what is the gate code?", "8471")


PIECES = st.sampled_from(
    [
        *(one.text for one in PLANTED[::9]),
        *(one.secret for one in PLANTED[::11]),
        *("password: ", "senha é ", "token=", "[redacted: ", "]", "\n", '"', "'", " ", "=", ":", "--", "İ", "é", "0"),
        "://a:b@c",
    ]
)


def test_a_placeholder_behind_a_key_word_is_no_secret() -> None:
    said = redact("machine registry.example.net login ana password Umbral5068")
    assert said == redact(said) == "machine registry.example.net login ana password [redacted: password]"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=8))
def test_twice_is_once_and_nothing_raises(pieces: list[str]) -> None:
    once = redact("".join(pieces))
    assert redact(once) == once


HOSTILE = (
    *(
        "a",
        "1",
        "A1",
        "M",
        "M-",
        "eyJ",
        "eyJaaaaaaaa.",
        "://",
        "https://a:b",
        "-----BEGIN PRIVATE KEY-----",
        "4111 ",
        "DE89 ",
    ),
    *(
        "sk-",
        "hf_",
        "xoxb-",
        "password ",
        "password=",
        'password: "',
        "senha do wifi é ",
        "token ",
        "api key ",
        "bearer ",
    ),
    *(
        "curl -u ",
        "mysql ",
        "otpauth://x?",
        "?token=",
        "--password ",
        "---",
        "cookie sess=",
        "login x password ",
        "a.b.c.",
    ),
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_no_time(piece: str) -> None:
    """100 KB in half a second of processor time; backtracking would take minutes."""
    text = (piece * 100_000)[:100_000]
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 0.5
