"""The daemon's log: a line for each failure of a function and each dead letter, in words, and none of theirs."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main, wait_for
from functions import FunctionsCase

QUEUE = "arn:aws:sqs:us-east-1:000000000000:"


class Lines(FunctionsCase):
    def lines(self, *parts):
        """(level, text) of the lines that have all the parts."""
        found = [json.loads(line) for line in self.cloud.stderr.splitlines()]
        return [(f["level"], f["msg"]) for f in found if all(p in f["msg"] for p in parts)]

    def one(self, *parts):
        wait_for(lambda: self.lines(*parts))
        (line,) = self.lines(*parts)
        return line

    def queue(self, name, **attributes):
        return self.cloud.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def test_an_event_that_fails(self):
        self.queue("dead")
        arn = self.make("sad", DeadLetterConfig={"TargetArn": QUEUE + "dead"})["FunctionArn"]
        answer = self.functions.client.invoke(FunctionName="sad", InvocationType="Event",
                                              Payload='{"do":"tell","text":"private"}')
        request = answer["ResponseMetadata"]["RequestId"]
        failed = f"function {arn}: request {request} failed"
        self.assertEqual(self.one(failed, "1 of 3"), (
            "warn", f"{failed} (attempt 1 of 3): it answered with an error; it is tried again in 60 s"))
        self.cloud.advance(61)
        self.assertEqual(self.one(failed, "2 of 3")[1].split("; ")[1], "it is tried again in 120 s")
        self.cloud.advance(121)
        self.assertEqual(self.one(failed, "3 of 3"), (
            "error", f"{failed} (attempt 3 of 3): it answered with an error; it is given up, and goes to the dead "
                     f"letters in {QUEUE}dead"))
        self.assertNotIn("private", self.cloud.stderr)

    def test_one_that_ends_with_nowhere_to_go(self):
        self.make("gone")
        self.functions.client.put_function_event_invoke_config(FunctionName="gone", MaximumRetryAttempts=0)
        self.functions.client.invoke(FunctionName="gone", InvocationType="Event", Payload='{"do":"exit"}')
        level, text = self.one("function:gone: request")
        self.assertEqual(level, "error")
        self.assertRegex(text, r"failed \(attempt 1 of 1\): Runtime exited with error: exit status 3; it is given up and "
                               "lost: the function has no dead-letter queue and no OnFailure destination$")

    def test_a_caller_who_waits(self):
        self.make("waited")
        self.assertIsNotNone(self.invoke("waited", {"do": "error"}).error)
        self.assertRegex(self.one("function:waited")[1], "failed: it answered with an error; its caller was told$")

    def test_dead_letters_of_topics_and_queues(self):
        sns, sqs = self.cloud.client("sns"), self.cloud.client("sqs")
        self.queue("letters")
        topic = sns.create_topic(Name="t")["TopicArn"]
        for name, attributes in {"kept": {"RedrivePolicy": json.dumps({"deadLetterTargetArn": QUEUE + "letters"})},
                                 "lost": {}}.items():
            url = self.queue(name)
            sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE + name, Attributes=attributes)
            sqs.delete_queue(QueueUrl=url)
        sns.publish(TopicArn=topic, Message="private")
        said = f"an event from {topic} to {QUEUE}"
        self.assertEqual(self.one(said + "kept"), (
            "warn", f"{said}kept goes to the dead letters in {QUEUE}letters: the target does not exist"))
        self.assertEqual(self.one(said + "lost"), ("error", f"{said}lost is lost: the target does not exist"))

        url = self.queue("slow", RedrivePolicy=json.dumps({"deadLetterTargetArn": QUEUE + "letters", "maxReceiveCount": 1}))
        message = sqs.send_message(QueueUrl=url, MessageBody="private")["MessageId"]
        for _ in range(2):
            sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
        self.assertEqual(self.one(message), (
            "warn", f"message {message} of queue {QUEUE}slow goes to the dead letters in {QUEUE}letters: receives without "
                    "a deletion: 1"))
        self.assertNotIn("private", self.cloud.stderr)

    def test_many_of_a_kind(self):
        self.make("often")
        for _ in range(40):
            self.invoke("often", {"do": "error"})
        wait_for(lambda: self.lines("function:often"))
        self.assertLessEqual(len(self.lines("its caller was told")), 31)


if __name__ == "__main__":
    main()
