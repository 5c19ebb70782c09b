"""Compiles a3x/engine/burst.c when the project is installed or a wheel is made; ``python3 hatch_build.py`` does only that."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
SOURCE = ROOT / "a3x" / "engine" / "burst.c"
LIBRARY = SOURCE.with_name("_burst.so")
FLAGS = (
    *("-std=c11", "-O3", "-fPIC", "-shared", "-Wall", "-Wextra"),
    # what vectorising sums needs; -ffast-math itself would make denormal numbers zero in the whole process (crtfastmath.o)
    *("-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-fassociative-math", "-ffinite-math-only"),
)


def compile_library() -> None:
    """In place of an older one only when it is whole. Exits with what the user can do if there is no C compiler."""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    new = LIBRARY.with_suffix(f".{os.getpid()}.tmp")
    try:
        subprocess.run([*compiler, *FLAGS, str(SOURCE), "-o", str(new), "-lm"], check=True)
        new.replace(LIBRARY)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"burst.c could not be compiled ({error}); a C compiler is needed (Debian: apt install gcc libc6-dev)")
    finally:
        new.unlink(missing_ok=True)


if __name__ == "__main__":
    compile_library()
else:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class Hook(BuildHookInterface[Any]):
        """Called by hatchling for wheels and editable installs."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            compile_library()
            build_data["artifacts"].append("a3x/engine/_burst.so")
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
