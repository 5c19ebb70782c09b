"""Which experiences a search is about, as SQL. Knows the columns of ``experience`` and nothing of searching."""

from __future__ import annotations

from dataclasses import dataclass

from a3x.types import Origin, Status

STATED = "experience.seq IN (SELECT seq FROM fact WHERE superseded_by IS NULL)"


@dataclass(frozen=True)
class Filter:
    """What must hold of every result; None asks nothing. ``since`` ≤ when < ``until``, epoch seconds."""

    theme: str | None = None
    since: float | None = None
    until: float | None = None
    origin: Origin | None = None
    status: Status | None = None
    session: str | None = None
    stated: bool = False
    """Only those in which the user stated a fact that nothing has replaced."""

    def where(self) -> tuple[str, tuple[str | float, ...]]:
        """`` AND …`` for the table ``experience``, and its values; "" if nothing is asked."""
        conditions = {
            "experience.theme = ?": self.theme,
            'experience."when" >= ?': self.since,
            'experience."when" < ?': self.until,
            "experience.origin = ?": self.origin,
            "experience.status = ?": self.status,
            "experience.session = ?": self.session,
        }
        active = {condition: value for condition, value in conditions.items() if value is not None}
        stated = f" AND {STATED}" if self.stated else ""
        return "".join(f" AND {condition}" for condition in active) + stated, tuple(active.values())


EVERYTHING = Filter()
