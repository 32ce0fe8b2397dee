"""Trials beside Docker, and beside what Docker's packages bring."""

from __future__ import annotations

from steps import LONG, OUTSIDE, PKGOPS, SITE, Machine, comes_up, make_site, must

# A container of Docker that reads from an outside server every few seconds and says how that went.
READER = f"""
cd /; iptables -P FORWARD DROP
programs=$(which sh curl sleep)
libraries=$(ldd $programs | grep -o '/[^ ]*' | sort -u | grep -v :)
tar -ch $programs $libraries 2>/dev/null | docker import - reader
docker run --detach --name reader reader /usr/bin/sh -c \\
  'while sleep 5; do curl -sSfm 60 -o /dev/null http://{OUTSIDE}/ && echo read || echo failed; done'
"""
# As Docker's own package: one for both programs, in place of Debian's, with its plug-in for Kubernetes off.
DOCKERS_PACKAGE = """
set -e; cd /root; rm -rf package; mkdir -p package/DEBIAN package/etc/containerd
dpkg -L containerd runc | grep -E '^/usr/s?bin/.|containerd.service$' | xargs cp --parents -t package
echo 'disabled_plugins = ["cri"]' >package/etc/containerd/config.toml
version=$(dpkg-query -Wf '${Version}' containerd)
cat >package/DEBIAN/control <<END
Package: containerd.io
Version: $version
Architecture: amd64
Maintainer: nobody <nobody@localhost>
Depends: libc6, libseccomp2
Provides: containerd (= $version), runc (= $version)
Conflicts: containerd, runc
Replaces: containerd, runc
Description: containerd and runc in one
END
dpkg-deb -Znone --build package containerd.io.deb
apt-get -qq install --yes ./containerd.io.deb
systemctl daemon-reload; systemctl enable --now containerd; systemctl restart docker
"""


def docker(machine: Machine) -> str:
    """Docker, started in between, keeps its forwarding; all else is gone."""
    begun = machine.run(f"{PKGOPS} local up", seconds=LONG)
    must(begun.status == 0, begun.text)
    machine.run("systemctl start docker", seconds=LONG)
    done = machine.run(f"{PKGOPS} local down", seconds=LONG)
    must(done.status == 0 and "ip_forward stays 1" in done.text, done.text)
    forwarding = machine.run("sysctl -n net.ipv4.ip_forward").text.strip()
    must(forwarding == "1", f"net.ipv4.ip_forward is {forwarding}, and Docker runs")
    return next(line.strip() for line in done.text.splitlines() if "ip_forward stays" in line)


def beside(machine: Machine) -> str:
    """Docker runs before, during and after a cluster, and a container of it never loses the way out."""
    done = machine.run(f"systemctl start docker; {READER}", seconds=LONG)
    must(done.status == 0, done.text)
    make_site(machine, "/root/site")
    seen = comes_up(machine, f"{SITE} up")
    during = _readings(machine)
    done = machine.run(f"{PKGOPS} local down", seconds=LONG)
    must(done.status == 0, done.text)
    machine.run("sleep 30")
    after = _readings(machine)
    machine.run("docker rm --force reader")
    must(during[0] > 0 and after[0] > during[0] and not after[1], f"read and failed: {during}, then {after}")
    told = f"a container of Docker read {during[0]} times until then, {after[0]} times until after `down`"
    return f"{seen}; {told}"


def _readings(machine: Machine) -> tuple[int, int]:
    lines = machine.run("docker logs reader 2>&1").text.split()
    return lines.count("read"), lines.count("failed")


def dockers_package(machine: Machine) -> str:
    """A package that has containerd and runc in place of Debian's is used as it is, and stays."""
    made = machine.run(DOCKERS_PACKAGE, seconds=LONG)
    must(made.status == 0, made.text)
    checked = machine.run(f"{PKGOPS} local check")
    must(checked.status == 0, checked.text)
    make_site(machine, "/root/site")
    seen = comes_up(machine, f"{SITE} up")
    look = "dpkg-query -Wf '${Status} ' containerd.io; cat /etc/containerd/config.toml"
    told = " ".join(machine.run(f"{look}; systemctl is-active containerd docker").text.split())
    must(told == 'install ok installed disabled_plugins = ["cri"] active active', told)
    return f"{seen}; the package is installed, its containerd and Docker run"
