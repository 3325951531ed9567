"""Lambda as boto3 sees it: functions of a real daemon, run in its sandboxes."""
import base64
import hashlib
import json
import pathlib
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from cloud import Cloud, CloudCase, main, wait_for
from functions import Functions, need_functions, package

try:
    from botocore.exceptions import ClientError
except ImportError:  # CloudCase skips
    ClientError = Exception

# There is an interpreter for functions.
PYTHON = any(pathlib.Path(folder, "python3").exists() for folder in ("/usr/bin", "/usr/local/bin"))


class Lambda(CloudCase):
    @classmethod
    def prepare(cls):
        need_functions(cls.cloud)
        cls.zip = package()
        cls.lam = cls.cloud.client("lambda", retries={"max_attempts": 0})
        cls.role = Functions(cls.cloud).role

    def make(self, name, **more):
        return self.lam.create_function(FunctionName=name, Runtime="provided.al2023", Role=self.role, Handler="h",
                                        **{"Code": {"ZipFile": self.zip}, **more})

    def invoke(self, name, event, **more):
        return self.lam.invoke(FunctionName=name, Payload=json.dumps(event, separators=(",", ":")), **more)

    def test_create_from_bytes_and_invoke(self):
        made = self.make("wire-bytes", Environment={"Variables": {"COLOUR": "blue"}}, Tags={"a": "b"})
        self.assertEqual(made["State"], "Active")
        self.assertEqual(made["CodeSize"], len(self.zip))
        self.lam.get_waiter("function_active_v2").wait(FunctionName="wire-bytes")
        answer = self.invoke("wire-bytes", {"hello": [1, 2]}, LogType="Tail", ClientContext=base64.b64encode(b"{}").decode())
        self.assertEqual((answer["StatusCode"], answer["ExecutedVersion"]), (200, "$LATEST"))
        self.assertEqual(json.loads(answer["Payload"].read()), {"hello": [1, 2]})
        self.assertIn(b"REPORT RequestId: " + answer["ResponseMetadata"]["RequestId"].encode(), base64.b64decode(answer["LogResult"]))
        environment = json.loads(self.invoke("wire-bytes", {"do": "env"})["Payload"].read())
        self.assertEqual(environment["COLOUR"], "blue")
        self.assertTrue(environment["AWS_ACCESS_KEY_ID"].startswith("ASIA"))
        self.assertEqual(self.lam.get_function(FunctionName="wire-bytes")["Tags"], {"a": "b"})

    def location(self, name, client=None):
        answer = (client or self.lam).get_function(FunctionName=name)
        self.assertEqual(answer["Code"]["RepositoryType"], "S3")
        return answer["Code"]["Location"], answer["Configuration"]["CodeSha256"]

    def fetch(self, url, method="GET"):
        """As a plain curl fetches it, without a signature: (status, body)."""
        at = urllib.parse.urlsplit(url)
        self.assertEqual(at.port, self.cloud.port)
        status, _, body = self.cloud.http(method, url.split(at.netloc, 1)[1], tls=at.scheme == "https")
        return status, body

    def test_location_is_the_code(self):
        """What a plain GET fetches has CodeSha256: over TLS, in clear, small and large, after a restart."""
        self.make("wire-link")
        self.make("wire-link-small", Code={"ZipFile": package(b"#!/bin/true")})
        for name in ("wire-link", "wire-link-small"):
            for tls in (True, False):
                url, sha256 = self.location(name, self.cloud.client("lambda", tls=tls))
                self.assertTrue(url.startswith(f"{'https' if tls else 'http'}://127.0.0.1:{self.cloud.port}/"), url)
                status, body = self.fetch(url)
                self.assertEqual((status, base64.b64encode(hashlib.sha256(body).digest()).decode()), (200, sha256))
        self.assertEqual(self.fetch(url, "HEAD")[0], 200)
        self.cloud.kill9()
        self.cloud.restart()
        self.assertEqual(self.fetch(url)[0], 200)

    def test_location_gives_nothing_else(self):
        self.make("wire-link-old")
        url, _ = self.location("wire-link-old")
        head, token, name = url.rsplit("/", 2)
        changed = token[:-1] + ("0" if token[-1] != "0" else "1")
        for other in (f"{head}/{changed}/{name}", f"{head}/{token}/other.zip", f"{head}/{token}", f"{head}/"):
            with self.subTest(other):
                status, body = self.fetch(other)
                self.assertEqual((status, b"<Code>AccessDenied</Code>" in body), (403, True))
        self.assertIn(self.fetch(url + "?x=1")[0], (403, 404))  # no link: it wants a signature
        self.assertEqual(self.fetch(url, "POST")[0], 405)
        self.lam.update_function_code(FunctionName="wire-link-old", ZipFile=package(b"#!/bin/false"))
        status, body = self.fetch(url)
        self.assertEqual((status, b"<Code>NoSuchKey</Code>" in body), (404, True))
        self.assertEqual(self.fetch(self.location("wire-link-old")[0])[0], 200)

    def test_location_is_never_at_amazon(self):
        """A client that is led here by Amazon's name gets the cloud's own address: what is secret is not sent there."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        self.make("wire-link-host")
        path = "/2015-03-31/functions/wire-link-host"
        for host in ("lambda.us-east-1.amazonaws.com", "LAMBDA.us-east-1.AmazonAWS.com.:443", "lambda.cn-north-1.amazonaws.com.cn",
                     "lambda.us-east-1.api.aws"):
            with self.subTest(host):
                request = AWSRequest("GET", f"https://{host}{path}", headers={"Host": host})
                SigV4Auth(Credentials(self.cloud.access_key, self.cloud.secret_key), "lambda", "us-east-1").add_auth(request)
                status, _, body = self.cloud.http("GET", path, headers=dict(request.headers), tls=True)
                self.assertEqual(status, 200, body)
                url = json.loads(body)["Code"]["Location"]
                self.assertTrue(url.startswith(f"https://127.0.0.1:{self.cloud.port}/"), url)
                self.assertEqual(self.fetch(url)[0], 200)

    @unittest.skipUnless(PYTHON, "no python3 in /usr/bin or /usr/local/bin")
    def test_location_from_inside(self):
        """A function's address is at its own endpoint, and leads there; one that is made outside leads nowhere inside."""
        program = (b"import os, urllib.request\n"
                   b"def h(event, context):\n"
                   b"    try:\n"
                   b"        with urllib.request.urlopen(event['at'] or 'http://127.0.0.1' + event['path'], timeout=30) as r:\n"
                   b"            return len(r.read())\n"
                   b"    except OSError:\n"
                   b"        return 'nowhere'\n")
        code = package(b"", {"m.py": program})
        self.lam.create_function(FunctionName="wire-link-inside", Runtime="python3.12", Role=self.role, Handler="m.h",
                                 Code={"ZipFile": code}, Timeout=60)
        url, _ = self.location("wire-link-inside", self.cloud.client("lambda", tls=False))
        path = "/" + url.split("/", 3)[3]
        for event, want in (({"at": None, "path": path}, len(code)), ({"at": url}, "nowhere")):
            self.assertEqual(json.loads(self.invoke("wire-link-inside", event)["Payload"].read()), want)

    def test_create_from_s3(self):
        s3 = self.cloud.client("s3")
        s3.create_bucket(Bucket="packages")
        s3.put_object(Bucket="packages", Key="function/one.zip", Body=self.zip)
        self.make("wire-s3", Code={"S3Bucket": "packages", "S3Key": "function/one.zip"})
        self.assertEqual(self.invoke("wire-s3", 7)["Payload"].read(), b"7")
        with self.assertRaises(ClientError) as refused:
            self.make("wire-s3-none", Code={"S3Bucket": "packages", "S3Key": "none.zip"})
        self.assertEqual(refused.exception.response["Error"]["Code"], "InvalidParameterValueException")
        self.assertIn("NoSuchKey", str(refused.exception))

    def test_function_errors(self):
        self.make("wire-errors", Timeout=1)
        for event, kind in (({"do": "error"}, "Wanted"), ({"do": "exit"}, "Runtime.ExitError"), ({"do": "sleep"}, "Sandbox.Timedout")):
            with self.subTest(kind):
                answer = self.invoke("wire-errors", event)
                self.assertEqual((answer["StatusCode"], answer["FunctionError"]), (200, "Unhandled"))
                self.assertEqual(json.loads(answer["Payload"].read())["errorType"], kind)

    def refuse(self, code, status, call, **arguments):
        with self.assertRaises(ClientError) as refused:
            call(**arguments)
        self.assertEqual(refused.exception.response["Error"]["Code"], code)
        self.assertEqual(refused.exception.response["ResponseMetadata"]["HTTPStatusCode"], status)
        return refused.exception.response

    def test_refusals(self):
        self.make("wire-refusals")
        self.refuse("ResourceNotFoundException", 404, self.lam.invoke, FunctionName="nobody")
        self.refuse("InvalidRequestContentException", 400, self.lam.invoke, FunctionName="wire-refusals", Payload=b"{")
        self.refuse("RequestTooLargeException", 413, self.lam.invoke, FunctionName="wire-refusals", Payload=b"1" * (6 * 1024 * 1024 + 1))
        self.refuse("ResourceConflictException", 409, self.make, name="wire-refusals")
        self.refuse("NotImplemented", 501, self.lam.publish_version, FunctionName="wire-refusals")
        self.lam.put_function_concurrency(FunctionName="wire-refusals", ReservedConcurrentExecutions=0)
        answer = self.refuse("TooManyRequestsException", 429, self.lam.invoke, FunctionName="wire-refusals")
        self.assertEqual(answer["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded")
        self.assertEqual(self.lam.invoke(FunctionName="wire-refusals", InvocationType="DryRun")["StatusCode"], 204)

    def test_rights(self):
        """A user with one right has that one alone; the resource policy opens the door to another."""
        self.make("wire-rights")
        iam = self.cloud.client("iam")
        user = iam.create_user(UserName="caller")["User"]["Arn"]
        key = iam.create_access_key(UserName="caller")["AccessKey"]
        caller = self.cloud.client("lambda", keys=(key["AccessKeyId"], key["SecretAccessKey"]))
        answer = self.refuse("AccessDeniedException", 403, caller.invoke, FunctionName="wire-rights")
        self.assertIn("lambda:InvokeFunction", answer["Error"]["Message"])
        self.lam.add_permission(FunctionName="wire-rights", StatementId="s", Action="lambda:InvokeFunction", Principal=user)
        self.assertEqual(caller.invoke(FunctionName="wire-rights", Payload=b"1")["Payload"].read(), b"1")
        self.refuse("AccessDeniedException", 403, caller.get_function, FunctionName="wire-rights")

    def test_events_survive_kill(self):
        """Accepted is kept: events answered 202 run after a kill -9, the one under way too, uncounted."""
        self.make("wire-kill", Timeout=60, MemorySize=128)
        self.lam.put_function_concurrency(FunctionName="wire-kill", ReservedConcurrentExecutions=1)
        self.lam.invoke(FunctionName="wire-kill", InvocationType="Event", Payload=b'{"do":"sleep"}')
        for _ in range(3):
            self.lam.invoke(FunctionName="wire-kill", InvocationType="Event", Payload=b'{"do":"log"}')
        time.sleep(0.1)  # the first is under way, or not: both must do
        self.cloud.kill9()
        self.cloud.start()
        self.lam.update_function_configuration(FunctionName="wire-kill", Timeout=1)
        self.lam.delete_function_concurrency(FunctionName="wire-kill")

        def logged():
            try:
                events = self.cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/wire-kill")["events"]
            except ClientError:
                return False
            return sum("three" in e["message"] for e in events) == 3
        wait_for(logged)

    def test_dead_letters(self):
        """Two retries, a minute and then two apart; then the event lies in the queue, with the reason."""
        sqs = self.cloud.client("sqs")
        url = sqs.create_queue(QueueName="dead")["QueueUrl"]
        self.make("wire-dead", DeadLetterConfig={"TargetArn": f"arn:aws:sqs:us-east-1:{self.cloud.account}:dead"})
        self.lam.invoke(FunctionName="wire-dead", InvocationType="Event", Payload=b'{"do":"error"}')

        def failures():
            try:
                events = self.cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/wire-dead")["events"]
            except ClientError:
                return 0
            return sum("REPORT" in e["message"] for e in events)
        for attempt in (1, 2, 3):
            wait_for(lambda: failures() == attempt)
            self.cloud.advance(attempt * 60 + 1)
        letter = wait_for(lambda: sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages"))[0]
        self.assertEqual(letter["Body"], '{"do":"error"}')
        self.assertEqual(letter["MessageAttributes"]["ErrorMessage"]["StringValue"], "as wanted")


if __name__ == "__main__":
    main()
