"""A port-forward to a pod: data both ways, and the end of the pod's side is the end of the connection."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from pkgops.errors import UsageError
from pkgops.kube import connect

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "hello", "namespace": "dev"}}


@pytest.fixture
def api(memory_api):
    memory_api.put(POD)
    return memory_api


@pytest.fixture
def forward(api, tmp_path):
    with connect(api.kubeconfig(tmp_path / "kubeconfig")).port_forward("dev", "hello", 8080) as port:
        yield port


def test_data_goes_both_ways(api, forward):
    with socket.create_server(("127.0.0.1", 0)) as app:
        api.serving["dev", "hello"] = app.getsockname()

        def echo():
            connection, _ = app.accept()
            with connection:
                connection.sendall(connection.recv(100).upper())

        threading.Thread(target=echo, daemon=True).start()
        with socket.create_connection(("127.0.0.1", forward), timeout=20) as connection:
            connection.sendall(b"hello")
            assert connection.recv(100) == b"HELLO"
            assert connection.recv(100) == b""


def test_a_port_of_this_machine_that_is_taken_is_named_with_the_way_on(api, tmp_path):
    client = connect(api.kubeconfig(tmp_path / "kubeconfig"))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(UsageError, match=f"port {port} of this machine") as told,
            client.port_forward("dev", "hello", 8080, local_port=port),
        ):
            pass
    assert told.value.why == "Address already in use"
    assert told.value.next == "name another port, or 0 for one that is free"


def test_a_port_on_which_nobody_listens_ends_the_connection_at_once(forward):
    with socket.create_connection(("127.0.0.1", forward), timeout=20) as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b""


def test_the_end_is_seen_though_the_other_direction_waits_for_data(api, forward):
    with socket.create_server(("127.0.0.1", 0)) as app:
        api.serving["dev", "hello"] = app.getsockname()
        with socket.create_connection(("127.0.0.1", forward), timeout=20) as connection:
            connection.sendall(b"hello")
            served, _ = app.accept()
            assert served.recv(100) == b"hello"
            time.sleep(0.1)  # The forward waits for more of what we send by now.
            served.close()
            assert connection.recv(100) == b""
