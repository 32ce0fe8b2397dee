"""The machine's name servers, as its own file names them."""

from __future__ import annotations

from pathlib import Path

RESOLV_CONFS = (Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf"))


def text() -> str:
    """Return the resolv.conf with the real name servers, not a stub on loopback; empty where none is
    readable.

    The kubelet gets a copy: it creates no pod while its file is missing, as that of a stopped
    systemd-resolved.
    """
    for path in RESOLV_CONFS:
        try:
            return path.read_text()
        except OSError:
            continue
    return ""


def servers(resolv_conf: str) -> list[str]:
    """Return the name servers that can be reached from another network namespace."""
    words = [line.split() for line in resolv_conf.splitlines() if line.startswith("nameserver")]
    found = [word[1] for word in words if len(word) > 1]
    return [one for one in found if not one.startswith(("127.", "::1", "fe80:"))][:3]
