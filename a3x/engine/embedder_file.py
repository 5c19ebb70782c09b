"""Which GGUF embeds, and whether it may be loaded: the installed one, or the owner's after its checks in child processes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from a3x import resources
from a3x.engine.trial import needs_plain_kernels
from a3x.errors import ConfigError, NotReady
from a3x.gguf.check import check_embedder

HOW_TO_INSTALL = "python3 tools/install.py --extras embedder"
TRIAL = "a3x.engine.embed_trial"


@dataclass(frozen=True)
class Checked:
    """A file that can be loaded, and the one way in which it can."""

    path: Path
    plain_kernels: bool


class EmbedderFile:
    """``model`` is the owner's GGUF; "" is the one the installer made. A file is checked once, and again when it changed."""

    def __init__(self, model: str) -> None:
        self._own = bool(model)
        self.path = Path(model).expanduser() if model else resources.embedder()
        self._passed: tuple[tuple[int, int, int], Checked] | None = None

    @property
    def installed(self) -> bool:
        return self.path.is_file()

    def checked(self) -> Checked:
        """The file, fit to load. NotReady or ConfigError if it is not there, ForeignFile if it fails; may take seconds."""
        if not self.installed:
            raise self._missing()
        if not self._own:
            return Checked(self.path, plain_kernels=False)
        stat = self.path.stat()
        identity = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if self._passed is None or self._passed[0] != identity:
            check_embedder(self.path)
            checked = Checked(self.path, needs_plain_kernels(self.path, gpu_layers=0, trial=TRIAL))
            self._passed = (identity, checked)
        return self._passed[1]

    def _missing(self) -> ConfigError | NotReady:
        if self._own:
            return ConfigError(f"embedder.model: there is no file {self.path}", param="embedder.model")
        return NotReady(
            "the embedder is not installed yet; `make run` installs it in the background (install-later.log). "
            f"By hand: {HOW_TO_INSTALL}; or name a GGUF of your own with embedder.model"
        )
