"""What the response modules of inline code are tried with: a request of a stack, and who takes what they send."""
import http.server
import json
import threading
import unittest

STREAM = "2026/11/27/[$LATEST]f00"
REQUEST = {"StackId": "S", "RequestId": "R", "LogicalResourceId": "L"}
# The answer that says no more than it must.
PLAIN = {"Status": "SUCCESS", "PhysicalResourceId": STREAM, **REQUEST, "NoEcho": False,
         "Reason": f"See the details in CloudWatch Log Stream: {STREAM}", "Data": {"a": "\u00e9"}}
SIGNED = "/200?X-Amz-Signature=a%2Bb"


class Taker(http.server.BaseHTTPRequestHandler):
    """Keeps what it was sent; answers with what the path begins with."""

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
        self.send_response(int(self.path[1:4]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class TakerCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.HTTPServer(("127.0.0.1", 0), Taker)
        cls.server.taken = []
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)

    def request(self, path=SIGNED, port=None):
        """The event of a provider."""
        return {"ResponseURL": f"http://127.0.0.1:{port or self.server.server_port}{path}", **REQUEST}

    def taken(self):
        """(path, headers, document) that arrived since the last time, or None."""
        taken = self.server.taken[:]
        self.server.taken.clear()
        self.assertLessEqual(len(taken), 1)
        return taken[0] if taken else None
