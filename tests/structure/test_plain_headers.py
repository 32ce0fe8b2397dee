"""The headers of requests and answers are read in tests as the standard library reads them."""

from __future__ import annotations

import email.parser
import http.client
import io

import pytest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Host: 127.0.0.1:1\r\nAccept-Encoding: identity\r\nAuthorization: Bearer a:b\r\n",
        "Content-Length: 12\nX-Empty:\nX-Space:  a \t\n",
        "X-Twice: 1\r\nX-Twice: 2\r\nX-Name: caf\xe9\r\n",
        "X-Folded: a\r\n b\r\nX-After: c\r\n",
        "no colon\r\nX-After: c\r\n",
        "From here on\r\n",
    ],
)
def test_headers_are_read_as_those_of_a_mail(text):
    whole = email.parser.Parser(_class=http.client.HTTPMessage).parsestr(f"{text}\r\n")
    read = http.client.parse_headers(io.BytesIO(f"{text}\r\n".encode("iso-8859-1")))
    assert type(read) is http.client.HTTPMessage
    assert read.items() == whole.items()
    assert read["x-twice"] == whole["x-twice"]


def test_too_many_headers_are_refused():
    with pytest.raises(http.client.HTTPException):
        http.client.parse_headers(io.BytesIO(b"X: 1\r\n" * 200 + b"\r\n"))
