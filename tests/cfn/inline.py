"""cfnresponse.py, as it lies beside inline code: what it sends, and what it prints."""
import contextlib
import importlib.util
import io
import pathlib
import sys
import types
import unittest

from taker import PLAIN, SIGNED, STREAM, TakerCase

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "src/cfn/inline/cfnresponse.py"
CONTEXT = types.SimpleNamespace(log_stream_name=STREAM)


class Answers(TakerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sys.modules["urllib3"] = None  # AWS's module wants it; ours must not
        cls.addClassCleanup(sys.modules.pop, "urllib3")
        spec = importlib.util.spec_from_file_location("cfnresponse", SOURCE)
        cls.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(cls.module)

    def send(self, *args, path=SIGNED, port=None, **more):
        """What arrived, as taken() has it; and what was printed."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertIsNone(self.module.send(self.request(path, port), CONTEXT, *args, **more))
        return self.taken(), out.getvalue()

    def test_the_document(self):
        cases = {
            "plain": ((self.module.SUCCESS, {"a": "\u00e9"}), {}, {}),
            "failed": ((self.module.FAILED, {}), {"reason": "why"}, {"Status": "FAILED", "Reason": "why", "Data": {}}),
            "own id": (("SUCCESS", None, "id-1"), {}, {"PhysicalResourceId": "id-1", "Data": None}),
            "secret": (("SUCCESS", {"p": "s3cret"}, None, True), {}, {"NoEcho": True, "Data": {"p": "s3cret"}}),
        }
        for name, (args, more, changes) in cases.items():
            with self.subTest(name):
                (path, headers, document), said = self.send(*args, **more)
                self.assertEqual(document, {**PLAIN, **changes})
                self.assertEqual(path, SIGNED)  # as it was signed
                self.assertEqual(headers["content-type"], "")
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
