"""Functions as people write them: layers, packages, ES modules, queues, JSON logs, parameters."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from stacks import StackCase, needs_boto3, needs_node, needs_python  # noqa: E402
from cloud import main, wait_for  # noqa: E402

MEASURE = """
import json
import os
import sys

import shapes          # of the layer `units`, which covers that of `common`
from paper import A6   # of the layer `common`


def handler(event, context):
    for record in event["Records"]:
        size = record["s3"]["object"]["size"]
        print(json.dumps({"key": record["s3"]["object"]["key"], "size": shapes.human(size), "paper": A6, "WORD": 1}))
    return [p for p in sys.path if p.startswith("/opt")], os.listdir("/opt/bin")
"""
LABEL = """
import os
import platform

import boto3
from vendored.slug import slugify
from . import words

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
cold = True


def handler(event, context):
    global cold
    first, cold = cold, False
    table.put_item(Item={"Id": slugify(event["title"]), "Words": words.count(event["title"])})
    return {"cold": first, "python": platform.python_implementation(), "free": os.statvfs("/tmp").f_blocks * os.statvfs("/tmp").f_frsize >> 20,
            "xray": "AWS_XRAY_DAEMON_ADDRESS" in os.environ, "limit": context.memory_limit_in_mb}
"""
COUNT = """
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import plural from '../node_modules/plural/index.js';
import tally from 'tally';

const colours = JSON.parse(await readFile(new URL('./colours.json', import.meta.url)));
const seen = new Map();

export const handler = async (event, context) => {
  for (const { Sns } of event.Records) {
    const message = JSON.parse(Sns.Message);
    for (const { eventName, s3 } of message.Records ?? []) {
      seen.set(s3.object.key, (seen.get(s3.object.key) ?? 0) + 1);
      const digest = createHash('md5').update(s3.object.key).digest('hex').slice(0, 4);
      console.log(`${eventName} ${s3.object.key} ${digest} ${plural(tally(seen), 'key')} ${colours[0]}`);
    }
  }
  return context.awsRequestId;
};
"""


class Functions(StackCase):
    @needs_python
    def test_sizes_layers(self):
        self.code("layers/common.zip", {"python/paper.py": "A6 = 'a6'\n", "python/shapes.py": "def human(n):\n    return 'covered'\n", "bin/tool": "#!/bin/sh\n"})
        self.code("layers/units.zip", {"python/lib/python3.11/site-packages/rare.py": "", "python/shapes.py": "def human(n):\n    return f'{n} bytes'\n"})
        where = {"CodeBucket": "artifacts", "CodeKey": "sizes.zip"}
        with self.stack("sizes-layers") as s:
            s.deploy(**where, CodeVersion=self.code("sizes.zip", {"measure.py": MEASURE}))
            bucket, function = s.out("Bucket"), s.out("Function")
            self.assertRegex(s.out("Layer"), r":layer:common:\d+$")
            self.put(bucket, "in/a.txt", b"12345")
            self.put(bucket, "out/b.txt", b"1")
            said = json.loads(self.lines(function, "WORD")[0])
            self.assertEqual(said, {"key": "in/a.txt", "size": "5 bytes", "paper": "a6", "WORD": 1})
            self.report(function, 128)
            self.metric(function, "Invocations")
            error, (paths, tools) = self.invoke(function, {"Records": []})
            self.assertEqual((error, tools), (None, ["tool"]))
            self.assertIn("/opt/python", paths)
            # Another version of the code, in another order of layers.
            s.update({"[!Ref Common, !Ref Units]": "[!Ref Units, !Ref Common]"}, **where,
                     CodeVersion=self.code("sizes.zip", {"measure.py": MEASURE.replace("WORD", "SECOND")}))
            self.put(bucket, "in/c.txt", b"1")
            self.assertEqual(json.loads(self.lines(function, "SECOND")[0])["size"], "covered")
            self.empty(bucket)
            self.leaves_log_group(s, f"/aws/lambda/{function}")
            s.remove()

    @needs_python
    @needs_boto3
    def test_labels_arm(self):
        package = {"src/__init__.py": "", "src/handlers/__init__.py": "", "src/handlers/label.py": LABEL,
                   "src/handlers/words.py": "def count(text):\n    return len(text.split())\n",
                   "vendored/__init__.py": "", "vendored/slug.py": "def slugify(text):\n    return '-'.join(text.lower().split())\n"}
        self.code("labels.zip", package)
        with self.stack("labels-arm") as s:
            s.deploy(CodeBucket="artifacts", CodeKey="labels.zip")
            function = s.out("Function")
            self.assertEqual(self.lambda_.get_function_configuration(FunctionName=function)["Architectures"], ["arm64"])
            for first in True, False:  # the module's state stays
                error, said = self.invoke(function, {"title": "The Old Harbour"})
                self.assertEqual((error, said["cold"], said["python"], said["limit"]), (None, first, "CPython", "192"))
                self.assertGreaterEqual(said["free"], 590)
            self.assertEqual(self.item(s.out("Table"), Id="the-old-harbour")["Words"], {"N": "3"})
            self.report(function, 192, 2)
            self.metric(function, "Invocations", 2)
            s.update({"POWERTOOLS_SERVICE_NAME: labels": "POWERTOOLS_SERVICE_NAME: names", "Memory: 192": "Memory: 256"},
                     CodeBucket="artifacts", CodeKey="labels.zip")
            error, said = self.invoke(function, {"title": "b"})
            self.assertEqual((error, said["cold"], said["limit"]), (None, True, "256"))
            error, said = self.invoke(function, {})
            self.assertEqual((error, said["errorType"], said["errorMessage"]), ("Unhandled", "KeyError", "'title'"))
            self.assertIn('File "/var/task/src/handlers/label.py", line ', said["stackTrace"][-1])
            self.leaves_log_group(s, f"/aws/lambda/{function}")
            s.remove()

    @needs_node
    def test_fanout_esm(self):
        package = {"package.json": '{"type": "module"}', "lib/count.mjs": COUNT, "lib/colours.json": '["red"]',
                   "node_modules/plural/package.json": '{"name": "plural", "type": "commonjs", "main": "index.js"}',
                   "node_modules/plural/index.js": "module.exports = (n, word) => `${n} ${word}${n === 1 ? '' : 's'}`;\n",
                   "node_modules/tally/package.json": '{"name": "tally", "type": "module", "exports": "./main.js"}',
                   "node_modules/tally/main.js": "export default (map) => map.size;\n"}
        self.code("count.zip", package)
        with self.stack("fanout-esm") as s:
            s.deploy(CodeBucket="artifacts", CodeKey="count.zip")
            bucket, function = s.out("Bucket"), s.out("Function")
            tests = [json.loads(m["Body"]) for m in self.messages(s.out("Queue"), 2)]  # one of each configuration
            self.assertEqual({(one["Event"], one["Bucket"]) for one in tests}, {("s3:TestEvent", bucket)})
            self.put(bucket, "one", b"1")
            self.lines(function, r"\tINFO\tObjectCreated:Put one f97c 1 key red")
            self.s3.delete_object(Bucket=bucket, Key="one")
            self.lines(function, r"\tINFO\tObjectRemoved:Delete one f97c 1 key red")
            heard = [json.loads(m["Body"])["Records"][0]["eventName"] for m in self.messages(s.out("Queue"), 2)]
            self.assertEqual(sorted(heard), ["ObjectCreated:Put", "ObjectRemoved:Delete"])
            self.report(function, 128)
            self.metric(function, "Invocations", 2)
            self.code("count.zip", {**package, "lib/colours.json": '["blue"]'})
            s.update({"CodeKey: {Type: String}": "CodeKey: {Type: String}\n  More: {Type: String, Default: ''}", "nodejs22.x\n": "nodejs22.x\n      Description: again\n",
                      "Code: {S3Bucket: !Ref CodeBucket, S3Key: !Ref CodeKey}": "Code: {S3Bucket: !Ref CodeBucket, S3Key: !Sub '${CodeKey}'}"},
                     CodeBucket="artifacts", CodeKey="count.zip")
            # The key is the same, so the code is, as on AWS: only another key or version is a change.
            self.put(bucket, "two", b"2")
            self.lines(function, r"ObjectCreated:Put two \w+ \d keys? red")
            self.code("count-2.zip", {**package, "lib/colours.json": '["blue"]'})
            s.update(CodeBucket="artifacts", CodeKey="count-2.zip")
            self.put(bucket, "three", b"3")
            self.lines(function, r"ObjectCreated:Put three \w+ 1 key blue")
            self.empty(bucket)
            self.report(function, 128, 8)  # all have ended, the test events too: a late line would make the group again
            self.leaves_log_group(s, f"/aws/lambda/{function}")
            s.remove()

    @needs_python
    @needs_boto3
    def test_queue_worker(self):
        with self.stack("queue-worker") as s:
            s.deploy()
            bucket, function = s.out("Bucket"), s.out("Function")
            self.put(bucket, "a.csv", b"1,2\n3,4\n")
            self.put(bucket, "a.txt", b"no job")
            self.put(bucket, "b.csv", b"5,6\n")
            rows, who = 0, None
            while rows < 3:
                error, said = self.invoke(function)
                self.assertIsNone(error, said)
                rows, who = rows + said["rows"], said["who"]
            self.assertEqual(rows, 3)
            self.assertRegex(who, r"^arn:aws:sts::\d{12}:assumed-role/queue-worker-test-WorkerRole-\w+/queue-worker-test-Worker-\w+$")
            self.report(function, 128)
            self.metric(function, "Invocations")
            wait_for(lambda: self.cloudwatch.list_metrics(Namespace="Jobs")["Metrics"])
            s.update({"MaxNumberOfMessages=10": "MaxNumberOfMessages=1", '"Timeout": 20': '"Timeout": 25'})
            self.put(bucket, "c.csv", b"1\n")
            self.put(bucket, "d.csv", b"1\n")
            wait_for(lambda: self.invoke(function)[1]["rows"] == 1)
            self.empty(bucket)
            self.leaves_log_group(s, f"/aws/lambda/{function}")
            s.remove()

    @needs_python
    @needs_node
    def test_logs_json(self):
        with self.stack("logs-json") as s:
            s.deploy()
            group = s.out("Group")
            self.assertEqual([self.invoke(s.out(name)) for name in ("Python", "Node")], [(None, "python"), (None, "node")])
            self.lines(group, "platform.report", 1)
            all_ = [json.loads(line) for line in self.lines(group, "no paper") and self.all_lines(group)]
            made, = [one for one in all_ if one.get("message") == "made 3 prints"]
            self.assertEqual((made["level"], made["order"], made["logger"]), ("INFO", 17, "index"))
            size, = [one for one in all_ if one.get("message") == "no size"]
            self.assertEqual((size["level"], size["errorType"], size["errorMessage"]), ("ERROR", "KeyError", "'size'"))
            paper, = [one for one in all_ if one.get("message") == "little paper left"]
            self.assertEqual(paper["level"], "WARN")
            error, = [one for one in all_ if one.get("level") == "ERROR" and one is not size]
            self.assertEqual((error["message"]["errorType"], error["message"]["errorMessage"]), ("RangeError", "no paper"))
            self.assertFalse([one for one in all_ if one.get("message") == "not told"])
            kinds = {one["type"] for one in all_ if "type" in one}
            self.assertLessEqual({"platform.initStart", "platform.start", "platform.report"}, kinds)
            s.update({"SystemLogLevel: INFO": "SystemLogLevel: WARN", "ApplicationLogLevel: INFO": "ApplicationLogLevel: DEBUG"})
            self.invoke(s.out("Python"))
            self.lines(group, '"not told"')
            s.remove()

    @needs_node
    def test_settings(self):
        secret = "very-secret-1"
        with self.stack("settings") as s:
            s.deploy(ApiKey=secret)
            function = s.out("Function")
            error, said = self.invoke(function)
            self.assertEqual((error, said), (None, {"stage": "dev", "key": len(secret), "level": 3, "names": ["ann", "bob"], "extra": False, "memory": "128",
                                                    "region": "us-east-1", "arn": f"arn:aws:lambda:us-east-1:000000000000:function:{function}"}))
            self.assertNotIn(secret, json.dumps(self.cf.describe_stack_events(StackName=s.id), default=str))
            self.put(s.out("Archive"), "kept", b"yes")
            s.update(Stage="prod", ApiKey=secret, Level="5", Names="cy")
            said = self.invoke(function)[1]
            self.assertEqual((said["stage"], said["level"], said["names"], said["extra"], said["memory"]), ("prod", 5, ["cy"], True, "256"))
            self.report(function, 256, 2)
            self.metric(function, "Invocations", 2)
            self.assertEqual([e["Name"] for e in self.cf.list_exports()["Exports"]], [f"{s.name}-function"])
            archive = s.out("Archive")

            def drop_archive():
                self.empty(archive)
                self.s3.delete_bucket(Bucket=archive)
            s.leaves += [("the archive", lambda: self.s3.head_object(Bucket=archive, Key="kept"), drop_archive),
                         ("the table", lambda: self.dynamodb.describe_table(TableName="settings-records"),
                          lambda: self.dynamodb.delete_table(TableName="settings-records"))]
            s.remove()


if __name__ == "__main__":
    main()
