"""The two systems that the specification comes from, in the shapes in which people deploy them."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from stacks import StackCase, needs_boto3, needs_node, needs_python, needs_sdk  # noqa: E402
from cloud import main, wait_for  # noqa: E402

ASKED = r"Request: .*\"RequestType\": \"%s\""


class Pipelines(StackCase):
    def listen(self, topic):
        """A queue of the test's own that hears the topic: (its URL, what ends both)."""
        url = self.sqs.create_queue(QueueName="hears-" + topic.rsplit(":", 1)[1])["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]})})
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return url

    @needs_python
    @needs_boto3
    def test_uploads_python(self):
        """S3, a Python function, DynamoDB and SNS; the notification by a custom resource."""
        with self.stack("uploads-python") as s:
            s.deploy(ProjectName="cards")
            bucket, table, function = s.out("Bucket"), s.out("Table"), s.out("Function")
            self.assertEqual(s.out("Notified"), bucket)
            self.assertEqual(s.physical("BucketNotification"), f"{bucket}-notification")
            told = self.s3.get_bucket_notification_configuration(Bucket=bucket)["LambdaFunctionConfigurations"][0]
            self.assertTrue(told["LambdaFunctionArn"].endswith(f":function:{function}"))
            self.assertEqual(told["Events"], ["s3:ObjectCreated:*"])
            heard = self.listen(s.out("Topic"))

            self.put(bucket, "from the sea/ä card.jpg", b"x" * 3072, ContentType="image/jpeg")
            said = json.loads(json.loads(self.messages(heard)[0]["Body"])["Message"])
            self.assertEqual((said["Key"], said["Size"], said["Kilobytes"]), ("from the sea/ä card.jpg", 3072, "3.0"))
            row = self.item(table, ImageID=said["ImageID"])
            self.assertEqual((row["Kilobytes"]["N"], row["ContentType"]["S"]), ("3", "image/jpeg"))
            self.assertEqual([t["S"] for t in row["Tags"]["L"]], ["postcard", "dev"])
            self.assertRegex(self.lines(function, "Received event")[0], r"^\[INFO\]\t20[0-9-]+T[0-9:.]+Z\t[0-9a-f-]{36}\tReceived event: \{")
            self.assertEqual(self.lines(function, "is written down")[0].rstrip("\n"), "postcard from the sea/ä card.jpg is written down")
            self.report(function, 512)
            self.metric(function, "Invocations")
            self.assertEqual(len(self.lines(s.out("Notifier"), ASKED % "Create")), 1)

            # Another suffix is an update of the custom resource; the function's code changes with it.
            s.update({"Suffix: .jpg": "Suffix: .png", "is written down": "is in the book"}, ProjectName="cards")
            self.assertEqual(s.physical("BucketNotification"), f"{bucket}-notification")
            asked = self.lines(s.out("Notifier"), ASKED % "Update")[0]
            self.assertEqual(json.loads(asked.split("Request: ", 1)[1])["OldResourceProperties"]["Suffix"], ".jpg")
            self.put(bucket, "two.jpg", b"y")
            self.put(bucket, "two.png", b"y")
            self.messages(heard)
            self.lines(function, "postcard two.png is in the book")
            self.assertFalse([line for line in self.all_lines(f"/aws/lambda/{function}") if "two.jpg" in line])

            # A handler that fails raises the alarm's metric: the object is gone before it is read (403, for the role may not list).
            error, answer = self.invoke(function, {"Records": [{"s3": {"bucket": {"name": bucket}, "object": {"key": "gone.png"}}}]})
            self.assertEqual((error, answer["errorType"]), ("Unhandled", "ClientError"))
            self.lines(function, r"^\[ERROR\]\t.*Could not process gone.png: 403")
            self.metric(function, "Errors")

            self.sqs.delete_queue(QueueUrl=heard)
            self.empty(bucket)
            s.remove()

    @needs_node
    @needs_sdk
    def test_copies_node(self):
        """Two buckets, and a custom resource that answers by port 443 whatever the URL says."""
        with self.stack("copies-node") as s:
            s.deploy(Source="copies-from", Destination="copies-to")
            function, configure = s.out("Function"), s.out("Configure")
            self.assertEqual(s.out("Configured"), "copies-from")
            stream = s.physical("Configuration")
            self.assertRegex(stream, r"^20\d\d/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$")
            heard = self.listen(s.out("Topic"))
            self.put("copies-from", "a b+c.txt", b"four", ContentType="text/plain")
            self.assertEqual(json.loads(self.messages(heard)[0]["Body"])["Message"], "a b+c.txt: 4 bytes")
            copy = self.s3.get_object(Bucket="copies-to", Key="copies/a b+c.txt")
            self.assertEqual((copy["Body"].read(), copy["ContentType"], copy["Metadata"]), (b"four", "text/plain", {"origin": "copies-from"}))
            self.assertRegex(self.lines(function, "copied a b")[0], r"^20[0-9-]+T[0-9:.]+Z\t[0-9a-f-]{36}\tINFO\tcopied a b\+c.txt")
            self.assertIn('\n  "Records": [\n', self.lines(function, "Event: ")[0])  # one event, lines and all
            self.report(function, 256)
            self.metric(function, "Invocations")
            self.lines(configure, "Request type: Create")
            self.lines(configure, "Status code: 200")

            s.update({"`copies/${key}`": "`copied/${key}`", "Function: !GetAtt CopyFunction.Arn": "Function: !GetAtt CopyFunction.Arn\n      More: 1"},
                     Source="copies-from", Destination="copies-to")
            self.lines(configure, "Request type: Update")
            self.assertEqual(s.physical("Configuration"), stream)  # the same environment, and so the same stream
            self.put("copies-from", "two", b"2")
            self.messages(heard)
            wait_for(lambda: self.s3.list_objects_v2(Bucket="copies-to", Prefix="copied/").get("Contents"))

            self.sqs.delete_queue(QueueUrl=heard)
            self.empty("copies-from")
            self.empty("copies-to")
            for name in function, configure:
                self.leaves_log_group(s, f"/aws/lambda/{name}")
            s.remove()


if __name__ == "__main__":
    main()
