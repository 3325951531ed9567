"""Custom resources over the wire, answered by the test itself: the provider is a topic with a queue behind it."""
import concurrent.futures
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import CloudCase, main, need_boto3, wait_for  # noqa: E402


class CustomResources(CloudCase):
    @classmethod
    def prepare(cls):
        need_boto3()
        cls.meet()
        cls.topic = cls.sns.create_topic(Name="provider")["TopicArn"]
        cls.queue = cls.sqs.create_queue(QueueName="requests")["QueueUrl"]
        arn = cls.sqs.get_queue_attributes(QueueUrl=cls.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        cls.sqs.set_queue_attributes(QueueUrl=cls.queue, Attributes={"Policy": json.dumps({"Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}]})})
        cls.sns.subscribe(TopicArn=cls.topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})

    def setUp(self):
        self.called = []
        threads = concurrent.futures.ThreadPoolExecutor()
        self.addCleanup(threads.shutdown)
        self.submit = threads.submit

    @classmethod
    def meet(cls):
        cls.cf, cls.sns, cls.sqs = (cls.cloud.client(name) for name in ("cloudformation", "sns", "sqs"))

    def text(self, **properties):
        return json.dumps({"Resources": {"X": {"Type": "Custom::X", "Properties": {"ServiceToken": self.topic, **properties}}}})

    def begin(self, call, **more):
        """Calls, and does not wait for the answer, which comes when the stack is done or after two seconds; reaches() does."""
        self.called.append(self.submit(call, **more))

    def create(self, name, **properties):
        self.begin(self.cf.create_stack, StackName=name, TemplateBody=self.text(**properties))
        return self.asked("Create")

    def asked(self, verb):
        """The request that comes next."""
        def look():
            for message in self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=1).get("Messages", []):
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                return json.loads(message["Body"])
        request = wait_for(look)
        self.assertEqual(request["RequestType"], verb)
        return request

    def answer(self, request, *, without=(), raw=None, headers=None, **more):
        body = {"Status": "SUCCESS", "PhysicalResourceId": "thing", **{k: request[k] for k in ("StackId", "RequestId", "LogicalResourceId")}, **more}
        path = request["ResponseURL"].split("amazonaws.com", 1)[1]
        return self.cloud.http("PUT", path, body=raw if raw is not None else json.dumps({k: v for k, v in body.items() if k not in without}),
                               headers=headers, tls=True)[0]

    def reaches(self, name, status):
        while self.called:
            self.called.pop().result()

        def look():
            one = self.cf.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            return one if one == status or not one.endswith("_IN_PROGRESS") else None
        self.assertEqual(wait_for(look), status)

    def reason(self, name, status):
        return [e.get("ResourceStatusReason", "") for e in self.cf.describe_stack_events(StackName=name)["StackEvents"]
                if (e["LogicalResourceId"], e["ResourceStatus"]) == ("X", status)][0]

    def test_a_daemon_that_is_killed_while_one_waits(self):
        self.cf.create_stack(StackName="killed", TemplateBody=self.text(N=1))
        request = self.asked("Create")
        self.cloud.kill9()
        self.cloud.restart()
        self.meet()
        self.assertEqual(self.answer(request, Data={"A": "b"}), 200)
        self.reaches("killed", "CREATE_COMPLETE")
        # Killed between the answer and the look at it, too.
        self.cf.delete_stack(StackName="killed")
        request = self.asked("Delete")
        self.assertEqual(self.answer(request), 200)
        self.cloud.kill9()
        self.cloud.restart()
        self.meet()
        self.reaches(request["StackId"], "DELETE_COMPLETE")

    def test_a_deletion_during_the_creation(self):
        first = self.create("changed")
        self.begin(self.cf.delete_stack, StackName="changed")
        second = self.asked("Delete")
        self.assertEqual(self.answer(first), 200)  # nobody's: the deletion has its own
        self.assertEqual(self.cf.describe_stacks(StackName=first["StackId"])["Stacks"][0]["StackStatus"], "DELETE_IN_PROGRESS")
        self.assertRegex(second["PhysicalResourceId"], "^changed-X-")
        self.answer(second)
        self.reaches(first["StackId"], "DELETE_COMPLETE")

    def test_bad_answers(self):
        for name, want, how in (
                ("failed", "Received response status [FAILED] from custom resource. Message returned: no, äöü (RequestId: %s)",
                 {"Status": "FAILED", "Reason": "no, äöü"}),
                ("junk", "Response is not a valid JSON object.", {"raw": b"\x00\xff"}),
                ("none", "Invalid PhysicalResourceId", {"without": ["PhysicalResourceId"]}),
                ("other", "Invalid StackId", {"StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/other/x"}),
                ("long", "Response object is too long.", {"Data": {"D": "x" * 4096}}),
                ("longer", "Response object is too long.", {"Data": {"D": "x" * 60000}})):
            with self.subTest(name):
                request = self.create(name)
                self.assertEqual(self.answer(request, **how), 200)
                undo = self.asked("Delete")
                told = self.reason(name, "CREATE_FAILED")
                self.assertEqual(told, want.replace("%s", request["RequestId"]))
                self.answer(undo)
                self.reaches(name, "ROLLBACK_COMPLETE")

    def test_forms_of_a_request(self):
        for name, how in (("typed", {"headers": {"Content-Type": "application/json"}}), ("untyped", {"headers": {"Content-Type": ""}}),
                          ("form", {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}), ("plain", {})):
            request = self.create(name)
            self.assertEqual(self.answer(request, **how), 200)
            self.reaches(name, "CREATE_COMPLETE")
        request = self.create("chunks")
        body = json.dumps({"Status": "SUCCESS", "PhysicalResourceId": "thing"}).encode()
        self.assertEqual(self.answer(request, raw=iter([body[:9], body[9:]])), 200)
        self.reaches("chunks", "CREATE_COMPLETE")

    def test_the_query_is_part_of_the_url(self):
        request = self.create("query", ServiceTimeout="120")
        path = request["ResponseURL"].split("amazonaws.com", 1)[1]
        for wrong in (path.split("?")[0], path[:-1] + ("0" if path[-1] != "0" else "1"), path.replace("cfn-response/", "cfn-response/0")):
            self.assertEqual(self.cloud.http("PUT", wrong, body=b'{"Status":"SUCCESS","PhysicalResourceId":"x"}')[0], 403, wrong)
        self.assertEqual(self.answer(request), 200)
        self.reaches("query", "CREATE_COMPLETE")
        self.assertEqual(self.answer(request, Status="FAILED"), 200)  # late
        self.reaches("query", "CREATE_COMPLETE")

    def test_a_timeout_and_its_bounds(self):
        request = self.create("slow", ServiceTimeout=60)
        self.cloud.advance(61)
        undo = self.asked("Delete")
        self.assertEqual(self.reason("slow", "CREATE_FAILED"), "CloudFormation did not receive a response from your Custom Resource. Please check your "
                         f"logs for requestId [{request['RequestId']}]. If you are using the Python cfn-response module, you may need to update your "
                         "Lambda function code so that CloudFormation can attach the updated version.")
        self.answer(undo)
        self.reaches("slow", "ROLLBACK_COMPLETE")
        for bad in 0, 3601, "soon":
            with self.assertRaisesRegex(self.cf.exceptions.ClientError, "#/ServiceTimeout: "):
                self.cf.create_stack(StackName="bounds", TemplateBody=self.text(ServiceTimeout=bad))

    def test_another_token_is_refused(self):
        request = self.create("token")
        self.answer(request)
        self.reaches("token", "CREATE_COMPLETE")
        with self.assertRaisesRegex(self.cf.exceptions.ClientError, "Resource X: Modifying service token is not allowed."):
            self.cf.update_stack(StackName="token", TemplateBody=self.text(ServiceToken=self.topic + "2"))

    def test_nobody_hears(self):
        with self.subTest("a topic that is not there"):
            self.cf.create_stack(StackName="deaf", TemplateBody=self.text(ServiceToken=self.topic + "0"))
            self.reaches("deaf", "ROLLBACK_COMPLETE")
            self.assertIn("Topic does not exist", self.reason("deaf", "CREATE_FAILED"))


if __name__ == "__main__":
    main()
