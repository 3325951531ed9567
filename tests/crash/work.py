"""What the workloads of tests/crash share. A workload is a module check_SERVICE.py with a class Work.

    prepare(clients)        makes what its requests need; once, and answered
    step(clients, rng)      one random request, or a few, from any thread, written into the history
    check(cloud, clients)   reads everything back, once nobody asks any more; what is wrong, in words
    harms(clients)          (name, function): each takes something away that was answered, so that
                            test_checker.py can see check find it. What check goes on finding, the
                            function gives a function to undo
"""
import hashlib
import random
import threading
import time

import botocore.exceptions

SIZES = (0, 300, 20_000, 32_768, 32_769, 90_000, 200_000)  # in the row up to 32 KiB, else a file of their own


def body(number):
    """The bytes that go with a number."""
    return random.Random(number).randbytes(SIZES[number % len(SIZES)])


def md5(data):
    return hashlib.md5(data).hexdigest()


def code_of(call, **args):
    """The code of the error that a call ends in, or None."""
    try:
        call(**args)
    except botocore.exceptions.ClientError as e:
        return e.response["Error"]["Code"]
    return None


def everything(client, operation, member, **args):
    """All pages of a list."""
    return [x for page in client.get_paginator(operation).paginate(**args) for x in page.get(member, [])]


class Clients:
    """boto3's clients of one cloud, one a service, for all threads. They outlive restarts: port and keys stay."""

    def __init__(self, cloud):
        self._cloud, self._made, self._lock, self.offset_ms = cloud, {}, threading.Lock(), 0

    def __getattr__(self, service):
        return self._client(service, False)

    def tls(self, service):
        """Where a policy wants it. A disk that is mounted elsewhere has its certificate elsewhere."""
        return self._client(service, self._cloud.ca)

    def _client(self, service, ca):
        with self._lock:
            if (service, ca) not in self._made:
                self._made[service, ca] = self._cloud.client(service, tls=bool(ca), connect_timeout=2, read_timeout=30, max_pool_connections=32)
            return self._made[service, ca]

    def of(self, service, keys):
        """The client of another identity."""
        return self._cloud.client(service, tls=False, keys=keys, connect_timeout=2, read_timeout=30)

    def run(self, *args):
        """The command line."""
        return self._cloud.run(*args)

    def queue_url(self, name):
        return f"{self._cloud.plain_endpoint}/{self._cloud.account}/{name}"

    def advance(self, seconds):
        self.offset_ms = self._cloud.advance(seconds)["offset_ms"]

    def world_ms(self):
        """World time, which the tests move."""
        return int(time.time() * 1000) + self.offset_ms

    def drain(self, queue, seconds=600):
        """All messages of a queue that can be seen, which are out of sight for so long afterwards."""
        found = []
        while got := self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=seconds,
                                              MessageAttributeNames=["All"]).get("Messages"):
            found += got
        return found

    def remove(self, queue, messages):
        for at in range(0, len(messages), 10):
            self.sqs.delete_message_batch(QueueUrl=queue, Entries=[
                {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages[at:at + 10])])


class Work:
    def __init__(self, history):
        self.history = history

    def step(self, clients, rng):
        """One of the methods that are in steps: (weight, method)."""
        weights, methods = zip(*self.steps)
        rng.choices(methods, weights)[0](self, clients, rng)

    def harms(self, clients):
        return []
