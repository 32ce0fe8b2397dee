"""Listening on the machine's own loopback from inside an instance's network namespace.

The local cluster runs in a network namespace; ``http://<service>.<namespace>.localhost`` means the
loopback of the machine around it. A socket belongs to the namespace in which it was made, so whoever
starts the platform makes it outside and hands it over as an open file.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

VARIABLE = "PKGOPS_GATEWAY_FD"
"""Names the number of an inherited socket that listens on the machine's loopback."""
BACKLOG = 128


def listen(port: int, environ: Mapping[str, str] = os.environ) -> socket.socket:
    """Return the inherited listening socket, or one on the loopback of this process's own namespace.

    Raises:
        OSError: the inherited number is no socket, or the port is taken.
    """
    number = environ.get(VARIABLE, "")
    if number.isdigit():
        return socket.socket(fileno=int(number))
    return socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
