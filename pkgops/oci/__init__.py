"""Container registries and images: references, a registry client, image assembly, imgpkg and kbld.

It needs only the standard library, urllib3 and ruamel.yaml, so that the same code serves the
command line, the local platform, and the programs inside the toolbox and builder images.
"""

from typing import TYPE_CHECKING

from pkgops.lazy import exports

if TYPE_CHECKING:
    from pkgops.oci.auth import ANONYMOUS, Credentials, DockerConfig, Keychain
    from pkgops.oci.client import RegistryClient
    from pkgops.oci.errors import (
        BadReference,
        NotFound,
        RegistryDenied,
        RegistryError,
        RegistryUnauthorized,
        RegistryUnreachable,
    )
    from pkgops.oci.image import Image, Layer, read_image, write_image
    from pkgops.oci.media import Descriptor
    from pkgops.oci.reference import ImageRef

__all__ = [
    "ANONYMOUS",
    "BadReference",
    "Credentials",
    "Descriptor",
    "DockerConfig",
    "Image",
    "ImageRef",
    "Keychain",
    "Layer",
    "NotFound",
    "RegistryClient",
    "RegistryDenied",
    "RegistryError",
    "RegistryUnauthorized",
    "RegistryUnreachable",
    "read_image",
    "write_image",
]

# A phase of a build without requests to a registry must not import an HTTP library.
__getattr__ = exports(
    __name__,
    {
        "auth": ("ANONYMOUS", "Credentials", "DockerConfig", "Keychain"),
        "client": ("RegistryClient",),
        "errors": (
            "BadReference",
            "NotFound",
            "RegistryDenied",
            "RegistryError",
            "RegistryUnauthorized",
            "RegistryUnreachable",
        ),
        "image": ("Image", "Layer", "read_image", "write_image"),
        "media": ("Descriptor",),
        "reference": ("ImageRef",),
    },
)
