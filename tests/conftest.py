"""What holds for all tests."""

import email.parser
import errno
import gc
import http.client
import ipaddress
import os
import signal
import socket
import socketserver
import sys
import zlib

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no fault of what is tested: no test has a wall-clock limit.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

# Tests that run in the background may have the interrupt ignored, and so would each process that they begin.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# The servers of tests, and those that they test, end without the half second until they look whether to.
socketserver.BaseServer.serve_forever.__defaults__ = (0.02,)


def parse_headers(lines, _class=http.client.HTTPMessage):
    """Return the headers of a request or an answer, as ``http.client.parse_headers`` does for plain ones."""
    read = [line.decode("iso-8859-1").rstrip("\r\n") for line in http.client._read_headers(lines)]
    pairs = [line.partition(":") for line in read if line]
    if not all(colon and not name.startswith((" ", "\t")) for name, colon, _ in pairs):
        return _whole("\r\n".join(read), _class)
    message = _class()
    message._headers = [(name, value.lstrip(" \t")) for name, _, value in pairs]
    message.set_payload("")
    return message


def _whole(text, _class):
    return email.parser.Parser(_class=_class).parsestr(text)


# The parser of whole mails takes 15 times as long, and tests send and get tens of thousands of requests.
http.client.parse_headers = parse_headers


def _outside(host):
    """Tell whether a host is not this machine by its loopback."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host not in ("", "localhost") and not host.endswith(".localhost")
    return not (address.is_loopback or address.is_unspecified)


def _refuse_other_machines(event, arguments):
    # Another network answers otherwise, or not at all: addresses in recordings may be somebody's.
    if event == "socket.connect" and arguments[0].family in (socket.AF_INET, socket.AF_INET6):
        if _outside(arguments[1][0]):
            raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
    elif event == "socket.getaddrinfo" and isinstance(arguments[0], str) and _outside(arguments[0]):
        try:
            ipaddress.ip_address(arguments[0])
        except ValueError:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None


def pytest_collection_modifyitems(items):
    # Tests that wait cost no time beside tests that compute; long ones begin before all others.
    distributed = "PYTEST_XDIST_WORKER" in os.environ
    if distributed and not any(item.get_closest_marker("cluster") for item in items):
        items.sort(
            key=lambda item: (item.get_closest_marker("slow") is None, zlib.crc32(item.path.name.encode()))
        )


def pytest_collection_finish(session):
    # The garbage collector would go through all collected tests again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    # Cluster tests reach pods; whatever else is selected with them may do so too.
    if not any(item.get_closest_marker("cluster") for item in session.items):
        sys.addaudithook(_refuse_other_machines)


def pytest_sessionfinish():
    # Once what can be collected is, pytest's five further collections need not go through what is kept.
    gc.collect()
    gc.freeze()


def pytest_xdist_auto_num_workers(config):
    # Half of the time a test waits for a process, a watch or an answer: others run meanwhile.
    return 2 * len(os.sched_getaffinity(0))


def pytest_configure(config):
    # Here, since an expression of markers has to be understood whichever folder is tested.
    config.addinivalue_line(
        "markers", "slow: its tests take seconds each, so that they begin before all others"
    )
    config.addinivalue_line("markers", "browser: needs a browser, which bin/browser-tools installs")


@pytest.fixture
def memory_api():
    """An API server in memory that holds nothing, the test's own."""
    # Imported here: most tests need none.
    from memory_api import MemoryApi

    api = MemoryApi()
    yield api
    api.close()
