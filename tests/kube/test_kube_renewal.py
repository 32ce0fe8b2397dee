"""Credentials that change while a command runs: each form is taken as soon as the server wants it."""

from __future__ import annotations

import json
import ssl
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import memory_forward
import pytest

from pkgops import certificates
from pkgops.errors import PreflightError
from pkgops.formats import yaml
from pkgops.kube import Client, Unauthorized, Unreachable, incluster, kubeconfig
from pkgops.kube.incluster import token_of
from pkgops.kube.portforward import PortForward
from pkgops.kube.transport import Transport

V1 = "client.authentication.k8s.io/v1"
NOW = datetime.now(UTC)


class Server:
    """An API server over HTTPS that knows one user at a time, by token or by certificate."""

    def __init__(self, folder):
        self.user, self.asked, self.folder = "first", [], folder
        self._context = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_OPTIONAL
        self.certify()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def certify(self):
        """Take another authority, for the server and for its users; connections that are there go on."""
        self.authority = certificates.issue_authority("cluster", NOW)
        own = certificates.issue(self.authority, "server", (), ("127.0.0.1",), NOW)
        (self.folder / "server.pem").write_bytes(own.certificate_pem + own.key_pem)
        self._context.load_cert_chain(self.folder / "server.pem")
        self._context.load_verify_locations(cadata=self.authority.certificate_pem.decode())
        (self.folder / "ca.crt").write_bytes(self.authority.certificate_pem)

    def _handler(server):  # noqa: N805 - the handler's own methods have self
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                who = self.headers.get("Authorization", "").removeprefix("Bearer ") or self._certified()
                server.asked.append(who)
                known = who == server.user
                if known and self.headers.get("Upgrade"):
                    memory_forward.serve(self, 8080, None)
                    return
                reason = {"kind": "Status", "reason": "Unauthorized", "message": "Unauthorized"}
                body = json.dumps({"gitVersion": "v1.34.4"} if known else reason).encode()
                self.send_response(200 if known else 401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - the base class's names

            def _certified(self):
                subject = (self.connection.getpeercert() or {}).get("subject", ())
                return dict(pair for part in subject for pair in part).get("commonName", "")

            def log_message(self, *_):
                pass

        return Handler

    def certificate(self, user):
        """Issue what a user has; the pair as PEM."""
        made = certificates.issue(self.authority, user, (), (), NOW)
        return made.certificate_pem, made.key_pem

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server(tmp_path):
    found = Server(tmp_path)
    yield found
    found.close()


def client(server, folder, user):
    config = {
        "current-context": "one",
        "clusters": [{"name": "one", "cluster": {"server": server.url, "certificate-authority": "ca.crt"}}],
        "users": [{"name": "jane", "user": user}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "jane"}}],
    }
    (folder / "config").write_text(yaml.dump_all([config]))
    return Client(Transport(kubeconfig.endpoint([folder / "config"], None, {"PATH": "/usr/bin:/bin"})))


def files(server, folder, user):
    certificate, key = server.certificate(user)
    (folder / "own.crt").write_bytes(certificate)
    (folder / "own.key").write_bytes(key)


def program(server, folder, user, *, token):
    """Make the program of the kubeconfig give a user's credential, and count its runs."""
    pair = [text.decode() for text in server.certificate(user)]
    certified = {"clientCertificateData": pair[0], "clientKeyData": pair[1]}
    answer = {"apiVersion": V1, "kind": "ExecCredential", "status": {"token": user} if token else certified}
    (folder / "answer").write_text(json.dumps(answer))
    (folder / "login").write_text(f"#!/bin/sh\necho run >>{folder}/runs\ncat {folder}/answer\n")
    (folder / "login").chmod(0o755)
    return {"exec": {"command": "./login", "apiVersion": V1, "interactiveMode": "Never"}}


def token_file(server, folder, user):
    (folder / "token").write_text(user)
    return {"tokenFile": "token"}


def certificate_files(server, folder, user):
    files(server, folder, user)
    return {"client-certificate": "own.crt", "client-key": "own.key"}


def token_of_program(server, folder, user):
    return program(server, folder, user, token=True)


def certificate_of_program(server, folder, user):
    return program(server, folder, user, token=False)


FORMS = [token_file, certificate_files, token_of_program, certificate_of_program]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_credential_that_was_renewed_is_used_from_then_on(server, tmp_path, form):
    asking = client(server, tmp_path, form(server, tmp_path, "first"))
    assert asking.version()
    form(server, tmp_path, "second")
    server.user = "second"
    assert asking.version()
    assert asking.version()
    assert server.asked[-2:] == ["second", "second"]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_one_that_the_server_does_not_accept_ends_the_request(server, tmp_path, form):
    asking = client(server, tmp_path, form(server, tmp_path, "first"))
    server.user = "nobody"
    with pytest.raises(Unauthorized):
        asking.version()
    assert len(server.asked) <= 2


@pytest.mark.parametrize("form", [token_of_program, certificate_of_program], ids=lambda form: form.__name__)
def test_a_write_that_was_not_accepted_is_sent_again(server, tmp_path, form):
    asking = client(server, tmp_path, form(server, tmp_path, "first"))
    form(server, tmp_path, "second")
    server.user = "second"
    asking.transport.json("POST", "/apis", body={"kind": "X"})
    assert server.asked == ["first", "second"]


def test_many_requests_that_are_not_accepted_run_the_program_once(server, tmp_path):
    asking = client(server, tmp_path, token_of_program(server, tmp_path, "first"))
    token_of_program(server, tmp_path, "second")
    server.user = "second"
    threads = [threading.Thread(target=asking.version) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "runs").read_text().split() == ["run", "run"]
    assert server.asked.count("second") == len(threads)


def test_half_of_a_new_pair_leaves_the_old_one(server, tmp_path):
    asking = client(server, tmp_path, certificate_files(server, tmp_path, "first"))
    before = (tmp_path / "own.key").read_bytes()
    certificate_files(server, tmp_path, "second")
    (tmp_path / "own.crt").write_bytes(b"-----BEGIN CERTIFICATE-----\n")
    assert asking.version()
    (tmp_path / "own.key").write_bytes(before)
    assert asking.version()
    certificate_files(server, tmp_path, "second")
    server.user = "second"
    assert asking.version()


@pytest.mark.parametrize("torn", ["", " \n", None], ids=["empty", "blank", "gone"])
def test_a_token_file_that_is_being_written_leaves_the_token_before(tmp_path, torn):
    file = tmp_path / "token"
    read = token_of(file)
    with pytest.raises(PreflightError, match="cannot read the token file"):
        read()
    file.write_text("first")
    assert read() == "first"
    if torn is None:
        file.unlink()
    else:
        file.write_text(torn)
    assert read() == "first"
    file.write_text("second")
    assert read() == "second"


def test_an_empty_token_file_is_told(tmp_path):
    (tmp_path / "token").write_text("")
    with pytest.raises(PreflightError) as caught:
        token_of(tmp_path / "token")()
    assert caught.value.why == "it is empty"


FORWARD = "/api/v1/namespaces/dev/pods/web/portforward"


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_port_is_forwarded_with_a_credential_that_was_renewed(server, tmp_path, form):
    asking = client(server, tmp_path, form(server, tmp_path, "first"))
    form(server, tmp_path, "second")
    server.user = "second"
    with PortForward(asking.transport, FORWARD, 8080) as port:
        assert port
    assert server.asked[-1] == "second"


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_no_port_is_forwarded_for_who_is_not_accepted(server, tmp_path, form):
    asking = client(server, tmp_path, form(server, tmp_path, "first"))
    server.user = "nobody"
    with pytest.raises(Unauthorized), PortForward(asking.transport, FORWARD, 8080):
        pass
    assert len(server.asked) <= 2


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_server_of_another_authority_is_trusted_once_that_lies_in_the_file(server, tmp_path, form):
    asking = client(server, tmp_path, form(server, tmp_path, "first"))
    assert asking.version()
    server.certify()
    form(server, tmp_path, "first")
    written = (tmp_path / "ca.crt").read_bytes()
    for torn in (b"", written[: len(written) // 2]):
        (tmp_path / "ca.crt").write_bytes(torn)
        with pytest.raises(Unreachable), PortForward(asking.transport, FORWARD, 8080):
            pass
    (tmp_path / "ca.crt").write_bytes(written)
    with PortForward(asking.transport, FORWARD, 8080) as port:
        assert port


def test_the_authority_of_a_pod_is_read_again_too(server, tmp_path):
    host, port = server.url.removeprefix("https://").split(":")
    (tmp_path / "token").write_text("first")
    environ = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    asking = Client(Transport(incluster.endpoint(environ, tmp_path)))
    assert asking.version()
    server.certify()
    with PortForward(asking.transport, FORWARD, 8080) as port:
        assert port
