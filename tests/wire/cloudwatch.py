"""CloudWatch, as boto3 sees it: new clients speak CBOR or JSON, older ones query. Runs also with Debian's boto3."""
import datetime
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import CloudCase, main


def minute(ago):
    now = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
    return now - datetime.timedelta(minutes=ago)


class CloudWatch(CloudCase):
    def test_metrics(self):
        cw = self.cloud.client("cloudwatch")
        dimensions = [{"Name": "Env", "Value": "dev"}]
        cw.put_metric_data(Namespace="App", MetricData=[
            {"MetricName": "ms", "Dimensions": dimensions, "Timestamp": minute(5), "Values": [float(v) for v in range(1, 101)],
             "Unit": "Milliseconds"},
            {"MetricName": "ms", "Dimensions": dimensions, "Timestamp": minute(4), "Value": 7.5, "Unit": "Milliseconds"}])
        listed = cw.list_metrics(Namespace="App")["Metrics"]
        self.assertEqual(listed, [{"Namespace": "App", "MetricName": "ms", "Dimensions": dimensions}])
        what = dict(Namespace="App", MetricName="ms", Dimensions=dimensions, StartTime=minute(10), EndTime=minute(0), Period=60)
        points = cw.get_metric_statistics(Statistics=["Sum", "SampleCount", "Maximum", "Average"], **what)["Datapoints"]
        points.sort(key=lambda p: p["Timestamp"])
        self.assertEqual([(p["Timestamp"], p["Sum"], p["SampleCount"], p["Maximum"]) for p in points],
                         [(minute(5), 5050, 100, 100), (minute(4), 7.5, 1, 7.5)])
        self.assertEqual({p["Unit"] for p in points}, {"Milliseconds"})
        p99 = cw.get_metric_statistics(ExtendedStatistics=["p99"], **what)["Datapoints"]
        self.assertAlmostEqual(max(p["ExtendedStatistics"]["p99"] for p in p99), 99, delta=2)
        data = cw.get_metric_data(StartTime=minute(10), EndTime=minute(0), ScanBy="TimestampAscending", MetricDataQueries=[
            {"Id": "m1", "MetricStat": {"Metric": {"Namespace": "App", "MetricName": "ms", "Dimensions": dimensions},
                                        "Period": 60, "Stat": "Sum"}}])["MetricDataResults"][0]
        self.assertEqual((data["Values"], data["Timestamps"], data["StatusCode"]), ([5050, 7.5], [minute(5), minute(4)], "Complete"))
        from botocore.exceptions import ClientError
        with self.assertRaises(ClientError) as told:
            cw.put_metric_data(Namespace="AWS/X", MetricData=[{"MetricName": "m", "Value": 1}])
        self.assertEqual(told.exception.response["Error"]["Code"], "InvalidParameterValue")
        self.cloud.restart()
        self.assertEqual(len(cw.list_metrics(Namespace="App")["Metrics"]), 1)

    def test_alarms(self):
        cw = self.cloud.client("cloudwatch")
        cw.put_metric_alarm(AlarmName="errors", Namespace="AWS/Lambda", MetricName="Errors", Statistic="Sum", Period=300,
                            EvaluationPeriods=1, Threshold=5, ComparisonOperator="GreaterThanOrEqualToThreshold",
                            Dimensions=[{"Name": "FunctionName", "Value": "f"}], TreatMissingData="notBreaching",
                            Tags=[{"Key": "a", "Value": "b"}])
        alarm = cw.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]
        self.assertEqual((alarm["StateValue"], alarm["Threshold"], alarm["AlarmArn"]),
                         ("INSUFFICIENT_DATA", 5.0, "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors"))
        self.assertEqual(cw.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"], [{"Key": "a", "Value": "b"}])
        cw.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="because")
        self.assertEqual(cw.describe_alarms(StateValue="ALARM")["MetricAlarms"][0]["StateReason"], "because")
        cw.delete_alarms(AlarmNames=["errors"])
        self.assertEqual(cw.describe_alarms()["MetricAlarms"], [])
        from botocore.exceptions import ClientError
        with self.assertRaises(ClientError) as told:
            cw.set_alarm_state(AlarmName="none", StateValue="OK", StateReason="x")
        self.assertEqual(told.exception.response["Error"]["Code"], "ResourceNotFound")

    def test_metric_math_is_refused_by_name(self):
        """Nothing evaluates it, in the API as in a template; the name comes before all else that may be wrong."""
        from botocore.exceptions import ClientError
        math = [{"Id": "e", "Expression": "m/2", "ReturnData": True}]
        with self.assertRaises(ClientError) as told:
            self.cloud.client("cloudwatch").put_metric_alarm(AlarmName="math", EvaluationPeriods=1, Threshold=1, Metrics=math,
                                                             ComparisonOperator="GreaterThanThreshold")
        self.assertEqual(told.exception.response["Error"]["Code"], "ValidationError")
        self.assertEqual(told.exception.response["Error"]["Message"], "Metrics is not supported by calotype")
        template = {"Resources": {"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": {
            "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold", "Metrics": math}}}}
        with self.assertRaises(ClientError) as told:
            self.cloud.client("cloudformation").create_stack(StackName="math", TemplateBody=json.dumps(template))
        self.assertIn("the property Metrics of AWS::CloudWatch::Alarm is not supported", told.exception.response["Error"]["Message"])
        self.assertEqual(self.cloud.client("cloudwatch").describe_alarms(AlarmNames=["math"])["MetricAlarms"], [])

    def test_tokens_that_are_none(self):
        from botocore.exceptions import ClientError
        cw = self.cloud.client("cloudwatch")
        for listing in cw.list_metrics, cw.describe_alarms, cw.list_dashboards:
            for token in "", "none":
                with self.subTest(listing.__name__, token=token):
                    with self.assertRaises(ClientError) as told:
                        listing(NextToken=token)
                    self.assertEqual(told.exception.response["Error"]["Code"], "InvalidNextToken")

    def test_dashboards(self):
        cw = self.cloud.client("cloudwatch")
        body = json.dumps({"widgets": [{"type": "text", "x": 0, "y": 0, "width": 3, "height": 3, "properties": {"markdown": "hi"}}]})
        self.assertEqual(cw.put_dashboard(DashboardName="d", DashboardBody=body).get("DashboardValidationMessages", []), [])
        self.assertEqual(cw.get_dashboard(DashboardName="d")["DashboardBody"], body)
        self.assertEqual([e["DashboardName"] for e in cw.list_dashboards()["DashboardEntries"]], ["d"])
        from botocore.exceptions import ClientError
        with self.assertRaises(ClientError) as told:
            cw.put_dashboard(DashboardName="d", DashboardBody="{")
        self.assertEqual(told.exception.response["Error"]["Code"], "InvalidParameterInput")
        cw.delete_dashboards(DashboardNames=["d"])
        with self.assertRaises(ClientError) as told:
            cw.get_dashboard(DashboardName="d")
        self.assertEqual(told.exception.response["Error"]["Code"], "ResourceNotFound")


if __name__ == "__main__":
    main()
