"""Endpoints and keys of single services: one function, and the command line, between two clouds."""
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, binary, build_dir, main, static_image, static_programs

EVENT = {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": "2026-11-22T08:00:00.000Z",
                      "s3": {"bucket": {"name": "photos"}, "object": {"key": "uploads/a.jpg", "size": 0, "sequencer": "0123456789ABCDEF"}}}]}


class Runtime(http.server.BaseHTTPRequestHandler):
    """Lambda's runtime API for one invocation."""
    protocol_version = "HTTP/1.1"
    answers, served = [], threading.Event()

    def do_GET(self):
        if self.served.is_set():
            threading.Event().wait()  # no further invocation comes
        self.served.set()
        body = json.dumps(EVENT).encode()
        self.send_response(200)
        for name, value in (("Lambda-Runtime-Aws-Request-Id", "R1"), ("Lambda-Runtime-Deadline-Ms", "4102444800000"),
                            ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.answers.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.answered.set()

    def log_message(self, *args):
        pass


class TwoClouds(unittest.TestCase):
    """Objects live in one cloud, the table and the topic in another; each knows only its own key."""

    @classmethod
    def setUpClass(cls):
        cls.objects = Cloud().__enter__()
        cls.addClassCleanup(cls.objects.__exit__, None, None, None)
        cls.tables = Cloud().__enter__()
        cls.addClassCleanup(cls.tables.__exit__, None, None, None)
        cls.folder = tempfile.TemporaryDirectory(prefix="calotype-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.ca = pathlib.Path(cls.folder.name, "both.pem")
        cls.ca.write_text(pathlib.Path(cls.objects.ca).read_text() + pathlib.Path(cls.tables.ca).read_text())

        subprocess.run([build_dir() / "tools/samples/draw-samples", cls.folder.name], check=True)
        s3 = cls.objects.client("s3")
        for bucket in ("photos", "thumbs", f"image-storage-bucket-dev-{cls.objects.account}"):
            s3.create_bucket(Bucket=bucket)
        for bucket in ("photos", f"image-storage-bucket-dev-{cls.objects.account}"):
            s3.put_object(Bucket=bucket, Key="uploads/a.jpg", Body=pathlib.Path(cls.folder.name, "portrait.jpg").read_bytes())
        cls.db = cls.tables.client("dynamodb")
        for table in ("images", "ImageMetadata-dev"):
            cls.db.create_table(TableName=table, BillingMode="PAY_PER_REQUEST",
                                AttributeDefinitions=[{"AttributeName": "ImageId", "AttributeType": "S"}],
                                KeySchema=[{"AttributeName": "ImageId", "KeyType": "HASH"}])
        cls.topic = cls.tables.client("sns").create_topic(Name="reports")["TopicArn"]

    def variables(self, **more):
        """The environment: S3 by its own variables, everything else by the general ones."""
        return {"AWS_ACCESS_KEY_ID": self.tables.access_key, "AWS_SECRET_ACCESS_KEY": self.tables.secret_key,
                "CALOTYPE_ACCESS_KEY_ID_S3": self.objects.access_key,
                "CALOTYPE_SECRET_ACCESS_KEY_S3": self.objects.secret_key,
                "AWS_REGION": "us-east-1", "AWS_CA_BUNDLE": str(self.ca), "HOME": self.folder.name,
                "PATH": os.environ["PATH"], **more}

    def invoke(self, **more):
        programs = pathlib.Path(static_programs()).parent
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Once", (Runtime,), {"answers": [], "served": threading.Event()}))
        server.daemon_threads, server.answered = True, threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        env = self.variables(AWS_LAMBDA_RUNTIME_API=f"127.0.0.1:{server.server_port}", _HANDLER="processor.handler",
                             METADATA_TABLE="images", SNS_TOPIC_ARN=self.topic, DERIVATIVES_BUCKET="thumbs",
                             ENVIRONMENT="dev", IMAGE_WORKER=static_image(), **more)
        with subprocess.Popen([programs / "fn/bootstrap"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as f:
            answered = server.answered.wait(60)
            f.kill()
            said = f.communicate()[0]
        server.shutdown()
        server.server_close()
        self.assertTrue(answered, said)
        (path, answer), = server.RequestHandlerClass.answers
        self.assertTrue(path.endswith("/response"), answer + said)
        return said

    def row(self):
        found = self.db.scan(TableName="images", ConsistentRead=True)["Items"]
        for item in found:
            self.db.delete_item(TableName="images", Key={"ImageId": item["ImageId"]})
        self.assertEqual(len(found), 1)
        return found[0]

    def check(self, said):
        row = self.row()
        self.assertEqual((row["Status"]["S"], row["ObjectKey"]["S"]), ("processed", "uploads/a.jpg"), said)
        made = [d["M"]["Key"]["S"] for d in row["Derivatives"]["L"]]
        there = [o["Key"] for o in self.objects.client("s3").list_objects_v2(Bucket="thumbs")["Contents"]]
        self.assertEqual(sorted(made), sorted(there))

    def test_a_function_by_variables(self):
        self.check(self.invoke(AWS_ENDPOINT_URL_S3=self.objects.endpoint, AWS_ENDPOINT_URL=self.tables.endpoint))

    def test_a_function_by_one_variable_for_each_service(self):
        self.check(self.invoke(AWS_ENDPOINT_URL_S3=self.objects.endpoint, AWS_ENDPOINT_URL_DYNAMODB=self.tables.endpoint,
                               AWS_ENDPOINT_URL_SNS=self.tables.endpoint))

    def config(self):
        config = pathlib.Path(self.folder.name, "config")
        config.write_text(f"[default]\nservices = two-clouds\nendpoint_url = {self.tables.endpoint}\n\n"
                          f"[services two-clouds]\ns3 =\n  addressing_style = path\n  endpoint_url = {self.objects.endpoint}\n")
        return str(config)

    def test_a_function_by_a_profile(self):
        self.check(self.invoke(AWS_CONFIG_FILE=self.config()))

    def test_the_command_line(self):
        for more in ({"AWS_ENDPOINT_URL_S3": self.objects.endpoint, "AWS_ENDPOINT_URL": self.tables.endpoint},
                     {"AWS_CONFIG_FILE": self.config()}):
            done = subprocess.run([binary(), "ls", "--aws"], env=self.variables(**more), capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("a.jpg", done.stdout)

    def test_boto3_reads_the_same(self):
        """The order is that of the SDKs: what our profile says, boto3 of today does too."""
        script = ("import boto3\nfor name in ('s3', 'dynamodb', 'sns'):\n"
                  "    print(boto3.client(name, region_name='us-east-1').meta.endpoint_url)\n")
        try:
            import boto3
            if tuple(map(int, boto3.__version__.split(".")[:2])) < (1, 28):
                raise ImportError
        except ImportError:
            self.skipTest("there is no boto3 that reads endpoint_url")
        env = self.variables(AWS_CONFIG_FILE=self.config())
        done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True)
        self.assertEqual(done.stdout.split(), [self.objects.endpoint, self.tables.endpoint, self.tables.endpoint], done.stderr)


if __name__ == "__main__":
    main()
