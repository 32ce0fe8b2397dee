"""The platform's CustomResourceDefinitions: installed at startup, unless others of that name exist."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pkgops.errors import PreflightError
from pkgops.formats import yaml
from pkgops.kube import Client, Obj
from pkgops.platform.conditions import condition_status

API, KIND = "apiextensions.k8s.io/v1", "CustomResourceDefinition"
OWN_LABEL = "pkgops.dev/local-platform"
DIGEST_ANNOTATION = "pkgops.dev/crds-digest"
MANAGER = "pkgops-local-platform"
ESTABLISH_SECONDS = 30.0


@dataclass(frozen=True)
class CrdFile:
    """The definitions of one group's ``crds.yaml``."""

    group: str
    text: str
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(self.text.encode()).hexdigest()[:16])

    @classmethod
    def of(cls, group: str) -> CrdFile:
        """Return the CRDs of a group's package."""
        return cls(group, (Path(__file__).parent / group / "crds.yaml").read_text())

    def documents(self) -> list[Obj]:
        """Return the definitions with the platform's label and annotation."""
        documents = yaml.parse_all(self.text, f"{self.group}/crds.yaml")
        for document in documents:
            meta = document["metadata"]
            meta["labels"] = {**meta.get("labels", {}), OWN_LABEL: self.group}
            meta["annotations"] = {**meta.get("annotations", {}), DIGEST_ANNOTATION: self.digest}
        return documents


class ForeignController(PreflightError):
    """The CRDs of a group belong to another installation; the platform does not reconcile the group."""

    slug = "foreign-controller"


def install(client: Client, file: CrdFile, sleep: Callable[[float], None] = time.sleep) -> None:
    """Install a group's definitions and wait until they are served; nothing is sent if they are current.

    Raises:
        ForeignController: a definition of that name exists and is not the platform's.
    """
    present = {obj["metadata"]["name"]: obj for obj in client.list(API, KIND).items}
    own = {
        name
        for name, obj in present.items()
        if (obj["metadata"].get("annotations") or {}).get(DIGEST_ANNOTATION) == file.digest
    }
    if own and all(OWN_LABEL in _labels(present[name]) for name in own) and _complete(file, own):
        return
    documents = file.documents()
    _refuse_foreign(file.group, documents, present)
    for document in documents:
        client.apply(document, manager=MANAGER)
    _wait_established(client, [doc["metadata"]["name"] for doc in documents], sleep)


def _complete(file: CrdFile, names: set[str]) -> bool:
    return file.text.count("\nkind: CustomResourceDefinition") + file.text.startswith("kind:") == len(names)


def _refuse_foreign(group: str, documents: list[Obj], present: dict[str, Obj]) -> None:
    names = [doc["metadata"]["name"] for doc in documents]
    foreign = [name for name in names if name in present and OWN_LABEL not in _labels(present[name])]
    if foreign:
        raise ForeignController(
            f"the local platform does not reconcile {group}: another controller's kinds are installed",
            why=", ".join(foreign),
            next="nothing, if that controller runs; else delete these definitions and start again",
        )


def _wait_established(client: Client, names: list[str], sleep: Callable[[float], None]) -> None:
    waited = 0.0
    while waiting := [
        name for name in names if condition_status(client.get(API, KIND, name), "Established") != "True"
    ]:
        if waited >= ESTABLISH_SECONDS:
            raise PreflightError(f"the API server does not serve {', '.join(waiting)} yet")
        sleep(0.1)
        waited += 0.1


def _labels(obj: Obj) -> Obj:
    return dict(obj["metadata"].get("labels") or {})
