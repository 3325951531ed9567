"""What changes in a stack: as a change set tells it, in which order it is made, after a failure, and when the whole of stack/template.yaml gets other names."""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / "lib"))
from cloud import CloudCase, main, wait_for  # noqa: E402
from functions import package  # noqa: E402

NAMED = ["CAPABILITY_NAMED_IAM"]
QUEUE = "AWS::SQS::Queue"


def allow(service, action):
    return {"Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": "*"}]}


class Asking(CloudCase):
    def setUp(self):
        self.cf = self.cloud.client("cloudformation")

    def settled(self, name):
        def look():
            status = self.cf.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            return None if status.endswith("_IN_PROGRESS") else status
        return wait_for(look, 60)

    def bring(self, name, resources, want, first=False, outputs=None, parameters=(), **more):
        call = self.cf.create_stack if first else self.cf.update_stack
        call(StackName=name, TemplateBody=self.text(resources, outputs, parameters), Capabilities=NAMED, **more)
        self.assertEqual(self.settled(name), want, self.reasons(name))

    def text(self, resources, outputs=None, parameters=()):
        template = {"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}, "Resources": resources, "Outputs": outputs or {},
                    "Parameters": {p: {"Type": "String", "Default": "d"} for p in parameters}}
        return json.dumps({k: v for k, v in template.items() if v})

    def reasons(self, name):
        events = self.cf.describe_stack_events(StackName=name)["StackEvents"]
        return [(e["LogicalResourceId"], e.get("ResourceStatusReason")) for e in events if "FAILED" in e["ResourceStatus"]]

    def changes(self, name, resources, parameters=(), **more):
        """What a change set would do, or why there is none."""
        self.cf.create_change_set(StackName=name, ChangeSetName="it", TemplateBody=self.text(resources, None, parameters), Capabilities=NAMED, **more)
        shown = self.cf.describe_change_set(StackName=name, ChangeSetName="it")
        self.cf.delete_change_set(StackName=name, ChangeSetName="it")
        return [c["ResourceChange"] for c in shown["Changes"]] if shown["Status"] == "CREATE_COMPLETE" else shown["StatusReason"]

    def refused(self, call, **arguments):
        with self.assertRaises(self.cf.exceptions.ClientError) as caught:
            call(**arguments)
        return caught.exception.response["Error"]["Message"]


class Changes(Asking):
    # ---- Beside the properties ----

    def test_policies_and_metadata_alone(self):
        sqs = self.cloud.client("sqs")
        queue = {"Type": QUEUE}
        other = {"Type": QUEUE}
        self.bring("alone", {"Q": queue, "R": other}, "CREATE_COMPLETE", first=True, parameters=["P"])
        url = self.cf.describe_stack_resource(StackName="alone", LogicalResourceId="Q")["StackResourceDetail"]["PhysicalResourceId"]
        none = "The submitted information didn't contain changes. Submit different information to create a change set."
        self.assertEqual(self.changes("alone", {"Q": queue, "R": {**other, "DependsOn": "Q"}}, ["P"]), none)
        self.assertIn("No updates are to be performed", self.refused(
            self.cf.update_stack, StackName="alone", TemplateBody=self.text({"Q": queue, "R": {**other, "DependsOn": "Q"}}, None, ["P"])))

        def detail(attribute):
            return {"Target": {"Attribute": attribute, "RequiresRecreation": "Never"}, "Evaluation": "Static", "ChangeSource": "DirectModification"}
        for what in ({"DeletionPolicy": "Retain"}, {"UpdateReplacePolicy": "Retain"}, {"Metadata": {"a": 1}}, {"DeletionPolicy": "Delete"},
                     {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Metadata": {"a": {"Ref": "P"}}}):
            self.assertEqual(self.changes("alone", {"Q": {**queue, **what}, "R": other}, ["P"]), [
                {"Action": "Modify", "LogicalResourceId": "Q", "PhysicalResourceId": url, "ResourceType": QUEUE, "Replacement": "False",
                 "Scope": list(what), "Details": [detail(attribute) for attribute in what]}])
        kept = {**queue, "DeletionPolicy": "Retain", "Metadata": {"a": {"Ref": "P"}, "b": {"Fn::GetAtt": ["R", "Arn"]}}}
        self.bring("alone", {"Q": kept, "R": other}, "UPDATE_COMPLETE", parameters=["P"])
        self.assertEqual(self.changes("alone", {"Q": kept, "R": other}, ["P"]), none)
        told = self.changes("alone", {"Q": kept, "R": other}, ["P"], Parameters=[{"ParameterKey": "P", "ParameterValue": "x"}])
        self.assertEqual([c["Scope"] for c in told], [["Metadata"]])
        arn = self.cloud.client("sqs").get_queue_attributes(QueueUrl=self.cf.describe_stack_resource(
            StackName="alone", LogicalResourceId="R")["StackResourceDetail"]["PhysicalResourceId"], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        shown = {q: self.cf.describe_stack_resource(StackName="alone", LogicalResourceId=q)["StackResourceDetail"].get("Metadata") for q in "QR"}
        self.assertEqual({q: text and json.loads(text) for q, text in shown.items()}, {"Q": {"a": "d", "b": arn}, "R": None})
        # With a property beside it, each is told.
        told = self.changes("alone", {"Q": {**queue, "Properties": {"DelaySeconds": 3}}, "R": other}, ["P"], Tags=[{"Key": "a", "Value": "b"}])
        self.assertEqual([c["Scope"] for c in told], [["DeletionPolicy", "Metadata", "Properties", "Tags"], ["Tags"]])
        self.assertEqual(told[1]["Details"], [detail("Tags")])
        # Only these two have a change of their own: no resource says that it was updated.
        events = [(e["LogicalResourceId"], e["ResourceStatus"]) for e in self.cf.describe_stack_events(StackName="alone")["StackEvents"]]
        self.assertEqual([e for e in events if "UPDATE" in e[1] and e[0] != "alone"], [])
        self.cf.delete_stack(StackName="alone")
        self.cf.get_waiter("stack_delete_complete").wait(StackName="alone", WaiterConfig={"Delay": 1})
        self.assertEqual(sqs.list_queues(QueueNamePrefix="alone-").get("QueueUrls"), [url])

    # ---- Replacement ----

    def test_replacement_is_true_for_what_is_replaced(self):
        def resources(delay, group, name="fixed"):
            return {"Q": {"Type": QUEUE, "Properties": {"DelaySeconds": delay}},
                    "T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}},
                    "S": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "T"}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Q", "Arn"]}}},
                    "G": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Fn::Sub": "/g/${P}"} if group is None else group}},
                    "L": {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": {"Ref": "G"}}}}
        self.bring("replaces", resources(1, None), "CREATE_COMPLETE", first=True, parameters=["P"])

        def told(*given, **more):
            return {c["LogicalResourceId"]: c for c in self.changes("replaces", resources(*given), ["P"], **more)}
        # The queue stays, and so does its ARN: nothing becomes of the subscription.
        self.assertEqual({k: c["Replacement"] for k, c in told(2, None).items()}, {"Q": "False"})
        changed = told(1, None, Parameters=[{"ParameterKey": "P", "ParameterValue": "x"}])
        self.assertEqual({k: c["Replacement"] for k, c in changed.items()}, {"G": "True", "L": "Conditional"})
        self.assertEqual(changed["G"]["PolicyAction"], "ReplaceAndDelete")
        self.assertEqual(changed["G"]["Details"], [{"Target": {"Attribute": "Properties", "Name": "LogGroupName", "RequiresRecreation": "Always"},
                                                    "Evaluation": "Static", "ChangeSource": "ParameterReference", "CausingEntity": "P"}])
        self.assertEqual(changed["L"]["Details"], [{"Target": {"Attribute": "Properties", "Name": "LogGroupName", "RequiresRecreation": "Always"},
                                                    "Evaluation": "Dynamic", "ChangeSource": "ResourceReference", "CausingEntity": "G"}])
        changed = told(1, None, "moved")
        self.assertEqual({k: c["Replacement"] for k, c in changed.items()}, {"T": "True", "S": "Conditional"})
        removed = self.changes("replaces", {"Q": resources(1, None)["Q"]}, ["P"])
        self.assertEqual({c["LogicalResourceId"]: c.get("PolicyAction") for c in removed}, dict.fromkeys("TSGL", "Delete"))
        # What execution does is what was told.
        before = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in self.cf.describe_stack_resources(StackName="replaces")["StackResources"]}
        self.bring("replaces", resources(2, None, "moved"), "UPDATE_COMPLETE", parameters=["P"])
        after = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in self.cf.describe_stack_resources(StackName="replaces")["StackResources"]}
        self.assertEqual({k for k in before if before[k] != after[k]}, {"T", "S"})

    # ---- Order ----

    def test_what_lets_is_made_before_what_needs_it(self):
        trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        s3 = self.cloud.client("s3")
        s3.create_bucket(Bucket="lets-code")
        s3.put_object(Bucket="lets-code", Key="code", Body=package(b"#!/bin/true"))
        notify = {"LambdaConfigurations": [{"Event": "s3:ObjectCreated:*", "Function": {"Fn::GetAtt": ["F", "Arn"]}}],
                  "QueueConfigurations": [{"Event": "s3:ObjectRemoved:*", "Queue": {"Fn::GetAtt": ["Q", "Arn"]}}],
                  "TopicConfigurations": [{"Event": "s3:ObjectTagging:*", "Topic": {"Ref": "T"}}]}
        resources = {
            "B": {"Type": "AWS::S3::Bucket", "Properties": {"NotificationConfiguration": notify}},
            "F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Bucket": "lets-code", "S3Key": "code"}, "Runtime": "provided.al2023", "Handler": "h", "Role": {"Fn::GetAtt": ["R", "Arn"]},
                                                                  "DeadLetterConfig": {"TargetArn": {"Fn::GetAtt": ["Q", "Arn"]}}}},
            "R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
            "Q": {"Type": QUEUE}, "T": {"Type": "AWS::SNS::Topic"},
            "MaySend": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "send", "Roles": [{"Ref": "R"}], "PolicyDocument": {
                "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Q", "Arn"]}}]}}},
            "LetsInvoke": {"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": {"Ref": "F"}, "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}},
            "LetsSend": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Q"}], "PolicyDocument": allow("s3.amazonaws.com", "sqs:SendMessage")}},
            "LetsPublish": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "T"}], "PolicyDocument": {
                "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish", "Resource": {"Ref": "T"}}]}}}}
        self.bring("lets", resources, "CREATE_COMPLETE", first=True)
        bucket = self.cf.describe_stack_resource(StackName="lets", LogicalResourceId="B")["StackResourceDetail"]["PhysicalResourceId"]
        set_ = self.cloud.client("s3").get_bucket_notification_configuration(Bucket=bucket)
        self.assertEqual([len(set_[k]) for k in ("LambdaFunctionConfigurations", "QueueConfigurations", "TopicConfigurations")], [1, 1, 1])
        # Clients sort by time alone.
        events = sorted(self.cf.describe_stack_events(StackName="lets")["StackEvents"], key=lambda e: e["Timestamp"])
        made = [e["LogicalResourceId"] for e in events if e["ResourceStatus"] == "CREATE_COMPLETE"]
        self.assertEqual(made[-2:], ["B", "lets"])
        for name in resources:
            own = [e["ResourceStatus"] for e in events if e["LogicalResourceId"] == name]
            self.assertEqual(own, ["CREATE_IN_PROGRESS"] * 2 + ["CREATE_COMPLETE"], name)
        self.cf.delete_stack(StackName="lets")
        self.cf.get_waiter("stack_delete_complete").wait(StackName="lets", WaiterConfig={"Delay": 1})

    # ---- Before anything is made ----

    def test_what_is_not_there_is_found_first(self):
        resources = {"Q": {"Type": QUEUE, "Properties": {"QueueName": "found-first"}}, "N": {"Type": QUEUE, "Condition": "Never"}}
        for value in ({"Ref": "N"}, {"Fn::GetAtt": ["N", "Arn"]}, {"Fn::Sub": "${N}"}):
            self.assertEqual(self.refused(self.cf.create_stack, StackName="absent", TemplateBody=self.text(resources, {"O": {"Value": value}})).split(" (line")[0],
                             "Template format error: Unresolved resource dependencies [N] in the Outputs block of the template")
            tagged = {**resources, "M": {"Type": QUEUE, "Properties": {"Tags": [{"Key": "a", "Value": value}]}}}
            self.assertEqual(self.refused(self.cf.create_stack, StackName="absent", TemplateBody=self.text(tagged)).split(" (line")[0],
                             "Template format error: Unresolved resource dependencies [N] in the Resources block of the template")
        self.assertNotIn("QueueUrls", self.cloud.client("sqs").list_queues(QueueNamePrefix="found-first"))
        unanswered = {"O": {"Value": {"Fn::GetAtt": ["Q", "DelaySeconds"]}}}
        self.assertEqual(self.refused(self.cf.create_stack, StackName="absent", TemplateBody=self.text(resources, unanswered)).split(" (line")[0],
                         "Resource Q: the attribute DelaySeconds of AWS::SQS::Queue is not supported by calotype")
        fine = {"O": {"Value": {"Fn::If": ["Never", {"Ref": "N"}, "none"]}}, "P": {"Condition": "Never", "Value": {"Ref": "N"}}}
        self.bring("absent", resources, "CREATE_COMPLETE", first=True, outputs=fine)
        self.assertEqual([o["OutputValue"] for o in self.cf.describe_stacks(StackName="absent")["Stacks"][0]["Outputs"]], ["none"])
        self.assertIn("in the Outputs block", self.refused(self.cf.update_stack, StackName="absent", TemplateBody=self.text(resources, {"O": {"Value": {"Ref": "N"}}})))

    # ---- After a failure ----

    def test_what_failed_can_be_updated(self):
        self.cloud.client("s3").create_bucket(Bucket="somebody-has-it")

        def resources(name):
            return {"Q": {"Type": QUEUE}, "B": {"Type": "AWS::S3::Bucket", "DependsOn": "Q", "Properties": {"BucketName": name}},
                    "L": {"Type": QUEUE, "DependsOn": "B"}}
        self.bring("again", resources("somebody-has-it"), "CREATE_FAILED", first=True, DisableRollback=True)
        good = self.text(resources("nobody-has-it"))
        ask = ("This stack is currently in a non-terminal [%s] state. To update the stack from this state, please use the disable-rollback parameter "
               "with %s API. To rollback to the last known good state, use the rollback-stack API")
        self.assertEqual(self.refused(self.cf.update_stack, StackName="again", TemplateBody=good), ask % ("CREATE_FAILED", "update-stack"))
        self.bring("again", resources("somebody-has-it"), "UPDATE_FAILED", DisableRollback=True)
        self.assertEqual(self.refused(self.cf.update_stack, StackName="again", TemplateBody=good), ask % ("UPDATE_FAILED", "update-stack"))
        kept = self.cf.describe_stack_resource(StackName="again", LogicalResourceId="Q")["StackResourceDetail"]["PhysicalResourceId"]
        self.cf.create_change_set(StackName="again", ChangeSetName="mends", TemplateBody=good)
        told = [(c["ResourceChange"]["Action"], c["ResourceChange"]["LogicalResourceId"])
                for c in self.cf.describe_change_set(StackName="again", ChangeSetName="mends")["Changes"]]
        self.assertEqual(told, [("Add", "B"), ("Add", "L")])
        self.assertEqual(self.refused(self.cf.execute_change_set, StackName="again", ChangeSetName="mends"), ask % ("UPDATE_FAILED", "execute-change-set"))
        self.cf.execute_change_set(StackName="again", ChangeSetName="mends", DisableRollback=True)
        self.assertEqual(self.settled("again"), "UPDATE_COMPLETE", self.reasons("again"))
        made = {r["LogicalResourceId"]: (r["PhysicalResourceId"], r["ResourceStatus"]) for r in self.cf.describe_stack_resources(StackName="again")["StackResources"]}
        self.assertEqual(made["B"], ("nobody-has-it", "CREATE_COMPLETE"))
        self.assertEqual(made["Q"][0], kept)
        self.cloud.client("s3").head_bucket(Bucket="somebody-has-it")
        self.bring("nothing", resources("somebody-has-it"), "CREATE_FAILED", first=True, OnFailure="DO_NOTHING")
        self.assertEqual(self.refused(self.cf.update_stack, StackName="nothing", TemplateBody=good, DisableRollback=True),
                         "This stack cannot be updated from [CREATE_FAILED] state because it contains [on-failure: DO_NOTHING]. "
                         "Please use disable-rollback option instead during stack creation.")


    def test_the_way_back_keeps_the_data(self):
        """What a failed update has replaced is there until one succeeds; the earlier template has it again."""
        dynamodb, sns = self.cloud.client("dynamodb"), self.cloud.client("sns")

        def resources(key, queue):
            return {"T": {"Type": "AWS::DynamoDB::Table", "Properties": {
                        "TableName": f"by-{key}", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
                        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}]}},
                    "N": {"Type": "AWS::SNS::Topic"}, "Q": {"Type": QUEUE}, "R": {"Type": QUEUE},
                    "S": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "N"}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": [queue, "Arn"]}}}}
        bad = {"Bad": {"Type": QUEUE, "DependsOn": ["T", "S"], "Properties": {"RedrivePolicy": {"deadLetterTargetArn": "none", "maxReceiveCount": 1}}}}
        self.bring("back", resources("one", "Q"), "CREATE_COMPLETE", first=True)
        dynamodb.put_item(TableName="by-one", Item={"one": {"S": "x"}})
        topic = self.cf.describe_stack_resource(StackName="back", LogicalResourceId="N")["StackResourceDetail"]["PhysicalResourceId"]

        def subscriptions():
            return [s["SubscriptionArn"] for s in sns.list_subscriptions()["Subscriptions"] if s["TopicArn"] == topic]
        first = subscriptions()
        self.assertEqual(len(first), 1)
        # Of the key and its definition, the one needs a new table and the other could not change in place.
        self.bring("back", {**resources("two", "R"), **bad}, "UPDATE_FAILED", DisableRollback=True)
        self.assertEqual(dynamodb.list_tables()["TableNames"], ["by-one", "by-two"])
        self.bring("back", resources("one", "Q"), "UPDATE_COMPLETE", DisableRollback=True)
        self.assertEqual(dynamodb.list_tables()["TableNames"], ["by-one"])
        self.assertEqual(dynamodb.scan(TableName="by-one")["Count"], 1)
        self.assertEqual(subscriptions(), first)
        # Under another name in the template it is the same subscription: the old name's end is not its own.
        renamed = {"S2" if k == "S" else k: v for k, v in resources("one", "Q").items()}
        self.bring("back", renamed, "UPDATE_COMPLETE")
        self.assertEqual(subscriptions(), first)
        # A name in the template is of one type for life.
        other = "Update of resource type is not permitted. The new template modifies resource type of the following resources: [Q, R]"
        topics = {**renamed, "Q": {"Type": "AWS::SNS::Topic"}, "R": {"Type": "AWS::SNS::Topic"}}
        del topics["S2"]
        self.assertEqual(self.refused(self.cf.update_stack, StackName="back", TemplateBody=self.text(topics)), other)
        self.assertEqual(self.refused(self.cf.create_change_set, StackName="back", ChangeSetName="it", TemplateBody=self.text(topics)), other)
        self.cf.delete_stack(StackName="back")
        self.cf.get_waiter("stack_delete_complete").wait(StackName="back", WaiterConfig={"Delay": 1})
        self.assertEqual(subscriptions(), [])


class OtherNames(Asking):
    """stack/template.yaml with another EnvironmentSuffix: everything that has a name is made anew. The custom resource's function
    too, and its ServiceToken is for life, as on AWS: so it needs another logical id."""

    def test_the_stack_moves_to_another_suffix(self):
        s3, sns, sqs = self.cloud.client("s3"), self.cloud.client("sns"), self.cloud.client("sqs")
        archive = str(self.cloud.data / "function.zip")
        self.cloud.run("package", "--output", archive)
        s3.create_bucket(Bucket="code")
        s3.upload_file(archive, "code", "function/one.zip")
        given = dict(StackName="it", TemplateBody=(HERE.parents[2] / "stack/template.yaml").read_text(), Capabilities=NAMED)

        def parameters(suffix):
            values = dict(CodeBucket="code", CodeKey="function/one.zip", NotificationEmail="a@example.com", EnvironmentSuffix=suffix)
            return [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()]
        self.cf.create_stack(Parameters=parameters("one"), **given)
        self.assertEqual(self.settled("it"), "CREATE_COMPLETE", self.reasons("it"))
        rules_of = lambda suffix: s3.get_bucket_notification_configuration(
            Bucket=f"image-storage-bucket-{suffix}-000000000000").get("LambdaFunctionConfigurations", [])
        before = len(rules_of("one"))
        self.assertGreater(before, 5)
        self.cf.update_stack(Parameters=parameters("two"), **given)
        self.assertEqual(self.settled("it"), "UPDATE_ROLLBACK_COMPLETE")
        self.assertEqual(self.reasons("it"), [("ImageStorageNotification", "Modifying service token is not allowed.")])
        self.assertEqual(len(rules_of("one")), before)
        given["TemplateBody"] = given["TemplateBody"].replace("ImageStorageNotification:", "ImageStorageNotificationTwo:")
        self.cf.update_stack(Parameters=parameters("two"), **given)
        self.assertEqual(self.settled("it"), "UPDATE_COMPLETE")
        topics = [t["TopicArn"].rpartition(":")[2] for t in sns.list_topics()["Topics"]]
        self.assertEqual(topics, ["ImageProcessing-two"])
        queues = [u.rpartition("/")[2] for u in sqs.list_queues()["QueueUrls"]]
        self.assertEqual(len(queues), 1)
        self.assertTrue(queues[0].endswith("-two"), queues)
        policy = json.loads(sqs.get_queue_attributes(QueueUrl=sqs.list_queues()["QueueUrls"][0], AttributeNames=["Policy"])["Attributes"]["Policy"])
        self.assertIn("-two", json.dumps(policy))
        self.assertEqual([len(rules_of("one")), len(rules_of("two"))], [0, before])
        self.cf.delete_stack(StackName="it")
        self.cf.get_waiter("stack_delete_complete").wait(StackName="it", WaiterConfig={"Delay": 1})


if __name__ == "__main__":
    main()
