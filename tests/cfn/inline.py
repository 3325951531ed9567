"""cfnresponse.py, as it lies beside inline code: what it sends, and what it prints."""
import contextlib
import http.server
import importlib.util
import io
import json
import pathlib
import sys
import threading
import types
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "src/cfn/inline/cfnresponse.py"
CONTEXT = types.SimpleNamespace(log_stream_name="2026/11/27/[$LATEST]f00")


class Taker(http.server.BaseHTTPRequestHandler):
    """Keeps what it was sent; answers with what the path begins with."""

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, dict(self.headers.items()), json.loads(body)))
        self.send_response(int(self.path[1:4]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.HTTPServer(("127.0.0.1", 0), Taker)
        cls.server.taken = []
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        sys.modules["urllib3"] = None  # AWS's module wants it; ours must not
        cls.addClassCleanup(sys.modules.pop, "urllib3")
        spec = importlib.util.spec_from_file_location("cfnresponse", SOURCE)
        cls.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(cls.module)

    def send(self, *args, path="/200?X-Amz-Signature=a%2Bb", port=None, **more):
        """(path, headers, document) that arrived, or None; and what was printed."""
        event = {"ResponseURL": f"http://127.0.0.1:{port or self.server.server_port}{path}", "StackId": "S",
                 "RequestId": "R", "LogicalResourceId": "L"}
        self.server.taken.clear()
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertIsNone(self.module.send(event, CONTEXT, *args, **more))
        return self.server.taken[0] if self.server.taken else None, out.getvalue()

    def test_the_document(self):
        base = {"Status": "SUCCESS", "PhysicalResourceId": CONTEXT.log_stream_name, "StackId": "S", "RequestId": "R",
                "Reason": f"See the details in CloudWatch Log Stream: {CONTEXT.log_stream_name}",
                "LogicalResourceId": "L", "NoEcho": False, "Data": {"a": "\u00e9"}}
        cases = {
            "plain": ((self.module.SUCCESS, {"a": "\u00e9"}), {}, {}),
            "failed": ((self.module.FAILED, {}), {"reason": "why"}, {"Status": "FAILED", "Reason": "why", "Data": {}}),
            "own id": (("SUCCESS", None, "id-1"), {}, {"PhysicalResourceId": "id-1", "Data": None}),
            "secret": (("SUCCESS", {"p": "s3cret"}, None, True), {}, {"NoEcho": True, "Data": {"p": "s3cret"}}),
        }
        for name, (args, more, changes) in cases.items():
            with self.subTest(name):
                (path, headers, document), said = self.send(*args, **more)
                self.assertEqual(document, {**base, **changes})
                self.assertEqual(path, "/200?X-Amz-Signature=a%2Bb")  # as it was signed
                self.assertEqual({k.lower(): v for k, v in headers.items()}["content-type"], "")
                self.assertIn("Status code: 200\n", said)
                self.assertNotIn("s3cret", said)

    def test_what_goes_wrong_is_printed(self):
        taken, said = self.send("SUCCESS", {}, path="/403")
        self.assertIsNotNone(taken)
        self.assertIn("Status code: 403\n", said)
        taken, said = self.send("SUCCESS", {}, port=1)
        self.assertIsNone(taken)
        self.assertIn("send(..) failed executing http.request(..): [Errno 111] Connection refused\n", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
