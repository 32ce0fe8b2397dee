"""What the page may change, by the flows of the commands: against the API server in memory."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
from registry_fixtures import *  # noqa: F403

from pkgops.cli.options import options_of
from pkgops.cli.page_changes import PageChanges
from pkgops.cli.session import limits_of, session, settings
from pkgops.errors import PkgopsError, RefusedError, UsageError
from pkgops.view.page_changes import ChangeRequest

pytestmark = pytest.mark.slow

NAME = "hello-go-web2pkg"


@pytest.fixture
def changes(commands, registry):
    """The changes of a finished run, with --context memory; what a command would do is asked there too."""
    commands.configure(registry, git={"url": "https://git.example.com/demo/hello-go.git"})
    commands.play("fourth-run", 115.0)
    path = commands.api.kubeconfig(commands.folder / "kubeconfig", user="admin")
    commands.patch.setitem(os.environ, "KUBECONFIG", str(path))
    with session("plain") as shown:
        target = shown.target(settings(None, "memory"), start=False)
        options = options_of(None, "memory", None, None)
        made = PageChanges(
            target=target, name=NAME, limits=limits_of("5s", target.settings, "promote"), options=options
        )
        yield SimpleNamespace(plan=made.plan, commands=commands)


def test_a_stage_is_started_again_as_by_the_command(changes):
    before = changes.commands.names("tekton.dev/v1", "TaskRun")
    plan = changes.plan(ChangeRequest("rerun", stage="source-tester"))
    assert plan.command == f"pkgops rerun {NAME} --stage source-tester --context memory"
    assert "Test source" in plan.question
    assert not changes.commands.changed()
    told = []
    assert plan.run(told.append).startswith("source-tester: started again as taskrun/")
    assert told
    assert len(changes.commands.names("tekton.dev/v1", "TaskRun")) == len(before) + 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_a_server_answers_tells_no_password(changes, method):
    """Neither while it is looked at what would be done, nor when it is done."""
    said = "the admission webhook refused https://me:hunter2@git.example.com/x"
    plan = None if method == "GET" else changes.plan(ChangeRequest("rerun", stage="source-tester"))
    changes.commands.api.fail(method, "taskruns", 400, "BadRequest", said, times=99)
    with pytest.raises(PkgopsError) as caught:
        (plan or changes.plan(ChangeRequest("rerun", stage="source-tester"))).run(lambda _: None)
    told = f"{caught.value.what}\n{caught.value.why}\n{caught.value.next}"
    assert "hunter2" not in told
    assert "https://(hidden)@git.example.com/x" in told


def test_a_promotion_is_looked_at_as_by_a_dry_run_of_the_command(changes):
    plan = changes.plan(ChangeRequest("promote", "apps-prod"))
    words = plan.command.split()
    assert words[:5] == ["pkgops", "promote", NAME, "--to", "apps-prod"]
    ended = changes.commands(*words[1:-2], "--dry-run")
    assert (ended.code, ended.out.strip()) == (0, plan.text.strip())
    assert not changes.commands.changed()


def test_what_the_gates_keep_back_is_shown_as_refused(changes):
    """Nothing answers behind the server in memory, which is what a promotion asks first."""
    plan = changes.plan(ChangeRequest("promote", "apps-prod"))
    assert plan.refused.startswith("does not pass: ")
    with pytest.raises(RefusedError):
        plan.run(lambda _: None)
    assert not changes.commands.changed()


@pytest.mark.parametrize(
    ("wanted", "slug"),
    [
        (ChangeRequest("rerun", stage="nonsense"), "unknown-stage"),
        (ChangeRequest("promote", "nowhere"), "unknown-environment"),
        (ChangeRequest("rollback", "nowhere"), "unknown-environment"),
        (ChangeRequest("rollback", "apps-dev"), "no-healthy-release"),
    ],
)
def test_what_cannot_be_is_told_before_it_is_asked(changes, wanted, slug):
    with pytest.raises(PkgopsError) as caught:
        changes.plan(wanted)
    assert caught.value.slug == slug
    assert isinstance(caught.value, (UsageError, RefusedError))


def test_a_command_for_the_same_cluster_takes_the_same_options():
    assert options_of(["a b.yaml"], "team", "apps", ["t"]) == [
        *("-f", "a b.yaml"),
        *("--context", "team"),
        *("-n", "apps"),
        *("--templates", "t"),
    ]
