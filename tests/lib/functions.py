"""Functions of a daemon under test: their role, their packages, and whether they must run here.

    class Hostile(FunctionsCase):                    # CloudCase with self.make and self.invoke
        def test_it(self):
            self.make("f", Timeout=3)                # tests/svc/lambda/testfn.c
            answer = self.invoke("f", {"do": "exit"})
            self.assertEqual(answer.error["errorType"], "Runtime.ExitError")
"""
import io
import json
import os
import pathlib
import stat
import subprocess
import unittest
import zipfile

from cloud import CloudCase, ROOT, build_dir

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
ORDINARY = 65534  # uid and gid of an ordinary user


def as_ordinary():
    return ["setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups"]


def must_work(ordinary=os.geteuid() != 0):
    """Whether this machine gives the namespaces that a sandbox needs, found without our own code.
    Where it does, functions that do not run are a failure, and nothing to be skipped."""
    prefix = as_ordinary() if ordinary and os.geteuid() == 0 else []
    user = ["--user", "--map-root-user"] if ordinary else []
    probe = ["unshare", *user, "--net", "--mount", "--pid", "--ipc", "--uts", "--cgroup", "--fork", "true"]
    return subprocess.run([*prefix, *probe], capture_output=True).returncode == 0


def need_functions(cloud):
    """Skips where the machine cannot sandbox; fails where it could and the daemon does not."""
    level = cloud.admin("GET", "/health")[1]
    if level["isolation"] != "none":
        return
    if must_work():
        raise AssertionError(f"functions should run here: {level['isolation_lacks']}")
    raise unittest.SkipTest("functions cannot be sandboxed here")


def python():
    """The runtime whose interpreter is this machine's own; without one the test is skipped."""
    for version in ("3.11", "3.13", "3.12", "3.10", "3.9"):
        if pathlib.Path(f"/usr/bin/python{version}").exists():
            return f"python{version}"
    raise unittest.SkipTest("no python3 in /usr/bin")


def node_sdk():
    """The folder for CALOTYPE_RUNTIMES of a daemon whose functions in Node are to have the clients of @aws-sdk, as ./test has
    made it; without one the test is skipped."""
    for folder in filter(None, (os.environ.get("CALOTYPE_RUNTIMES"), ROOT / "build/runtimes")):
        if pathlib.Path(folder, "nodejs/node_modules/@aws-sdk").exists():
            return str(folder)
    raise unittest.SkipTest("the clients of @aws-sdk are not here: CALOTYPE_RUNTIMES=build/runtimes calotype runtime install node")


def zipped(files, links=None):
    """A zip of {name: text or bytes}. links: the paths that they lead to, by their names; as `zip --symlinks` keeps them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for kind, entries in ((stat.S_IFREG | 0o755, files), (stat.S_IFLNK | 0o777, links or {})):
            for name, content in entries.items():
                entry = zipfile.ZipInfo(name)
                entry.external_attr = kind << 16
                z.writestr(entry, content)
    return out.getvalue()


def package(program=None, files=None):
    """A zip: program as bootstrap (tests/svc/lambda/testfn.c where none is given), and files."""
    if program is None:
        program = (build_dir() / "tests/svc/lambda/testfn").read_bytes()
    return zipped({"bootstrap": program, **(files or {})})


class Answer:
    """Of one Invoke: status, payload (parsed), error (the document of a function error, or None)."""

    def __init__(self, response):
        self.status = response["StatusCode"]
        self.text = response["Payload"].read()
        self.payload = json.loads(self.text) if self.text else None
        self.error = self.payload if response.get("FunctionError") else None
        self.id = response["ResponseMetadata"]["RequestId"]


class Functions:
    """A role and functions of one cloud."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.client = cloud.client("lambda", read_timeout=180, max_pool_connections=64)
        iam = cloud.client("iam")
        self.role = iam.create_role(RoleName="runner", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        iam.put_role_policy(RoleName="runner", PolicyName="all", PolicyDocument=ALL)

    def make(self, name, zipped=None, **more):
        return self.client.create_function(FunctionName=name, Role=self.role, Code={"ZipFile": zipped or package()},
                                           **{"Runtime": "provided.al2023", "Handler": "h", **more})

    def invoke(self, name, event=None, **more):
        text = json.dumps(event or {}, separators=(",", ":"))
        return Answer(self.client.invoke(FunctionName=name, Payload=text, **more))

    def logged(self, name, **more):
        """What is in the function's log: nothing, as long as its first line has not made the group."""
        logs = self.cloud.client("logs")
        try:
            return [e["message"] for e in logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", **more)["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []


class FunctionsCase(CloudCase):
    """One daemon and one role for the class; self.make, self.invoke."""

    @classmethod
    def prepare(cls):
        need_functions(cls.cloud)
        cls.functions = Functions(cls.cloud)
        cls.make, cls.invoke = cls.functions.make, cls.functions.invoke
