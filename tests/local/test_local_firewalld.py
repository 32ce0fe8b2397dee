import pytest

from pkgops.local import firewalld

# What firewall-cmd 1.3.3 answers: 0 yes, 1 no, 252 where no firewalld runs.
FIREWALL_CMD = """#!/bin/sh
echo "$*" >>{folder}/calls
[ -e {folder}/runs ] || {{ echo "FirewallD is not running"; exit 252; }}
[ "$1" = --zone=trusted ] || exit 2
case $2 in
  --query-interface=*) [ -e {folder}/zone-${{2#*=}} ] ;;
  --change-interface=*) touch {folder}/zone-${{2#*=}} ;;
  --remove-interface=*) rm {folder}/zone-${{2#*=}} ;;
esac
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    program = tmp_path / "bin" / "firewall-cmd"
    program.parent.mkdir()
    program.write_text(FIREWALL_CMD.format(folder=tmp_path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return tmp_path


def test_the_link_is_in_the_zone_as_long_as_the_instance_is_there(folder):
    (folder / "runs").touch()
    assert firewalld.add_link("pkgops0")
    assert not firewalld.add_link("pkgops0")
    assert (folder / "zone-pkgops0").exists()
    firewalld.remove_link("pkgops0")
    assert not (folder / "zone-pkgops0").exists()
    firewalld.remove_link("pkgops0")


def test_a_reload_of_firewalld_is_repaired(folder):
    (folder / "runs").touch()
    firewalld.add_link("pkgops0")
    (folder / "zone-pkgops0").unlink()
    assert firewalld.add_link("pkgops0")


def test_where_firewalld_does_not_run_nothing_is_changed(folder):
    assert not firewalld.add_link("pkgops0")
    firewalld.remove_link("pkgops0")
    assert {line.split()[1] for line in (folder / "calls").read_text().splitlines()} == {
        "--query-interface=pkgops0"
    }


def test_without_firewalld_nothing_is_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(firewalld.tools, "SYSTEM_PATH", str(tmp_path))
    assert not firewalld.add_link("pkgops0")
    firewalld.remove_link("pkgops0")
