"""What a target refuses is visible to its owner: in an alarm's history, in a metric, in the dead
letters; and what AWS lets in by default comes in.
"""
import datetime
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main, wait_for
from functions import FunctionsCase

ACCOUNT = "000000000000"


def arn(service, name):
    return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{name}"


def admit(service, action, **condition):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": "*", **condition}]})


class Case(FunctionsCase):
    def setUp(self):
        self.name = self.id().rsplit(".", 1)[1].replace("_", "-").removeprefix("test-")
        self.cw, self.sns, self.sqs, self.s3 = map(self.cloud.client, ("cloudwatch", "sns", "sqs", "s3"))

    def queue(self, name, source="sns.amazonaws.com"):
        policy = {"Policy": admit(source, "sqs:SendMessage")} if source else {}
        return self.sqs.create_queue(QueueName=name, Attributes=policy)["QueueUrl"]

    def receive(self, url):
        return self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10, MessageAttributeNames=["All"])["Messages"][0]

    def sum_of(self, namespace, metric, **dimensions):
        now = datetime.datetime.fromisoformat(self.cloud.admin("GET", "/health")[1]["world_time"].replace("Z", "+00:00"))
        near = datetime.timedelta(minutes=10)
        points = self.cw.get_metric_statistics(
            Namespace=namespace, MetricName=metric, Statistics=["Sum"], Period=60, StartTime=now - near, EndTime=now + near,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()])["Datapoints"]
        return sum(p["Sum"] for p in points)

    def counted(self, *metric, **dimensions):
        """The sum, once it is not 0 any more."""
        return wait_for(lambda: self.sum_of(*metric, **dimensions))


class Alarms(Case):
    def alarm(self, name, action, **more):
        self.cw.put_metric_alarm(AlarmName=name, Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1,
                                 Threshold=1, ComparisonOperator="GreaterThanThreshold", AlarmActions=[action], **more)

    def acted(self, name, action, **more):
        """The item of the history that says what became of the action."""
        self.alarm(name, action, **more)
        self.cw.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
        items = lambda: self.cw.describe_alarm_history(AlarmName=name, HistoryItemType="Action")["AlarmHistoryItems"]
        [item] = wait_for(items)
        return item["HistorySummary"], json.loads(item["HistoryData"])

    def test_topic_with_the_default_policy(self):
        """It admits the services of its account that name aws:SourceOwner: alarms, and not S3."""
        topic = self.sns.create_topic(Name=self.name)["TopicArn"]
        url = self.queue(self.name)
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn("sqs", self.name))
        summary, data = self.acted(self.name, topic)
        self.assertEqual(summary, f"Successfully executed action {topic}")
        self.assertEqual((data["actionState"], data["notificationResource"]), ("Succeeded", topic))
        told = json.loads(self.receive(url)["Body"])
        self.assertEqual(told["Subject"], f'ALARM: "{self.name}" in us-east-1')
        self.assertEqual(json.loads(told["Message"])["NewStateReason"], "a test")
        self.s3.create_bucket(Bucket=self.name)
        with self.assertRaises(Exception) as refused:
            self.s3.put_bucket_notification_configuration(Bucket=self.name, NotificationConfiguration={
                "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]})
        self.assertIn("Permissions on the destination topic do not allow S3", str(refused.exception.response["Error"]))

    def test_topics_that_refuse(self):
        topic = self.sns.create_topic(Name=self.name)["TopicArn"]
        alarm = arn("cloudwatch", f"alarm:{self.name}")
        self.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=admit("s3.amazonaws.com", "sns:Publish"))
        summary, data = self.acted(self.name, topic)
        error = (f"Resource: {alarm} is not authorized to perform: SNS:Publish on resource: {topic} "
                 "because no resource-based policy allows the SNS:Publish action")
        self.assertEqual(summary, f'Failed to execute action {topic}. Received error: "{error}"'[:255])
        self.assertEqual((data["actionState"], data["error"]), ("Failed", error))
        self.assertEqual(json.loads(data["publishedMessage"])["AlarmName"], self.name)
        gone = arn("sns", "gone")
        summary, _ = self.acted(self.name + "-2", gone)
        self.assertEqual(summary, f'Failed to execute action {gone}. Received error: "Topic does not exist"')
        name = "é" * 120  # the summary is cut, between two characters
        summary, data = self.acted(name, topic)
        self.assertEqual(summary, f'Failed to execute action {topic}. Received error: "Resource: {arn("cloudwatch", "alarm:")}{name}'
                         .encode()[:255].decode(errors="ignore"))
        self.assertIn(f"alarm:{name} is not authorized", data["error"])
        _, data = self.acted(self.name + "-quotes", topic, AlarmDescription='"' * 1024)
        self.assertEqual(data["actionState"], "Failed")
        self.assertIn("-quotes is not authorized", data["error"])
        self.assertNotIn("publishedMessage", data)  # an item is at most 4,095 bytes, and the reason goes first
        # the owner named in the policy, as AWS's guide has it for alarms
        self.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=admit(
            "cloudwatch.amazonaws.com", "sns:Publish", Condition={
                "ArnLike": {"aws:SourceArn": arn("cloudwatch", "alarm:*")},
                "StringEquals": {"aws:SourceAccount": ACCOUNT, "aws:SourceOwner": ACCOUNT}}))
        self.assertEqual(self.acted(self.name + "-3", topic)[0], f"Successfully executed action {topic}")

    def test_functions(self):
        self.make(self.name)
        function = arn("lambda", f"function:{self.name}")
        _, data = self.acted(self.name, function)
        self.assertEqual(data["error"], "CloudWatch Alarms is not authorized to perform: lambda:InvokeFunction on the resource "
                                        "because no resource-based policy allows the lambda:InvokeFunction action")
        self.functions.client.add_permission(FunctionName=self.name, StatementId="a", Action="lambda:InvokeFunction",
                                             Principal="lambda.alarms.cloudwatch.amazonaws.com", SourceAccount=ACCOUNT,
                                             SourceArn=arn("cloudwatch", f"alarm:{self.name}-2"))
        summary, data = self.acted(self.name + "-2", function, Dimensions=[{"Name": "a", "Value": "b"}])
        self.assertEqual(summary, f"Successfully executed action {function}")
        event = json.loads(data["publishedMessage"])
        self.assertEqual((event["source"], event["alarmArn"], event["accountId"], event["region"]),
                         ("aws.cloudwatch", arn("cloudwatch", f"alarm:{self.name}-2"), ACCOUNT, "us-east-1"))
        self.assertEqual((event["alarmData"]["state"]["value"], event["alarmData"]["previousState"]["value"]),
                         ("ALARM", "INSUFFICIENT_DATA"))
        self.assertEqual(event["alarmData"]["configuration"]["metrics"], [
            {"id": "m1", "returnData": True, "metricStat": {
                "metric": {"namespace": "n", "name": "m", "dimensions": {"a": "b"}}, "period": 60, "stat": "Sum"}}])
        self.assertEqual(self.counted("AWS/Lambda", "AsyncEventsReceived", FunctionName=self.name), 1)

    def test_history_outlives_the_alarm_and_the_daemon(self):
        topic = self.sns.create_topic(Name=self.name)["TopicArn"]
        self.acted(self.name, topic)
        self.cw.set_alarm_state(AlarmName=self.name, StateValue="OK", StateReason="over", StateReasonData='{"n": 1}')
        self.cw.set_alarm_state(AlarmName=self.name, StateValue="OK", StateReason="no change")
        self.alarm(self.name, topic)
        self.cw.delete_alarms(AlarmNames=[self.name, self.name, "none"])
        self.cloud.kill9()
        self.cloud.restart()
        pages = self.cw.get_paginator("describe_alarm_history").paginate(
            AlarmName=self.name, ScanBy="TimestampAscending", PaginationConfig={"PageSize": 2})
        oldest = [item for page in pages for item in page["AlarmHistoryItems"]]
        self.assertEqual([item["HistorySummary"] for item in oldest],
                         [f'Alarm "{self.name}" created', "Alarm updated from INSUFFICIENT_DATA to ALARM",
                          f"Successfully executed action {topic}", "Alarm updated from ALARM to OK",
                          f'Alarm "{self.name}" updated', f'Alarm "{self.name}" deleted'])
        self.assertEqual(json.loads(oldest[3]["HistoryData"]), {
            "version": "1.0", "oldState": {"stateValue": "ALARM", "stateReason": "a test"},
            "newState": {"stateValue": "OK", "stateReason": "over", "stateReasonData": {"n": 1}}})
        self.assertEqual(json.loads(oldest[0]["HistoryData"])["createdAlarm"]["alarmActions"], [topic])
        newest = self.cw.describe_alarm_history(AlarmName=self.name, MaxRecords=2)
        self.assertEqual(newest["AlarmHistoryItems"], oldest[:3:-1])
        rest = self.cw.describe_alarm_history(AlarmName=self.name, NextToken=newest["NextToken"])
        self.assertEqual(rest["AlarmHistoryItems"], oldest[3::-1])
        hour = datetime.timedelta(hours=1)
        for range_, n in (({"StartDate": oldest[0]["Timestamp"] - hour}, 6), ({"StartDate": oldest[0]["Timestamp"] + hour}, 0),
                          ({"EndDate": oldest[0]["Timestamp"] - hour}, 0), ({"EndDate": oldest[0]["Timestamp"] + hour}, 6)):
            got = self.cw.describe_alarm_history(AlarmName=self.name, **range_)["AlarmHistoryItems"]
            self.assertEqual(len(got), n, range_)
        self.assertEqual(self.cw.describe_alarm_history(AlarmName=self.name, AlarmTypes=["CompositeAlarm"])["AlarmHistoryItems"], [])
        self.cloud.advance(31 * 86400)
        self.assertEqual(self.cw.describe_alarm_history()["AlarmHistoryItems"], [])


class Messages(Case):
    def test_subscriptions(self):
        """A notification that its queue refuses counts as failed, and goes to the dead letters."""
        topic = self.sns.create_topic(Name=self.name)["TopicArn"]
        self.queue(self.name, source=None)
        dead = self.queue(self.name + "-dead")
        own = self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn("sqs", self.name))["SubscriptionArn"]
        self.sns.publish(TopicArn=topic, Message="1")
        self.assertEqual(self.counted("AWS/SNS", "NumberOfNotificationsFailed", TopicName=self.name), 1)
        self.sns.set_subscription_attributes(SubscriptionArn=own, AttributeName="RedrivePolicy", AttributeValue=json.dumps(
            {"deadLetterTargetArn": arn("sqs", self.name + "-dead")}))
        self.sns.publish(TopicArn=topic, Message="2")
        self.assertEqual(json.loads(self.receive(dead)["Body"])["Message"], "2")
        self.assertEqual(self.counted("AWS/SNS", "NumberOfNotificationsRedrivenToDlq", TopicName=self.name), 1)
        self.assertEqual(self.sum_of("AWS/SNS", "NumberOfNotificationsFailed", TopicName=self.name), 2)
        self.sqs.delete_queue(QueueUrl=dead)
        self.sns.publish(TopicArn=topic, Message="3")
        self.assertEqual(self.counted("AWS/SNS", "NumberOfNotificationsFailedToRedriveToDlq", TopicName=self.name), 1)

    def test_notifications_of_a_bucket(self):
        self.s3.create_bucket(Bucket=self.name)
        url, target = self.queue(self.name, source="s3.amazonaws.com"), arn("sqs", self.name)
        self.s3.put_bucket_notification_configuration(Bucket=self.name, NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": target, "Events": ["s3:ObjectCreated:*"]}]})
        self.s3.put_object(Bucket=self.name, Key="taken", Body=b"")
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
        self.s3.put_object(Bucket=self.name, Key="refused", Body=b"")
        self.assertEqual(self.counted("Calotype/S3", "NotificationsFailed", BucketName=self.name, Destination=target), 1)

    def test_what_a_function_sends_on(self):
        """Its role may send there, but the queues are gone."""
        client = self.functions.client
        self.make(self.name, DeadLetterConfig={"TargetArn": arn("sqs", "gone")})
        client.put_function_event_invoke_config(FunctionName=self.name, MaximumRetryAttempts=0, DestinationConfig={
            "OnFailure": {"Destination": arn("sqs", "gone-too")}})
        client.invoke(FunctionName=self.name, InvocationType="Event", Payload='{"do":"exit"}')
        for metric in "DeadLetterErrors", "DestinationDeliveryFailures", "AsyncEventsDropped":
            self.assertEqual(self.counted("AWS/Lambda", metric, FunctionName=self.name), 1, metric)

    def test_what_a_queue_denies_to_a_role(self):
        """The role may send there, and a statement of the queue's own policy says no to everybody."""
        deny = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]})
        url = self.sqs.create_queue(QueueName=self.name, Attributes={"Policy": deny})["QueueUrl"]
        self.make(self.name, DeadLetterConfig={"TargetArn": arn("sqs", self.name)})
        self.functions.client.put_function_event_invoke_config(FunctionName=self.name, MaximumRetryAttempts=0)
        self.functions.client.invoke(FunctionName=self.name, InvocationType="Event", Payload='{"do":"exit"}')
        self.assertEqual(self.counted("AWS/Lambda", "DeadLetterErrors", FunctionName=self.name), 1)
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=url))

    def test_operations_that_are_not_here(self):
        """By their names; the link that confirms a subscription is not signed."""
        link = f"/?Action=ConfirmSubscription&TopicArn={arn('sns', 't')}&Token=t"
        status, _, body = self.cloud.http("GET", link, headers={"Host": "sns.us-east-1.amazonaws.com"})
        self.assertEqual((status, b"calotype does not implement sns:ConfirmSubscription" in body), (501, True))
        for service, operation, more in (("sns", "confirm_subscription", {"TopicArn": arn("sns", "t"), "Token": "t"}),
                                         ("logs", "describe_export_tasks", {})):
            with self.assertRaises(Exception) as refused:
                getattr(self.cloud.client(service), operation)(**more)
            error = refused.exception.response["Error"]
            name = operation.title().replace("_", "")
            self.assertEqual((error["Code"], error["Message"]), ("NotImplemented", f"calotype does not implement {service}:{name}"))


if __name__ == "__main__":
    main()
