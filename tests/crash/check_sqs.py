"""SQS: what was sent is received until it is deleted; depths are what is in there; dead letters are in one place."""
import json

from history import Registers
from work import Work as Base

QUEUE, DEAD = "crash-work", "crash-dead"
CHURN = [f"crash-queue-{n}" for n in range(2)]


class Work(Base):
    name = "sqs"

    def __init__(self, history):
        super().__init__(history)
        self.messages, self.queues, self.largest = Registers("message"), Registers("queue"), Registers("attribute", "200000")

    def prepare(self, c):
        keep = {"MessageRetentionPeriod": "1209600"}
        dead = c.sqs.create_queue(QueueName=DEAD, Attributes={**keep, "MaximumMessageSize": "200000"})["QueueUrl"]
        arn = c.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        c.sqs.create_queue(QueueName=QUEUE, Attributes={**keep, "VisibilityTimeout": "120", "RedrivePolicy": json.dumps(
            {"deadLetterTargetArn": arn, "maxReceiveCount": 3})})

    # ---- requests ----
    def send(self, c, rng):
        numbers = [str(self.history.number()) for _ in range(rng.choice((1, 1, 1, 5)))]
        request = self.history.begin(f"SendMessage {numbers}")
        rows = [{"Id": n, "MessageBody": n + " " + "é" * rng.choice((0, 50, 5000)), "DelaySeconds": rng.choice((0, 0, 0, 30, 900)),
                 "MessageAttributes": {"n": {"DataType": "Number", "StringValue": n}}} for n in numbers]
        for n in numbers:
            self.messages[n].write(request, True)
        if len(rows) == 1:
            del rows[0]["Id"]
            self.history.ask(request.what, lambda: c.sqs.send_message(QueueUrl=c.queue_url(QUEUE), **rows[0]), request=request)
        else:
            _, answer = self.history.ask(request.what, lambda: c.sqs.send_message_batch(QueueUrl=c.queue_url(QUEUE), Entries=rows), request=request)
            if answer and answer.get("Failed"):
                self.history.problems.append(f"{request.what}: {answer['Failed']}")

    def receive(self, c, rng):
        """Deletes some of what comes, gives some back, leaves some in flight."""
        _, answer = self.history.ask("ReceiveMessage", lambda: c.sqs.receive_message(QueueUrl=c.queue_url(QUEUE), MaxNumberOfMessages=10))
        for m in (answer or {}).get("Messages", []):
            number, chance = m["Body"].split()[0], rng.random()
            if self.messages[number].possible() == {None}:
                self.history.problems.append(f"message {number}: received, and it was deleted")
            if chance < 0.6:
                request = self.history.begin(f"DeleteMessage {number}")
                self.messages[number].write(request, None)
                self.history.ask(request.what, lambda: c.sqs.delete_message(QueueUrl=c.queue_url(QUEUE), ReceiptHandle=m["ReceiptHandle"]), request=request)
            elif chance < 0.8:
                self.history.ask(f"ChangeMessageVisibility {number}", lambda: c.sqs.change_message_visibility(
                    QueueUrl=c.queue_url(QUEUE), ReceiptHandle=m["ReceiptHandle"], VisibilityTimeout=rng.choice((0, 300))),
                    refusals=("MessageNotInflight",))

    def attribute(self, c, rng):
        number = str(self.history.number())
        request = self.history.begin(f"SetQueueAttributes {number}")
        self.largest["MaximumMessageSize"].write(request, str(200000 + int(number) % 50000))
        self.history.ask(request.what, lambda: c.sqs.set_queue_attributes(
            QueueUrl=c.queue_url(DEAD), Attributes={"MaximumMessageSize": str(200000 + int(number) % 50000)}), request=request)

    def queue(self, c, rng):
        name, make = rng.choice(CHURN), rng.random() < 0.5
        request = self.history.begin(f"{'Create' if make else 'Delete'}Queue {name}")
        self.queues[name].write(request, make or None)
        self.history.ask(request.what, lambda: c.sqs.create_queue(QueueName=name) if make else c.sqs.delete_queue(QueueUrl=c.queue_url(name)),
                         refusals=("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "AWS.SimpleQueueService.QueueDeletedRecently"), request=request)

    steps = ((50, send), (30, receive), (5, attribute), (5, queue))

    # ---- what is there ----
    def depth(self, c, name):
        names = [f"ApproximateNumberOfMessages{x}" for x in ("", "NotVisible", "Delayed")]
        got = c.sqs.get_queue_attributes(QueueUrl=c.queue_url(name), AttributeNames=names)["Attributes"]
        return sum(int(got[n]) for n in names)

    def check(self, cloud, c):
        problems, found, standing = [], {}, {}
        told = self.depth(c, QUEUE) + self.depth(c, DEAD)
        c.advance(1000)  # what was delayed or in flight can be seen
        for name in (QUEUE, DEAD):
            for m in c.drain(c.queue_url(name)):
                number = m["Body"].split()[0]
                if number in found:
                    problems.append(f"message {number}: is in two places, or twice")
                if m["MessageAttributes"]["n"]["StringValue"] != number:
                    problems.append(f"message {number}: its attribute is {m['MessageAttributes']}")
                found[number] = True
                standing.setdefault(name, []).append(m)
        if told != len(found):
            problems.append(f"the depths of the queues say {told}, and {len(found)} messages are in them")
        self.messages.compare(found, problems)
        if (told := self.depth(c, QUEUE) + self.depth(c, DEAD)) != len(found):
            problems.append(f"with all in flight the depths of the queues say {told}, and {len(found)} messages are in them")
        for name, messages in standing.items():  # two of three go, and must not come again
            gone = [m for i, m in enumerate(messages) if i % 3]
            c.remove(c.queue_url(name), gone)
            for m in gone:
                self.messages[m["Body"].split()[0]].settle(None)
        size = c.sqs.get_queue_attributes(QueueUrl=c.queue_url(DEAD), AttributeNames=["MaximumMessageSize"])["Attributes"]
        self.largest.compare(size, problems)
        listed = [u.rsplit("/", 1)[1] for u in c.sqs.list_queues(QueueNamePrefix="crash-queue").get("QueueUrls", [])]
        self.queues.compare({n: True for n in listed}, problems)
        return problems

    def harms(self, c):
        def lose(which):
            m = c.drain(c.queue_url(QUEUE), seconds=0 if which else 600)
            c.remove(c.queue_url(QUEUE), m[:1])
        return [("a message is lost", lambda: c.sqs.purge_queue(QueueUrl=c.queue_url(QUEUE))),
                ("a message that nobody sent", lambda: c.sqs.send_message(QueueUrl=c.queue_url(QUEUE), MessageBody="0 ?", MessageAttributes={
                    "n": {"DataType": "Number", "StringValue": "0"}}))]
