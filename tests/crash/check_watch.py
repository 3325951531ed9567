"""CloudWatch and its logs: sums of what was put, alarms and dashboards as they were set, lines in their order."""
import datetime
import itertools
import json
import threading

from history import Register, Registers
from work import Work as Base, everything

SPACE, GROUP = "Crash", "crash-lines"
ALARMS, STREAMS, CHURN = [f"crash-alarm-{n}" for n in range(3)], [f"s{n}" for n in range(3)], [f"t{n}" for n in range(2)]


class Work(Base):
    name = "watch"

    def __init__(self, history):
        super().__init__(history)
        self.alarms, self.boards, self.streams = Registers("alarm"), Registers("dashboard"), Registers("log stream")
        self.batches, self.retention = Registers("log lines"), Register()
        self.data, self.locks, self.offset_ms = {}, {s: threading.Lock() for s in STREAMS}, 0

    def prepare(self, c):
        c.logs.create_log_group(logGroupName=GROUP)
        for stream in STREAMS:
            c.logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)

    # ---- requests ----
    def put(self, c, rng):
        """The same in two metrics at once: their sums are one."""
        number = self.history.number()
        metric = f"m{number // 300}"
        request = self.history.begin(f"PutMetricData {metric} {number}")
        self.data.setdefault(metric, []).append(request)
        row = {"Value": 1, "Timestamp": datetime.datetime.fromtimestamp(c.world_ms() / 1000, datetime.timezone.utc)}
        self.history.ask(request.what, lambda: c.cloudwatch.put_metric_data(Namespace=SPACE, MetricData=[
            {"MetricName": metric, **row}, {"MetricName": metric + "-again", **row}]), request=request)

    def alarm(self, c, rng):
        name, number = rng.choice(ALARMS), self.history.number()
        request = self.history.begin(f"alarm {name} {number}")
        if rng.random() < 0.3:
            self.alarms[name].write(request, None)
            call = lambda: c.cloudwatch.delete_alarms(AlarmNames=[name])
        else:
            self.alarms[name].write(request, float(number))
            call = lambda: c.cloudwatch.put_metric_alarm(
                AlarmName=name, Namespace=SPACE, MetricName="none", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=number,
                ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore")
        self.history.ask(request.what, call, refusals=("ResourceNotFound", "ResourceNotFoundException"), request=request)

    def board(self, c, rng):
        number = self.history.number()
        request = self.history.begin(f"PutDashboard {number}")
        self.boards["crash"].write(request, number)
        self.history.ask(request.what, lambda: c.cloudwatch.put_dashboard(DashboardName="crash", DashboardBody=json.dumps(
            {"widgets": [{"type": "text", "properties": {"markdown": str(number)}}]})), request=request)

    def write(self, c, rng):
        """A batch of lines; one writer a stream, so that their order is known."""
        stream = rng.choice(STREAMS)
        if not self.locks[stream].acquire(blocking=False):
            return
        try:
            number, lines = self.history.number(), rng.choice((1, 3, 40))
            request = self.history.begin(f"PutLogEvents {stream} {number}")
            self.batches[stream, number].write(request, lines)
            now = c.world_ms()
            self.history.ask(request.what, lambda: c.logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=[
                {"timestamp": now, "message": f"{number} {i} of {lines}"} for i in range(lines)]), request=request)
        finally:
            self.locks[stream].release()

    def stream(self, c, rng):
        name, make = rng.choice(CHURN), rng.random() < 0.5
        request = self.history.begin(f"{'Create' if make else 'Delete'}LogStream {name}")
        self.streams[name].write(request, make or None)
        call = c.logs.create_log_stream if make else c.logs.delete_log_stream
        self.history.ask(request.what, lambda: call(logGroupName=GROUP, logStreamName=name),
                         refusals=("ResourceAlreadyExistsException", "ResourceNotFoundException"), request=request)

    def keep(self, c, rng):
        days = rng.choice((365, 400, 545, 731))
        request = self.history.begin(f"PutRetentionPolicy {days}")
        self.retention.write(request, days)
        self.history.ask(request.what, lambda: c.logs.put_retention_policy(logGroupName=GROUP, retentionInDays=days), request=request)

    steps = ((30, put), (8, alarm), (4, board), (25, write), (6, stream), (4, keep))

    # ---- what is there ----
    def check(self, cloud, c):
        problems = []
        for metric in sorted(self.data, key=lambda m: int(m[1:]))[-2:]:
            self.check_metric(c, metric, problems)
        self.alarms.compare({a["AlarmName"]: a["Threshold"] for a in everything(c.cloudwatch, "describe_alarms", "MetricAlarms")
                             if a["AlarmName"] in ALARMS}, problems)
        boards = [d["DashboardName"] for d in c.cloudwatch.list_dashboards()["DashboardEntries"]]
        self.boards.compare({n: int(json.loads(c.cloudwatch.get_dashboard(DashboardName=n)["DashboardBody"])["widgets"][0]["properties"]["markdown"])
                             for n in boards if n == "crash"}, problems)
        streams = {s["logStreamName"] for s in everything(c.logs, "describe_log_streams", "logStreams", logGroupName=GROUP)}
        self.streams.compare({s: True for s in CHURN if s in streams}, problems)
        days = c.logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"][0].get("retentionInDays")
        if days not in self.retention.possible():
            problems.append(f"retention: is {days}, and may be {self.retention.possible()}")
        self.retention.settle(days)
        self.check_lines(c, problems)
        return problems

    def check_metric(self, c, metric, problems):
        sums = []
        now = datetime.datetime.fromtimestamp(c.world_ms() / 1000, datetime.timezone.utc)
        for name in (metric, metric + "-again"):
            points = c.cloudwatch.get_metric_statistics(
                Namespace=SPACE, MetricName=name, Statistics=["Sum", "SampleCount"], Period=86400,
                StartTime=now - datetime.timedelta(days=12), EndTime=now + datetime.timedelta(hours=1))["Datapoints"]
            sums.append((sum(p["Sum"] for p in points), sum(p["SampleCount"] for p in points)))
        put, perhaps = (sum(r.state == s for r in self.data[metric]) for s in ("answered", "unknown"))
        if sums[0] != sums[1] or sums[0][0] != sums[0][1] or not put <= sums[0][0] <= put + perhaps:
            problems.append(f"metric {metric}: {sums[0]} and {sums[1]}; {put} were put, and perhaps {perhaps} more")

    def lines(self, c, stream):
        token, messages = {}, []
        while True:
            page = c.logs.get_log_events(logGroupName=GROUP, logStreamName=stream, startFromHead=True, limit=500, **token)
            messages += [e["message"] for e in page["events"]]
            if token.get("nextToken") == page["nextForwardToken"]:
                return messages
            token = {"nextToken": page["nextForwardToken"]}

    def check_lines(self, c, problems):
        found, all_lines = {}, []
        for stream in STREAMS:
            lines = self.lines(c, stream)
            all_lines += lines
            numbers = []
            for number, batch in itertools.groupby(lines, key=lambda m: int(m.split()[0])):
                batch = list(batch)
                numbers.append(number)
                if batch != [f"{number} {i} of {len(batch)}" for i in range(len(batch))]:
                    problems.append(f"log stream {stream}: batch {number} is not whole, or not in order: {batch[:5]}")
                found[stream, number] = len(batch)
            if numbers != sorted(numbers):
                problems.append(f"log stream {stream}: its batches are not in the order of their times")
        if sorted(all_lines) != sorted(e["message"] for e in everything(c.logs, "filter_log_events", "events", logGroupName=GROUP)):
            problems.append("FilterLogEvents finds other lines than GetLogEvents")
        self.batches.compare(found, problems)
        for key in [k for k in self.batches if k not in found]:
            del self.batches[key]

    def harms(self, c):
        def again():
            metric = max(self.data, key=lambda m: int(m[1:]))
            c.cloudwatch.put_metric_data(Namespace=SPACE, MetricData=[{"MetricName": metric, "Value": 1, "Timestamp": datetime.datetime.fromtimestamp(
                c.world_ms() / 1000, datetime.timezone.utc)}])
            return lambda: self.data.clear()

        def lines():
            stream = next(iter(self.batches))[0]
            c.logs.delete_log_stream(logGroupName=GROUP, logStreamName=stream)
            c.logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        return [("a datum too much", again), ("lines are lost", lines),
                ("an alarm is another", lambda: c.cloudwatch.put_metric_alarm(
                    AlarmName=ALARMS[0], Namespace=SPACE, MetricName="none", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=0,
                    ComparisonOperator="GreaterThanThreshold"))]
