"""What holds for all tests."""

import os
import signal
import socketserver

from hypothesis import HealthCheck, settings

# A busy machine is no fault of what is tested: no test has a wall-clock limit.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

# Tests that run in the background may have the interrupt ignored, and so would each process that they begin.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# The servers of tests, and those that they test, end without the half second until they look whether to.
socketserver.BaseServer.serve_forever.__defaults__ = (0.02,)


def pytest_xdist_auto_num_workers(config):
    # More than half of the time a test waits for a process, a watch or an answer: others work meanwhile.
    return max(5 * len(os.sched_getaffinity(0)) // 2, 1)


def pytest_configure(config):
    # Here, since an expression of markers has to be understood whichever folder is tested.
    config.addinivalue_line("markers", "browser: needs a browser, which bin/browser-tools installs")
