"""AWS's managed policies, simulations, and who may what, as boto3 sees them; and roles as CDK's bootstrap makes them."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import CloudCase, main, need_boto3, wait_for

HERE = "000000000000"
AWS = "arn:aws:iam::aws:policy/"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(effect, action, resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def allow(action, resource="*", **more):
    return statement("Allow", action, resource, **more)


def error_of(call, **kw):
    need_boto3()
    from botocore.exceptions import ClientError
    try:
        call(**kw)
    except ClientError as e:
        return e.response["Error"]["Code"], e.response["Error"]["Message"]
    raise AssertionError("no error")


class PolicyCase(CloudCase):
    @property
    def iam(self):
        return self.cloud.client("iam")

    def user(self, name, *statements, attached=()):
        """A user with those policies; its keys."""
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
        for policy in attached:
            self.iam.attach_user_policy(UserName=name, PolicyArn=AWS + policy)
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]


class Managed(PolicyCase):
    def test_listed_and_read(self):
        pages = self.iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 1000})
        listed = {p["Arn"]: p for page in pages for p in page["Policies"]}
        self.assertGreater(len(listed), 1000)
        self.assertEqual(list(listed), sorted(listed))
        self.assertEqual(len({p["PolicyId"] for p in listed.values()}), len(listed))
        for name in ("ReadOnlyAccess", "SecurityAudit", "PowerUserAccess", "AmazonDynamoDBFullAccess", "AmazonSNSFullAccess",
                     "CloudWatchLogsFullAccess", "CloudWatchLambdaInsightsExecutionRolePolicy", "job-function/ViewOnlyAccess",
                     "service-role/AWSLambdaKinesisExecutionRole"):
            with self.subTest(name):
                policy = self.iam.get_policy(PolicyArn=AWS + name)["Policy"]
                self.assertEqual({k: v for k, v in policy.items() if k != "Tags"}, listed[AWS + name])
                self.assertEqual(policy["PolicyName"], name.split("/")[-1])
                self.assertRegex(policy["DefaultVersionId"], r"^v\d+$")
                version = self.iam.get_policy_version(PolicyArn=AWS + name, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
                self.assertEqual((version["Document"]["Version"], version["CreateDate"]), ("2012-10-17", policy["UpdateDate"]))
                self.assertEqual([v["VersionId"] for v in self.iam.list_policy_versions(PolicyArn=AWS + name)["Versions"]],
                                 [policy["DefaultVersionId"]])
        self.assertEqual(error_of(self.iam.create_policy_version, PolicyArn=AWS + "ReadOnlyAccess", PolicyDocument=document(allow("*"))),
                         ("AccessDenied", f"AWS managed policies cannot be changed: {AWS}ReadOnlyAccess"))

    def test_of_a_service(self):
        self.iam.create_role(RoleName="plain", AssumeRolePolicyDocument=json.dumps({"Statement": {
            "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}))
        self.assertEqual(error_of(self.iam.attach_role_policy, RoleName="plain", PolicyArn=AWS + "aws-service-role/AWSSupportServiceRolePolicy"),
                         ("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role."))
        self.assertEqual(error_of(self.iam.attach_role_policy, RoleName="plain", PolicyArn=AWS + "NobodyHasThis")[0], "NoSuchEntity")

    def test_enforced(self):
        s3 = self.cloud.client("s3")
        s3.create_bucket(Bucket="read")
        s3.put_object(Bucket="read", Key="k", Body=b"x")
        keys = self.user("reader", attached=["ReadOnlyAccess", "SecurityAudit"])
        mine = self.cloud.client("s3", keys=keys)
        self.assertEqual(mine.get_object(Bucket="read", Key="k")["Body"].read(), b"x")
        self.assertEqual(error_of(mine.put_object, Bucket="read", Key="k", Body=b"y")[0], "AccessDenied")
        self.cloud.client("dynamodb", keys=keys).list_tables()
        self.cloud.client("iam", keys=keys).get_account_authorization_details()
        self.assertEqual(error_of(self.cloud.client("sqs", keys=keys).create_queue, QueueName="q")[0], "AccessDenied")


class Simulations(PolicyCase):
    def one(self, call, **kw):
        results = call(**kw)["EvaluationResults"]
        self.assertEqual(len(results), 1)
        return results[0]

    def test_as_documented(self):
        """The example of `aws iam simulate-custom-policy help`."""
        text = ('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":'
                '{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}')
        want = {"EvalActionName": "dynamodb:CreateBackup", "EvalResourceName": "*", "EvalDecision": "allowed", "MatchedStatements": [
            {"SourcePolicyId": "PolicyInputList.1", "SourcePolicyType": "IAM Policy", "StartPosition": {"Line": 1, "Column": 38},
             "EndPosition": {"Line": 1, "Column": 167}}], "MissingContextValues": []}
        call = self.iam.simulate_custom_policy
        self.assertEqual(self.one(call, PolicyInputList=[text], ActionNames=["dynamodb:CreateBackup"]), want)
        early = [{"ContextKeyName": "aws:CurrentTime", "ContextKeyValues": ["2015-04-25T11:00:00Z"], "ContextKeyType": "date"}]
        denied = self.one(call, PolicyInputList=[text], ActionNames=["dynamodb:CreateBackup"], ContextEntries=early)
        self.assertEqual((denied["EvalDecision"], denied["MatchedStatements"]), ("implicitDeny", []))

    def test_several_resources(self):
        """One result an action; the most restrictive decision stands above those on each resource."""
        text = document(allow("s3:*", "arn:aws:s3:::good/*", Condition={"Bool": {"aws:SecureTransport": True}}),
                        statement("Deny", "s3:*", "arn:aws:s3:::bad/*"), allow("s3:*", "arn:aws:s3:::bad/*"))
        secure = [{"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"}]
        arns = [f"arn:aws:s3:::{b}/k" for b in ("good", "bad", "none")]
        one = self.one(self.iam.simulate_custom_policy, PolicyInputList=[text], ActionNames=["s3:GetObject"], ResourceArns=arns,
                       ContextEntries=secure)
        self.assertEqual([(r["EvalResourceName"], r["EvalResourceDecision"]) for r in one["ResourceSpecificResults"]],
                         list(zip(arns, ("allowed", "explicitDeny", "implicitDeny"))))
        self.assertEqual((one["EvalDecision"], one["EvalResourceName"], one["EvalDecisionDetails"]), ("explicitDeny", "*", {}))
        self.assertEqual(one["MatchedStatements"], one["ResourceSpecificResults"][1]["MatchedStatements"])
        place = one["MatchedStatements"][0]
        self.assertIn('"Deny"', text[place["StartPosition"]["Column"] - 1:place["EndPosition"]["Column"] - 1])
        one = self.one(self.iam.simulate_custom_policy, PolicyInputList=[text], ActionNames=["s3:GetObject"], ResourceArns=arns[:1])
        self.assertEqual((one["EvalDecision"], one["EvalResourceName"], one["MissingContextValues"]),
                         ("implicitDeny", arns[0], ["aws:SecureTransport"]))

    def test_what_is_simulated_is_so(self):
        """A simulation of a user decides as that user's requests are decided."""
        self.cloud.client("s3").create_bucket(Bucket="simulated")
        keys = self.user("same", allow("s3:*", "arn:aws:s3:::simulated/${aws:username}/*"), statement("Deny", "s3:DeleteObject"),
                         attached=["AmazonSQSReadOnlyAccess"])
        s3, sqs = self.cloud.client("s3", keys=keys), self.cloud.client("sqs", keys=keys)
        done = {
            ("s3:PutObject", "arn:aws:s3:::simulated/same/k"): lambda: s3.put_object(Bucket="simulated", Key="same/k", Body=b""),
            ("s3:PutObject", "arn:aws:s3:::simulated/other/k"): lambda: s3.put_object(Bucket="simulated", Key="other/k", Body=b""),
            ("s3:DeleteObject", "arn:aws:s3:::simulated/same/k"): lambda: s3.delete_object(Bucket="simulated", Key="same/k"),
            ("sqs:ListQueues", f"arn:aws:sqs:us-east-1:{HERE}:*"): lambda: sqs.list_queues(),
            ("sqs:CreateQueue", f"arn:aws:sqs:us-east-1:{HERE}:q"): lambda: sqs.create_queue(QueueName="q"),
        }
        want = ["allowed", "implicitDeny", "explicitDeny", "allowed", "implicitDeny"]
        for ((action, resource), call), decision in zip(done.items(), want):
            with self.subTest(action, resource=resource):
                one = self.one(self.iam.simulate_principal_policy, PolicySourceArn=f"arn:aws:iam::{HERE}:user/same",
                               ActionNames=[action], ResourceArns=[resource])
                self.assertEqual(one["EvalDecision"], decision)
                if decision == "allowed":
                    call()
                else:
                    self.assertEqual(error_of(call)[0], "AccessDenied")

    def test_paginators(self):
        actions = [f"s3:Action{i}" for i in range(250)]
        pages = list(self.iam.get_paginator("simulate_custom_policy").paginate(PolicyInputList=[document(allow("s3:*"))], ActionNames=actions))
        self.assertEqual([len(p["EvaluationResults"]) for p in pages], [100, 100, 50])
        self.assertEqual([r["EvalActionName"] for p in pages for r in p["EvaluationResults"]], actions)

    def test_rights(self):
        mine = f"arn:aws:iam::{HERE}:user/asker"
        who = self.cloud.client("iam", keys=self.user("asker", allow(
            ["iam:SimulatePrincipalPolicy", "iam:GetContextKeysForPrincipalPolicy"], mine)))
        self.iam.create_user(UserName="asked")
        custom = {"PolicyInputList": [document(allow("*"))], "ActionNames": ["s3:GetObject"]}
        who.simulate_principal_policy(PolicySourceArn=mine, ActionNames=["s3:GetObject"])
        who.get_context_keys_for_principal_policy(PolicySourceArn=mine)
        other = f"arn:aws:iam::{HERE}:user/asked"
        for call, kw, action in (
                (who.simulate_principal_policy, {"PolicySourceArn": other, "ActionNames": ["s3:GetObject"]}, "SimulatePrincipalPolicy"),
                (who.get_context_keys_for_principal_policy, {"PolicySourceArn": other}, "GetContextKeysForPrincipalPolicy"),
                (who.simulate_custom_policy, custom, "SimulateCustomPolicy"),
                (who.get_context_keys_for_custom_policy, {"PolicyInputList": custom["PolicyInputList"]}, "GetContextKeysForCustomPolicy"),
                (who.get_account_authorization_details, {}, "GetAccountAuthorizationDetails")):
            with self.subTest(action):
                code, text = error_of(call, **kw)
                self.assertEqual(code, "AccessDenied")
                self.assertIn(f"not authorized to perform: iam:{action}", text)


class WhoMayWhat(PolicyCase):
    def test_pages(self):
        self.user("details-user", allow("s3:*"), attached=["ReadOnlyAccess"])
        self.iam.create_policy(PolicyName="details-policy", PolicyDocument=document(allow("s3:*")))
        self.iam.create_role(RoleName="details-role", Path="/p/", AssumeRolePolicyDocument=json.dumps({"Statement": {
            "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}))
        pages = list(self.iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 1}))
        all_of = lambda member: [item for page in pages for item in page[member]]
        user, = all_of("UserDetailList")
        role, = all_of("RoleDetailList")
        own, aws = all_of("Policies")
        self.assertEqual((user["UserPolicyList"], user["GroupList"], user["AttachedManagedPolicies"]),
                         ([{"PolicyName": "p", "PolicyDocument": json.loads(document(allow("s3:*")))}], [],
                          [{"PolicyName": "ReadOnlyAccess", "PolicyArn": AWS + "ReadOnlyAccess"}]))
        self.assertEqual((role["Arn"], role["AssumeRolePolicyDocument"]["Statement"]["Principal"], role["InstanceProfileList"]),
                         (f"arn:aws:iam::{HERE}:role/p/details-role", {"Service": "ec2.amazonaws.com"}, []))
        self.assertEqual((own["PolicyName"], own["AttachmentCount"], own["PolicyVersionList"][0]["VersionId"]), ("details-policy", 0, "v1"))
        self.assertEqual((aws["PolicyName"], aws["AttachmentCount"]), ("ReadOnlyAccess", 1))
        self.assertGreater(len(aws["PolicyVersionList"][0]["Document"]["Statement"][0]["Action"]), 500)


class Outside(CloudCase):
    """Roles for those who sign in elsewhere cannot be assumed; clients send these unsigned, so the refusal must come before the signature's."""

    def test_refused_by_name(self):
        sts = self.cloud.client("sts")
        role = {"RoleArn": f"arn:aws:iam::{HERE}:role/r"}
        self.assertEqual(error_of(sts.assume_role_with_web_identity, RoleSessionName="session", WebIdentityToken="t" * 20, **role),
                         ("NotImplemented", "calotype does not implement sts:AssumeRoleWithWebIdentity"))
        self.assertEqual(error_of(sts.assume_role_with_saml, PrincipalArn=f"arn:aws:iam::{HERE}:saml-provider/p", SAMLAssertion="t" * 20, **role),
                         ("NotImplemented", "calotype does not implement sts:AssumeRoleWithSAML"))

    def test_the_rest_stays_signed(self):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for body in ("Action=GetCallerIdentity&Version=2011-06-15", "Action=GetSessionToken&Version=2011-06-15", "Action=No&Version=2011-06-15",
                     "Action=Publish&Version=2010-03-31", "Version=2011-06-15", "", "Action=AssumeRole&Action=GetCallerIdentity"):
            with self.subTest(body):
                status, _, answer = self.cloud.http("POST", "/", body=body, headers=form)
                self.assertEqual((status, re.search(b"<Code>(.*)</Code>", answer)[1]), (403, b"MissingAuthenticationToken"))


# What CDK's bootstrap gives its roles (aws-cdk's bootstrap-template.yaml, version 26), without the services that are not here.
BOOTSTRAP = {
    "Resources": {
        "Staging": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Sub": "cdk-assets-${AWS::AccountId}-${AWS::Region}"}}},
        **{role: {"Type": "AWS::IAM::Role", "Properties": {
            "RoleName": {"Fn::Sub": f"cdk-{role}-${{AWS::AccountId}}"},
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Action": action, "Effect": "Allow", "Principal": {"AWS": {"Ref": "AWS::AccountId"}}}
                for action in ("sts:TagSession", "sts:AssumeRole")]},
            "Tags": [{"Key": "aws-cdk:bootstrap-role", "Value": role}], **more}} for role, more in {
                "publish": {"Policies": [{"PolicyName": "default", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Action": ["s3:GetObject*", "s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:List*",
                                                   "s3:DeleteObject*", "s3:PutObject*", "s3:Abort*"],
                     "Resource": ["arn:aws:s3:::cdk-assets-*", "arn:aws:s3:::cdk-assets-*/*"],
                     "Condition": {"StringEquals": {"aws:ResourceAccount": [{"Fn::Sub": "${AWS::AccountId}"}]}}}]}}]},
                "deploy": {"Policies": [{"PolicyName": "default", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                    {"Sid": "Pipeline", "Effect": "Allow", "Action": ["s3:GetObject*", "s3:GetBucket*", "s3:List*", "s3:PutObject*"],
                     "Resource": "*", "Condition": {"StringNotEquals": {"s3:ResourceAccount": {"Ref": "AWS::AccountId"}}}},
                    {"Sid": "Key", "Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": "*",
                     "Condition": {"StringEquals": {"kms:ViaService": {"Fn::Sub": "s3.${AWS::Region}.amazonaws.com"}}}},
                    {"Sid": "Cli", "Effect": "Allow", "Resource": "*", "Action": ["cloudformation:DescribeStacks", "sts:GetCallerIdentity"]}]}}]},
                "lookup": {"ManagedPolicyArns": [{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"}],
                           "Policies": [{"PolicyName": "LookupRolePolicy", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                               {"Sid": "DontReadSecrets", "Effect": "Deny", "Action": ["kms:Decrypt"], "Resource": "*"}]}}]}}.items()},
    }
}


class Cdk(PolicyCase):
    def test_roles_of_the_bootstrap(self):
        cfn = self.cloud.client("cloudformation")
        cfn.create_stack(StackName="CDKToolkit", TemplateBody=json.dumps(BOOTSTRAP), Capabilities=["CAPABILITY_NAMED_IAM"])
        wait_for(lambda: cfn.describe_stacks(StackName="CDKToolkit")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")
        keys = self.user("cdk", allow("sts:AssumeRole", f"arn:aws:iam::{HERE}:role/cdk-*"))
        bucket = f"cdk-assets-{HERE}-us-east-1"
        as_role = {}
        for role in ("publish", "deploy", "lookup"):
            c = self.cloud.client("sts", keys=keys).assume_role(RoleArn=f"arn:aws:iam::{HERE}:role/cdk-{role}-{HERE}",
                                                                RoleSessionName="aws-cdk")["Credentials"]
            as_role[role] = self.cloud.client("s3", keys=(c["AccessKeyId"], c["SecretAccessKey"], c["SessionToken"]))
        publish = as_role["publish"]
        publish.get_bucket_location(Bucket=bucket)
        publish.get_bucket_encryption(Bucket=bucket)
        publish.put_object(Bucket=bucket, Key="asset", Body=b"x")
        publish.list_objects_v2(Bucket=bucket)
        upload = publish.create_multipart_upload(Bucket=bucket, Key="large")["UploadId"]
        publish.abort_multipart_upload(Bucket=bucket, Key="large", UploadId=upload)
        self.assertEqual(as_role["lookup"].get_object(Bucket=bucket, Key="asset")["Body"].read(), b"x")
        # Buckets of other accounts alone; reading alone; and what is another account's.
        strangers = self.cloud.client("s3", keys=self.user("stranger", allow(
            "s3:*", Condition={"StringEquals": {"aws:ResourceAccount": "111111111111"}})))
        for s3 in (as_role["deploy"], as_role["lookup"], strangers):
            self.assertEqual(error_of(s3.put_object, Bucket=bucket, Key="asset", Body=b"x")[0], "AccessDenied")


if __name__ == "__main__":
    main()
