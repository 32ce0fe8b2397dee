"""The only package that calls an API server: connect, verbs, apply, watch, logs, port-forward, rights."""

from typing import TYPE_CHECKING

from pkgops.kube.client import Client, connect
from pkgops.kube.errors import (
    AlreadyExists,
    ApiError,
    ClusterDeleted,
    Conflict,
    Denied,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    NotServed,
    Unauthorized,
    Unreachable,
    is_temporary,
    raise_temporary,
)
from pkgops.kube.retry import Waiting
from pkgops.kube.types import Obj, ObjectList, Resource, WatchEvent
from pkgops.lazy import exports

if TYPE_CHECKING:
    from pkgops.kube.informer import Informer

__all__ = [
    "AlreadyExists",
    "ApiError",
    "Client",
    "ClusterDeleted",
    "Conflict",
    "Denied",
    "Forbidden",
    "Gone",
    "Informer",
    "Invalid",
    "NotFound",
    "NotServed",
    "Obj",
    "ObjectList",
    "Resource",
    "Unauthorized",
    "Unreachable",
    "Waiting",
    "WatchEvent",
    "connect",
    "is_temporary",
    "raise_temporary",
]

__getattr__ = exports(__name__, {"informer": ("Informer",)})
