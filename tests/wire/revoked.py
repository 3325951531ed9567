"""A permission that is taken away is gone with the answer that says so, also for a caller who asks without a pause."""
# also with Debian's boto3
import itertools
import json
import pathlib
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from botocore.exceptions import ClientError
from cloud import CloudCase, main

ACCOUNT = "000000000000"
REFUSED = {"InvalidAccessKeyId", "AccessDenied", "AuthorizationError", "AccessDeniedException", "403", "AWS.SimpleQueueService.NonExistentQueue"}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions, resources, **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


class Looping:
    """Calls in a loop, and keeps of each call when it began, when it was answered, and whether it was let in."""

    def __init__(self, call):
        self._call, self._stop, self.seen, self.wrong = call, threading.Event(), [], []
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self._call()
                let_in = True
            except ClientError as e:
                let_in = False
                if e.response["Error"]["Code"] not in REFUSED:
                    self.wrong.append(e)
            self.seen.append((began, time.monotonic(), let_in))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


class Revoked(CloudCase):
    @classmethod
    def prepare(cls):
        cls.iam, cls.s3 = cls.cloud.client("iam"), cls.cloud.client("s3")
        cls.iam.create_user(UserName="opener")
        cls.iam.put_user_policy(UserName="opener", PolicyName="p", PolicyDocument=document(allow("sts:AssumeRole", "*")))
        key = cls.iam.create_access_key(UserName="opener")["AccessKey"]
        cls.opener = key["AccessKeyId"], key["SecretAccessKey"]
        cls.s3.create_bucket(Bucket="looped")
        cls.s3.put_object(Bucket="looped", Key="k", Body=b"x")
        cls.numbers = itertools.count()

    def role(self, *statements):
        """The name of a new role with these statements, and a maker of clients of a session of it."""
        name = f"looping-{next(self.numbers)}"
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        keys = self.cloud.client("sts", keys=self.opener).assume_role(RoleArn=arn, RoleSessionName="looping")["Credentials"]
        keys = keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
        return name, lambda service: self.cloud.client(service, tls=False, keys=keys, retries={"max_attempts": 1})

    def check(self, call, give, take, rounds=8):
        """call is let in after give and refused after take, in every call that began after the answer to one and was answered before the other was asked."""
        spans = []  # from, to, let in
        with Looping(call) as one, Looping(call) as other:
            for turn in range(2 * rounds):
                (give if turn % 2 else take)()
                began, calls = time.monotonic(), len(one.seen)
                deadline = began + 30
                while len(one.seen) < calls + 2 and time.monotonic() < deadline:  # one that began after the answer
                    self.assertTrue(one._thread.is_alive())
                    time.sleep(0)
                spans.append((began, time.monotonic(), bool(turn % 2)))
        for loop in one, other:
            self.assertEqual(loop.wrong, [])
            for start, end, let_in in spans:
                inside = [got for began, answered, got in loop.seen if start <= began and answered <= end]
                self.assertEqual(inside, [let_in] * len(inside))
        for start, end, _ in spans:
            self.assertTrue([1 for began, answered, _ in one.seen if start <= began and answered <= end])

    def test_policy_of_a_role(self):
        name, client = self.role()
        s3 = client("s3")
        self.check(lambda: s3.get_object(Bucket="looped", Key="k")["Body"].read(),
                   lambda: self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(allow("s3:GetObject", "arn:aws:s3:::looped/*"))),
                   lambda: self.iam.delete_role_policy(RoleName=name, PolicyName="p") if self.iam.list_role_policies(RoleName=name)["PolicyNames"] else None)

    def test_key_of_a_user(self):
        self.iam.create_user(UserName="keyed")
        self.iam.put_user_policy(UserName="keyed", PolicyName="p", PolicyDocument=document(allow("s3:GetObject", "*")))
        key = self.iam.create_access_key(UserName="keyed")["AccessKey"]
        keys = key["AccessKeyId"], key["SecretAccessKey"]
        s3 = self.cloud.client("s3", tls=False, keys=keys, retries={"max_attempts": 1})
        turn = lambda to: self.iam.update_access_key(UserName="keyed", AccessKeyId=keys[0], Status=to)
        self.check(lambda: s3.get_object(Bucket="looped", Key="k")["Body"].read(), lambda: turn("Active"), lambda: turn("Inactive"))

    def test_policy_attached_to_a_user(self):
        self.iam.create_user(UserName="attached")
        arn = self.iam.create_policy(PolicyName="attached", PolicyDocument=document(allow("s3:GetObject", "*")))["Policy"]["Arn"]
        self.iam.attach_user_policy(UserName="attached", PolicyArn=arn)
        key = self.iam.create_access_key(UserName="attached")["AccessKey"]
        s3 = self.cloud.client("s3", tls=False, keys=(key["AccessKeyId"], key["SecretAccessKey"]), retries={"max_attempts": 1})
        self.check(lambda: s3.get_object(Bucket="looped", Key="k")["Body"].read(),
                   lambda: self.iam.attach_user_policy(UserName="attached", PolicyArn=arn),
                   lambda: self.iam.detach_user_policy(UserName="attached", PolicyArn=arn))

    def test_version_of_a_managed_policy(self):
        name, client = self.role()
        arn = self.iam.create_policy(PolicyName="managed", PolicyDocument=document(allow("s3:GetObject", "*")))["Policy"]["Arn"]
        self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow("s3:PutObject", "*")))
        self.iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        s3 = client("s3")
        turn = lambda to: self.iam.set_default_policy_version(PolicyArn=arn, VersionId=to)
        self.check(lambda: s3.get_object(Bucket="looped", Key="k")["Body"].read(), lambda: turn("v1"), lambda: turn("v2"))

    def test_boundary_of_a_role(self):
        name, client = self.role(allow("s3:GetObject", "*"))
        policy = lambda called, action: self.iam.create_policy(PolicyName=called, PolicyDocument=document(allow(action, "*")))["Policy"]["Arn"]
        wide, narrow = policy("wide", "s3:*"), policy("narrow", "sqs:*")
        s3 = client("s3")
        bound = lambda to: self.iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=to)
        self.check(lambda: s3.get_object(Bucket="looped", Key="k")["Body"].read(), lambda: bound(wide), lambda: bound(narrow))

    def test_deny_of_a_bucket(self):
        _, client = self.role(allow("s3:*", "*"))
        s3 = client("s3")
        plain = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::looped/*",
                 "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        self.check(lambda: s3.get_object(Bucket="looped", Key="k")["Body"].read(),
                   lambda: self.s3.delete_bucket_policy(Bucket="looped"),
                   lambda: self.s3.put_bucket_policy(Bucket="looped", Policy=document(plain)))
        self.s3.delete_bucket_policy(Bucket="looped")

    def test_tag_of_an_object(self):
        yes = {"StringEquals": {"s3:ExistingObjectTag/open": "yes"}}
        _, client = self.role(allow("s3:GetObject", "arn:aws:s3:::looped/*", Condition=yes))
        s3 = client("s3")
        tag = lambda value: self.s3.put_object_tagging(Bucket="looped", Key="k", Tagging={"TagSet": [{"Key": "open", "Value": value}]})
        self.check(lambda: s3.get_object(Bucket="looped", Key="k")["Body"].read(), lambda: tag("yes"), lambda: tag("no"))

    def test_policy_of_a_queue(self):
        name, client = self.role(allow("sqs:GetQueueUrl", "*"))
        sqs = self.cloud.client("sqs")
        url = sqs.create_queue(QueueName="looped")["QueueUrl"]
        theirs = client("sqs")
        grant = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{name}"}, "Action": "sqs:SendMessage", "Resource": "*"}
        self.check(lambda: theirs.send_message(QueueUrl=url, MessageBody="x"),
                   lambda: sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(grant)}),
                   lambda: sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""}))

    def test_policy_of_a_topic(self):
        name, client = self.role()
        sns = self.cloud.client("sns")
        arn = sns.create_topic(Name="looped")["TopicArn"]
        theirs = client("sns")
        to = lambda who: sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document(
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:{who}"}, "Action": "sns:Publish", "Resource": arn}))
        self.check(lambda: theirs.publish(TopicArn=arn, Message="x"), lambda: to(f"role/{name}"), lambda: to("user/opener"))


if __name__ == "__main__":
    main()
