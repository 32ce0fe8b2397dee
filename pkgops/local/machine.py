"""Settings of the whole machine that a local cluster changes, and their previous values.

The values are recorded before the first instance of a boot changes them. After the last one they are
restored, except for those that others use meanwhile: these are kept, and are reported. A restart of the
machine invalidates the recorded values of the kernel.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pkgops.local import others
from pkgops.local.instance import state_home
from pkgops.local.others import Others
from pkgops.local.state import write_private

PROC_SYS = Path("/proc/sys")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
FORWARDING = "net/ipv4/ip_forward"
# Values that the first instance sets, or its kubelet at every start. Any other value was set by another
# program.
OURS = {
    FORWARDING: "1",
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


@dataclass(frozen=True)
class Restored:
    """The result of restoring the machine's settings.

    Attributes:
        put_back: names of restored settings.
        left: a line for each setting that stays changed, with who uses it.
        installed: what pkgops installed and does not remove: packages, kernel modules.
        seen: the other recorded state from before the first start, as far as that is still valid.
    """

    put_back: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    installed: list[str] = field(default_factory=list)
    seen: dict[str, Any] = field(default_factory=dict)


def prepare(
    read_more: Callable[[], dict[str, Any]],
    home: Path | None = None,
    root: Path = PROC_SYS,
    boot: str | None = None,
    around: Others | None = None,
) -> None:
    """Record the machine's state, unless that was done since its start, and enable forwarding.

    Args:
        read_more: returns further state to record; its ``folders`` stay valid after a restart.
        home: the state home; None means the user's.
        root: where the settings are.
        boot: the id of the machine's start; None means the kernel's.
        around: who else uses the machine; None means to read it.
    """
    boot = boot or boot_id()
    before = _load(home)
    if before.get("boot", boot) != boot or "sysctls" not in before:
        known = (around or others.read_others()).forwarders
        kept = {kind: before[kind] for kind in ("folders", "packages") if kind in before}
        _save(home, read_more() | {"boot": boot, "sysctls": _read(root), "forwarders": known} | kept)
    if _read(root).get(FORWARDING, OURS[FORWARDING]) != OURS[FORWARDING]:
        (root / FORWARDING).write_text(OURS[FORWARDING])


def record_installed(kind: str, names: list[str], home: Path | None = None) -> None:
    """Record what was installed and is not removed, so that the last ``down`` can name it."""
    if names:
        before = _load(home)
        _save(home, before | {kind: sorted({*before.get(kind, []), *names})})


def restore(
    home: Path | None = None,
    root: Path = PROC_SYS,
    boot: str | None = None,
    around: Others | None = None,
) -> Restored:
    """Restore the settings, except those that others use; the arguments as above."""
    before = _load(home)
    installed = [f"{kind} {', '.join(before[kind])}" for kind in ("packages", "modules") if before.get(kind)]
    boot = boot or boot_id()
    if before.get("boot", boot) != boot:
        _path(home).unlink(missing_ok=True)
        return Restored(installed=installed, seen={"folders": before.get("folders", [])})
    around = around or others.read_others()
    now = _read(root)
    put_back, left = [], []
    for name, value in before.get("sysctls", {}).items():
        if now.get(name, value) == value:
            continue
        if relier := _relier(name, now[name], before, around):
            left.append(f"{name} stays {now[name]}: {relier}")
        else:
            (root / name).write_text(value)
            put_back.append(name)
    _path(home).unlink(missing_ok=True)
    return Restored(put_back, left, installed, before)


def boot_id() -> str:
    """Return the id that the kernel chose at the machine's start."""
    return BOOT_ID.read_text().strip()


def _relier(name: str, value: str, before: dict[str, Any], around: Others) -> str:
    """Return who else uses the present value of a setting; empty if that is unknown."""
    if value != OURS.get(name):
        return "another program has set it since"
    if around.configured.get(name) == value:
        return "the machine's configuration sets it"
    if around.instances:
        return f"{', '.join(around.instances)} runs"
    if name == FORWARDING:
        came = [one for one in around.forwarders if one not in before.get("forwarders", [])]
        return f"{came[0]} was added since and needs it" if came else ""
    return f"{around.kubelets[0]} runs" if around.kubelets else ""


def _path(home: Path | None) -> Path:
    return (home or state_home()) / "machine.json"


def _load(home: Path | None) -> dict[str, Any]:
    try:
        found = json.loads(_path(home).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _save(home: Path | None, document: dict[str, Any]) -> None:
    path = _path(home)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(path, json.dumps(document) + "\n")


def _read(root: Path) -> dict[str, str]:
    return {name: (root / name).read_text().strip() for name in OURS if (root / name).exists()}
