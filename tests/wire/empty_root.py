"""The zip of `calotype package` in a root that has nothing else, as on AWS Lambda: it asks a runtime API for an event
and does its work over HTTPS, with certificates that are verified against what such a root has."""
import contextlib
import http.server
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
import zipfile

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib"), str(HERE.parents[1] / "crash")]
from cloud import CloudCase, binary, main, static_programs  # noqa: E402
import pictures  # noqa: E402

AMAZON = "etc/pki/tls/certs/ca-bundle.crt"  # where provided.al2023 has its authorities
HANDLER = ["/var/task/bootstrap"]


class Api(http.server.BaseHTTPRequestHandler):
    """The runtime API with one event: what came back for it is in server.answers, by the last part of the path."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.server.answers:  # the function is done, and would wait for ever
            self.server.idle.set()
            self.close_connection = True
            return
        body = json.dumps(self.server.event).encode()
        self.send_response(200)
        for name, value in (("Lambda-Runtime-Aws-Request-Id", "r1"), ("Lambda-Runtime-Deadline-Ms", "9999999999999"),
                            ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.answers[self.path.rpartition("/")[2]] = json.loads(body)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def runtime_api(event):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.event, server.answers, server.idle = event, {}, threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def entering(root):
    """The command that makes root the root; skips where this machine lets nobody."""
    chroot, unshare = (shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin") for name in ("chroot", "unshare"))
    prefix = [chroot, root] if os.geteuid() == 0 else [unshare, "--user", "--map-root-user", chroot, root]
    done = subprocess.run([*prefix, *HANDLER], capture_output=True, env={})
    if done.returncode != 2:  # its own words, where it is not told of a runtime API
        raise unittest.SkipTest(f"no other root can be entered here: {done.stderr.decode()}")
    return prefix


class EmptyRoot(CloudCase):
    @classmethod
    def prepare(cls):
        packed = subprocess.run([binary(), "package", "--output", "-", "--programs", static_programs()],
                                capture_output=True, check=True).stdout
        cls.folder = tempfile.TemporaryDirectory(prefix="calotype-root-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = pathlib.Path(cls.folder.name)
        (cls.root / "var/task").mkdir(parents=True)
        with zipfile.ZipFile(io.BytesIO(packed)) as z:
            z.extractall(cls.root / "var/task")
        for name in ("bootstrap", "calotype-image"):
            (cls.root / "var/task" / name).chmod(0o755)
        cls.prefix = entering(str(cls.root))
        cls.s3, cls.ddb = cls.cloud.client("s3"), cls.cloud.client("dynamodb")
        for bucket in ("photos", "thumbs"):
            cls.s3.create_bucket(Bucket=bucket)
        cls.ddb.create_table(TableName="images", BillingMode="PAY_PER_REQUEST",
                             AttributeDefinitions=[{"AttributeName": "ImageId", "AttributeType": "S"}],
                             KeySchema=[{"AttributeName": "ImageId", "KeyType": "HASH"}])
        cls.topic = cls.cloud.client("sns").create_topic(Name="reports")["TopicArn"]

    def work(self, key, host="127.0.0.1", authorities=None):
        """The document that the function answered with, {"response": ...} or {"error": ...}, and its log."""
        at = self.root / AMAZON
        at.parent.mkdir(parents=True, exist_ok=True)
        at.unlink(missing_ok=True)
        if authorities:
            at.write_text(authorities)
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        put = self.s3.put_object(Bucket="photos", Key=key, Body=pictures.png(3, 300))
        event = {"Records": [{"eventName": "ObjectCreated:Put", "eventTime": "2026-11-22T04:56:59Z", "awsRegion": "us-east-1",
                              "s3": {"bucket": {"name": "photos"}, "object": {
                                  "key": key, "size": 270000, "eTag": put["ETag"].strip('"'), "sequencer": "5"}}}]}
        with runtime_api(event) as api:
            env = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}", "_HANDLER": "processor.handler",
                   "LAMBDA_TASK_ROOT": "/var/task", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_REGION": "us-east-1",
                   "AWS_ACCESS_KEY_ID": self.cloud.access_key, "AWS_SECRET_ACCESS_KEY": self.cloud.secret_key,
                   "AWS_ENDPOINT_URL": f"https://{host}:{self.cloud.port}", "METADATA_TABLE": "images",
                   "SNS_TOPIC_ARN": self.topic, "DERIVATIVES_BUCKET": "thumbs", "ENVIRONMENT": "test"}
            with subprocess.Popen([*self.prefix, *HANDLER], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as p:
                try:
                    self.assertTrue(api.idle.wait(60), "the function has not asked for a second event")
                finally:
                    p.kill()
                    log = p.stdout.read()
            return api.answers, log

    def of(self, key):
        """The rows and derivatives of that original."""
        rows = [r for r in self.ddb.scan(TableName="images", ConsistentRead=True)["Items"] if r["ObjectKey"]["S"] == key]
        listed = self.s3.list_objects_v2(Bucket="thumbs").get("Contents", [])
        return rows, [o["Key"] for o in listed if rows and o["Key"].startswith(rows[0]["ImageId"]["S"])]

    def authorities(self):
        return pathlib.Path(self.cloud.ca).read_text()

    def test_a_picture_is_processed(self):
        """By an address, and by a name that the root's own /etc/hosts has."""
        for host in ("127.0.0.1", "localhost"):
            key = f"uploads/{host}.png"
            answers, log = self.work(key, host, self.authorities())
            self.assertEqual(list(answers), ["response"], (answers, log))
            rows, derivatives = self.of(key)
            self.assertEqual((len(rows), rows[0]["Status"]["S"], rows[0]["Width"]["N"]), (1, "processed", "300"), log)
            self.assertEqual(len(derivatives), 3)

    def test_another_authority_is_not_believed(self):
        other = pathlib.Path(self.folder.name, "other.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=Other CA", "-keyout", "/dev/null", "-out", other], check=True, capture_output=True)
        answers, log = self.work("uploads/other.png", authorities=other.read_text())
        self.assertIn("is not trusted", json.dumps(answers) + log)
        self.assertEqual(self.of("uploads/other.png"), ([], []))

    def test_without_authorities_it_says_so(self):
        answers, log = self.work("uploads/none.png")
        self.assertIn("this system has no CA certificates", json.dumps(answers) + log)
        self.assertEqual(self.of("uploads/none.png"), ([], []))


if __name__ == "__main__":
    main()
