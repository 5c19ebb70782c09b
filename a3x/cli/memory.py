"""``a3x memory``: what is remembered, from the daemon when it runs, from the stores when it does not."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from a3x.cli import output
from a3x.config import Settings
from a3x.errors import BadRequest, Conflict, NotFound

if TYPE_CHECKING:
    from a3x.memory.intake import Send
    from a3x.memory.transfer import BatchResult, Line, Vouched

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Look at what the agent remembers.")


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, newest first.")] = 20,
    before: Annotated[int | None, typer.Option(min=0, help="Only those before this sequence number.")] = None,
    session: Annotated[str | None, typer.Option(help="Only this session.")] = None,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """List experiences, newest first."""
    page = _page(output.settings(home, config), limit, before, session)
    if json:
        output.emit(page)
        return
    rows = [
        (one["seq"], one["id"], output.when(one["when"]), one["status"], output.short(one["this"]))
        for one in page["experiences"]
    ]
    output.table(("seq", "id", "when", "status", "asked"), rows, "nothing is remembered yet")


@app.command()
def show(
    id: Annotated[str, typer.Argument(help="Id of an experience, as memory list shows it.")],
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Show one experience with the feedback it got."""
    one = _one(output.settings(home, config), id)
    if json:
        output.emit(one)
        return
    shown = {**one, "when": output.when(one["when"])}
    output.facts([(name, value) for name, value in shown.items() if value])


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for, in words of any kind.")],
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, best first.")] = 10,
    theme: Annotated[str | None, typer.Option(help="Only this theme.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only from this time on.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only before this time.")] = None,
    origin: Annotated[str | None, typer.Option(help="Only texts of this origin.")] = None,
    status: Annotated[str | None, typer.Option(help="completed, failed or pending.")] = None,
    session: Annotated[str | None, typer.Option(help="Only this session.")] = None,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Search by meaning and by words; without a daemon by words alone."""
    times = {"since": since.timestamp() if since else None, "until": until.timestamp() if until else None}
    only = {"theme": theme, **times, "origin": origin, "status": status, "session": session}
    results = _search(output.settings(home, config), query, limit, only)
    if json:
        output.emit(results)
        return
    rows = [_line(one) for one in results["found"]]
    output.table(("score", "by", "id", "when", "asked"), rows, "nothing found")
    if results["note"]:
        print(f"\n{results['note']}")


def _line(found: dict[str, Any]) -> tuple[str, ...]:
    one = found["experience"]
    return (
        f"{found['score']:.4f}",
        " + ".join(found["ranks"]),
        one["id"],
        output.when(one["when"]),
        output.short(one["this"]),
    )


def _search(settings: Settings, query: str, limit: int, only: dict[str, Any]) -> dict[str, Any]:
    from a3x.cli.client import Client, NoDaemon

    try:
        with Client(settings) as daemon:
            return daemon.get("/a3x/memory", q=query, limit=limit, **only)
    except NoDaemon:
        import asyncio

        from a3x.app import open_search
        from a3x.stores.filters import Filter

        return asdict(asyncio.run(open_search(settings).search(query, limit, Filter(**only))))


@app.command()
def why(
    id: Annotated[str, typer.Argument(help="Id of an experience, as memory list shows it.")],
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Say why an experience has the priority and the label that it has."""
    found = _why(output.settings(home, config), id)
    if json:
        output.emit(found)
        return
    for line in found["words"]:
        print(line)


@app.command("map")
def map_(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many clusters, the largest first.")] = 20,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Show what you ask about: clusters of questions, how large they are and how they drift."""
    found = _map(output.settings(home, config), limit)
    if json:
        output.emit(found)
        return
    rows = [
        (
            *(one["id"], one["size"], f"{100 * one['share']:.0f} %"),
            *(f"{one['drift']:.2f} since {output.when(one['drift_since'])}", output.when(one["last_seen"])),
            output.short(" · ".join(one["examples"])),
        )
        for one in found["clusters"]
    ]
    output.table(("cluster", "size", "share", "drift", "last", "about"), rows, "nothing is embedded yet")


@app.command()
def facts(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, newest first.")] = 20,
    before: Annotated[int | None, typer.Option(min=0, help="Only those before this number.")] = None,
    replaced: Annotated[bool, typer.Option("--replaced", help="Show what newer statements replaced, too.")] = False,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """List what you stated and may be recalled before answering; `a3x forget ID` removes one with its experience."""
    found = _facts(output.settings(home, config), limit, before, replaced)
    if json:
        output.emit(found)
        return
    rows = [
        (
            *(one["number"], one["experience_id"], output.when(one["created"]), output.short(one["text"])),
            "" if one["superseded_by"] is None else f"replaced by {one['superseded_by']}",
        )
        for one in found["facts"]
    ]
    output.table(("number", "said in", "when", "stated", ""), rows, "nothing was stated yet")


def _facts(settings: Settings, limit: int, before: int | None, replaced: bool) -> dict[str, Any]:
    from a3x.cli.client import Client, NoDaemon

    try:
        with Client(settings) as daemon:
            return daemon.get("/a3x/memory/facts", limit=limit, before=before, replaced=int(replaced))
    except NoDaemon:
        from a3x.app import open_facts

        return {"facts": [asdict(one) for one in open_facts(settings).recent(limit, before, replaced)]}


def _why(settings: Settings, id: str) -> dict[str, Any]:
    from a3x.cli.client import Client, NoDaemon, segment

    try:
        with Client(settings) as daemon:
            return daemon.get(f"/a3x/memory/{segment(id)}/why")
    except NoDaemon:
        from a3x.app import open_insight

        return open_insight(settings).why(id)


def _map(settings: Settings, limit: int) -> dict[str, Any]:
    from a3x.cli.client import Client, NoDaemon

    try:
        with Client(settings) as daemon:
            return daemon.get("/a3x/memory/map", limit=limit)
    except NoDaemon:
        from a3x.app import open_insight

        return open_insight(settings).map(limit)


def _page(settings: Settings, limit: int, before: int | None, session: str | None) -> dict[str, Any]:
    from a3x.cli.client import Client, NoDaemon

    try:
        with Client(settings) as daemon:
            return daemon.get("/a3x/memory", limit=limit, before=before, session=session)
    except NoDaemon:
        from a3x.app import open_stores

        experiences, _ = open_stores(settings)
        found = experiences.recent(limit, before, session)
        more = found[-1].seq if len(found) == limit else None
        page = {"experiences": [asdict(one) for one in found], "next_before": more}
        return {**page, "count": experiences.count()}


def _one(settings: Settings, id: str) -> dict[str, Any]:
    from a3x.cli.client import Client, NoDaemon, segment

    try:
        with Client(settings) as daemon:
            return daemon.get(f"/a3x/memory/{segment(id)}")
    except NoDaemon:
        from a3x.app import open_stores

        experiences, _ = open_stores(settings)
        one = experiences.get(id)
        return {**asdict(one), "feedback": [asdict(feedback) for feedback in experiences.feedback(id)]}


# --- in and out ------------------------------------------------------------------------------------------------------


@app.command()
def export(
    file: Annotated[str, typer.Argument(help="File to write, - for stdout.")],
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Write every experience with its feedback and facts as NDJSON, oldest first."""
    from a3x.app import open_stores
    from a3x.disk import sync_file
    from a3x.memory.transfer import lines_of

    experiences, _ = open_stores(output.settings(home, config))
    if file == "-":
        sys.stdout.writelines(lines_of(experiences.walk()))
        return
    unfinished = Path(f"{file}.unfinished")
    with unfinished.open("w", encoding="utf-8") as opened:
        opened.writelines(lines_of(experiences.walk()))
    sync_file(unfinished)
    unfinished.replace(file)


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(help="NDJSON file, - for stdin. An interrupted file goes on where it was.")],
    rejects: Annotated[Path | None, typer.Option(help="Where refused lines go [FILE.rejects].")] = None,
    owner_dataset: Annotated[
        Path | None,
        typer.Option(
            help="Manifest with the file's sha256: its texts may be trained on. If it says so, its facts are yours."
        ),
    ] = None,
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Take spans in; what is there already is known, not stored again. Exit 1 if lines were refused."""
    from a3x.clock import SystemClock
    from a3x.disk import RealDisk
    from a3x.memory.intake import Intake
    from a3x.memory.transfer import vouched

    settings = output.settings(home, config)
    source = Path(file).resolve()
    if file == "-" and owner_dataset:
        raise BadRequest("a manifest vouches for a file, not for stdin")
    if file != "-" and not source.is_file():
        raise NotFound(f"there is no file {source}")
    word = vouched(source, owner_dataset) if owner_dataset else None
    name = hashlib.sha256(f"{source} {word.sha256 if word else ''}".encode()).hexdigest()[:32]
    progress = None if file == "-" else settings.home / "imports" / f"{name}.json"
    intake = Intake(rejects or Path("stdin.rejects" if file == "-" else f"{file}.rejects"), progress, RealDisk())
    clock = SystemClock()
    began = clock.monotonic()
    with _sender(settings, word) as send:
        done = intake.run(sys.stdin.buffer if file == "-" else source, send, lambda _: None)
    facts = {"lines": done.lines, "stored": done.stored, "known": done.known, "rejected": done.rejected}
    if json:
        output.emit({**facts, "seconds": round(clock.monotonic() - began, 3)})
    else:
        output.facts(list(facts.items()))
    if done.rejected:
        raise typer.Exit(1)


@contextlib.contextmanager
def _sender(settings: Settings, word: Vouched | None) -> Iterator[Send]:
    """To the daemon if one runs, else straight into the store. Conflict if a daemon runs and a manifest vouches."""
    from a3x.cli.client import Client, NoDaemon
    from a3x.memory.transfer import BatchResult, Rejected

    with Client(settings) as daemon:
        try:
            daemon.get("/healthz")
        except NoDaemon:
            with _store(settings, word) as send:
                yield send
            return
        if word:
            raise Conflict("stop the daemon first: over HTTP nobody can vouch for a data set")

        def post(lines: list[Line]) -> BatchResult:
            data = b"\n".join(text for _, text in lines)
            answer = daemon.post(f"/a3x/memory/import?first={lines[0][0]}", data)
            return BatchResult(answer["stored"], answer["known"], tuple(Rejected(**one) for one in answer["rejected"]))

        yield post


@contextlib.contextmanager
def _store(settings: Settings, word: Vouched | None) -> Iterator[Send]:
    import asyncio

    from a3x.app import DATABASE
    from a3x.clock import SystemClock
    from a3x.daemon import only_daemon
    from a3x.disk import RealDisk
    from a3x.memory.transfer import Importer
    from a3x.stores.db import Database

    with only_daemon(settings.home), Database(settings.home / DATABASE, RealDisk(), SystemClock()) as db:
        importer = Importer(db)
        yield lambda lines: asyncio.run(importer.take(lines, word))


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="New folder for the database and its hash.")],
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Copy the database alone, as it is at one moment; works beside a daemon. `a3x home backup` takes everything."""
    from a3x.cli.home import back_up

    back_up(folder, json, home, config, whole=False)


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="What `a3x memory backup` made.")],
    json: output.Json = False,
    home: output.Home = None,
    config: output.Config = None,
) -> None:
    """Check a backup and put it in the place of the database, which is kept. No daemon may run."""
    from a3x.cli.home import put_back

    put_back(folder, json, home, config)


@app.command()
def verify(json: output.Json = False, home: output.Home = None, config: output.Config = None) -> None:
    """Check the database: structure, references, word index, vectors. Exit 1 if something is wrong."""
    from a3x.stores.backup import DATABASE, check_database

    path = output.settings(home, config).home / DATABASE
    if not path.is_file():
        raise NotFound(f"there is no database at {path} yet; start the daemon once to create it")
    problems = check_database(path)
    if json:
        output.emit({"ok": not problems, "problems": problems})
    else:
        print("\n".join(problems) or f"{path} is sound")
    if problems:
        raise typer.Exit(1)
