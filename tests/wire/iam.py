"""IAM and STS, as boto3 sees them; and that what they say is enforced. Runs also with Debian's boto3."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import CloudCase, main, need_boto3

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

TEMPLATE = json.dumps({"Resources": {"It": {"Type": "AWS::SNS::Topic"}}})
OTHER = json.dumps({"Resources": {"It": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "other"}}}})


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(**principal):
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def error_of(call, **kw):
    need_boto3()
    from botocore.exceptions import ClientError
    try:
        call(**kw)
    except ClientError as e:
        return e.response["Error"]["Code"], e.response["Error"]["Message"], e.response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError("no error")


class Iam(CloudCase):
    @property
    def iam(self):
        return self.cloud.client("iam")

    def user(self, name, *statements):
        """A user with that policy; its keys."""
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def test_tags_of_what_is_asked_about(self):
        """aws:ResourceTag is of the entity in question, not of the caller or of another one that the request names."""
        iam = self.iam
        red = [{"Key": "team", "Value": "red"}]
        keys = self.user("tagged-caller", allow("iam:*"), {"Effect": "Deny", "Action": "iam:*", "Resource": "*",
                                                           "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}})
        who = self.cloud.client("iam", keys=keys)
        plain = iam.create_policy(PolicyName="of-nobody", PolicyDocument=document(allow("s3:*")))["Policy"]["Arn"]
        tagged = iam.create_policy(PolicyName="of-red", PolicyDocument=document(allow("s3:*")), Tags=red)["Policy"]["Arn"]
        iam.create_role(RoleName="red-role", AssumeRolePolicyDocument=trust(Service="lambda.amazonaws.com"), Tags=red)
        iam.tag_user(UserName="tagged-caller", Tags=red)
        who.get_policy(PolicyArn=plain)
        self.assertEqual(error_of(who.get_policy, PolicyArn=tagged)[0], "AccessDenied")
        self.assertEqual(error_of(who.get_role, RoleName="red-role")[0], "AccessDenied")
        self.assertEqual(error_of(who.get_user)[0], "AccessDenied")

    def test_second_names(self):
        """A Deny on a thing holds whatever else it may be called by."""
        root = self.cloud.client
        here = lambda service, rest: f"arn:aws:{service}:us-east-1:000000000000:{rest}"
        names = {"dynamodb": here("dynamodb", "table/hidden"), "sns": here("sns", "hidden"), "logs": here("logs", "log-group:hidden")}
        root("dynamodb").create_table(TableName="hidden", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
                                      AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}])
        root("sns").create_topic(Name="hidden")
        root("logs").create_log_group(logGroupName="hidden")
        cfn = root("cloudformation")
        for stack in "hidden", "open":
            cfn.create_stack(StackName=stack, TemplateBody=TEMPLATE)
            cfn.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.1})
        change = cfn.create_change_set(StackName="hidden", ChangeSetName="c", TemplateBody=OTHER)["Id"]
        topic = cfn.describe_stack_resource(StackName="hidden", LogicalResourceId="It")["StackResourceDetail"]["PhysicalResourceId"]
        keys = self.user("denied", allow("*"), {"Effect": "Deny", "Action": "*", "Resource": [
            *names.values(), names["logs"] + ":*", here("cloudformation", "stack/hidden/*")]})
        other = lambda service: names[service].replace("arn:aws:", "arn:aws-cn:")
        for service, call, arguments in (
                ("dynamodb", "list_tags_of_resource", {"ResourceArn": other("dynamodb")}),
                ("dynamodb", "tag_resource", {"ResourceArn": other("dynamodb"), "Tags": [{"Key": "a", "Value": "b"}]}),
                ("dynamodb", "describe_table", {"TableName": other("dynamodb")}),
                ("sns", "get_topic_attributes", {"TopicArn": other("sns")}),
                ("sns", "publish", {"TargetArn": other("sns"), "Message": "m"}),
                ("logs", "list_tags_for_resource", {"resourceArn": other("logs")}),
                ("logs", "list_tags_for_resource", {"resourceArn": "hidden"}),
                ("logs", "tag_resource", {"resourceArn": "hidden", "tags": {"a": "b"}}),
                ("cloudformation", "describe_change_set", {"ChangeSetName": change}),
                ("cloudformation", "describe_change_set", {"ChangeSetName": change, "StackName": "open"}),
                ("cloudformation", "get_template", {"ChangeSetName": change, "StackName": "open"}),
                ("cloudformation", "execute_change_set", {"ChangeSetName": change, "StackName": "open"}),
                ("cloudformation", "delete_change_set", {"ChangeSetName": change, "StackName": "open"}),
                ("cloudformation", "describe_stack_resources", {"PhysicalResourceId": topic})):
            with self.subTest(call, **arguments):
                code = error_of(getattr(self.cloud.client(service, keys=keys), call), **arguments)[0]
                self.assertIn(code, ("AccessDenied", "AccessDeniedException", "AuthorizationError", "ValidationException",
                                     "InvalidParameter", "ResourceNotFoundException"))
        self.assertEqual(cfn.describe_change_set(ChangeSetName=change)["StackName"], "hidden")

    def test_tags_at_creation(self):
        keys = self.user("creator", allow(["iam:CreateRole", "sqs:CreateQueue", "sns:CreateTopic", "logs:CreateLogGroup"]))
        client = lambda service: self.cloud.client(service, keys=keys)
        role = dict(RoleName="made", AssumeRolePolicyDocument=trust(Service="lambda.amazonaws.com"))
        list_, map_ = [{"Key": "a", "Value": "b"}], {"a": "b"}
        for action, call, tags in (
                ("iam:TagRole", lambda **kw: client("iam").create_role(**role, **kw), {"Tags": list_}),
                ("sqs:TagQueue", lambda **kw: client("sqs").create_queue(QueueName="made", **kw), {"tags": map_}),
                ("sns:TagResource", lambda **kw: client("sns").create_topic(Name="made", **kw), {"Tags": list_}),
                ("logs:TagResource", lambda **kw: client("logs").create_log_group(logGroupName="made", **kw), {"tags": map_})):
            with self.subTest(action):
                self.assertIn(action + " on resource: ", error_of(call, **tags)[1])
                call()

    def test_role(self):
        iam = self.iam
        made = iam.create_role(RoleName="worker", Path="/app/", AssumeRolePolicyDocument=trust(Service="lambda.amazonaws.com"),
                               Description="d", Tags=[{"Key": "a", "Value": "b"}])["Role"]
        self.assertEqual(made["Arn"], "arn:aws:iam::000000000000:role/app/worker")
        role = iam.get_role(RoleName="worker")["Role"]
        self.assertEqual(role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"], {"Service": "lambda.amazonaws.com"})
        self.assertEqual((role["MaxSessionDuration"], role["Tags"], role["RoleId"]),
                         (3600, [{"Key": "a", "Value": "b"}], made["RoleId"]))
        iam.attach_role_policy(RoleName="worker", PolicyArn=BASIC)
        self.assertEqual(iam.list_attached_role_policies(RoleName="worker")["AttachedPolicies"],
                         [{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": BASIC}])
        iam.put_role_policy(RoleName="worker", PolicyName="inline", PolicyDocument=document(allow("s3:*")))
        self.assertEqual(iam.get_role_policy(RoleName="worker", PolicyName="inline")["PolicyDocument"],
                         json.loads(document(allow("s3:*"))))
        self.assertEqual(error_of(iam.delete_role, RoleName="worker"),
                         ("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409))
        iam.detach_role_policy(RoleName="worker", PolicyArn=BASIC)
        iam.delete_role_policy(RoleName="worker", PolicyName="inline")
        iam.delete_role(RoleName="worker")
        self.assertEqual(error_of(iam.get_role, RoleName="worker"),
                         ("NoSuchEntity", "The role with name worker cannot be found.", 404))
        self.assertEqual(error_of(iam.create_role, RoleName="x", AssumeRolePolicyDocument="{")[::2],
                         ("MalformedPolicyDocument", 400))

    def test_instance_profile(self):
        iam = self.iam
        iam.create_role(RoleName="server", AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
        made = iam.create_instance_profile(InstanceProfileName="servers", Path="/web/", Tags=[{"Key": "a", "Value": "b"}])
        made = made["InstanceProfile"]
        self.assertEqual(made["Arn"], "arn:aws:iam::000000000000:instance-profile/web/servers")
        self.assertEqual((made["Roles"], made["InstanceProfileId"][:4]), ([], "AIPA"))
        iam.add_role_to_instance_profile(InstanceProfileName="servers", RoleName="server")
        got = iam.get_instance_profile(InstanceProfileName="servers")["InstanceProfile"]
        self.assertEqual((got["Tags"], got["CreateDate"]), ([{"Key": "a", "Value": "b"}], made["CreateDate"]))
        self.assertEqual(got["Roles"][0]["Arn"], "arn:aws:iam::000000000000:role/server")
        self.assertEqual(got["Roles"][0]["AssumeRolePolicyDocument"], json.loads(trust(Service="ec2.amazonaws.com")))
        self.assertEqual([p["InstanceProfileId"] for p in
                          iam.list_instance_profiles_for_role(RoleName="server")["InstanceProfiles"]], [made["InstanceProfileId"]])
        self.assertEqual(error_of(iam.add_role_to_instance_profile, InstanceProfileName="servers", RoleName="server"),
                         ("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1", 409))
        self.assertEqual(error_of(iam.delete_role, RoleName="server"),
                         ("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.", 409))
        iam.remove_role_from_instance_profile(InstanceProfileName="servers", RoleName="server")
        iam.delete_role(RoleName="server")
        iam.tag_instance_profile(InstanceProfileName="servers", Tags=[{"Key": "c", "Value": "d"}])
        iam.untag_instance_profile(InstanceProfileName="servers", TagKeys=["a"])
        self.assertEqual(iam.list_instance_profile_tags(InstanceProfileName="servers")["Tags"], [{"Key": "c", "Value": "d"}])
        pages = iam.get_paginator("list_instance_profiles").paginate(PathPrefix="/web/")
        self.assertEqual([p["InstanceProfileName"] for page in pages for p in page["InstanceProfiles"]], ["servers"])
        iam.delete_instance_profile(InstanceProfileName="servers")
        self.assertEqual(error_of(iam.get_instance_profile, InstanceProfileName="servers"),
                         ("NoSuchEntity", "Instance Profile servers cannot be found.", 404))

    def test_policies_in_pages(self):
        iam = self.iam
        arns = [iam.create_policy(PolicyName=f"p{i}", PolicyDocument=document(allow("s3:*")))["Policy"]["Arn"]
                for i in range(3)]
        pages = iam.get_paginator("list_policies").paginate(Scope="Local", PaginationConfig={"PageSize": 2})
        listed = [p["Arn"] for page in pages for p in page["Policies"]]
        self.assertEqual([a for a in listed if a in arns], arns)
        iam.create_policy_version(PolicyArn=arns[0], PolicyDocument=document(allow("sqs:*")), SetAsDefault=True)
        version = iam.get_policy_version(PolicyArn=arns[0], VersionId="v2")["PolicyVersion"]
        self.assertTrue(version["IsDefaultVersion"])
        self.assertEqual(version["Document"]["Statement"][0]["Action"], "sqs:*")
        self.assertEqual(iam.get_policy(PolicyArn=BASIC)["Policy"]["PolicyName"], "AWSLambdaBasicExecutionRole")

    def test_a_user_may_what_its_policy_says(self):
        keys = self.user("ann", allow("s3:ListAllMyBuckets"))
        self.assertEqual(self.cloud.client("sts", keys=keys).get_caller_identity()["Arn"],
                         "arn:aws:iam::000000000000:user/ann")
        self.cloud.client("s3", keys=keys).list_buckets()
        code, text, status = error_of(self.cloud.client("s3", keys=keys).create_bucket, Bucket="anns-bucket")
        self.assertEqual((code, status), ("AccessDenied", 403))
        self.assertIn("User: arn:aws:iam::000000000000:user/ann is not authorized to perform: s3:CreateBucket on resource: "
                      "arn:aws:s3:::anns-bucket because no identity-based policy allows the s3:CreateBucket action", text)
        # A change counts from the next request on, and so does a key's end.
        self.iam.put_user_policy(UserName="ann", PolicyName="more", PolicyDocument=document(allow("s3:CreateBucket")))
        self.cloud.client("s3", keys=keys).create_bucket(Bucket="anns-bucket")
        self.iam.update_access_key(UserName="ann", AccessKeyId=keys[0], Status="Inactive")
        self.assertEqual(error_of(self.cloud.client("s3", keys=keys).list_buckets)[0], "InvalidAccessKeyId")
        self.assertEqual(error_of(self.cloud.client("sts", keys=keys).get_caller_identity)[0], "InvalidClientTokenId")
        wrong = (keys[0], "x" * 40)
        self.iam.update_access_key(UserName="ann", AccessKeyId=keys[0], Status="Active")
        self.assertEqual(error_of(self.cloud.client("sts", keys=wrong).get_caller_identity)[0], "SignatureDoesNotMatch")

    def test_presigned_by_a_user(self):
        import urllib.request
        import ssl
        self.cloud.client("s3").create_bucket(Bucket="signed")
        self.cloud.client("s3").put_object(Bucket="signed", Key="k", Body=b"hello")
        keys = self.user("bob", allow("s3:GetObject", "arn:aws:s3:::signed/*"))
        url = self.cloud.client("s3", keys=keys).generate_presigned_url("get_object", Params={"Bucket": "signed", "Key": "k"})
        context = ssl.create_default_context(cafile=self.cloud.ca)
        self.assertEqual(urllib.request.urlopen(url, context=context).read(), b"hello")

    def test_assume_role(self):
        keys = self.user("carl", allow("sts:AssumeRole"))
        self.iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust(AWS="arn:aws:iam::000000000000:root"))
        self.iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=document(allow(["s3:*", "iam:GetRole"])))
        sts = self.cloud.client("sts", keys=keys)
        arn = "arn:aws:iam::000000000000:role/reader"
        answer = sts.assume_role(RoleArn=arn, RoleSessionName="s1", DurationSeconds=900)
        self.assertEqual(answer["AssumedRoleUser"]["Arn"], "arn:aws:sts::000000000000:assumed-role/reader/s1")
        c = answer["Credentials"]
        session = (c["AccessKeyId"], c["SecretAccessKey"], c["SessionToken"])
        self.assertEqual(self.cloud.client("sts", keys=session).get_caller_identity()["Arn"], answer["AssumedRoleUser"]["Arn"])
        self.cloud.client("s3", keys=session).list_buckets()
        self.assertEqual(error_of(self.cloud.client("iam", keys=session).list_users)[0], "AccessDenied")
        # Without its token, or with another's, a session's key is worth nothing.
        self.assertEqual(error_of(self.cloud.client("s3", keys=session[:2]).list_buckets)[0], "InvalidAccessKeyId")
        self.assertEqual(error_of(self.cloud.client("s3", keys=session[:2] + (("y" if session[2][0] == "x" else "x") + session[2][1:],)).list_buckets)[2] // 100, 4)
        narrow = sts.assume_role(RoleArn=arn, RoleSessionName="s2", Policy=document(allow("iam:GetRole")))["Credentials"]
        narrow = (narrow["AccessKeyId"], narrow["SecretAccessKey"], narrow["SessionToken"])
        self.cloud.client("iam", keys=narrow).get_role(RoleName="reader")
        self.assertIn("no session policy allows", error_of(self.cloud.client("s3", keys=narrow).list_buckets)[1])
        self.assertEqual(error_of(sts.assume_role, RoleArn=arn, RoleSessionName="s1", DurationSeconds=7200)[::2],
                         ("ValidationError", 400))
        self.assertEqual(error_of(sts.assume_role, RoleArn=arn + "x", RoleSessionName="s1")[::2], ("AccessDenied", 403))
        # A restart keeps sessions; the secret is not in the data in clear.
        self.cloud.restart()
        self.cloud.client("s3", keys=session).list_buckets()


if __name__ == "__main__":
    main()
