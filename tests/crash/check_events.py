"""S3's events to a queue and to a topic: every upload and deletion has its event, once, and no event is of nothing."""
import collections
import json
import random
import urllib.parse

from cloud import waited
from history import Registers
from work import Work as Base, code_of

BUCKET, QUEUE, HEARD, TOPIC = "crash-inbox", "crash-arrivals", "crash-heard", "crash-inbox-news"


class Work(Base):
    name = "events"

    def __init__(self, history):
        super().__init__(history)
        self.events = Registers("event")    # (key, what) → True
        self.objects = Registers("object")  # key → True
        self.standing, self.events_seen = [], collections.Counter()  # how often it came

    def prepare(self, c):
        c.s3.create_bucket(Bucket=BUCKET)
        topic = c.sns.create_topic(Name=TOPIC)["TopicArn"]
        allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["sqs:SendMessage", "sns:Publish"], "Resource": "*"}]}
        arns = {}
        for queue in (QUEUE, HEARD):
            url = c.sqs.create_queue(QueueName=queue, Attributes={"MessageRetentionPeriod": "1209600"})["QueueUrl"]
            arns[queue] = c.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            allow["Statement"][0].update(Action="sqs:SendMessage", Resource=arns[queue])
            c.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(allow)})
        allow["Statement"][0].update(Action="sns:Publish", Resource=topic)
        c.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(allow))
        c.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns[HEARD], Attributes={"RawMessageDelivery": "true"})

        def rule(prefix):
            return {"Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"], "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}}
        c.s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arns[QUEUE], **rule("in/")}], "TopicConfigurations": [{"TopicArn": topic, **rule("news/")}]})

    # ---- requests: each key is put once, and deleted once ----
    def put(self, c, rng):
        key = f"{rng.choice(('in/', 'news/', 'out/'))}{self.history.number()} ü"
        request = self.history.begin(f"PutObject {key}")
        self.objects[key].write(request, True)
        if not key.startswith("out/"):
            self.events[key, "ObjectCreated:Put"].write(request, True)
        self.history.ask(request.what, lambda: c.s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode() * rng.choice((1, 4000))), request=request)
        if request.state == "answered":
            self.standing.append(key)

    def delete(self, c, rng):
        try:
            key = self.standing.pop(rng.randrange(len(self.standing)))
        except (IndexError, ValueError):  # nothing is left, or another thread was faster
            return
        request = self.history.begin(f"DeleteObject {key}")
        self.objects[key].write(request, None)
        if not key.startswith("out/"):
            self.events[key, "ObjectRemoved:Delete"].write(request, True)
        self.history.ask(request.what, lambda: c.s3.delete_object(Bucket=BUCKET, Key=key), request=request)

    steps = ((60, put), (30, delete))

    # ---- what is there ----
    def read(self, c):
        for name in (QUEUE, HEARD):
            url = c.queue_url(name)
            messages = c.drain(url)
            for message in messages:
                for record in json.loads(message["Body"]).get("Records", []):  # but for the test event
                    self.events_seen[urllib.parse.unquote_plus(record["s3"]["object"]["key"]), record["eventName"].removeprefix("s3:")] += 1
            c.remove(url, messages)

    def missing(self):
        return [e for e, r in self.events.items() if e not in self.events_seen and r.possible() == {True}]

    def check(self, cloud, c):
        problems, objects = [], {}
        waited(lambda: self.read(c) or not self.missing(), seconds=self.patience, every=0.2)
        for key in list(self.objects):
            if code_of(c.s3.head_object, Bucket=BUCKET, Key=key) is None:
                objects[key] = True
        # A request that was cut off: the object and its event are one commit.
        waited(lambda: self.read(c) or not self.halves(objects), seconds=5, every=0.2)
        problems += [f"event {key} {what}: its object {'is' if key in objects else 'is not'} there" for key, what in self.halves(objects)]
        problems += [f"event {e} came {n} times" for e, n in self.events_seen.items() if n > 1]
        self.events.compare({e: True for e in self.events_seen}, problems)
        self.objects.compare(objects, problems)
        for e in [e for e in self.events if e in self.events_seen or e[0] not in objects]:
            del self.events[e]
        for key in [k for k in self.objects if k not in objects]:
            del self.objects[key]
        self.standing, self.events_seen = [k for k in self.standing if k in objects], collections.Counter()
        return problems

    patience = 60

    def halves(self, objects):
        """Events whose object's state is another: put and not there, there and not put."""
        return [(key, what) for (key, what), register in self.events.items() if register.possible() == {None, True}
                and ((key in objects) == (what == "ObjectCreated:Put")) != ((key, what) in self.events_seen)]

    def harms(self, c):
        def lose():
            c.s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={})
            for seed in range(8):
                self.put(c, random.Random(seed))

        def double():
            self.put(c, random.Random(3))  # of in/
            url = c.queue_url(QUEUE)
            message = c.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10, VisibilityTimeout=0)["Messages"][0]
            c.sqs.send_message(QueueUrl=url, MessageBody=message["Body"])
        return [("an event comes twice", double), ("events are lost", lose)]
