"""What CloudFormation answers before anything is made, and when it answers: with the end of the work, or soon."""
import json
import pathlib
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / "lib"))
from cloud import Cloud, CloudCase, main, wait_for  # noqa: E402

QUEUE = "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: %d}}}"
HANDLE = "Resources: {H: {Type: AWS::CloudFormation::WaitConditionHandle}}"
LATE = 2.0  # seconds that an answer may be late: src/cfn/late.h


def status(client, name):
    return client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]


def is_there(client, name):
    try:
        return status(client, name)
    except client.exceptions.ClientError:
        return None


def settled(client, name):
    def look():
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
        return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack
    return wait_for(look, 60)


class Begun:
    """A call in a thread of its own: what it answered, or the exception, and when."""

    def __init__(self, call, **arguments):
        self.began = time.monotonic()
        self.answer = self.error = self.ended = None
        self._call, self._arguments = call, arguments
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self.answer = self._call(**self._arguments)
        except Exception as error:  # told by whoever asks
            self.error = error
        self.ended = time.monotonic()

    def wait(self):
        self._thread.join(60)
        if self.error:
            raise self.error
        return self.answer

    @property
    def seconds(self):
        return self.ended - self.began


class Case(CloudCase):
    def setUp(self):
        self.cf = self.cloud.client("cloudformation", max_pool_connections=100)

    def refused(self, code, text, call, **arguments):
        with self.assertRaises(self.cf.exceptions.ClientError) as caught:
            call(**arguments)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code)
        self.assertEqual(error["Message"], text)


class LateAnswers(Case):
    @classmethod
    def prepare(cls):
        # Nobody answers what is published there, so a custom resource of it waits for an hour.
        cls.topic = cls.cloud.client("sns").create_topic(Name="silent")["TopicArn"]

    def waiting(self):
        return f"Resources: {{X: {{Type: 'Custom::X', Properties: {{ServiceToken: '{self.topic}'}}}}}}"

    def in_time(self, name, want, call, **arguments):
        """True when the answer came before a late one must, and so with the end."""
        began = time.monotonic()
        call(**arguments)
        soon = time.monotonic() - began < LATE - 0.1
        if soon:
            self.assertEqual(status(self.cf, name), want)
        else:
            settled(self.cf, name)
        return soon

    def life(self, name):
        stack = {"StackName": name}
        arn = lambda: self.cf.describe_stacks(**stack)["Stacks"][0]["StackId"]
        yield self.in_time(name, "CREATE_COMPLETE", self.cf.create_stack, TemplateBody=QUEUE % 1, **stack)
        yield self.in_time(name, "UPDATE_COMPLETE", self.cf.update_stack, TemplateBody=QUEUE % 2, **stack)
        self.cf.create_change_set(ChangeSetName="c", TemplateBody=QUEUE % 3, **stack)
        yield self.in_time(name, "UPDATE_COMPLETE", self.cf.execute_change_set, ChangeSetName="c", **stack)
        yield self.in_time(arn(), "DELETE_COMPLETE", self.cf.delete_stack, **stack)
        self.cf.create_change_set(ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=QUEUE % 3, **stack)
        yield self.in_time(name, "CREATE_COMPLETE", self.cf.execute_change_set, ChangeSetName="c", **stack)

    def test_the_first_look_finds_the_end(self):
        # A machine that is so busy that a queue takes two seconds is asked again.
        self.assertTrue(any(all(self.life(f"life{i}")) for i in range(5)))

    def test_work_that_takes_longer_is_not_waited_for(self):
        answer = Begun(self.cf.create_stack, StackName="long", TemplateBody=self.waiting())
        self.assertIn(":stack/long/", answer.wait()["StackId"])
        self.assertGreaterEqual(answer.seconds, LATE - 0.1)
        self.assertEqual(status(self.cf, "long"), "CREATE_IN_PROGRESS")
        # A deletion takes it over, and is over once the resource has been given up.
        self.cf.delete_stack(StackName="long")

    def test_the_clock_of_the_world_does_not_matter(self):
        answer = Begun(self.cf.create_stack, StackName="clock", TemplateBody=self.waiting())
        wait_for(lambda: is_there(self.cf, "clock"), 30)
        self.cloud.advance(-600)  # both ways: a wait by that clock would be over, or take ten minutes more
        answer.wait()
        self.assertLess(answer.seconds, 60)
        self.cloud.advance(600)

    def test_who_waits_keeps_no_thread(self):
        """As many wait as would take all workers; a request for a worker is answered before any of them."""
        for attempt in range(5):
            held = [Begun(self.cf.create_stack, StackName=f"thread{attempt}-{i}", TemplateBody=self.waiting()) for i in range(40)]
            wait_for(lambda: sum(bool(is_there(self.cf, f"thread{attempt}-{i}")) for i in range(40)) >= 33, 60, every=0)
            begun, asked = all(h.ended is None for h in held), time.monotonic()
            self.cf.validate_template(TemplateBody=HANDLE)
            answered = time.monotonic()
            for one in held:
                one.wait()
            if begun and asked - min(h.began for h in held) < LATE / 2:
                self.assertLess(answered, min(h.ended for h in held))
                return
        self.skipTest("this machine takes too long to begin 40 stacks")

    def test_only_so_many_wait(self):
        """Of 80 that come together 64 are held, and the others are answered at once."""
        for attempt in range(5):
            all_ = [Begun(self.cf.create_stack, StackName=f"many{attempt}-{i}", TemplateBody=self.waiting()) for i in range(80)]
            for one in all_:
                one.wait()
            seconds = sorted(one.seconds for one in all_)
            if max(one.ended for one in all_) - min(one.began for one in all_) < 1.8 * LATE:
                self.assertLess(seconds[15], LATE - 0.1)
                self.assertGreaterEqual(seconds[17], LATE - 0.1)
                return
        self.skipTest("this machine takes too long to begin 80 stacks")


class AStop(unittest.TestCase):
    def test_those_who_wait_are_answered(self):
        """At once: before their time would have been over. A busy machine has three tries."""
        with Cloud() as cloud:
            topic = cloud.client("sns").create_topic(Name="silent")["TopicArn"]
            text = f"Resources: {{X: {{Type: 'Custom::X', Properties: {{ServiceToken: '{topic}'}}}}}}"
            for name in "abc":
                cf = cloud.client("cloudformation")
                held = Begun(cf.create_stack, StackName=name, TemplateBody=text)
                wait_for(lambda name=name, cf=cf: is_there(cf, name), 30)
                cloud.stop()
                self.assertIn(f":stack/{name}/", held.wait()["StackId"])
                cloud.restart()
                self.assertEqual(status(cloud.client("cloudformation"), name), "CREATE_IN_PROGRESS")
                if held.seconds < LATE - 0.1:
                    return
        self.fail("the stop let them wait")


class FirstSteps(Case):
    """What CDK and others send before, or instead of, anything that is made."""

    def set(self, stack, text=HANDLE, **more):
        return self.cf.create_change_set(StackName=stack, ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=text, **more)

    def test_change_sets_that_ask_for_nothing_more(self):
        self.set("cdk", IncludeNestedStacks=True, ImportExistingResources=False)
        self.assertIs(self.cf.describe_change_set(StackName="cdk", ChangeSetName="c")["IncludeNestedStacks"], True)
        self.set("plain", IncludeNestedStacks=False)
        self.assertIs(self.cf.describe_change_set(StackName="plain", ChangeSetName="c")["IncludeNestedStacks"], False)
        self.refused("ValidationError", "ImportExistingResources is not supported", self.set, stack="more", ImportExistingResources=True)

    def test_a_stack_in_review(self):
        self.set("review")
        self.assertFalse(self.cf.get_template(StackName="review").get("TemplateBody"))
        self.assertIn("WaitConditionHandle", self.cf.get_template(StackName="review", ChangeSetName="c")["TemplateBody"])
        self.refused("ValidationError", "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.",
                     self.cf.get_template_summary, StackName="review")
        # CreateStack is taken: the stack is this one, and its change sets are obsolete.
        before = self.cf.describe_stacks(StackName="review")["Stacks"][0]["StackId"]
        self.assertEqual(self.cf.create_stack(StackName="review", TemplateBody=HANDLE)["StackId"], before)
        self.assertEqual(settled(self.cf, "review")["StackStatus"], "CREATE_COMPLETE")
        self.refused("ChangeSetNotFound", "ChangeSet [c] does not exist", self.cf.execute_change_set, StackName="review", ChangeSetName="c")
        self.assertIn("WaitConditionHandle", self.cf.get_template(StackName="review")["TemplateBody"])

    def test_change_sets_that_are_not_there(self):
        self.set("sets")
        stack = self.cf.describe_stacks(StackName="sets")["Stacks"][0]["StackId"]
        arn = stack.replace(":stack/sets/", ":changeSet/none/")
        self.cf.delete_change_set(StackName="sets", ChangeSetName="none")
        self.cf.delete_change_set(ChangeSetName=arn)
        self.cf.delete_change_set(StackName="sets", ChangeSetName="c")
        self.cf.delete_change_set(StackName="sets", ChangeSetName="c")
        for call in self.cf.delete_change_set, self.cf.describe_change_set:
            self.refused("ValidationError", "Stack [nostack] does not exist", call, StackName="nostack", ChangeSetName="c")
            self.refused("ValidationError", "StackName must be specified if ChangeSetName is not specified as an ARN.", call, ChangeSetName="c")
        self.refused("ChangeSetNotFound", "ChangeSet [none] does not exist", self.cf.describe_change_set, StackName="sets", ChangeSetName="none")
        self.refused("ChangeSetNotFound", f"ChangeSet [{arn}] does not exist", self.cf.describe_change_set, ChangeSetName=arn)

    def test_change_sets_go_with_their_stack(self):
        for name, made in ("goes", True), ("reviewed", False):
            if made:
                self.cf.create_stack(StackName=name, TemplateBody=HANDLE)
                settled(self.cf, name)
            more = HANDLE.replace("{H:", "{G: {Type: AWS::CloudFormation::WaitConditionHandle}, H:")
            kind = "UPDATE" if made else "CREATE"
            arn = self.cf.create_change_set(StackName=name, ChangeSetName="c", ChangeSetType=kind, TemplateBody=more)["Id"]
            self.cf.describe_change_set(ChangeSetName=arn)
            self.cf.delete_stack(StackName=name)
            wait_for(lambda name=name: not is_there(self.cf, name), 30)
            self.refused("ChangeSetNotFound", f"ChangeSet [{arn}] does not exist", self.cf.describe_change_set, ChangeSetName=arn)

    def test_an_update_makes_change_sets_obsolete(self):
        self.cf.create_stack(StackName="old", TemplateBody=QUEUE % 1)
        settled(self.cf, "old")
        arn = self.cf.create_change_set(StackName="old", ChangeSetName="c", TemplateBody=QUEUE % 2)["Id"]
        self.cf.update_stack(StackName="old", TemplateBody=QUEUE % 3)
        settled(self.cf, "old")
        for one in self.cf.describe_change_set(ChangeSetName=arn), self.cf.list_change_sets(StackName="old")["Summaries"][0]:
            self.assertEqual((one["Status"], one["ExecutionStatus"]), ("CREATE_COMPLETE", "OBSOLETE"))
        self.refused("InvalidChangeSetStatus", f"ChangeSet [{arn}] cannot be executed in its current execution status of [OBSOLETE]",
                     self.cf.execute_change_set, ChangeSetName=arn)
        self.assertIn("DelaySeconds: 3", self.cf.get_template(StackName="old")["TemplateBody"])
        self.cf.delete_change_set(ChangeSetName=arn)

    def test_a_change_set_shows_no_values(self):
        self.set("values")
        self.refused("ValidationError", "IncludePropertyValues is not supported", self.cf.describe_change_set,
                     StackName="values", ChangeSetName="c", IncludePropertyValues=True)
        self.cf.describe_change_set(StackName="values", ChangeSetName="c", IncludePropertyValues=False)

    def test_metadata_of_cdk_and_types_that_are_not_made(self):
        text = """
Parameters: {Keys: {Type: String, Default: 'no'}, Analytics: {Type: String, Default: 'v2:deflate64:H4'}}
Conditions: {WithKeys: !Equals [!Ref Keys, 'yes']}
Resources:
  CDKMetadata: {Type: AWS::CDK::Metadata, Properties: {Analytics: !Ref Analytics}}
  Key: {Type: AWS::KMS::Key, Condition: WithKeys, Properties: {KeyPolicy: {}}}
  Queue: {Type: AWS::SQS::Queue, Properties: {KmsMasterKeyId: !If [WithKeys, !Ref Key, !Ref AWS::NoValue]}}
Outputs: {Arn: {Condition: WithKeys, Value: !GetAtt Key.Arn}}
"""
        given = lambda **values: [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()]
        self.assertEqual(len(self.cf.validate_template(TemplateBody=text)["Parameters"]), 2)
        self.cf.create_stack(StackName="meta", TemplateBody=text)
        self.assertEqual(settled(self.cf, "meta")["StackStatus"], "CREATE_COMPLETE")
        made = {r["LogicalResourceId"]: r for r in self.cf.describe_stack_resources(StackName="meta")["StackResources"]}
        self.assertEqual(sorted(made), ["CDKMetadata", "Queue"])
        self.assertIn("AWS::KMS::Key", self.cf.get_template_summary(StackName="meta")["ResourceTypes"])
        self.cf.update_stack(StackName="meta", UsePreviousTemplate=True, Parameters=given(Analytics="v2:deflate64:H5"))
        self.assertEqual(settled(self.cf, "meta")["StackStatus"], "UPDATE_COMPLETE")
        after = self.cf.describe_stack_resource(StackName="meta", LogicalResourceId="CDKMetadata")["StackResourceDetail"]
        self.assertEqual(after["PhysicalResourceId"], made["CDKMetadata"]["PhysicalResourceId"])
        self.refused("ValidationError", "Template error: resource Key: the type AWS::KMS::Key is not supported by calotype (line 6, column 15)",
                     self.cf.update_stack, StackName="meta", UsePreviousTemplate=True, Parameters=given(Keys="yes"))
        self.cf.delete_stack(StackName="meta")


class Faults(Case):
    def test_all_of_them_are_told_at_once(self):
        text = """Resources:
  Key: {Type: AWS::KMS::Key}
  Typo: {Type: AWS::S3::Buckett}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketNam: x, WebsiteConfiguration: {}}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nobody}}
"""
        want = ("Template error: resource Key: the type AWS::KMS::Key is not supported by calotype (line 2, column 15)\n"
                "Template format error: Unrecognized resource types: [AWS::S3::Buckett] (line 3, column 16)\n"
                "Resource Bucket: Properties validation failed: [#: extraneous key [BucketNam] is not permitted] (line 4, column 48)\n"
                "Resource Bucket: the property WebsiteConfiguration of AWS::S3::Bucket is not supported by calotype (line 4, column 62)\n"
                "Template format error: Unresolved resource dependencies [Nobody] in the Resources block of the template (line 5, column 58)")
        for call, more in ((self.cf.create_stack, {}), (self.cf.create_change_set, {"ChangeSetName": "c", "ChangeSetType": "CREATE"})):
            self.refused("ValidationError", want, call, StackName="none", TemplateBody=text, **more)
        # A validation has no parameters, and so tells what does not hang on their values.
        told = [line for line in want.split("\n") if "Bucket:" not in line]
        self.refused("ValidationError", "\n".join(told), self.cf.validate_template, TemplateBody=text)
        self.assertEqual(self.cf.list_stacks()["StackSummaries"], [])

    def test_a_fault_of_the_template_goes_before_one_of_the_parameters(self):
        text = "Parameters: {P: {Type: String}}\nResources: {A: {Type: AWS::KMS::Key}}"
        self.refused("ValidationError", "Template error: resource A: the type AWS::KMS::Key is not supported by calotype (line 2, column 23)",
                     self.cf.create_stack, StackName="none", TemplateBody=text)
        self.refused("ValidationError", "Parameters: [P] must have values",
                     self.cf.create_stack, StackName="none", TemplateBody=text.replace("KMS::Key", "SQS::Queue"))


class Deletions(Case):
    def test_what_is_left_is_only_for_what_failed(self):
        s3 = self.cloud.client("s3")
        text = json.dumps({"Resources": {name: {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name.lower() + "-left"}} for name in ("Full", "Empty")}})
        self.cf.create_stack(StackName="left", TemplateBody=text)
        stack = settled(self.cf, "left")["StackId"]
        force = {"DeletionMode": "FORCE_DELETE_STACK"}
        only = f"Invalid operation on stack [{stack}]. "
        self.refused("ValidationError", only + "You can activate DeletionMode FORCE_DELETE_STACK in a delete stack operation only "
                     "when the stack is in the DELETE_FAILED state.", self.cf.delete_stack, StackName="left", **force)
        self.refused("ValidationError", only + "Specify resources to retain only when stack is in the DELETE_FAILED state.",
                     self.cf.delete_stack, StackName="left", RetainResources=["Full"])
        self.assertEqual(status(self.cf, "left"), "CREATE_COMPLETE")
        s3.put_object(Bucket="full-left", Key="k", Body=b"x")
        self.cf.delete_stack(StackName="left", DeletionMode="STANDARD")
        self.assertEqual(settled(self.cf, "left")["StackStatus"], "DELETE_FAILED")
        for name in "Ful", "Empty":  # none of the stack's; gone already
            self.refused("ValidationError", "The specified resources to retain must be in a valid state. Do not specify resources "
                         "that are in the DELETE_COMPLETE state.", self.cf.delete_stack, StackName="left", RetainResources=["Full", name])
        self.cf.delete_stack(StackName="left", **force)
        self.assertEqual(settled(self.cf, stack)["StackStatus"], "DELETE_COMPLETE")
        s3.head_object(Bucket="full-left", Key="k")
        self.cf.delete_stack(StackName="left", **force)  # what is not there is gone
        self.cf.delete_stack(StackName=stack, **force)

    def test_what_is_gone_is_told_in_each_operations_words(self):
        """CDK and others follow a deletion by name, and take these sentences for its end."""
        self.cf.create_stack(StackName="gone", TemplateBody=HANDLE)
        settled(self.cf, "gone")
        self.cf.delete_stack(StackName="gone")
        wait_for(lambda: not is_there(self.cf, "gone"), 30)
        self.refused("ValidationError", "Stack with id gone does not exist", self.cf.describe_stacks, StackName="gone")
        self.refused("ValidationError", "Stack [gone] does not exist", self.cf.describe_stack_events, StackName="gone")
        self.refused("ValidationError", "Stack 'gone' does not exist", self.cf.describe_stack_resource, StackName="gone", LogicalResourceId="H")
        self.refused("ValidationError", "Stack with id gone does not exist", self.cf.describe_stack_resources, StackName="gone")
        self.refused("ValidationError", "Stack with id gone does not exist", self.cf.get_template, StackName="gone")

    def test_a_reason_and_what_follows_have_a_space_between(self):
        text = "Resources: {H: {Type: AWS::CloudFormation::WaitConditionHandle}}\nOutputs: {O: {Value: v, Export: {Name: taken}}}"
        self.cf.create_stack(StackName="ea", TemplateBody=text)
        self.assertEqual(settled(self.cf, "ea")["StackStatus"], "CREATE_COMPLETE")
        self.cf.create_stack(StackName="eb", TemplateBody=text)
        self.assertEqual(settled(self.cf, "eb")["StackStatus"], "ROLLBACK_COMPLETE")
        reasons = [e.get("ResourceStatusReason") for e in self.cf.describe_stack_events(StackName="eb")["StackEvents"]]
        self.assertIn("Export with name taken is already exported by stack ea. Rollback requested by user.", reasons)


if __name__ == "__main__":
    main()
