"""Lambda as boto3 sees it: functions of a real daemon, run in its sandboxes."""
import base64
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from cloud import Cloud, CloudCase, main, wait_for
from functions import Functions, need_functions, package

try:
    from botocore.exceptions import ClientError
except ImportError:  # CloudCase skips
    ClientError = Exception


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
