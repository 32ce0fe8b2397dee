"""Settings of the whole machine that a local cluster changes, and how they were before.

They are written down before the first instance changes them and put back after the last one.
"""

from __future__ import annotations

import json
from pathlib import Path

from pkgops.local.instance import state_home
from pkgops.local.state import write_private

PROC_SYS = Path("/proc/sys")
FORWARDING = "net/ipv4/ip_forward"
_CHANGED_BY_KUBELET = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)


def prepare(home: Path | None = None, root: Path = PROC_SYS) -> None:
    """Write down the settings as they are, unless that was done, and let packets through."""
    path = _record(home)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, json.dumps({"sysctls": _read((FORWARDING, *_CHANGED_BY_KUBELET), root)}) + "\n")
    if _read((FORWARDING,), root) != {FORWARDING: "1"}:
        (root / FORWARDING).write_text("1")


def restore(home: Path | None = None, root: Path = PROC_SYS) -> list[str]:
    """Put the settings back as they were; return the names of those that had changed."""
    path = _record(home)
    try:
        before: dict[str, str] = json.loads(path.read_text())["sysctls"]
    except (OSError, ValueError, KeyError):
        return []
    changed = [name for name, value in before.items() if _read((name,), root).get(name, value) != value]
    for name in changed:
        (root / name).write_text(before[name])
    path.unlink()
    return changed


def _record(home: Path | None) -> Path:
    return (home or state_home()) / "machine.json"


def _read(names: tuple[str, ...], root: Path) -> dict[str, str]:
    return {name: (root / name).read_text().strip() for name in names if (root / name).exists()}
