"""Loads a model we did not make in a child process and lets it read and write once: what kills llama.cpp kills the child.

Some builds die on some weights: on processors with AMX, llama.cpp repacks quantised weights and ends with a segmentation
fault in its first decode (docs/decisions/0006). Plain kernels keep the file's layout and live.
"""

from __future__ import annotations

import sys
from pathlib import Path

from a3x import child
from a3x.engine.pace import Pace
from a3x.errors import ForeignFile

TIME_LIMIT_S = 600
PLAIN = "--plain"


def needs_plain_kernels(path: Path, gpu_layers: int, trial: str = "a3x.engine.trial") -> bool:
    """Whether ``path`` works only without repacking. ForeignFile, with llama.cpp's reason, if it works neither way.

    ``trial`` is the module that tries it out, this one for chat models.
    """
    reason = ""
    for flags in ((), (PLAIN,)):
        try:
            ended = child.run(trial, str(path), str(gpu_layers), *flags, limit_s=TIME_LIMIT_S)
        except TimeoutError as error:
            raise ForeignFile(f"{path}: trying it out took {error}") from error
        if ended.code == 0:
            return bool(flags)
        reason = ended.reason
    raise ForeignFile(f"{path} cannot be served: {reason}")


def main(arguments: list[str]) -> int:
    """The child: a full chunk in, as the daemon will do it, and one token after it."""
    from a3x.engine import llama
    from a3x.errors import A3XError

    path, gpu_layers, *flags = arguments
    llama.start_backend()
    try:
        model = llama.Model(Path(path), int(gpu_layers), plain_kernels=PLAIN in flags, briefly=True)
        context = llama.Context(model, 2 * llama.CHUNK_TOKENS, Pace((1,)))
        first = model.bos if model.bos >= 0 else 0
        context.decode([first] * llama.CHUNK_TOKENS, 0, want_logits=True)
        context.decode([first], llama.CHUNK_TOKENS, want_logits=True)
        context.logits()
    except A3XError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
