"""Which line of a long message is told where there is room for one."""

from __future__ import annotations

import pytest

from pkgops.readiness import readiness
from pkgops.readiness.base import error_line

KNATIVE = "Container failed with: "


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ('  File "/workspace/app.py", line 1\n    def app(x)\n            ^\nSyntaxError: expected \':\'\n',
         "SyntaxError: expected ':'"),
        ("Traceback (most recent call last):\n  File \"app.py\"\nsqlite3.OperationalError: no such table\n",
         "sqlite3.OperationalError: no such table"),
        ("node:internal:1\n  throw err;\n\nError: Cannot find module 'x'\n    at load (loader:1)\n}\n",
         "Error: Cannot find module 'x'"),
        ("TypeError [ERR_INVALID_ARG]: wrong\n    at main.js:1\n", "TypeError [ERR_INVALID_ARG]: wrong"),
        ("panic: no database\n\ngoroutine 1 [running]:\n", "panic: no database"),
        ("cannot open the database\nbye\n", "cannot open the database"),
    ],
)  # fmt: skip
def test_of_a_container_s_log_the_error_is_told_and_not_its_place(log: str, told: str) -> None:
    assert error_line(KNATIVE + log) == KNATIVE + told


def test_other_messages_are_told_by_their_first_line() -> None:
    assert error_line("cannot deploy:\nError: timed out\n") == "cannot deploy:"


HINT = ": For more info use `kubectl logs -n default web-build-1-build-pod -c build`"


@pytest.mark.parametrize(
    ("kind", "type_", "reason", "message", "told"),
    [
        ("Build", "Succeeded", "Failed", f"Error:  exit code 51: ERROR: failed to build{HINT}",
         "exit code 51: ERROR: failed to build"),
        ("Build", "Succeeded", "Failed", f"Error: no such file: unknown {HINT}", "no such file: unknown"),
        ("Build", "Succeeded", "Failed", "Pod was evicted", "Pod was evicted"),
        ("Image", "Ready", "BuildFailed",
         f"Error: Build 'web-build-1' in namespace 'default' failed: Error:  exit code 51{HINT}",
         "Build 'web-build-1' in namespace 'default' failed: Error:  exit code 51"),
    ],
)  # fmt: skip
def test_of_kpack_s_message_the_failure_is_told(
    kind: str, type_: str, reason: str, message: str, told: str
) -> None:
    condition = {"type": type_, "status": "False", "reason": reason, "message": message}
    obj = {
        "apiVersion": "kpack.io/v1alpha2",
        "kind": kind,
        "metadata": {"name": "web", "namespace": "default", "generation": 1},
        "status": {"observedGeneration": 1, "conditions": [condition]},
    }
    found = readiness(obj)
    assert found.message == told
    assert found.condition is not None
    assert found.condition.message == message
