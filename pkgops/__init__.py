"""pkgops drives a software supply chain and its delivery on Kubernetes from a laptop."""

__version__ = "0.1.0"
