"""Walks the table of condition keys (docs/SUPPORTED.md, which a test holds equal to the rows): for each filled
key a Deny with it denies, a Deny with another value does not, an Allow with it allows and an Allow with another
value does not, in a real request; each absent key has no value. A key without a case fails."""
import datetime
import io
import json
import os
import pathlib
import re
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import ROOT, CloudCase, main, wait_for

try:
    from botocore.exceptions import ClientError
except ImportError:  # CloudCase skips
    ClientError = Exception

A = "000000000000"
HERE = f"us-east-1:{A}"
TAGS = [{"Key": "team", "Value": "red"}]


def table():
    """Key → is it filled?"""
    text = (ROOT / "docs/SUPPORTED.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| \w+ \| (filled|absent) \| ", text, re.M)
    return {key: state == "filled" for key, state in rows}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(**principal):
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def denied(fn, *args, **kwargs):
    """Whether policies refuse the request; what else becomes of it does not matter."""
    try:
        fn(*args, **kwargs)
    except ClientError as e:
        error = e.response["Error"]
        return "AccessDenied" in error["Code"] or "not authorized to perform" in error["Message"] or error["Code"] in ("403", "AuthorizationError")
    return False


def holds(operator, key, value, other):
    """Two Condition elements: one that the request meets, one that it does not."""
    return {operator: {key: value}}, {operator: {key: other}}


def text(key, value, other="never"):
    return holds("StringEquals", key, value, other)


def many(key, value, other="never"):
    return holds("ForAnyValue:StringEquals", key, value, other)


def truth(key, value):
    return holds("Bool", key, "true" if value else "false", "false" if value else "true")


class Subject:
    """Who asks: a user, or a role by its session. Its policy is one inline document."""
    def __init__(self, case, kind, name, keys):
        self.case, self.kind, self.name, self.keys = case, kind, name, keys
        self.clients = {}

    def client(self, service, tls=False):
        if (service, tls) not in self.clients:
            self.clients[service, tls] = self.case.cloud.client(service, tls=tls, keys=self.keys)
        return self.clients[service, tls]

    def put(self, *statements):
        put = getattr(self.case.iam, f"put_{self.kind.lower()}_policy")
        put(**{self.kind + "Name": self.name}, PolicyName="walk", PolicyDocument=document(*statements))

    def allow(self, action, condition):
        self.put({"Effect": "Allow", "NotAction": action, "Resource": "*"},
                 {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition})

    def deny(self, action, condition):
        self.put({"Effect": "Allow", "Action": "*", "Resource": "*"},
                 {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition})


class Topic:
    """A service that publishes: the policy is the topic's."""
    def __init__(self, case, principal):
        self.case, self.keys, self.principal = case, None, principal
        self.sns = case.cloud.client("sns", tls=False)
        self.arn = self.sns.create_topic(Name=principal.partition(".")[0])["TopicArn"]

    def put(self, effect, condition):
        who = {"Principal": {"Service": self.principal}, "Action": "sns:Publish", "Resource": self.arn}
        rows = [{"Effect": effect, **who, "Condition": condition}]
        if effect == "Deny":
            rows.append({"Effect": "Allow", **who})
        self.sns.set_topic_attributes(TopicArn=self.arn, AttributeName="Policy", AttributeValue=document(*rows))

    def allow(self, _action, condition):
        self.put("Allow", condition)

    def deny(self, _action, condition):
        self.put("Deny", condition)

    @staticmethod
    def refused():
        return ClientError({"Error": {"Code": "AccessDenied", "Message": "by the topic's policy"}}, "Publish")


class Events(Topic):
    """S3, which asks a topic's policy before it takes a notification."""
    def __init__(self, case):
        super().__init__(case, "s3.amazonaws.com")
        self.s3 = case.cloud.client("s3", tls=False)
        self.s3.create_bucket(Bucket="events")

    def notify(self):
        config = {"TopicConfigurations": [{"TopicArn": self.arn, "Events": ["s3:ObjectCreated:*"]}]}
        try:
            self.s3.put_bucket_notification_configuration(Bucket="events", NotificationConfiguration=config)
        except ClientError as e:
            if e.response["Error"]["Message"] != "Unable to validate the following destination configurations":
                raise
            raise self.refused() from None


class Alarms(Topic):
    """An alarm, whose history says what became of its action."""
    def __init__(self, case):
        super().__init__(case, "cloudwatch.amazonaws.com")
        self.cw, self.n = case.cloud.client("cloudwatch", tls=False), 0
        self.cw.put_metric_alarm(AlarmName="source", Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1,
                                 Threshold=1, ComparisonOperator="GreaterThanThreshold", AlarmActions=[self.arn], OKActions=[self.arn])

    def notify(self):
        self.n += 1
        self.cw.set_alarm_state(AlarmName="source", StateValue="ALARM" if self.n % 2 else "OK", StateReason="r")
        items = lambda: self.cw.describe_alarm_history(AlarmName="source", HistoryItemType="Action")["AlarmHistoryItems"]
        wait_for(lambda: len(items()) == self.n)
        if items()[0]["HistorySummary"].startswith("Failed"):
            raise self.refused()


class Keys(CloudCase):
    @classmethod
    def prepare(cls):
        root = lambda service: cls.cloud.client(service, tls=False)
        cls.iam = iam = root("iam")
        cls.user_id = iam.create_user(UserName="walker", Tags=TAGS)["User"]["UserId"]
        key = iam.create_access_key(UserName="walker")["AccessKey"]
        cls.user = Subject(cls, "User", "walker", (key["AccessKeyId"], key["SecretAccessKey"]))
        cls.user.put({"Effect": "Allow", "Action": "*", "Resource": "*"})
        cls.role_arn = iam.create_role(RoleName="walked", AssumeRolePolicyDocument=trust(AWS=A, Service="lambda.amazonaws.com"), Tags=TAGS)["Role"]["Arn"]
        cls.session = Subject(cls, "Role", "walked", cls.assume("session"))
        s3, sqs, sns, ddb, logs, cw, lam = (root(s) for s in ("s3", "sqs", "sns", "dynamodb", "logs", "cloudwatch", "lambda"))
        s3.create_bucket(Bucket="walk")
        s3.put_bucket_versioning(Bucket="walk", VersioningConfiguration={"Status": "Enabled"})
        cls.version = s3.put_object(Bucket="walk", Key="o", Body=b"{}", Tagging="team=red")["VersionId"]
        cls.queue = sqs.create_queue(QueueName="walk", tags={"team": "red"})["QueueUrl"]
        cls.topic = sns.create_topic(Name="walk", Tags=TAGS)["TopicArn"]
        ddb.create_table(TableName="walk", BillingMode="PAY_PER_REQUEST", Tags=TAGS, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                         AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
        wait_for(lambda: ddb.describe_table(TableName="walk")["Table"]["TableStatus"] == "ACTIVE")
        logs.create_log_group(logGroupName="walk", tags={"team": "red"})
        cw.put_metric_alarm(AlarmName="walk", Namespace="n", MetricName="m", Period=60, EvaluationPeriods=1, Threshold=1,
                            Statistic="Sum", ComparisonOperator="GreaterThanThreshold", Tags=TAGS)
        lam.create_function(FunctionName="walk", Runtime="provided.al2023", Role=cls.role_arn, Handler="h", Tags={"team": "red"},
                            Code={"ZipFile": cls.package()})
        root("cloudformation").create_stack(StackName="walk", Tags=TAGS, TemplateBody=json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}))
        cls.events, cls.alarms = Events(cls), Alarms(cls)

    @classmethod
    def assume(cls, name):
        c = cls.cloud.client("sts", tls=False, keys=cls.user.keys).assume_role(RoleArn=cls.role_arn, RoleSessionName=name)["Credentials"]
        return c["AccessKeyId"], c["SecretAccessKey"], c["SessionToken"]

    @staticmethod
    def package():
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o100755 << 16
            z.writestr(entry, pathlib.Path(os.environ["TESTFN"]).read_bytes() if os.environ.get("TESTFN") else b"#!")
        return out.getvalue()

    # ---- The cases: key, whether it holds, action, request[, who] ----
    def of_aws(self):
        user, session, events = self.user, self.session, self.events
        s3 = user.client("s3")
        buckets = ("s3:ListAllMyBuckets", s3.list_buckets)
        mine = ("s3:ListAllMyBuckets", session.client("s3").list_buckets, session)
        event = ("sns:Publish", events.notify, events)
        alarm = ("sns:Publish", self.alarms.notify, self.alarms)
        yield text("aws:PrincipalArn", f"arn:aws:iam::{A}:user/walker"), *buckets
        yield text("aws:PrincipalArn", self.role_arn), *mine
        yield text("aws:PrincipalAccount", A), *buckets
        yield text("aws:PrincipalType", "User"), *buckets
        yield text("aws:PrincipalType", "AssumedRole"), *mine
        yield text("aws:PrincipalTag/team", "red"), *buckets
        yield text("aws:PrincipalTag/team", "red"), *mine
        yield truth("aws:PrincipalIsAWSService", False), *buckets
        yield truth("aws:PrincipalIsAWSService", True), *event
        yield text("aws:PrincipalServiceName", "s3.amazonaws.com"), *event
        yield many("aws:PrincipalServiceNamesList", "s3.us-east-1.amazonaws.com"), *event
        yield text("aws:userid", self.user_id), *buckets
        yield text("aws:username", "walker"), *buckets
        yield ({"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}, {"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}), *mine
        yield truth("aws:MultiFactorAuthPresent", False), *mine
        yield holds("IpAddress", "aws:SourceIp", "127.0.0.1/32", "10.0.0.0/8"), *buckets
        yield holds("StringLike", "aws:UserAgent", "*Boto3*", "curl*"), *buckets
        referring = self.cloud.client("s3", tls=False, keys=user.keys)
        referring.meta.events.register("before-sign.s3.*", lambda request, **_: request.headers.add_header("Referer", "http://here/"))
        yield text("aws:Referer", "http://here/"), "s3:ListAllMyBuckets", referring.list_buckets
        yield truth("aws:SecureTransport", False), *buckets
        yield truth("aws:SecureTransport", True), "s3:ListAllMyBuckets", user.client("s3", tls=True).list_buckets
        yield ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}}, {"DateLessThan": {"aws:CurrentTime": "2020-01-01"}}), *buckets
        yield ({"NumericGreaterThan": {"aws:EpochTime": 1577836800}}, {"NumericLessThan": {"aws:EpochTime": 1577836800}}), *buckets
        yield text("aws:RequestedRegion", "us-east-1", "eu-west-1"), *buckets
        yield text("aws:SourceAccount", A), *event
        yield text("aws:SourceOwner", A), *alarm
        yield holds("ArnLike", "aws:SourceArn", "arn:aws:s3:::events", "arn:aws:s3:::walk"), *event
        yield text("aws:ResourceAccount", A), "s3:ListBucket", lambda: s3.list_objects_v2(Bucket="walk")
        yield text("aws:ResourceAccount", A), *event
        yield truth("aws:ViaAWSService", False), *buckets
        summary = lambda: user.client("cloudformation").get_template_summary(TemplateURL="https://s3.amazonaws.com/walk/o")
        yield truth("aws:ViaAWSService", True), "s3:GetObject", summary
        for key in ("aws:CalledViaFirst", "aws:CalledViaLast"):
            yield text(key, "cloudformation.amazonaws.com"), "s3:GetObject", summary
        yield many("aws:CalledVia", "cloudformation.amazonaws.com"), "s3:GetObject", summary

    def of_resource_tags(self):
        c = self.user.client
        tagged = text("aws:ResourceTag/team", "red")
        yield tagged, "sqs:GetQueueAttributes", lambda: c("sqs").get_queue_attributes(QueueUrl=self.queue)
        yield tagged, "sns:GetTopicAttributes", lambda: c("sns").get_topic_attributes(TopicArn=self.topic)
        yield tagged, "dynamodb:DescribeTable", lambda: c("dynamodb").describe_table(TableName="walk")
        yield tagged, "logs:DescribeLogStreams", lambda: c("logs").describe_log_streams(logGroupName="walk")
        yield tagged, "logs:GetLogEvents", lambda: c("logs").get_log_events(logGroupName="walk", logStreamName="s")
        yield tagged, "logs:ListTagsForResource", lambda: c("logs").list_tags_for_resource(resourceArn=f"arn:aws:logs:{HERE}:log-group:walk")
        yield tagged, "lambda:GetFunction", lambda: c("lambda").get_function(FunctionName="walk")
        yield tagged, "cloudwatch:DescribeAlarms", lambda: c("cloudwatch").describe_alarms(AlarmNames=["walk"])
        yield tagged, "cloudformation:DescribeStacks", lambda: c("cloudformation").describe_stacks(StackName="walk")
        yield tagged, "sts:AssumeRole", lambda: c("sts").assume_role(RoleArn=self.role_arn, RoleSessionName="other")
        yield tagged, "iam:PassRole", lambda: self.make_function()
        for key in ("aws:ResourceTag/team", "iam:ResourceTag/team"):
            yield text(key, "red"), "iam:GetRole", lambda: c("iam").get_role(RoleName="walked")
            yield text(key, "red"), "iam:GetUser", lambda: c("iam").get_user(UserName="walker")

    def of_request_tags(self):
        c = self.user.client
        alarm = dict(AlarmName="new", Namespace="n", MetricName="m", Period=60, EvaluationPeriods=1, Threshold=1, Statistic="Sum",
                     ComparisonOperator="GreaterThanThreshold")
        gives = [
            ("sqs:CreateQueue", lambda: c("sqs").create_queue(QueueName="new", tags={"team": "blue"})),
            ("sqs:TagQueue", lambda: c("sqs").tag_queue(QueueUrl=self.queue + "x", Tags={"team": "blue"})),
            ("sns:CreateTopic", lambda: c("sns").create_topic(Name="new", Tags=[{"Key": "team", "Value": "blue"}])),
            ("sns:TagResource", lambda: c("sns").tag_resource(ResourceArn=self.topic + "x", Tags=[{"Key": "team", "Value": "blue"}])),
            ("dynamodb:TagResource", lambda: c("dynamodb").tag_resource(ResourceArn=f"arn:aws:dynamodb:{HERE}:table/none", Tags=[{"Key": "team", "Value": "blue"}])),
            ("logs:CreateLogGroup", lambda: c("logs").create_log_group(logGroupName="new", tags={"team": "blue"})),
            ("logs:TagLogGroup", lambda: c("logs").tag_log_group(logGroupName="none", tags={"team": "blue"})),
            ("lambda:TagResource", lambda: c("lambda").tag_resource(Resource=f"arn:aws:lambda:{HERE}:function:none", Tags={"team": "blue"})),
            ("lambda:CreateFunction", lambda: self.make_function(Tags={"team": "blue"})),
            ("cloudwatch:PutMetricAlarm", lambda: c("cloudwatch").put_metric_alarm(**alarm, Tags=[{"Key": "team", "Value": "blue"}])),
            ("iam:TagRole", lambda: c("iam").tag_role(RoleName="none", Tags=[{"Key": "team", "Value": "blue"}])),
            ("iam:CreatePolicy", lambda: c("iam").create_policy(PolicyName="bad", PolicyDocument="{}", Tags=[{"Key": "team", "Value": "blue"}])),
            ("cloudformation:CreateStack", lambda: c("cloudformation").create_stack(StackName="new", TemplateBody="x", Tags=[{"Key": "team", "Value": "blue"}])),
            ("s3:CreateBucket", lambda: c("s3").create_bucket(Bucket="walk", CreateBucketConfiguration={"Tags": [{"Key": "team", "Value": "blue"}]})),
            ("s3:PutBucketTagging", lambda: c("s3").put_bucket_tagging(Bucket="walk", Tagging={"TagSet": [{"Key": "team", "Value": "blue"}]})),
        ]
        for action, request in gives:
            yield text("aws:RequestTag/team", "blue"), action, request
            yield many("aws:TagKeys", "team"), action, request
        yield many("aws:TagKeys", "team"), "sqs:UntagQueue", lambda: c("sqs").untag_queue(QueueUrl=self.queue + "x", TagKeys=["team"])
        yield many("aws:TagKeys", "team"), "iam:UntagRole", lambda: c("iam").untag_role(RoleName="none", TagKeys=["team"])
        yield many("aws:TagKeys", "team"), "logs:UntagLogGroup", lambda: c("logs").untag_log_group(logGroupName="none", tags=["team"])

    def of_s3(self):
        s3 = self.user.client("s3")
        listing = lambda **more: ("s3:ListBucket", lambda: s3.list_objects_v2(Bucket="walk", **more))
        put = lambda **more: ("s3:PutObject", lambda: s3.put_object(Bucket="walk", Key="p", Body=b"", **more))
        grants = lambda **more: ("s3:PutObject", lambda: s3.put_object(Bucket="nowhere-walk", Key="p", Body=b"", **more))
        make = lambda **more: ("s3:CreateBucket", lambda: s3.create_bucket(Bucket="walk", **more))
        get = ("s3:GetObject", lambda: s3.get_object(Bucket="walk", Key="o"))
        copy = lambda **more: ("s3:PutObject", lambda: s3.copy_object(Bucket="walk", Key="p", CopySource="walk/none", **more))
        yield text("s3:prefix", "a/"), *listing(Prefix="a/")
        yield text("s3:delimiter", "/"), *listing(Delimiter="/")
        yield holds("NumericEquals", "s3:max-keys", 5, 6), *listing(MaxKeys=5)
        yield holds("NumericEquals", "s3:max-keys", 1000, 10), *listing()
        yield holds("NumericGreaterThan", "s3:max-keys", 10, 1000), "s3:ListBucketVersions", lambda: s3.list_object_versions(Bucket="walk")
        yield text("s3:x-amz-acl", "public-read"), *grants(ACL="public-read")
        for name in ("full-control", "read", "read-acp", "write-acp"):
            member = {"full-control": "GrantFullControl", "read": "GrantRead", "read-acp": "GrantReadACP", "write-acp": "GrantWriteACP"}[name]
            yield text("s3:x-amz-grant-" + name, "id=x"), *grants(**{member: "id=x"})
        yield text("s3:x-amz-grant-write", "id=x"), *make(GrantWrite="id=x")
        yield text("s3:x-amz-server-side-encryption", "AES256"), *put(ServerSideEncryption="AES256")
        kms = "arn:aws:kms:us-east-1:000000000000:key/k"
        yield holds("ArnEquals", "s3:x-amz-server-side-encryption-aws-kms-key-id", kms, kms + "x"), *put(ServerSideEncryption="aws:kms", SSEKMSKeyId=kms)
        yield text("s3:x-amz-server-side-encryption-customer-algorithm", "AES256"), "s3:PutObject", lambda: self.user.client("s3", tls=True).put_object(
            Bucket="walk", Key="p", Body=b"", SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32)
        yield text("s3:x-amz-storage-class", "STANDARD_IA"), *put(StorageClass="STANDARD_IA")
        yield text("s3:x-amz-copy-source", "walk/none"), *copy()
        for spelling in ("/walk/no thing", "walk/no thing?versionId=null"):  # sent with %20; the same, however it is written
            yield text("s3:x-amz-copy-source", "walk/no thing"), "s3:PutObject", lambda spelling=spelling: s3.copy_object(Bucket="walk", Key="p", CopySource=spelling)
        yield text("s3:x-amz-metadata-directive", "REPLACE"), *copy(MetadataDirective="REPLACE")
        yield text("s3:x-amz-object-ownership", "ObjectWriter"), *make(ObjectOwnership="ObjectWriter")
        yield text("s3:x-amz-website-redirect-location", "/x"), *put(WebsiteRedirectLocation="/x")
        named = self.cloud.client("s3", tls=False, keys=self.user.keys)
        named.meta.events.register("before-sign.s3.CreateBucket", lambda request, **_: request.headers.add_header("x-amz-bucket-namespace", "global"))
        yield text("s3:x-amz-bucket-namespace", "global"), "s3:CreateBucket", lambda: named.create_bucket(Bucket="walk")
        yield text("s3:if-match", '"e"'), *put(IfMatch='"e"')
        yield text("s3:if-none-match", "*"), *put(IfNoneMatch="*")
        yield text("s3:object-lock-mode", "COMPLIANCE"), *put(ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate="2030-01-01T00:00:00Z")
        until = "s3:object-lock-retain-until-date"
        yield ({"DateGreaterThan": {until: "2029-01-01"}}, {"DateLessThan": {until: "2029-01-01"}}), *put(
            ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate="2030-01-01T00:00:00Z")
        yield text("s3:object-lock-legal-hold", "ON"), *put(ObjectLockLegalHoldStatus="ON")
        yield text("s3:locationconstraint", "eu-west-1"), *make(CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield text("s3:versionid", self.version), "s3:GetObjectVersion", lambda: s3.get_object(Bucket="walk", Key="o", VersionId=self.version)
        yield text("s3:ExistingObjectTag/team", "red"), *get
        yield text("s3:RequestObjectTag/team", "red"), *put(Tagging="team=red")
        yield many("s3:RequestObjectTagKeys", "team"), *put(Tagging="team=red")
        yield truth("s3:ObjectCreationOperation", True), *put()
        yield truth("s3:ObjectCreationOperation", True), *copy()
        yield truth("s3:ObjectCreationOperation", False), "s3:PutObject", lambda: s3.create_multipart_upload(Bucket="walk", Key="m")
        yield text("s3:ResourceAccount", A), *get
        tls = ("s3:ListAllMyBuckets", self.user.client("s3", tls=True).list_buckets)
        yield ({"NumericGreaterThanEquals": {"s3:TlsVersion": 1.2}}, {"NumericLessThan": {"s3:TlsVersion": 1.2}}), *tls
        yield text("s3:authType", "REST-HEADER"), *get
        yield text("s3:signatureversion", "AWS4-HMAC-SHA256"), *get
        yield ({"NumericLessThan": {"s3:signatureAge": 900000}}, {"NumericGreaterThan": {"s3:signatureAge": 900000}}), *get
        yield holds("StringLike", "s3:x-amz-content-sha256", "*", "never"), *get

    def of_dynamodb(self):
        ddb = self.user.client("dynamodb")
        item = {"id": {"S": "me"}}
        get = lambda **more: ("dynamodb:GetItem", lambda: ddb.get_item(TableName="walk", Key=item, **more))
        scan = lambda **more: ("dynamodb:Scan", lambda: ddb.scan(TableName="walk", **more))
        put = lambda **more: ("dynamodb:PutItem", lambda: ddb.put_item(TableName="walk", Item=item, **more))
        yield text("dynamodb:ReturnConsumedCapacity", "TOTAL"), *get(ReturnConsumedCapacity="TOTAL")
        yield text("dynamodb:ReturnConsumedCapacity", "NONE"), *get()
        yield many("dynamodb:LeadingKeys", "me"), *get()
        yield many("dynamodb:LeadingKeys", "me"), "dynamodb:Query", lambda: ddb.query(
            TableName="walk", KeyConditionExpression="id = :i", ExpressionAttributeValues={":i": {"S": "me"}})
        yield many("dynamodb:Attributes", "shown"), *get(ProjectionExpression="shown")
        yield many("dynamodb:Attributes", "shown"), *scan(FilterExpression="attribute_exists(shown)")
        yield text("dynamodb:Select", "COUNT"), *scan(Select="COUNT")
        for request in (get, scan):
            yield text("dynamodb:Select", "ALL_ATTRIBUTES"), *request()
            yield text("dynamodb:Select", "SPECIFIC_ATTRIBUTES"), *request(ProjectionExpression="id")
        yield text("dynamodb:Select", "ALL_PROJECTED_ATTRIBUTES"), *scan(IndexName="some")
        yield text("dynamodb:ReturnValues", "NONE"), *put()
        yield text("dynamodb:ReturnValues", "ALL_OLD", "NONE"), *put(ReturnValues="ALL_OLD")
        yield text("dynamodb:ReturnValues", "ALL_OLD", "NONE"), *put(
            ConditionExpression="attribute_not_exists(id)", ReturnValuesOnConditionCheckFailure="ALL_OLD")

    def make_function(self, **more):
        return self.user.client("lambda").create_function(FunctionName="none", Runtime="provided.al2023", Role=self.role_arn, Handler="h",
                                                          Code={"ZipFile": b"no archive"}, **more)

    def of_others(self):
        c = self.user.client
        subscribe = ("sns:Subscribe", lambda: c("sns").subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:1:none"))
        yield text("sns:Protocol", "sqs"), *subscribe
        yield text("sns:Endpoint", "arn:aws:sqs:us-east-1:1:none"), *subscribe
        assume = ("sts:AssumeRole", lambda: c("sts").assume_role(RoleArn=self.role_arn, RoleSessionName="named", ExternalId="secret"))
        yield text("sts:ExternalId", "secret"), *assume
        yield text("sts:RoleSessionName", "named"), *assume
        yield text("cloudwatch:namespace", "n"), "cloudwatch:PutMetricData", lambda: c("cloudwatch").put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 1}])
        for member in ("AlarmActions", "OKActions", "InsufficientDataActions"):
            yield many("cloudwatch:AlarmActions", self.topic), "cloudwatch:PutMetricAlarm", lambda member=member: c("cloudwatch").put_metric_alarm(
                AlarmName="acting", Namespace="n", MetricName="m", Period=60, EvaluationPeriods=1, Threshold=1, Statistic="Sum",
                ComparisonOperator="GreaterThanThreshold", **{member: [self.topic]})
        arn = f"arn:aws:lambda:{HERE}:function:walk"
        yield holds("ArnEquals", "lambda:FunctionArn", arn, arn + "x"), "lambda:GetFunction", lambda: c("lambda").get_function(FunctionName="walk")
        permit = lambda **more: ("lambda:AddPermission", lambda: c("lambda").add_permission(
            FunctionName="none", StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com", **more))
        yield text("lambda:Principal", "s3.amazonaws.com"), *permit()
        yield text("lambda:FunctionUrlAuthType", "NONE"), *permit(FunctionUrlAuthType="NONE")
        create = lambda **more: ("lambda:CreateFunction", lambda: self.make_function(**more))
        signing = f"arn:aws:lambda:{HERE}:code-signing-config:csc-0123456789abcdef0"
        yield holds("ArnEquals", "lambda:CodeSigningConfigArn", signing, signing + "x"), *create(CodeSigningConfigArn=signing)
        yield many("lambda:Layer", f"arn:aws:lambda:{HERE}:layer:l:1"), *create(Layers=[f"arn:aws:lambda:{HERE}:layer:l:1"])
        network = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
        yield many("lambda:SubnetIds", "subnet-1"), *create(VpcConfig=network)
        yield many("lambda:SecurityGroupIds", "sg-1"), *create(VpcConfig=network)
        yield text("iam:PassedToService", "lambda.amazonaws.com"), "iam:PassRole", lambda: self.make_function()
        boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
        yield holds("ArnEquals", "iam:PermissionsBoundary", boundary, boundary + "x"), "iam:CreateRole", lambda: c("iam").create_role(
            RoleName="bad", AssumeRolePolicyDocument="{}", PermissionsBoundary=boundary)
        yield holds("ArnEquals", "iam:PolicyARN", boundary, boundary + "x"), "iam:AttachRolePolicy", lambda: c("iam").attach_role_policy(RoleName="none", PolicyArn=boundary)
        stack = lambda **more: ("cloudformation:CreateStack", lambda: c("cloudformation").create_stack(StackName="none", **{"TemplateBody": "x", **more}))
        url = "https://s3.amazonaws.com/walk/none"
        yield text("cloudformation:TemplateUrl", url), "cloudformation:CreateStack", lambda: c("cloudformation").create_stack(StackName="none", TemplateURL=url)
        yield holds("ArnEquals", "cloudformation:RoleArn", self.role_arn, self.role_arn + "x"), *stack(RoleARN=self.role_arn)
        yield text("cloudformation:StackPolicyUrl", url), *stack(StackPolicyURL=url)
        yield many("cloudformation:ResourceTypes", "AWS::SQS::Queue"), *stack(ResourceTypes=["AWS::SQS::Queue"])
        change = lambda **more: lambda: c("cloudformation").create_change_set(StackName="none", **{"ChangeSetName": "set", "TemplateBody": "x", **more})
        yield many("cloudformation:ImportResourceTypes", "AWS::SQS::Queue"), "cloudformation:CreateChangeSet", change(
            ChangeSetType="IMPORT", ResourcesToImport=[{"ResourceType": "AWS::SQS::Queue", "LogicalResourceId": "Q", "ResourceIdentifier": {"QueueUrl": "x"}}])
        yield text("cloudformation:ChangeSetName", "set"), "cloudformation:CreateChangeSet", change()
        yield text("cloudformation:ChangeSetName", "set"), "cloudformation:DescribeChangeSet", lambda: c("cloudformation").describe_change_set(
            ChangeSetName=f"arn:aws:cloudformation:{HERE}:changeSet/set/0a0a0a0a-0000-0000-0000-000000000000")
        yield text("cloudformation:CreateAction", "CreateStack"), "cloudformation:TagResource", stack(Tags=TAGS)[1]

    def of_functions(self):
        """With the keys that a function's own code has."""
        if self.cloud.admin("GET", "/health")[1]["isolation"] == "none" or not os.environ.get("TESTFN"):
            return
        answer = self.cloud.client("lambda", tls=False).invoke(FunctionName="walk", Payload=json.dumps({"do": "env"}, separators=(",", ":")))
        env = json.loads(answer["Payload"].read())
        keys = tuple(env["AWS_" + name] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"))
        code = Subject(self, "Role", "walked", keys)
        arn = f"arn:aws:lambda:{HERE}:function:walk"
        yield holds("ArnEquals", "lambda:SourceFunctionArn", arn, arn + "x"), "s3:ListAllMyBuckets", code.client("s3").list_buckets, code

    parts = (of_aws, of_resource_tags, of_request_tags, of_s3, of_dynamodb, of_others, of_functions)

    # ---- The walk ----
    def check(self, condition, action, request, who=None):
        who = who or self.user
        met, unmet = condition
        for put, one, refused in ((who.deny, met, True), (who.deny, unmet, False), (who.allow, met, False), (who.allow, unmet, True)):
            put(action, one)
            self.assertEqual(denied(request), refused, (put.__name__, one, action))

    def test_filled(self):
        seen = set()
        for part in self.parts:
            for case in part(self):
                key = next(iter(next(iter(case[0][0].values()))))
                seen.add(re.sub(r"/.*", "/*", key))
                with self.subTest(key=key, action=case[1]):
                    self.check(*case)
        filled = {key for key, is_filled in table().items() if is_filled}
        if not any(True for _ in self.of_functions()):
            filled.discard("lambda:SourceFunctionArn")
        self.assertEqual(filled - seen, set(), "filled keys without a case")
        self.assertEqual(seen - filled, set(), "cases of keys that are not in the table")

    def test_what_lambda_sends_in_a_role(self):
        """A destination is asked for with the queue's tags."""
        if self.cloud.admin("GET", "/health")[1]["isolation"] == "none" or not os.environ.get("TESTFN"):
            self.skipTest("functions cannot be sandboxed here")
        sqs, lam, iam = (self.cloud.client(s, tls=False) for s in ("sqs", "lambda", "iam"))
        queues = {team: sqs.create_queue(QueueName="sent-" + team, tags={"team": team})["QueueUrl"] for team in ("red", "blue")}
        role = iam.create_role(RoleName="sender", AssumeRolePolicyDocument=trust(Service="lambda.amazonaws.com"))["Role"]["Arn"]
        iam.put_role_policy(RoleName="sender", PolicyName="p", PolicyDocument=document(
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": ["red", "blue"], "aws:ResourceAccount": A}}},
            {"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}))
        for team in ("blue", "red"):
            name = "sends-" + team
            lam.create_function(FunctionName=name, Runtime="provided.al2023", Role=role, Handler="h", Code={"ZipFile": self.package()})
            lam.put_function_event_invoke_config(FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": f"arn:aws:sqs:{HERE}:sent-{team}"}})
            lam.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
        wait_for(lambda: sqs.receive_message(QueueUrl=queues["red"]).get("Messages"))
        wait_for(lambda: "function:sends-blue: its role may not send to" in self.cloud.stderr)
        self.assertNotIn("function:sends-red: its role may not", self.cloud.stderr)
        self.assertEqual(sqs.get_queue_attributes(QueueUrl=queues["blue"], AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]["ApproximateNumberOfMessages"], "0")

    def test_absent(self):
        """Null holds for all of them, and a Deny where one is there does not apply."""
        absent = [key.replace("/*", "/team") for key, is_filled in table().items() if not is_filled]
        self.assertGreater(len(absent), 50)
        asks = {"s3": ("s3:ListAllMyBuckets", "s3", "list_buckets"), "dynamodb": ("dynamodb:ListTables", "dynamodb", "list_tables"),
                "lambda": ("lambda:ListFunctions", "lambda", "list_functions"), "cloudwatch": ("cloudwatch:ListMetrics", "cloudwatch", "list_metrics"),
                "logs": ("logs:DescribeLogGroups", "logs", "describe_log_groups"), "iam": ("iam:ListUsers", "iam", "list_users"),
                "cloudformation": ("cloudformation:ListStacks", "cloudformation", "list_stacks")}
        for i in range(0, len(absent), 12):
            for who in (self.user, self.session):
                some = absent[i:i + 12]
                action, service, request = asks.get(some[0].split(":")[0], asks["s3"])
                ask = getattr(who.client(service), request)
                who.allow(action, {"Null": {key: "true" for key in some}})
                self.assertFalse(denied(ask), some)
                who.put({"Effect": "Allow", "Action": "*", "Resource": "*"},
                        *({"Effect": "Deny", "Action": action, "Resource": "*", "Condition": {"Null": {key: "false"}}} for key in some))
                self.assertFalse(denied(ask), some)


class Documents(CloudCase):
    """What is said of keys when a policy is put, and what revokes a session."""
    def setUp(self):
        self.iam = self.cloud.client("iam", tls=False)

    def statement(self, key, action="*", **more):
        return {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": {"StringEquals": {key: "x"}}, **more}

    def test_an_unknown_key_is_refused_by_name(self):
        key = "aws:SourceIdentityy"
        iam, plain = self.iam, document(self.statement("aws:SourceIdentity"))
        iam.create_user(UserName="doc")
        role = iam.create_role(RoleName="doc", AssumeRolePolicyDocument=trust(AWS=A))["Role"]["Arn"]
        managed = iam.create_policy(PolicyName="doc", PolicyDocument=plain)["Policy"]["Arn"]
        iam.put_user_policy(UserName="doc", PolicyName="p", PolicyDocument=document({"Effect": "Allow", "Action": "sts:*", "Resource": "*"}))
        keys = iam.create_access_key(UserName="doc")["AccessKey"]
        client = lambda service: self.cloud.client(service, tls=False)
        sts = self.cloud.client("sts", tls=False, keys=(keys["AccessKeyId"], keys["SecretAccessKey"]))
        client("s3").create_bucket(Bucket="documents")
        topic, queue = client("sns").create_topic(Name="doc")["TopicArn"], client("sqs").create_queue(QueueName="doc")["QueueUrl"]
        bad = document(self.statement(key))
        held = lambda action, resource: document(self.statement(key, action, Resource=resource, Principal="*"))
        for code, put in (
                ("MalformedPolicyDocument", lambda: iam.put_user_policy(UserName="doc", PolicyName="q", PolicyDocument=bad)),
                ("MalformedPolicyDocument", lambda: iam.put_role_policy(RoleName="doc", PolicyName="q", PolicyDocument=bad)),
                ("MalformedPolicyDocument", lambda: iam.create_policy(PolicyName="doc2", PolicyDocument=bad)),
                ("MalformedPolicyDocument", lambda: iam.create_policy_version(PolicyArn=managed, PolicyDocument=bad)),
                ("MalformedPolicyDocument", lambda: iam.create_role(RoleName="doc2", AssumeRolePolicyDocument=document(
                    {"Effect": "Allow", "Principal": {"AWS": A}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {key: "x"}}}))),
                ("MalformedPolicyDocument", lambda: iam.update_assume_role_policy(RoleName="doc", PolicyDocument=document(
                    {"Effect": "Allow", "Principal": {"AWS": A}, "Action": "sts:*", "Condition": {"StringEquals": {key: "x"}}}))),
                ("MalformedPolicyDocument", lambda: sts.assume_role(RoleArn=role, RoleSessionName="s1", Policy=bad)),
                ("MalformedPolicy", lambda: client("s3").put_bucket_policy(Bucket="documents", Policy=held("s3:*", "arn:aws:s3:::documents"))),
                ("InvalidParameter", lambda: client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=held("sns:Publish", topic))),
                ("InvalidParameter", lambda: client("sns").create_topic(Name="doc3", Attributes={"Policy": held("sns:Publish", topic)})),
                ("InvalidAttributeValue", lambda: client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": held("sqs:*", "*")}))):
            with self.assertRaises(ClientError) as e:
                put()
            self.assertEqual(e.exception.response["Error"]["Code"], code)
            self.assertIn(key, e.exception.response["Error"]["Message"])
        cf = client("cloudformation")
        cf.create_stack(StackName="doc", Capabilities=["CAPABILITY_NAMED_IAM"], TemplateBody=json.dumps({"Resources": {"P": {
            "Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": json.loads(bad)}}}}))
        wait_for(lambda: cf.describe_stacks(StackName="doc")["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE")
        self.assertIn(key, json.dumps(cf.describe_stack_events(StackName="doc"), default=str))

    def test_a_revoked_session_is_refused(self):
        """AWSRevokeOlderSessions, as the console writes it."""
        iam = self.iam
        role = iam.create_role(RoleName="revoked", AssumeRolePolicyDocument=trust(AWS=A))["Role"]["Arn"]
        iam.put_role_policy(RoleName="revoked", PolicyName="all", PolicyDocument=document({"Effect": "Allow", "Action": "*", "Resource": "*"}))
        iam.create_user(UserName="rev")
        iam.put_user_policy(UserName="rev", PolicyName="all", PolicyDocument=document({"Effect": "Allow", "Action": "*", "Resource": "*"}))
        key = iam.create_access_key(UserName="rev")["AccessKey"]
        keys = key["AccessKeyId"], key["SecretAccessKey"]
        sts = self.cloud.client("sts", tls=False, keys=keys)

        def session(name):
            made = sts.assume_role(RoleArn=role, RoleSessionName=name)
            c = made["Credentials"]
            return self.cloud.client("s3", tls=False, keys=(c["AccessKeyId"], c["SecretAccessKey"], c["SessionToken"])).list_buckets

        def revoke(before):
            statement = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": {"DateLessThan": {"aws:TokenIssueTime": before.isoformat()}}}
            iam.put_role_policy(RoleName="revoked", PolicyName="AWSRevokeOlderSessions", PolicyDocument=document(statement))
            iam.put_user_policy(UserName="rev", PolicyName="AWSRevokeOlderSessions", PolicyDocument=document(statement))
        old = session("old")
        now = datetime.datetime.now(datetime.timezone.utc)
        revoke(now - datetime.timedelta(hours=1))
        self.assertFalse(denied(old))
        revoke(now + datetime.timedelta(seconds=1))
        self.assertTrue(denied(old))
        self.assertFalse(denied(self.cloud.client("s3", tls=False, keys=keys).list_buckets))  # long-term keys have no such time
        wait_for(lambda: not denied(session("new")))
        self.assertTrue(denied(old))

    def test_a_stack_acts_in_its_callers_name(self):
        """Without a role of its own: aws:CalledVia; with one: not."""
        iam, cf = self.iam, self.cloud.client("cloudformation", tls=False)
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        via = {"Effect": "Deny", "Action": "sqs:CreateQueue", "Resource": "*",
               "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}, "Bool": {"aws:ViaAWSService": "true"}}}
        iam.create_user(UserName="via")
        iam.put_user_policy(UserName="via", PolicyName="p", PolicyDocument=document(everything, via))
        key = iam.create_access_key(UserName="via")["AccessKey"]
        keys = key["AccessKeyId"], key["SecretAccessKey"]
        role = iam.create_role(RoleName="via", AssumeRolePolicyDocument=trust(Service="cloudformation.amazonaws.com"))["Role"]["Arn"]
        iam.put_role_policy(RoleName="via", PolicyName="p", PolicyDocument=document(everything, via))
        mine = self.cloud.client("cloudformation", tls=False, keys=keys)
        template = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}})
        for name, more, end in (("via", {}, "ROLLBACK_COMPLETE"), ("via-role", {"RoleARN": role}, "CREATE_COMPLETE")):
            mine.create_stack(StackName=name, TemplateBody=template, **more)
            self.assertEqual(wait_for(lambda: (s := cf.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]) != "CREATE_IN_PROGRESS"
                                      and s != "ROLLBACK_IN_PROGRESS" and s), end)
        self.assertFalse(denied(self.cloud.client("sqs", tls=False, keys=keys).create_queue, QueueName="direct"))

    def test_documents_go_in_whole(self):
        """AWS's own, and whatever says nothing unknown about what exists here."""
        iam = self.iam
        iam.create_user(UserName="whole")
        for policy in iam.list_policies(Scope="AWS")["Policies"][:20]:
            iam.attach_user_policy(UserName="whole", PolicyArn=policy["Arn"])
        statements = [
            self.statement("aws:NoSuchKey", "ec2:*"),
            self.statement("s3:NoSuchKey", ["s3:PutReplicationConfiguration", "ec2:Describe*"]),
            self.statement("ec2:ResourceTag/team"),
            self.statement("ec2:NoSuchKey", "s3:*"),
            self.statement("kms:ViaService", ["kms:Decrypt", "s3:GetObject"]),
            self.statement("AWS:sourceVPCE", "s3:*"),
            self.statement("S3:X-Amz-Acl", "s3:*"),
            {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}}},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/team}/${aws:userid}"},
        ]
        for statement in statements:
            iam.create_policy(PolicyName=f"whole-{statements.index(statement)}", PolicyDocument=document(statement))
        iam.create_role(RoleName="oidc", AssumeRolePolicyDocument=document({
            "Effect": "Allow", "Principal": {"Federated": f"arn:aws:iam::{A}:oidc-provider/token.actions.githubusercontent.com"},
            "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:a/b:*"}}}))
        for statement in (self.statement("s3:NoSuchKey", "s3:Get*"), self.statement("aws:NoSuchKey", ["ec2:*", "S3:getobject"]),
                          self.statement("s3:x-amz-acll"), self.statement("aws:PrincipalTag", "s3:*"),
                          {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:NoSuchKey": "true"}}},
                          {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:NoSuchKey}"},
                          {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:userid": "${aws:NoSuchKey}"}}}):
            with self.assertRaises(ClientError, msg=statement) as e:
                iam.create_policy(PolicyName="refused", PolicyDocument=document(statement))
            self.assertEqual(e.exception.response["Error"]["Code"], "MalformedPolicyDocument")


if __name__ == "__main__":
    main()
