import ipaddress
from pathlib import Path

import pytest

from pkgops.errors import UsageError
from pkgops.local import cluster
from pkgops.local.instance import MAX_INDEX, SERVICE_RANGE, Instance, instance_name


@pytest.mark.parametrize("name", ["a", "pkgops", "pkgops-test", "a" * 20, "x1"])
def test_names_that_links_and_nodes_can_bear(name):
    assert instance_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a_b", "a.b", "a" * 21, "../up", "1a"])
def test_other_names_are_refused(name, monkeypatch):
    monkeypatch.setenv("PKGOPS_INSTANCE", name or "Bad")
    with pytest.raises(UsageError) as caught:
        instance_name(name)
    assert caught.value.slug == "instance-name"


def test_kubectl_reads_nothing_of_the_persons_own_and_leaves_nothing(tmp_path):
    instance = Instance("trial", 3, tmp_path / "trial")
    options = cluster.describe(instance).kubectl_options
    given = dict(zip(options[::2], map(Path, options[1::2]), strict=True))
    assert given.pop("--kuberc") == Path("/dev/null")
    assert set(given) == {"--kubeconfig", "--cache-dir"}
    assert all(one.is_relative_to(instance.folder) for one in given.values())


def test_the_name_comes_from_the_environment(monkeypatch):
    monkeypatch.delenv("PKGOPS_INSTANCE", raising=False)
    assert instance_name() == "pkgops"
    monkeypatch.setenv("PKGOPS_INSTANCE", "other")
    assert instance_name() == "other"
    assert instance_name("given") == "given"


def test_no_two_instances_share_an_address():
    ranges = [ipaddress.ip_network(SERVICE_RANGE)]
    for index in range(MAX_INDEX + 1):
        instance = Instance(f"i{index}", index, Path("/nowhere"))
        ranges += [ipaddress.ip_network(instance.pod_range), ipaddress.ip_network(instance.link_range)]
        assert len(instance.link) < 16
    for at, one in enumerate(ranges):
        assert not any(one.overlaps(other) for other in ranges[at + 1 :])


def test_addresses_are_in_their_ranges():
    instance = Instance("x", 7, Path("/nowhere"))
    assert ipaddress.ip_address(instance.address) in ipaddress.ip_network(instance.pod_range)
    link = ipaddress.ip_network(instance.link_range)
    assert list(map(str, link.hosts())) == [instance.outside_address, instance.inside_address]
