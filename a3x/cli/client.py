"""The daemon as the commands see it: found by settings, spoken to over HTTP. Prints nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx

from a3x.config import Settings
from a3x.errors import A3XError
from a3x.http.address import read_address

TIMEOUT = httpx.Timeout(30.0, read=None)
"""Generous to read: an answer takes as long as it takes."""


class NoDaemon(A3XError): ...


class Refused(A3XError):
    """The daemon answered with an error."""

    def __init__(self, message: str, status: int, param: str | None = None) -> None:
        super().__init__(message, param)
        self.status = status


class Client:
    """One connection to the daemon. Raises NoDaemon if it does not answer and Refused if it says no."""

    def __init__(self, settings: Settings) -> None:
        found = read_address(settings.home)
        server = settings.server
        self.url = str(found["url"]) if found else f"http://{server.host}:{server.port}"
        headers = {"Authorization": f"Bearer {server.token}"} if server.token else {}
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=TIMEOUT, trust_env=False)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """JSON of a GET; parameters that are None are not sent."""
        wanted = {name: value for name, value in query.items() if value is not None}
        return self._send(self._http.build_request("GET", path, params=wanted))

    def post(self, path: str, value: dict[str, Any] | bytes) -> Any:
        """JSON of a POST of JSON or of raw bytes."""
        if isinstance(value, bytes):
            return self._send(self._http.build_request("POST", path, content=value))
        return self._send(self._http.build_request("POST", path, json=value))

    def chat(self, body: dict[str, Any], headers: dict[str, str]) -> Iterator[dict[str, Any]]:
        """The chunks of a streamed answer. Closing the iterator hangs up."""
        try:
            with self._http.stream("POST", "/v1/chat/completions", json=body, headers=headers) as response:
                if response.is_error:
                    response.read()
                    raise _refused(response)
                for line in response.iter_lines():
                    data = line.removeprefix("data: ")
                    if not line or data == "[DONE]":
                        continue
                    chunk = json.loads(data)
                    if "error" in chunk:
                        raise Refused(chunk["error"]["message"], response.status_code)
                    yield chunk
        except httpx.TransportError as error:
            raise self._absent(error) from error

    def _send(self, request: httpx.Request) -> Any:
        try:
            response = self._http.send(request)
        except httpx.TransportError as error:
            raise self._absent(error) from error
        if response.is_error:
            raise _refused(response)
        return response.json()

    def _absent(self, error: Exception) -> NoDaemon:
        if isinstance(error, httpx.ConnectError):
            return NoDaemon(f"no daemon at {self.url}; start it with `a3x serve`")
        return NoDaemon(f"the daemon at {self.url} went away: {error}")


def segment(text: str) -> str:
    """One path segment, whatever the text."""
    return quote(text, safe="@:=+")


def _refused(response: httpx.Response) -> Refused:
    try:
        error = response.json()["error"]
        return Refused(error["message"], response.status_code, error["param"])
    except (ValueError, KeyError, TypeError):
        return Refused(f"{response.url} answered {response.status_code}; is it an A³X daemon?", response.status_code)
