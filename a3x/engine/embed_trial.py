"""The child in which a foreign embedder is tried out before the daemon loads it: one short text, one full one.

``engine.trial`` starts it and reads its answer; what kills llama.cpp kills the child (docs/decisions/0006).
"""

from __future__ import annotations

import sys
from pathlib import Path

from a3x.engine.trial import PLAIN


def main(arguments: list[str]) -> int:
    from a3x.engine.encoder import Encoder
    from a3x.engine.llama import start_backend
    from a3x.errors import A3XError

    path, _gpu_layers, *flags = arguments
    start_backend()
    try:
        encoder = Encoder(Path(path), plain_kernels=PLAIN in flags)
        text = encoder.tokenize("one two three")
        encoder.encode([text, text])
        encoder.encode([(text * encoder.max_tokens)[: encoder.max_tokens]])
    except A3XError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
