"""Listen on the machine's loopback from inside an instance's network namespace.

The local cluster runs in a network namespace; ``http://<service>.<namespace>.localhost`` resolves to the
loopback of the host network namespace. A socket belongs to the namespace in which it was created, so the
process that starts the platform creates it there and passes it as an inherited file descriptor.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

VARIABLE = "PKGOPS_GATEWAY_FD"
"""Environment variable with the file descriptor of a socket that listens on the machine's loopback."""
BACKLOG = 128


def listen(port: int, environ: Mapping[str, str] = os.environ) -> socket.socket:
    """Return the inherited listening socket, or one on the loopback of this process's own namespace.

    Raises:
        OSError: the inherited file descriptor is not a socket, or the port is in use.
    """
    number = environ.get(VARIABLE, "")
    if number.isdigit():
        return socket.socket(fileno=int(number))
    return socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
