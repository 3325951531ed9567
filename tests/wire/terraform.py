"""Terraform's AWS provider 5.100 against the daemon, without Terraform: the calls that it was seen to send for
a stack of the usual kind (a bucket with everything set, a table, a role, a log group, a function, a topic, a queue,
an alarm, a dashboard), byte for byte in its form and in its order, at apply, at the second plan, and at destroy.
Each answers what the provider then needs: the second plan sees what apply saw, so it is empty.

KMS DescribeKey, which is sent where a table is sealed with a key, is not here: the provider goes on without it.
"""
import base64
import hashlib
import html
import http.client
import io
import json
import pathlib
import re
import ssl
import sys
import urllib.parse
import zipfile
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import CloudCase, main, need_boto3

# What is called, by service in order of first use; "*n": so often.
CALLS = {"apply": """
    iam: GetUser*2, CreateRole, GetRole, ListRolePolicies, ListAttachedRolePolicies, PutRolePolicy, GetRolePolicy*2
    sts: GetCallerIdentity
    logs: CreateLogGroup, PutRetentionPolicy, DescribeLogGroups, ListTagsForResource
    cloudwatch: PutDashboard, GetDashboard, PutMetricAlarm, DescribeAlarms, ListTagsForResource
    sns: CreateTopic, SetTopicAttributes*5, GetTopicAttributes, ListTagsForResource
    s3: HeadBucket*4, CreateBucket, GetBucketPolicy*3, GetBucketAcl, GetBucketCors, GetBucketWebsite,
        GetBucketVersioning*4, GetBucketAccelerateConfiguration, GetBucketRequestPayment, GetBucketLogging,
        GetBucketLifecycleConfiguration*11, GetBucketReplication, GetBucketEncryption*3, GetObjectLockConfiguration,
        GetBucketTagging, PutPublicAccessBlock, PutBucketVersioning, GetPublicAccessBlock*2, PutBucketPolicy,
        PutBucketEncryption, PutBucketLifecycleConfiguration, PutBucketNotificationConfiguration,
        GetBucketNotificationConfiguration*2
    sqs: CreateQueue, GetQueueAttributes*7, ListQueueTags
    dynamodb: CreateTable, DescribeTable*3, UpdateContinuousBackups, DescribeContinuousBackups*2, DescribeTimeToLive,
        ListTagsOfResource
    lambda: CreateFunction, GetFunction*3, ListVersionsByFunction, GetFunctionCodeSigningConfig, AddPermission,
        GetPolicy
""", "plan": """
    iam: GetUser, GetRole, ListRolePolicies, GetRolePolicy*2, ListAttachedRolePolicies
    sqs: GetQueueAttributes, ListQueueTags
    dynamodb: DescribeTable, DescribeContinuousBackups, DescribeTimeToLive, ListTagsOfResource
    cloudwatch: GetDashboard, DescribeAlarms, ListTagsForResource
    sns: GetTopicAttributes, ListTagsForResource
    logs: DescribeLogGroups, ListTagsForResource
    sts: GetCallerIdentity
    s3: HeadBucket*2, GetBucketPolicy*2, GetBucketAcl, GetBucketCors, GetBucketWebsite, GetBucketVersioning*4,
        GetBucketAccelerateConfiguration, GetBucketRequestPayment, GetBucketLogging,
        GetBucketLifecycleConfiguration*3, GetBucketReplication, GetBucketEncryption*2, GetObjectLockConfiguration,
        GetBucketTagging, GetPublicAccessBlock, GetBucketNotificationConfiguration
    lambda: GetFunction, ListVersionsByFunction, GetFunctionCodeSigningConfig, GetPolicy
""", "destroy": """
    iam: GetUser*3, GetRole, ListRolePolicies*2, GetRolePolicy*2, ListAttachedRolePolicies, DeleteRolePolicy,
        ListInstanceProfilesForRole, DeleteRole
    sqs: GetQueueAttributes*16, ListQueueTags, DeleteQueue
    logs: DescribeLogGroups, ListTagsForResource, DeleteLogGroup
    s3: HeadBucket*3, GetBucketPolicy*3, GetBucketAcl, GetBucketCors, GetBucketWebsite, GetBucketVersioning*4,
        GetBucketAccelerateConfiguration, GetBucketRequestPayment, GetBucketLogging,
        GetBucketLifecycleConfiguration*4, GetBucketReplication, GetBucketEncryption*2, GetObjectLockConfiguration,
        GetBucketTagging, GetPublicAccessBlock*2, GetBucketNotificationConfiguration, DeleteBucketPolicy,
        DeletePublicAccessBlock, DeleteBucketEncryption, PutBucketNotificationConfiguration, PutBucketVersioning,
        DeleteBucketLifecycle, DeleteBucket
    sts: GetCallerIdentity
    dynamodb: DescribeTable*2, DescribeContinuousBackups, DescribeTimeToLive, ListTagsOfResource, DeleteTable
    sns: GetTopicAttributes, ListTagsForResource, DeleteTopic
    cloudwatch: GetDashboard, DescribeAlarms, ListTagsForResource, DeleteAlarms, DeleteDashboards
    lambda: GetFunction, ListVersionsByFunction, GetFunctionCodeSigningConfig, GetPolicy*2, RemovePermission,
        DeleteFunction
"""}

# The same calls in the order in which they were sent; "=Code": the error that the provider expects.
SENT = {"apply": """
    iam.GetUser*2 sts.GetCallerIdentity iam.CreateRole dynamodb.CreateTable cloudwatch.PutDashboard sns.CreateTopic
    logs.CreateLogGroup sqs.CreateQueue s3.HeadBucket=404 iam.GetRole cloudwatch.GetDashboard s3.CreateBucket
    iam.ListRolePolicies dynamodb.DescribeTable iam.ListAttachedRolePolicies s3.HeadBucket dynamodb.DescribeTable
    sqs.GetQueueAttributes sns.SetTopicAttributes dynamodb.UpdateContinuousBackups s3.HeadBucket
    logs.PutRetentionPolicy sns.SetTopicAttributes s3.GetBucketPolicy=NoSuchBucketPolicy s3.GetBucketAcl
    dynamodb.DescribeContinuousBackups dynamodb.DescribeTable logs.DescribeLogGroups
    s3.GetBucketCors=NoSuchCORSConfiguration sns.SetTopicAttributes s3.GetBucketWebsite=NoSuchWebsiteConfiguration
    logs.ListTagsForResource dynamodb.DescribeContinuousBackups sns.SetTopicAttributes dynamodb.DescribeTimeToLive
    s3.GetBucketVersioning s3.GetBucketAccelerateConfiguration s3.GetBucketRequestPayment dynamodb.ListTagsOfResource
    s3.GetBucketLogging sns.SetTopicAttributes s3.GetBucketLifecycleConfiguration=NoSuchLifecycleConfiguration
    s3.GetBucketReplication=ReplicationConfigurationNotFoundError s3.GetBucketEncryption
    s3.GetObjectLockConfiguration=ObjectLockConfigurationNotFoundError s3.HeadBucket s3.GetBucketTagging=NoSuchTagSet
    sns.GetTopicAttributes sns.ListTagsForResource cloudwatch.PutMetricAlarm lambda.CreateFunction
    cloudwatch.DescribeAlarms cloudwatch.ListTagsForResource s3.PutPublicAccessBlock s3.PutBucketVersioning
    s3.PutBucketPolicy iam.PutRolePolicy lambda.GetFunction s3.GetBucketPolicy s3.PutBucketEncryption
    iam.GetRolePolicy s3.GetPublicAccessBlock iam.GetRolePolicy s3.GetBucketPolicy s3.GetPublicAccessBlock
    s3.GetBucketEncryption*2 s3.PutBucketLifecycleConfiguration s3.GetBucketVersioning*3 sqs.GetQueueAttributes
    lambda.GetFunction*2 lambda.ListVersionsByFunction lambda.GetFunctionCodeSigningConfig lambda.AddPermission
    lambda.GetPolicy s3.PutBucketNotificationConfiguration s3.GetBucketNotificationConfiguration*2
    sqs.GetQueueAttributes s3.GetBucketLifecycleConfiguration sqs.GetQueueAttributes
    s3.GetBucketLifecycleConfiguration sqs.GetQueueAttributes s3.GetBucketLifecycleConfiguration
    sqs.GetQueueAttributes*2 sqs.ListQueueTags s3.GetBucketLifecycleConfiguration*7
""", "plan": """
    iam.GetUser sts.GetCallerIdentity s3.HeadBucket iam.GetRole cloudwatch.GetDashboard sqs.GetQueueAttributes
    sns.GetTopicAttributes s3.GetBucketPolicy iam.ListRolePolicies dynamodb.DescribeTable logs.DescribeLogGroups
    sqs.ListQueueTags s3.GetBucketAcl s3.GetBucketCors=NoSuchCORSConfiguration logs.ListTagsForResource
    iam.GetRolePolicy s3.GetBucketWebsite=NoSuchWebsiteConfiguration sns.ListTagsForResource
    iam.ListAttachedRolePolicies dynamodb.DescribeContinuousBackups s3.GetBucketVersioning
    s3.GetBucketAccelerateConfiguration s3.GetBucketRequestPayment s3.GetBucketLogging dynamodb.DescribeTimeToLive
    s3.GetBucketLifecycleConfiguration s3.GetBucketReplication=ReplicationConfigurationNotFoundError
    s3.GetBucketEncryption cloudwatch.DescribeAlarms
    s3.GetObjectLockConfiguration=ObjectLockConfigurationNotFoundError dynamodb.ListTagsOfResource
    cloudwatch.ListTagsForResource s3.HeadBucket s3.GetBucketTagging=NoSuchTagSet lambda.GetFunction
    s3.GetPublicAccessBlock s3.GetBucketLifecycleConfiguration lambda.ListVersionsByFunction s3.GetBucketPolicy
    s3.GetBucketEncryption iam.GetRolePolicy lambda.GetFunctionCodeSigningConfig lambda.GetPolicy
    s3.GetBucketNotificationConfiguration s3.GetBucketLifecycleConfiguration s3.GetBucketVersioning*3
""", "destroy": """
    iam.GetUser*3 sts.GetCallerIdentity logs.DescribeLogGroups sns.GetTopicAttributes logs.ListTagsForResource
    iam.GetRole cloudwatch.GetDashboard s3.HeadBucket dynamodb.DescribeTable sns.ListTagsForResource
    sqs.GetQueueAttributes iam.ListRolePolicies sqs.ListQueueTags s3.GetBucketPolicy s3.GetBucketAcl iam.GetRolePolicy
    dynamodb.DescribeContinuousBackups iam.ListAttachedRolePolicies s3.GetBucketCors=NoSuchCORSConfiguration
    dynamodb.DescribeTimeToLive s3.GetBucketWebsite=NoSuchWebsiteConfiguration s3.GetBucketVersioning
    dynamodb.ListTagsOfResource s3.GetBucketAccelerateConfiguration s3.GetBucketRequestPayment s3.GetBucketLogging
    cloudwatch.DescribeAlarms s3.GetBucketLifecycleConfiguration
    s3.GetBucketReplication=ReplicationConfigurationNotFoundError s3.GetBucketEncryption
    cloudwatch.ListTagsForResource s3.GetObjectLockConfiguration=ObjectLockConfigurationNotFoundError s3.HeadBucket
    s3.GetBucketTagging=NoSuchTagSet lambda.GetFunction lambda.ListVersionsByFunction
    lambda.GetFunctionCodeSigningConfig s3.GetBucketPolicy s3.GetPublicAccessBlock iam.GetRolePolicy lambda.GetPolicy
    s3.GetBucketLifecycleConfiguration s3.GetBucketEncryption s3.GetBucketNotificationConfiguration
    s3.GetBucketLifecycleConfiguration s3.GetBucketVersioning*3 s3.DeleteBucketPolicy s3.DeletePublicAccessBlock
    sqs.DeleteQueue s3.PutBucketNotificationConfiguration s3.PutBucketVersioning iam.DeleteRolePolicy
    s3.DeleteBucketEncryption cloudwatch.DeleteDashboards s3.DeleteBucketLifecycle cloudwatch.DeleteAlarms
    s3.GetPublicAccessBlock=NoSuchPublicAccessBlockConfiguration s3.GetBucketPolicy=NoSuchBucketPolicy
    s3.GetBucketLifecycleConfiguration=NoSuchLifecycleConfiguration sqs.GetQueueAttributes=QueueDoesNotExist
    lambda.RemovePermission lambda.GetPolicy=ResourceNotFoundException sns.DeleteTopic s3.DeleteBucket
    lambda.DeleteFunction s3.HeadBucket=404 logs.DeleteLogGroup dynamodb.DeleteTable iam.ListInstanceProfilesForRole
    iam.ListRolePolicies iam.DeleteRole sqs.GetQueueAttributes=QueueDoesNotExist
    dynamodb.DescribeTable=ResourceNotFoundException sqs.GetQueueAttributes=QueueDoesNotExist*13
"""}

ACCOUNT, BUCKET, NAME = "000000000000", "terraform-images", "terraform"
XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def arn(service, rest):
    return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{rest}"


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        z.writestr(entry, b"#!/bin/sh\n")
    return out.getvalue()


CODE = zipped()
TRUST = policy({"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}})
INLINE = policy({"Action": ["s3:GetObject"], "Effect": "Allow", "Resource": f"arn:aws:s3:::{BUCKET}/*"},
                {"Action": ["dynamodb:PutItem"], "Effect": "Allow", "Resource": arn("dynamodb", f"table/{NAME}")})
TLS_ONLY = policy({"Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}, "Effect": "Deny", "Principal": "*",
                   "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"], "Sid": "tls"})
DASHBOARD = {"widgets": [{"height": 3, "properties": {"markdown": "hello"}, "type": "text", "width": 6, "x": 0, "y": 0}]}
QUEUE = {"VisibilityTimeout": "60", "MessageRetentionPeriod": "345600", "DelaySeconds": "0",
         "ReceiveMessageWaitTimeSeconds": "0", "MaximumMessageSize": "262144"}
TOPIC, FUNCTION, GROUP = arn("sns", NAME), arn("lambda", f"function:{NAME}"), f"/aws/lambda/{NAME}"
ALARM = {"ActionsEnabled": "true", "AlarmActions.member.1": TOPIC, "AlarmName": NAME, "ComparisonOperator": "GreaterThanThreshold",
         "Dimensions.member.1.Name": "FunctionName", "Dimensions.member.1.Value": NAME, "EvaluationPeriods": "1",
         "MetricName": "Errors", "Namespace": "AWS/Lambda", "Period": "300", "Statistic": "Sum", "Threshold": "0",
         "TreatMissingData": "notBreaching"}
TABLE = {"AttributeDefinitions": [{"AttributeName": "ImageId", "AttributeType": "S"},
                                  {"AttributeName": "UploadTimestamp", "AttributeType": "N"},
                                  {"AttributeName": "Status", "AttributeType": "S"}],
         "BillingMode": "PAY_PER_REQUEST",
         "GlobalSecondaryIndexes": [{"IndexName": "byStatus", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
             {"AttributeName": "Status", "KeyType": "HASH"}, {"AttributeName": "UploadTimestamp", "KeyType": "RANGE"}]}],
         "KeySchema": [{"AttributeName": "ImageId", "KeyType": "HASH"}, {"AttributeName": "UploadTimestamp", "KeyType": "RANGE"}],
         "SSESpecification": {"Enabled": True}, "TableName": NAME}
LIFECYCLE = (f"<LifecycleConfiguration {XMLNS}><Rule><AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
             "</AbortIncompleteMultipartUpload><Filter><Prefix></Prefix></Filter><ID>old</ID><NoncurrentVersionExpiration>"
             "<NoncurrentDays>30</NoncurrentDays></NoncurrentVersionExpiration><Status>Enabled</Status></Rule></LifecycleConfiguration>")
NOTIFICATION = (f"<NotificationConfiguration {XMLNS}><CloudFunctionConfiguration><Event>s3:ObjectCreated:*</Event><Filter><S3Key>"
                "<FilterRule><Name>suffix</Name><Value>.jpg</Value></FilterRule></S3Key></Filter><Id>tf-s3-lambda-1</Id>"
                f"<CloudFunction>{FUNCTION}</CloudFunction></CloudFunctionConfiguration></NotificationConfiguration>")
ENCRYPTION = (f"<ServerSideEncryptionConfiguration {XMLNS}><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
              "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>")
BLOCK = (f"<PublicAccessBlockConfiguration {XMLNS}><BlockPublicAcls>true</BlockPublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>"
         "<IgnorePublicAcls>true</IgnorePublicAcls><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>")


def versioning(status):
    return f"<VersioningConfiguration {XMLNS}><Status>{status}</Status></VersioningConfiguration>"


# Parameters of the query services, and of those that speak JSON. A list: one for each time it is called.
QUERY = {"iam": "2010-05-08", "sts": "2011-06-15", "sns": "2010-03-31", "cloudwatch": "2010-08-01"}
TARGETS = {"dynamodb": "DynamoDB_20120810", "logs": "Logs_20140328", "sqs": "AmazonSQS"}
ROLE = {"RoleName": NAME}
RATES = [protocol + "SuccessFeedbackSampleRate" for protocol in ("HTTP", "Firehose", "Lambda", "SQS", "Application")]
PARAMETERS = {
    "iam.CreateRole": {"AssumeRolePolicyDocument": json.dumps(TRUST), "MaxSessionDuration": "3600", "Path": "/", **ROLE},
    "iam.GetRole": ROLE, "iam.ListRolePolicies": ROLE, "iam.ListAttachedRolePolicies": ROLE, "iam.DeleteRole": ROLE,
    "iam.ListInstanceProfilesForRole": ROLE, "iam.GetRolePolicy": {"PolicyName": "inline", **ROLE},
    "iam.PutRolePolicy": {"PolicyDocument": json.dumps(INLINE), "PolicyName": "inline", **ROLE},
    "iam.DeleteRolePolicy": {"PolicyName": "inline", **ROLE},
    "sns.CreateTopic": {"Name": NAME}, "sns.GetTopicAttributes": {"TopicArn": TOPIC}, "sns.DeleteTopic": {"TopicArn": TOPIC},
    "sns.ListTagsForResource": {"ResourceArn": TOPIC},
    "sns.SetTopicAttributes": [{"AttributeName": name, "AttributeValue": "0", "TopicArn": TOPIC} for name in RATES],
    "cloudwatch.PutDashboard": {"DashboardBody": json.dumps(DASHBOARD), "DashboardName": NAME},
    "cloudwatch.GetDashboard": {"DashboardName": NAME}, "cloudwatch.DeleteDashboards": {"DashboardNames.member.1": NAME},
    "cloudwatch.PutMetricAlarm": ALARM, "cloudwatch.DeleteAlarms": {"AlarmNames.member.1": NAME},
    "cloudwatch.DescribeAlarms": {"AlarmNames.member.1": NAME, "AlarmTypes.member.1": "MetricAlarm"},
    "cloudwatch.ListTagsForResource": {"ResourceARN": arn("cloudwatch", f"alarm:{NAME}")},
    "dynamodb.CreateTable": TABLE,
    "dynamodb.UpdateContinuousBackups": {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}, "TableName": NAME},
    "dynamodb.ListTagsOfResource": {"ResourceArn": arn("dynamodb", f"table/{NAME}")},
    "logs.CreateLogGroup": {"logGroupName": GROUP}, "logs.DeleteLogGroup": {"logGroupName": GROUP},
    "logs.PutRetentionPolicy": {"logGroupName": GROUP, "retentionInDays": 14},
    "logs.DescribeLogGroups": {"logGroupNamePrefix": GROUP},
    "logs.ListTagsForResource": {"resourceArn": arn("logs", f"log-group:{GROUP}")},
    "sqs.CreateQueue": {"Attributes": QUEUE, "QueueName": NAME},
}
for operation in "DescribeTable", "DescribeContinuousBackups", "DescribeTimeToLive", "DeleteTable":
    PARAMETERS["dynamodb." + operation] = {"TableName": NAME}

# Method, what follows the bucket (the function), and a body; a list: one for each time it is called.
S3 = {
    "HeadBucket": ("HEAD", ""), "CreateBucket": ("PUT", ""), "DeleteBucket": ("DELETE", ""),
    "PutPublicAccessBlock": ("PUT", "?publicAccessBlock=", BLOCK), "GetPublicAccessBlock": ("GET", "?publicAccessBlock="),
    "DeletePublicAccessBlock": ("DELETE", "?publicAccessBlock="),
    "PutBucketVersioning": [("PUT", "?versioning=", versioning("Enabled")), ("PUT", "?versioning=", versioning("Suspended"))],
    "PutBucketPolicy": ("PUT", "?policy=", json.dumps(TLS_ONLY)), "GetBucketPolicy": ("GET", "?policy="),
    "DeleteBucketPolicy": ("DELETE", "?policy="), "GetBucketAcl": ("GET", "?acl="), "GetBucketCors": ("GET", "?cors="),
    "GetBucketWebsite": ("GET", "?website="), "GetBucketVersioning": ("GET", "?versioning="),
    "GetBucketAccelerateConfiguration": ("GET", "?accelerate="), "GetBucketRequestPayment": ("GET", "?requestPayment="),
    "GetBucketLogging": ("GET", "?logging="), "GetBucketReplication": ("GET", "?replication="),
    "GetBucketEncryption": ("GET", "?encryption="), "PutBucketEncryption": ("PUT", "?encryption=", ENCRYPTION),
    "DeleteBucketEncryption": ("DELETE", "?encryption="), "GetObjectLockConfiguration": ("GET", "?object-lock="),
    "GetBucketTagging": ("GET", "?tagging="), "GetBucketLifecycleConfiguration": ("GET", "?lifecycle="),
    "PutBucketLifecycleConfiguration": ("PUT", "?lifecycle=", LIFECYCLE), "DeleteBucketLifecycle": ("DELETE", "?lifecycle="),
    "GetBucketNotificationConfiguration": ("GET", "?notification="),
    "PutBucketNotificationConfiguration": [("PUT", "?notification=", NOTIFICATION),
                                           ("PUT", "?notification=", f"<NotificationConfiguration {XMLNS}></NotificationConfiguration>")],
}
S3_HEADERS = {"CreateBucket": {"x-amz-acl": "private"},
              "PutBucketLifecycleConfiguration": {"x-amz-transition-default-minimum-object-size": "all_storage_classes_128K"}}
FUNCTIONS = "/2015-03-31/functions"
LAMBDA = {
    "CreateFunction": ("POST", FUNCTIONS, {
        "Code": {"ZipFile": base64.b64encode(CODE).decode()}, "Description": "", "Environment": {"Variables": {"TABLE": NAME}},
        "FunctionName": NAME, "Handler": "bootstrap", "MemorySize": 256, "PackageType": "Zip",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/{NAME}", "Runtime": "provided.al2023", "Timeout": 30}),
    "GetFunction": ("GET", f"{FUNCTIONS}/{NAME}"), "DeleteFunction": ("DELETE", f"{FUNCTIONS}/{NAME}"),
    "ListVersionsByFunction": ("GET", f"{FUNCTIONS}/{NAME}/versions?MaxItems=10000"),
    "GetFunctionCodeSigningConfig": ("GET", f"/2020-06-30/functions/{NAME}/code-signing-config"),
    "AddPermission": ("POST", f"{FUNCTIONS}/{NAME}/policy", {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com",
                                                             "SourceArn": f"arn:aws:s3:::{BUCKET}", "StatementId": "s3"}),
    "GetPolicy": ("GET", f"{FUNCTIONS}/{NAME}/policy"), "RemovePermission": ("DELETE", f"{FUNCTIONS}/{NAME}/policy/s3"),
}
# What is another in each answer, and no change of what it tells.
VOLATILE = re.compile(r'<RequestId>[^<]*</RequestId>|<HostId>[^<]*</HostId>|"LatestRestorableDateTime":[0-9.]+|"Location":"[^"]*"')


def crc32(body):
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read().decode()
        self.settled = VOLATILE.sub("", self.body)

    @property
    def json(self):
        return json.loads(self.body)

    def xml(self, name):
        """The text of the first element of that name, unescaped."""
        import xml.etree.ElementTree as tree
        return next(e.text for e in tree.fromstring(self.body).iter() if e.tag.rpartition("}")[2] == name)

    @property
    def code(self):
        """The error's, wherever the protocol has it."""
        if self.status < 400:
            return None
        found = re.search(r"<Code>(\w+)</Code>", self.body) or re.search(r'"__type":"(?:[\w.]+#)?(\w+)"', self.body)
        return found[1] if found else self.headers.get("x-amzn-errortype") or str(self.status)


def calls_of(text):
    """(service.Operation, code or None), each as often as it is sent."""
    for word in text.split():
        call, _, times = word.partition("*")
        call, _, code = call.partition("=")
        for _ in range(int(times or 1)):
            yield call, code or None


class Terraform(CloudCase):
    @classmethod
    def prepare(cls):
        need_boto3()
        context = ssl.create_default_context(cafile=cls.cloud.ca)
        cls.connection = http.client.HTTPSConnection("127.0.0.1", cls.cloud.port, timeout=60, context=context)
        cls.addClassCleanup(cls.connection.close)

    def send(self, service, method, path, body=b"", **headers):
        from botocore.auth import S3SigV4Auth, SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        signing = {"cloudwatch": "monitoring"}.get(service, service)
        request = AWSRequest(method, self.cloud.endpoint + path, data=body, headers=headers)
        keys = Credentials(self.cloud.access_key, self.cloud.secret_key)
        (S3SigV4Auth if service == "s3" else SigV4Auth)(keys, signing, "us-east-1").add_auth(request)
        self.connection.request(method, path, body=body, headers=dict(request.headers.items()))
        return Answer(self.connection.getresponse())

    def one(self, table, name):
        """The row; of several the one whose turn it is."""
        row = table[name]
        if isinstance(row, list):
            self.turns[name] = self.turns.get(name, 0) + 1
            row = row[self.turns[name] - 1]
        return row

    def call(self, service, operation):
        if service == "s3":
            method, query, *body = self.one(S3, operation)
            body = "".join(body).encode()
            sums = {"x-amz-checksum-crc32": crc32(body), "x-amz-sdk-checksum-algorithm": "CRC32", "Content-Type": "application/xml"}
            return self.send(service, method, f"/{BUCKET}{query}", body, **(sums if body else {}), **S3_HEADERS.get(operation, {}))
        if service == "lambda":
            method, path, *body = LAMBDA[operation]
            return self.send(service, method, path, json.dumps(body[0]).encode() if body else b"", **{"Content-Type": "application/json"})
        if service in TARGETS:
            given = PARAMETERS.get(f"{service}.{operation}", {"QueueUrl": f"{self.cloud.endpoint}/{ACCOUNT}/{NAME}"})
            if operation == "GetQueueAttributes":
                given["AttributeNames"] = ["All"]
            return self.send(service, "POST", "/", json.dumps(given).encode(), **{
                "X-Amz-Target": f"{TARGETS[service]}.{operation}", "x-amzn-query-mode": "true",
                "Content-Type": "application/x-amz-json-1.1" if service == "logs" else "application/x-amz-json-1.0"})
        given = self.one(PARAMETERS, f"{service}.{operation}") if f"{service}.{operation}" in PARAMETERS else {}
        form = urllib.parse.urlencode({"Action": operation, **given, "Version": QUERY[service]})
        return self.send(service, "POST", "/", form.encode(), **{"Content-Type": "application/x-www-form-urlencoded"})

    def replay(self, phase):
        """The last answer of each operation."""
        last = {}
        for call, code in calls_of(SENT[phase]):
            answer = self.call(*call.split("."))
            self.assertEqual(answer.code, code, f"{phase}: {call}: {answer.body[:300]}")
            last[call] = answer
        return last

    def check(self, last):
        """What the provider reads out of the answers, to compare with its configuration."""
        table = last["dynamodb.DescribeTable"].json["Table"]
        self.assertEqual((table["TableStatus"], table["GlobalSecondaryIndexes"][0]["IndexStatus"]), ("ACTIVE", "ACTIVE"))
        self.assertEqual(table["SSEDescription"]["Status"], "ENABLED")
        self.assertEqual(table["BillingModeSummary"]["BillingMode"], TABLE["BillingMode"])
        self.assertEqual((table["KeySchema"], table["GlobalSecondaryIndexes"][0]["KeySchema"]),
                         (TABLE["KeySchema"], TABLE["GlobalSecondaryIndexes"][0]["KeySchema"]))
        by_name = lambda one: one["AttributeName"]
        self.assertEqual(sorted(table["AttributeDefinitions"], key=by_name), sorted(TABLE["AttributeDefinitions"], key=by_name))
        [index], [wanted] = table["GlobalSecondaryIndexes"], TABLE["GlobalSecondaryIndexes"]
        self.assertEqual((index["IndexName"], index["Projection"]), (wanted["IndexName"], wanted["Projection"]))
        self.assertEqual((table["TableName"], table["TableArn"], table["DeletionProtectionEnabled"]),
                         (NAME, arn("dynamodb", f"table/{NAME}"), False))
        self.assertEqual(last["dynamodb.DescribeTimeToLive"].json, {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}})
        backups = last["dynamodb.DescribeContinuousBackups"].json["ContinuousBackupsDescription"]
        self.assertEqual(backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"], "ENABLED")
        function = last["lambda.GetFunction"].json["Configuration"]
        self.assertEqual((function["State"], function["LastUpdateStatus"], function["CodeSha256"]),
                         ("Active", "Successful", base64.b64encode(hashlib.sha256(CODE).digest()).decode()))
        sent = LAMBDA["CreateFunction"][2]
        self.assertEqual({name: function[name] for name in sent if name != "Code"}, {name: sent[name] for name in sent if name != "Code"})
        self.assertEqual((function["Version"], function["LoggingConfig"]), ("$LATEST", {"LogFormat": "Text", "LogGroup": GROUP}))
        self.assertEqual((function["FunctionArn"], function["Architectures"], function["TracingConfig"], function["EphemeralStorage"]),
                         (FUNCTION, ["x86_64"], {"Mode": "PassThrough"}, {"Size": 512}))
        self.assertEqual(last["lambda.ListVersionsByFunction"].json["Versions"], [function])
        self.assertEqual(last["lambda.GetFunctionCodeSigningConfig"].json.get("CodeSigningConfigArn", ""), "")
        self.assertTrue(last["lambda.GetPolicy"].json["RevisionId"])
        [statement] = json.loads(last["lambda.GetPolicy"].json["Policy"])["Statement"]
        self.assertEqual((statement["Sid"], statement["Principal"], statement["Condition"]),
                         ("s3", {"Service": "s3.amazonaws.com"}, {"ArnLike": {"AWS:SourceArn": f"arn:aws:s3:::{BUCKET}"}}))
        self.assertEqual(json.loads(last["s3.GetBucketPolicy"].body), TLS_ONLY)
        self.assertEqual(json.loads(urllib.parse.unquote(last["iam.GetRolePolicy"].xml("PolicyDocument"))), INLINE)
        self.assertEqual(json.loads(urllib.parse.unquote(last["iam.GetRole"].xml("AssumeRolePolicyDocument"))), TRUST)
        attributes = last["sqs.GetQueueAttributes"].json["Attributes"]
        self.assertEqual({name: attributes[name] for name in QUEUE}, QUEUE)
        [group] = last["logs.DescribeLogGroups"].json["logGroups"]
        self.assertEqual((group["logGroupName"], group["retentionInDays"]), (GROUP, 14))
        self.assertEqual(attributes["QueueArn"], arn("sqs", NAME))
        self.assertEqual(group["arn"].removesuffix(":*"), arn("logs", f"log-group:{GROUP}"))
        topic = dict(re.findall("<entry><key>(.*?)</key><value>(.*?)</value></entry>", last["sns.GetTopicAttributes"].body))
        self.assertEqual((topic["TopicArn"], topic["Owner"], topic["DisplayName"]), (TOPIC, ACCOUNT, ""))
        self.assertEqual({name: topic.get(name) for name in RATES}, dict.fromkeys(RATES, "0"))
        [statement] = json.loads(html.unescape(topic["Policy"]))["Statement"]
        self.assertEqual(statement["Condition"], {"StringEquals": {"AWS:SourceOwner": ACCOUNT}})
        self.assertEqual((last["sts.GetCallerIdentity"].xml("Account"), last["sts.GetCallerIdentity"].xml("Arn")),
                         (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"))
        self.assertEqual((last["cloudwatch.DescribeAlarms"].xml("AlarmArn"), last["cloudwatch.GetDashboard"].xml("DashboardArn")),
                         (arn("cloudwatch", f"alarm:{NAME}"), f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{NAME}"))
        role = last["iam.GetRole"]
        self.assertEqual((role.xml("RoleName"), role.xml("Path"), role.xml("MaxSessionDuration"), role.xml("Arn")),
                         (NAME, "/", "3600", f"arn:aws:iam::{ACCOUNT}:role/{NAME}"))
        self.assertNotIn("<member>", last["iam.ListAttachedRolePolicies"].body)
        for call in "sns", "cloudwatch":
            self.assertNotIn("<Key>", last[f"{call}.ListTagsForResource"].body)
        self.assertEqual((last["dynamodb.ListTagsOfResource"].json, last["sqs.ListQueueTags"].json.get("Tags", {})), ({"Tags": []}, {}))
        self.assertEqual(last["logs.ListTagsForResource"].json, {"tags": {}})
        self.assertEqual(last["s3.GetBucketAcl"].xml("Permission"), "FULL_CONTROL")
        self.assertEqual(last["s3.GetBucketRequestPayment"].xml("Payer"), "BucketOwner")
        for call, name in (("GetBucketLogging", "LoggingEnabled"), ("GetBucketAccelerateConfiguration", "Status")):
            self.assertNotIn(f"<{name}>", last["s3." + call].body)
        self.assertEqual(re.findall("<member>(arn:[^<]*)</member>", last["cloudwatch.DescribeAlarms"].body), [TOPIC])
        self.assertEqual((last["cloudwatch.DescribeAlarms"].xml("Name"), last["cloudwatch.DescribeAlarms"].xml("Value")),
                         ("FunctionName", NAME))
        self.assertEqual(json.loads(last["cloudwatch.GetDashboard"].xml("DashboardBody")), DASHBOARD)
        for name in "AlarmName", "ComparisonOperator", "EvaluationPeriods", "MetricName", "Namespace", "Period", "Statistic", \
                    "TreatMissingData", "ActionsEnabled":
            self.assertEqual(last["cloudwatch.DescribeAlarms"].xml(name), ALARM[name])
        self.assertEqual(float(last["cloudwatch.DescribeAlarms"].xml("Threshold")), 0)
        for text in "<ID>old</ID>", "<Status>Enabled</Status>", "<NoncurrentDays>30</NoncurrentDays>", "<DaysAfterInitiation>7</DaysAfterInitiation>":
            self.assertIn(text, last["s3.GetBucketLifecycleConfiguration"].body)
        self.assertEqual(last["s3.GetBucketLifecycleConfiguration"].headers["x-amz-transition-default-minimum-object-size"],
                         "all_storage_classes_128K")
        self.assertIn("<Status>Enabled</Status>", last["s3.GetBucketVersioning"].body)
        self.assertIn("<SSEAlgorithm>AES256</SSEAlgorithm>", last["s3.GetBucketEncryption"].body)
        self.assertEqual(last["s3.GetPublicAccessBlock"].body.count(">true<"), 4)
        for name, text in (("CloudFunction", FUNCTION), ("Event", "s3:ObjectCreated:*"), ("Value", ".jpg"), ("Id", "tf-s3-lambda-1")):
            self.assertEqual(last["s3.GetBucketNotificationConfiguration"].xml(name), text)

    def test_calls(self):
        """What is sent is what is listed."""
        for phase, text in CALLS.items():
            counts, services = {}, {}
            for call, _ in calls_of(SENT[phase]):
                service, operation = call.split(".")
                of = counts.setdefault(service, {})
                of[operation] = of.get(operation, 0) + 1
            for service, listed in re.findall(r"^    (\w+): (.*(?:\n     .*)*)", text, re.M):
                services[service] = {name: int(times or 1) for name, _, times in (one.partition("*") for one in re.split(r",\s+", listed))}
            self.assertEqual(counts, services, phase)

    def test_apply_plan_destroy(self):
        self.turns = {}
        applied = self.replay("apply")
        self.check(applied)
        planned = self.replay("plan")
        self.check(planned)
        self.assertEqual(planned["iam.ListRolePolicies"].xml("member"), "inline")
        for call, answer in planned.items():
            if call != "iam.ListRolePolicies":  # apply asks it of the role before there is a policy
                self.assertEqual(answer.settled, applied[call].settled, call)
        self.cloud.restart()
        self.connection.close()
        for call, answer in self.replay("plan").items():
            self.assertEqual(answer.settled, planned[call].settled, call)
        destroyed = self.replay("destroy")
        self.assertEqual(destroyed["sqs.GetQueueAttributes"].headers["x-amzn-query-error"],
                         "AWS.SimpleQueueService.NonExistentQueue;Sender")
        for service, operation, member in (
                ("s3", "list_buckets", "Buckets"), ("sqs", "list_queues", "QueueUrls"), ("sns", "list_topics", "Topics"),
                ("dynamodb", "list_tables", "TableNames"), ("lambda", "list_functions", "Functions"), ("iam", "list_roles", "Roles"),
                ("logs", "describe_log_groups", "logGroups"), ("cloudwatch", "describe_alarms", "MetricAlarms"),
                ("cloudwatch", "list_dashboards", "DashboardEntries")):
            self.assertEqual(getattr(self.cloud.client(service), operation)().get(member, []), [], operation)


if __name__ == "__main__":
    main()
