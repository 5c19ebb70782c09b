"""A child that stays and does what it is told: answers, crashes in a fork or itself, hangs."""

from __future__ import annotations

import os
import time

from a3x.child import Ended, in_fork, serve


def obey(question: str) -> Ended:
    print("what native code prints", flush=True)
    if question == "die":
        os.abort()
    return in_fork(lambda: _obey(question))


def _obey(question: str) -> tuple[int, str]:
    match question:
        case "crash":
            os.abort()
        case "raise":
            raise ValueError(question)
        case "hang":
            time.sleep(60)
    return 0, f"{question} in {os.getppid()}"


if __name__ == "__main__":
    serve(obey)
