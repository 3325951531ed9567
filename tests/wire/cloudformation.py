"""CloudFormation spoken by boto3 and both aws CLIs: stacks of real resources, updates, failures, kill -9."""
import itertools
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / "lib"))
from cloud import Cloud, CloudCase, binary, main, wait_for  # noqa: E402

TEMPLATE = """
Parameters:
  Suffix: {Type: String, Default: a, AllowedPattern: '[a-z0-9]+'}
  Days: {Type: Number, Default: 30}
  Extra: {Type: String, Default: 'no', AllowedValues: ['no', 'yes']}
Conditions:
  More: !Equals [!Ref Extra, 'yes']
Resources:
  Photos:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub photos-${Suffix}-${AWS::AccountId}
      VersioningConfiguration: {Status: Enabled}
      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
      BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]}
      LifecycleConfiguration:
        Rules:
          - {Id: old, Status: Enabled, NoncurrentVersionExpiration: {NoncurrentDays: !Ref Days}}
          - {Id: cold, Status: Enabled, Transitions: [{StorageClass: STANDARD_IA, TransitionInDays: 90}]}
      Tags: [{Key: own, Value: tag}]
  PhotosPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Photos
      PolicyDocument:
        Statement:
          - {Effect: Deny, Principal: '*', Action: 's3:*', Resource: [!GetAtt Photos.Arn, !Sub '${Photos.Arn}/*'], Condition: {Bool: {aws:SecureTransport: false}}}
  Rows:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: Id, AttributeType: S}]
      KeySchema: [{AttributeName: Id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
  Reader:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      Policies:
        - {PolicyName: read, PolicyDocument: {Statement: [{Effect: Allow, Action: 'dynamodb:GetItem', Resource: !GetAtt Rows.Arn}]}}
  Second:
    Type: AWS::S3::Bucket
    Condition: More
Outputs:
  Bucket: {Value: !Ref Photos, Export: {Name: !Sub '${AWS::StackName}-bucket'}}
  Table: {Value: !Ref Rows}
"""
ROLE = ["CAPABILITY_IAM"]


def parameters(**values):
    return [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()]


def status(client, name):
    return client.describe_stacks(StackName=name)["Stacks"][0]


def settled(client, name, seconds=60):
    def look():
        stack = status(client, name)
        return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack
    return wait_for(look, seconds)


class Stacks(CloudCase):
    def setUp(self):
        self.cf, self.s3 = self.cloud.client("cloudformation"), self.cloud.client("s3")

    def create(self, name, text=TEMPLATE, want="CREATE_COMPLETE", **values):
        self.cf.create_stack(StackName=name, TemplateBody=text, Capabilities=ROLE, Parameters=parameters(**values))
        stack = settled(self.cf, name)
        self.assertEqual(stack["StackStatus"], want, self.reasons(name))
        return stack

    def reasons(self, name):
        return [e.get("ResourceStatusReason") for e in self.cf.describe_stack_events(StackName=name)["StackEvents"]
                if "FAILED" in e["ResourceStatus"]]

    def refused(self, text, call, **arguments):
        with self.assertRaises(self.cf.exceptions.ClientError) as caught:
            call(**arguments)
        self.assertIn(text, str(caught.exception))

    def test_resources_are_what_the_template_says(self):
        self.cf.create_stack(StackName="all", TemplateBody=TEMPLATE, Capabilities=ROLE, Tags=[{"Key": "team", "Value": "x"}],
                             Parameters=parameters(Suffix="all"))
        self.cf.get_waiter("stack_create_complete").wait(StackName="all", WaiterConfig={"Delay": 1})
        stack = status(self.cf, "all")
        outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
        bucket = outputs["Bucket"]
        self.assertEqual(bucket, "photos-all-000000000000")
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=bucket)["Status"], "Enabled")
        rules = self.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        self.assertEqual(rules[0]["NoncurrentVersionExpiration"], {"NoncurrentDays": 30})
        self.assertEqual(rules[1]["Transitions"], [{"Days": 90, "StorageClass": "STANDARD_IA"}])
        tags = {t["Key"]: t["Value"] for t in self.s3.get_bucket_tagging(Bucket=bucket)["TagSet"]}
        self.assertEqual(tags, {"own": "tag", "team": "x"})
        self.assertIn("SecureTransport", self.s3.get_bucket_policy(Bucket=bucket)["Policy"])
        self.assertTrue(self.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"])
        self.assertRegex(outputs["Table"], r"^all-Rows-[A-Z0-9]{12}$")
        backups = self.cloud.client("dynamodb").describe_continuous_backups(TableName=outputs["Table"])
        self.assertEqual(backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"], "ENABLED")
        role = self.cf.describe_stack_resource(StackName="all", LogicalResourceId="Reader")["StackResourceDetail"]["PhysicalResourceId"]
        self.assertEqual(self.cloud.client("iam").list_role_policies(RoleName=role)["PolicyNames"], ["read"])

        self.cf.delete_stack(StackName="all")
        self.cf.get_waiter("stack_delete_complete").wait(StackName=stack["StackId"], WaiterConfig={"Delay": 1})
        self.refused("NoSuchBucket", self.s3.list_objects_v2, Bucket=bucket)
        self.refused("Stack with id all does not exist", self.cf.describe_stacks, StackName="all")

    def test_updates(self):
        self.create("up", Suffix="up")
        before = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in self.cf.describe_stack_resources(StackName="up")["StackResources"]}
        change = dict(StackName="up", UsePreviousTemplate=True, Capabilities=ROLE)
        kept = [{"ParameterKey": k, "UsePreviousValue": True} for k in ("Suffix", "Extra")]
        self.refused("No updates are to be performed", self.cf.update_stack, Parameters=kept + parameters(Days="30"), **change)
        self.cf.update_stack(Parameters=kept[:1] + parameters(Days="7", Extra="yes"), **change)
        self.assertEqual(settled(self.cf, "up")["StackStatus"], "UPDATE_COMPLETE", self.reasons("up"))
        rules = self.s3.get_bucket_lifecycle_configuration(Bucket="photos-up-000000000000")["Rules"]
        self.assertEqual(rules[0]["NoncurrentVersionExpiration"], {"NoncurrentDays": 7})
        after = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in self.cf.describe_stack_resources(StackName="up")["StackResources"]}
        second = after.pop("Second")
        self.assertEqual(before, after)
        self.assertTrue(second.startswith("up-second-"))
        # A new bucket name: the old bucket goes once the new one is there.
        self.cf.update_stack(Parameters=parameters(Suffix="upnew", Days="7", Extra="no"), **change)
        self.assertEqual(settled(self.cf, "up")["StackStatus"], "UPDATE_COMPLETE", self.reasons("up"))
        names = [b["Name"] for b in self.s3.list_buckets()["Buckets"]]
        self.assertIn("photos-upnew-000000000000", names)
        self.assertNotIn("photos-up-000000000000", names)
        self.assertNotIn(second, names)
        # What cannot be done in place, and must not be done by replacing, is refused before anything happens.
        text = TEMPLATE.replace("AttributeName: Id", "AttributeName: Other")
        self.refused("an update of the property", self.cf.update_stack, StackName="up", TemplateBody=text, Capabilities=ROLE,
                     Parameters=parameters(Suffix="upnew", Days="7"))

    def test_a_failing_update_goes_back(self):
        self.create("back", Suffix="back")
        self.s3.create_bucket(Bucket="taken-by-somebody")
        text = TEMPLATE.replace("NoncurrentDays: !Ref Days", "NoncurrentDays: 3") + ""
        text = text.replace("  Second:\n", "  Taken: {Type: AWS::S3::Bucket, DependsOn: Photos, Properties: {BucketName: taken-by-somebody}}\n  Second:\n")
        self.cf.update_stack(StackName="back", TemplateBody=text, Capabilities=ROLE, Parameters=parameters(Suffix="back"))
        stack = settled(self.cf, "back")
        self.assertEqual(stack["StackStatus"], "UPDATE_ROLLBACK_COMPLETE")
        self.assertIn("taken-by-somebody already exists", self.reasons("back"))
        rules = self.s3.get_bucket_lifecycle_configuration(Bucket="photos-back-000000000000")["Rules"]
        self.assertEqual(rules[0]["NoncurrentVersionExpiration"], {"NoncurrentDays": 30})
        self.s3.head_bucket(Bucket="taken-by-somebody")

    def test_a_failing_creation_leaves_nothing_but_what_was_there(self):
        self.s3.create_bucket(Bucket="photos-there-000000000000")
        self.create("fails", want="ROLLBACK_COMPLETE", Suffix="there")
        self.assertIn("photos-there-000000000000 already exists", self.reasons("fails"))
        self.s3.head_bucket(Bucket="photos-there-000000000000")

    def test_the_callers_rights_are_the_stacks(self):
        iam = self.cloud.client("iam")
        iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=json.dumps(
            {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]}))
        iam.put_role_policy(RoleName="deployer", PolicyName="p", PolicyDocument=json.dumps(
            {"Statement": [{"Effect": "Allow", "Action": ["cloudformation:*", "s3:ListBucket"], "Resource": "*"}]}))
        iam.create_user(UserName="dev")
        iam.put_user_policy(UserName="dev", PolicyName="p", PolicyDocument=json.dumps(
            {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}))
        key = iam.create_access_key(UserName="dev")["AccessKey"]
        keys = self.cloud.client("sts", keys=(key["AccessKeyId"], key["SecretAccessKey"])).assume_role(RoleArn="arn:aws:iam::000000000000:role/deployer", RoleSessionName="session")["Credentials"]
        cf = self.cloud.client("cloudformation", keys=(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]))
        cf.create_stack(StackName="poor", TemplateBody="Resources: {B: {Type: AWS::S3::Bucket}}")
        self.assertEqual(settled(self.cf, "poor")["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn("assumed-role/deployer/session is not authorized to perform: s3:CreateBucket", "\n".join(filter(None, self.reasons("poor"))))

    def test_templates_from_s3(self):
        self.s3.create_bucket(Bucket="templates")
        self.s3.put_object(Bucket="templates", Key="a dir/t.yaml", Body=TEMPLATE.encode() + b"# " + b"x" * 60000)
        for i, url in enumerate(("https://templates.s3.us-east-1.amazonaws.com/a%20dir/t.yaml", "https://s3.amazonaws.com/templates/a%20dir/t.yaml",
                                 self.cloud.endpoint + "/templates/a%20dir/t.yaml")):
            self.assertEqual(len(self.cf.get_template_summary(TemplateURL=url)["Parameters"]), 3)
        self.refused("S3 error: The specified key does not exist", self.cf.validate_template, TemplateURL=self.cloud.endpoint + "/templates/none")
        self.refused("51200", self.cf.validate_template, TemplateBody="# " + "x" * 51200)

    def test_a_bad_template_is_told_with_its_place(self):
        self.refused("(line 3, column 5)", self.cf.validate_template, TemplateBody="Resources:\n  A:\n    Typo: AWS::S3::Bucket\n    Type: AWS::S3::Bucket\n")

    def test_conversations_with_a_custom_resource(self):
        """The function is not run: its answer is given by hand, as the URL allows to whoever knows it."""
        text = "Resources: {X: {Type: 'Custom::X', Properties: {ServiceToken: 'arn:aws:lambda:us-east-1:000000000000:function:none'}}}"
        self.create("custom", text, want="ROLLBACK_COMPLETE")
        self.assertIn("Function not found", "\n".join(filter(None, self.reasons("custom"))))
        self.assertEqual(self.cloud.http("PUT", "/_calotype/cfn-response/" + "0" * 64, body=b'{"Status":"SUCCESS"}')[0], 403)


class CommandLines(CloudCase):
    def deploy(self, aws, name, *more, check=True):
        path = self.cloud.data / "template.yaml"
        path.write_text(TEMPLATE)
        # aws names its change sets by the second: two deployments in one would clash, as on AWS.
        ended = int(time.time())
        while int(time.time()) == ended:
            time.sleep(0.05)
        return subprocess.run([binary(), "with", aws, "cloudformation", "deploy", "--stack-name", name, "--template-file", str(path),
                               "--capabilities", "CAPABILITY_IAM", *more], capture_output=True, text=True, check=False,
                              env={**os.environ, "CALOTYPE_DATA": str(self.cloud.data), "PYTHONPATH": str(HERE.parents[1] / "lib/hurry")})

    def spoken_by(self, aws, name):
        first = self.deploy(aws, name, "--parameter-overrides", f"Suffix={name}")
        self.assertEqual(first.returncode, 0, first.stdout + first.stderr)
        self.assertIn("Successfully created/updated stack", first.stdout)
        again = self.deploy(aws, name, "--no-fail-on-empty-changeset")
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        self.assertIn("No changes to deploy", again.stdout + again.stderr)

    def updates(self, aws, name):
        third = self.deploy(aws, name, "--parameter-overrides", "Days=9")
        self.assertEqual(third.returncode, 0, third.stdout + third.stderr)
        rules = self.cloud.client("s3").get_bucket_lifecycle_configuration(Bucket=f"photos-{name}-000000000000")["Rules"]
        self.assertEqual(rules[0]["NoncurrentVersionExpiration"], {"NoncurrentDays": 9})

    def test_aws(self):
        aws = shutil.which("aws")
        if not aws:
            raise unittest.SkipTest("there is no aws")
        self.spoken_by(aws, "cli")
        self.updates(aws, "cli")

    def test_debians_aws(self):
        if not os.path.exists("/usr/bin/aws"):
            raise unittest.SkipTest("there is no /usr/bin/aws")
        self.spoken_by("/usr/bin/aws", "debian")


class TheStack(CloudCase):
    """stack/template.yaml itself."""

    def test_made_updated_with_new_code_and_deleted(self):
        import zipfile
        cf, s3 = self.cloud.client("cloudformation"), self.cloud.client("s3")
        text = (HERE.parents[2] / "stack/template.yaml").read_text()
        archive = str(self.cloud.data / "function.zip")
        self.cloud.run("package", "--output", archive)
        s3.create_bucket(Bucket="code")
        s3.upload_file(archive, "code", "function/one.zip")
        with zipfile.ZipFile(archive, "a") as z:
            z.writestr("note.txt", "another hash")
        s3.upload_file(archive, "code", "function/two.zip")
        given = dict(StackName="it", TemplateBody=text, Capabilities=ROLE)
        cf.create_stack(Parameters=parameters(CodeBucket="code", CodeKey="function/one.zip", NotificationEmail="a@example.com"), **given)
        self.assertEqual(settled(cf, "it")["StackStatus"], "CREATE_COMPLETE")
        bucket = "image-storage-bucket-dev-000000000000"
        rules = s3.get_bucket_notification_configuration(Bucket=bucket)["LambdaFunctionConfigurations"]
        suffixes = [r["Filter"]["Key"]["FilterRules"][0]["Value"] for r in rules]
        spelled = {"".join(c) for word in (".jpg", ".jpeg", ".png") for c in itertools.product(*((a, a.upper()) for a in word))}
        self.assertEqual((set(suffixes), len(suffixes)), (spelled, 8 + 16 + 8))  # S3 compares with case
        topic = cf.describe_stack_resource(StackName="it", LogicalResourceId="ProcessingTopic")["StackResourceDetail"]["PhysicalResourceId"]
        subscriptions = self.cloud.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        self.assertEqual([s["Endpoint"] for s in subscriptions], ["a@example.com"])

        hash_of = lambda: self.cloud.client("lambda").get_function_configuration(FunctionName="ImageProcessor-dev")["CodeSha256"]
        before = hash_of()
        cf.update_stack(Parameters=parameters(CodeBucket="code", CodeKey="function/two.zip"), **given)
        stack = settled(cf, "it")
        failed = [e for e in cf.describe_stack_events(StackName="it")["StackEvents"] if "FAILED" in e["ResourceStatus"]]
        self.assertEqual(stack["StackStatus"], "UPDATE_COMPLETE", failed)
        self.assertNotEqual(before, hash_of())
        self.assertEqual(self.cloud.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"], [])

        # A configuration of somebody else's survives the stack, as do the buckets and the table.
        queue = self.cloud.client("sqs").create_queue(QueueName="other")["QueueUrl"]
        self.cloud.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(
            {"Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]})})
        both = s3.get_bucket_notification_configuration(Bucket=bucket)
        both.pop("ResponseMetadata")
        both["QueueConfigurations"] = [{"Id": "other", "QueueArn": "arn:aws:sqs:us-east-1:000000000000:other", "Events": ["s3:ObjectRemoved:*"]}]
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=both)
        cf.delete_stack(StackName="it")
        self.assertEqual(settled(cf, stack["StackId"])["StackStatus"], "DELETE_COMPLETE")
        left = s3.get_bucket_notification_configuration(Bucket=bucket)
        self.assertNotIn("LambdaFunctionConfigurations", left)
        self.assertEqual([q["Id"] for q in left["QueueConfigurations"]], ["other"])
        self.assertEqual(self.cloud.client("dynamodb").list_tables()["TableNames"], ["ImageMetadata-dev"])


def begun(call, **arguments):
    """The call in a thread of its own: its answer is late, and a killed daemon gives none."""
    def run():
        try:
            call(**arguments)
        except Exception:  # the daemon is killed meanwhile, or not: what became of the stack tells
            pass
    threading.Thread(target=run, daemon=True).start()


class Kills(unittest.TestCase):
    def test_operations_go_on_after_kill_9(self):
        rounds = int(os.environ.get("CALOTYPE_KILLS", "6"))
        chance = random.Random(7)
        with Cloud() as cloud:
            for i in range(rounds):
                cf = cloud.client("cloudformation")
                name = f"k{i}"
                begun(cf.create_stack, StackName=name, TemplateBody=TEMPLATE, Capabilities=ROLE, Parameters=parameters(Suffix=name))
                wait_for(lambda: any(s["StackName"] == name for s in cf.describe_stacks()["Stacks"]), 30)
                time.sleep(chance.uniform(0, 0.15))
                cloud.kill9()
                cloud.restart()
                cf = cloud.client("cloudformation")
                stack = settled(cf, name)
                self.assertEqual(stack["StackStatus"], "CREATE_COMPLETE", name)
                events = [e["ResourceStatus"] for e in cf.describe_stack_events(StackName=name)["StackEvents"]]
                self.assertEqual(events.count("CREATE_COMPLETE"), 5, events)  # four resources and the stack
                self.assertEqual(cloud.client("s3").get_bucket_versioning(Bucket=f"photos-{name}-000000000000")["Status"], "Enabled")
                begun(cf.delete_stack, StackName=name)
                wait_for(lambda: status(cf, stack["StackId"])["StackStatus"].startswith("DELETE_"), 30)
                time.sleep(chance.uniform(0, 0.1))
                cloud.kill9()
                cloud.restart()
                cf = cloud.client("cloudformation")
                self.assertEqual(settled(cf, stack["StackId"])["StackStatus"], "DELETE_COMPLETE", name)
            names = [b["Name"] for b in cloud.client("s3").list_buckets()["Buckets"]]
            self.assertEqual(names, [])
            self.assertEqual(cloud.client("dynamodb").list_tables()["TableNames"], [])


if __name__ == "__main__":
    main()
