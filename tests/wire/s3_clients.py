"""S3 as it is spoken by aws (classic and 2.9), s3cmd and rclone, each through `calotype with`, over TLS."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import CloudCase, main

MIB = 1 << 20


def programs(name):
    """Every program of that name in the PATH and in /usr/bin, once."""
    found = {}
    for folder in os.environ["PATH"].split(os.pathsep) + ["/usr/bin"]:
        at = os.path.join(folder, name)
        if os.access(at, os.X_OK):
            found[os.path.realpath(at)] = at
    return list(found.values())


class Clients(CloudCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="calotype-clients-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.small, self.big = self.dir / "a b@c.jpg", self.dir / "big.bin"
        self.small.write_bytes(os.urandom(4000))
        self.big.write_bytes(os.urandom(20 * MIB + 5))

    def client(self, *command):
        """Runs a client in its environment; its output."""
        done = self.cloud.run("with", *map(str, command), check=False)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def need(self, name):
        found = programs(name)
        if not found:
            self.skipTest(f"{name} is not installed")
        return found

    def test_aws(self):
        for i, aws in enumerate(self.need("aws")):
            with self.subTest(aws):
                b = f"aws-{i}"
                self.client(aws, "s3", "mb", f"s3://{b}")
                self.client(aws, "s3", "cp", self.big, f"s3://{b}/big.bin")
                self.client(aws, "s3", "cp", self.small, f"s3://{b}/dir/")
                self.client(aws, "s3", "sync", f"s3://{b}", self.dir / f"sync{i}")
                self.assertEqual((self.dir / f"sync{i}/big.bin").read_bytes(), self.big.read_bytes())
                self.assertEqual((self.dir / f"sync{i}/dir/a b@c.jpg").read_bytes(), self.small.read_bytes())
        # One of them shows the rest: each start of it takes a second.
        self.client(aws, "s3", "mv", f"s3://{b}/big.bin", f"s3://{b}/moved.bin")
        self.assertIn("moved.bin", self.client(aws, "s3", "ls", f"s3://{b}"))
        self.client(aws, "s3api", "put-bucket-versioning", "--bucket", b, "--versioning-configuration", "Status=Enabled")
        self.assertIn("dir/a b@c.jpg", self.client(aws, "s3api", "list-object-versions", "--bucket", b))
        url = self.client(aws, "s3", "presign", f"s3://{b}/dir/a b@c.jpg").strip()
        status, _, body = self.cloud.http("GET", url[url.index("/", 9):], tls=True)
        self.assertEqual((status, body), (200, self.small.read_bytes()))

    def test_s3cmd(self):
        for s3cmd in self.need("s3cmd"):
            self.client(s3cmd, "mb", "s3://s3cmd-bucket")
            self.client(s3cmd, "put", self.small, "s3://s3cmd-bucket/dir/a b@c.jpg")
            self.client(s3cmd, "put", self.big, "s3://s3cmd-bucket/big.bin")
            self.assertIn("s3://s3cmd-bucket/dir/a b@c.jpg", self.client(s3cmd, "ls", "-r", "s3://s3cmd-bucket"))
            self.assertIn("20971525", self.client(s3cmd, "info", "s3://s3cmd-bucket/big.bin"))
            self.client(s3cmd, "info", "s3://s3cmd-bucket")
            back = self.dir / "back"
            self.client(s3cmd, "get", "s3://s3cmd-bucket/big.bin", back)
            self.assertEqual(back.read_bytes(), self.big.read_bytes())
            self.client(s3cmd, "cp", "s3://s3cmd-bucket/big.bin", "s3://s3cmd-bucket/copy.bin")
            self.client(s3cmd, "mv", "s3://s3cmd-bucket/copy.bin", "s3://s3cmd-bucket/moved.bin")
            self.client(s3cmd, "del", "-r", "-f", "s3://s3cmd-bucket")
            self.client(s3cmd, "rb", "s3://s3cmd-bucket")

    def test_rclone(self):
        for rclone in self.need("rclone"):
            self.client(rclone, "mkdir", "calotype:rclone-bucket")
            self.client(rclone, "copy", self.dir, "calotype:rclone-bucket/in")
            self.client(rclone, "check", self.dir, "calotype:rclone-bucket/in")
            self.assertIn("a b@c.jpg", self.client(rclone, "lsf", "calotype:rclone-bucket/in"))
            self.assertEqual(self.client(rclone, "cat", "calotype:rclone-bucket/in/a b@c.jpg", "--count", "0"), "")
            self.client(rclone, "moveto", "calotype:rclone-bucket/in/big.bin", "calotype:rclone-bucket/out/big.bin")
            back = self.dir / "back"
            self.client(rclone, "copyto", "calotype:rclone-bucket/out/big.bin", back)
            self.assertEqual(back.read_bytes(), self.big.read_bytes())
            self.client(rclone, "purge", "calotype:rclone-bucket")


if __name__ == "__main__":
    main()
