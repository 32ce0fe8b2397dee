"""The command that follows from each cause: it exists, is whole, and names what the cause is about."""

from __future__ import annotations

import re

import pytest
from snapshot_kit import ref

from pkgops.cli import registry
from pkgops.flows.next_command import COMMANDS, next_command
from pkgops.model import Blockage, CauseCode, State
from pkgops.model.causes import NextStep

STEP = NextStep(workload="hello", namespace="default", pod="p", url="http://git/repo", builder="base")
BLANKS = re.compile(r"\{\.[a-zA-Z.]+\}|\{\"spec\".*\}")
"""What is no blank of ours: the path of a JSON document, and a patch."""


def following(code, object=None, **more):
    step = NextStep(
        **{**{key: getattr(STEP, key) for key in ("workload", "namespace", "pod", "url", "builder")}, **more}
    )
    cause = Blockage(
        code=code,
        cause="it broke",
        object=object or ref("Pod", "p"),
        stage="source-tester",
        scope="supply-chain",
        state=State.FAILED,
        step=step,
    )
    return next_command(cause)


def test_every_cause_has_an_entry():
    assert set(COMMANDS) == set(CauseCode)


@pytest.mark.parametrize("code", list(CauseCode))
def test_a_next_command_exists_and_has_no_blank_left(code):
    shown = following(code)
    assert re.match(r"(pkgops|kubectl|git) |$", shown)
    if shown.startswith("pkgops "):
        assert shown.split()[1] in {one.name for one in registry.COMMANDS}
    assert "{" not in BLANKS.sub("", shown)
    assert "  " not in shown


@pytest.mark.parametrize(
    ("code", "failed", "shown"),
    [
        (CauseCode.TEST_FAILED, False, "pkgops logs hello --stage source-tester"),
        (
            CauseCode.TEST_FAILED,
            True,
            "pkgops logs hello --stage source-tester, or pkgops rerun hello --stage source-tester "
            "to try the same source again",
        ),
        (CauseCode.RUN_CANCELLED, True, "pkgops rerun hello --stage source-tester"),
        (CauseCode.RUN_INVALID, True, "pkgops doctor, then pkgops rerun hello --stage source-tester"),
        (CauseCode.RUN_INVALID, False, "pkgops doctor"),
        (CauseCode.CRASH_LOOP, False, "pkgops logs hello --stage source-tester --previous"),
        (CauseCode.GIT_UNREACHABLE, False, "git ls-remote http://git/repo"),
        (CauseCode.BUILDER_NOT_READY, False, "kubectl describe clusterbuilder base"),
        (CauseCode.NOT_LISTED, False, ""),
    ],
)
def test_a_run_that_failed_can_be_started_again(code, failed, shown):
    assert following(code, run_failed=failed) == shown


@pytest.mark.parametrize(
    ("pod", "shown"),
    [("p", "kubectl describe pod p -n default"), ("", "kubectl describe taskrun/run -n default")],
)
def test_without_a_pod_the_object_is_described(pod, shown):
    assert following(CauseCode.IMAGE_PULL, ref("TaskRun", "run"), pod=pod) == shown


def test_a_controller_that_has_not_noticed_is_asked_where_it_can_be():
    scanned = ref("ImageRepository", "app", "apps-dev", "image.toolkit.fluxcd.io/v1")
    asked = following(CauseCode.NOT_NOTICED, reconcile=scanned)
    assert asked.startswith(
        "kubectl annotate --overwrite imagerepository/app -n apps-dev reconcile.fluxcd.io/"
    )
    assert following(CauseCode.NOT_NOTICED) == "pkgops doctor"


@pytest.mark.parametrize(
    ("code", "path"),
    [
        (CauseCode.SUSPENDED, '{"spec":{"suspend":false}}'),
        (CauseCode.INSTALL_PAUSED, '{"spec":{"paused":false}}'),
    ],
)
def test_a_patch_is_whole(code, path):
    assert following(code, ref("App", "app")).endswith(f"--type merge -p '{path}'")
