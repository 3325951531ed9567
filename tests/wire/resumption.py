"""Clients that come again over TLS: real ones are resumed, and a ticket that is worth nothing any more costs only time."""
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, CloudCase, main

NODE = """
const https = require("https"), [port, ca] = process.argv.slice(1), seen = [];
const options = {host: "127.0.0.1", port, path: "/health", servername: "localhost", ca: require("fs").readFileSync(ca),
  headers: {Connection: "close"}, agent: new https.Agent({maxCachedSessions: 10})};
const ask = left => https.get(options, answer => {
  seen.push([answer.statusCode, answer.socket.isSessionReused()]);
  answer.resume();
  answer.socket.on("close", () => left ? ask(left - 1) : console.log(JSON.stringify(seen)));
});
ask(2);
"""
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Again:
    """Python's client: one context, one session at a time."""

    def __init__(self, ca, version):
        self.context = ssl.create_default_context(cafile=ca)
        self.context.minimum_version = self.context.maximum_version = VERSIONS[version]
        self.session = None

    def visit(self, port):
        """Status, and whether the session was resumed."""
        with socket.create_connection(("127.0.0.1", port), timeout=30) as raw, \
                self.context.wrap_socket(raw, server_hostname="localhost", session=self.session) as s:
            s.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = b""
            while piece := s.recv(65536):
                answer += piece
            self.session = s.session
            return int(answer.split()[1]), s.session_reused


class Resumption(CloudCase):
    def test_python(self):
        for version in VERSIONS:
            client = Again(self.cloud.ca, version)
            self.assertEqual([client.visit(self.cloud.port) for _ in range(3)], [(200, False), (200, True), (200, True)], version)

    @unittest.skipUnless(shutil.which("openssl"), "no openssl")
    def test_openssl(self):
        with tempfile.TemporaryDirectory() as folder:
            for flag in ("-tls1_2", "-tls1_3"):
                def come(*more):
                    return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.cloud.port}", "-CAfile", self.cloud.ca,
                                           "-servername", "localhost", "-verify_return_error", "-ign_eof", flag, *more],
                                          input="GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                                          capture_output=True, text=True, timeout=60).stdout
                first, second = come("-sess_out", f"{folder}/s"), come("-sess_in", f"{folder}/s")
                for text, begins in ((first, "New, "), (second, "Reused, ")):
                    self.assertIn(f"\n{begins}", text, flag)
                    self.assertIn("HTTP/1.1 200", text, flag)
                    self.assertNotRegex(text, r"Max Early Data: [1-9]")  # nothing is taken before the handshake is over

    @unittest.skipUnless(shutil.which("curl"), "no curl")
    def test_curl(self):
        url = f"https://localhost:{self.cloud.port}/health"
        done = subprocess.run(["curl", "-sSv", "--cacert", self.cloud.ca, "-H", "Connection: close", url, url], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.stdout.count('"status"'), 2, done.stderr)
        self.assertLessEqual(done.stderr.count("Certificate (11)"), 1, done.stderr)  # the second is shown none

    @unittest.skipUnless(shutil.which("node"), "no node")
    def test_node(self):
        done = subprocess.run(["node", "-e", NODE, str(self.cloud.port), self.cloud.ca], capture_output=True, text=True, timeout=60)
        self.assertEqual(json.loads(done.stdout or "null"), [[200, False], [200, True], [200, True]], done.stderr)

    def test_a_ticket_is_no_right(self):
        """Whoever shows one is asked for a signature like all others."""
        self.cloud.client("s3").create_bucket(Bucket="closed")
        client = Again(self.cloud.ca, "1.3")
        client.visit(self.cloud.port)
        with socket.create_connection(("127.0.0.1", self.cloud.port), timeout=30) as raw, \
                client.context.wrap_socket(raw, server_hostname="localhost", session=client.session) as s:
            s.sendall(b"GET /closed HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            self.assertIn(b" 403 ", s.recv(65536))
            self.assertTrue(s.session_reused)


class Restarted(unittest.TestCase):
    def test_a_ticket_from_before(self):
        with Cloud() as c:
            clients = {version: Again(c.ca, version) for version in VERSIONS}
            for client in clients.values():
                self.assertEqual(client.visit(c.port), (200, False))
            c.stop()
            c.start()
            for version, client in clients.items():
                self.assertEqual([client.visit(c.port) for _ in range(2)], [(200, False), (200, True)], version)


if __name__ == "__main__":
    main()
