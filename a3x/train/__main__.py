"""Entry of the trainer process: checks the run directory before the heavy imports, turns failures into exit codes.

0 done · 2 the run directory cannot be used · 3 out of memory with one example at a time · 4 any other failure ·
5 told to stop (SIGTERM) and stopped at a checkpoint · 6 the disk is full.
The reason is the last event of ``events.jsonl``, and on stderr.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from a3x.clock import SystemClock
from a3x.disk import FULL_ERRNOS
from a3x.errors import A3XError, ConfigError, ForeignFile, NotImplementedHere
from a3x.train.journal import Journal

if TYPE_CHECKING:
    from a3x.train.memory import Memory

TIED = "--tied"
"""Ends the process when its standard input does: whoever holds the other end must not leave an orphan behind."""
DONE, BAD_RUN, OUT_OF_MEMORY, FAILED, STOPPED, NO_ROOM = 0, 2, 3, 4, 5, 6


def main(arguments: list[str], memory: Memory | None = None) -> int:
    """Train one run directory, resuming it if it was begun."""
    if arguments[:1] == [TIED]:
        _end_with_parent()
        arguments = arguments[1:]
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print(f"usage: python -m a3x.train [{TIED}] RUN_DIR", file=sys.stderr)
        return BAD_RUN
    directory = Path(arguments[0])
    journal = Journal(directory, SystemClock())
    try:
        return _train(directory, journal, memory)
    except (ConfigError, ForeignFile, NotImplementedHere) as error:
        return _fail(journal, BAD_RUN, error.message)
    except MemoryError as error:
        return _fail(journal, OUT_OF_MEMORY, f"out of memory: {error}")
    except A3XError as error:
        return _fail(journal, FAILED, error.message)
    except Exception as error:  # the supervisor of this process: whatever went wrong is journaled with its reason
        return _fail(journal, NO_ROOM if _is_full_disk(error) else FAILED, f"{type(error).__name__}: {error}")


def _is_full_disk(error: Exception) -> bool:
    """Native writers (safetensors, torch) say it only in the system's words."""
    told = any(os.strerror(number) in str(error) for number in FULL_ERRNOS)
    return told or (isinstance(error, OSError) and error.errno in FULL_ERRNOS)


def _train(directory: Path, journal: Journal, memory: Memory | None) -> int:
    from a3x.train.job import Job

    job = Job.open(directory)
    if job.spec.threads:  # before torch is imported: its thread pools are sized once
        os.environ["OMP_NUM_THREADS"] = str(job.spec.threads)
    os.environ["HF_HUB_OFFLINE"] = "1"  # everything a run needs is in its directory
    began = time.monotonic()
    from a3x.train.run import run

    journal.write("imported", seconds=round(time.monotonic() - began, 3))
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: told.set())  # until here it simply ends us: nothing is lost
    return DONE if run(job, journal, memory, told.is_set) else STOPPED


def _end_with_parent() -> None:
    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _fail(journal: Journal, code: int, reason: str) -> int:
    with contextlib.suppress(OSError):  # a full disk may be the very reason; the exit code still says that it failed
        journal.write("failed", reason=reason, exit_code=code)
        print(reason, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
