"""Tells systemd how the daemon is doing, by sd_notify's datagrams. Without systemd it does nothing."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


def notify(state: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send e.g. ``READY=1``, ``STOPPING=1``, ``WATCHDOG=1``, ``STATUS=…`` (lines may be joined). False if not sent.

    A lost notification must not take the daemon down: a dead socket counts as not sent.
    """
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):  # the abstract namespace, written as systemd writes it
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.sendto(state.encode(), address)
    except OSError:
        return False
    return True


def watchdog_s(environ: Mapping[str, str] = os.environ) -> float | None:
    """Seconds within which systemd wants WATCHDOG=1; ping at half of it. None when this process is not watched."""
    try:
        microseconds = int(environ.get("WATCHDOG_USEC", "0"))
        pid = int(environ.get("WATCHDOG_PID", "0"))
    except ValueError:
        return None
    if microseconds <= 0 or pid not in (0, os.getpid()):
        return None
    return microseconds / 1e6
