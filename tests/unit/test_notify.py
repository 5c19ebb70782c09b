"""Notifications on a real datagram socket, by path and abstract."""

from __future__ import annotations

import os
import socket

import pytest

from a3x.notify import notify, watchdog_s


@pytest.mark.parametrize("abstract", [False, True])
def test_the_datagram_arrives(tmp_path, abstract):
    address = f"@a3x-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind("\0" + address[1:] if abstract else address)
        channel.settimeout(2)
        assert notify("READY=1\nSTATUS=olá", {"NOTIFY_SOCKET": address})
        assert channel.recv(100).decode() == "READY=1\nSTATUS=olá"


def test_without_systemd_nothing_is_sent():
    assert not notify("READY=1", {})


def test_a_dead_socket_is_not_an_error(tmp_path):
    assert not notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "gone")})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": str(os.getpid())}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_watchdog(environ, expected):
    assert watchdog_s(environ) == expected
