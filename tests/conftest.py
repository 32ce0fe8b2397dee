"""What holds for all tests."""

import errno
import ipaddress
import os
import signal
import socket
import socketserver
import sys

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


def pytest_collection_finish(session):
    # Cluster tests reach pods; whatever else is selected with them may do so too.
    if not any(item.get_closest_marker("cluster") for item in session.items):
        sys.addaudithook(_refuse_other_machines)


def pytest_xdist_auto_num_workers(config):
    # More than half of the time a test waits for a process, a watch or an answer: others work meanwhile.
    return max(5 * len(os.sched_getaffinity(0)) // 2, 1)


def pytest_configure(config):
    # Here, since an expression of markers has to be understood whichever folder is tested.
    config.addinivalue_line("markers", "browser: needs a browser, which bin/browser-tools installs")


@pytest.fixture
def memory_api():
    """An API server in memory that holds nothing, the test's own."""
    # Imported here: most tests need none.
    from memory_api import MemoryApi

    api = MemoryApi()
    yield api
    api.close()
