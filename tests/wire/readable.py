"""Nothing readable on the disk: every text member of every operation that keeps something is given a
value that can be found again, and no file of DATA may have it, nor the daemon's log.

Which operations and members there are is read from ops.def and botocore's models: one that is
neither called with marks here nor in a table below fails the test. What may be read is a name in the
key of a row (docs/formats): those are made by marks.name, with the reason.
"""
import base64
import json
import pathlib
import re
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import ROOT, Cloud, main, need_boto3, wait_for
from functions import Functions, need_functions, package
from marks import Marks, marks_in, search

# ---- What the models have and no mark can be in ----

# Members whose value points at something, or is of a fixed form: by the end of their path.
FIXED = re.compile(
    r"(Arn|arn|ARN|ARNs|Arns|Id|IDs?|Ids|Url|URL|URI|Uri|Token|Identifier|Version|VersionId|ETag|MD5|Checksum\w*|CRC\w*|SHA\w+"
    r"|ReceiptHandle|ExpectedBucketOwner|ExpectedSourceBucketOwner|SourceAccount|SourceArn|Qualifier|Role|Owner"
    r"|If\w*Match|CopySource\w*|Range|DataType|Type|Protocol|Principal|Action|Resource|AttributeName|Layers|Location"
    r"|EventSourceToken|PrincipalOrgID|SSE\w+|Date|MFA|TokenCode|SerialNumber|Unit|Stat|PolicySourceArn|QueueUrl)"
    r"(\[\]|\{\})*$")
# Names of what there is: marks.name makes them where they come into being.
NAMES = re.compile(r"(Names?|name|prefix|Bucket|Key|Keys|KeyName|TagKeys|tagKeys|tags)(\[\]|\{k\})*$")
# Refused by name, or without effect: (service, operation or *): members.
UNKEPT = {
    ("cloudwatch", "*"): r"EntityMetricData|Metrics\[\]|EvaluationCriteria|ExtendedStatistic|TreatMissingData|EvaluateLow"
                         r"|(OK|Alarm|InsufficientData)Actions",
    ("dynamodb", "*"): r"Expected\{|AttributeUpdates\{|ResourcePolicy|ConditionalOperator|\.M\{k\}$",
    ("dynamodb", "UpdateItem"): r"^Key\{|^ExpressionAttributeValues\{\}\.(B|SS|NS|BS|N)|Expression$|Names\{\}",
    ("dynamodb", "DeleteItem"): r"^Key\{|Expression",
    ("dynamodb", "PutItem"): r"Expression",
    ("iam", "*"): r"PermissionsBoundary",
    ("lambda", "*"): r"ImageConfig|VpcConfig|FileSystemConfigs|S3Key|S3ObjectVersion|ZipFile|Destination$"
                     r"|(^|\.)KMSKeyArn|RevisionId|FunctionUrlAuthType|LogGroup$",
    ("logs", "*"): r"entity\.|sequenceToken|kmsKeyId",
    ("s3", "*"): r"Grant\w*$|Grantee|Delimiter|RequestPayer|ObjectLock|BucketKey|SourceRegion|Encoding$"
                 r"|CreateBucketConfiguration|^ContentMD5|Expires$|AccessControlPolicy",
    ("sns", "*"): r"PhoneNumber|MessageStructure|DataProtectionPolicy|MessageGroupId|MessageDeduplicationId|Attributes\{k\}",
    ("sns", "CreateTopic"): r"Attributes\{k\}",
    ("sqs", "*"): r"ListValues|MessageSystemAttributes\{\}\.BinaryValue|MessageGroupId|MessageDeduplicationId",
    ("sts", "*"): r"Tags|ProvidedContexts|TransitiveTagKeys|SourceIdentity",
    ("cloudformation", "*"): r"StackPolicy|ResourcesToImport|RollbackConfiguration|ResolvedValue|ResourceTypes|RetainResources"
                             r"|NotificationARNs|ImportExistingResources|TemplateURL",
}
# Take nothing that is kept: what they name is there, or goes.
TAKES_NOTHING = re.compile(
    r"^(Delete|Remove|Untag|Detach|Enable|Disable|Abort|Purge|Unsubscribe|ChangeMessageVisibility|Receive|Execute|Complete"
    r"|PutBucketAcl|PutObjectAcl|PutPublicAccessBlock|PutBucketOwnership|PutBucketEncryption|PutBucketVersioning"
    r"|UpdateTerminationProtection|UploadPartCopy|SetDefaultPolicyVersion|UpdateAccessKey|CreateAccessKey)")


def changing_operations(service):
    """The names of the rows of ops.def that change something."""
    file = ROOT / ("src/cfn" if service == "cloudformation" else f"src/svc/{service}") / "ops.def"
    rows = re.findall(r"^OP(?:_IN)?\((\w+),((?:[^()]|\([^()]*\))*)\)", file.read_text(), re.M)
    return [name for name, rest in rows if "OP_MUTATES" in rest]


def statement(mark, service="sns.amazonaws.com", **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": mark, "Effect": "Allow", "Principal": {"Service": service}, "Action": "*", "Resource": "*", **more}]})


class Writer:
    """One service after the other: each method makes things whose every text has a mark."""

    def __init__(self, cloud):
        self.cloud, self.marks = cloud, Marks()
        self.secrets = {}  # texts that the cloud made: where they are from

    def client(self, service, **more):
        return self.marks.watch(self.cloud.client(service, **more))

    def tags(self):
        return [{"Key": self.marks(), "Value": self.marks()}]

    def sns(self):
        sns, m = self.client("sns"), self.marks
        topic = sns.create_topic(Name=m.name("key of sns"), Attributes={"DisplayName": m(), "Policy": statement(m())},
                                 Tags=self.tags())["TopicArn"]
        sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue=m())
        sns.tag_resource(ResourceArn=topic, Tags=self.tags())
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"{m()}@example.com")
        url, arn = self.queue()
        made = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True,
                             Attributes={"FilterPolicy": json.dumps({m(): [m()]})})["SubscriptionArn"]
        sns.set_subscription_attributes(SubscriptionArn=made, AttributeName="FilterPolicy",
                                        AttributeValue=json.dumps({"k": [m()]}))
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self.queue()[1])
        for _ in range(3):
            sns.publish(TopicArn=topic, Message=m(), Subject=m(), MessageAttributes={
                m(): {"DataType": "String", "StringValue": m()}, "b": {"DataType": "Binary", "BinaryValue": m().encode()}})

    def queue(self):
        sqs, m = self.client("sqs"), self.marks
        url = sqs.create_queue(QueueName=m.name("key of sqs"), Attributes={"Policy": statement(m())},
                               tags={m(): m()})["QueueUrl"]
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def sqs(self):
        sqs, m = self.client("sqs"), self.marks
        url, _ = self.queue()
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": statement(m())})
        sqs.tag_queue(QueueUrl=url, Tags={m(): m()})

        def message():
            trace = f"Root=1-5759e988-bd862e3fe1be46a994272793;Lineage={m()}"
            return {"MessageBody": m(), "MessageSystemAttributes": {
                "AWSTraceHeader": {"DataType": "String", "StringValue": trace}}, "MessageAttributes": {
                m(): {"DataType": "String", "StringValue": m()}, "b": {"DataType": "Binary", "BinaryValue": m().encode()}}}
        sqs.send_message(QueueUrl=url, **message())
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", **message()}, {"Id": "b", **message()}])
        sqs.receive_message(QueueUrl=url)

    def dynamodb(self):
        ddb, m = self.client("dynamodb"), self.marks
        table = m.name("key of ddb-table")
        arn = ddb.create_table(
            TableName=table, BillingMode="PAY_PER_REQUEST", Tags=self.tags(), KeySchema=[
                {"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": a, "AttributeType": "S"} for a in ("id", "at", "by")],
            LocalSecondaryIndexes=[{"IndexName": "local", "KeySchema": [
                {"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "by", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": [m()]}}],
            GlobalSecondaryIndexes=[{"IndexName": "global", "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
                                     "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": [m()]}}],
        )["TableDescription"]["TableArn"]
        ddb.tag_resource(ResourceArn=arn, Tags=self.tags())
        # The partition key stands in its row's key as a hash, the sort key as it is.
        key = {"id": {"S": m()}, "at": {"S": m.name("sort key in the key of an item")}}
        ddb.put_item(TableName=table, Item={
            **key, m(): {"S": m()}, "by": {"S": m.name("sort key of a local index")}, "n": {"N": m.number()}, "b": {"B": m().encode()},
            "ss": {"SS": [m(), m()]}, "ns": {"NS": [m.number()]}, "bs": {"BS": [m().encode()]}, "m": {"M": {m(): {"S": m()}}},
            "l": {"L": [{"S": m()}]}})
        ddb.update_item(TableName=table, Key=key, UpdateExpression=f"SET #a = :{(v := m())}", ExpressionAttributeNames={"#a": m()},
                        ExpressionAttributeValues={f":{v}": {"S": m()}})
        ddb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
        ddb.put_item(TableName=table, Item={**key, "later": {"S": m()}})  # what was there is history

    def iam(self):
        iam, m = self.client("iam"), self.marks
        path = lambda: f"/{m()}/"
        role, user = m.name("key of iam.role"), m.name("key of iam.user")
        trust = statement(m(), "lambda.amazonaws.com", Action="sts:AssumeRole")
        trust = json.dumps({**json.loads(trust), "Statement": [
            {k: v for k, v in json.loads(trust)["Statement"][0].items() if k != "Resource"}]})
        rights = lambda: json.dumps({"Version": "2012-10-17", "Statement": [
            {"Sid": m(), "Effect": "Allow", "Action": "*", "Resource": "*"}]})
        iam.create_role(RoleName=role, Path=path(), AssumeRolePolicyDocument=trust, Description=m(), Tags=self.tags())
        iam.update_role(RoleName=role, Description=m())
        iam.update_role_description(RoleName=role, Description=m())
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust.replace("lambda", "ec2"))
        iam.tag_role(RoleName=role, Tags=self.tags())
        iam.put_role_policy(RoleName=role, PolicyName=m(), PolicyDocument=rights())
        iam.create_user(UserName=user, Path=path(), Tags=self.tags())
        iam.tag_user(UserName=user, Tags=self.tags())
        iam.put_user_policy(UserName=user, PolicyName=m(), PolicyDocument=rights())
        self.secrets[iam.create_access_key(UserName=user)["AccessKey"]["SecretAccessKey"]] = "a user's secret key"
        policy = iam.create_policy(PolicyName=m.name("key of iam.policy"), Path=path(), PolicyDocument=rights(),
                                   Description=m(), Tags=self.tags())["Policy"]["Arn"]
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=rights())
        iam.tag_policy(PolicyArn=policy, Tags=self.tags())
        profile = m.name("key of iam.profile")
        iam.create_instance_profile(InstanceProfileName=profile, Path=path(), Tags=self.tags())
        iam.tag_instance_profile(InstanceProfileName=profile, Tags=self.tags())

    def sts(self):
        iam, sts, m = self.client("iam"), self.client("sts"), self.marks
        role = iam.create_role(RoleName=m.name("key of iam.role"), AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Sid": m(), "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": [
                "sts:AssumeRole", "sts:TagSession"]}]}))["Role"]["Arn"]
        user = iam.create_user(UserName="caller")["User"]["UserName"]
        iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Sid": m(), "Effect": "Allow", "Action": "*", "Resource": "*"}]}))
        key = iam.create_access_key(UserName=user)["AccessKey"]
        sts = self.client("sts", keys=(key["AccessKeyId"], key["SecretAccessKey"]))
        made = sts.assume_role(RoleArn=role, RoleSessionName=m(), Policy=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Sid": m(), "Effect": "Allow", "Action": "*", "Resource": "*"}]}))
        self.secrets[made["Credentials"]["SecretAccessKey"]] = "a session's secret key"
        self.secrets[made["Credentials"]["SessionToken"]] = "a session's token"

    def s3(self):
        s3, m = self.client("s3"), self.marks
        bucket, small, large = m.name("key of s3b"), m.name("key of s3o"), m.name("key of s3o")
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": self.tags()})
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Sid": m(), "Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "s3:GetObject",
             "Resource": f"arn:aws:s3:::{bucket}/{m()}"}]}))
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        tag = {"Key": m(), "Value": m()}
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [
            {"ID": m(), "Status": "Enabled", "Expiration": {"Days": 1}, "Filter": {"Prefix": m()}},
            {"ID": m(), "Status": "Enabled", "Expiration": {"Days": 1}, "Filter": {"Tag": tag}},
            {"ID": m(), "Status": "Enabled", "Expiration": {"Days": 1}, "Filter": {"And": {"Prefix": m(), "Tags": self.tags() + self.tags()}}}]})
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [
            {"ID": m(), "Status": "Enabled", "Expiration": {"Days": 1}, "Prefix": m()},
            {"ID": m(), "Status": "Enabled", "Expiration": {"Days": 1}, "Prefix": m()}]})
        described = lambda: {"Metadata": {m(): m()}, "Tagging": f"{m()}={m()}", "ContentType": f"text/{m()}",
                             "ContentDisposition": m(), "ContentLanguage": m(), "CacheControl": m(),
                             "ContentEncoding": m(), "WebsiteRedirectLocation": f"/{m()}"}
        s3.put_object(Bucket=bucket, Key=small, Body=m().encode(), **described())
        s3.put_object(Bucket=bucket, Key=large, Body=(m() + "\n").encode() * 10000, **described())
        s3.put_object_tagging(Bucket=bucket, Key=small, Tagging={"TagSet": self.tags()})
        s3.copy_object(Bucket=bucket, Key=m.name("key of s3o"), CopySource=f"{bucket}/{small}", MetadataDirective="REPLACE",
                       TaggingDirective="REPLACE", **described())
        for complete in (True, False):
            key = m.name("key of s3u")
            upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **described())["UploadId"]
            part = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=(m() + " ").encode() * 9000)
            if complete:
                s3.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={
                    "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        url, arn = self.queue()
        sqs = self.client("sqs")
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": statement(m(), "s3.amazonaws.com")})
        topic = self.client("sns").create_topic(Name="events", Attributes={"Policy": statement(m(), "s3.amazonaws.com")})["TopicArn"]
        rule = lambda **more: {"Id": m(), "Events": ["s3:ObjectCreated:*"], "Filter": {
            "Key": {"FilterRules": [{"Name": "prefix", "Value": m()}]}}, **more}
        rules = {"QueueConfigurations": [rule(QueueArn=arn)], "TopicConfigurations": [rule(TopicArn=topic)]}
        if hasattr(self, "function"):
            rules["LambdaFunctionConfigurations"] = [rule(LambdaFunctionArn=self.function)]
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=rules)

    def logs(self):
        logs, m = self.client("logs"), self.marks
        group, stream = m.name("key of logs.group"), m.name("key of logs.stream")
        logs.create_log_group(logGroupName=group, tags={m(): m()})
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_retention_policy(logGroupName=group, retentionInDays=1)
        logs.tag_log_group(logGroupName=group, tags={m(): m()})
        arn = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"].removesuffix(":*")
        logs.tag_resource(resourceArn=arn, tags={m(): m()})
        at = int(time.time() * 1000)
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
            {"timestamp": at, "message": m()}, {"timestamp": at, "message": json.dumps({"a": m()})}])

    def cloudwatch(self):
        cw, m = self.client("cloudwatch"), self.marks
        alarm, space, metric = m.name("key of cw.alarm"), m.name("key of cw.series"), m.name("key of cw.series")
        dimension = [{"Name": m.name("key of cw.series"), "Value": m.name("key of cw.series")}]
        cw.put_metric_data(Namespace=space, MetricData=[{"MetricName": metric, "Value": 1, "Dimensions": dimension}])
        cw.put_metric_alarm(AlarmName=alarm, AlarmDescription=m(), Namespace=m(), MetricName=m(), Statistic="Sum", Period=60,
                            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold", Tags=self.tags(),
                            Dimensions=[{"Name": m(), "Value": m()}])
        cw.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason=m(), StateReasonData=json.dumps({"a": m()}))
        cw.put_dashboard(DashboardName=m.name("key of cw.dashboard"), DashboardBody=json.dumps(
            {"widgets": [{"type": "text", "properties": {"markdown": m()}}]}), Tags=self.tags())
        arn = cw.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["AlarmArn"]
        cw.tag_resource(ResourceARN=arn, Tags=self.tags())

    def cloudformation(self):
        cfn, m = self.client("cloudformation"), self.marks
        name, change = m.name("key of cfn.stack"), m.name("key of cfn.changeset")

        def template():
            return json.dumps({
                "Description": m(), "Metadata": {m(): m()}, "Parameters": {
                    "Secret": {"Type": "String", "NoEcho": True}, "Open": {"Type": "String", "Default": m(), "Description": m()}},
                "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Open"}, "Tags": [
                    {"Key": m(), "Value": {"Ref": "Secret"}}]}}},
                "Outputs": {"O": {"Value": {"Ref": "Open"}, "Description": m()}}})
        given = lambda: [{"ParameterKey": "Secret", "ParameterValue": m()}, {"ParameterKey": "Open", "ParameterValue": m()}]
        state = lambda: cfn.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        cfn.create_stack(StackName=name, TemplateBody=template(), Parameters=given(), Tags=self.tags())
        wait_for(lambda: state() == "CREATE_COMPLETE")
        cfn.update_stack(StackName=name, TemplateBody=template(), Parameters=given(), Tags=self.tags())
        wait_for(lambda: state() == "UPDATE_COMPLETE")
        cfn.create_change_set(StackName=name, ChangeSetName=change, TemplateBody=template(), Parameters=given(),
                              Tags=self.tags(), Description=m())
        wait_for(lambda: cfn.describe_change_set(StackName=name, ChangeSetName=change)["Status"] == "CREATE_COMPLETE")
        # One that fails, whose events say why.
        broken = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {
            "QueueName": "bad name " + m()}}}})
        cfn.create_stack(StackName=m.name("key of cfn.stack"), TemplateBody=broken)

    def lambda_(self):
        fn, m = self.client("lambda"), self.marks
        role = Functions(self.cloud).role
        dead, arn = self.queue()

        def describe():
            return {"Description": m(), "Environment": {"Variables": {m(): m()}}, "Handler": m(), "Role": role}
        made = []
        for more in ({}, {"DeadLetterConfig": {"TargetArn": arn}}):
            name = m.name("key of lambda.fn")
            made.append(name)
            self.function = fn.create_function(FunctionName=name, Runtime="provided.al2023", Code={"ZipFile": package()},
                                               Tags={m(): m()}, **describe(), **more)["FunctionArn"]
            fn.update_function_configuration(FunctionName=name, **describe())
        fn.update_function_code(FunctionName=made[0], ZipFile=package())
        fn.tag_resource(Resource=self.function, Tags={m(): m()})
        fn.add_permission(FunctionName=made[1], StatementId=m(), Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
        fn.put_function_event_invoke_config(FunctionName=made[1], MaximumRetryAttempts=0, DestinationConfig={
            "OnFailure": {"Destination": arn}})
        event = lambda do: json.dumps({"do": do, "text": m()}, separators=(",", ":"))
        context = lambda: base64.b64encode(json.dumps({"custom": {"a": m()}}).encode()).decode()
        fn.invoke(FunctionName=made[0], Payload=event("echo"), ClientContext=context())
        fn.invoke(FunctionName=made[0], Payload=event("tell"))
        for name in made:  # one waits for its next try, one is a dead letter
            for do in ("echo", "tell"):
                fn.invoke(FunctionName=name, InvocationType="Event", Payload=event(do))
        layer = m.name("key of lambda.layer")
        fn.publish_layer_version(LayerName=layer, Content={"ZipFile": package()}, Description=m(), LicenseInfo=m())
        fn.add_layer_version_permission(LayerName=layer, VersionNumber=1, StatementId=m(), Action="lambda:GetLayerVersion", Principal="*")
        held = m.name("key of lambda.fn")
        fn.create_function(FunctionName=held, Runtime="provided.al2023", Code={"ZipFile": package()}, **describe())
        fn.put_function_concurrency(FunctionName=held, ReservedConcurrentExecutions=0)
        fn.invoke(FunctionName=held, InvocationType="Event", Payload=event("echo"))
        sqs = self.cloud.client("sqs")
        wait_for(lambda: int(sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["All"])["Attributes"][
            "ApproximateNumberOfMessages"]) >= 2)


SERVICES = ("lambda", "sns", "sqs", "dynamodb", "iam", "sts", "s3", "logs", "cloudwatch", "cloudformation")


class Readable(unittest.TestCase):
    maxDiff = None

    def missing(self, marks, cloud):
        """Operations of the models whose texts had no mark and are in no table."""
        lacking = []
        for service in SERVICES:
            model = cloud.client(service).meta.service_model
            for operation in changing_operations(service):
                if TAKES_NOTHING.match(operation):
                    continue
                unkept = [UNKEPT[k] for k in ((service, "*"), (service, operation)) if k in UNKEPT]
                lacking += [f"{service} {operation} {m}" for m in marks.missing(model, operation)
                            if not FIXED.search(m) and not NAMES.search(m) and not any(re.search(u, m) for u in unkept)]
        return lacking

    def readable(self, writer, cloud, when):
        found = search(cloud.data, exempt=("functions",))
        for mark, form in marks_in(cloud.stderr.encode()).items():
            found.setdefault(mark, set()).add(f"the daemon's log ({form})")
        said = [f"{when}: {writer.marks.said(m)} in {', '.join(sorted(where))}"
                for m, where in found.items() if not writer.marks.may_be_read(m)]
        files = [p for p in cloud.data.rglob("*") if p.is_file() and p.name != "credentials"]
        for path in files:
            try:
                held = path.read_bytes()
            except FileNotFoundError:  # RocksDB has removed it
                continue
            said += [f"{when}: {what} in {path.relative_to(cloud.data)}" for secret, what in writer.secrets.items() if secret.encode() in held]
        return said

    def test_nothing_is_readable(self):
        need_boto3()
        with Cloud("--log-level", "debug") as cloud:
            need_functions(cloud)
            writer = Writer(cloud)
            writer.secrets[cloud.secret_key] = "root's secret key"
            for service in SERVICES:
                getattr(writer, "lambda_" if service == "lambda" else service)()
            self.assertEqual(self.missing(writer.marks, cloud), [])
            self.assertGreater(len(writer.marks.made), 200)
            said = self.readable(writer, cloud, "running")
            # What may be read is read: the search works, and no name is in the table in vain.
            found = search(cloud.data, exempt=("functions",))
            self.assertEqual({why for mark, why in writer.marks.names.items() if mark not in found}, set())
            cloud.stop()
            said += self.readable(writer, cloud, "stopped")
            cloud.start()  # what was waiting goes on
            cloud.stop()
            said += self.readable(writer, cloud, "started again")
            if said:
                self.fail(f"{len(said)} values can be read:\n" + "\n".join(sorted(set(said))))


class Search(unittest.TestCase):
    """The search itself finds what it should."""

    def test_beginnings(self):
        marks = Marks()
        name, value, other = marks.name("a key"), marks(), marks()
        marks.made[value] = "a call"
        for mark, may in ((name, True), (name[:-1] + "0", True), (value, False), (value[:-1] + "0", False), (other, False)):
            self.assertEqual(marks.may_be_read(mark), may, mark)

    def test_forms(self):
        import base64
        import tempfile
        import urllib.parse
        mark = Marks()()
        plain = mark.encode()
        forms = {"plain": plain, "upper": plain.upper(), "hex": plain.hex().encode(), "hex, odd": b"a" + plain.hex().encode(),
                 "percent": "".join(f"%{b:02X}" for b in plain).encode()}
        for shift in range(3):
            forms[f"base64 {shift}"] = base64.b64encode(b"!" * shift + plain + b"tail")
        for name, data in forms.items():
            with tempfile.TemporaryDirectory() as folder:
                pathlib.Path(folder, "f").write_bytes(b"\0\1" + data + b"\xff")
                self.assertEqual(list(search(folder)), [mark], name)
        self.assertEqual(marks_in(plain[:-1]), {})


if __name__ == "__main__":
    main()
