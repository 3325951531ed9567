"""Runtimes of the machine's interpreters: which one runs what, and what a sandbox has beside it. What the start
scripts do is tests/wire/python_functions.py and node_functions.py."""
import io
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import CloudCase, main, wait_for  # noqa: E402
from functions import Functions, FunctionsCase, package  # noqa: E402

try:
    from botocore.exceptions import ClientError
except ImportError:  # CloudCase skips
    ClientError = Exception

FOLDERS = [pathlib.Path("/usr/bin"), pathlib.Path("/usr/local/bin")]
MACHINE = {"x86_64": "x86_64", "aarch64": "arm64"}[os.uname().machine]
OTHER = {"x86_64": "arm64", "arm64": "x86_64"}[MACHINE]
# What each language's function does with the event {"run": COMMAND}, or with none.
SOURCE = {
    "python3.9": ("index.py", "import os, subprocess\ndef handler(event, context):\n    if event.get('run'):\n"
                              "        return subprocess.run(event['run'], shell=True, capture_output=True, text=True).stdout\n"
                              "    return dict(os.environ)\n"),
    "nodejs16.x": ("index.js", "exports.handler = async (event) => event.run\n"
                               "  ? require('child_process').execSync(event.run).toString() : process.env\n"),
}


def zipped(files):
    """Files as they are; those below bin/ are programs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o100755 if name.startswith("bin/") else 0o100644) << 16
            z.writestr(entry, content)
    return out.getvalue()


def fake(folder, name, version):
    """A program that says of itself what an interpreter of that version would; it can run nothing."""
    path = folder / name
    path.write_text(f"#!/bin/sh\nprintf 'version\\t{version}\\nprogram\\t%s\\ndone\\t\\n' $0\n")
    path.chmod(0o755)
    return path


class Chosen(CloudCase):
    """By fakes, so that it is the same on every machine; what runs is not asked for."""
    folder = tempfile.TemporaryDirectory()
    python = fake(pathlib.Path(folder.name).resolve(), "any-python", "3.99.1")
    node = fake(pathlib.Path(folder.name).resolve(), "any-node", "24.1.0")
    cloud_args = ("--python", python, "--node", node)

    @classmethod
    def prepare(cls):
        cls.functions = Functions(cls.cloud)
        cls.lam = cls.functions.client

    def make(self, name, runtime, **more):
        return self.functions.make(name, zipped({"index.js": ""}), Runtime=runtime, Handler="index.handler", **more)

    def test_another_version(self):
        """Is a note of the configuration, wherever it is shown."""
        want = f"nodejs22.x is run by Node 24.1.0 ({self.node}), which this machine has"
        made = self.make("older", "nodejs22.x")
        self.assertEqual((made["State"], made["Runtime"], made["StateReason"]), ("Active", "nodejs22.x", want))
        self.assertNotIn("StateReasonCode", made)
        for shown in (self.lam.get_function(FunctionName="older")["Configuration"], self.lam.get_function_configuration(FunctionName="older"),
                      [f for f in self.lam.list_functions()["Functions"] if f["FunctionName"] == "older"][0],
                      self.lam.list_versions_by_function(FunctionName="older")["Versions"][0],
                      self.lam.update_function_configuration(FunctionName="older", Timeout=9),
                      self.lam.update_function_code(FunctionName="older", ZipFile=zipped({"index.js": "1"}))):
            self.assertEqual(shown["StateReason"], want)
        self.assertNotIn("StateReason", self.lam.update_function_configuration(FunctionName="older", Runtime="nodejs24.x"))
        self.assertNotIn("StateReason", self.lam.get_function_configuration(FunctionName="older"))

    def test_every_version(self):
        """That AWS names is taken."""
        names = self.lam.meta.service_model.shape_for("Runtime").enum
        mine = [n for n in names if n.startswith(("python3.", "nodejs"))]
        self.assertGreater(len(mine), 15)
        for i, name in enumerate(mine):
            self.assertEqual(self.make(f"every-{i}", name)["Runtime"], name)
        for name in set(names) - set(mine) - {"provided.al2023"}:
            with self.assertRaises(ClientError) as caught:
                self.make("none", name)
            self.assertRegex(str(caught.exception), rf"{re.escape(name)} is not offered by this build of calotype: it runs provided\.al2023, "
                                                    r"python3\.\* \(by Python 3\.99\.1\) and nodejs\* \(by Node 24\.1\.0\)\.")

    def test_one_that_goes(self):
        """Its functions stay and say what is wrong; new ones are refused."""
        self.make("goes", "nodejs24.x")
        self.node.rename(self.node.with_suffix(".gone"))
        try:
            want = f"--node {self.node}: No such file or directory"
            self.assertEqual(self.lam.get_function_configuration(FunctionName="goes")["StateReason"], want)
            with self.assertRaises(ClientError) as caught:
                self.make("comes", "nodejs24.x")
            self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidParameterValueException")
            self.assertIn(want, str(caught.exception))
        finally:
            self.node.with_suffix(".gone").rename(self.node)
        self.assertNotIn("StateReason", self.lam.get_function_configuration(FunctionName="goes"))

    def test_architectures(self):
        """An interpreter is the machine's, whatever was asked for; a program is not."""
        self.assertEqual(self.make("usual", "python3.9")["Architectures"], [MACHINE])
        self.assertEqual(self.make("other", "python3.9", Architectures=[OTHER])["Architectures"], [OTHER])
        self.assertEqual(self.lam.get_function(FunctionName="other")["Configuration"]["Architectures"], [OTHER])
        code = zipped({"index.py": "2"})
        self.assertEqual(self.lam.update_function_code(FunctionName="other", ZipFile=code)["Architectures"], [OTHER])
        self.assertEqual(self.lam.update_function_code(FunctionName="other", ZipFile=code, Architectures=[MACHINE])["Architectures"], [MACHINE])
        self.assertEqual(self.lam.update_function_code(FunctionName="other", ZipFile=code, Architectures=[OTHER])["Architectures"], [OTHER])
        self.functions.make("program", package(b"x"))
        for call, more in ((self.functions.make, {"name": "none", "zipped": package(b"x"), "Architectures": [OTHER]}),
                           (self.lam.update_function_code, {"FunctionName": "program", "ZipFile": package(b"y"), "Architectures": [OTHER]}),
                           (self.lam.update_function_configuration, {"FunctionName": "other", "Runtime": "provided.al2023"})):
            with self.assertRaises(ClientError) as caught:
                call(**more)
            self.assertIn(f"Architecture {OTHER} is not offered here for provided.al2023, whose functions are programs of their own: "
                          f"this machine is {MACHINE}", str(caught.exception))
        self.assertEqual(self.lam.get_function_configuration(FunctionName="other")["Runtime"], "python3.9")

    def test_in_a_stack(self):
        """The note is the reason of the resource's event; architectures are as the template has them."""
        cf = self.cloud.client("cloudformation")

        def template(runtime, architecture):
            return json.dumps({"Resources": {"It": {"Type": "AWS::Lambda::Function", "Properties": {
                "Code": {"ZipFile": "x"}, "Handler": "index.handler", "Role": self.functions.role, "Runtime": runtime,
                "Architectures": [architecture]}}}})

        def reasons(status):
            events = cf.describe_stack_events(StackName="noted")["StackEvents"]
            return [e.get("ResourceStatusReason") for e in events if e["LogicalResourceId"] == "It" and e["ResourceStatus"] == status]
        cf.create_stack(StackName="noted", TemplateBody=template("python3.9", OTHER))
        cf.get_waiter("stack_create_complete").wait(StackName="noted", WaiterConfig={"Delay": 1})
        self.assertEqual(reasons("CREATE_COMPLETE"), [f"python3.9 is run by Python 3.99.1 ({self.python}), which this machine has"])
        name = cf.describe_stack_resource(StackName="noted", LogicalResourceId="It")["StackResourceDetail"]["PhysicalResourceId"]
        self.assertEqual(self.lam.get_function_configuration(FunctionName=name)["Architectures"], [OTHER])
        cf.update_stack(StackName="noted", TemplateBody=template("python3.10", MACHINE))
        cf.get_waiter("stack_update_complete").wait(StackName="noted", WaiterConfig={"Delay": 1})
        self.assertEqual(reasons("UPDATE_COMPLETE"), [f"python3.10 is run by Python 3.99.1 ({self.python}), which this machine has"])
        self.assertEqual(self.lam.get_function_configuration(FunctionName=name)["Architectures"], [MACHINE])


@unittest.skipUnless(any((f / "python3").exists() for f in FOLDERS), "python3 is neither in /usr/bin nor in /usr/local/bin")
class Installed(FunctionsCase):
    """What is installed on the machine meanwhile is seen from the next start of the program on, though its sandbox is there already."""
    folder = tempfile.TemporaryDirectory()
    runtimes = pathlib.Path(folder.name).resolve()
    runtimes.chmod(0o755)
    (runtimes / "python").mkdir()  # without packages
    cloud_env = {"CALOTYPE_RUNTIMES": str(runtimes)}

    def test_packages(self):
        """As who reads in the log which command brings them, runs it and tries again."""
        self.make("imports", zipped({"index.py": "import boto3\ndef handler(event, context):\n    return boto3.word\n"}),
                  Runtime="python3.9", Handler="index.handler", Timeout=20, MemorySize=256)
        self.assertEqual(self.invoke("imports").error["errorType"], "Runtime.ImportModuleError")
        (self.runtimes / "python/boto3").mkdir()
        (self.runtimes / "python/boto3/__init__.py").write_text("word = 'brought'\n")
        self.assertEqual(self.invoke("imports").payload, "brought")


class Inside(FunctionsCase):
    @classmethod
    def prepare(cls):
        super().prepare()
        here = [r for r, program in (("python3.9", "python3"), ("nodejs16.x", "node")) if any((f / program).exists() for f in FOLDERS)]
        if not here:
            raise unittest.SkipTest("neither python3 nor node is in /usr/bin or /usr/local/bin")
        cls.runtimes = here
        for runtime in here:
            cls.make(runtime[:6], zipped({"index.py": SOURCE["python3.9"][1], "index.js": SOURCE["nodejs16.x"][1],
                                          "bin/script": "#!/usr/bin/env bash\necho script $1\n",
                                          "bin/old": "#!/bin/sh\necho old\n"}),
                     Runtime=runtime, Handler="index.handler", Timeout=20, MemorySize=256,
                     Environment={"Variables": {"TZ": "Europe/Berlin", "MINE": "1"}})

    def shell(self, runtime, command):
        answer = self.invoke(runtime[:6], {"run": command})
        return answer.payload

    def test_variables(self):
        """Those of AWS's images, and none that says where the cloud is; the function's own win."""
        for runtime in self.runtimes:
            with self.subTest(runtime):
                env = self.invoke(runtime[:6]).payload
                want = {"AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}", "LAMBDA_RUNTIME_DIR": "/var/runtime", "LAMBDA_TASK_ROOT": "/var/task",
                        "LANG": "en_US.UTF-8", "PWD": "/var/task", "SHLVL": "0", "TZ": "Europe/Berlin", "MINE": "1", "HOME": "/tmp",
                        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin", "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
                        "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
                        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000", "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1", "_AWS_XRAY_DAEMON_PORT": "2000",
                        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "_HANDLER": "index.handler"}
                want.update(dict.fromkeys(("SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
                                          "/etc/ssl/certs/ca-certificates.crt"))
                if runtime.startswith("node"):
                    want["NODE_PATH"] = "/opt/nodejs/node16/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task"
                else:
                    want["PYTHONPATH"] = "/var/runtime"
                self.assertEqual({k: env.get(k) for k in want}, want)
                self.assertNotIn("AWS_ENDPOINT_URL", env)

    def test_tools(self):
        """What scripts call is there, by both names of its folder; of the machine's other programs nothing is."""
        for runtime in self.runtimes:
            with self.subTest(runtime):
                self.assertEqual(self.shell(runtime, "/bin/sh -c 'echo a'; /bin/bash -c 'echo ${BASH_VERSION:+b}'; /usr/bin/env echo c"), "a\nb\nc\n")
                self.assertEqual(self.shell(runtime, "bin/script x; bin/old; printf '2\\n1\\n' | sort | head -1 | tr 1 y; mkdir -p /tmp/a && ls /tmp"),
                                 "script x\nold\ny\na\n")
                self.assertRegex(self.shell(runtime, "curl --version"), r"^curl \d")
                self.assertEqual(self.shell(runtime, "date -d @0 +%H"), "01\n")  # Berlin's
                self.assertEqual(self.shell(runtime, "find / -xdev -perm /6000 2>/dev/null; find /usr/bin /var/lang -perm /6000"), "")
                self.assertEqual(self.shell(runtime, "ls /usr/bin/mount /usr/bin/su /usr/bin/apt /usr/bin/perl /usr/bin/df 2>/dev/null || true"), "")
                self.assertEqual(self.shell(runtime, "touch /usr/bin/new 2>/dev/null || echo no; echo x 2>/dev/null > /bin/sh || echo no"), "no\nno\n")
                self.assertLess(int(self.shell(runtime, "ls /usr/bin | wc -l")), 70)

    def test_where_the_interpreter_lies(self):
        """As in AWS's images, and nothing of the machine's packages beside it."""
        if "python3.9" in self.runtimes:
            self.assertRegex(self.shell("python3.9", "python3 -c 'import os, sys; print(sys.executable, os.__file__, sys.prefix)'"),
                             r"^/var/lang/bin/python3 /var/lang/lib/python3\.\d+/os\.py /var/lang\n$")
            self.assertEqual(self.shell("python3.9", "ls -d /usr/lib/python3 /usr/local/lib/python3* 2>/dev/null; ls /var/lang/lib/python3*/*-packages"
                                                     " 2>/dev/null || true"), "")
        if "nodejs16.x" in self.runtimes:
            self.assertEqual(self.shell("nodejs16.x", "node -p process.execPath"), "/var/lang/bin/node\n")

    def test_a_wrapper(self):
        """It is run with the runtime's command; what is none is AWS's error."""
        wrapper = "#!/bin/bash\nexport WRAPPED=\"$(basename $1) $#\"\nexec \"$@\"\n"
        for runtime in self.runtimes:
            name = "wrapped-" + runtime[:6]
            self.make(name, zipped({SOURCE[runtime][0]: SOURCE[runtime][1], "bin/wrapper": wrapper, "plain": wrapper}), Runtime=runtime,
                      Handler="index.handler", Timeout=20, MemorySize=256, Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/bin/wrapper"}})
            with self.subTest(runtime):
                self.assertRegex(self.invoke(name).payload["WRAPPED"], r"^(python3\.\d+ 2|node \d+)$")
            for path, status, words in (("/opt/none", 127, "/opt/none: does not exist"), ("/var/task/plain", 126, "/var/task/plain: is not an executable")):
                with self.subTest(runtime, path=path):
                    self.functions.client.update_function_configuration(FunctionName=name, Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": path}})
                    error = self.invoke(name).error
                    self.assertEqual(error["errorType"], "Runtime.ExitError")
                    self.assertTrue(error["errorMessage"].endswith(f"Error: Runtime exited with error: exit status {status}"), error)
                    wait_for(lambda: any(line.strip() == words for line in self.functions.logged(name)))

    def test_no_wrapper_of_a_program(self):
        """ "Wrapper scripts" are not for runtimes of the function's own, as on AWS."""
        self.make("own", Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/none"}})
        self.assertEqual(self.invoke("own", {"a": 1}).payload, {"a": 1})


@unittest.skipUnless(pathlib.Path("/usr/bin/node").exists(), "there is no node in /usr/bin")
class Changed(FunctionsCase):
    """The interpreter's file is another one while environments have the old one."""
    folder = tempfile.TemporaryDirectory()
    node = pathlib.Path(folder.name, "node")
    cloud_args = ("--node", node)
    SOURCE = ("const fs = require('fs'); exports.handler = async (e) => { const here = process.env.AWS_LAMBDA_LOG_STREAM_NAME; "
              "if (e.exit === here) process.exit(3); "
              "const old = fs.existsSync('/tmp/old'); fs.writeFileSync('/tmp/old', ''); return [here, old] }")

    @classmethod
    def setUpClass(cls):
        shutil.copy2("/usr/bin/node", cls.node)
        super().setUpClass()

    def ends(self, name, stream):
        """Ends the program of that environment. False: another one had the event, for a program that is slow to ask for it is not waited for."""
        return bool(self.invoke(name, {"exit": stream}).error)

    def lives(self, name):
        """One environment's, which is to have all events but the last. False: it had not."""
        self.make(name, zipped({"index.js": self.SOURCE}), Runtime="nodejs10.x", Handler="index.handler", Timeout=20, MemorySize=256)
        stream, old = self.invoke(name).payload
        self.assertIs(old, False)
        if not self.ends(name, stream):
            return False
        self.assertEqual(self.invoke(name).payload, [stream, True])
        another = self.node.with_suffix(".new")
        shutil.copy("/usr/bin/node", another)
        another.rename(self.node)
        goes_on = self.invoke(name).payload  # what runs
        if goes_on[0] != stream or not self.ends(name, stream):
            return False
        self.assertEqual(goes_on, [stream, True])
        other, old = self.invoke(name).payload
        self.assertNotEqual(other, stream)
        self.assertIs(old, False)
        return True

    def test_a_restart(self):
        """A program is started anew in its environment where that has the machine's interpreter, else in a new one."""
        self.assertTrue(any(self.lives(f"f{i}") for i in range(8)))


if __name__ == "__main__":
    main()
