"""A port-forward to a pod: data both ways, and the end of the pod's side is the end of the connection."""

from __future__ import annotations

import socket
import time

import pytest

from pkgops.errors import UsageError
from pkgops.kube import connect, portforward

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "hello", "namespace": "dev"}}


@pytest.fixture
def api(memory_api):
    memory_api.put(POD)
    return memory_api


@pytest.fixture
def app(api):
    """The listening socket of the application in the pod."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        api.serving["dev", "hello"] = listener.getsockname()
        yield listener


@pytest.fixture
def client(api, tmp_path):
    return connect(api.kubeconfig(tmp_path / "kubeconfig"))


def local(port):
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def accepted(app):
    connection, _ = app.accept()
    connection.settimeout(20)
    return connection


def test_data_goes_both_ways(app, client):
    with client.port_forward("dev", "hello", 8080) as port, local(port) as connection:
        connection.sendall(b"hello")
        with accepted(app) as served:
            served.sendall(served.recv(100).upper())
        assert connection.recv(100) == b"HELLO"
        assert connection.recv(100) == b""


def test_the_first_request_is_the_only_connection_to_the_application(app, client):
    # A server that answers one connection at a time would be busy with another one.
    with client.port_forward("dev", "hello", 8080) as port, local(port) as connection:
        connection.sendall(b"hello")
        with accepted(app) as served:
            assert served.recv(100) == b"hello"
            app.settimeout(0.3)
            with pytest.raises(TimeoutError):
                app.accept()


def test_a_second_request_has_a_connection_of_its_own(app, client):
    with client.port_forward("dev", "hello", 8080) as port, local(port) as first, local(port) as second:
        first.sendall(b"hello")
        second.sendall(b"hello")
        with accepted(app) as one, accepted(app) as other:
            assert (one.recv(100), other.recv(100)) == (b"hello", b"hello")


def test_the_connection_up_front_ends_where_no_request_comes(app, client, monkeypatch):
    monkeypatch.setattr(portforward, "FIRST_SECONDS", 0.05)
    with client.port_forward("dev", "hello", 8080) as port:
        with accepted(app) as unused:
            assert unused.recv(100) == b""
        with local(port) as connection:
            connection.sendall(b"hello")
            with accepted(app) as served:
                assert served.recv(100) == b"hello"


def test_the_end_of_the_forward_ends_the_connections_to_the_application(app, client):
    with client.port_forward("dev", "hello", 8080) as port:
        connection = local(port)
        connection.sendall(b"hello")
        served = accepted(app)
        assert served.recv(100) == b"hello"
    with connection, served:
        assert served.recv(100) == b""
        assert connection.recv(100) == b""


def test_a_local_side_that_ends_after_its_response_ends_the_application_s_side(app, client):
    with client.port_forward("dev", "hello", 8080) as port, local(port) as connection:
        connection.sendall(b"hello")
        with accepted(app) as served:
            served.sendall(served.recv(100))
            assert connection.recv(100) == b"hello"
            connection.close()
            assert served.recv(100) == b""


def test_a_local_side_that_only_sends_no_more_has_its_response(app, client):
    with client.port_forward("dev", "hello", 8080) as port, local(port) as connection:
        connection.sendall(b"hello")
        connection.shutdown(socket.SHUT_WR)
        with accepted(app) as served:
            assert served.recv(100) == b"hello"
            time.sleep(0.1)  # The forward has seen the end by now.
            served.sendall(b"late")
            assert connection.recv(100) == b"late"


def test_a_port_of_this_machine_that_is_taken_is_named_with_the_way_on(client):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(UsageError, match=f"port {port} of this machine") as told,
            client.port_forward("dev", "hello", 8080, local_port=port),
        ):
            pass
    assert told.value.why == "Address already in use"
    assert told.value.next == "name another port, or 0 for one that is free"


def test_a_port_on_which_nobody_listens_ends_the_connection_at_once(client):
    with client.port_forward("dev", "hello", 8080) as port, local(port) as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b""


def test_the_end_is_seen_though_the_other_direction_waits_for_data(app, client):
    with client.port_forward("dev", "hello", 8080) as port, local(port) as connection:
        connection.sendall(b"hello")
        served = accepted(app)
        assert served.recv(100) == b"hello"
        time.sleep(0.1)  # The forward waits for more of what we send by now.
        served.close()
        assert connection.recv(100) == b""
