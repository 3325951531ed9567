"""The logs of functions as clients read them: LoggingConfig from the request to what lies on disk, what Lambda writes in
either format, records with their own times, metrics in them, and programs that write nonsense where records belong."""
import base64
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main, wait_for  # noqa: E402
from functions import FunctionsCase, python, zipped  # noqa: E402

# Runs the code of its event. write() and record() write to the pipe of records, as the runtimes of AWS do.
PROGRAM = """
import json, os, struct, sys, threading, time
def record(text, kind=0xa55a0003, us=None):
    text = text.encode()
    return struct.pack(">IIQ", kind, len(text), us or time.time_ns() // 1000) + text
def write(data):
    while data:
        data = data[os.write(3, data):]
def run(event, context):
    space = dict(globals(), context=context)
    exec(event["code"], space)
    return space.get("result")
"""
TEXT_LEVEL = ('LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the '
              'LogFormat to "JSON" and try again.')


class LogsCase(FunctionsCase):
    @classmethod
    def prepare(cls):
        super().prepare()
        cls.lam, cls.logs = cls.functions.client, cls.cloud.client("logs")

    def probe(self, name, **logging):
        more = {"LoggingConfig": logging} if logging else {}
        self.make(name, zipped({"app.py": PROGRAM}), Runtime=python(), Handler="app.run", Timeout=20, **more)

    def run_code(self, name, code, **more):
        """The invocation's answer, and the tail of its log."""
        response = self.lam.invoke(FunctionName=name, Payload=json.dumps({"code": code}), LogType="Tail", **more)
        return (json.loads(response["Payload"].read()), base64.b64decode(response["LogResult"]).decode(errors="replace"),
                response["ResponseMetadata"]["RequestId"])

    def events(self, name, last, group=None):
        """All events of the function's streams, once one of them has `last` in it."""
        group = group or f"/aws/lambda/{name}"

        def there():
            try:
                streams = self.logs.describe_log_streams(logGroupName=group)["logStreams"]
            except self.logs.exceptions.ResourceNotFoundException:
                return None
            found = []
            for stream in streams:
                found += self.logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"],
                                                  startFromHead=True)["events"]
            return found if any(last in e["message"] for e in found) else None
        return wait_for(there, 30)


class Settings(LogsCase):
    def test_kept(self):
        everything = {"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "SystemLogLevel": "DEBUG", "LogGroup": "/all/of/it"}
        self.probe("kept", **everything)
        self.assertEqual(self.lam.get_function(FunctionName="kept")["Configuration"]["LoggingConfig"], everything)
        self.lam.update_function_configuration(FunctionName="kept", Timeout=9)
        self.cloud.restart()
        self.assertEqual(self.lam.get_function_configuration(FunctionName="kept")["LoggingConfig"], everything)
        answer = self.lam.update_function_configuration(FunctionName="kept", LoggingConfig={"LogFormat": "JSON"})
        self.assertEqual(answer["LoggingConfig"], {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO",
                                                   "LogGroup": "/aws/lambda/kept"})
        answer = self.lam.update_function_configuration(FunctionName="kept", LoggingConfig={"LogGroup": "one"})
        self.assertEqual(answer["LoggingConfig"], {"LogFormat": "Text", "LogGroup": "one"})

    def test_refused(self):
        wrong = "failed to satisfy constraint"
        cases = [({"LogFormat": "Text", "ApplicationLogLevel": "INFO"}, "InvalidParameterValueException", TEXT_LEVEL),
                 ({"SystemLogLevel": "INFO"}, "InvalidParameterValueException", TEXT_LEVEL),
                 ({"LogFormat": "json"}, "ValidationException", wrong),
                 ({"LogFormat": "JSON", "ApplicationLogLevel": "warn"}, "ValidationException", wrong),
                 ({"LogFormat": "JSON", "SystemLogLevel": "ERROR"}, "ValidationException", wrong),
                 ({"LogFormat": "JSON", "LogGroup": "a b"}, "ValidationException", wrong)]
        self.probe("refused")
        for logging, code, words in cases:
            with self.subTest(logging=logging):
                with self.assertRaises(self.lam.exceptions.ClientError) as made:
                    self.probe("never", **logging)
                with self.assertRaises(self.lam.exceptions.ClientError) as changed:
                    self.lam.update_function_configuration(FunctionName="refused", LoggingConfig=logging)
                for caught in (made.exception, changed.exception):
                    self.assertEqual(caught.response["Error"]["Code"], code)
                    self.assertIn(words, caught.response["Error"]["Message"])
        self.assertEqual(self.lam.get_function_configuration(FunctionName="refused")["LoggingConfig"],
                         {"LogFormat": "Text", "LogGroup": "/aws/lambda/refused"})

    def test_a_stack(self):
        cf = self.cloud.client("cloudformation")
        logging = {"LogFormat": "JSON", "ApplicationLogLevel": "ERROR", "SystemLogLevel": "WARN", "LogGroup": "/of/a/stack"}

        def bring(call, **properties):
            function = {"Type": "AWS::Lambda::Function", "Properties": {
                "FunctionName": "stacked", "Role": self.functions.role, "Runtime": python(), "Handler": "index.run",
                "Code": {"ZipFile": PROGRAM}, **properties}}
            call(StackName="logged", TemplateBody=json.dumps({"Resources": {"F": function}}))
            status = wait_for(lambda: (found := cf.describe_stacks(StackName="logged")["Stacks"][0]["StackStatus"])
                              .endswith("_IN_PROGRESS") and None or found, 60)
            return status, self.lam.get_function_configuration(FunctionName="stacked")["LoggingConfig"]
        self.assertEqual(bring(cf.create_stack, LoggingConfig=logging), ("CREATE_COMPLETE", logging))
        del logging["LogGroup"]
        self.assertEqual(bring(cf.update_stack, LoggingConfig=logging),
                         ("UPDATE_COMPLETE", {**logging, "LogGroup": "/aws/lambda/stacked"}))
        self.assertEqual(bring(cf.update_stack), ("UPDATE_COMPLETE", {"LogFormat": "Text", "LogGroup": "/aws/lambda/stacked"}))


class Texts(LogsCase):
    def test_an_invocation(self):
        self.probe("text")
        _, tail, request = self.run_code("text", "print('out')\nsys.stderr.write('err\\n')\nwrite(record('one\\nrecord'))")
        got = [e["message"] for e in self.events("text", "REPORT")]
        self.assertRegex(got[0], r"^INIT_START Runtime Version: python:3\.\d+\.calotype\n$")
        self.assertEqual(got[1], f"START RequestId: {request} Version: $LATEST\n")
        self.assertEqual(sorted(got[2:5]), ["err\n", "one\nrecord", "out\n"])
        self.assertEqual(got[5], f"END RequestId: {request}\n")
        self.assertRegex(got[6], rf"^REPORT RequestId: {request}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
                                 r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t\n$")
        self.assertEqual(len(got), 7)
        self.assertTrue(tail.startswith(got[1]) and tail.endswith(got[5] + got[6]), tail)
        self.assertIn("one\nrecord\n", tail)

    def test_the_time_of_a_record(self):
        self.probe("times")
        taken, _, _ = self.run_code("times", """
times = [time.time_ns() // 1000]
while time.time_ns() // 1000 < times[0] + 20000:
    pass
times.append(time.time_ns() // 1000)
print('printed')
write(record('second', us=times[1]) + record('first', us=times[0]) + record('long ago', us=1) + record('to come', us=1 << 60))
result = times""")
        got = {e["message"]: e["timestamp"] for e in self.events("times", "REPORT")}
        self.assertEqual([got["first"], got["second"]], [us // 1000 for us in taken])
        order = list(got)
        self.assertLess(order.index("first"), order.index("second"))
        self.assertLess(order.index("first"), order.index("printed\n"))  # which has the time at which it was read
        begun, ended = (next(t for m, t in got.items() if m.startswith(word)) for word in ("START", "END"))
        self.assertTrue(begun <= got["long ago"] <= got["to come"] <= ended, got)

    def test_a_shared_group(self):
        for name in ("one", "two"):
            self.probe(name, LogGroup="/shared")
            self.run_code(name, "print(context.log_stream_name)")
            said = next(e["message"] for e in self.events(name, f"/{name}[$LATEST][", "/shared") if f"/{name}[" in e["message"])
            self.assertRegex(said, rf"^\d{{4}}/\d\d/\d\d/{name}\[\$LATEST\]\[[0-9a-f]{{32}}\]\n$")
            self.assertIn(said[:-1], [s["logStreamName"]
                                      for s in self.logs.describe_log_streams(logGroupName="/shared")["logStreams"]])


class Json(LogsCase):
    def test_an_invocation(self):
        self.probe("json", LogFormat="JSON", SystemLogLevel="DEBUG")
        _, tail, request = self.run_code("json", "write(record('{\"level\":\"INFO\",\"message\":\"hi\"}\\n', 0xa55a000e))")
        got = [json.loads(e["message"]) for e in self.events("json", "platform.report")]
        self.assertEqual([e.get("type") for e in got], ["platform." + what for what in
                                                        ("initStart", "initRuntimeDone", "initReport", "start")] +
                         [None, "platform.runtimeDone", "platform.report"])
        arn = self.lam.get_function_configuration(FunctionName="json")["FunctionArn"]
        self.assertEqual(got[3]["record"], {"requestId": request, "functionArn": arn, "version": "$LATEST"})
        self.assertEqual(got[4], {"level": "INFO", "message": "hi"})
        report = got[6]["record"]
        self.assertEqual([report["requestId"], report["status"]], [request, "success"])
        metrics = report["metrics"]
        self.assertEqual(metrics["memorySizeMB"], 128)
        billed = metrics["durationMs"] + metrics["initDurationMs"]
        self.assertTrue(billed - 0.01 <= metrics["billedDurationMs"] <= billed + 1.01, metrics)
        self.assertEqual([json.loads(line) for line in tail.splitlines()], got[3:])

    def test_how_it_failed(self):
        self.probe("fails", LogFormat="JSON")
        self.lam.update_function_configuration(FunctionName="fails", Timeout=1)
        for code, status, kind in (("os._exit(1)", "error", "Runtime.ExitError"), ("time.sleep(9)", "timeout", None)):
            self.run_code("fails", code)
            got = [json.loads(e["message"]) for e in self.events("fails", f'"status":"{status}"')]
            record = next(e["record"] for e in got if e["type"] == "platform.report" and e["record"]["status"] == status)
            self.assertEqual(record.get("errorType"), kind)
        self.assertEqual(record["metrics"]["durationMs"], 1000)

    def test_levels_and_metrics(self):
        self.probe("levels", LogFormat="JSON", ApplicationLogLevel="WARN")
        metric = {"_aws": {"Timestamp": 0, "CloudWatchMetrics": [
            {"Namespace": "Mine", "Dimensions": [[]], "Metrics": [{"Name": "Count"}]}]}, "Count": 7}
        self.run_code("levels", f"""
print('plain')
print(json.dumps(dict(level='INFO', n=1)))
print(json.dumps(dict(level='error', n=2)))
metric = {metric!r}
metric['_aws']['Timestamp'] = time.time_ns() // 1000000
print(json.dumps(metric))
write(record(json.dumps(metric), 0xa55a000e))
""")
        got = [e["message"] for e in self.events("levels", "platform.report")]
        self.assertIn("plain\n", got)
        self.assertNotIn('"n": 1', "".join(got))
        self.assertIn('"n": 2', "".join(got))
        cloudwatch = self.cloud.client("cloudwatch")
        wait_for(lambda: cloudwatch.list_metrics(Namespace="Mine")["Metrics"], 30)


class Runtimes(LogsCase):
    """What the logging of the languages becomes: the levels of both formats, an event with newlines in it, an error."""
    PYTHON = """
import logging
def run(event, context):
    logging.getLogger().debug("unheard")
    logging.getLogger().warning("two\\nlines")
    raise ValueError("no\\nmore")
"""
    NODE = """
exports.run = async () => {
  console.debug("unheard");
  console.warn("two\\nlines");
  throw new RangeError("no\\nmore");
};
"""

    def each(self, name, **logging):
        """The events of an invocation of each runtime, by runtime, with its request."""
        runtimes = [(python(), "index.py", self.PYTHON)]
        if pathlib.Path("/usr/bin/node").exists():
            runtimes.append(("nodejs20.x", "index.js", self.NODE))
        for runtime, file, text in runtimes:
            with self.subTest(runtime):
                full = name + runtime[:4]
                self.make(full, zipped({file: text}), Runtime=runtime, Handler="index.run", Timeout=20, LoggingConfig=logging)
                _, _, request = self.run_code(full, "")
                yield runtime, request, [e["message"] for e in self.events(full, request + '","metrics' if logging else "REPORT")]

    def test_json(self):
        seen = []
        for runtime, request, messages in self.each("json", LogFormat="JSON"):
            seen.append(runtime)
            got = [json.loads(m) for m in messages]
            self.assertNotIn("unheard", str(got))
            warned = next(e for e in got if "lines" in str(e))
            self.assertEqual([warned["message"], warned["requestId"]], ["two\nlines", request])
            self.assertEqual(warned["level"], "WARNING" if runtime.startswith("python") else "WARN")
            failed = next(e for e in got if e.get("level") == "ERROR")
            failed = failed if "errorType" in failed else failed["message"]
            self.assertIn(failed["errorType"], ("ValueError", "RangeError"))
            self.assertEqual(failed["errorMessage"], "no\nmore")
        self.assertIn(python(), seen)

    def test_text(self):
        seen = []
        for runtime, request, messages in self.each("text"):
            seen.append(runtime)
            warned = next(m for m in messages if "lines" in m)
            self.assertRegex(warned, rf"^(\[WARNING\]\t\S+Z\t{request}|\S+Z\t{request}\tWARN)\ttwo\nlines\n$")
            self.assertEqual(sum("no\nmore" in m or "no\\nmore" in m for m in messages), 1)
            self.assertRegex(messages[-1], r"\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t\n$")
        self.assertIn(python(), seen)


class Hostile(LogsCase):
    def test_nonsense_for_records(self):
        """Threads that write over one another; the daemon serves on, and bounds what it keeps."""
        self.probe("noise")
        self.probe("calm")
        self.run_code("noise", """
def flood(seed):
    piece = bytes(seed * i % 256 for i in range(5000)) + struct.pack(">II", 0xa55a0003, 0xffffffff) + record("kept")
    for _ in range(10):
        os.write(3, piece)
threads = [threading.Thread(target=flood, args=[n]) for n in (3, 7, 11)]
for t in threads:
    t.start()
for t in threads:
    t.join()
""")
        got = self.events("noise", "REPORT")
        self.assertIn("kept", [e["message"] for e in got])
        self.run_code("calm", "write(record('calm'))")
        self.assertIn("calm", [e["message"] for e in self.events("calm", "REPORT")])


if __name__ == "__main__":
    main()
