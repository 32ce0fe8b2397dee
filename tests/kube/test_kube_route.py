"""The connection to a server: one whose peer is gone without a word is ended by the kernel."""

from __future__ import annotations

import socket

from pkgops.kube.route import PROBE_SECONDS, PROBES, Route


def test_the_kernel_asks_a_silent_peer_whether_it_lives() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with Route(f"http://127.0.0.1:{port}", None, "", "").dial() as made:
            assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == PROBE_SECONDS
            assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == PROBES
            # What was sent and is not acknowledged ends it as well.
            unacknowledged = made.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            assert unacknowledged == 1000 * PROBE_SECONDS * PROBES
