"""Stacks as people deploy them: deployed, used, updated and deleted by boto3 against a real daemon.

    class Photos(StackCase):
        def test_a(self):
            with self.stack("uploads-python") as s:          # templates/uploads-python.yaml
                s.deploy(Prefix="a")
                self.put(s.out("Bucket"), "k", b"x")
                self.lines(s.out("Function"), "done")        # waits for the log line
                s.update({"small": "large"}, Prefix="a")     # words of the template, parameters
                s.remove()
            # here nothing of it is in the store, but what `s.leaves` was told

The templates are ours, in the shapes that public ones have. One daemon a file; a stack at a time, so that
what is found in the store afterwards is its own.
"""
import contextlib
import json
import pathlib
import re
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import keyspace  # noqa: E402
from cloud import CloudCase, need_boto3, wait_for, waited  # noqa: E402
from functions import Functions, need_functions, node_sdk, zipped  # noqa: E402

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]

# What stays in the store when all that a stack made is gone, as (family, kind): on AWS it stays, too, or it is
# what the store keeps for itself.
STAYS = {
    ("metrics", "cw.series"): "metrics have no deletion; they end by their age",
    ("metrics", "cw.point"): "the same",
    ("metrics", "cw.history"): "DescribeAlarmHistory tells of deleted alarms for thirty days",
    ("default", "cfn-stack"): "a deleted stack is shown by its id for ninety days",
    ("default", "cfn-event"): "with its events",
    ("default", "cfn-res"): "and its resources",
    ("default", "cfn-tmpl"): "and its template",
    ("default", "iam.session"): "keys of a function's role hold until they expire",
    ("default", "iam.expiry"): "the order in which these end",
    ("default", "iam.generation"): "a count of changes",
    ("default", "lambda.key"): "the account's key of packages",
    ("default", "lambda.layer"): "the last version of a layer: no number is given twice",
    ("default", "prog.clock"): "the tests' own clock",
    ("default", "sys"): "the store's own",
    ("history", "ddb-change"): "a table's history",
}


class Stack:
    """One stack of a StackCase."""

    def __init__(self, case, template):
        self.case, self.cf = case, case.cf
        self.name = template + "-test"
        self.text = (HERE / "templates" / f"{template}.yaml").read_text()
        self.leaves = []  # functions that delete what the stack left, each told as (what, call)
        self.before = keyspace.rows(case.cloud.data)

    def reaches(self, want):
        def look():
            one = self.cf.describe_stacks(StackName=self.id)["Stacks"][0]
            return one if not one["StackStatus"].endswith("_IN_PROGRESS") else None
        one = waited(look, 60, 0.1) or {"StackStatus": "still at work"}
        if one["StackStatus"] != want:
            raise AssertionError(f"{self.name} is {one['StackStatus']}, not {want}:\n" + "\n".join(self.events()) + "\n" + self.logs())
        return one

    def logs(self):
        """What its functions have logged, for a failure's text."""
        logs = self.case.logs
        groups = [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]]
        return "\n".join(f"{group}: {line.rstrip()}" for group in groups for line in self.case.all_lines(group))

    def events(self):
        """Oldest first: LogicalId STATUS reason."""
        all_ = [e for page in self.cf.get_paginator("describe_stack_events").paginate(StackName=self.id) for e in page["StackEvents"]]
        return [f"{e['LogicalResourceId']} {e['ResourceStatus']} {e.get('ResourceStatusReason', '')}" for e in reversed(all_)]

    def _given(self, parameters):
        return [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()]

    def deploy(self, want="CREATE_COMPLETE", **parameters):
        self.id = self.cf.create_stack(StackName=self.name, TemplateBody=self.text, Capabilities=CAPABILITIES,
                                       Parameters=self._given(parameters))["StackId"]
        return self.reaches(want)

    def update(self, words=None, want="UPDATE_COMPLETE", **parameters):
        """words: {what the template says: what it is to say}; each must be in it."""
        for old, new in (words or {}).items():
            assert old in self.text, f"{old!r} is not in the template"
            self.text = self.text.replace(old, new)
        self.cf.update_stack(StackName=self.name, TemplateBody=self.text, Capabilities=CAPABILITIES,
                             Parameters=self._given(parameters))
        return self.reaches(want)

    def remove(self, want="DELETE_COMPLETE"):
        self.cf.delete_stack(StackName=self.name)
        return self.reaches(want)

    def out(self, key):
        return {o["OutputKey"]: o["OutputValue"] for o in
                self.cf.describe_stacks(StackName=self.id)["Stacks"][0].get("Outputs", [])}[key]

    def physical(self, logical):
        return self.cf.describe_stack_resource(StackName=self.id, LogicalResourceId=logical)["StackResourceDetail"]["PhysicalResourceId"]


def sdk():
    """The folder that has Node's clients, or None."""
    try:
        return node_sdk()
    except unittest.SkipTest:
        return None


SDK = sdk()


class StackCase(CloudCase):
    """One daemon, and a bucket for code that is no stack's."""
    maxDiff = None
    cloud_env = {"CALOTYPE_RUNTIMES": SDK} if SDK else None

    @classmethod
    def prepare(cls):
        need_boto3()
        need_functions(cls.cloud)
        for name in ("s3", "sns", "sqs", "logs", "dynamodb", "cloudwatch", "iam"):
            setattr(cls, name, cls.cloud.client(name))
        cls.lambda_ = cls.cloud.client("lambda", read_timeout=120)
        cls.cf = cls.cloud.client("cloudformation")
        cls.s3.create_bucket(Bucket="artifacts")
        cls.s3.put_bucket_versioning(Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"})
        # The account's key of packages is made with its first function, and stays.
        functions = Functions(cls.cloud)
        functions.make("first")
        functions.client.delete_function(FunctionName="first")

    @classmethod
    def code(cls, key, files):
        """Puts a package into the bucket of code: its version."""
        return cls.s3.put_object(Bucket="artifacts", Key=key, Body=zipped(files))["VersionId"]

    # ---- One stack's life ----

    @contextlib.contextmanager
    def stack(self, template):
        one = Stack(self, template)
        yield one
        self.nothing_is_left(one)

    def nothing_is_left(self, one):
        """But what leaves was told: that is there, and once it is deleted, nothing."""
        for what, is_there, delete in one.leaves:
            self.assertTrue(is_there(), f"{what} should have been left")
            delete()

        self.empty("artifacts")  # each stack brings its own

        def look():
            found = [row for row in keyspace.new(one.before, keyspace.rows(self.cloud.data)) if (row.family, row.kind) not in STAYS]
            return found or None
        if waited(lambda: not look(), 15, 0.2):
            return
        self.fail("left in the store:\n" + "\n".join(map(str, look() or [])))

    def leaves_log_group(self, one, name):
        """No template made it: the function's first line did."""
        one.leaves.append((f"the log group {name}",
                           lambda: [g for g in self.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"] if g["logGroupName"] == name],
                           lambda: self.logs.delete_log_group(logGroupName=name)))

    # ---- What a user does ----

    def put(self, bucket, key, body, **more):
        return self.s3.put_object(Bucket=bucket, Key=key, Body=body, **more)

    def empty(self, bucket):
        """Every version, as whoever deletes such a stack has to."""
        while versions := self.s3.list_object_versions(Bucket=bucket):
            keys = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in versions.get("Versions", []) + versions.get("DeleteMarkers", [])]
            if not keys:
                return
            self.s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})

    def item(self, table, **key):
        """Waits for a row."""
        return wait_for(lambda: self.dynamodb.get_item(TableName=table, Key={k: {"S": v} for k, v in key.items()}).get("Item"), 30)

    def messages(self, queue, n=1, seconds=30):
        """The bodies of n messages, which are deleted."""
        found, end = [], time.monotonic() + seconds
        while len(found) < n and time.monotonic() < end:
            for m in self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageAttributeNames=["All"]).get("Messages", []):
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=m["ReceiptHandle"])
                found.append(m)
        self.assertEqual(len(found), n, found)
        return found

    def all_lines(self, group):
        try:
            pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            return [e["message"] for page in pages for e in page["events"]]
        except self.logs.exceptions.ResourceNotFoundException:
            return []

    def lines(self, function, pattern, n=1, seconds=30):
        """The n lines of a function's log (or more) that the pattern is found in; waits for them."""
        group = function if function.startswith("/") else f"/aws/lambda/{function}"
        def look():
            found = [line for line in self.all_lines(group) if re.search(pattern, line)]
            return found if len(found) >= n else None
        found = waited(look, seconds, 0.1)
        if not found:
            self.fail(f"no {n} lines with {pattern!r} in {group}:\n" + "".join(line if line.endswith("\n") else line + "\n" for line in self.all_lines(group)))
        return found

    def report(self, function, memory, n=1):
        """The REPORT of an invocation, as AWS writes it."""
        found = self.lines(function, r"^REPORT RequestId: ", n)[-1]
        self.assertRegex(found, rf"^REPORT RequestId: [0-9a-f-]{{36}}\tDuration: [0-9.]+ ms\tBilled Duration: [0-9]+ ms\tMemory Size: {memory} MB\tMax Memory Used: [0-9]+ MB\t")
        return found

    def metric(self, function, name, least=1, namespace="AWS/Lambda", dimension="FunctionName"):
        """Waits until the metric's sum is at least that."""
        def look():
            end = time.time() + 7 * 86400  # the clock of the cloud may be ahead
            points = self.cloudwatch.get_metric_statistics(
                Namespace=namespace, MetricName=name, Dimensions=[{"Name": dimension, "Value": function}], StartTime=time.time() - 3600,
                EndTime=end, Period=7 * 86400, Statistics=["Sum"])["Datapoints"]
            return sum(p["Sum"] for p in points) >= least
        wait_for(look, 30, 0.1)

    def invoke(self, function, event=None):
        answer = self.lambda_.invoke(FunctionName=function, Payload=json.dumps(event or {}))
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def has(*program):
    try:
        return subprocess.run(program, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


needs_python = unittest.skipUnless(has("/usr/bin/python3", "-c", "import json"), "there is no /usr/bin/python3")
needs_boto3 = unittest.skipUnless(has("/usr/bin/python3", "-c", "import boto3"), "Debian's python3-boto3 is not installed (calotype runtime install python)")
needs_node = unittest.skipUnless(has("node", "--version"), "there is no Node")
needs_sdk = unittest.skipUnless(SDK, "the clients of @aws-sdk are not here (calotype runtime install node)")
