"""detect-secrets as the oracle: what it finds among the planted secrets, we redact as well."""

from __future__ import annotations

from pathlib import Path

import pytest
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

from a3x.memory.redact import redact
from tests.support.secrets_planted import planted


def theirs(file: Path) -> dict[int, set[str]]:
    """What detect-secrets finds in a file, by line."""
    found = SecretsCollection()
    with default_settings():
        found.scan_file(str(file))
    by_line: dict[int, set[str]] = {}
    for _, secret in found:
        by_line.setdefault(secret.line_number, set()).add(secret.secret_value or "")
    return by_line


@pytest.mark.integration
def test_what_the_oracle_finds_is_redacted(tmp_path: Path) -> None:
    lines = [one for one in planted(per_kind=6) if "\n" not in one.text]
    file = tmp_path / "planted.txt"
    file.write_text("".join(f"{one.text}\n" for one in lines))
    found = theirs(file)
    hits = [(lines[number - 1], value) for number, values in found.items() for value in values]
    ours = [(one, value) for one, value in hits if value and (value in one.secret or one.secret in value)]
    assert len(ours) >= 50
    assert not [(one.kind, one.text) for one, value in ours if value in redact(one.text)]
