"""Functions that fail and hang, and custom resources in the styles people write: by hand, by a topic."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from stacks import StackCase, needs_boto3, needs_node, needs_python  # noqa: E402
from cloud import main  # noqa: E402


class Failures(StackCase):
    @needs_python
    def test_fails_dlq(self):
        with self.stack("fails-dlq") as s:
            s.deploy()
            bucket, function = s.out("Bucket"), s.out("Function")
            self.put(bucket, "small", b"x")
            for n, minutes in (1, 1), (2, 2):
                self.lines(function, "TooSmall", n)
                self.cloud.advance(minutes * 60 + 1)
            dead, = self.messages(s.out("DeadLetters"))
            self.assertEqual(json.loads(dead["Body"])["Records"][0]["s3"]["object"]["key"], "small")
            told = {name: a["StringValue"] for name, a in dead["MessageAttributes"].items()}
            self.assertEqual((told["ErrorCode"], told["ErrorMessage"]), ("200", "1 bytes are too few"))
            error = self.lines(function, r"^\[ERROR\] TooSmall: 1 bytes are too few\nTraceback \(most recent call last\):\n", 3)[0]
            self.assertIn('File "/var/task/index.py", line 11, in handler\n', error)
            self.assertEqual(len({line.split()[2] for line in self.lines(function, "^REPORT", 3)}), 1)  # one request id for all three
            self.metric(function, "Errors", 3)
            alarm, = self.cloudwatch.describe_alarms(AlarmNames=[s.out("Alarm")])["MetricAlarms"]
            self.assertEqual((alarm["StateValue"], alarm["AlarmActions"]), ("INSUFFICIENT_DATA", [s.physical("Alerts")]))  # alarms are kept, not evaluated
            s.update({"if size < 10": "if size < 1"})
            self.put(bucket, "small", b"x")
            self.lines(function, "^REPORT", 4)
            self.assertEqual(len(self.lines(function, "TooSmall")), 3)
            self.empty(bucket)
            self.leaves_log_group(s, f"/aws/lambda/{function}")
            s.remove()

    @needs_node
    def test_hangs_node(self):
        with self.stack("hangs-node") as s:
            s.deploy()
            function = s.out("Function")
            error, first = self.invoke(function)
            self.assertEqual((error, first["calls"], first["hung"]), (None, 1, False))
            error, said = self.invoke(function, {"hang": True})
            self.assertEqual((error, said["errorType"]), ("Unhandled", "Sandbox.Timedout"))
            self.assertRegex(said["errorMessage"], r"^RequestId: [0-9a-f-]{36} Error: Task timed out after 1\.00 seconds$")
            # The program is started anew in the same environment: the state is gone, /tmp and the log stream are not.
            error, said = self.invoke(function)
            self.assertEqual((error, said["calls"], said["hung"], said["stream"]), (None, 1, True, first["stream"]))
            self.lines(function, r"^20[0-9T:.-]+Z [0-9a-f-]{36} Task timed out after 1\.00 seconds")
            self.assertRegex(self.lines(function, "^REPORT", 3)[1], r"\tStatus: timeout")
            self.lambda_.invoke(FunctionName=function, InvocationType="Event", Payload=b'{"hang": true}')
            lost = json.loads(self.messages(s.out("Lost"))[0]["Body"])
            self.assertEqual((lost["requestContext"]["condition"], lost["requestPayload"]), ("RetriesExhausted", {"hang": True}))
            self.assertIn("timed out", lost["responsePayload"]["errorMessage"])
            self.metric(function, "Errors", 2)
            s.update({"Timeout: 1\n": "Timeout: 2\n"})
            error, said = self.invoke(function, {"hang": True})
            self.assertRegex(said["errorMessage"], "after 2.00 seconds$")
            self.leaves_log_group(s, f"/aws/lambda/{function}")
            s.remove()

    @needs_python
    @needs_boto3
    def test_seeds_urllib(self):
        with self.stack("seeds-urllib") as s:
            s.deploy()
            bucket, function, topic = s.out("Bucket"), s.out("Function"), s.out("Topic")
            self.assertEqual((s.out("Key"), s.physical("Seeded")), ("seed-first", "seed-first"))
            self.assertEqual(self.s3.get_object(Bucket=bucket, Key="seed-first")["Body"].read(), b"hello")
            self.assertEqual(self.sns.get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"], "2-true")
            secret = self.sns.list_tags_for_resource(ResourceArn=topic)["Tags"][0]["Value"]
            self.assertRegex(secret, "^[0-9a-f]{16}$")
            self.assertNotIn(secret, json.dumps(self.cf.describe_stack_events(StackName=s.id), default=str))  # NoEcho
            given = json.loads(self.lines(function, '"asked": "Create"')[0])["given"]
            self.assertEqual(given["Options"], {"Fail": "false", "Tries": "3", "Ratio": "0.5", "Colours": ["red", "7", "true"], "Nested": {"Deep": {"Number": "1"}}})
            self.lines(function, "answered SUCCESS 200")

            s.update(Greeting="good day")  # in place
            asked = json.loads(self.lines(function, '"asked": "Update"')[0])
            self.assertEqual((asked["before"]["Greeting"], asked["given"]["Greeting"], asked["id"]), ("hello", "good day", "seed-first"))
            s.update(Greeting="good day", Name="second")  # another id: the old one is deleted in the end
            self.assertEqual(s.physical("Seeded"), "seed-second")
            asked = json.loads(self.lines(function, '"asked": "Delete"')[0])
            self.assertEqual((asked["id"], asked["given"]["Name"]), ("seed-first", "first"))
            self.assertEqual([o["Key"] for o in self.s3.list_objects_v2(Bucket=bucket)["Contents"]], ["seed-second"])

            # A failure has the function's words, and what was is put back.
            s.update({"Fail: false": "Fail: true"}, Greeting="bad", Name="third", want="UPDATE_ROLLBACK_COMPLETE")
            self.assertTrue([e for e in s.events() if "Seeded UPDATE_FAILED Received response status [FAILED] from custom resource. Message returned: "
                             "ValueError: asked to fail (RequestId: " in e], s.events())
            self.assertEqual(s.physical("Seeded"), "seed-second")
            self.assertEqual(self.s3.get_object(Bucket=bucket, Key="seed-second")["Body"].read(), b"good day")
            self.report(function, 128, 5)
            self.leaves_log_group(s, f"/aws/lambda/{function}")
            s.remove()

    @needs_python
    @needs_boto3
    def test_answers_every_way(self):
        """By every client, with any content type or none, in one piece or in chunks, once and again."""
        ways = ["by_urllib", "by_client", "by_chunks", "by_urllib3", "by_botocore", "by_curl", "twice"]
        with self.stack("answers-every-way") as s:
            s.deploy()
            function = s.out("Function")
            self.assertEqual(s.out("Ways").split(), ways)
            for way in ways:
                self.lines(function, f"Create {way}: 200")
            s.remove()
            for way in ways:
                self.lines(function, f"Delete {way}: 200")
            self.leaves_log_group(s, f"/aws/lambda/{function}")

    @needs_python
    def test_crashes(self):
        """Nobody answers: what was asked for is undone when ServiceTimeout is over, and Delete names an id that was drawn for it."""
        with self.stack("crashes") as s:
            s.deploy(Crash="yes", want="ROLLBACK_COMPLETE")
            self.assertRegex([e for e in s.events() if e.startswith("Thing CREATE_FAILED")][0],
                             r"CloudFormation did not receive a response from your Custom Resource\. Please check your logs for requestId \[[0-9a-f-]{36}\]\.")
            self.lines(f"{s.name}-provider", "Runtime exited with error: exit status 3")
            self.assertTrue([e for e in s.events() if e.startswith("Thing DELETE_COMPLETE")])
            self.leaves_log_group(s, f"/aws/lambda/{s.name}-provider")
            s.remove()
            self.cloud.advance(61)  # the event would be tried again, and goes when there is no function

    @needs_python
    def test_a_function_that_is_gone_before_its_resource(self):
        with self.stack("crashes") as s:
            s.deploy()
            function = s.out("Function")
            self.report(function, 128)
            self.lambda_.delete_function(FunctionName=function)
            s.remove(want="DELETE_FAILED")
            self.assertIn("Function not found", [e for e in s.events() if e.startswith("Thing DELETE_FAILED")][0])
            self.cf.delete_stack(StackName=s.name, RetainResources=["Thing"])
            s.reaches("DELETE_COMPLETE")
            self.leaves_log_group(s, f"/aws/lambda/{function}")

    @needs_node
    def test_topic_token(self):
        with self.stack("topic-token") as s:
            s.deploy()
            function = s.out("Function")
            self.assertEqual((s.out("Said"), s.physical("Provided")), ("one!", "provided-one"))
            self.lines(function, "asked by topic: Create of one")
            s.update(Value="two")
            self.assertEqual((s.out("Said"), s.physical("Provided")), ("two!", "provided-one"))
            self.lines(function, "asked by topic: Update of two")
            self.report(function, 128, 2)
            self.metric(function, "Invocations", 2)
            self.leaves_log_group(s, f"/aws/lambda/{function}")
            s.remove()
            self.lines(function, "asked by topic: Delete of two")


if __name__ == "__main__":
    main()
