"""A hub in this process: the two routes that ``a3x model pull`` asks, over real HTTP, with ranges and a redirect.

``cut_after`` breaks the connection after so many bytes of a file, ``stall_after`` goes silent there until ``release``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "c0ffee" * 6 + "c0ff"
BLOCK = 64 << 10


class FakeHub:
    """One repository of ``files``. ``served`` lists (first byte, bytes sent) of every answer with a file's content."""

    def __init__(self, repo: str, files: dict[str, bytes]) -> None:
        self.repo = repo
        self.files = files
        self.lies: dict[str, str] = {}
        """Hashes to state instead of the true ones."""
        self.served: list[tuple[int, int]] = []
        self.asked: list[str] = []
        self.cut_after: int | None = None
        self.stall_after: int | None = None
        self.ranges = True
        self.gated = False
        self.stalled = threading.Event()
        self.release = threading.Event()
        self.url = ""

    def info(self) -> dict[str, Any]:
        siblings = []
        for path, content in self.files.items():
            one: dict[str, Any] = {"rfilename": path, "size": len(content), "blobId": "0" * 40}
            if path.endswith(".gguf"):
                sha256 = self.lies.get(path) or hashlib.sha256(content).hexdigest()
                one["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 135}
            siblings.append(one)
        return {"_id": "1", "id": self.repo, "modelId": self.repo, "sha": COMMIT, "siblings": siblings, "tags": []}

    @contextlib.contextmanager
    def running(self) -> Iterator[FakeHub]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            self.release.set()
            server.shutdown()
            thread.join()
            server.server_close()


def _handler(hub: FakeHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None: ...

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            hub.asked.append(path)
            if hub.gated:
                self._say(403, b"{}", {"X-Error-Code": "GatedRepo"})
            elif path == f"/api/models/{hub.repo}":
                self._say(200, json.dumps(hub.info()).encode(), {"Content-Type": "application/json"})
            elif path.startswith(f"/{hub.repo}/resolve/{COMMIT}/"):
                self._say(302, b"", {"Location": f"{hub.url}/store/" + path.split(f"{COMMIT}/")[1]})
            elif path.removeprefix("/store/") in hub.files:
                self._file(hub.files[path.removeprefix("/store/")])
            else:
                self._say(404, b"{}", {"X-Error-Code": "RepoNotFound"})

        def _say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _file(self, content: bytes) -> None:
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")) if hub.ranges else None
            first = int(wanted[1]) if wanted else 0
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Length", str(len(content) - first))
            if wanted:
                self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            sent = 0
            with contextlib.suppress(ConnectionError):
                for at in range(first, len(content), BLOCK):
                    sent += self.wfile.write(content[at : at + BLOCK])
                    if hub.stall_after is not None and sent >= hub.stall_after:
                        hub.stalled.set()
                        hub.release.wait(60)
                    if hub.cut_after is not None and sent >= hub.cut_after:
                        break
            hub.served.append((first, sent))
            self.close_connection = True

    return Handler
