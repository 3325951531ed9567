"""Makes tests/formats/N.tar.xz: a DATA folder as the program of format N leaves it when it is killed.

    git worktree add /tmp/old COMMIT && meson setup /tmp/old/build /tmp/old && ninja -C /tmp/old/build
    CALOTYPE_BUILD=/tmp/old/build tests/formats/make.py tests/formats/1.tar.xz

1.tar.xz was made so from d0b449f, the last commit that wrote format 1 (without make_waiting, which came
later), 2.tar.xz from 01030cb, the last one of format 2 (without make_marked), 3.tar.xz from 2ad95ea, the last one
of format 3. tests/formats/old.py opens a copy of each with the
present program; what it looks for is what is made here. The keys in them (keys/master, the root key, the
certificate) were made for them and guard nothing else.
"""
import io
import json
import pathlib
import sys
import tarfile
import threading
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, wait_for  # noqa: E402

QUEUE = "{Type: AWS::SQS::Queue%s}"
SHARED = """
Description: what others import
Parameters:
  Delay: {Type: Number, Default: 1}
  Secret: {Type: String, NoEcho: true, Default: hush-hush}
Resources:
  Work: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !Ref Delay, Tags: [{Key: secret, Value: !Ref Secret}]}}
  Kept: {Type: AWS::SQS::Queue, DeletionPolicy: Retain, DependsOn: Work}
Outputs:
  Name: {Value: !GetAtt Work.QueueName, Export: {Name: shared-name}}
"""
USER = """
Resources:
  Mine: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: from, Value: !ImportValue shared-name}]}}
"""
# A custom resource whose request lies in a queue, by way of a topic: it waits until somebody answers.
CUSTOM = """
Parameters:
  N: {Type: Number, Default: 1}
Resources:
  Before: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !Ref N}}
  Asked: {Type: 'Custom::Thing', DependsOn: Before, Properties: {ServiceToken: '%s', N: !Ref N}}
  After: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: given, Value: !GetAtt Asked.Given}]}}
"""
BODIES = (b"small", bytes(range(256)) * 132)  # the second one lies in a file of its own
TAKEN = "Resources:\n  Good: {Type: AWS::SQS::Queue}\n  Bad: {Type: AWS::S3::Bucket, DependsOn: Good, Properties: {BucketName: taken}}\n"


def settled(cf, name):
    def look():
        status = cf.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        return None if status.endswith("_IN_PROGRESS") else status
    return wait_for(look)


def set_clock(cloud, **to):
    status, answer = cloud.admin("POST", "/clock", to)
    assert status == 200, answer


def requests(sqs, queue):
    """The custom resources' requests that have come, by stack."""
    found = {}
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
        for message in messages:
            request = json.loads(json.loads(message["Body"])["Message"])
            found[request["StackId"].split("/")[1]] = request
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return found


def answer(cloud, request, **more):
    path = request["ResponseURL"].split("amazonaws.com", 1)[1]
    body = {"Status": "SUCCESS", "PhysicalResourceId": "thing", "Data": {"Given": "given"}, **more}
    assert cloud.http("PUT", path, body=json.dumps(body))[0] == 200


def picture(cloud):
    """What CloudFormation tells of everything: the same before and after."""
    cf = cloud.client("cloudformation")

    def ask(name, **arguments):
        got = getattr(cf, name)(**arguments)
        got.pop("ResponseMetadata")
        return got

    told = {"exports": ask("list_exports"), "imports": ask("list_imports", ExportName="shared-name"),
            "summaries": ask("list_stacks"), "stacks": ask("describe_stacks")}
    for stack in told["summaries"]["StackSummaries"]:
        one = dict(StackName=stack["StackId"])
        sets = ask("list_change_sets", **one)
        told[stack["StackName"]] = [ask("describe_stack_events", **one), ask("describe_stack_resources", **one), sets] + [
            ask("describe_change_set", ChangeSetName=s["ChangeSetId"]) for s in sets["Summaries"]] + [
            ask("get_template", **one) if stack["StackStatus"] != "REVIEW_IN_PROGRESS" else None]
    return json.loads(json.dumps(told, default=str))


def make_others(cloud):
    s3, sqs, ddb = cloud.client("s3"), cloud.client("sqs"), cloud.client("dynamodb")
    s3.create_bucket(Bucket="photos")
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    for body in BODIES:
        s3.put_object(Bucket="photos", Key=f"{len(body)}", Body=body, Metadata={"of": "old"})
    s3.create_bucket(Bucket="taken")
    queue = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="do it")
    ddb.create_table(TableName="rows", KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
                     AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "S"}])
    wait_for(lambda: ddb.describe_table(TableName="rows")["Table"]["TableStatus"] == "ACTIVE")
    ddb.put_item(TableName="rows", Item={"Id": {"S": "one"}, "N": {"N": "1.5"}})
    role = cloud.client("iam").create_role(RoleName="runner", AssumeRolePolicyDocument=json.dumps({"Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("bootstrap", "#!/bin/sh\n")
    cloud.client("lambda").create_function(FunctionName="f", Runtime="provided.al2023", Handler="h", Role=role, Code={"ZipFile": archive.getvalue()})


def make_topic(cloud):
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic = sns.create_topic(Name="asked")["TopicArn"]
    queue = sqs.create_queue(QueueName="asked", Attributes={"Policy": json.dumps({"Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]})})["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:asked")
    return topic, queue


def make_stacks(cloud, topic, queue):
    cf, sqs = cloud.client("cloudformation"), cloud.client("sqs")

    def create(name, text, want="CREATE_COMPLETE", **more):
        cf.create_stack(StackName=name, TemplateBody=text, **more)
        if want:
            assert settled(cf, name) == want, name

    def values(**v):
        return [{"ParameterKey": k, "ParameterValue": x} for k, x in v.items()]

    custom = CUSTOM % topic
    create("shared", SHARED, Tags=[{"Key": "team", "Value": "old"}])
    create("user", USER)
    cf.update_stack(StackName="shared", UsePreviousTemplate=True, Parameters=values(Delay="2"))
    assert settled(cf, "shared") == "UPDATE_COMPLETE"
    cf.update_termination_protection(StackName="shared", EnableTerminationProtection=True)
    create("gone", USER.replace("!ImportValue shared-name", "x"))
    gone = cf.describe_stacks(StackName="gone")["Stacks"][0]["StackId"]
    cf.delete_stack(StackName="gone")
    assert settled(cf, gone) == "DELETE_COMPLETE"
    create("failed", TAKEN, want="ROLLBACK_COMPLETE")
    create("back", "Resources: {Good: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1}}}")
    cf.update_stack(StackName="back", TemplateBody=TAKEN.replace("Good: {Type: AWS::SQS::Queue}", "Good: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 2}}"))
    assert settled(cf, "back") == "UPDATE_ROLLBACK_COMPLETE"
    cf.create_change_set(StackName="shared", ChangeSetName="more", UsePreviousTemplate=True, Description="of old",
                         Parameters=values(Delay="3"))
    cf.create_change_set(StackName="planned", ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=USER)

    # Three operations that wait for an answer when the daemon is killed.
    for name in ("changes", "goes"):
        create(name, custom, want=None)
        answer(cloud, wait_for(lambda: requests(sqs, queue).get(name)))
        assert settled(cf, name) == "CREATE_COMPLETE"
    create("waits", custom, want=None)
    cf.update_stack(StackName="changes", UsePreviousTemplate=True, Parameters=values(N="2"))
    cf.delete_stack(StackName="goes")
    pending = {}
    wait_for(lambda: pending.update(requests(sqs, queue)) or len(pending) == 3)
    for request in pending.values():
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"Message": json.dumps(request)}))


WIDE = 20  # queues that a topic sends to
EVENTS = ("{\"n\":1}", "{\"n\":2}", "{\"n\":3}")
DELAYED = "not before ten minutes have passed"


def make_waiting(cloud):
    """Invocations of a function that may not run yet, and a message that is delayed."""
    sqs, functions, iam = cloud.client("sqs"), cloud.client("lambda"), cloud.client("iam")
    sqs.create_queue(QueueName="dead")
    iam.put_role_policy(RoleName="runner", PolicyName="dead", PolicyDocument=json.dumps({"Statement": [
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}))
    functions.update_function_configuration(FunctionName="f", DeadLetterConfig={"TargetArn": "arn:aws:sqs:us-east-1:000000000000:dead"})
    functions.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    for event in EVENTS:
        functions.invoke(FunctionName="f", InvocationType="Event", Payload=event)
    queue = sqs.create_queue(QueueName="delayed")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody=DELAYED, DelaySeconds=600)
    wide = cloud.client("sns").create_topic(Name="wide")["TopicArn"]
    for n in range(WIDE):
        sqs.create_queue(QueueName=f"wide-{n}", Attributes={"Policy": json.dumps({"Statement": [
            {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]})})
        cloud.client("sns").subscribe(TopicArn=wide, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:000000000000:wide-{n}")
    return wide


# What must not be readable in DATA. In the rows of formats 1 to 3 some of them are.
MARKED = ["hush-hush", "mark-variable", "mark-line", "mark-policy", "mark-tag", "mark-item",
          "mark-image", "mark-message"]
IMAGES = 3


def make_marked(cloud):
    """Rows of every family that hold a mark; a user's key, by which he may still sign."""
    iam, functions, ddb, sqs, logs = (cloud.client(s) for s in ("iam", "lambda", "dynamodb", "sqs", "logs"))
    iam.create_user(UserName="reader", Tags=[{"Key": "of", "Value": "mark-tag"}])
    iam.put_user_policy(UserName="reader", PolicyName="own", PolicyDocument=json.dumps({"Statement": [
        {"Sid": "read", "Effect": "Allow", "Action": ["dynamodb:*", "sts:AssumeRole"], "Resource": "*"},
        {"Sid": "other", "Effect": "Allow", "Action": "sqs:GetQueueUrl", "Resource": "arn:aws:sqs:*:*:mark-policy"}]}))
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    iam.create_role(RoleName="assumed", AssumeRolePolicyDocument=json.dumps({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}]}))
    keys = [key["AccessKeyId"], key["SecretAccessKey"]]
    cloud.client("sts", keys=keys).assume_role(RoleArn="arn:aws:iam::000000000000:role/assumed", RoleSessionName="session")
    functions.update_function_configuration(FunctionName="f", Environment={"Variables": {"SECRET": "mark-variable"}})
    logs.create_log_group(logGroupName="lines")
    logs.create_log_stream(logGroupName="lines", logStreamName="one")
    logs.put_log_events(logGroupName="lines", logStreamName="one",
                        logEvents=[{"timestamp": int(time.time() * 1000), "message": f"mark-line {n}"} for n in range(3)])
    cloud.client("cloudwatch").put_metric_data(Namespace="Old", MetricData=[{"MetricName": "m", "Value": 2, "Unit": "Count"}] * 3)
    ddb.create_table(TableName="kept", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
                     AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("Id", "By")],
                     GlobalSecondaryIndexes=[{"IndexName": "by-by", "KeySchema": [{"AttributeName": "By", "KeyType": "HASH"}],
                                              "Projection": {"ProjectionType": "ALL"}}])
    wait_for(lambda: ddb.describe_table(TableName="kept")["Table"]["TableStatus"] == "ACTIVE")
    ddb.update_continuous_backups(TableName="kept", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    for n in range(IMAGES):
        for name in ("a", "b"):
            ddb.put_item(TableName="kept", Item={"Id": {"S": name}, "By": {"S": "x"}, "N": {"N": str(n)},
                                                 "Text": {"S": "mark-item" if n == IMAGES - 1 else "mark-image"}})
    queue = sqs.create_queue(QueueName="marked")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="mark-message " * 40, MessageAttributes={
        "colour": {"DataType": "String", "StringValue": "red"}})
    return keys


def publish_and_kill(cloud, topic):
    """The names of the messages that were accepted; some are on their way when the daemon dies."""
    accepted = []

    def publish(name):
        sns = cloud.client("sns", retries={"max_attempts": 0})
        try:
            for n in range(50):
                sns.publish(TopicArn=topic, Message=f"{name}-{n}")
                accepted.append(f"{name}-{n}")
        except Exception:
            pass  # it is dead

    threads = [threading.Thread(target=publish, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(accepted) >= 20, every=0.001)
    cloud.kill9()
    for thread in threads:
        thread.join()
    return accepted


def pack(cloud, told, path):
    with tarfile.open(path, "w:xz", preset=9) as archive:
        for at in sorted(cloud.data.rglob("*")):
            name = at.relative_to(cloud.data)
            if not at.is_socket() and not name.name.startswith(("LOG", "LOCK", "OPTIONS")):
                archive.add(at, arcname=str(name), recursive=False)
        text = json.dumps(told).encode()
        info = tarfile.TarInfo("picture.json")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))


def main():
    with Cloud() as cloud:
        make_others(cloud)
        make_stacks(cloud, *make_topic(cloud))
        wide = make_waiting(cloud)
        key = make_marked(cloud)
        told = picture(cloud)
        told["key"] = key
        told["made"] = time.time()
        # World time goes back by many years, so that nothing is too late when a test begins to look.
        set_clock(cloud, offset_ms=-30 * 365 * 86400 * 1000)
        told["published"] = publish_and_kill(cloud, wide)
        pack(cloud, told, sys.argv[1])
        cloud.start()  # the block ends as it should


if __name__ == "__main__":
    main()
