"""CloudWatch Logs, as boto3 sees them. Runs also with Debian's boto3."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import CloudCase, main


class Logs(CloudCase):
    def test_events(self):
        logs = self.cloud.client("logs")
        now = int(time.time() * 1000)
        logs.create_log_group(logGroupName="/app/x", tags={"team": "blue"})
        logs.create_log_stream(logGroupName="/app/x", logStreamName="one")
        answer = logs.put_log_events(logGroupName="/app/x", logStreamName="one", logEvents=[
            {"timestamp": now - 2000, "message": '{"level":"INFO","ms":5}'},
            {"timestamp": now - 1000, "message": '{"level":"ERROR","ms":70}'},
            {"timestamp": now, "message": "plain ÄÖ line"}])
        self.assertNotIn("rejectedLogEventsInfo", answer)
        page = logs.get_log_events(logGroupName="/app/x", logStreamName="one", startFromHead=True, limit=2)
        self.assertEqual([e["timestamp"] for e in page["events"]], [now - 2000, now - 1000])
        page = logs.get_log_events(logGroupName="/app/x", logStreamName="one", nextToken=page["nextForwardToken"])
        self.assertEqual([e["message"] for e in page["events"]], ["plain ÄÖ line"])
        for pattern, n in (("{ $.level = \"ERROR\" }", 1), ("{ $.ms > 1 }", 2), ("plain", 1), ("-plain", 2), ("", 3)):
            found = logs.filter_log_events(logGroupName="/app/x", filterPattern=pattern)["events"]
            self.assertEqual(len(found), n, pattern)
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/app/x", PaginationConfig={"PageSize": 1})
        self.assertEqual(sum(len(p["events"]) for p in pages), 3)
        logs.put_retention_policy(logGroupName="/app/x", retentionInDays=7)
        group = logs.describe_log_groups(logGroupNamePrefix="/app/")["logGroups"][0]
        self.assertEqual((group["retentionInDays"], group["arn"]), (7, "arn:aws:logs:us-east-1:000000000000:log-group:/app/x:*"))
        self.assertGreater(group["storedBytes"], 60)
        stream = logs.describe_log_streams(logGroupName="/app/x", orderBy="LastEventTime", descending=True)["logStreams"][0]
        self.assertEqual((stream["logStreamName"], stream["lastEventTimestamp"]), ("one", now))
        self.assertEqual(logs.list_tags_log_group(logGroupName="/app/x")["tags"], {"team": "blue"})
        # Retention is by world time.
        self.cloud.advance(8 * 86400)
        self.assertEqual(logs.filter_log_events(logGroupName="/app/x")["events"], [])
        with self.assertRaises(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName="/app/x")
        logs.delete_log_group(logGroupName="/app/x")
        with self.assertRaises(logs.exceptions.ResourceNotFoundException):
            logs.filter_log_events(logGroupName="/app/x")

    def test_listings_that_are_refused(self):
        logs = self.cloud.client("logs")
        for wrong in ({"includeLinkedAccounts": True}, {"logGroupNamePrefix": "a", "logGroupNamePattern": "a"},
                      {"accountIdentifiers": ["111111111111"]}):
            with self.subTest(wrong), self.assertRaises(logs.exceptions.InvalidParameterException):
                logs.describe_log_groups(**wrong)


if __name__ == "__main__":
    main()
