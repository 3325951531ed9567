"""cfn-response.js, as it lies beside inline code: what it sends, what it logs, and that it ends the invocation."""
import json
import pathlib
import shutil
import subprocess
import unittest

from taker import PLAIN, SIGNED, STREAM, TakerCase

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "src/cfn/inline/cfn-response.js"
NODE = shutil.which("node")
# Ends with a line that tells what the module exports, and what came of the call.
CALL = """
const [event, args, modern] = JSON.parse(process.argv[1]);
const context = { logStreamName: "%s" };
let ends = 0;
if (!modern)
  context.done = (...given) => { ends++; if (given.length) throw new Error("done takes nothing"); };
const returned = response.send(event, context, ...args);
Promise.resolve(returned).then((value) => console.log(JSON.stringify({ends, value, names: [response.SUCCESS, response.FAILED]})));
""" % STREAM
COMMON = f'const response = require("{SOURCE}");' + CALL
MODULE = f'import * as response from "{SOURCE}";' + CALL
BY_NAME = f'import response, {{ send }} from "{SOURCE}"; if (send !== response.send) throw new Error("two");' + CALL


@unittest.skipUnless(NODE, "there is no node")
class Answers(TakerCase):
    def send(self, *args, path=SIGNED, port=None, modern=False, code=COMMON):
        """What arrived, as taken() has it; what was logged; and what the call came to."""
        kind = [] if code is COMMON else ["--input-type=module"]
        said = subprocess.run([NODE, *kind, "-e", code, json.dumps([self.request(path, port), args, modern])], check=True,
                              capture_output=True, text=True).stdout.strip().split("\n")
        return self.taken(), said[:-1], json.loads(said[-1])

    def test_the_document(self):
        cases = {
            "plain": (["SUCCESS", {"a": "\u00e9"}], {}),
            "failed": (["FAILED", {}], {"Status": "FAILED", "Data": {}}),
            "own id": (["SUCCESS", None, "id-1"], {"PhysicalResourceId": "id-1", "Data": None}),
            "secret": (["SUCCESS", {"p": "s3cret"}, None, True], {"NoEcho": True, "Data": {"p": "s3cret"}}),
        }
        for name, (args, changes) in cases.items():
            with self.subTest(name):
                (path, headers, document), said, came_to = self.send(*args)
                self.assertEqual(document, {**PLAIN, **changes})
                self.assertEqual(path, SIGNED)  # as it was signed
                self.assertEqual(headers["content-type"], "")
                self.assertNotIn("transfer-encoding", headers)  # S3 takes none with a presigned PUT
                self.assertEqual(said[-1], "Status code: 200")
                self.assertNotIn("s3cret", "".join(said))
                self.assertEqual(came_to, {"ends": 1, "names": ["SUCCESS", "FAILED"]})

    def test_without_data(self):
        taken, _, _ = self.send("SUCCESS")
        self.assertNotIn("Data", taken[2])

    def test_each_kind_of_module(self):
        for name, code in (("namespace", MODULE), ("default and named", BY_NAME)):
            with self.subTest(name):
                taken, _, came_to = self.send("SUCCESS", code=code)
                self.assertEqual((taken[2]["Status"], came_to["ends"]), ("SUCCESS", 1))

    def test_without_context_done(self):
        taken, said, came_to = self.send("SUCCESS", modern=True)
        self.assertEqual((taken[2]["Status"], said[-1], came_to["ends"]), ("SUCCESS", "Status code: 200", 0))

    def test_what_goes_wrong_is_logged(self):
        taken, said, came_to = self.send("SUCCESS", path="/403")
        self.assertEqual((bool(taken), said[-1], came_to["ends"]), (True, "Status code: 403", 1))
        taken, said, came_to = self.send("SUCCESS", port=1)
        self.assertEqual((taken, came_to["ends"]), (None, 1))
        self.assertEqual(said[-1], "send(..) failed executing https.request(..): Error: connect ECONNREFUSED 127.0.0.1:1")


if __name__ == "__main__":
    unittest.main(verbosity=2)
