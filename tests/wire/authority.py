"""The certificate authority: real clients whose clocks are anywhere, and another one by `rotate ca`."""
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, CloudCase, binary, main

# Seconds since 1970: a clock that was never set, 2001, 2028, beyond 32 bits, the last years.
CLOCKS = (5, 10**9, 1840000000, 2200000000, 4102000000)
NODE = """
require("https").get({host: "127.0.0.1", port: process.argv[1], path: "/health", servername: process.argv[2],
  ca: require("fs").readFileSync(process.argv[3])}, a => { console.log(a.statusCode); a.resume(); });
"""


def said(*command, input=""):
    done = subprocess.run(command, capture_output=True, text=True, input=input, timeout=60)
    return done.stdout + done.stderr


class Clients(CloudCase):
    def openssl(self, at, name, ca=None):
        return said("openssl", "s_client", "-connect", f"127.0.0.1:{self.cloud.port}", "-CAfile", ca or self.cloud.ca,
                    "-verify_return_error", "-attime", str(at), "-servername", name, "-verify_hostname", name)

    @unittest.skipUnless(shutil.which("openssl"), "no openssl")
    def test_clocks(self):
        for at in CLOCKS:
            for name in ("localhost", "photos.localhost", "b.s3.us-east-1.amazonaws.com"):
                self.assertIn("Verify return code: 0 (ok)", self.openssl(at, name), (at, name))
        # After 2099 it is refused: the clock that is pretended counts.
        self.assertIn("certificate has expired", self.openssl(4102444801, "localhost"))

    @unittest.skipUnless(shutil.which("curl"), "no curl")
    def test_curl(self):
        self.assertIn('"status"', said("curl", "-sS", "--cacert", self.cloud.ca, f"{self.cloud.endpoint}/health"))

    @unittest.skipUnless(shutil.which("node"), "no node")
    def test_node(self):
        for name in ("localhost", "photos.localhost"):
            self.assertEqual(said("node", "-e", NODE, str(self.cloud.port), name, self.cloud.ca), "200\n")

    def test_python(self):
        with urllib.request.urlopen(f"{self.cloud.endpoint}/health",
                                    context=ssl.create_default_context(cafile=self.cloud.ca)) as answer:
            self.assertEqual(answer.status, 200)


class Rotate(unittest.TestCase):
    def health(self, cloud, ca):
        try:
            with urllib.request.urlopen(f"{cloud.endpoint}/health", context=ssl.create_default_context(cafile=ca)) as a:
                return a.status
        except urllib.error.URLError as e:
            return type(e.reason).__name__

    def test_another_one(self):
        with Cloud() as c:
            running = c.run("rotate", "ca", "--data", str(c.data), "--yes", check=False)
            self.assertEqual((running.returncode, running.stdout), (255, ""))
            self.assertIn("in use", running.stderr)
            old = pathlib.Path(c.ca).read_text()
            c.stop()

            asked = c.run("rotate", "ca", "--data", str(c.data), check=False)
            self.assertEqual((asked.returncode, asked.stdout), (2, ""))
            self.assertIn("A new certificate authority will be made", asked.stderr)
            self.assertEqual(pathlib.Path(c.ca).read_text(), old)

            done = c.run("rotate", "ca", "--data", str(c.data), "--yes")
            self.assertIn("give it to those that have a copy of the old one", done.stdout)
            kept, = (c.data / "tls").glob("ca.pem.old-*")
            key, = (c.data / "tls").glob("ca.key.old-*")
            self.assertEqual((kept.read_text(), key.stat().st_mode & 0o777), (old, 0o600))

            c.start()
            self.assertEqual(self.health(c, c.ca), 200)
            self.assertEqual(self.health(c, str(kept)), "SSLCertVerificationError")
            self.assertEqual(c.client("sts").get_caller_identity()["Account"], c.account)
            # A file that is damaged is refused with the command that helps.
            c.stop()
            (c.data / "tls/ca.key").write_text("rubbish")
            refused = c.run("up", "--data", str(c.data), "--port", "0", check=False)
            self.assertEqual(refused.returncode, 255)
            self.assertIn(f"calotype rotate ca --data {c.data}", refused.stderr.splitlines()[-1])
            c.run("rotate", "ca", "--data", str(c.data), "--yes")
            c.start()
            self.assertEqual(self.health(c, c.ca), 200)

    def test_no_data_folder(self):
        with Cloud() as c:
            for folder in (c.data / "blobs", c.data / "nowhere"):
                done = c.run("rotate", "ca", "--data", str(folder), "--yes", check=False)
                self.assertEqual(done.returncode, 255, done.stderr)
                self.assertFalse((folder / "tls").exists())


if __name__ == "__main__":
    main()
