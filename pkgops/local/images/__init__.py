"""The images that the local cluster's pods need, made on this machine without Docker or a registry."""

from pkgops.local.images.build import BuiltImage, ensure_images
from pkgops.local.images.publish import export_archive, import_to, push_to
from pkgops.local.images.sources import Sources

__all__ = ["BuiltImage", "Sources", "ensure_images", "export_archive", "import_to", "push_to"]
