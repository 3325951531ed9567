"""Functions that write without end: what everybody else notices, what the log says, and what it costs.

The figures of the contract (150 MB, 100 ms) are measured with a release build by hand; here are bounds
that a build with sanitizers on a busy machine keeps, and that the daemon without them passed by far.
"""
import json
import os
import pathlib
import re
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import compiler, main, wait_for
from functions import FunctionsCase

MIB = 1 << 20
MEMORY_MOST = (400 if compiler() < 14 else 800) * MIB  # with sanitizers; without bounds a flood took 4 GB and more
WAIT_MOST = 5  # seconds of an honest writer, on a busy machine; without bounds tens of seconds


class Flood(FunctionsCase):
    # What was freed is held back by the sanitizer, 256 MiB of it: the measure is of what is held by us.
    cloud_env = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=16"}

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.lam = cls.functions.client
        cls.logs = cls.cloud.client("logs")
        cls.cloud.client("dynamodb").create_table(
            TableName="honest", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")

    def flood(self, name, of, size):
        event = json.dumps({"do": "flood", "of": of, "bytes": size}, separators=(",", ":"))
        answer = self.lam.invoke(FunctionName=name, Payload=event)
        self.assertEqual(answer["Payload"].read(), b'"flooded"')
        self.assertNotIn("FunctionError", answer)
        return answer["ResponseMetadata"]["RequestId"]

    def beside_a_writer(self, what):
        """Runs what(), while somebody puts items: the longest that one took."""
        done, waits, faults = threading.Event(), [], []

        def put():
            table = self.cloud.client("dynamodb", tls=False, read_timeout=60)
            try:
                while not done.is_set():
                    began = time.monotonic()
                    table.put_item(TableName="honest", Item={"k": {"S": str(len(waits) % 100)}})
                    waits.append(time.monotonic() - began)
            except Exception as fault:
                faults.append(fault)

        writer = threading.Thread(target=put)
        writer.start()
        try:
            got = what()
        finally:
            done.set()
            writer.join()
        self.assertEqual(faults, [])
        self.assertTrue(waits)
        self.assertLess(max(waits), WAIT_MOST)
        return got

    def memory(self):
        status = pathlib.Path(f"/proc/{self.cloud._process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024

    def end_of_log(self, name, request):
        """The last events of the function's log, once it has the REPORT of that invocation."""
        group = f"/aws/lambda/{name}"

        def find():
            streams = self.logs.describe_log_streams(logGroupName=group)["logStreams"]
            texts = [e["message"] for s in streams for e in self.logs.get_log_events(
                logGroupName=group, logStreamName=s["logStreamName"], limit=50)["events"]]
            return texts if any(t.startswith(f"REPORT RequestId: {request}") for t in texts) else None
        return wait_for(find, 120, 0.2)

    def lost(self, texts):
        """How many lines and bytes calotype's own lines say were dropped."""
        found = [re.match(r"calotype: (\d+) lines \((\d+) bytes\) were dropped: over the limit of ", t) for t in texts]
        return sum(int(f[1]) for f in found if f), sum(int(f[2]) for f in found if f)

    def told_of_losses(self, name):
        pages = self.logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{name}", filterPattern='"bytes) were dropped"')
        return [event["message"] for page in pages for event in page["events"]]

    def check_log_goes_on(self, name):
        """After the second that a flood is paid with, the function's lines are all there again."""
        def say():
            self.assertEqual(self.lam.invoke(FunctionName=name, Payload=b'{"do":"log"}')["Payload"].read(), b'"logged"')
            pages = self.logs.get_paginator("filter_log_events").paginate(  # the flood before it takes more than one
                logGroupName=f"/aws/lambda/{name}", filterPattern='"three"')
            return [e for page in pages for e in page["events"] if e["message"] == "three\n"]
        wait_for(say, 60, 0.5)

    def test_floods(self):
        for of in ("newlines", "binary", "one"):
            with self.subTest(of):
                size = 20 * MIB
                self.make(of, Timeout=120)
                began = time.monotonic()
                request = self.beside_a_writer(lambda: self.flood(of, of, size))
                seconds = time.monotonic() - began  # the slower the machine, the more has room
                self.end_of_log(of, request)
                room = 20000 + 10000 * seconds if of == "newlines" else (8 + 2 * seconds) * MIB
                lines, lost = self.lost(self.told_of_losses(of))
                self.assertTrue(lines > 0 or room >= size)
                self.assertGreaterEqual(lost, size - room - MIB)
                self.assertLessEqual(lost, size + 100)
                self.check_log_goes_on(of)
                self.assertLess(self.memory(), MEMORY_MOST)

    def test_metrics_in_lines(self):
        """Each of these lines stands for 3,000 rows of metrics."""
        self.make("emf", Timeout=120)
        request = self.beside_a_writer(lambda: self.flood("emf", "emf", 10 * MIB))
        self.end_of_log("emf", request)
        wait_for(lambda: any(re.match(r"calotype: the metrics of \d+ lines were not taken: over the limit of ", t)
                             for t in self.end_of_log("emf", request)), 60, 0.2)
        self.assertLess(self.memory(), MEMORY_MOST)

    def test_a_talkative_function_loses_nothing(self):
        self.make("talks", Timeout=120)
        request = self.flood("talks", "lines", 10000 * 100)
        self.assertEqual(self.lost(self.end_of_log("talks", request)), (0, 0))
        group, seen, token = "/aws/lambda/talks", 0, {}
        while True:
            page = self.logs.filter_log_events(logGroupName=group, filterPattern='"yyyy"', **token)
            seen += len(page["events"])
            if "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}
        self.assertEqual(seen, 10000)

    def test_many_events_in_one_request(self):
        """The largest PutLogEvents goes in, whole."""
        self.logs.create_log_group(logGroupName="many")
        self.logs.create_log_stream(logGroupName="many", logStreamName="s")
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": "x"} for _ in range(10000)]
        self.beside_a_writer(lambda: self.logs.put_log_events(logGroupName="many", logStreamName="s", logEvents=events))
        page = self.logs.get_log_events(logGroupName="many", logStreamName="s", limit=10000)
        self.assertEqual(len(page["events"]), 10000)


if __name__ == "__main__":
    main()
