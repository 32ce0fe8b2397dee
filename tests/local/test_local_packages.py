"""Programs from Debian beside those of somebody else: apt installs what is missing, and removes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pkgops import tools
from pkgops.errors import PreflightError
from pkgops.local import packages

APT = """#!/bin/sh
echo "$*" >>"$LOG"
case "$*" in
  *install*) if [ -n "$REFUSED" ]; then echo "E: $REFUSED" >&2; exit 100; fi ;;
  *download*) touch docker-registry_1_amd64.deb ;;
esac
"""
DPKG = '#!/bin/sh\nmkdir -p "$3/usr/bin" && touch "$3/usr/bin/docker-registry"\n'
OTHERS = ("containerd", "runc", "ctr", "containerd-shim-runc-v2")
"""What Docker's package containerd.io has, which conflicts with Debian's containerd and runc."""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with Docker's containerd.io and nothing else; returns the file of what apt is told."""
    folder = tmp_path / "bin"
    folder.mkdir()
    programs = {"apt-get": APT, "dpkg-deb": DPKG} | dict.fromkeys(OTHERS, "#!/bin/sh\n")
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    for name in ("touch", "mkdir"):
        (folder / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setattr(tools, "SYSTEM_PATH", "")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    monkeypatch.setenv("REFUSED", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "log"


def test_another_runc_is_used_and_its_package_left_alone(asked: Path) -> None:
    found = packages.ensure([].append)
    assert found["runc"] == asked.parent / "bin" / "runc"
    (install,) = [line.split() for line in asked.read_text().splitlines() if " install " in line]
    assert "--no-remove" in install
    assert not {"containerd", "runc"} & set(install)
    assert "conntrack" in install


def test_what_apt_would_have_to_remove_a_package_for_is_named(
    asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (asked.parent / "bin" / "runc").unlink()
    monkeypatch.setenv("REFUSED", "Packages need to be removed but remove is disabled.")
    with pytest.raises(PreflightError) as caught:
        packages.ensure([].append)
    assert caught.value.what.startswith("apt would remove other packages to install")
    assert "runc" in caught.value.what
    assert "remove is disabled" in caught.value.why


def test_other_failures_of_apt_are_told_as_they_are(asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFUSED", "Unable to locate package conntrack")
    with pytest.raises(tools.ToolFailed, match="apt-get"):
        packages.ensure([].append)
