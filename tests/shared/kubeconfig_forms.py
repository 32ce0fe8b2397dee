"""Forms that kubeconfigs take, each with what a server and proxies must see of a command that reads it.

``{HTTPS}``, ``{HTTP}``, ``{PROXY}``, ``{TLS}`` and ``{SOCKS}`` are ports, ``{AT}`` is the folder.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway import HOST, PASSWORD, Gateway, Seen

LOCAL = "https://127.0.0.1:{HTTPS}"
NAMED = f"https://{HOST}:{{HTTPS}}"
AUTHORITY = {"certificate-authority": "ca.crt"}
CERTIFICATE = {"client-certificate": "client.crt", "client-key": "client.key"}
TOKEN = {"token": "abc"}
BEARER = "Bearer abc"
V1, V1BETA1 = "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"
CONNECT = f"CONNECT {HOST}:PORT"

PROGRAM = """#!/bin/sh
printf '%s' "$KUBERNETES_EXEC_INFO" >"{AT}/told.json"
printf '{"kind":"ExecCredential","apiVersion":"VERSION","status":STATUS}'
"""


@dataclass(frozen=True)
class Form:
    """One form: its cluster, its user, the environment, and what comes of it.

    ``files`` are further kubeconfigs by name, read after the main one, with what the main one's context names
    of them as ``user`` and ``cluster``; ``way`` is what proxies saw,
    ``request`` what the server saw beyond the path; None where there must be no request. ``program`` is the
    version and status of a program ``login`` that is there, ``told`` what that is told.
    """

    name: str
    cluster: Mapping[str, Any] = field(default_factory=lambda: {"server": LOCAL, **AUTHORITY})
    user: Mapping[str, Any] = field(default_factory=lambda: TOKEN)
    environ: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    way: Sequence[str] = ()
    request: Mapping[str, str] | None = field(default_factory=lambda: {"authorization": BEARER})
    sni: str | None = None
    program: tuple[str, Mapping[str, Any]] | None = None
    told: Mapping[str, Any] | None = None


def proxied(name: str, way: Sequence[str], environ: Mapping[str, str], **cluster: Any) -> Form:
    """A form with a server that only a proxy can find."""
    sni = HOST if way else None
    request = {"authorization": BEARER} if way else None
    settings = {"server": NAMED, **AUTHORITY, **cluster}
    return Form(name, settings, environ=environ, way=way, request=request, sni=sni)


def program(name: str, status: Mapping[str, Any], spec: Mapping[str, Any], **more: Any) -> Form:
    """A form whose user logs in through a program."""
    version = str(spec.get("apiVersion") or V1)
    settings = {"command": "./login", "apiVersion": version, "interactiveMode": "Never", **spec}
    return Form(name, user={"exec": settings}, program=(version, status), **more)


def information(version: str, cluster: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a program is told where nobody can be asked."""
    spec = {"interactive": False, **({"cluster": dict(cluster)} if cluster else {})}
    return {"kind": "ExecCredential", "apiVersion": version, "spec": spec}


OF_JANE = {"certificate": "jane"}
FORMS = [
    Form("token"),
    Form("token file", user={"tokenFile": "token"}, request={"authorization": "Bearer of-file"}),
    Form(
        "a token file before a token",
        user={"tokenFile": "token", **TOKEN},
        request={"authorization": "Bearer of-file"},
    ),
    Form("client certificate", user=CERTIFICATE, request=OF_JANE),
    Form(
        "data instead of files",
        {"server": LOCAL, "certificate-authority-data": "{CA64}"},
        {"client-certificate-data": "{CRT64}", "client-key-data": "{KEY64}"},
        request=OF_JANE,
    ),
    Form(
        "an authority twice",
        {"server": LOCAL, "certificate-authority-data": "{CA64}", **AUTHORITY},
        request=None,
    ),
    Form("a key twice", user={**CERTIFICATE, "client-key-data": "{KEY64}"}, request=None),
    Form("a certificate that is missing", user={**CERTIFICATE, "client-key": "absent"}, request=None),
    Form("password", user={"username": "me", "password": "a b"}, request={"authorization": PASSWORD}),
    Form("password and token", user={"username": "me", "password": "a b", **TOKEN}, request=None),
    Form(
        "as another user",
        user={**TOKEN, "as": "joe", "as-uid": "7", "as-groups": ["g"], "as-user-extra": {"x": ["y"]}},
        request={
            "authorization": BEARER,
            "impersonate-user": "joe",
            "impersonate-uid": "7",
            "impersonate-group": "g",
            "impersonate-extra-x": "y",
        },
    ),
    Form("plain http", {"server": "http://127.0.0.1:{HTTP}"}, user={}, request={}),
    Form(
        "an authority that is another", {"server": LOCAL, "certificate-authority": "other.crt"}, request=None
    ),
    Form("no authority", {"server": LOCAL}, request=None),
    Form("insecure", {"server": LOCAL, "insecure-skip-tls-verify": True}),
    Form(
        "insecure with an authority",
        {"server": LOCAL, "insecure-skip-tls-verify": True, **AUTHORITY},
        request=None,
    ),
    Form("another server name", {"server": LOCAL, "tls-server-name": HOST, **AUTHORITY}, sni=HOST),
    Form(
        "a server name that is wrong",
        {"server": LOCAL, "tls-server-name": "x.example.test", **AUTHORITY},
        request=None,
        sni="x.example.test",
    ),
    proxied("proxy-url", [f"proxy {CONNECT}"], {}, **{"proxy-url": "http://127.0.0.1:{PROXY}"}),
    proxied(
        "proxy-url with a password",
        [f"proxy {CONNECT}", PASSWORD],
        {},
        **{"proxy-url": "http://me:a%20b@127.0.0.1:{PROXY}"},
    ),
    proxied("proxy-url with TLS", [f"tls {CONNECT}"], {}, **{"proxy-url": "https://127.0.0.1:{TLS}"}),
    proxied("proxy-url socks5", [f"socks {HOST}:PORT"], {}, **{"proxy-url": "socks5://127.0.0.1:{SOCKS}"}),
    proxied(
        "proxy-url socks5 with a password",
        [f"socks {HOST}:PORT", "me:a b"],
        {},
        **{"proxy-url": "socks5://me:a%20b@127.0.0.1:{SOCKS}"},
    ),
    proxied("proxy-url of an unknown kind", [], {}, **{"proxy-url": "ftp://127.0.0.1:{PROXY}"}),
    Form(
        "proxy-url to this machine",
        {"server": LOCAL, "proxy-url": "http://127.0.0.1:{PROXY}", **AUTHORITY},
        way=["proxy CONNECT 127.0.0.1:PORT"],
    ),
    proxied("HTTPS_PROXY", [f"proxy {CONNECT}"], {"HTTPS_PROXY": "http://127.0.0.1:{PROXY}"}),
    proxied("https_proxy", [f"proxy {CONNECT}"], {"https_proxy": "127.0.0.1:{PROXY}"}),
    proxied("HTTPS_PROXY socks5", [f"socks {HOST}:PORT"], {"HTTPS_PROXY": "socks5://127.0.0.1:{SOCKS}"}),
    proxied(
        "proxy-url before HTTPS_PROXY",
        [f"socks {HOST}:PORT"],
        {"HTTPS_PROXY": "http://127.0.0.1:{PROXY}"},
        **{"proxy-url": "socks5://127.0.0.1:{SOCKS}"},
    ),
    proxied("HTTP_PROXY is not for https", [], {"HTTP_PROXY": "http://127.0.0.1:{PROXY}"}),
    *(
        proxied(
            f"NO_PROXY {value}",
            way,
            {"HTTPS_PROXY": "http://127.0.0.1:{PROXY}", name: value},
        )
        for name, value, way in [
            ("NO_PROXY", "*", []),
            ("NO_PROXY", "a.test, .example.test", []),
            ("no_proxy", "example.test", []),
            ("NO_PROXY", f"{HOST}:443", [f"proxy {CONNECT}"]),
            ("NO_PROXY", f".{HOST}", [f"proxy {CONNECT}"]),
            ("NO_PROXY", "127.0.0.0/8", [f"proxy {CONNECT}"]),
        ]
    ),
    Form("HTTPS_PROXY is not for this machine", environ={"HTTPS_PROXY": "http://127.0.0.1:1"}),
    Form(
        "HTTP_PROXY",
        {"server": f"http://{HOST}:{{HTTP}}"},
        user={},
        environ={"HTTP_PROXY": "http://me:a%20b@127.0.0.1:{PROXY}"},
        way=[f"proxy GET http://{HOST}:PORT", PASSWORD],
        request={},
    ),
    Form(
        "a user of another file in another folder",
        user={},
        files={
            "there/two": {"users": [{"name": "second", "user": {"tokenFile": "token"}}], "user": "second"}
        },
        request={"authorization": "Bearer of-there"},
    ),
    Form(
        "a cluster of another file in another folder",
        {"server": "https://127.0.0.1:1"},
        files={
            "there/two": {
                "clusters": [{"name": "second", "cluster": {"server": LOCAL, **AUTHORITY}}],
                "cluster": "second",
            }
        },
    ),
    Form(
        "a context of one file with a cluster and a user of two others",
        {"server": "https://127.0.0.1:1"},
        user={},
        files={
            "there/two": {
                "clusters": [{"name": "second", "cluster": {"server": LOCAL, **AUTHORITY}}],
                "cluster": "second",
            },
            "there/three": {"users": [{"name": "third", "user": CERTIFICATE}], "user": "third"},
        },
        request=OF_JANE,
    ),
    Form(
        "the first entry of a name wins",
        files={"there/two": {"users": [{"name": "it", "user": {"token": "other"}}]}},
    ),
    Form("a file that is missing", files={"absent": {}}),
    program("program", {"token": "abc"}, {}, told=information(V1)),
    program("program of v1beta1", {"token": "abc"}, {"apiVersion": V1BETA1}, told=information(V1BETA1)),
    program(
        "program of v1alpha1", {"token": "abc"}, {"apiVersion": V1.replace("v1", "v1alpha1")}, request=None
    ),
    program("program without a mode", {"token": "abc"}, {"interactiveMode": None}, request=None),
    program("program that must ask", {"token": "abc"}, {"interactiveMode": "Always"}, request=None),
    program(
        "program that may ask", {"token": "abc"}, {"interactiveMode": "IfAvailable"}, told=information(V1)
    ),
    program(
        "program that is told of the cluster",
        {"token": "abc"},
        {"provideClusterInfo": True},
        told=information(V1, {"server": LOCAL, "certificate-authority-data": "{CA64}", "config": {"a": "b"}}),
    ),
    program(
        "program that gives a certificate",
        {"clientCertificateData": "{CRT}", "clientKeyData": "{KEY}"},
        {},
        request=OF_JANE,
        told=information(V1),
    ),
    program(
        "program with arguments and variables",
        {"token": "'$1$WORD'"},
        {"args": ["of-", "more"], "env": [{"name": "WORD", "value": "login"}]},
        request={"authorization": "Bearer of-login"},
        told=information(V1),
    ),
    program(
        "program that is found by PATH",
        {"token": "abc"},
        {"command": "login"},
        environ={"PATH": "{AT}:/usr/bin:/bin"},
        told=information(V1),
    ),
    program(
        "program in the folder that is not found by PATH",
        {"token": "abc"},
        {"command": "login"},
        request=None,
    ),
    program("program that gives nothing", {}, {}, request=None, told=information(V1)),
    program(
        "program with arguments that is missing", {"token": "abc"}, {"command": "./absent"}, request=None
    ),
]


@dataclass(frozen=True)
class Outcome:
    """What was seen of a command, in the words of a form."""

    request: Mapping[str, str] | None
    way: list[str]
    sni: str | None
    told: Any


def expected(form: Form, gateway: Gateway, folder: Path) -> Outcome:
    """What a form says."""
    words = _words(gateway, folder)
    told = json.loads(_fill(json.dumps(form.told), words)) if form.told is not None else None
    return Outcome(form.request, list(form.way), form.sni, told)


def observe(form: Form, gateway: Gateway, folder: Path, command: Sequence[str]) -> Outcome:
    """Run a command that asks for the server's version, and return what was seen of it."""
    gateway.seen = Seen()
    told = folder / "told.json"
    told.unlink(missing_ok=True)
    environ = _write(form, gateway, folder)
    away = folder / "elsewhere"
    away.mkdir(exist_ok=True)
    done = subprocess.run(
        command,
        cwd=away,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    seen = gateway.seen
    request = seen.requests[0] if seen.requests else None
    assert (done.returncode == 0) is (request is not None), done.stderr.decode()
    if request is not None:
        assert request["path"] == "/version"
        assert b"v1.34.4" in done.stdout
    shown = {key: value for key, value in (request or {}).items() if key != "path" and value}
    names = [name for name in seen.names if name]
    return Outcome(
        shown if request is not None else None,
        seen.way,
        names[0] if names else None,
        json.loads(told.read_text()) if told.exists() else None,
    )


def _write(form: Form, gateway: Gateway, folder: Path) -> dict[str, str]:
    words = _words(gateway, folder)
    (folder / "token").write_text("of-file\n")
    cluster = {**form.cluster}
    if form.told and "cluster" in form.told["spec"]:
        extension = {"name": "client.authentication.k8s.io/exec", "extension": {"a": "b"}}
        cluster["extensions"] = [extension]
    others = list(form.files.values())
    user, cluster_name = (
        next((str(one[kind]) for one in others if kind in one), "it") for kind in ("user", "cluster")
    )
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": cluster_name, "user": user}}],
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "it", "user": form.user}],
    }
    (folder / "one").write_text(_fill(json.dumps(config), words))
    names = [folder / "one"]
    for name, content in form.files.items():
        names.append(folder / name)
        if content:
            names[-1].parent.mkdir(exist_ok=True)
            (names[-1].parent / "token").write_text("of-there\n")
            for material in _MATERIAL.values():
                (names[-1].parent / material).write_bytes((folder / material).read_bytes())
            kept = {key: value for key, value in content.items() if key not in ("user", "cluster")}
            names[-1].write_text(_fill(json.dumps({"apiVersion": "v1", "kind": "Config", **kept}), words))
    if form.program:
        version, status = form.program
        filled = _fill(json.dumps(status), words).replace("\\n", "\\\\n")
        text = PROGRAM.replace("{AT}", str(folder)).replace("VERSION", version).replace("STATUS", filled)
        (folder / "login").write_text(text)
        (folder / "login").chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    set_ = {key: _fill(value, words) for key, value in form.environ.items()}
    return {**kept, "HOME": str(folder), **set_, "KUBECONFIG": os.pathsep.join(str(name) for name in names)}


def _words(gateway: Gateway, folder: Path) -> dict[str, str]:
    ports = {name.upper(): str(gateway.port(name)) for name in ("https", "http", "proxy", "tls", "socks")}
    read = {key: (folder / name).read_bytes() for key, name in _MATERIAL.items()}
    coded = {f"{key}64": base64.b64encode(data).decode() for key, data in read.items()}
    text = {key: json.dumps(data.decode())[1:-1] for key, data in read.items()}
    return {**ports, **coded, **text, "AT": str(folder)}


_MATERIAL = {"CA": "ca.crt", "CRT": "client.crt", "KEY": "client.key"}


def _fill(text: str, words: Mapping[str, str]) -> str:
    for key, value in words.items():
        text = text.replace(f"{{{key}}}", value)
    return text
