"""Which kubeconfig is read, and what is taken from it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pkgops.errors import UsageError
from pkgops.kube import kubeconfig

TEXT = """
current-context: {current}
contexts: [{{name: {name}, context: {{cluster: {name}, user: ""}}}}]
clusters: [{{name: {name}, cluster: {{server: "https://{name}.example.com:6443", proxy-url: "{proxy}"}}}}]
"""


def write(folder: Path, name: str, proxy: str = "", current: str = "") -> Path:
    path = folder / name
    path.write_text(TEXT.format(name=name, proxy=proxy, current=current))
    return path


@pytest.mark.parametrize(
    ("context", "expected"), [("one", "one"), ("two", "two"), ("three", "one"), (None, "two")]
)
def test_of_several_files_the_one_with_the_context_is_read(tmp_path, monkeypatch, context, expected):
    files = [
        str(tmp_path / "absent"),
        str(write(tmp_path, "one")),
        str(write(tmp_path, "two", current="two")),
    ]
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(files))
    assert kubeconfig.default_path(context).name == expected


def test_one_file_is_read_whatever_it_has(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))
    assert kubeconfig.default_path("one").name == "absent"


def test_a_proxy_is_taken_from_the_cluster(tmp_path):
    path = write(tmp_path, "one", proxy="http://proxy.example.com:3128")
    assert kubeconfig.endpoint(path, "one").proxy == "http://proxy.example.com:3128"


def test_a_proxy_that_is_not_known_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be used"):
        kubeconfig.endpoint(write(tmp_path, "one", proxy="socks5://proxy.example.com:1080"), "one")
