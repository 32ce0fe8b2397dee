"""Every field of Flux's kinds that counts: without it, another thing is fetched, found or chosen."""

from __future__ import annotations

import base64
import json
import shutil
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from acted_on_kit import Memory, Outcome, Scene, acted_on, makes_a_difference, scenes
from fake_registry import PASSWORD, USER, FakeRegistry
from fields_kit import undefined
from git_fixtures import git, guarded, url, work

from pkgops import certificates
from pkgops.kube import Client, Obj
from pkgops.local.gitserver.server import GitServer
from pkgops.oci import RegistryClient
from pkgops.platform.conditions import condition_of
from pkgops.platform.fieldsupport import Field
from pkgops.platform.flux.gitrepository import GitRepositories
from pkgops.platform.flux.imagepolicy import ImagePolicies
from pkgops.platform.flux.imagerepository import ImageRepositories
from pkgops.platform.flux.registry import registry_client
from pkgops.platform.flux.schedule import Schedule
from pkgops.platform.flux.storage import Storage
from pkgops.platform.flux.tags import TagDatabase
from pkgops.platform.queue import Key

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git, for the server's side")
__all__ = ["guarded", "url", "work"]

TAGS = ("1.0.0", "1.2.0", "2.0.0", "main-9", "main-10", "rc-3", "v1.sig")
ANYWHERE = "0.0.0.0"
"""An address of this machine for which plain http is not the default."""


class SlowServer(GitServer):
    """A Git server that takes its time."""

    def process_request(self, request: Any, client_address: Any) -> None:
        time.sleep(0.3)
        super().process_request(request, client_address)


@pytest.fixture(scope="module")
def slow(work: Path) -> Iterator[str]:
    server = SlowServer(("127.0.0.1", 0), work / "served", lambda _: None)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def registry(auth: str = "", tls: ssl.SSLContext | None = None) -> FakeRegistry:
    made = FakeRegistry(auth=auth, tls=tls)
    for tag in TAGS:
        made.manifests["app"][tag] = ("application/vnd.oci.image.manifest.v1+json", tag.encode())
    return made


@pytest.fixture(scope="module")
def places(
    work: Path, url: str, guarded: str, slow: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The values of the placeholders in the scenes."""
    authority = certificates.issue_authority("test", datetime.now(UTC))
    server = certificates.issue(authority, "server", (), (ANYWHERE,), datetime.now(UTC))
    folder = tmp_path_factory.mktemp("tls")
    (folder / "crt").write_bytes(server.certificate_pem)
    (folder / "key").write_bytes(server.key_pem)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "crt", folder / "key")
    closed, open_, encrypted = registry("basic"), registry(), registry(tls=tls)
    known = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    access = json.dumps({"auths": {closed.host: {"auth": known}}})
    anywhere = lambda one: one.host.replace("127.0.0.1", ANYWHERE)  # noqa: E731
    yield {
        "GUARDED": guarded,
        "GIT": url,
        "SLOW": slow,
        "COMMIT": git(work / "tree", "rev-parse", "main~1"),
        "CLOSED": closed.host,
        "EVERYWHERE": anywhere(open_),
        "ENCRYPTED": anywhere(encrypted),
        "ACCESS": base64.b64encode(access.encode()).decode(),
        "AUTHORITY": base64.b64encode(authority.certificate_pem).decode(),
    }
    for one in (closed, open_, encrypted):
        one.close()


def _created(obj: Obj) -> Obj:
    """Return an object as the API server has it after its creation."""
    meta = {"uid": obj["metadata"]["name"], "resourceVersion": "1", "generation": 1}
    since = "2025-12-31T00:00:00Z"
    placed = {"namespace": "", **obj["metadata"], **meta, "creationTimestamp": since}
    return {**obj, "metadata": placed}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Return the outcome of the controllers: objects, requests, and the seconds until the next reconciles."""

    def told(scene: Scene) -> Any:
        data = tmp_path_factory.mktemp("data")
        world, waits = Memory(*()), list[float | None]()
        world.config = SimpleNamespace(data_dir=data, images={})
        for obj in scene:
            world.put(_created(obj))
        asked: list[float] = []

        def asking(client: Client, obj: Obj, folder: Path, seconds: float) -> RegistryClient:
            asked.append(seconds)
            return registry_client(client, obj, folder, seconds)

        tags, storage = TagDatabase(data / "tags"), Storage(data / "artifacts", "http://artifacts")
        platform: Any = world
        reconcilers = {
            "GitRepository": GitRepositories(platform, storage, Schedule(lambda: 0.0)),
            "ImageRepository": ImageRepositories(platform, tags, Schedule(lambda: 0.0), asking),
            "ImagePolicy": ImagePolicies(platform, tags, asking),
        }
        for kind, reconciler in reconcilers.items():
            for obj in [one for (own, _), one in world.objects.items() if own == kind]:
                waits.append(reconciler.reconcile(Key(obj["metadata"]["namespace"], obj["metadata"]["name"])))
        own = {name: obj for name, obj in world.objects.items() if name[0] in reconcilers}
        said = {name: obj.get("status") for name, obj in own.items()}
        assert not any(undefined("flux", own.values()).values())
        return [[[*name, status] for name, status in said.items()], world.events, waits, asked]

    return told


@pytest.fixture(scope="module")
def given(places: dict[str, str]) -> dict[str, Scene]:
    found = {name: json.dumps(scene) for name, scene in scenes("flux").items()}
    for word, value in places.items():
        found = {name: text.replace(word, value) for name, text in found.items()}
    return {name: json.loads(text) for name, text in found.items()}


FIELDS = acted_on("flux")


def test_a_whole_scene_goes_well_but_for_what_is_to_fail(given: dict[str, Scene], outcome: Outcome) -> None:
    found = [one for scene in given.values() for one in outcome(scene)[0]]
    ready = {name: condition_of({"status": status}) for _, name, status in found if status}
    failed = {name: said for name, said in ready.items() if not said or said["status"] != "True"}
    assert set(failed) == {"ns/slow", "ns/shut-out"}, failed
    assert {name for _, name, status in found if not status} == {"ns/suspended"}


@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=lambda one: getattr(one, "path", one))
def test_without_a_field_that_counts_another_thing_becomes_of_it(
    kind: str, field: Field, given: dict[str, Scene], outcome: Outcome
) -> None:
    assert makes_a_difference(kind, field, given, outcome)
