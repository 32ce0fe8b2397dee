"""kbld: replace the images in Kubernetes documents by digest references, and record their origins."""

from pkgops.oci.kbld.config import Config, read_config
from pkgops.oci.kbld.resolve import Resolved, ResolvedImage, images_lock, resolve

__all__ = ["Config", "Resolved", "ResolvedImage", "images_lock", "read_config", "resolve"]
