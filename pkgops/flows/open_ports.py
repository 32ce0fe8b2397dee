"""The port on which an application that does not answer listens, found by requests through a port-forward.

A port-forward also reaches a server that listens on loopback only.
"""

from __future__ import annotations

import socket

from pkgops.errors import PkgopsError
from pkgops.flows.shown_port import RESERVED
from pkgops.kube import Client
from pkgops.model import ObjectRef

USUAL = (3000, 5000, 8000, 8080, 80, 4000, 8888)
"""Where servers listen by default."""
SECONDS = 3.0
"""How long an answer may take; a later one does not count."""

_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def open_port(client: Client, pod: ObjectRef, port: int) -> int:
    """Return the port on which a pod answers HTTP: its own, else the first usual one.

    0 where none does, where the pod cannot be reached, and where this user has no permission.
    """
    others = (one for one in USUAL if one != port and one not in RESERVED)
    try:
        return next((one for one in (port, *others) if _answers(client, pod, one)), 0)
    except PkgopsError:
        return 0


def _answers(client: Client, pod: ObjectRef, port: int) -> bool:
    with client.port_forward(pod.namespace, pod.name, port) as local:
        try:
            with socket.create_connection(("127.0.0.1", local), timeout=SECONDS) as connection:
                connection.sendall(_REQUEST)
                return bool(connection.recv(1))
        except OSError:
            return False
