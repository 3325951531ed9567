"""DATA of older formats, opened by this program: all is there, what was under way goes on, a kill on the way loses nothing.

make.py says how tests/formats/N.tar.xz were made and what is in them.
"""
import datetime
import json
import os
import pathlib
import random
import shutil
import sys
import tarfile
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib"), str(HERE.parent)]
from cloud import Cloud, DaemonFailed, main, wait_for, without_faults  # noqa: E402
import make  # noqa: E402

PRESENT = 4
NUMBERS = sorted(int(p.name.split(".")[0]) for p in HERE.parent.glob("*.tar.xz"))


class Copy:
    """DATA of an older format in a folder of its own, and what the old program told of it."""
    def __init__(self, number):
        self.number = number

    def __enter__(self):
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="calotype-old-"))
        with tarfile.open(HERE.parent / f"{self.number}.tar.xz") as archive:
            archive.extractall(self.data)
        told = self.data / "picture.json"
        self.told = json.loads(told.read_text())
        told.unlink()
        self.made = self.told.pop("made")
        self.published = self.told.pop("published", [])
        self.keys = self.told.pop("key", None)
        return self

    def turn_back(self, cloud):
        """World time is a minute after DATA was made."""
        make.set_clock(cloud, offset_ms=int((self.made + 60 - time.time()) * 1000))

    def __exit__(self, *_):
        shutil.rmtree(self.data, ignore_errors=True)

    @property
    def format(self):
        return (self.data / "format").read_text()


def time_of(copy, seconds):
    return datetime.datetime.fromtimestamp(copy.made + seconds, datetime.timezone.utc)


def readable(data, words):
    """Which of the words stand in a file under data."""
    found = set()
    for path in data.rglob("*"):
        if path.is_file():
            text = path.read_bytes()
            found |= {f"{word} in {path.relative_to(data)}" for word in words if word.encode() in text}
    return sorted(found)


# Members of answers that are younger than an archive, and what they are of a row without them.
NEWER = {"IncludeNestedStacks": False}


def as_told(told, now):
    """now, without the newer members that told lacks: they are as they must be."""
    if isinstance(now, dict) and isinstance(told, dict):
        return {k: as_told(told.get(k), v) for k, v in now.items() if k in told or k not in NEWER or v != NEWER[k]}
    if isinstance(now, list) and isinstance(told, list) and len(now) == len(told):
        return [as_told(*pair) for pair in zip(told, now)]
    return now


def picture(cloud, told):
    """make.picture, to be compared with that of the archive."""
    return as_told(told, make.picture(cloud))


class OldFormat:
    """What holds of each of them."""
    maxDiff = 4000

    def same(self, cloud, told):
        now = picture(cloud, told)
        for name in told:
            self.assertEqual(told[name], now[name], name)
        self.assertEqual(told.keys(), now.keys())

    def test_all_is_there(self):
        with Copy(self.number) as copy, Cloud(data=copy.data) as cloud:
            self.assertEqual(copy.format, f"calotype-data {PRESENT}\n")
            self.same(cloud, copy.told)
            cloud.restart()
            self.same(cloud, copy.told)
            s3 = cloud.client("s3")
            for body in make.BODIES:
                got = s3.get_object(Bucket="photos", Key=str(len(body)))
                self.assertEqual((got["Body"].read(), got["Metadata"]), (body, {"of": "old"}))
            copy.turn_back(cloud)
            sqs = cloud.client("sqs")
            jobs = sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName="jobs")["QueueUrl"])["Messages"]
            self.assertEqual([m["Body"] for m in jobs], ["do it"])
            item = cloud.client("dynamodb").get_item(TableName="rows", Key={"Id": {"S": "one"}})["Item"]
            self.assertEqual(item, {"Id": {"S": "one"}, "N": {"N": "1.5"}})
            self.assertEqual(len(cloud.client("sns").list_subscriptions()["Subscriptions"]), self.subscriptions)
            self.assertEqual(cloud.client("lambda").get_function(FunctionName="f")["Configuration"]["Handler"], "h")

    def test_what_was_under_way_goes_on(self):
        with Copy(self.number) as copy, Cloud(data=copy.data) as cloud:
            copy.turn_back(cloud)
            cf, sqs = cloud.client("cloudformation"), cloud.client("sqs")
            pending = make.requests(sqs, sqs.get_queue_url(QueueName="asked")["QueueUrl"])
            self.assertEqual({n: r["RequestType"] for n, r in pending.items()},
                             {"waits": "Create", "changes": "Update", "goes": "Delete"})
            for request in pending.values():
                make.answer(cloud, request)
            for name, want in (("waits", "CREATE_COMPLETE"), ("changes", "UPDATE_COMPLETE"), ("goes", "DELETE_COMPLETE")):
                self.assertEqual(make.settled(cf, pending[name]["StackId"]), want)
            before = [r["PhysicalResourceId"] for r in cf.describe_stack_resources(StackName="changes")["StackResources"]
                      if r["LogicalResourceId"] == "Before"][0]
            self.assertEqual(sqs.get_queue_attributes(QueueUrl=before, AttributeNames=["DelaySeconds"])["Attributes"], {"DelaySeconds": "2"})

    def test_change_sets_and_updates(self):
        with Copy(self.number) as copy, Cloud(data=copy.data) as cloud:
            cf, sqs = cloud.client("cloudformation"), cloud.client("sqs")
            cf.execute_change_set(StackName="planned", ChangeSetName="first")
            cf.execute_change_set(StackName="shared", ChangeSetName="more")
            self.assertEqual(make.settled(cf, "planned"), "CREATE_COMPLETE")
            self.assertEqual(make.settled(cf, "shared"), "UPDATE_COMPLETE")
            self.assertEqual(sorted(cf.list_imports(ExportName="shared-name")["Imports"]), ["planned", "user"])
            work = cf.describe_stack_resource(StackName="shared", LogicalResourceId="Work")["StackResourceDetail"]["PhysicalResourceId"]
            self.assertEqual(sqs.get_queue_attributes(QueueUrl=work, AttributeNames=["DelaySeconds"])["Attributes"], {"DelaySeconds": "3"})
            self.assertEqual(sqs.list_queue_tags(QueueUrl=work)["Tags"], {"secret": "hush-hush", "team": "old"})
            self.assertNotIn("hush", json.dumps(cf.describe_stack_events(StackName="shared"), default=str))
            with self.assertRaisesRegex(cf.exceptions.ClientError, "TerminationProtection is enabled"):
                cf.delete_stack(StackName="shared")
            cf.update_termination_protection(StackName="shared", EnableTerminationProtection=False)
            for name in ("user", "planned", "shared", "back", "failed"):
                stack = cf.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
                cf.delete_stack(StackName=name)
                self.assertEqual(make.settled(cf, stack), "DELETE_COMPLETE", name)
            self.assertEqual(cf.list_exports()["Exports"], [])
            kept = [q for q in sqs.list_queues()["QueueUrls"] if "shared-Kept" in q]
            self.assertEqual(len(kept), 1)

    def test_a_kill_after_every_batch(self):
        with Copy(self.number) as copy:
            dies = Cloud(data=copy.data, env={"CALOTYPE_TEST_FAULT": "kill-migration"})
            for deaths in range(100):
                self.assertIn(copy.format, [f"calotype-data {v + 1} from {v}\n" for v in range(self.number, PRESENT)] if deaths
                              else [f"calotype-data {self.number}\n"])
                try:
                    dies.start()
                except DaemonFailed:
                    continue
                break
            dies.stop()
            if deaths == 0:
                without_faults(self)
            self.assertGreaterEqual(deaths, self.batches)  # one for each kind of rows that is turned
            with Cloud(data=copy.data) as cloud:
                self.same(cloud, copy.told)

    def test_kills_at_any_moment(self):
        chance = random.Random(3)
        with Copy(self.number) as copy:
            for _ in range(int(os.environ.get("CALOTYPE_KILLS", "12"))):
                cloud = Cloud(data=copy.data)
                cloud.launch()
                time.sleep(chance.uniform(0, 0.4))
                cloud.kill9()
            with Cloud(data=copy.data) as cloud:
                self.same(cloud, copy.told)

    def test_nothing_stays_readable(self):
        """The old values leave the database's tables and its log with the migration, not some day."""
        with Copy(self.number) as copy:
            self.assertNotEqual(readable(copy.data, ["hush-hush"]), [])  # else this looks for nothing
            for n in range(self.batches + 2):  # killed within the walk, and before the tables are written anew
                dies = Cloud(data=copy.data, env={"CALOTYPE_TEST_FAULT": "kill-migration"})
                try:
                    dies.start()
                except DaemonFailed:
                    continue
                dies.stop()
            with Cloud(data=copy.data):
                pass
            self.assertEqual(readable(copy.data, make.MARKED + [b.decode() for b in make.BODIES[:1]]), [])

    def test_newer_data_is_refused(self):
        with Copy(self.number) as copy:
            (copy.data / "format").write_text(f"calotype-data {PRESENT + 1}\n")
            with self.assertRaisesRegex(DaemonFailed, f"data of format {PRESENT + 1}, newer than this program's {PRESENT}"):
                Cloud(data=copy.data).start()
            self.assertEqual(copy.format, f"calotype-data {PRESENT + 1}\n")


class FormatOne(OldFormat, unittest.TestCase):
    number, batches, subscriptions = 1, 5, 1


class Waiting(OldFormat):
    """What formats 2 and later hold besides."""
    subscriptions = 1 + make.WIDE

    def bodies(self, sqs, name):
        queue, got = sqs.get_queue_url(QueueName=name)["QueueUrl"], []
        while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            got += [m["Body"] for m in messages]
        return got

    def test_events_on_their_way_arrive_once(self):
        """Every message that was accepted is in every queue; those that the kill cut off are whole or not there."""
        with Copy(self.number) as copy, Cloud(data=copy.data) as cloud:
            sqs, got = cloud.client("sqs"), {n: [] for n in range(make.WIDE)}
            self.assertGreaterEqual(len(copy.published), 20)

            def all_there():
                for n in got:
                    got[n] += [json.loads(body)["Message"] for body in self.bodies(sqs, f"wide-{n}")]
                return all(set(copy.published) <= set(names) for names in got.values())
            wait_for(all_there)
            for names in got.values():
                self.assertEqual(sorted(names), sorted(got[0]))
                self.assertEqual(len(names), len(set(names)))

    def test_invocations_that_waited_are_run(self):
        with Copy(self.number) as copy, Cloud(data=copy.data) as cloud:
            sqs, dead = cloud.client("sqs"), []
            self.assertEqual(self.bodies(sqs, "dead"), [])
            cloud.client("lambda").delete_function_concurrency(FunctionName="f")  # its program ends at once: it fails
            wait_for(lambda: dead.extend(self.bodies(sqs, "dead")) or len(dead) >= len(make.EVENTS))
            self.assertEqual(sorted(dead), sorted(make.EVENTS))

    def test_a_delay_goes_on(self):
        with Copy(self.number) as copy, Cloud(data=copy.data) as cloud:
            copy.turn_back(cloud)
            sqs = cloud.client("sqs")
            self.assertEqual(self.bodies(sqs, "delayed"), [])
            cloud.advance(700)
            self.assertEqual(self.bodies(sqs, "delayed"), [make.DELAYED])


class FormatTwo(Waiting, unittest.TestCase):
    number, batches = 2, 9


class FormatThree(Waiting, unittest.TestCase):
    number, batches = 3, 6

    def test_what_was_sealed_by_services(self):
        with Copy(self.number) as copy, Cloud(data=copy.data) as cloud:
            copy.turn_back(cloud)
            ddb, logs = cloud.client("dynamodb", keys=copy.keys), cloud.client("logs")
            for name in "ab":
                item = {"Id": {"S": name}, "By": {"S": "x"}, "N": {"N": str(make.IMAGES - 1)}, "Text": {"S": "mark-item"}}
                self.assertEqual(ddb.get_item(TableName="kept", Key={"Id": {"S": name}})["Item"], item)
            found = ddb.query(TableName="kept", IndexName="by-by", KeyConditionExpression="#b = :x", ExpressionAttributeNames={"#b": "By"},
                              ExpressionAttributeValues={":x": {"S": "x"}})["Items"]
            self.assertEqual(sorted(i["Id"]["S"] for i in found), ["a", "b"])
            self.assertEqual(self.bodies(cloud.client("sqs"), "marked"), ["mark-message " * 40])
            events = logs.get_log_events(logGroupName="lines", logStreamName="one", startFromHead=True)["events"]
            self.assertEqual([e["message"] for e in events], [f"mark-line {n}" for n in range(3)])
            variables = cloud.client("lambda").get_function_configuration(FunctionName="f")["Environment"]["Variables"]
            self.assertEqual(variables, {"SECRET": "mark-variable"})
            now = {"StartTime": time_of(copy, -600), "EndTime": time_of(copy, 600)}
            points = cloud.client("cloudwatch").get_metric_statistics(Namespace="Old", MetricName="m", Period=60, Statistics=["Sum"], **now)
            self.assertEqual([p["Sum"] for p in points["Datapoints"]], [6])
            table = cloud.client("dynamodb").describe_table(TableName="kept")["Table"]
            self.assertEqual(table["ItemCount"], 2)
            cloud.client("dynamodb").delete_table(TableName="kept")
            with self.assertRaises(ddb.exceptions.ResourceNotFoundException):
                ddb.get_item(TableName="kept", Key={"Id": {"S": "a"}})


if __name__ == "__main__":
    main()
