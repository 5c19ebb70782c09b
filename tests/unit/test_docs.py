"""The pages under docs/ say what the program does: errors, fields, routes, settings, commands and links are compared with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from a3x.cli import main
from a3x.config import INSTALLER_VARIABLES, Server, Settings
from a3x.http import errors, openai_chat, openai_completions
from a3x.http.app import build
from tests.support.http_house import FakeServices, StillClock

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
HTTP = (ROOT / "docs" / "http.md").read_text()


def section(text: str, heading: str) -> str:
    return text.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of a Markdown table's body."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_error_table_is_the_real_one() -> None:
    said = {code.strip("`"): int(status) for code, status, _ in rows(section(HTTP, "Errors"))}
    assert said == {code: status for status, _, code in errors.TABLE.values()}


def test_the_fields_are_the_real_ones() -> None:
    text = section(HTTP, "Fields of a completion")
    said = {field.strip("`"): where for field, where, _ in rows(text)}
    chat, plain = set(openai_chat.ChatRequest.model_fields), set(openai_completions.CompletionRequest.model_fields)
    assert {field for field, where in said.items() if where in ("both", "chat")} == chat
    assert {field for field, where in said.items() if where in ("both", "plain")} == plain
    ignored, refused = (named_after(text, heading) for heading in ("Accepted, without effect:", "Refused unless"))
    assert ignored == openai_chat.IGNORED | openai_completions.IGNORED
    assert refused == set(openai_chat.REFUSED) | set(openai_completions.REFUSED)


def named_after(text: str, heading: str) -> set[str]:
    """What stands in backticks in the paragraph that begins with ``heading``."""
    return set(re.findall(r"`(\w+)`", text.partition(heading)[2].partition("\n\n")[0]))


def test_the_routes_exist() -> None:
    app = build(FakeServices(), Server(), StillClock())
    real = {
        f"{method} {re.sub(r':int', '', str(getattr(route, 'path', '')))}"
        for route in app.routes
        for method in getattr(route, "methods", None) or ()
    }
    said = re.findall(r"`((?:GET|POST) [^`]+)`", section(HTTP, "Routes"))
    assert len(said) > 10
    assert set(said) <= real


def commands() -> set[str]:
    """``chat``, ``memory``, ``memory list``, …"""
    found = set(main.MODULES) | set(main.PROMISED)
    group = typer.main.get_command(main.app)
    for name in main.MODULES:
        command = group.get_command(None, name)  # type: ignore[attr-defined]
        found |= {f"{name} {inner}" for inner in getattr(command, "commands", {})}
    return found


@pytest.mark.parametrize("page", [*PAGES, ROOT / "memory/born.ndjson"], ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_settings_exist(page: Path) -> None:
    text = page.read_text()
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))
    known = commands()
    for name, inner in re.findall(r"\ba3x (?!serve: )([a-z]+)(?: ([a-z]+))?", code):
        assert name in known, f"a3x {name}"
        assert not inner or f"{name} {inner}" in known or not any(one.startswith(f"{name} ") for one in known), inner
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", code)) <= targets
    for variable in re.findall(r"\bA3X_[A-Z][A-Z_]*", code):
        assert variable in INSTALLER_VARIABLES or is_setting(variable), variable
    for dotted in re.findall(r"`((?:server|engine|memory)\.\w+)`", text):
        assert is_setting("A3X_" + dotted.replace(".", "__").upper()), dotted


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_files_exist(page: Path) -> None:
    text = page.read_text()
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (page.parent / link).exists(), link
    for path in re.findall(r"`((?:a3x|tests|tools|docs|systemd)/[\w./]+)`", text):
        assert (ROOT / path).exists(), path


def is_setting(variable: str) -> bool:
    section_name, _, key = variable.removeprefix("A3X_").lower().partition("__")
    field = Settings.model_fields.get(section_name)
    return field is not None and (not key or key in getattr(field.annotation, "model_fields", {}))


def test_the_indexes_are_complete() -> None:
    for folder in (ROOT / "docs", ROOT / "docs" / "decisions"):
        index = (folder / "README.md").read_text()
        assert [
            page.name for page in folder.glob("*.md") if page.name != "README.md" and f"({page.name})" not in index
        ] == []
