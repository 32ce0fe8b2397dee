"""The configuration of the local platform at its start: a JSON file written by the local cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from pkgops.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class PlatformConfig:
    """The configuration of one platform process.

    Attributes:
        instance: the name of the local cluster.
        data_dir: the folder of artifacts and other files of this process.
        address: the address to listen on, which pods and the host can connect to.
        artifact_port: port on which Flux artifacts are served.
        hooks_port: port on which the Git server and the registry send notifications of pushes.
        webhook_port: port of the admission webhooks (https).
        admission: whether objects are validated at admission, as by the real controllers' webhooks.
        gateway_port: port of the gateway, which routes to applications by host name; 0 means no gateway.
        registry: ``host:port`` of the local registry.
        images: image references by name (toolbox, go, builder, run, ...).
    """

    instance: str = "pkgops"
    data_dir: Path = Path("platform-data")
    address: str = "127.0.0.1"
    artifact_port: int = 9790
    hooks_port: int = 9791
    webhook_port: int = 9792
    admission: bool = True
    gateway_port: int = 0
    registry: str = ""
    images: Mapping[str, str] = field(default_factory=dict)


def read_config(path: Path) -> PlatformConfig:
    """Return the configuration in a file.

    Raises:
        UsageError: it is missing, not JSON, or has unknown keys.
    """
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read the platform's configuration {path}", why=str(error)) from error
    unknown = set(values) - {entry.name for entry in fields(PlatformConfig)}
    if unknown:
        raise UsageError(f"{path} has unknown keys: {', '.join(sorted(unknown))}")
    if "data_dir" in values:
        values["data_dir"] = Path(values["data_dir"])
    return PlatformConfig(**values)
