"""Where functions cannot run: it is said first, with what denies it and what helps, and whoever asks is told at
once; what services deliver waits until they can, however long that is."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, build_dir, main, need_boto3, wait_for  # noqa: E402
from functions import Functions, must_work, zipped  # noqa: E402

DENIED = [str(build_dir() / "tests/sandbox/contained"), "clone3=38", "clone=1", "unshare=1"]
QUICK = 10  # seconds: what is told at once, on a loaded machine
PLAIN = """
Resources:
  Q: {Type: 'AWS::SQS::Queue', Metadata: {Runtime: provided.al2023}}
"""
CUSTOM = """
Resources:
  X: {{Type: 'Custom::X', Properties: {{ServiceToken: '{arn}'}}}}
"""


class Unable(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need_boto3()
        if not must_work():
            raise unittest.SkipTest("no functions run here, so none run afterwards")

    def make(self, cloud):
        """A function, and a bucket whose events it gets."""
        self.functions = Functions(cloud)
        self.arn = self.functions.make("f", Timeout=30)["FunctionArn"]
        self.functions.client.add_permission(FunctionName="f", StatementId="s3", Action="lambda:InvokeFunction",
                                             Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::pictures")
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket="pictures")
        s3.put_bucket_notification_configuration(Bucket="pictures", NotificationConfiguration={
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": self.arn, "Events": ["s3:ObjectCreated:*"]}]})
        s3.put_object(Bucket="pictures", Key="one", Body=b"1")

    def refused(self, cloud, words):
        """Everywhere the same words, before anything is begun."""
        began = time.monotonic()
        client = cloud.client("lambda", retries={"max_attempts": 0})
        for kind in ("RequestResponse", "Event"):
            with self.assertRaises(client.exceptions.ServiceException) as refused:
                client.invoke(FunctionName="f", InvocationType=kind, Payload="{}")
            self.assertIn(words, refused.exception.response["Error"]["Message"])
        for args in (["deploy"], ["put", __file__]):
            done = cloud.run(*args, check=False)
            self.assertEqual(done.returncode, 255, done)
            self.assertEqual(done.stdout, "")
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertNotIn("nothing processes names", done.stderr)
        self.assertIn(words, cloud.run("status").stdout)
        self.assertIn(words, cloud.admin("GET", "/health")[1]["functions"]["refused"])
        self.assertLess(time.monotonic() - began, QUICK)
        self.assertFalse(cloud.client("s3").list_buckets()["Buckets"][1:], "deploy had begun")

    def custom_resource_fails(self, cloud, words):
        cfn = cloud.client("cloudformation")
        cfn.create_stack(StackName="x", TemplateBody=CUSTOM.format(arn=self.arn))
        wait_for(lambda: cfn.describe_stacks(StackName="x")["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE")
        reasons = [e.get("ResourceStatusReason", "") for e in cfn.describe_stack_events(StackName="x")["StackEvents"]
                   if e["ResourceStatus"] == "CREATE_FAILED"]
        self.assertTrue([r for r in reasons if words in r and "Status Code: 500" in r], reasons)

    def goes_on_with_a_hint(self, cloud, words):
        """What does not wait for a function is done, and it is said what will not run yet."""
        template = cloud.data / "plain.yaml"
        template.write_text(PLAIN)
        done = cloud.run("deploy", "--no-audit", "--template", str(template))
        self.assertIn("CREATE_COMPLETE", done.stdout)
        self.assertIn("the stack's functions will not run: ", done.stderr)
        self.assertIn(words, done.stderr)
        picture = cloud.data / "one.jpg"
        picture.write_bytes(b"no picture")
        done = cloud.run("put", "--no-wait", str(picture), check=False)  # this stack has no bucket for it
        self.assertIn("what is uploaded is processed when functions can run: ", done.stderr)
        self.assertIn(words, done.stderr)

    def interpreted(self):
        """The interpreter is the machine's, and runs; what scripts call are copies in DATA, which do not."""
        if not os.path.exists("/usr/bin/python3"):
            return
        source = ("import os, subprocess\ndef h(event, context):\n    try:\n        return subprocess.run(['/usr/bin/true']).returncode\n"
                  "    except OSError as error:\n        return [error.strerror, os.path.exists('/usr/bin/true')]\n")
        self.functions.make("interpreted", zipped({"i.py": source}), Runtime="python3.12", Handler="i.h", Timeout=30)
        self.assertEqual(self.functions.invoke("interpreted").payload, ["Permission denied", True])

    def waits(self, cloud):
        """The event is there after a day, which is longer than any may be old."""
        def waiting():
            kinds = cloud.admin("GET", "/health")[1]["queue"]["kinds"]
            return sum(k["waiting"] for k in kinds if k["kind"] == "invoke")
        wait_for(lambda: waiting() == 1)
        cloud.advance(24 * 3600)
        cloud.client("s3").put_object(Bucket="pictures", Key="two", Body=b"2")
        wait_for(lambda: waiting() == 2)

    def ran(self, cloud):
        """Both events, and neither twice."""
        wait_for(lambda: len(self.functions.logged("f", filterPattern="REPORT")) == 2, seconds=60)
        self.assertEqual(self.functions.invoke("f", {"hello": 1}).payload, {"hello": 1})

    def test_without_a_level(self):
        words = "a seccomp profile "
        with Cloud() as cloud:
            cloud.stop()
            able = cloud.command
            cloud.command = [*DENIED, *able]
            cloud.start()
            self.make(cloud)
            self.refused(cloud, words)
            self.custom_resource_fails(cloud, words)
            self.goes_on_with_a_hint(cloud, words)
            self.waits(cloud)
            cloud.stop()
            cloud.command = able
            cloud.start()
            self.assertNotIn("refused", cloud.admin("GET", "/health")[1]["functions"])
            self.ran(cloud)

    def test_detached(self):
        """Who sees no log is told on stderr; stdout is the endpoint alone."""
        with tempfile.TemporaryDirectory(prefix="calotype-") as data:
            args = [Cloud(data=data).command[0], "up", "--data", data, "--port", "0", "--detach"]
            done = subprocess.run([*DENIED, *args], capture_output=True, text=True, timeout=60)
            down = subprocess.run([args[0], "down", "--data", data], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^https://127\.0\.0\.1:\d+\n$")
        said = [line for line in done.stderr.splitlines() if line.startswith("calotype: ")]
        self.assertRegex(said[0], "^calotype: functions are refused: making its namespaces: .*; run it without that profile")
        self.assertEqual(down.returncode, 0, down.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "only root mounts")
    def test_noexec(self):
        words = "is mounted noexec; as root: mount -o remount,exec"
        with tempfile.TemporaryDirectory(prefix="calotype-") as data:
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "noexec,mode=700", "none", data]).returncode:
                self.skipTest("no file system can be mounted here")
            try:
                with Cloud(data=data) as cloud:
                    first = json.loads(next(line for line in cloud.stderr.splitlines() if line.startswith("{")))
                    self.assertIn(words, first["msg"])
                    self.make(cloud)
                    self.refused(cloud, words)
                    self.custom_resource_fails(cloud, words)
                    self.interpreted()
                    self.waits(cloud)
                    subprocess.run(["mount", "-o", "remount,exec", data], check=True)
                    self.ran(cloud)  # without a restart
                    self.assertEqual(cloud.stderr.count(":function:f: its events wait: "), 1)
                    self.assertEqual(cloud.stderr.count(":function:f can run again: its events go on"), 1)
            finally:
                subprocess.run(["umount", "-l", data], check=True)


if __name__ == "__main__":
    main()
