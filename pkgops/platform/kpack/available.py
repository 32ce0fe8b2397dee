"""The buildpacks in the statuses of the cluster's objects; the image of each is read when it is selected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial

from pkgops.kube import Obj
from pkgops.oci import RegistryClient
from pkgops.platform.kpack.clusterparts import client_for
from pkgops.platform.kpack.parts import BadPart, StoredBuildpack, read_buildpacks
from pkgops.platform.kpack.resolving import Available, ListedBuildpack
from pkgops.platform.runtime import Platform

Read = Callable[[str], Sequence[StoredBuildpack]]


def available(
    platform: Platform, client: RegistryClient, store: Obj | None, objects: Iterable[Obj]
) -> Available:
    """Return the buildpacks that a builder may use.

    Args:
        platform: reads the credentials of each object.
        client: reads the images of objects without a service account.
        store: the builder's ClusterStore, if it references one.
        objects: the Buildpacks and ClusterBuildpacks that it may use.
    """

    def reader(obj: Obj) -> Read:
        own = obj["kind"] == "Buildpack" or obj["spec"].get("serviceAccountRef")
        namespace = obj["metadata"].get("namespace", "")
        return cache(
            lambda image: read_buildpacks(
                client_for(platform, obj["spec"], namespace) if own else client, image
            )
        )

    return Available(
        named={(obj["kind"], obj["metadata"]["name"]): listed(obj, reader(obj)) for obj in objects},
        store=listed(store, reader(store)) if store else (),
    )


def listed(obj: Obj, read: Read) -> list[ListedBuildpack]:
    """Return the buildpacks in an object's status; ``read`` returns those of an image."""
    entries = (obj.get("status") or {}).get("buildpacks") or []
    return [
        ListedBuildpack(entry["id"], entry["version"], entry.get("order") or [], partial(_read, entry, read))
        for entry in entries
    ]


def _read(listed: Obj, read: Read) -> StoredBuildpack:
    image = listed["storeImage"]["image"]
    for buildpack in read(image):
        if (buildpack.id, buildpack.version) == (listed["id"], listed["version"]):
            return buildpack
    raise BadPart(f"{image} has no buildpack {listed['id']}@{listed['version']} any more")
