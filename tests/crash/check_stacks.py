"""Stacks: what was begun comes to its end, has just what its list says, and leaves nothing behind."""
import re
import threading

from history import Registers
from work import Work as Base, code_of, everything

STACKS = [f"crash-stack-{n}" for n in range(3)]
BAD = "\n  Bad: {Type: AWS::S3::Bucket, DependsOn: [Table, Role], Properties: {BucketName: crash-taken}}"
TEMPLATE = """
Parameters:
  N: {Type: Number}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {MaximumMessageSize: !Ref N}}
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref N, Subscription: [{Protocol: sqs, Endpoint: !GetAtt Queue.Arn}]}}
  Group: {Type: AWS::Logs::LogGroup, DependsOn: Topic, Properties: {RetentionInDays: 7}}
  Bucket: {Type: AWS::S3::Bucket, DependsOn: Queue, Properties: {Tags: [{Key: n, Value: !Ref N}]}}
  Role:
    Type: AWS::IAM::Role
    DependsOn: Group
    Properties: {AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}}
  Table:
    Type: AWS::DynamoDB::Table
    DependsOn: Bucket
    Properties: {BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{AttributeName: Id, AttributeType: S}], KeySchema: [{AttributeName: Id, KeyType: HASH}]}"""
BUSY = ("ValidationError", "AlreadyExistsException", "OperationInProgressException")
LIVE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


class Work(Base):
    name = "stacks"

    def __init__(self, history):
        super().__init__(history)
        self.stacks, self.locks = Registers("stack"), {name: threading.Lock() for name in STACKS}

    def prepare(self, c):
        c.s3.create_bucket(Bucket="crash-taken")
        c.s3.put_object(Bucket="crash-taken", Key="x")

    # ---- requests: one at a time for each stack ----
    def step(self, c, rng):
        name = rng.choice(STACKS)
        if self.locks[name].acquire(blocking=False):
            try:
                rng.choices((self.create, self.update, self.delete), (4, 4, 3))[0](c, rng, name)
            finally:
                self.locks[name].release()

    def arguments(self, name, rng):
        n, bad = 2000 + self.history.number() % 200000, rng.random() < 0.2
        return n, bad, {"StackName": name, "TemplateBody": TEMPLATE + (BAD if bad else ""), "Capabilities": ["CAPABILITY_IAM"],
                        "Parameters": [{"ParameterKey": "N", "ParameterValue": str(n)}]}

    def create(self, c, rng, name):
        n, bad, arguments = self.arguments(name, rng)
        request = self.history.begin(f"CreateStack {name} {n}{' that fails' if bad else ''}")
        self.stacks[name].write(request, "rolled back" if bad else n)
        self.history.ask(request.what, lambda: c.cloudformation.create_stack(**arguments), refusals=BUSY, request=request)

    def update(self, c, rng, name):
        n, bad, arguments = self.arguments(name, rng)
        request = self.history.begin(f"UpdateStack {name} {n}{' that fails' if bad else ''}")
        if not bad:  # else all is again as it was
            self.stacks[name].write(request, n)
        self.history.ask(request.what, lambda: c.cloudformation.update_stack(**arguments), refusals=BUSY, request=request)

    def delete(self, c, rng, name):
        request = self.history.begin(f"DeleteStack {name}")
        self.stacks[name].write(request, None)
        self.history.ask(request.what, lambda: c.cloudformation.delete_stack(StackName=name), refusals=BUSY, request=request)

    # ---- what is there ----
    patience = 90

    def states(self, c):
        return {s["StackName"]: s for s in everything(c.cloudformation, "describe_stacks", "Stacks") if s["StackName"] in STACKS}

    def check(self, cloud, c):
        from cloud import waited
        problems, found, owned = [], {}, set()
        waited(lambda: not any(s["StackStatus"].endswith("_IN_PROGRESS") for s in self.states(c).values()), seconds=self.patience, every=0.2)
        for name, stack in self.states(c).items():
            status, n = stack["StackStatus"], int(stack["Parameters"][0]["ParameterValue"])
            found[name] = n if status in LIVE else "rolled back" if status == "ROLLBACK_COMPLETE" else status
            rows = [r for r in everything(c.cloudformation, "list_stack_resources", "StackResourceSummaries", StackName=name)
                    if r["ResourceStatus"] != "DELETE_COMPLETE"]
            owned |= {r["PhysicalResourceId"] for r in rows}
            if status in LIVE:
                self.check_live(c, name, n, rows, problems)
            elif rows:
                problems.append(f"stack {name}: {status}, and has {[r['LogicalResourceId'] for r in rows]}")
        self.stacks.compare(found, problems)
        left, owned = ({re.sub("^https?:", "", x) for x in ids} for ids in (self.standing(c), owned))
        if left != owned:
            problems.append(f"stacks: nobody's, or not there: {sorted(left ^ owned)}")
        return problems

    def standing(self, c):
        """What there is whose name begins with a stack's: physical ids."""
        return {*c.sqs.list_queues(QueueNamePrefix="crash-stack").get("QueueUrls", []),
                *(t["TopicArn"] for t in everything(c.sns, "list_topics", "Topics") if ":crash-stack" in t["TopicArn"]),
                *(g["logGroupName"] for g in everything(c.logs, "describe_log_groups", "logGroups") if g["logGroupName"].startswith("crash-stack")),
                *(r["RoleName"] for r in everything(c.iam, "list_roles", "Roles") if r["RoleName"].startswith("crash-stack")),
                *(b["Name"] for b in c.s3.list_buckets()["Buckets"] if b["Name"].startswith("crash-stack")),
                *(t for t in everything(c.dynamodb, "list_tables", "TableNames") if t.startswith("crash-stack"))}

    def check_live(self, c, name, n, rows, problems):
        half = [r["LogicalResourceId"] for r in rows if not r["ResourceStatus"].endswith("_COMPLETE")]
        there = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in rows}
        if half or there.keys() != {"Queue", "Topic", "Group", "Bucket", "Role", "Table"}:
            problems.append(f"stack {name}: has {sorted(there)}, of these not whole: {half}")
            return
        try:
            queue = c.sqs.get_queue_attributes(QueueUrl=there["Queue"], AttributeNames=["All"])["Attributes"]
            topic = c.sns.get_topic_attributes(TopicArn=there["Topic"])["Attributes"]
            tags = {t["Key"]: t["Value"] for t in c.s3.get_bucket_tagging(Bucket=there["Bucket"])["TagSet"]}
            told = int(queue["MaximumMessageSize"]), int(topic["DisplayName"]), int(tags["n"]), int(topic["SubscriptionsConfirmed"])
        except Exception as e:
            problems.append(f"stack {name}: {e}")
            return
        if told != (n, n, n, 1):
            problems.append(f"stack {name}: its resources were made with {told}, and it says {n}")

    def harms(self, c):
        def lose():
            url = c.sqs.list_queues(QueueNamePrefix="crash-stack")["QueueUrls"][0]
            c.sqs.delete_queue(QueueUrl=url)
            return lambda: self.delete(c, None, re.search(r"crash-stack-\d", url)[0])

        def left():
            arn = c.sns.create_topic(Name="crash-stack-0-Left")["TopicArn"]
            return lambda: c.sns.delete_topic(TopicArn=arn)
        return [("something is left behind", left), ("a resource is lost", lose)]
