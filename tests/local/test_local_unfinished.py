from typing import Any

import pytest

from pkgops.local import unfinished


def pod(name: str, phase: str, policy: str = "Never", *, began: bool = True) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "uid": name},
        "spec": {"restartPolicy": policy},
        "status": {"phase": phase, **({"startTime": "2026-01-01T00:00:00Z"} if began else {})},
    }


@pytest.mark.parametrize(
    ("one", "meant"),
    [
        (pod("a", "Running"), True),
        (pod("a", "Pending"), True),
        (pod("a", "Pending", began=False), False),
        (pod("a", "Succeeded"), False),
        (pod("a", "Failed"), False),
        (pod("a", "Running", "OnFailure"), False),
        (pod("a", "Running", "Always"), False),
    ],
)
def test_only_pods_that_run_once_and_have_begun(one, meant):
    assert bool(unfinished.unfinished([one])) is meant
