"""Programs that users log in through: when they may ask, what is believed of them, when they run again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from pkgops.errors import PreflightError
from pkgops.kube.execplugin import VERSIONS, ExecPlugin, Session, Terminal

V1, V1BETA1 = VERSIONS
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PATH = {"PATH": "/usr/bin:/bin"}


def spec(folder, script, **more):
    program = folder / "login"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"command": str(program), "apiVersion": V1, "interactiveMode": "Never", **more}


def answers(**status):
    return f"echo '{json.dumps({'kind': 'ExecCredential', 'apiVersion': V1, 'status': status})}'"


TELL = f"""printf '{{"apiVersion":"{V1}","status":{{"token":"%s"}}}}' \
"$(printf '%s' "$KUBERNETES_EXEC_INFO" | sed 's/.*interactive": *\\([a-z]*\\).*/\\1/')$(cat)" """


@pytest.mark.parametrize(
    ("mode", "is_terminal", "expected"),
    [
        ("Never", True, "false"),
        ("IfAvailable", False, "false"),
        ("IfAvailable", True, "truetyped"),
        ("Always", True, "truetyped"),
    ],
)
def test_a_program_may_ask_where_the_mode_and_the_terminal_let_it(tmp_path, mode, is_terminal, expected):
    typed = tmp_path / "typed"
    typed.write_text("typed")
    with typed.open("rb") as stdin:
        plugin = ExecPlugin(spec(tmp_path, TELL, interactiveMode=mode), terminal=Terminal(stdin, is_terminal))
        assert plugin.run(PATH).token == expected


def test_one_that_must_ask_is_not_run_without_a_terminal(tmp_path):
    plugin = ExecPlugin(spec(tmp_path, TELL, interactiveMode="Always"), terminal=Terminal())
    with pytest.raises(PreflightError) as caught:
        plugin.run(PATH)
    assert "not a terminal" in caught.value.why


@pytest.mark.parametrize(
    ("script", "more", "why"),
    [
        ("exit 3", {}, "status 3"),
        ("echo no", {}, "not an ExecCredential"),
        ("echo '{}'", {}, "not an ExecCredential"),
        (answers(), {}, "neither a token nor a certificate"),
        (answers(clientCertificateData="x"), {}, "neither a token nor a certificate"),
        (answers(token="a"), {"apiVersion": V1BETA1}, f"answers in version {V1}"),
        (answers(token="a"), {"apiVersion": "v1"}, "its apiVersion is v1"),
        (answers(token="a"), {"interactiveMode": ""}, "no interactiveMode"),
        (answers(token="a"), {"interactiveMode": "Perhaps"}, "Perhaps is not known"),
    ],
)
def test_what_goes_wrong_is_said(tmp_path, script, more, why):
    with pytest.raises(PreflightError) as caught:
        ExecPlugin(spec(tmp_path, script, **more), terminal=Terminal()).run(PATH)
    assert caught.value.slug == "login"
    assert why in caught.value.why


def test_a_program_that_is_missing_is_told_with_the_hint_of_the_kubeconfig(tmp_path):
    wanted = {"command": str(tmp_path / "absent"), "apiVersion": V1BETA1, "installHint": "get it there"}
    with pytest.raises(PreflightError) as caught:
        ExecPlugin(wanted, terminal=Terminal()).run(PATH)
    assert caught.value.next == "get it there"


def test_arguments_and_variables_are_given(tmp_path):
    script = f"""printf '{{"apiVersion":"{V1}","status":{{"token":"%s"}}}}' "$1$GREETING" """
    more = {"args": ["one"], "env": [{"name": "GREETING", "value": "two"}]}
    assert ExecPlugin(spec(tmp_path, script, **more), terminal=Terminal()).run(PATH).token == "onetwo"


def test_a_token_is_asked_for_again_once_it_has_expired(tmp_path):
    moment = [NOW]
    script = f"echo run >>{tmp_path}/runs\n" + answers(token="a", expirationTimestamp="2026-01-01T00:10:00Z")
    session = Session(
        ExecPlugin(spec(tmp_path, script), terminal=Terminal()), lambda *_: None, PATH, lambda: moment[0]
    )
    for minutes, runs in ((0, 1), (9, 1), (10, 2)):
        moment[0] = NOW + timedelta(minutes=minutes)
        assert session.token() == "a"
        assert len((tmp_path / "runs").read_text().split()) == runs


def counted(tmp_path, script):
    """A session of a program that counts its runs, and the clock by which it goes."""
    moment = [NOW]
    plugin = ExecPlugin(spec(tmp_path, f"echo run >>{tmp_path}/runs\n{script}"), terminal=Terminal())
    return Session(plugin, lambda *_: None, PATH, lambda: moment[0]), moment


def runs(tmp_path):
    return len((tmp_path / "runs").read_text().split())


def test_a_program_that_fails_is_not_run_for_every_request(tmp_path):
    session, moment = counted(tmp_path, "exit 3")
    for seconds, expected in ((0, 1), (1, 1), (9, 1), (10, 2), (11, 2)):
        moment[0] = NOW + timedelta(seconds=seconds)
        with pytest.raises(PreflightError, match="cannot log in"):
            session.token()
        assert runs(tmp_path) == expected


def test_a_program_that_gives_again_what_was_refused_is_not_run_for_every_request(tmp_path):
    session, moment = counted(tmp_path, answers(token="a"))
    assert session.token() == "a"
    for seconds, expected in ((0, 2), (1, 2), (9, 2), (10, 3), (11, 3)):
        moment[0] = NOW + timedelta(seconds=seconds)
        session.renew("a", 0)
        assert runs(tmp_path) == expected


def test_certificates_are_handed_over(tmp_path):
    given = []
    script = answers(clientCertificateData="C", clientKeyData="K")
    plugin = ExecPlugin(spec(tmp_path, script), terminal=Terminal())
    session = Session(plugin, lambda *pair: given.append(pair), PATH, lambda: NOW)
    assert session.token() is None
    assert session.token() is None
    assert given == [(b"C", b"K")]
