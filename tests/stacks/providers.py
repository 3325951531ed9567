"""Custom resources in further styles people write: packages with a helper, functions that hand on, callbacks, what is in an account."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from stacks import StackCase, needs_boto3, needs_node, needs_python, needs_sdk  # noqa: E402
from cloud import main  # noqa: E402

HELPER = """
import http.client
import json
import random
import string
import threading
import time
import urllib.parse

import boto3


class Helper:
    def __init__(self, pause):
        self.verbs, self.polls, self.pause, self.data = {}, {}, pause, {}

    def on(self, verb):
        return lambda fn: self.verbs.setdefault(verb, fn)

    def poll(self, verb):
        return lambda fn: self.polls.setdefault(verb, fn)

    def __call__(self, event, context):
        verb, self.data = event['RequestType'], event.get('HelperData', {})
        timer = threading.Timer(context.get_remaining_time_in_millis() / 1000 - 0.5, self.send, (event, 'FAILED', None, 'Execution timed out'))
        timer.start()
        try:
            if 'HelperId' in event:
                if self.polls[verb](event):
                    return self.send(event, 'SUCCESS', event['HelperId'])
                return self.again(event, context, event['HelperId'])
            physical = self.verbs[verb](event) or event.get('PhysicalResourceId') or ''.join(random.choices(string.ascii_letters, k=8))
            if verb in self.polls:
                return self.again(event, context, physical)
            self.send(event, 'SUCCESS', physical)
        except Exception as error:
            self.send(event, 'FAILED', None, str(error))
        finally:
            timer.cancel()

    def again(self, event, context, physical):
        time.sleep(self.pause)
        boto3.client('lambda').invoke(FunctionName=context.function_name, InvocationType='Event',
                                      Payload=json.dumps({**event, 'HelperId': physical, 'HelperData': self.data}))

    def send(self, event, status, physical, reason=''):
        body = json.dumps({
            'Status': status, 'Reason': reason, 'StackId': event['StackId'], 'RequestId': event['RequestId'],
            'LogicalResourceId': event['LogicalResourceId'], 'Data': self.data, 'NoEcho': False,
            'PhysicalResourceId': physical or event.get('PhysicalResourceId') or event['LogicalResourceId'] + '_failed'})
        parts = urllib.parse.urlsplit(event['ResponseURL'])
        connection = http.client.HTTPSConnection(host=parts.netloc)
        connection.request(method='PUT', url=f'{parts.path}?{parts.query}', body=body,
                           headers={'content-type': '', 'content-length': str(len(body))})
        print(event['RequestType'], status, connection.getresponse().status)
"""
APP = """
import time
from helper import Helper

helper = Helper(pause=0.1)


@helper.on('Create')
def create(event):
    if event['ResourceProperties']['Slow'] == 'true':
        time.sleep(60)
    if event['ResourceProperties']['Raise'] == 'true':
        raise ValueError('asked "to" fail, \\u00e4')
    helper.data['count'] = 0
    return 'job-1'


@helper.poll('Create')
def poll(event):
    helper.data['count'] += 1
    return helper.data['count'] >= 3


@helper.on('Update')
def update(event):
    helper.data['count'] = 99


@helper.on('Delete')
def delete(event):
    print('deleted', event['PhysicalResourceId'])


def handler(event, context):
    helper(event, context)
"""


class Providers(StackCase):
    @needs_python
    @needs_boto3
    def test_polls_itself(self):
        where = {"CodeBucket": "artifacts", "CodeKey": "jobs.zip"}
        files = {"helper.py": HELPER, "app.py": APP}
        with self.stack("polls-itself") as s:
            self.code("jobs.zip", files)
            s.deploy(**where)
            function = s.out("Function")
            self.assertEqual((s.out("Job"), s.out("Count")), ("job-1", "3"))
            s.update(**where, N="2")
            self.assertEqual((s.out("Job"), s.out("Count")), ("job-1", "99"))
            self.leaves_log_group(s, f"/aws/lambda/{function}")
            s.remove()
            self.lines(function, "deleted job-1")
            self.report(function, 128, 6)  # Create, three polls, Update and Delete have ended
        for wrong, why in (("Raise", 'asked "to" fail, ä'), ("Slow", "Execution timed out")):
            with self.subTest(wrong), self.stack("polls-itself") as s:
                self.code("jobs.zip", files)
                s.deploy(**where, **{wrong: "true"}, want="ROLLBACK_COMPLETE")
                self.assertTrue([e for e in s.events() if f"Job CREATE_FAILED Received response status [FAILED] from custom resource. Message returned: {why} (" in e],
                                s.events())
                self.lines(function, "deleted Job_failed")
                self.report(function, 128, 2)
                self.leaves_log_group(s, f"/aws/lambda/{function}")
                s.remove()
                self.cloud.advance(61)  # what has run into its timeout would be tried again, and goes when there is no function

    @needs_python
    @needs_boto3
    def test_empties_bucket(self):
        with self.stack("empties-bucket") as s:
            s.deploy()
            bucket, function = s.out("Bucket"), s.out("Function")
            for n in range(3):
                self.put(bucket, "kept", b"%d" % n)
            self.s3.delete_object(Bucket=bucket, Key="kept")
            s.remove()
            self.lines(function, "deleted 4")
            self.report(function, 128, 2)
            self.leaves_log_group(s, f"/aws/lambda/{function}")

    @needs_python
    @needs_boto3
    def test_user_key(self):
        with self.stack("user-key") as s:
            s.deploy()
            function = s.out("Function")
            key, = self.iam.list_access_keys(UserName=s.out("User"))["AccessKeyMetadata"]
            self.assertEqual((s.out("KeyId"), s.out("User"), len(s.out("Secret"))), (key["AccessKeyId"], "uploader", 40))
            self.assertNotIn(s.out("Secret"), json.dumps(self.cf.describe_stack_events(StackName=s.id), default=str))
            # A user that cannot be made: the one there is stays as it is, and nobody is asked to make it anew.
            s.update(UserName="no user", want="UPDATE_ROLLBACK_COMPLETE")
            self.assertEqual(self.iam.list_access_keys(UserName="uploader")["AccessKeyMetadata"], [key])
            self.lines(function, "not deleted: .*no user")
            # Another name is another user, and the first goes in the end.
            s.update(UserName="second")
            self.assertEqual([u["UserName"] for u in self.iam.list_users()["Users"]], ["second"])
            self.leaves_log_group(s, f"/aws/lambda/{function}")
            s.remove()
            self.lines(function, "^Delete 200", 3)  # of no user, of the first, of the second
            self.report(function, 128, 6)

    @needs_python
    @needs_node
    @needs_sdk
    def test_handed_on(self):
        with self.stack("handed-on") as s:
            s.deploy()
            self.assertEqual((s.out("Id"), s.out("Sub")), ("made-one", "n=7 w=seven"))
            functions = s.out("Provider"), s.out("Worker")
            s.update({"Name: one": "Name: two"})
            self.assertEqual(s.out("Id"), "made-two")
            self.lines(functions[0], "handed on 202", 3)  # Create, Update, and Delete of the first
            self.lines(functions[1], "Status code: 200", 3)
            s.remove()
            for function in functions:
                self.lines(function, "^REPORT", 4)
                self.leaves_log_group(s, f"/aws/lambda/{function}")

    @needs_python
    @needs_boto3
    def test_notifies_both(self):
        with self.stack("notifies-both") as s:
            s.deploy()
            bucket, function, notifier = s.out("Bucket"), s.out("Function"), s.out("Notifier")

            def rules():
                found = self.s3.get_bucket_notification_configuration(Bucket=bucket)
                return sorted(one["Id"] for kind, all_ in found.items() if kind != "ResponseMetadata" for one in all_)
            self.assertEqual(rules(), ["ToFunction", "ToTopic"])
            self.put(bucket, "in/a", b"1")
            self.lines(function, "heard in/a")
            s.update(Prefix="new/")
            self.assertEqual(rules(), ["ToFunction", "ToTopic"])
            self.put(bucket, "new/b", b"1")
            self.lines(function, "heard new/b")
            self.report(function, 128, 2)
            self.empty(bucket)
            for one in function, notifier:
                self.leaves_log_group(s, f"/aws/lambda/{one}")
            s.remove()
            self.report(notifier, 128, 5)

    @needs_python
    def test_draws_words(self):
        with self.stack("draws-words") as s:
            s.deploy()
            word, function = s.out("Word"), s.out("Function")
            self.assertEqual((len(word), s.out("Joined"), s.out("Zone"), s.out("Length"), s.out("Store"), s.out("Queue")),
                             (8, "a,b,c", "zone-1", "8", f"store-{word}-us-east-1", "a-b-c"))
            self.assertEqual(s.out("ZoneSub"), "in zone-1, under, true true")
            self.assertEqual(self.s3.get_bucket_tagging(Bucket=s.out("Store"))["TagSet"][-1]["Value"], "b")
            s.update(Length="5")
            self.assertEqual(s.out("Store"), f"store-{s.out('Word')}-us-east-1")  # replaced
            self.report(function, 128, 2)
            self.leaves_log_group(s, f"/aws/lambda/{function}")
            s.remove()
            self.report(function, 128, 3)

    @needs_node
    def test_fails_where_told(self):
        with self.stack("fails-where-told") as s:
            s.deploy()
            function, topic = s.out("Function"), s.physical("Before")

            def told(verb, status):
                self.assertTrue([e for e in s.events() if f"Thing {status} Received response status [FAILED] from custom resource. Message returned: "
                                 f"no {verb} today (RequestId: " in e], s.events())
            s.update(FailOn="Update", Value="b", want="UPDATE_ROLLBACK_COMPLETE")
            told("Update", "UPDATE_FAILED")
            self.assertEqual((s.out("Value"), self.sns.get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"]), ("a", "a"))
            s.update(FailOn="Delete", Value="c")
            self.assertEqual(self.sns.get_topic_attributes(TopicArn=s.out("After"))["Attributes"]["DisplayName"], "c!")
            s.remove(want="DELETE_FAILED")
            told("Delete", "DELETE_FAILED")
            self.cf.delete_stack(StackName=s.name, RetainResources=["Thing"])
            s.reaches("DELETE_COMPLETE")
            self.report(function, 128, 5)
            self.leaves_log_group(s, f"/aws/lambda/{function}")
        with self.stack("fails-where-told") as s:
            s.deploy(FailOn="Create,Delete", want="ROLLBACK_FAILED")
            told("Create", "CREATE_FAILED")
            function = s.physical("Provider")
            self.cf.delete_stack(StackName=s.name)
            s.reaches("DELETE_FAILED")
            self.cf.delete_stack(StackName=s.name, RetainResources=["Thing"])
            s.reaches("DELETE_COMPLETE")
            self.report(function, 128, 3)
            self.leaves_log_group(s, f"/aws/lambda/{function}")


if __name__ == "__main__":
    main()
