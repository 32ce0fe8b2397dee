"""The next step is never the command that just failed with the same words."""

from __future__ import annotations

import json
import re
from itertools import permutations

import pytest

from pkgops import commandline
from pkgops.cli import boundary, registry
from pkgops.cli.nextstep import other
from pkgops.errors import PreflightError, StepFailed
from pkgops.flows.doctor import doctor
from pkgops.flows.next_command import COMMANDS, next_command
from pkgops.flows.ports import Ports
from pkgops.flows.target import kubectl_of
from pkgops.model import CHAIN, Blockage, CauseCode, ObjectRef
from pkgops.model.causes import NextStep
from pkgops.settings import Overrides, load
from pkgops.values import replace

NAMES = [entry.name for entry in registry.COMMANDS]
WORDS = ["hello-go", "--to", "apps-prod", "-o", "json", "--stage", "test", "-y"]


@pytest.mark.parametrize(
    ("step", "argv", "told"),
    [
        ("pkgops up", ["up"], "pkgops why"),
        ("pkgops up", ["up", "--templates", "mine", "-o", "json"], "pkgops why"),
        ("pkgops why", ["why", "hello-go"], "pkgops doctor"),
        ("pkgops doctor", ["doctor"], "pkgops why"),
        ("pkgops up, or name another cluster with --context", ["up"], "name another cluster with --context"),
        (
            "pkgops deliver --to apps-dev lets it follow the newest version again",
            ["deliver", "--to=apps-dev"],
            "pkgops why",
        ),
        ("pkgops deliver --to apps-dev lets it follow the newest version again", ["up"], None),
        ("pkgops local up", ["local", "up", "--instance", "a"], "pkgops local --help"),
        ("pkgops local check, then pkgops local up", ["local", "up"], None),
        ("pkgops wait --revision 12", ["wait"], None),
        ("pkgops up", ["status"], None),
        ("pkgops why hello-go", ["why"], None),
        ("pkgops up --help", ["up", "--nope"], None),
        ("create them, or run the command again with --create-namespace", ["up"], None),
        ("kubectl describe pod/a", ["why"], None),
        ("", ["up"], None),
        # With several workloads it would be refused without the name.
        (
            "pkgops promote --to qa, or stop",
            ["promote", "shop", "--to", "prod"],
            "pkgops promote shop --to qa, or stop",
        ),
        (
            "pkgops why; pkgops rollback --env qa",
            ["verify", "shop"],
            "pkgops why shop; pkgops rollback shop --env qa",
        ),
        ("pkgops gates --to qa says why", ["up", "shop"], "pkgops gates shop --to qa says why"),
        ("pkgops promote --to qa", ["promote", "shop", "--to", "qa"], "pkgops why"),
        ("pkgops promote --to qa", ["promote", "--to", "prod"], None),
        ("pkgops why", ["up", "shop", "stall"], None),
        ("pkgops why", ["approve", "1.2.0"], None),
        ("pkgops why stall", ["up", "shop"], None),
        ("pkgops up", [], None),
    ],
)
def test_steps(step, argv, told):
    assert other(step, argv) == (step if told is None else told)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("end", ["", ", or look at the log", " again", "; then wait"])
@pytest.mark.parametrize("count", range(4))
def test_the_command_that_failed_is_never_the_next_one(name, count, end):
    for words in permutations(WORDS, count):
        _never_the_same(name, words, end)


def _never_the_same(name, words, end):
    argv = [name, *words]
    shown = other(" ".join(["pkgops", *argv]) + end, argv)
    assert re.split("[,;]| again", shown)[0].split() != ["pkgops", *argv]
    assert shown


@pytest.mark.parametrize("name", NAMES)
def test_it_holds_where_errors_become_messages(name, capsys):
    def fails():
        raise StepFailed("it did not work", next=f"pkgops {name}")

    boundary.guard(fails, [name, "-o", "json"])
    assert json.loads(capsys.readouterr().err)["next"] not in ("", f"pkgops {name}")


def cause(code, scope):
    step = NextStep(
        workload="hello-go", namespace="default", pod="p", url="http://git/a", builder="base", run_failed=True
    )
    pod = ObjectRef("v1", "Pod", "default", "p")
    return Blockage(code=code, cause="it broke", object=pod, stage="test", scope=scope, step=step)


def during(argv, action):
    """What an action returns while a command runs."""
    found = []
    assert boundary.guard(lambda: found.append(action()) or 0, argv) == 0
    return found[0]


@pytest.mark.parametrize("scope", [CHAIN, "apps-prod"])
@pytest.mark.parametrize("code", CauseCode)
def test_no_cause_names_the_command_that_shows_it(code, scope):
    """Reports and boards show causes too, and no error tells them."""
    blocked = cause(code, scope)
    step, again = next_command(blocked)
    if not step.startswith("pkgops "):
        return
    for argv in (step.split()[1:], [*step.split()[1:], "-o", "json"]):
        shown, again_then = during(argv, lambda: next_command(blocked))
        assert shown not in ("", step)
        assert shown.split()[:2] != step.split()[:2]
        assert again_then == again
    assert during(["status"], lambda: next_command(blocked)) == (step, again)
    assert next_command(blocked) == (step, again)


CONFIGURED = """
pkgops:
  context: team
  environments:
    - {name: apps-dev, namespace: apps-dev}
    - {name: apps-prod, namespace: apps-prod, context: prod east}
"""


@pytest.mark.parametrize(
    ("text", "scope", "called"),
    [
        ("", CHAIN, "pkgops local kubectl"),
        (CONFIGURED, CHAIN, "kubectl --context team"),
        (CONFIGURED, "apps-dev", "kubectl --context team"),
        (CONFIGURED, "apps-prod", "kubectl --context 'prod east'"),
        (CONFIGURED.replace("team", "in-cluster"), CHAIN, "kubectl"),
        (
            CONFIGURED.replace("team", "team\n  kubeconfig: /kube"),
            CHAIN,
            "kubectl --kubeconfig /kube --context team",
        ),
    ],
)
def test_kubectl_is_called_for_the_cluster_that_the_command_works_on(text, scope, called, tmp_path, capsys):
    (tmp_path / "values.yaml").write_text(text)
    settings = load(Overrides((tmp_path / "values.yaml",)), {}, tmp_path)
    blocked = replace(
        cause(CauseCode.WAITING, scope), object=ObjectRef("serving.knative.dev/v1", "Service", "apps", "web")
    )
    told = f"{called} describe service.serving.knative.dev/web"

    def fails():
        commandline.works_on(kubectl_of(settings))
        step, _ = next_command(blocked)
        assert step == f"{told} -n default"
        raise StepFailed("it did not work", next=f"pkgops why, or kubectl get pods; or {step}")

    boundary.guard(fails, ["up", "-o", "json"])
    first = kubectl_of(settings)[""]
    assert (
        json.loads(capsys.readouterr().err)["next"]
        == f"pkgops why, or {first} get pods; or {told} -n default"
    )
    assert commandline.another("kubectl get pods") == "kubectl get pods"


def test_some_causes_name_commands_that_show_causes():
    """The ones before would hold by themselves if none did."""
    assert {"rerun", "trace", "logs", "doctor", "open"} <= {
        command.split()[1] for command in COMMANDS.values() if command.startswith("pkgops ")
    }


def test_no_check_names_the_command_that_shows_it():
    class Unanswering:
        name = "team"

        @property
        def client(self):
            return self

        def __getattr__(self, name):
            raise PreflightError("it does not answer", next="pkgops doctor")

    checks = during(["doctor"], lambda: doctor(Unanswering(), Ports()).checks)
    assert {check.fix for check in checks} == {"pkgops why"}
