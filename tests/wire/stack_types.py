"""Resource types of stacks: what a template takes away is as if it had never been said, lists change in place, names are found taken."""
import base64
import hashlib
import io
import json
import pathlib
import ssl
import sys
import unittest
import urllib.request
import zipfile

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / "lib"))
from cloud import CloudCase, main, wait_for  # noqa: E402
from functions import package  # noqa: E402

NAMED = ["CAPABILITY_NAMED_IAM"]
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
PUBLIC = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]}


class Types(CloudCase):
    def setUp(self):
        self.cf = self.cloud.client("cloudformation")

    def bring(self, name, resources, first=False, want=None):
        """Creates the stack or updates it to these resources; answers the physical ids."""
        call = self.cf.create_stack if first else self.cf.update_stack
        call(StackName=name, TemplateBody=json.dumps({"Resources": resources}), Capabilities=NAMED)

        def settled():
            status = self.cf.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            return None if status.endswith("_IN_PROGRESS") else status
        status = wait_for(settled, 60)
        events = self.cf.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [e.get("ResourceStatusReason") for e in events if "FAILED" in e["ResourceStatus"]]
        self.assertEqual(status, want or ("CREATE_COMPLETE" if first else "UPDATE_COMPLETE"), reasons)
        return {r["LogicalResourceId"]: r.get("PhysicalResourceId")
                for r in self.cf.describe_stack_resources(StackName=name)["StackResources"]}

    def stack_of(self, kind, properties):
        return {"It": {"Type": kind, "Properties": properties}}

    def check_taken_away(self, kind, bare, full, look):
        """full made bare again looks as a bare one that never was more. look: of an id, without what differs anyway."""
        stem = kind.replace("::", "").lower()
        fresh = look(self.bring(stem + "-fresh", self.stack_of(kind, bare), first=True)["It"])
        before = self.bring(stem, self.stack_of(kind, {**bare, **full}), first=True)["It"]
        self.assertNotEqual(look(before), fresh)
        after = self.bring(stem, self.stack_of(kind, bare))["It"]
        self.assertEqual(after, before)
        self.assertEqual(look(after), fresh)

    # ---- What is taken away ----

    def test_queue(self):
        sqs = self.cloud.client("sqs")
        dead = sqs.get_queue_attributes(QueueUrl=sqs.create_queue(QueueName="dead")["QueueUrl"], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

        def look(url):
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            for own in ("QueueArn", "CreatedTimestamp", "LastModifiedTimestamp"):
                attributes.pop(own, None)
            return attributes, sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
        full = {"DelaySeconds": 5, "MaximumMessageSize": 2048, "MessageRetentionPeriod": 60, "ReceiveMessageWaitTimeSeconds": 2,
                "VisibilityTimeout": 3, "SqsManagedSseEnabled": False, "RedrivePolicy": {"deadLetterTargetArn": dead, "maxReceiveCount": 2},
                "RedriveAllowPolicy": {"redrivePermission": "denyAll"}, "Tags": [{"Key": "a", "Value": "b"}]}
        self.check_taken_away("AWS::SQS::Queue", {}, full, look)
        # Each by itself: one property must not bring another along.
        for name in full:
            self.bring("one-" + name, self.stack_of("AWS::SQS::Queue", {name: full[name]}), first=True)
            url = self.bring("one-" + name, self.stack_of("AWS::SQS::Queue", {}))["It"]
            self.assertEqual(look(url), look(sqs.create_queue(QueueName="bare")["QueueUrl"]), name)

    def test_topic_and_subscription(self):
        sns, sqs = self.cloud.client("sns"), self.cloud.client("sqs")
        arns = []
        for name in ("heard", "lost"):
            url = sqs.create_queue(QueueName=name)["QueueUrl"]
            arns.append(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])

        def look(arn):
            attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
            return {k: v.replace(arn, "ARN") for k, v in attributes.items()}, sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
        self.check_taken_away("AWS::SNS::Topic", {}, {"DisplayName": "d", "Tags": [{"Key": "a", "Value": "b"}]}, look)

        def look_at_subscription(arn):
            attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
            return {k: v for k, v in attributes.items() if k not in ("SubscriptionArn", "TopicArn", "FilterPolicyScope")
                    and not (k == "FilterPolicy" and v == "{}")}
        topic = sns.create_topic(Name="spoken")["TopicArn"]
        other = sns.create_topic(Name="spoken-too")["TopicArn"]
        bare = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": arns[0]}
        fresh = look_at_subscription(self.bring("sub-fresh", self.stack_of("AWS::SNS::Subscription", {**bare, "TopicArn": other}), first=True)["It"])
        full = {"RawMessageDelivery": True, "FilterPolicy": {"a": ["b"]}, "FilterPolicyScope": "MessageAttributes",
                "RedrivePolicy": {"deadLetterTargetArn": arns[1]}}
        self.bring("sub", self.stack_of("AWS::SNS::Subscription", {**bare, **full}), first=True)
        after = self.bring("sub", self.stack_of("AWS::SNS::Subscription", bare))["It"]
        self.assertEqual(look_at_subscription(after), fresh)

    def test_role(self):
        iam = self.cloud.client("iam")

        def look(name):
            role = iam.get_role(RoleName=name)["Role"]
            return {k: role.get(k) or None for k in ("MaxSessionDuration", "Description", "PermissionsBoundary", "Tags")}, \
                iam.list_role_policies(RoleName=name)["PolicyNames"], iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        policy = iam.create_policy(PolicyName="mine", PolicyDocument=json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}))["Policy"]["Arn"]
        self.check_taken_away("AWS::IAM::Role", {"AssumeRolePolicyDocument": TRUST}, {
            "Description": "d", "MaxSessionDuration": 7200, "PermissionsBoundary": policy, "ManagedPolicyArns": [policy],
            "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}}],
            "Tags": [{"Key": "a", "Value": "b"}]}, look)

    def test_function(self):
        functions, iam = self.cloud.client("lambda"), self.cloud.client("iam")
        role = iam.create_role(RoleName="runs", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        sqs = self.cloud.client("sqs")
        dead = sqs.get_queue_attributes(QueueUrl=sqs.create_queue(QueueName="fdead")["QueueUrl"], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

        def look(name):
            configuration = functions.get_function_configuration(FunctionName=name)
            for own in ("FunctionName", "FunctionArn", "LastModified", "RevisionId", "ResponseMetadata", "CodeSha256", "CodeSize"):
                configuration.pop(own, None)
            configuration["LoggingConfig"]["LogGroup"] = configuration["LoggingConfig"]["LogGroup"].replace(name, "NAME")
            return configuration, functions.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
        bucket = "function-code"
        self.cloud.client("s3").create_bucket(Bucket=bucket)
        self.cloud.client("s3").put_object(Bucket=bucket, Key="code", Body=package(b"#!/bin/true"))
        bare = {"Code": {"S3Bucket": bucket, "S3Key": "code"}, "Runtime": "provided.al2023", "Handler": "h", "Role": role}
        self.check_taken_away("AWS::Lambda::Function", bare, {
            "Description": "d", "MemorySize": 256, "Timeout": 9, "Environment": {"Variables": {"NAME": "b"}}, "DeadLetterConfig": {"TargetArn": dead},
            "EphemeralStorage": {"Size": 600}, "LoggingConfig": {"LogGroup": "/mine"}, "ReservedConcurrentExecutions": 2}, look)

    def test_inline_python(self):
        functions, iam = self.cloud.client("lambda"), self.cloud.client("iam")
        role = iam.create_role(RoleName="inline", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]

        if not any(pathlib.Path(folder, "python3").exists() for folder in ("/usr/bin", "/usr/local/bin")):
            self.skipTest("this machine has no python3 in /usr/bin or /usr/local/bin")

        def stack(source, runtime="python3.12"):
            return self.stack_of("AWS::Lambda::Function", {"Code": {"ZipFile": source}, "Runtime": runtime,
                                                           "Handler": "index.handler", "Role": role})

        def ask(name):
            return json.loads(functions.invoke(FunctionName=name, Payload="{}")["Payload"].read())
        one = "import os\ndef handler(event, context):\n    return ['one', __file__]\n"
        name = self.bring("inline", stack(one), first=True)["It"]
        self.assertEqual(ask(name), ["one", "/var/task/index.py"])
        self.assertEqual(self.bring("inline", stack(one.replace("one", "two")))["It"], name)
        self.assertEqual(ask(name), ["two", "/var/task/index.py"])
        self.bring("inline", stack("import cfnresponse\nhandler = lambda event, context: cfnresponse.__file__"))
        self.assertEqual(ask(name), "/var/task/cfnresponse.py")
        self.bring("inline-new", stack(one, "python2.7"), first=True, want="ROLLBACK_COMPLETE")
        reasons = [e.get("ResourceStatusReason", "") for e in self.cf.describe_stack_events(StackName="inline-new")["StackEvents"]]
        self.assertTrue([r for r in reasons if "python2.7 is not offered by this build of calotype: it runs" in r], reasons)

    def unzipped(self, name):
        """What a function's package has, by the names of its files; and that its hash is what Lambda says."""
        code = self.cloud.client("lambda").get_function(FunctionName=name)
        trusted = ssl.create_default_context(cafile=self.cloud.ca)
        with urllib.request.urlopen(code["Code"]["Location"], context=trusted) as answer:
            body = answer.read()
        self.assertEqual(base64.b64encode(hashlib.sha256(body).digest()).decode(), code["Configuration"]["CodeSha256"])
        with zipfile.ZipFile(io.BytesIO(body)) as z:
            return {name: z.read(name).decode() for name in z.namelist()}

    def test_source_becomes_a_package(self):
        """index.py or index.js, whichever kind of module that is; the response module beside it where the source loads it."""
        role = self.cloud.client("iam").create_role(RoleName="sources", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        inline = HERE.parents[2] / "src/cfn/inline"
        beside = {"cfnresponse.py": (inline / "cfnresponse.py").read_text(), "cfn-response.js": (inline / "cfn-response.js").read_text()}
        rows = [("python3.11", "x = 1\n", "index.py", None), ("python3.11", "import cfnresponse\n", "index.py", "cfnresponse.py"),
                ("nodejs20.x", "exports.x = 1", "index.js", None), ("nodejs20.x", "export const x = '\u00e9'", "index.js", None),
                ("nodejs20.x", 'const r = require("cfn-response")', "index.js", "cfn-response.js")]
        functions = self.cloud.client("lambda")
        for i, (runtime, source, file, module) in enumerate(rows):
            if not pathlib.Path("/usr/bin/python3.11" if runtime.startswith("python") else "/usr/bin/node").exists():
                continue
            with self.subTest(source):
                def stack(description):
                    return self.stack_of("AWS::Lambda::Function", {"Code": {"ZipFile": source}, "Runtime": runtime, "Handler": "index.x",
                                                                   "Role": role, "Description": description})
                name = self.bring(f"source-{i}", stack("one"), first=True)["It"]
                self.assertEqual(self.unzipped(name), {file: source, **({module: beside[module]} if module else {})})
                before = functions.get_function_configuration(FunctionName=name)
                self.bring(f"source-{i}", stack("two"))
                after = functions.get_function_configuration(FunctionName=name)
                self.assertEqual((after["CodeSha256"], after["Description"]), (before["CodeSha256"], "two"))

    def test_source_that_no_package_is_made_of(self):
        role = self.cloud.client("iam").create_role(RoleName="no-sources", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        rows = [({"Runtime": "provided.al2023"}, "ZipFile can only be used when Runtime is set to one of nodejs* and python*"),
                ({}, "Using the ZipFile attribute requires a runtime to be specified")]
        for i, (runtime, want) in enumerate(rows):
            self.bring(f"no-source-{i}", self.stack_of("AWS::Lambda::Function", {"Code": {"ZipFile": "true"}, "Handler": "index.x", "Role": role,
                                                                                **runtime}), first=True, want="ROLLBACK_COMPLETE")
            reasons = [e.get("ResourceStatusReason", "") for e in self.cf.describe_stack_events(StackName=f"no-source-{i}")["StackEvents"]]
            self.assertTrue([r for r in reasons if want in r], reasons)

    def test_layers(self):
        """A layer, who may have it, and a function with it by Ref: a change publishes another version and deletes the first."""
        functions, iam, s3 = self.cloud.client("lambda"), self.cloud.client("iam"), self.cloud.client("s3")
        role = iam.create_role(RoleName="layered", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        s3.create_bucket(Bucket="content")
        for key in ("one", "two"):
            s3.put_object(Bucket="content", Key=key, Body=package(b"", {"python/m.py": key}))
        kept = {"Type": "AWS::Lambda::LayerVersion", "DeletionPolicy": "Retain", "Properties": {
            "LayerName": "kept", "Content": {"S3Bucket": "content", "S3Key": "one"}, "CompatibleRuntimes": ["python3.11"], "LicenseInfo": "MIT"}}

        def resources(key, layers=({"Ref": "Named"}, {"Fn::GetAtt": ["Drawn", "LayerVersionArn"]})):
            return {
                "Named": {"Type": "AWS::Lambda::LayerVersion", "Properties": {
                    "LayerName": "named", "Description": "d", "Content": {"S3Bucket": "content", "S3Key": key}}},
                "Drawn": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": {"S3Bucket": "content", "S3Key": "one"}}},
                "Kept": kept,
                "Open": {"Type": "AWS::Lambda::LayerVersionPermission", "Properties": {
                    "Action": "lambda:GetLayerVersion", "LayerVersionArn": {"Ref": "Named"}, "Principal": "111122223333"}},
                "Fn": {"Type": "AWS::Lambda::Function", "Properties": {
                    "Code": {"S3Bucket": "content", "S3Key": "one"}, "Role": role, "Handler": "m.h", "Runtime": "provided.al2023", "Layers": list(layers)}}}
        made = self.bring("layers", resources("one"), first=True)
        prefix = f"arn:aws:lambda:us-east-1:{self.cloud.account}:layer:"
        self.assertEqual((made["Named"], made["Kept"]), (prefix + "named:1", prefix + "kept:1"))
        self.assertRegex(made["Drawn"], prefix + r"layers-Drawn-\w+:1$")
        self.assertEqual(made["Open"].split("#")[0], made["Named"])
        shown = lambda: [layer["Arn"] for layer in functions.get_function_configuration(FunctionName=made["Fn"]).get("Layers", [])]  # noqa: E731
        policy = lambda: json.loads(functions.get_layer_version_policy(LayerName="named", VersionNumber=1)["Policy"])["Statement"]  # noqa: E731
        self.assertEqual(shown(), [made["Named"], made["Drawn"]])
        self.assertEqual(policy()[0]["Principal"], {"AWS": "arn:aws:iam::111122223333:root"})
        changed = self.bring("layers", resources("two"))
        self.assertEqual((changed["Named"], changed["Drawn"]), (prefix + "named:2", made["Drawn"]))
        self.assertEqual(shown(), [changed["Named"], made["Drawn"]])
        self.assertEqual(functions.list_layer_versions(LayerName="named")["LayerVersions"][0]["Version"], 2)
        self.assertEqual(len(functions.list_layer_versions(LayerName="named")["LayerVersions"]), 1)
        self.bring("layers", resources("two", ()))
        self.assertEqual(shown(), [])
        kept["UpdateReplacePolicy"], kept["Properties"]["Description"] = "Retain", "newer"  # as SAM's RetentionPolicy writes it
        self.assertEqual(self.bring("layers", resources("two", ()))["Kept"], prefix + "kept:2")
        self.assertEqual([v["Version"] for v in functions.list_layer_versions(LayerName="kept")["LayerVersions"]], [2, 1])
        self.cf.delete_stack(StackName="layers")
        wait_for(lambda: all(s["StackStatus"] == "DELETE_COMPLETE" for s in self.cf.list_stacks()["StackSummaries"] if s["StackName"] == "layers"), 60)
        self.assertEqual([layer["LayerName"] for layer in functions.list_layers()["Layers"]], ["kept"])
        failed = self.bring("layers-bad", {**resources("none", ()), "Kept": {**kept, "DeletionPolicy": "Delete"}}, first=True, want="ROLLBACK_COMPLETE")
        self.assertNotIn("Fn", {k: v for k, v in failed.items() if v and v.startswith("arn")})
        wait_for(lambda: [layer["LayerName"] for layer in functions.list_layers()["Layers"]] == ["kept"], 30)

    def test_bucket_and_table(self):
        s3, dynamodb = self.cloud.client("s3"), self.cloud.client("dynamodb")

        def look(bucket):
            asked = {}
            for what in ("public_access_block", "bucket_lifecycle_configuration", "bucket_tagging", "bucket_notification_configuration", "bucket_encryption"):
                try:
                    asked[what] = getattr(s3, "get_" + what)(Bucket=bucket)
                    asked[what].pop("ResponseMetadata")
                except s3.exceptions.ClientError as e:
                    asked[what] = e.response["Error"]["Code"]
            return asked
        self.check_taken_away("AWS::S3::Bucket", {}, {
            "LifecycleConfiguration": {"Rules": [{"Id": "x", "Status": "Enabled", "ExpirationInDays": 3}]}, "Tags": [{"Key": "a", "Value": "b"}]}, look)

        def look_at_table(name):
            backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
            tags = dynamodb.list_tags_of_resource(ResourceArn=dynamodb.describe_table(TableName=name)["Table"]["TableArn"])["Tags"]
            return backups["PointInTimeRecoveryStatus"], tags
        bare = {"AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST"}
        self.check_taken_away("AWS::DynamoDB::Table", bare, {
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}, "Tags": [{"Key": "a", "Value": "b"}]}, look_at_table)

    # ---- Lists ----

    def test_policies_of_queues_and_topics(self):
        sqs, sns = self.cloud.client("sqs"), self.cloud.client("sns")
        urls = [sqs.create_queue(QueueName=n)["QueueUrl"] for n in ("pa", "pb")]
        topic = sns.create_topic(Name="pt")["TopicArn"]
        first = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
        policy_of = lambda url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {}).get("Policy")
        says = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic}]}
        both = {"Q": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": urls[:1], "PolicyDocument": PUBLIC}},
                "T": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [topic], "PolicyDocument": says}}}
        made = self.bring("policies", both, first=True)
        self.assertEqual(json.loads(policy_of(urls[0])), PUBLIC)
        self.assertNotEqual(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"], first)
        both["Q"]["Properties"]["Queues"] = urls[1:]
        del both["T"]
        after = self.bring("policies", both)
        self.assertEqual(after["Q"], made["Q"])
        self.assertIsNone(policy_of(urls[0]))
        self.assertEqual(json.loads(policy_of(urls[1])), PUBLIC)
        self.assertEqual(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"], first)

    def test_instance_profile(self):
        iam = self.cloud.client("iam")
        for name in ("one", "two"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        profile = lambda **properties: {"It": {"Type": "AWS::IAM::InstanceProfile", "Properties": properties}}
        with self.assertRaises(self.cf.exceptions.ClientError) as caught:
            self.cf.create_stack(StackName="refused", TemplateBody=json.dumps({"Resources": profile(Roles=["one"])}))
        self.assertIn("Requires capabilities : [CAPABILITY_IAM]", str(caught.exception))
        name = self.bring("profile", profile(Roles=["one"]), first=True)["It"]
        self.assertRegex(name, r"^profile-It-[A-Z0-9]{12}$")
        roles = lambda name: [r["RoleName"] for r in iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]]
        self.assertEqual(roles(name), ["one"])
        self.assertEqual(self.bring("profile", profile(Roles=["two"]))["It"], name)
        self.assertEqual(roles(name), ["two"])
        moved = self.bring("profile", profile(Roles=["two"], Path="/p/"))["It"]  # a path is for life
        self.assertNotEqual(moved, name)
        self.assertEqual(iam.get_instance_profile(InstanceProfileName=moved)["InstanceProfile"]["Path"], "/p/")
        with self.assertRaises(iam.exceptions.NoSuchEntityException):
            iam.get_instance_profile(InstanceProfileName=name)
        arn = {**profile(Roles=["two"], Path="/p/"), "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {
            "LogGroupName": {"Fn::Join": ["", ["/of/", {"Fn::Select": [1, {"Fn::Split": ["/p/", {"Fn::GetAtt": "It.Arn"}]}]}]]}}}}
        self.assertEqual(self.bring("profile", arn)["Group"], "/of/" + moved)
        iam.create_instance_profile(InstanceProfileName="taken")
        self.bring("again", profile(Roles=["one"], InstanceProfileName="taken"), first=True, want="ROLLBACK_COMPLETE")
        self.assertEqual(roles("taken"), [])
        self.cf.delete_stack(StackName="profile")
        self.cf.get_waiter("stack_delete_complete").wait(StackName="profile", WaiterConfig={"Delay": 1})
        with self.assertRaises(iam.exceptions.NoSuchEntityException):
            iam.get_instance_profile(InstanceProfileName=moved)

    def test_user(self):
        iam = self.cloud.client("iam")
        allow = {"Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}
        managed = iam.create_policy(PolicyName="of-users", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", **allow}))["Policy"]["Arn"]

        def look(name):
            user = iam.get_user(UserName=name)["User"]
            return (user["Path"], user.get("PermissionsBoundary"), iam.list_user_policies(UserName=name)["PolicyNames"],
                    [p["PolicyArn"] for p in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]],
                    iam.list_user_tags(UserName=name)["Tags"])
        full = {"PermissionsBoundary": managed, "Policies": [{"PolicyName": "one", "PolicyDocument": {"Version": "2012-10-17", **allow}}],
                "ManagedPolicyArns": [managed], "Tags": [{"Key": "a", "Value": "b"}]}
        self.check_taken_away("AWS::IAM::User", {}, full, look)
        made = self.bring("person", self.stack_of("AWS::IAM::User", full), first=True)["It"]
        self.assertRegex(made, r"^person-It-[A-Z0-9]{12}$")
        self.assertEqual(look(made)[2:], (["one"], [managed], [{"Key": "a", "Value": "b"}]))
        other = self.bring("person", self.stack_of("AWS::IAM::User", {"UserName": "anna"}))["It"]  # another name is another user
        self.assertEqual(other, "anna")
        with self.assertRaises(iam.exceptions.NoSuchEntityException):
            iam.get_user(UserName=made)
        self.bring("taken", self.stack_of("AWS::IAM::User", {"UserName": "anna"}), first=True, want="ROLLBACK_COMPLETE")
        self.assertEqual(look("anna")[2:], ([], [], []))
        self.cf.delete_stack(StackName="person")
        self.cf.get_waiter("stack_delete_complete").wait(StackName="person", WaiterConfig={"Delay": 1})
        with self.assertRaises(iam.exceptions.NoSuchEntityException):
            iam.get_user(UserName="anna")

    def test_log_stream(self):
        logs = self.cloud.client("logs")
        resources = {"Group": {"Type": "AWS::Logs::LogGroup"},
                     "Stream": {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": {"Ref": "Group"}, "LogStreamName": "s"}}}
        made = self.bring("stream", resources, first=True)
        self.assertEqual(made["Stream"], "s")
        self.assertEqual([s["logStreamName"] for s in logs.describe_log_streams(logGroupName=made["Group"])["logStreams"]], ["s"])
        del resources["Stream"]
        self.bring("stream", resources)
        self.assertEqual(logs.describe_log_streams(logGroupName=made["Group"])["logStreams"], [])


if __name__ == "__main__":
    main()
