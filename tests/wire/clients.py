"""`calotype env` and `calotype with`: every client that is installed stores and reads over TLS."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, CloudCase, binary, main

TEXT = b"some bytes\n" * 1000


def installed(*names):
    """Paths of the clients among names that exist."""
    found = []
    for name in names:
        path = shutil.which(name)
        if path and os.path.realpath(path) not in map(os.path.realpath, found):
            found.append(path)
    return found


class Clients(CloudCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory(prefix="calotype-")
        cls.file = pathlib.Path(cls.folder.name, "some file.txt")
        cls.file.write_bytes(TEXT)
        cls.cloud.run("with", *cls.need("aws", "/usr/bin/aws"), "s3", "mb", "s3://clients")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        super().tearDownClass()

    @staticmethod
    def need(*names):
        found = installed(*names)
        if not found:
            raise unittest.SkipTest(f"none of {', '.join(names)} is installed")
        return found[:1]

    def out(self, name):
        return pathlib.Path(self.folder.name, name)

    def run_in(self, command, env, name):
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=120)
        self.assertEqual(done.returncode, 0, f"{name}: {done.stdout}{done.stderr}")
        return done.stdout

    def test_aws(self):
        for aws in installed("aws", "/usr/bin/aws"):
            key = f"s3://clients/aws/{aws.strip('/').replace('/', '-')}"
            back = self.out("aws.txt")
            self.cloud.run("with", aws, "s3", "cp", str(self.file), key)
            self.cloud.run("with", aws, "s3", "cp", key, str(back))
            self.assertEqual(back.read_bytes(), TEXT, aws)
            who = json.loads(self.cloud.run("with", aws, "sts", "get-caller-identity", "--output", "json").stdout)
            self.assertEqual(who["Account"], self.cloud.account)

    def test_aws_by_env_alone(self):
        # Only one that reads AWS_ENDPOINT_URL (2.13, 1.29 and later).
        for aws in installed("aws", "/usr/bin/aws"):
            version = subprocess.run([aws, "--version"], capture_output=True, text=True).stdout
            major, minor = map(int, re.match(r"aws-cli/(\d+)\.(\d+)", version).groups())
            if (major, minor) >= ((2, 13) if major == 2 else (1, 29)):
                self.run_in([aws, "s3", "ls", "s3://clients"], self.cloud.env(), aws)

    def test_rclone(self):
        self.need("rclone")
        back = self.out("rclone")
        self.cloud.run("with", "rclone", "copy", str(self.file), "calotype:clients/rclone")
        self.cloud.run("with", "rclone", "copy", "calotype:clients/rclone", str(back))
        self.assertEqual((back / self.file.name).read_bytes(), TEXT)

    def test_s3cmd(self):
        self.need("s3cmd")
        back = self.out("s3cmd.txt")
        self.cloud.run("with", "s3cmd", "put", str(self.file), "s3://clients/s3cmd.txt")
        self.cloud.run("with", "s3cmd", "--force", "get", "s3://clients/s3cmd.txt", str(back))
        self.assertEqual(back.read_bytes(), TEXT)
        self.run_in(["s3cmd", "ls", "s3://clients"], self.cloud.env(), "s3cmd by env alone")

    def test_boto3_of_every_python(self):
        script = ("import os, boto3\n"
                  "s3 = boto3.client('s3', endpoint_url=os.environ['AWS_ENDPOINT_URL'])\n"
                  "s3.put_object(Bucket='clients', Key='boto3', Body=b'x' * 100000)\n"
                  "assert s3.get_object(Bucket='clients', Key='boto3')['Body'].read() == b'x' * 100000\n"
                  "print(boto3.__version__)\n")
        tried = 0
        for python in installed("python3", "/usr/bin/python3"):
            if subprocess.run([python, "-c", "import boto3"], capture_output=True).returncode == 0:
                self.cloud.run("with", python, "-c", script)
                self.run_in([python, "-c", script], self.cloud.env(), python)
                tried += 1
        if not tried:
            self.skipTest("no python has boto3")


class Environment(CloudCase):
    def test_only_exports(self):
        text = self.cloud.run("env").stdout
        for line in text.splitlines():
            self.assertRegex(line, r"^export [A-Z0-9_]+='[^']*'$")
        exports = self.cloud.exports()
        self.assertEqual(exports["AWS_ENDPOINT_URL"], self.cloud.endpoint)
        self.assertEqual(exports["AWS_ACCESS_KEY_ID"], self.cloud.access_key)
        for name in ("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "S3CMD_CONFIG", "RCLONE_CA_CERT"):
            self.assertTrue(os.path.isabs(exports[name]) and os.path.exists(exports[name]), name)
        self.assertEqual(json.loads(self.cloud.run("env", "--json").stdout), exports)

    def test_a_shell_takes_it(self):
        done = subprocess.run(["sh", "-c", f'eval "$({binary()} env)" && echo "$AWS_ENDPOINT_URL"'], capture_output=True,
                              text=True, env={**os.environ, "CALOTYPE_DATA": str(self.cloud.data)})
        self.assertEqual(done.stdout.strip(), self.cloud.endpoint)

    def test_with_passes_on_and_gives_back(self):
        done = self.cloud.run("with", "sh", "-c", "echo \"$1-$NO_PROXY\"; exit 7", "sh", "--data", check=False)
        self.assertEqual(done.returncode, 7)
        self.assertIn("--data-", done.stdout)
        self.assertIn("127.0.0.1", done.stdout)
        done = self.cloud.run("with", "/nowhere/client", check=False)
        self.assertEqual(done.returncode, 255)
        self.assertRegex(done.stderr, "^calotype: cannot run /nowhere/client: .*\n$")

    def test_no_daemon(self):
        with tempfile.TemporaryDirectory() as folder:
            for verb in (["env"], ["with", "true"], ["ls"], ["show", "x"], ["query"], ["put", __file__]):
                done = subprocess.run([binary(), *verb[:1], "--data", folder, *verb[1:]], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stdout), (255, ""), verb)
                self.assertRegex(done.stderr, r"^calotype: no daemon is running on .*\n$")


class LostCredentials(unittest.TestCase):
    def test_a_new_key_is_made(self):
        with Cloud() as c:
            lost = c.access_key
            c.stop()
            (c.data / "credentials").unlink()
            c.restart()
            self.assertNotEqual(c.access_key, lost)
            self.assertEqual(c.client("sts").get_caller_identity()["Arn"], f"arn:aws:iam::{c.account}:root")


if __name__ == "__main__":
    main()
