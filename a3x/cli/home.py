"""``a3x home``: everything the daemon holds, into a folder and back. Backing up works beside a daemon, restoring does not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from a3x.cli import output

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Back up and restore the whole home.")

Folder = Annotated[Path, typer.Argument(help="Folder of the backup.")]


@app.command()
def backup(folder: Folder, json: output.Json = False, home: output.Home = None, config: output.Config = None) -> None:
    """Copy database, adapters, runs and models into a new folder."""
    back_up(folder, json, home, config, whole=True)


@app.command()
def restore(folder: Folder, json: output.Json = False, home: output.Home = None, config: output.Config = None) -> None:
    """Check a backup and put it in the place of what the home holds, which is kept beside it."""
    put_back(folder, json, home, config)


@app.command()
def verify(folder: Folder, json: output.Json = False) -> None:
    """Check every file of a backup against its hash, and its database."""
    from a3x.stores.backup import verify_backup

    files = len(verify_backup(folder)["files"])
    if json:
        output.emit({"ok": True, "files": files})
    else:
        print(f"{files} files, all as they were backed up")


def back_up(folder: Path, json: bool, home: Path | None, config: Path | None, *, whole: bool) -> None:
    """What both ``home backup`` and ``memory backup`` do."""
    from a3x.disk import RealDisk
    from a3x.stores.backup import back_up

    files = back_up(output.settings(home, config).home, folder.resolve(), RealDisk(), whole=whole)
    if json:
        output.emit({"folder": str(folder), "files": files})
    else:
        print(f"{len(files)} files in {folder}")


def put_back(folder: Path, json: bool, home: Path | None, config: Path | None) -> None:
    """What both ``home restore`` and ``memory restore`` do. Conflict while a daemon runs."""
    from a3x.daemon import only_daemon
    from a3x.disk import RealDisk
    from a3x.stores import backup

    where = output.settings(home, config).home
    with only_daemon(where):
        kept = backup.restore(where, folder.resolve(), RealDisk())
    if json:
        output.emit({"home": str(where), "kept": str(kept)})
    else:
        print(f"restored; what was there before is in {kept}")
