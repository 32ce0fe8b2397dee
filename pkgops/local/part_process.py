"""The process of a part of the local cluster: its start, its record, and its log."""

from __future__ import annotations

import hashlib
import os
import socket
from contextlib import ExitStack
from pathlib import Path

from pkgops import tools
from pkgops.errors import PreflightError
from pkgops.local import cgroups, network, processes
from pkgops.local.instance import Instance
from pkgops.local.part import Part

LONGEST_LOG = 20_000_000
GATEWAY_VARIABLE = "PKGOPS_GATEWAY_FD"
# The folder for compiled modules among them: the checkout of another user stays as it is.
INHERITED = ("HOME", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONPYCACHEPREFIX")


class PartFailed(PreflightError):
    """A part of the local cluster did not answer in time, or ended at once."""

    slug = "local-part"


def record_path(instance: Instance, part: str) -> Path:
    """Return the file in which a part's process is recorded."""
    return instance.run / f"{part}.json"


def runs(instance: Instance, part: str) -> processes.Record | None:
    """Return the record of a part's process if it runs."""
    record = processes.load(record_path(instance, part))
    return record if record and processes.alive(record) else None


def fingerprint(part: Part) -> str:
    """Return a checksum of a part's command line and files."""
    digest = hashlib.sha256("\0".join(part.argv).encode())
    for path in part.files:
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:16]


def spawn(instance: Instance, part: Part, mark: str) -> processes.Record:
    """Start a part and record its process, with the checksum of its settings.

    Raises:
        PartFailed: it ended at once.
    """
    argv = (*network.enter(instance), *part.argv)
    with ExitStack() as stack:
        passed = [stack.enter_context(one) for one in _loopback(part)]
        number = {GATEWAY_VARIABLE: str(passed[0].fileno())} if passed else {}
        env = {**_environment(), **number}
        log = _fresh_log(log_path(instance, part.name))
        pid = tools.spawn(argv, log=log, env=env, cwd=instance.folder, keep=passed)
    cgroups.hold(instance.owner, {pid})
    record = processes.save(record_path(instance, part.name), pid, mark)
    if record is None:
        raise failed(instance, part, "it ended at once")
    return record


def _fresh_log(path: Path) -> Path:
    """Rotate a log that has grown long, replacing the previous one."""
    if path.exists() and path.stat().st_size > LONGEST_LOG:
        path.replace(path.with_suffix(".log.old"))
    return path


def adopt(instance: Instance, part: Part, mark: str) -> processes.Record | None:
    """Record a process that was started but not recorded, because the command was killed in between."""
    for pid in processes.in_network(instance.netns):
        if processes.command_line(pid) == part.argv:
            return processes.save(record_path(instance, part.name), pid, mark)
    return None


def log_path(instance: Instance, part: str) -> Path:
    """Return the file with a part's output."""
    return instance.logs / f"{part}.log"


def failed(instance: Instance, part: Part, why: str) -> PartFailed:
    """Return the error of a part that does not run, with the end of its log."""
    log = log_path(instance, part.name)
    text = tools.tail(log.read_text(errors="replace"), 8) if log.exists() else ""
    return PartFailed(
        f"{part.name} of the local cluster {instance.name} does not run",
        why=f"{why}; the end of {log}:\n{text}",
        next="pkgops local check, then pkgops local up",
    )


def _loopback(part: Part) -> list[socket.socket]:
    if not part.loopback_port:
        return []
    try:
        return [socket.create_server(("127.0.0.1", part.loopback_port), backlog=128)]
    except OSError:
        # Another program has the port; any other one will do.
        return [socket.create_server(("127.0.0.1", 0), backlog=128)]


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {"PATH": tools.SYSTEM_PATH, **kept}
