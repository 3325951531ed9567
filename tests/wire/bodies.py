"""Bodies on their way: what they may cost, what is refused at its head, and that honest callers are served meanwhile."""
import datetime
import io
import os
import pathlib
import re
import socket
import sys
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import CloudCase, compiler, main, need_boto3, wait_for

MiB = 1 << 20
MEMORY_MOST = (120 if compiler() < 14 else 170) * MiB  # with sanitizers; a release takes 30
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


def package(size):
    """A package with a bootstrap that cannot be made smaller."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as z:
        z.writestr(zipfile.ZipInfo("bootstrap"), os.urandom(size))
    return made.getvalue()


class Bodies(CloudCase):
    @classmethod
    def setUpClass(cls):
        need_boto3()
        super().setUpClass()
        cls.ddb, cls.s3 = cls.cloud.client("dynamodb", tls=False), cls.cloud.client("s3", tls=False)
        cls.ddb.create_table(TableName="bodies", BillingMode="PAY_PER_REQUEST",
                             AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
                             KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}])
        cls.s3.create_bucket(Bucket="bodies")

    # ---- raw requests ----
    def head(self, service, target=None, path="/", length=None, more="", method="POST"):
        """Of a stranger who knows an access key's id, but not its secret."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        signed = "host;x-amz-date" + (";x-amz-target" if target else "")
        return (f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.cloud.port}\r\nX-Amz-Date: {now}\r\n"
                + (f"X-Amz-Target: {target}\r\n" if target else "") + more
                + f"Authorization: AWS4-HMAC-SHA256 Credential={self.cloud.access_key}/{now[:8]}/us-east-1/{service}/"
                f"aws4_request, SignedHeaders={signed}, Signature={'0' * 64}\r\n"
                + ("Transfer-Encoding: chunked\r\n" if length is None else f"Content-Length: {length}\r\n")
                + "\r\n").encode()

    def signed_head(self, method, path, length, headers):
        """Of somebody who has the secret: S3's, whose head is proven before the body."""
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        request = AWSRequest(method, f"http://127.0.0.1:{self.cloud.port}{path}", headers=headers)
        request.context["payload_signing_enabled"] = False
        auth = S3SigV4Auth(Credentials(self.cloud.access_key, self.cloud.secret_key), "s3", "us-east-1")
        auth.payload = lambda _: headers["X-Amz-Content-SHA256"]
        auth.add_auth(request)
        lines = "".join(f"{k}: {v}\r\n" for k, v in request.headers.items())
        return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.cloud.port}\r\n{lines}Content-Length: {length}\r\n\r\n".encode()

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.cloud.port), timeout=60)
        self.addCleanup(s.close)
        return s

    def answer(self, s):
        """(status, head and body) of the one answer."""
        got = b""
        while b"\r\n\r\n" not in got:
            piece = s.recv(65536)
            self.assertTrue(piece, f"cut after {got!r}")
            got += piece
        head, _, body = got.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        while len(body) < length:
            body += s.recv(65536)
        return int(head.split()[1]), (head + b"\n" + body).decode()

    # ---- what the daemon holds ----
    @property
    def pid(self):
        return self.cloud.admin("GET", "/health")[1]["pid"]

    def rss(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.pid}/status").read_text())[1]) * 1024

    def aside(self):
        """Sizes of the bodies that are put aside on disk: nameless files."""
        sizes = []
        for fd in pathlib.Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                if "/blobs/tmp/" in os.readlink(fd):
                    sizes.append(fd.stat().st_size)
            except FileNotFoundError:
                pass
        return sizes

    # ---- refused at the head ----
    def test_a_body_larger_than_its_operation_takes_is_refused_before_it_comes(self):
        ddb, logs, path = "DynamoDB_20120810.", "Logs_20140328.", "/2015-03-31/"
        code, smaller = "<Code>RequestEntityTooLarge</Code>", "Request must be smaller than"
        for service, target, path, more, most, text in [
                ("dynamodb", ddb + "PutItem", "/", "", 8 * MiB, "RequestEntityTooLargeException"),
                ("sqs", "AmazonSQS.SendMessage", "/", "", 8 * MiB, "RequestEntityTooLarge"),
                ("logs", logs + "PutLogEvents", "/", "", 8 * MiB, "RequestEntityTooLargeException"),
                ("logs", logs + "CreateLogGroup", "/", "", MiB, "RequestEntityTooLargeException"),
                ("iam", None, "/", FORM, MiB, code),
                ("sns", None, "/", FORM, 2 * MiB, code),
                ("monitoring", None, "/", FORM, MiB, code),
                ("cloudformation", None, "/", FORM, 4 * MiB, code),
                ("lambda", None, path + "functions", "", 70167211,
                 f"{smaller} 70167211 bytes for the CreateFunction operation"),
                ("lambda", None, path + "functions/f/policy", "", MiB,
                 f"{smaller} 1048576 bytes for the AddPermission operation")]:
            with self.subTest(service=service, target=target, path=path):
                s = self.connect()
                s.sendall(self.head(service, target, path, most + 1, more))
                status, answer = self.answer(s)
                self.assertEqual(status, 413, answer)
                self.assertIn(text, answer)
                # One byte less is a body like any other: it is waited for.
                s = self.connect()
                s.sendall(self.head(service, target, path, most, more) + b"x")
                s.settimeout(0.05)
                self.assertRaises(TimeoutError, s.recv, 1)

    def test_s3_tells_documents_from_objects(self):
        for path, length, code in [("/bodies?policy=", 8 * MiB + 1, "MaxMessageLengthExceeded"),
                                   ("/bodies?delete=", 8 * MiB + 1, "MaxMessageLengthExceeded"),
                                   ("/bodies/k", 5 * 1024 * MiB + 1, "EntityTooLarge")]:
            with self.subTest(path=path):
                method = "POST" if "delete" in path else "PUT"
                s = self.connect()
                s.sendall(self.signed_head(method, path, length, {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}))
                status, text = self.answer(s)
                self.assertEqual((status, re.search("<Code>(.*)</Code>", text)[1]), (400, code))

    def test_a_body_without_a_length_is_refused_when_it_is_too_long(self):
        s = self.connect()
        s.sendall(self.head("iam", more=FORM))
        for _ in range(17):
            s.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        s.sendall(b"0\r\n\r\n")
        status, text = self.answer(s)
        self.assertEqual(status, 413)
        self.assertIn("RequestEntityTooLarge", text)

    # ---- the budget ----
    def honest(self):
        self.ddb.put_item(TableName="bodies", Item={"k": {"S": "a"}, "v": {"S": "x" * 20000}})
        self.s3.put_object(Bucket="bodies", Key="k", Body=b"y" * 100000)
        self.assertEqual(self.s3.get_object(Bucket="bodies", Key="k")["Body"].read(), b"y" * 100000)
        with self.assertRaises(self.ddb.exceptions.ClientError) as caught:  # 6 MiB that are put aside, read and refused
            self.ddb.put_item(TableName="bodies", Item={"k": {"S": "b"}, "v": {"S": "x" * 6 * MiB}})
        self.assertIn("Item size has exceeded", str(caught.exception))

    def test_unproven_bodies_cost_no_memory_and_keep_nobody_out(self):
        self.honest()
        before, size, piece = self.rss(), 15 * MiB + 1, b"x" * MiB
        held = []
        for _ in range(16):  # 240 MiB, of which 192 MiB may lie aside
            s = self.connect()
            s.sendall(self.head("lambda", path="/2015-03-31/functions", length=size))
            for _ in range(15):
                s.sendall(piece)
            held.append(s)
            if len(held) == 12:
                self.honest()
        wait_for(lambda: sum(self.aside()) > 150 * MiB)
        self.assertLessEqual(sum(self.aside()), 192 * MiB)
        self.honest()
        self.assertLess(self.rss() - before, MEMORY_MOST)
        for s in held:
            s.sendall(b"x")
        answers = [self.answer(s) for s in held]
        crowded = [a for a in answers if a[0] == 503]
        self.assertEqual({a[0] for a in answers}, {403, 503})
        self.assertTrue(all("ServiceUnavailable" in text for _, text in crowded), crowded)
        self.assertTrue(all("InvalidSignatureException" in text for status, text in answers if status == 403))
        self.assertLess(len(crowded), 12)
        wait_for(lambda: not self.aside())
        self.honest()

    def test_many_small_ones_cost_no_memory_either(self):
        before = self.rss()
        for _ in range(300):
            s = self.connect()
            s.sendall(self.head("sqs", "AmazonSQS.SendMessage", length=400 * 1024) + b"x" * 200 * 1024)
        wait_for(lambda: len(self.aside()) > 150)  # 24 MiB in memory, the others aside
        self.assertLess(self.rss() - before, MEMORY_MOST)
        self.honest()
        self.doCleanups()
        wait_for(lambda: not self.aside())

    def test_what_is_announced_costs_nothing(self):
        before = self.rss()
        for _ in range(50):
            s = self.connect()
            s.sendall(self.head("lambda", path="/2015-03-31/functions", length=66 * MiB) + b"{")
        self.assertLess(self.rss() - before, 20 * MiB)
        self.assertEqual(self.aside(), [])

    def test_a_signed_chunk_is_not_kept(self):
        before = self.rss()
        chunked = {"X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "x-amz-decoded-content-length": str(64 * MiB)}
        first = f"{64 * MiB:x};chunk-signature={'0' * 64}\r\n".encode()
        last = f"\r\n0;chunk-signature={'0' * 64}\r\n\r\n".encode()
        length = len(first) + 64 * MiB + len(last)
        held = []
        for i in range(12):
            s = self.connect()
            s.sendall(self.signed_head("PUT", f"/bodies/chunk{i}", length, chunked) + first + b"x" * 14 * MiB)
            held.append(s)
        self.assertLess(self.rss() - before, 100 * MiB)
        held[0].sendall(b"x" * 50 * MiB + last)
        status, text = self.answer(held[0])
        self.assertEqual((status, re.search("<Code>(.*)</Code>", text)[1]), (403, "SignatureDoesNotMatch"))
        for s in held:
            s.close()
        self.assertFalse([o for o in self.s3.list_objects_v2(Bucket="bodies").get("Contents", []) if "chunk" in o["Key"]])

    def test_every_end_gives_back_what_it_took(self):
        size = 2 * MiB
        for end in ("cut", "reset", "whole", "cut in the head", "too much"):
            for _ in range(5):
                s = self.connect()
                head = self.head("lambda", path="/2015-03-31/functions", length=size)
                s.sendall(head[:40] if end == "cut in the head" else head + b"x" * (MiB if "whole" != end else size))
                if end == "whole":
                    self.assertEqual(self.answer(s)[0], 403)
                if end == "reset":
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                if end == "too much":
                    s.sendall(b"x" * 2 * MiB)
                s.close()
        wait_for(lambda: not self.aside())

    def test_a_large_package_arrives(self):
        code = package(9 * MiB)
        client = self.cloud.client("lambda", tls=False)
        made = client.create_function(FunctionName="large", Runtime="provided.al2023", Handler="x", Code={"ZipFile": code},
                                      Role=self.role())
        self.assertEqual(made["CodeSize"], len(code))
        self.assertEqual(self.aside(), [])

    def test_a_document_is_counted_by_what_it_holds(self):
        before, many = self.rss(), b"{}," * 2_000_000 + b"{}"  # 6 MB of text, 500 MB of objects
        status, text = self.put(b'{"TableName":"bodies","Item":{"k":[' + many + b"]}}")
        self.assertEqual(status, 413)
        self.assertIn(b"RequestEntityTooLargeException", text)
        self.assertLess(self.rss() - before, 60 * MiB)
        status, text = self.put(b'{"TableName":"bodies","Item":{"k":{"S":"' + many + b'"}}}')  # text weighs little
        self.assertEqual(status, 400)
        self.assertIn(b"ValidationException", text)

    def put(self, body):
        """PutItem with a body as given, signed."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        headers = {"X-Amz-Target": "DynamoDB_20120810.PutItem", "Content-Type": "application/x-amz-json-1.0"}
        request = AWSRequest("POST", self.cloud.plain_endpoint + "/", data=body, headers=headers)
        SigV4Auth(Credentials(self.cloud.access_key, self.cloud.secret_key), "dynamodb", "us-east-1").add_auth(request)
        status, _, text = self.cloud.http("POST", "/", body, dict(request.headers))
        return status, text

    def role(self):
        trust = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},'
                 '"Action":"sts:AssumeRole"}]}')
        return self.cloud.client("iam").create_role(RoleName="bodies", AssumeRolePolicyDocument=trust)["Role"]["Arn"]


if __name__ == "__main__":
    main()
