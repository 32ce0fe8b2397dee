"""A folder in each language beside Go, from its source to its answer: tested, built, packaged, delivered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pipeline_kit import SAMPLE, pkgops

from pkgops.kube import Client
from pkgops.local.cluster import LocalCluster

pytestmark = pytest.mark.cluster

EXAMPLES = SAMPLE.parent


@pytest.mark.parametrize(
    ("language", "said", "tested"),
    [
        ("python", "Hello, World!", "The world is greeted where there is no name. ... ok"),
        ("nodejs", "Hello, World!", "# pass 1"),
        ("any", "Hello, World!", "Result: PASS"),
        ("static", "<h1>Hello, World!</h1>", "index.html is there"),
    ],
)
def test_a_folder_of_that_language_comes_to_an_answer(
    instance: LocalCluster, local_client: Client, tmp_path: Path, language: str, said: str, tested: str
) -> None:
    folder = Path(shutil.copytree(EXAMPLES / f"hello-{language}", tmp_path / f"my-{language}"))
    ran = pkgops("up", "--source", str(folder), "--progress", "plain", "-o", "json", cwd=tmp_path)
    try:
        assert ran.code == 0, ran
        assert said in ran.json()["answer"]["body"]
        (pod,) = [
            pod["metadata"]["name"]
            for pod in local_client.list("v1", "Pod", "default").items
            if pod["metadata"]["labels"].get("tekton.dev/task") == f"test-{language}"
        ]
        assert tested in "\n".join(local_client.logs("default", pod, "step-test", tail=100))
    finally:
        pkgops("clean", f"my-{language}", "--yes", cwd=tmp_path)
