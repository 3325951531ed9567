"""The service `calotype`: GetStatus by the command line and by boto3, and who may ask."""
import datetime
import json
import os
import pathlib
import re
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / "lib"))
from cloud import Cloud, CloudCase, main, need_boto3, without_faults  # noqa: E402

os.environ["AWS_DATA_PATH"] = str(HERE.parents[2] / "tools/models")  # our service, for botocore
TARGET = "Calotype_20261126."
ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "calotype:GetStatus", "Resource": "*"}}


class Status(CloudCase):
    def status(self, *args, **kw):
        return self.cloud.run("status", *args, **kw)

    def test_for_people(self):
        done = self.status()
        self.assertEqual(done.stderr, "")
        lines = dict(re.split(r"  +", line, maxsplit=1) for line in done.stdout.splitlines())
        self.assertEqual(list(lines), ["status", "disk", "queue", "version", "endpoint", "region", "account", "isolation",
                                       "limits", "functions", "runtimes", "world time", "process", "scrub"])
        self.assertRegex(lines["disk"], r"^\d+(\.\d)? [GT]iB free, 256 MiB of it kept free$")
        self.assertEqual(lines["queue"], "nothing waits")
        self.assertRegex(lines["functions"], r"^0 environments, 0 bytes of \d+(\.\d)? [GT]iB; \d+ asynchronous at once$")
        self.assertEqual((lines["status"], lines["endpoint"], lines["region"], lines["account"]),
                         ("ok", self.cloud.endpoint, self.cloud.region, self.cloud.account))
        self.assertEqual(f"calotype {lines['version']}\n", self.cloud.run("--version").stdout)
        self.assertEqual(lines["scrub"], "never")
        self.assertRegex(lines["process"], rf"^{self.cloud.pid}, up (\d+ min )?\d+ s$")

    def test_for_machines_it_is_the_same_as_health(self):
        doc, health = json.loads(self.status("--json").stdout), self.cloud.admin("GET", "/health")[1]
        for name, its in (("Status", "status"), ("Version", "version"), ("Endpoint", "endpoint"), ("Region", "region"),
                          ("Account", "account"), ("Isolation", "isolation"), ("IsolationLacks", "isolation_lacks"), ("IsolationLimits", "isolation_limits"),
                          ("Writable", "writable"), ("ReserveBytes", "reserve_bytes"), ("LastErrors", "last_errors"), ("WorldOffsetMs", "world_offset_ms"), ("ProcessId", "pid")):
            self.assertEqual(doc.get(name), health.get(its), name)
        self.assertEqual((doc["Queue"]["Waiting"], [kind["Kind"] for kind in doc["Queue"]["Kinds"]]), (0, ["event", "fanout", "invoke", "stack"]))
        self.assertEqual(doc["Scrub"]["State"], health["scrub"]["state"])
        self.assertEqual(doc["Functions"]["MemoryBytes"], health["functions"]["memory_bytes"])
        self.assertEqual((doc["Scrub"], health["scrub"]), ({"State": "never"}, {"state": "never"}))
        self.assertTrue(0 < doc["UpMs"] <= health["up_ms"], doc)
        self.assertRegex(doc["WorldTime"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertLessEqual(doc["WorldTime"], health["world_time"])

    def test_runtimes(self):
        """By families, each with the version that runs it: twenty-five names would tell nobody anything."""
        line = re.search(r"(?m)^runtimes +(.*)$", self.status().stdout)[1]
        self.assertRegex(line, r"^provided\.al2023(, python3\.\* \(by Python 3\.\d+\.\d+\))?(, nodejs\* \(by Node \d+\.\d+\.\d+\))?$")
        self.assertEqual(json.loads(self.status("--json").stdout)["Functions"]["Runtimes"], line.split(", "))
        self.assertNotIn("runtimes", self.cloud.admin("GET", "/health")[1]["functions"])  # a health check starts no interpreter

    def test_from_elsewhere(self):
        """--remote: what the variables name, and no data folder."""
        with tempfile.TemporaryDirectory() as nothing:
            done = self.status("--remote", "--json", env={**self.cloud.exports(), "CALOTYPE_DATA": nothing})
            self.assertEqual(json.loads(done.stdout)["ProcessId"], self.cloud.pid)
            env = {k: v for k, v in self.cloud.exports().items() if "KEY" not in k}
            done = self.status("--remote", env={**env, "CALOTYPE_DATA": nothing, "HOME": nothing}, check=False)
            self.assertEqual((done.returncode, done.stdout), (255, ""))
            self.assertRegex(done.stderr, "^calotype: no keys for AWS: .*\n$")

    def test_unsigned(self):
        for op, code in (("GetStatus", "MissingAuthenticationTokenException"), ("Nothing", "UnknownOperationException")):
            status, headers, body = self.cloud.http("POST", "/", body=b"{}", headers={
                "X-Amz-Target": TARGET + op, "Content-Type": "application/x-amz-json-1.1"})
            self.assertEqual(status, 400)
            doc = json.loads(body)
            self.assertEqual((doc["__type"].rpartition("#")[2], set(doc) <= {"__type", "message"}), (code, True), doc)

    def user(self, name, policy=None):
        iam = self.cloud.client("iam")
        iam.create_user(UserName=name)
        if policy:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def test_who_may(self):
        for name, policy, code in (("may", ALLOW, 0), ("may-not", None, 255)):
            access, secret = self.user(name, policy)
            done = self.status("--remote", check=False, env={
                **self.cloud.exports(), "AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret})
            self.assertEqual(done.returncode, code, done.stderr)
            if code:
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr, r"^calotype: calotype:GetStatus: AccessDeniedException: User: "
                                 r"arn:aws:iam::000000000000:user/may-not is not authorized to perform: calotype:GetStatus.*\n$")

    def test_boto3(self):
        doc = self.cloud.client("calotype").get_status()
        self.assertEqual((doc["Status"], doc["ProcessId"]), ("ok", self.cloud.pid))
        self.assertIsInstance(doc["WorldTime"], datetime.datetime)
        from botocore.exceptions import ClientError
        with self.assertRaises(ClientError) as refused:
            self.cloud.client("calotype", keys=self.user("boto")).get_status()
        self.assertEqual(refused.exception.response["Error"]["Code"], "AccessDeniedException")

    def test_an_operation_that_it_has_not(self):
        need_boto3()
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        request = AWSRequest("POST", self.cloud.plain_endpoint + "/", data=b"{}", headers={
            "X-Amz-Target": TARGET + "Nothing", "Content-Type": "application/x-amz-json-1.1"})
        SigV4Auth(Credentials(self.cloud.access_key, self.cloud.secret_key), "calotype", self.cloud.region).add_auth(request)
        status, headers, body = self.cloud.http("POST", "/", body=b"{}", headers=dict(request.headers))
        self.assertEqual((status, json.loads(body)["__type"]), (400, "UnknownOperationException"))


class World(unittest.TestCase):
    def test_time(self):
        with Cloud() as c:
            c.advance(3 * 86400 + 7200)
            self.assertRegex(c.run("status").stdout, r"\nworld time +\S+Z, 3 d 2 h ahead of real time\n")
            c.admin("POST", "/clock", {"offset_ms": -90000})
            self.assertRegex(c.run("status").stdout, r"\nworld time +\S+Z, 1 min 30 s behind real time\n")

    def test_read_only(self):
        with tempfile.TemporaryDirectory() as data:
            with Cloud(data=data):
                pass
            with Cloud(data=data, env={"CALOTYPE_TEST_FAULT": "fail-commit"}) as c:
                if c.admin("POST", "/clock", {"advance_ms": 1})[0] == 200:
                    without_faults(self)
                done = c.run("status", check=False)
                self.assertEqual((done.returncode, done.stderr), (1, ""))
                self.assertRegex(done.stdout, r"^status +read-only: a write failed, so nothing is written until a restart: ")
                doc = json.loads(c.run("status", "--json", check=False).stdout)
                self.assertEqual((doc["Status"], doc["Reason"]), ("read-only", c.admin("GET", "/health")[1]["reason"]))
                self.assertEqual(c.http("GET", "/health")[0], 503)


if __name__ == "__main__":
    main()
