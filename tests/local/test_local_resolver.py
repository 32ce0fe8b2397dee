from pkgops.local import resolver


def test_the_first_file_that_is_there_is_read(tmp_path, monkeypatch):
    path = tmp_path / "resolv.conf"
    path.write_text("nameserver 192.0.2.53\n")
    dangling = tmp_path / "link"
    dangling.symlink_to(tmp_path / "absent")
    monkeypatch.setattr(resolver, "RESOLV_CONFS", (dangling, path))
    assert resolver.text() == "nameserver 192.0.2.53\n"


def test_a_machine_may_have_no_such_file(tmp_path, monkeypatch):
    monkeypatch.setattr(resolver, "RESOLV_CONFS", (tmp_path / "absent",))
    assert resolver.text() == ""
    assert resolver.servers("") == []


def test_name_servers_on_loopback_are_of_no_use():
    text = (
        "# made by hand\nsearch example.invalid\nnameserver 127.0.0.53\nnameserver 192.0.2.53\nnameserver\n"
    )
    assert resolver.servers(text) == ["192.0.2.53"]
