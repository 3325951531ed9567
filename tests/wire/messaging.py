"""SNS and SQS in the whole daemon: over TLS, through a kill, by both command lines, and what other
services make of them. Their operations one by one: tests/svc/sqs/messaging.py.

also with Debian's boto3
"""
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, CloudCase, main, wait_for

ACCOUNT = "000000000000"


def arn(service, name):
    return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{name}"


def admit(service, action, resource, source):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource,
         "Condition": {"ArnLike": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}}]})


class Messaging(CloudCase):
    def setUp(self):
        self.name = self.id().rsplit(".", 1)[1].replace("_", "-")
        self.sqs, self.sns = self.cloud.client("sqs"), self.cloud.client("sns")

    def queue(self, suffix="", **attributes):
        return self.sqs.create_queue(QueueName=self.name + suffix, Attributes=attributes)["QueueUrl"]

    def receive(self, url, **kw):
        kw = {"WaitTimeSeconds": 10, "MaxNumberOfMessages": 10, **kw}
        return self.sqs.receive_message(QueueUrl=url, **kw).get("Messages", [])

    def test_long_poll_over_tls(self):
        url, got = self.queue(), []
        self.assertTrue(url.startswith("https://"))
        waiters = [threading.Thread(target=lambda: got.extend(self.receive(url, MaxNumberOfMessages=1))) for _ in range(4)]
        for w in waiters:
            w.start()
        time.sleep(0.5)
        for i in range(4):
            self.cloud.client("sqs", tls=False).send_message(QueueUrl=url, MessageBody=str(i))
        for w in waiters:
            w.join()
        self.assertEqual(sorted(m["Body"] for m in got), list("0123"))

    def test_bucket_to_topic_to_queue(self):
        s3, bucket = self.cloud.client("s3"), self.name
        s3.create_bucket(Bucket=bucket)
        topic = self.sns.create_topic(Name=self.name)["TopicArn"]
        wanted = {"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
        with self.assertRaises(Exception) as refused:  # the topic lets nobody in yet
            s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
        self.assertIn("Unable to validate", str(refused.exception))
        self.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy",
                                      AttributeValue=admit("s3.amazonaws.com", "sns:Publish", topic, f"arn:aws:s3:::{bucket}"))
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
        url = self.queue(Policy=admit("sns.amazonaws.com", "sqs:SendMessage", arn("sqs", self.name), topic))
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn("sqs", self.name))
        s3.put_object(Bucket=bucket, Key="a b.jpg", Body=b"x")
        for _ in range(5):  # s3:TestEvent may come first
            found = [json.loads(json.loads(m["Body"])["Message"]) for m in self.receive(url)]
            records = [r for event in found for r in event.get("Records", [])]
            if records:
                break
        self.assertEqual(records[0]["s3"]["object"]["key"], "a+b.jpg")

    def test_dead_letters_in_cloudwatch(self):
        cloudwatch = self.cloud.client("cloudwatch")
        self.queue("-dead")
        url = self.queue(VisibilityTimeout="1", RedrivePolicy=json.dumps(
            {"deadLetterTargetArn": arn("sqs", self.name + "-dead"), "maxReceiveCount": 1}))
        self.sqs.send_message(QueueUrl=url, MessageBody="poison")
        self.assertEqual(len(self.receive(url)), 1)
        self.cloud.advance(2)
        self.assertEqual(self.receive(url, WaitTimeSeconds=0), [])
        def visible():
            world = datetime.datetime.fromisoformat(self.cloud.admin("GET", "/health")[1]["world_time"].replace("Z", "+00:00"))
            points = cloudwatch.get_metric_statistics(
                Namespace="AWS/SQS", MetricName="ApproximateNumberOfMessagesVisible", Statistics=["Maximum"], Period=60,
                Dimensions=[{"Name": "QueueName", "Value": self.name + "-dead"}],
                StartTime=world - datetime.timedelta(minutes=10), EndTime=world + datetime.timedelta(minutes=10))["Datapoints"]
            return max([p["Maximum"] for p in points], default=0)
        self.assertEqual(wait_for(visible), 1)

    def command_line(self, aws):
        env = {**self.cloud.env(), "AWS_PAGER": ""}
        def run(*args):
            done = subprocess.run([aws, *args, "--endpoint-url", self.cloud.endpoint, "--output", "json"], env=env,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout) if done.stdout.strip() else {}
        name = self.name + "-" + pathlib.Path(os.path.realpath(aws)).parts[1]
        url = run("sqs", "create-queue", "--queue-name", name)["QueueUrl"]
        topic = run("sns", "create-topic", "--name", name)["TopicArn"]
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": admit("sns.amazonaws.com", "sqs:SendMessage", arn("sqs", name), topic)})
        run("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", arn("sqs", name))
        run("sns", "publish", "--topic-arn", topic, "--message", "from the command line", "--subject", "Image Processing Report")
        [m] = run("sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "10", "--attribute-names", "All")["Messages"]
        self.assertEqual(json.loads(m["Body"])["Message"], "from the command line")
        self.assertEqual(m["Attributes"]["ApproximateReceiveCount"], "1")
        run("sqs", "delete-message", "--queue-url", url, "--receipt-handle", m["ReceiptHandle"])
        got = run("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]
        self.assertEqual((got["ApproximateNumberOfMessages"], got["ApproximateNumberOfMessagesNotVisible"]), ("0", "0"))

    @unittest.skipUnless(shutil.which("aws"), "no aws command")
    def test_command_line(self):
        self.command_line(shutil.which("aws"))

    @unittest.skipUnless(os.path.exists("/usr/bin/aws"), "Debian's aws is not here")
    def test_command_line_of_debian(self):
        self.command_line("/usr/bin/aws")


class Kills(unittest.TestCase):
    """What was answered is there after kill -9: messages, their state, deliveries under way."""

    def test_kill(self):
        with Cloud() as cloud:
            sqs, sns = cloud.client("sqs"), cloud.client("sns")
            url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
            topic = sns.create_topic(Name="t")["TopicArn"]
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": admit("sns.amazonaws.com", "sqs:SendMessage", arn("sqs", "q"), topic)})
            sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn("sqs", "q"), Attributes={"RawMessageDelivery": "true"})
            sqs.send_message(QueueUrl=url, MessageBody="taken")
            [taken] = sqs.receive_message(QueueUrl=url)["Messages"]
            answered = {f"sent {i}" for i in range(20)} | {f"published {i}" for i in range(20)}
            for text in sorted(answered):
                if text.startswith("sent"):
                    sqs.send_message(QueueUrl=url, MessageBody=text)
                else:
                    sns.publish(TopicArn=topic, Message=text)
            cloud.kill9()
            cloud.restart()
            got = []
            while len(got) < len(answered):
                messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=10).get("Messages", [])
                self.assertTrue(messages, f"{len(got)} of {len(answered)} came back")
                got += [m["Body"] for m in messages]
            self.assertEqual(sorted(got), sorted(answered))  # each once, and the one in flight not at all
            sqs.delete_message(QueueUrl=url, ReceiptHandle=taken["ReceiptHandle"])
            a = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            self.assertEqual(a["ApproximateNumberOfMessagesNotVisible"], str(len(answered)))


if __name__ == "__main__":
    main()
