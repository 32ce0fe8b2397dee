"""The image of every pod's first container, made of one static program and kept in the local registry."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pkgops.local.instance import Instance


def reference(instance: Instance, program: Path) -> str:
    """Return the image's name; its tag follows the program's content."""
    return f"{instance.registry}/pkgops/pause:{hashlib.sha256(program.read_bytes()).hexdigest()[:12]}"


def ensure(instance: Instance, program: Path) -> bool:
    """Put the image into the registry if it is not there; return whether it was not."""
    from pkgops.oci.client import RegistryClient
    from pkgops.oci.errors import NotFound
    from pkgops.oci.image import empty_image, write_image
    from pkgops.oci.layers import memory_layer, regular
    from pkgops.oci.reference import ImageRef

    ref = ImageRef.parse(reference(instance, program))
    client = RegistryClient()
    try:
        client.manifest(ref)
        return False
    except NotFound:
        layer = memory_layer([regular("pause", program.read_bytes(), mode=0o755)])
        image = empty_image(Entrypoint=["/pause"], User="65535:65535").append([layer])
        write_image(client, image, [ref])
        return True
