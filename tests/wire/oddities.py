"""Requests that are not what they should be, as raw bytes, in clear and over TLS: each gets exactly one answer, well-formed
to a strict reader, in the form of the service that its head names; or a close that docs/internals/network.md tells."""
import contextlib
import pathlib
import re
import socket
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import CloudCase, main

CLOSE = "closed without an answer"
PATIENCE = 60  # seconds; no case waits so long
TARGET = "X-Amz-Target: DynamoDB_20120810.ListTables\r\n"
SIGNED = "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/{}/aws4_request, " \
         "SignedHeaders=host, Signature=" + "0" * 64 + "\r\n"


def get(path="/", *lines, version="HTTP/1.1", method="GET", host="Host: 127.0.0.1"):
    head = [f"{method} {path} {version}", *([host] if host else []), *lines]
    return "\r\n".join(head) + "\r\n\r\n"


def put(*lines, body=""):
    return get("/b/k", *lines, method="PUT") + body


def chunked(body, *lines):
    return put("Transfer-Encoding: chunked", *lines, body=body)


def many(n, line="X-{}: {}"):
    return [line.format(i, "v" * 20) for i in range(n)]


# name, bytes, status, a piece of the body (or None: an unsigned request is simply denied)
BAD, LARGE, DENIED = "<Code>BadRequest</Code>", "<Code>RequestHeaderSectionTooLarge</Code>", "<Code>AccessDenied</Code>"
NO_BUCKET = "<Code>NoSuchBucket</Code>"
CASES = [
    # the request line
    ("no spaces", "GARBAGE\r\n\r\n", 400, "not the head"),
    ("one word and a version", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400, None),
    ("no version", "GET /\r\nHost: a\r\n\r\n", 400, None),
    ("no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "not the head"),
    ("HTTP/0.9", get(version="HTTP/0.9"), 505, None),
    ("HTTP/1.2", get(version="HTTP/1.2"), 505, BAD),
    ("HTTP/2.0", get(version="HTTP/2.0"), 505, None),
    ("HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, None),
    ("http in small letters", get(version="http/1.1"), 400, None),
    ("a version of three digits", get(version="HTTP/1.10"), 400, None),
    ("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, BAD),
    ("a space at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, BAD),
    ("a space in the target", get("/a b"), 400, BAD),
    ("a tab in the target", get("/a\tb"), 400, BAD),
    ("a fragment", get("/a#b"), 400, BAD),
    ("absolute form", get("http://a/b"), 400, BAD),
    ("authority form", get("a:443", method="CONNECT"), 400, BAD),
    ("asterisk form", get("*", method="OPTIONS"), 400, BAD),
    ("an unknown method", get(method="BREW"), 405, "<Code>MethodNotAllowed</Code>"),
    ("a method of 40 letters", get(method="A" * 40), 400, BAD),
    ("a method that is no token", get(method="G(T"), 400, None),
    ("a zero byte in the target", get("/a\0b"), 400, None),
    ("an empty line before", "\r\n" + get(), 403, DENIED),
    ("empty lines before", "\r\n\r\n" + get(), None, None),
    ("bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", 400, BAD),
    ("bytes beyond ASCII in the target", get("/\xff\xfe"), 400, "<Code>InvalidArgument</Code>"),
    ("a bad escape in the path", get("/b/%zz"), 400, "<Code>InvalidURI</Code>"),
    # the query
    ("230 parameters", get("/b?" + "&".join(f"tagKeys={i}" for i in range(230))), 404, NO_BUCKET),
    ("600 parameters", get("/b?" + "&".join(f"tagKeys={i}" for i in range(600))), 404, NO_BUCKET),
    ("3,000 empty parameters", get("/b?" + "&" * 3000), 404, NO_BUCKET),
    ("3,000 of DynamoDB", get("/?" + "a&" * 3000, TARGET.strip(), method="POST"), 400, "MissingAuthenticationToken"),
    ("a query of 11 KB", get("/b?x=" + "y" * 11000), 404, NO_BUCKET),
    ("parameters behind a zero byte", get("/b\0?" + "a&" * 600), 400, None),
    ("a query of one letter", get("/b?a"), 404, NO_BUCKET),
    ("an empty query", get("/b?"), 404, NO_BUCKET),
    # size
    ("a target of 20 KB", get("/" + "a" * 20000), 400, LARGE),
    ("a target of 200 KB", get("/" + "a" * 200000), 400, LARGE),
    ("a target of 2 MB", get("/" + "a" * 2000000), 400, LARGE),
    ("a query of 40 KB", get("/b?x=" + "y" * 40000), 400, LARGE),
    ("a header of 17 KB", get("/", "X: " + "y" * 17000), 400, LARGE),
    ("a header of 300 KB", get("/", "X: " + "y" * 300000), 400, LARGE),
    ("a header of 300 KB for DynamoDB", get("/", TARGET.strip(), "X: " + "y" * 300000, method="POST"), 400,
     "RequestHeaderSectionTooLarge"),
    ("a header of 17 KB for SQS", get("/", SIGNED.format("sqs").strip(), "X: " + "y" * 17000, method="POST"), 400,
     "RequestHeaderSectionTooLarge"),
    ("a header of 17 KB for a door", get("/health", "X: " + "y" * 13000), 431, '{"error":'),
    ("100 headers", get("/", *many(100)), 403, DENIED),
    ("200 headers", get("/", *many(200)), 400, LARGE),
    ("5,000 headers", get("/", *many(5000)), 400, LARGE),
    ("100 KB in lines of one letter", get("/", *["a:"] * 25000), 400, LARGE),
    ("2,000 cookies", get("/", "Cookie: " + "; ".join(["a=b"] * 2000)), 400, None),
    ("400 cookies", get("/", "Cookie: " + "; ".join(["a=b"] * 380)), 400, LARGE),
    ("a few cookies", get("/", "Cookie: a=b; c=\"d\"; e"), 403, DENIED),
    ("a long cookie", get("/", "Cookie: a=" + "b" * 13000), 400, LARGE),
    # headers
    ("no Host", get(host=None), 400, BAD),
    ("two Hosts", get("/", "Host: b"), 400, BAD),
    ("an empty Host", get(host="Host:"), 400, BAD),
    ("a Host with a path", get(host="Host: a/b"), 400, BAD),
    ("no colon", get("/", "Nonsense"), 400, None),
    ("no name", get("/", ": x"), 400, BAD),
    ("a space before the colon", get("/", "X : y"), 400, BAD),
    ("a folded line", get("/", "X: y", " z"), 400, BAD),
    ("a folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, None),
    ("a control character", get("/", "X: \x01"), 400, BAD),
    ("a zero byte in a value", get("/", "X: a\0b"), 400, BAD),
    ("a bare carriage return", get("/", "X: a\rb"), 400, BAD),
    ("two Authorizations", get("/", "Authorization: a", "Authorization: b"), 400, BAD),
    ("an Authorization of nothing", get("/", "Authorization: "), None, "<Error>"),
    ("no name, for DynamoDB", get("/", TARGET.strip(), ": x", method="POST"), 400, "MalformedHttpRequestException"),
    ("no Host, for IAM", get("/", SIGNED.format("iam").strip(), method="POST", host=None), 400,
     "<Code>MalformedHttpRequestException</Code>"),
    # lengths and framing
    ("a length of letters", put("Content-Length: abc"), 400, BAD),
    ("a negative length", put("Content-Length: -1"), 400, BAD),
    ("a length with a plus", put("Content-Length: +5"), 400, BAD),
    ("a length in hexadecimal", put("Content-Length: 0x10"), 400, BAD),
    ("a length of two numbers", put("Content-Length: 5, 5"), 400, BAD),
    ("an empty length", put("Content-Length:"), 400, BAD),
    ("a length beyond 64 bits", put("Content-Length: 99999999999999999999999"), 400, "<Code>EntityTooLarge</Code>"),
    ("a length of letters for DynamoDB", get("/", TARGET.strip(), "Content-Length: abc", method="POST"), 400,
     "MalformedHttpRequestException"),
    ("two lengths", put("Content-Length: 3", "Content-Length: 3", body="abc"), 400, BAD),
    ("two different lengths", put("Content-Length: 3", "Content-Length: 4", body="abcd"), 400, BAD),
    ("a length and chunks", put("Content-Length: 3", "Transfer-Encoding: chunked", body="0\r\n\r\n"), 400, BAD),
    ("gzip as a coding", put("Transfer-Encoding: gzip"), 501, "<Code>NotImplemented</Code>"),
    ("two codings", put("Transfer-Encoding: gzip, chunked"), 501, "<Code>NotImplemented</Code>"),
    ("chunks in HTTP/1.0", "PUT /b/k HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, BAD),
    ("another expectation", put("Expect: tea", "Content-Length: 3", body="abc"), 417, BAD),
    ("a chunk's size that is none", chunked("zz\r\nabc\r\n"), None, "<Error>"),
    ("a chunk's size beyond 64 bits", chunked("fffffffffffffffffffff\r\n"), None, "<Error>"),
    ("a chunk that is longer than it says", chunked("3\r\nabcdef\r\n0\r\n\r\n"), None, "<Error>"),
    ("a chunk's extension of 100 KB", chunked("3;" + "x" * 100000 + "\r\nabc\r\n0\r\n\r\n"), None, "<Error>"),
    ("a trailer of 100 KB", chunked("0\r\nX: " + "x" * 100000 + "\r\n\r\n"), None, "<Error>"),
    ("a trailer without a colon", chunked("0\r\nnonsense\r\n\r\n"), None, "<Error>"),
    ("a door's chunk that is none", get("/_calotype/cfn-response/" + "0" * 64, "Transfer-Encoding: chunked", method="PUT") +
     "zz\r\n", 400, '{"error":'),
    # others
    ("HEAD without Host", get(method="HEAD", host=None), 400, ""),
    ("HEAD with a long head", get("/", "X: " + "y" * 13000, method="HEAD"), 400, ""),
    ("a TLS alert in clear", "\x15\x03\x01\x00\x02\x02\x28\r\n", None, None),
    ("SSH", "SSH-2.0-OpenSSH_9.2\r\n", 400, None),
]


class Strict(Exception):
    pass


def read_answer(stream, method):
    """One answer, or None where the connection ends first: (status, headers, body)."""
    line = stream.readline()
    if not line:
        return None
    found = re.fullmatch(rb"HTTP/1\.1 (\d{3}) ([A-Za-z' -]+)\r\n", line)
    if not found:
        raise Strict(f"no status line: {line[:80]!r}")
    headers = {}
    while True:
        line = stream.readline()
        if line == b"\r\n":
            break
        found_header = re.fullmatch(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t\x20-\x7e\x80-\xff]*)\r\n", line)
        if not found_header:
            raise Strict(f"no header: {line[:80]!r}")
        name = found_header[1].decode().lower()
        if name in headers:
            raise Strict(f"{name} stands there twice")
        headers[name] = found_header[2].decode("latin-1")
    status = int(found[1])
    if "date" not in headers and status != 100:
        raise Strict("no Date")
    if "transfer-encoding" in headers:
        raise Strict("chunks")
    if status != 100 and not re.fullmatch(r"\d+", headers.get("content-length", "")):
        raise Strict("no Content-Length")
    length = 0 if method == "HEAD" or status == 100 else int(headers["content-length"])
    body = stream.read(length)
    if len(body) != length:
        raise Strict(f"{len(body)} bytes of {length}")
    return status, headers, body


class Oddities(CloudCase):
    @contextlib.contextmanager
    def connection(self, tls):
        with socket.create_connection(("127.0.0.1", self.cloud.port), timeout=PATIENCE) as s:
            if not tls:
                yield s
                return
            context = ssl.create_default_context(cafile=self.cloud.ca)
            with context.wrap_socket(s, server_hostname="127.0.0.1") as wrapped:
                yield wrapped

    def ask(self, tls, raw):
        """All that comes back: the one answer, or None. A connection that goes on must do so for an ordinary request."""
        method = "HEAD" if raw.startswith(b"HEAD ") else "GET"
        with self.connection(tls) as s, s.makefile("rb") as stream:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
                s.sendall(raw)  # what is refused may be refused before all of it was sent
            answer = read_answer(stream, method)
            if answer and answer[1].get("connection", "").lower() != "close":
                s.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                after = read_answer(stream, "GET")
                self.assertEqual(after and after[0], 200, "what follows on a connection that goes on")
            self.assertEqual(stream.read(), b"", "bytes behind the answer")
            return answer

    def walk(self, tls, closes, may_close=(), not_asked=()):
        """closes: names of those that are closed without an answer; may_close: libmicrohttpd 1.0 does. not_asked:
        1.0 refuses it and does not tell the method, so there is a body before the close."""
        wrong = []
        for name, text, status, piece in (case for case in CASES if case[0] not in not_asked):
            try:
                answer = self.ask(tls, text.encode("latin-1"))
                got = answer[0] if answer else CLOSE
                closed = name in closes or (name in may_close and got == CLOSE)
                want = CLOSE if closed else status or (got if answer and 400 <= got < 500 else "an error")
                body = answer[2].decode() if answer else ""
                if got != want or (answer and piece not in body if piece else False) or (piece == "" and body):
                    wrong.append(f"{name}: {got} {body[:200]!r}, not {want} {piece!r}")
            except (Strict, OSError, AssertionError) as e:
                wrong.append(f"{name}: {e!r}")
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))
        self.assertEqual(self.cloud.http("GET", "/health")[0], 200)

    def test_in_clear(self):
        self.assertGreater(len(CASES), 60)
        self.walk(False, ())

    def test_over_tls(self):
        """By the time that libmicrohttpd gives up a line that is no request line, it has ended TLS."""
        self.walk(True, ("no spaces", "no method", "a TLS alert in clear", "SSH"),
                  ("a zero byte in the target", "parameters behind a zero byte", "empty lines before"),
                  ("HEAD without Host",))


if __name__ == "__main__":
    main()
