"""SNS: what was published is in every queue that subscribed to it, and in none that did not."""
import json

from history import Registers
from work import Work as Base

TOPIC = "crash-news"
QUEUES = {"crash-all": {"RawMessageDelivery": "true"}, "crash-wrapped": {},
          "crash-odd": {"RawMessageDelivery": "true", "FilterPolicy": json.dumps({"kind": ["odd"]})}}


def wanted(queue, number):
    return queue != "crash-odd" or int(number) % 2 == 1


class Work(Base):
    name = "sns"

    def __init__(self, history):
        super().__init__(history)
        self.published, self.arrived, self.display = Registers("publication"), {q: [] for q in QUEUES}, Registers("topic's name")

    def prepare(self, c):
        self.arn = c.sns.create_topic(Name=TOPIC)["TopicArn"]
        for name, attributes in QUEUES.items():
            url = c.sqs.create_queue(QueueName=name, Attributes={"MessageRetentionPeriod": "1209600"})["QueueUrl"]
            arn = c.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            c.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]})})
            c.sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=arn, Attributes=attributes)

    # ---- requests ----
    def publish(self, c, rng):
        number = str(self.history.number())
        request = self.history.begin(f"Publish {number}")
        self.published[number].write(request, True)
        self.history.ask(request.what, lambda: c.sns.publish(
            TopicArn=self.arn, Message=number, Subject="n" + "!" * rng.randrange(20),
            MessageAttributes={"kind": {"DataType": "String", "StringValue": "odd" if int(number) % 2 else "even"}}), request=request)

    def rename(self, c, rng):
        number = str(self.history.number())
        request = self.history.begin(f"SetTopicAttributes {number}")
        self.display[TOPIC].write(request, number)
        self.history.ask(request.what, lambda: c.sns.set_topic_attributes(TopicArn=self.arn, AttributeName="DisplayName", AttributeValue=number), request=request)

    steps = ((30, publish), (2, rename))

    # ---- what is there ----
    def read(self, c):
        for name, numbers in self.arrived.items():
            messages = c.drain(c.queue_url(name))
            c.remove(c.queue_url(name), messages)
            numbers += [json.loads(m["Body"])["Message"] if name == "crash-wrapped" else m["Body"] for m in messages]

    def whole(self):
        """Whether each that was answered, or has arrived anywhere, is everywhere."""
        some = {n for numbers in self.arrived.values() for n in numbers} | {n for n, r in self.published.items() if r.possible() == {True}}
        return not any(n not in self.arrived[q] for q in QUEUES for n in some if wanted(q, n))

    patience = 60

    def check(self, cloud, c):
        from cloud import waited
        problems = []
        waited(lambda: self.read(c) or self.whole(), seconds=self.patience, every=0.2)
        some = {n for numbers in self.arrived.values() for n in numbers}
        for queue, numbers in self.arrived.items():
            want = {n for n in some | {n for n, r in self.published.items() if r.possible() == {True}} if wanted(queue, n)}
            if set(numbers) != want:
                problems.append(f"queue {queue}: lacks {sorted(want - set(numbers))}, has beyond {sorted(set(numbers) - want)}")
            if len(numbers) != len(set(numbers)):
                problems.append(f"queue {queue}: {sorted(n for n in set(numbers) if numbers.count(n) > 1)} came more than once")
        self.published.compare({n: True for n in some}, problems)
        self.published.clear()
        self.arrived = {q: [] for q in QUEUES}
        self.display.compare({TOPIC: c.sns.get_topic_attributes(TopicArn=self.arn)["Attributes"]["DisplayName"] or None}, problems)
        if len(c.sns.list_subscriptions_by_topic(TopicArn=self.arn)["Subscriptions"]) != len(QUEUES):
            problems.append("topic: it has other subscriptions than were made")
        return problems

    def harms(self, c):
        import random

        def lose(queue):
            self.publish(c, random.Random(1))
            m = c.sqs.receive_message(QueueUrl=c.queue_url(queue), WaitTimeSeconds=10)["Messages"]
            c.remove(c.queue_url(queue), m)

        def another():
            c.sns.publish(TopicArn=self.arn, Message="0")
            c.sqs.receive_message(QueueUrl=c.queue_url("crash-all"), WaitTimeSeconds=10, VisibilityTimeout=0)
        return [("a notification is lost", lambda: lose("crash-all")), ("one in an envelope is lost", lambda: lose("crash-wrapped")),
                ("one that nobody published", another)]
