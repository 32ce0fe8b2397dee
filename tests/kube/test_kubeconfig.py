"""Which kubeconfigs are read, and what is taken from them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pkgops.errors import UsageError
from pkgops.kube import incluster, kubeconfig, proxies

TEXT = """
current-context: {current}
contexts: [{{name: {name}, context: {{cluster: {name}, user: "{user}"}}}}]
clusters: [{{name: {name}, cluster: {{server: "https://{name}.example.com:6443", proxy-url: "{proxy}"}}}}]
"""


def write(folder: Path, name: str, proxy: str = "", current: str = "", user: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(TEXT.format(name=name, proxy=proxy, current=current, user=user))
    return path


def test_kubeconfig_names_the_files(tmp_path):
    environ = {"KUBECONFIG": os.pathsep.join(["", "/a/one", "/b/two"])}
    assert kubeconfig.default_paths(environ) == [Path("/a/one"), Path("/b/two")]
    assert kubeconfig.default_paths({}) == [Path.home() / ".kube" / "config"]


@pytest.mark.parametrize(("context", "expected"), [("one", "one"), ("two", "two"), (None, "two")])
def test_contexts_of_any_file_are_known(tmp_path, context, expected):
    files = [tmp_path / "absent", write(tmp_path, "one"), write(tmp_path, "two", current="two")]
    found = kubeconfig.endpoint(files, context, {})
    assert found.server == f"https://{expected}.example.com:6443"


def test_a_context_may_have_the_user_of_another_file_whose_names_are_relative_to_it(tmp_path):
    one = write(tmp_path / "here", "one", user="jane")
    (tmp_path / "there").mkdir()
    two = tmp_path / "there" / "two"
    two.write_text("users: [{name: jane, user: {tokenFile: secret}}]")
    (tmp_path / "there" / "secret").write_text("first\n")
    token = kubeconfig.endpoint([one, two], "one", {}).token
    assert token() == "first"
    (tmp_path / "there" / "secret").write_text("second\n")
    assert token() == "second"


def test_the_first_entry_of_a_name_wins_whole(tmp_path):
    one, two = write(tmp_path, "one"), tmp_path / "two"
    two.write_text("clusters: [{name: one, cluster: {server: 'https://other:1', tls-server-name: x}}]")
    found = kubeconfig.endpoint([one, two], "one", {})
    assert (found.server, found.server_name) == ("https://one.example.com:6443", "")


def test_the_proxy_of_a_cluster_comes_before_the_environments(tmp_path):
    environ = {"HTTPS_PROXY": "http://other.example.com:1"}
    path = write(tmp_path, "one", proxy="http://proxy.example.com:3128")
    assert kubeconfig.endpoint([path], "one", environ).proxy == "http://proxy.example.com:3128"
    assert kubeconfig.endpoint([write(tmp_path, "two")], "two", environ).proxy == environ["HTTPS_PROXY"]


def test_a_proxy_that_is_not_known_is_refused_without_its_password(tmp_path):
    path = write(tmp_path, "one", proxy="ftp://me:hidden@proxy.example.com:21")
    with pytest.raises(UsageError, match="cannot be used") as caught:
        kubeconfig.endpoint([path], "one", {})
    assert "hidden" not in caught.value.what + caught.value.why


@pytest.mark.parametrize(
    "user", ["{token: a, username: b, password: c}", "{tokenFile: a, username: b, password: c}"]
)
def test_a_user_with_two_ways_to_log_in_is_refused(tmp_path, user):
    path = write(tmp_path, "one", user="jane")
    path.write_text(path.read_text() + f"users: [{{name: jane, user: {user}}}]\n")
    with pytest.raises(UsageError, match="both a token and a password"):
        kubeconfig.endpoint([path], "one", {})


SERVER = "https://api.example.com:6443"


@pytest.mark.parametrize(
    ("environ", "server", "expected"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, SERVER, "http://p:1"),
        ({"https_proxy": "http://p:1"}, SERVER, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "https_proxy": "http://q:1"}, SERVER, "http://p:1"),
        ({"HTTPS_PROXY": "p:1"}, SERVER, "http://p:1"),
        ({"HTTPS_PROXY": "socks5://p:1"}, SERVER, "socks5://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, SERVER, ""),
        ({"HTTP_PROXY": "http://p:1"}, "http://api.example.com", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "https://localhost:6443", ""),
        ({"HTTPS_PROXY": "http://p:1"}, "https://127.0.0.9:6443", ""),
        ({"HTTPS_PROXY": "http://p:1"}, "https://[::1]:6443", ""),
        ({}, SERVER, ""),
    ],
)
def test_the_environment_names_a_proxy(environ, server, expected):
    assert proxies.from_environment(server, environ) == expected


@pytest.mark.parametrize(
    ("excluded", "server", "passed_by"),
    [
        ("*", SERVER, True),
        ("example.com", SERVER, True),
        (" EXAMPLE.com ,x", SERVER, True),
        (".example.com", SERVER, True),
        ("*.example.com", SERVER, True),
        (".example.com", "https://example.com", False),
        ("ample.com", SERVER, False),
        ("api.example.com:6443", SERVER, True),
        ("api.example.com:443", SERVER, False),
        ("10.0.0.0/8", "https://10.2.3.4:6443", True),
        ("10.0.0.0/16", "https://10.2.3.4:6443", False),
        ("10.2.3.4", "https://10.2.3.4:6443", True),
        ("10.2.3.4:443", "https://10.2.3.4:6443", False),
        ("fd00::/8", "https://[fd00::1]:6443", True),
        ("", SERVER, False),
    ],
)
def test_no_proxy_excludes_by_the_rules_of_go(excluded, server, passed_by):
    environ = {"HTTPS_PROXY": "http://p:1", "no_proxy": excluded}
    assert (proxies.from_environment(server, environ) == "") is passed_by


def test_a_pods_own_settings_count_where_it_has_no_kubeconfig(tmp_path):
    environ = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    absent, there = tmp_path / "absent", write(tmp_path, "one")
    assert incluster.applies([absent], None, environ)
    assert incluster.applies([absent], "in-cluster", environ)
    assert not incluster.applies([absent], "one", environ)
    assert not incluster.applies([there], None, environ)
    assert not incluster.applies([absent], None, {})
