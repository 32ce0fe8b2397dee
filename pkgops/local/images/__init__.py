"""The images that the local cluster's pods need, made on this machine without Docker or a registry."""

from pkgops.local.images.build import BuiltImage, ensure_images, ensure_layers
from pkgops.local.images.publish import export_archive, import_to, push_to
from pkgops.local.images.recipes import LARGE_LAYERS
from pkgops.local.images.sources import Sources

__all__ = [
    "LARGE_LAYERS",
    "BuiltImage",
    "Sources",
    "ensure_images",
    "ensure_layers",
    "export_archive",
    "import_to",
    "push_to",
]
