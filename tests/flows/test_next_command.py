"""The command that follows from each cause: it exists, is whole, and names what the cause is about."""

from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snapshot_kit import ref

from pkgops.cli import registry
from pkgops.flows.next_command import (
    COMMANDS,
    PRESENT,
    after_install,
    in_words,
    next_command,
    on_the_same_cluster,
)
from pkgops.model import CHAIN, Blockage, CauseCode, State
from pkgops.model.causes import NextStep
from pkgops.values import replace

STEP = NextStep(workload="hello", namespace="default", pod="p", url="http://git/repo", builder="base")
POD = ref("Pod", "p")
LOGS, RERUN = (f"pkgops {word} hello --stage source-tester" for word in ("logs", "rerun"))
BLANKS = re.compile(r"\{\.[a-zA-Z.]+\}|\{\"spec\".*\}")
"""What is no blank of ours: the path of a JSON document, and a patch."""


def blocked(code, object=POD, scope=CHAIN, **more):
    step = NextStep(
        **{**{key: getattr(STEP, key) for key in ("workload", "namespace", "pod", "url", "builder")}, **more}
    )
    return Blockage(
        code=code,
        cause="it broke",
        object=object,
        stage="source-tester",
        scope=scope,
        state=State.FAILED,
        step=step,
    )


def following(code, object=POD, scope=CHAIN, **more):
    return next_command(blocked(code, object, scope, **more))[0]


def test_every_cause_has_an_entry():
    assert set(COMMANDS) == set(CauseCode)


def test_templates_that_were_just_applied_are_not_to_be_applied_again():
    installing = {code for code, command in COMMANDS.items() if command == "pkgops supplychain up"}
    assert set(PRESENT) == installing
    for code in CauseCode:
        said = after_install(blocked(code))
        assert bool(said) == (code in installing), code
        assert "supplychain up" not in said
        assert "{" not in said
    task = after_install(blocked(CauseCode.TASK_MISSING))
    assert "kubectl get tasks,pipelines -n default --show-labels shows what exists" in task


@pytest.mark.parametrize("code", list(CauseCode))
def test_a_next_command_exists_and_has_no_blank_left(code):
    shown = following(code)
    assert re.match(r"(pkgops|kubectl|git) |$", shown)
    if shown.startswith("pkgops "):
        assert shown.split()[1] in {one.name for one in registry.COMMANDS}
    assert "{" not in BLANKS.sub("", shown)
    assert "  " not in shown


@pytest.mark.parametrize(
    ("code", "failed", "shown", "again"),
    [
        (CauseCode.TEST_FAILED, False, LOGS, ""),
        (CauseCode.TEST_FAILED, True, LOGS, RERUN),
        (CauseCode.RUN_CANCELLED, True, RERUN, ""),
        (CauseCode.RUN_INVALID, True, "pkgops doctor", RERUN),
        (CauseCode.RUN_INVALID, False, "pkgops doctor", ""),
        (CauseCode.CRASH_LOOP, False, f"{LOGS} --previous", ""),
        (CauseCode.GIT_UNREACHABLE, False, "git ls-remote http://git/repo", ""),
        (CauseCode.BUILDER_NOT_READY, False, "kubectl describe clusterbuilder base", ""),
        (CauseCode.NOT_LISTED, False, "", ""),
    ],
)
def test_a_run_that_failed_can_be_started_again(code, failed, shown, again):
    assert next_command(blocked(code, run_failed=failed)) == (shown, again)


@pytest.mark.parametrize(
    ("next", "again", "said"),
    [
        (LOGS, "", LOGS),
        (LOGS, RERUN, f"{LOGS}, or {RERUN} to try the same source again"),
        ("pkgops doctor", RERUN, f"pkgops doctor, then {RERUN}"),
    ],
)
def test_an_error_says_both_in_one_sentence(next, again, said):
    assert in_words(replace(blocked(CauseCode.FAILED), next=next, again=again)) == said


def test_a_stage_of_a_delivery_is_looked_at_and_started_again_in_its_environment():
    """Several environments have a stage of the same name."""
    assert next_command(blocked(CauseCode.TASK_FAILED, scope="apps-prod", run_failed=True)) == (
        f"{LOGS} --env apps-prod",
        f"{RERUN} --env apps-prod",
    )


@pytest.mark.parametrize("code", list(CauseCode))
def test_what_is_unknown_leaves_no_command_that_cannot_be_run(code):
    cause = replace(blocked(code, object=None, run_failed=True), stage="", step=NextStep(workload="hello"))
    for shown in next_command(cause):
        assert not re.search(r" -n( |$)|stage( |$)|describe( -|$)|get( -|$)|ls-remote$", shown), shown


@given(st.text())
def test_what_stands_on_the_cluster_stays_one_word_of_a_command(text):
    """An address is free text there, and somebody pastes the command into a shell."""
    shown = following(CauseCode.GIT_UNREACHABLE, url=text)
    assert shlex.split(shown)[2:] == ([text] if text else []), shown


@pytest.mark.parametrize(
    ("pod", "shown"),
    [("p", "kubectl describe pod p -n default"), ("", "kubectl describe taskrun/run -n default")],
)
def test_without_a_pod_the_object_is_described(pod, shown):
    assert following(CauseCode.IMAGE_PULL, ref("TaskRun", "run"), pod=pod) == shown


def test_a_controller_that_has_not_noticed_is_asked_where_it_can_be():
    scanned = ref("ImageRepository", "app", "apps-dev", "image.toolkit.fluxcd.io/v1")
    asked = following(CauseCode.NOT_NOTICED, reconcile=scanned)
    policy = "imagerepository.image.toolkit.fluxcd.io/app"
    assert asked.startswith(f"kubectl annotate --overwrite {policy} -n apps-dev reconcile.fluxcd.io/")
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


OPTIONS = ["-f", "a b.yaml", "--context", "team", "-n", "apps"]


@pytest.mark.parametrize(
    ("command", "options", "shown"),
    [
        ("pkgops doctor", OPTIONS, "pkgops doctor -f 'a b.yaml' --context team -n apps"),
        ("kubectl get pvc -n apps", OPTIONS, "kubectl get pvc -n apps --context team"),
        ("kubectl get pvc -n apps", ["-n", "apps"], "kubectl get pvc -n apps"),
        ("git ls-remote http://git/repo", OPTIONS, "git ls-remote http://git/repo"),
        ("pkgops doctor", [], "pkgops doctor"),
        ("", OPTIONS, ""),
    ],
)
def test_a_command_that_is_copied_works_on_the_cluster_that_was_looked_at(command, options, shown):
    assert on_the_same_cluster(command, options) == shown
