"""`calotype env` and `calotype with`: every client that is installed stores and reads over TLS."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, CloudCase, binary, main, need_boto3

TEXT = b"some bytes\n" * 1000


def installed(*names):
    """Paths of the clients among names that exist."""
    found = []
    for name in names:
        path = shutil.which(name)
        if path and os.path.realpath(path) not in map(os.path.realpath, found):
            found.append(path)
    return found


class Clients(CloudCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory(prefix="calotype-")
        cls.file = pathlib.Path(cls.folder.name, "some file.txt")
        cls.file.write_bytes(TEXT)
        cls.cloud.client("s3").create_bucket(Bucket="clients")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        super().tearDownClass()

    @staticmethod
    def need(*names):
        found = installed(*names)
        if not found:
            raise unittest.SkipTest(f"none of {', '.join(names)} is installed")
        return found[:1]

    def out(self, name):
        return pathlib.Path(self.folder.name, name)

    def run_in(self, command, env, name):
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=120)
        self.assertEqual(done.returncode, 0, f"{name}: {done.stdout}{done.stderr}")
        return done.stdout

    def test_aws(self):
        self.need("aws", "/usr/bin/aws")
        for aws in installed("aws", "/usr/bin/aws"):
            key = f"s3://clients/aws/{aws.strip('/').replace('/', '-')}"
            back = self.out("aws.txt")
            self.cloud.run("with", aws, "s3", "cp", str(self.file), key)
            self.cloud.run("with", aws, "s3", "cp", key, str(back))
            self.assertEqual(back.read_bytes(), TEXT, aws)
            who = json.loads(self.cloud.run("with", aws, "sts", "get-caller-identity", "--output", "json").stdout)
            self.assertEqual(who["Account"], self.cloud.account)

    def test_aws_by_env_alone(self):
        # Only one that reads AWS_ENDPOINT_URL (2.13, 1.29 and later).
        tried = 0
        for aws in installed("aws", "/usr/bin/aws"):
            version = subprocess.run([aws, "--version"], capture_output=True, text=True).stdout
            major, minor = map(int, re.match(r"aws-cli/(\d+)\.(\d+)", version).groups())
            if (major, minor) >= ((2, 13) if major == 2 else (1, 29)):
                self.run_in([aws, "s3", "ls", "s3://clients"], self.cloud.env(), aws)
                tried += 1
        if not tried:
            self.skipTest("no aws reads AWS_ENDPOINT_URL")

    def test_rclone(self):
        self.need("rclone")
        back = self.out("rclone")
        self.cloud.run("with", "rclone", "copy", str(self.file), "calotype:clients/rclone")
        self.cloud.run("with", "rclone", "copy", "calotype:clients/rclone", str(back))
        self.assertEqual((back / self.file.name).read_bytes(), TEXT)

    def test_s3cmd(self):
        self.need("s3cmd")
        back = self.out("s3cmd.txt")
        self.cloud.run("with", "s3cmd", "put", str(self.file), "s3://clients/s3cmd.txt")
        self.cloud.run("with", "s3cmd", "--force", "get", "s3://clients/s3cmd.txt", str(back))
        self.assertEqual(back.read_bytes(), TEXT)
        self.run_in(["s3cmd", "ls", "s3://clients"], self.cloud.env(), "s3cmd by env alone")

    def test_boto3_of_every_python(self):
        script = ("import os, boto3\n"
                  "s3 = boto3.client('s3', endpoint_url=os.environ['AWS_ENDPOINT_URL'])\n"
                  "s3.put_object(Bucket='clients', Key='boto3', Body=b'x' * 100000)\n"
                  "assert s3.get_object(Bucket='clients', Key='boto3')['Body'].read() == b'x' * 100000\n"
                  "print(boto3.__version__)\n")
        tried = 0
        for python in installed("python3", "/usr/bin/python3"):
            if subprocess.run([python, "-c", "import boto3"], capture_output=True).returncode == 0:
                self.cloud.run("with", python, "-c", script)
                self.run_in([python, "-c", script], self.cloud.env(), python)
                tried += 1
        if not tried:
            self.skipTest("no python has boto3")


class Environment(CloudCase):
    def test_only_exports(self):
        clean = {name: "" for name in os.environ if name.startswith(("AWS_", "CALOTYPE_"))}
        text = self.cloud.run("env", env={**clean, "CALOTYPE_DATA": str(self.cloud.data)}).stdout
        for line in text.splitlines():
            self.assertRegex(line, r"^(export [A-Za-z0-9_]+='[^']*'|unset AWS_CA_BUNDLE)$")
        exports = dict(re.findall(r"^export (\w+)='([^']*)'$", text, re.M))
        self.assertEqual(exports["AWS_ENDPOINT_URL"], self.cloud.endpoint)
        self.assertEqual(exports["AWS_ACCESS_KEY_ID"], self.cloud.access_key)
        ca = "AWS_CA_BUNDLE" if "AWS_CA_BUNDLE" in exports else "AWS_CONFIG_FILE"
        for name in (ca, "NODE_EXTRA_CA_CERTS", "S3CMD_CONFIG", "RCLONE_CA_CERT"):
            self.assertTrue(os.path.isabs(exports[name]) and os.path.exists(exports[name]), name)
        self.assertEqual(self.cloud.exports(), exports)

    def test_a_shell_takes_it(self):
        done = subprocess.run(["sh", "-c", f'eval "$({binary()} env)" && echo "$AWS_ENDPOINT_URL"'], capture_output=True,
                              text=True, env={**os.environ, "CALOTYPE_DATA": str(self.cloud.data)})
        self.assertEqual(done.stdout.strip(), self.cloud.endpoint)

    def test_with_passes_on_and_gives_back(self):
        done = self.cloud.run("with", "sh", "-c", "echo \"$1-$NO_PROXY\"; exit 7", "sh", "--data", check=False)
        self.assertEqual(done.returncode, 7)
        self.assertIn("--data-", done.stdout)
        self.assertIn("127.0.0.1", done.stdout)
        done = self.cloud.run("with", "/nowhere/client", check=False)
        self.assertEqual(done.returncode, 255)
        self.assertRegex(done.stderr, "^calotype: cannot run /nowhere/client: .*\n$")

    def test_a_name_that_is_a_command(self):
        """An environment may hold names that no shell could have set."""
        with tempfile.TemporaryDirectory() as folder:
            names = {f"AWS_ENDPOINT_URL_;touch {folder}/made;": "x", "AWS_ENDPOINT_URL_\nPATH": "x", "AWS_ENDPOINT_URL_A-B": "x"}
            text = self.cloud.run("env", env={**names, "PATH": "/nowhere"}).stdout
            done = subprocess.run(["sh", "-ec", text + "\nls /"], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr, os.listdir(folder)), (0, "", []))
            done = self.cloud.run("with", "env", "-0", env=names)
            self.assertNotIn("AWS_ENDPOINT_URL_", done.stdout)
            self.assertIn("\0PATH=", done.stdout)

    def test_unset(self):
        folder = tempfile.TemporaryDirectory(prefix="calotype-")  # a PATH with little to ask for its version
        self.addCleanup(folder.cleanup)
        for name in ("env", *(["node"] if shutil.which("node") else [])):
            os.symlink(shutil.which(name), f"{folder.name}/{name}")
        before = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CALOTYPE_", "NODE_", "RCLONE_", "S3CMD_"))}
        before |= {"NODE_OPTIONS": "--no-warnings", "AWS_CONFIG_FILE": "/home/mine/config", "AWS_CA_BUNDLE": "/etc/mine.pem", "PATH": folder.name}
        shell = lambda script: dict(line.split("=", 1) for line in subprocess.run(
            ["/bin/sh", "-ec", script + "\nenv"], env=before, capture_output=True, text=True, check=True).stdout.splitlines())
        of_shell = ("_", "PWD", "OLDPWD", "SHLVL", "CALOTYPE_DATA", "NO_PROXY", "no_proxy")
        plain = {k: v for k, v in shell("").items() if k not in of_shell}
        unset = f'text=$({binary()} env --unset 2>/dev/null)\neval "$text"\nunset text'
        # Where nothing was set, nothing is taken.
        self.assertEqual({k: v for k, v in shell(unset).items() if k not in of_shell}, plain)
        set_it = f'export CALOTYPE_DATA={self.cloud.data}\neval "$({binary()} env 2>/dev/null)"\n'
        self.assertEqual(shell(set_it)["AWS_ENDPOINT_URL"], self.cloud.endpoint)
        after = {k: v for k, v in shell(set_it + unset).items() if k not in of_shell}
        for name in ("AWS_CONFIG_FILE", "AWS_CA_BUNDLE"):  # one of them was ours, and what stood there is not known
            plain.pop(name), after.pop(name, None)
        self.assertEqual(after, plain)
        # What was set to something else since stays.
        self.assertEqual(shell(set_it + "export AWS_ACCESS_KEY_ID=theirs\n" + unset)["AWS_ACCESS_KEY_ID"], "theirs")
        done = self.cloud.run("env", "--unset", "--user", "ana", check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        done = subprocess.run([binary(), "env", "--unset", "--data", "/nowhere"], capture_output=True, text=True)  # no daemon is asked
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_no_daemon(self):
        with tempfile.TemporaryDirectory() as folder:
            for verb in (["env"], ["with", "true"], ["ls"], ["show", "x"], ["query"], ["put", __file__]):
                done = subprocess.run([binary(), *verb[:1], "--data", folder, *verb[1:]], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stdout), (255, ""), verb)
                self.assertRegex(done.stderr, r"^calotype: no daemon is running on .*\n$")


class Proxy:
    """A proxy in the middle: answers CONNECT, shows a certificate of its own CA, and keeps each request's head."""

    def __init__(self, folder):
        self.ca, self.seen, self.connects = pathlib.Path(folder, "middle.pem"), [], []
        key = pathlib.Path(folder, "middle.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                        "-subj", "/CN=middle", "-addext", "subjectAltName=DNS:*.amazonaws.com,DNS:*.us-east-1.amazonaws.com",
                        "-keyout", str(key), "-out", str(self.ca)], check=True, capture_output=True)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self.ca, key)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=[peer], daemon=True).start()

    def talk(self, peer):
        with contextlib.suppress(OSError), peer:
            self.connects.append(peer.recv(65536).split()[1].decode())
            peer.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            with self.tls.wrap_socket(peer, server_side=True) as inner:
                self.seen.append(inner.recv(65536))
                inner.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def close(self):
        self.server.close()


class NothingForAmazon(CloudCase):
    """What is signed with the cloud's key never leaves for Amazon's hosts, whichever client signs."""

    @classmethod
    def prepare(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="calotype-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.shell = cls.cloud.env()

    def clients(self):
        """Clients that ignore the endpoint, or are led past it."""
        for aws in installed("aws", "/usr/bin/aws"):
            yield [aws, "sqs", "list-queues", "--region", "us-east-1"]
        for python in installed("python3", "/usr/bin/python3"):
            if subprocess.run([python, "-c", "import boto3"], capture_output=True).returncode == 0:
                yield [python, "-c", "import boto3; boto3.client('s3', endpoint_url='https://s3.amazonaws.com').list_buckets()"]

    def test_a_client_that_does_not_read_the_endpoint(self):
        proxy = Proxy(self.folder.name)
        self.addCleanup(proxy.close)
        once = {"HTTPS_PROXY": proxy.url, "https_proxy": proxy.url, "AWS_MAX_ATTEMPTS": "1"}
        tried = list(self.clients())
        if not tried:
            self.skipTest("neither aws nor boto3 is installed")
        # That this would be seen: one that trusts the proxy's certificate sends its signature.
        trusting = {**self.shell, **once, "AWS_CA_BUNDLE": str(proxy.ca)}
        subprocess.run(tried[-1], env=trusting, capture_output=True, timeout=120)
        self.assertIn(self.cloud.access_key.encode(), b"".join(proxy.seen))
        proxy.seen.clear()
        proxy.connects.clear()
        for command in tried:
            subprocess.run(command, env={**self.shell, **once}, capture_output=True, timeout=120)
        self.assertTrue(proxy.connects)  # they did ask for Amazon's hosts
        self.assertEqual(proxy.seen, [])

    def node(self, script, *args, env=None):
        node = shutil.which("node")
        if not node:
            self.skipTest("there is no Node")
        done = subprocess.run([node, "-e", script, *args], env=env or self.shell, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    # What version 2 of the SDK does: https.request with options, to Amazon's host.
    SCRIPT = ("const [host, path, headers] = process.argv.slice(1);"
              "const r = require('https').request({host, path, method: 'GET', headers: JSON.parse(headers),"
              " lookup: (name, options, done) => done(new Error('asked for ' + name))}, (a) => {"
              " let text = ''; a.on('data', (b) => text += b).on('end', () => console.log(a.statusCode + ' ' + text)); });"
              "r.on('error', (e) => console.log(e.message)); r.end();")

    def signed(self, host, secret):
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        request = AWSRequest("GET", f"https://{host}/", headers={"Host": host})
        S3SigV4Auth(Credentials(self.cloud.access_key if secret else "AKIAIOSFODNN7EXAMPLE", secret or "x" * 40), "s3", "us-east-1").add_auth(request)
        return json.dumps(dict(request.headers))

    def test_node(self):
        need_boto3()
        host = "s3.us-east-1.amazonaws.com"
        self.assertRegex(self.node(self.SCRIPT, host, "/", self.signed(host, self.cloud.secret_key)), "^200 (?s:.*)<ListAllMyBucketsResult")
        # A bucket in the host's name is the same cloud's bucket.
        self.cloud.client("s3").create_bucket(Bucket="in-the-host")
        host = "in-the-host.s3.amazonaws.com"
        self.assertRegex(self.node(self.SCRIPT, host, "/", self.signed(host, self.cloud.secret_key)), "^200 (?s:.*)<Name>in-the-host")
        # A presigned URL too; what another key signed, and what nobody signed, goes where it says.
        query = f"/?X-Amz-Credential={self.cloud.access_key}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
        self.assertRegex(self.node(self.SCRIPT, host, query, "{}"), "^40")
        for headers in (self.signed(host, None), "{}"):
            self.assertEqual(self.node(self.SCRIPT, host, "/", headers), f"asked for {host}")
        # Headers in pairs; the newer names of Amazon's hosts; an end that only looks like one.
        pairs = json.dumps(list(json.loads(self.signed(host, self.cloud.secret_key)).items()))
        self.assertRegex(self.node(self.SCRIPT, host, "/", pairs), "^200 ")
        for other in ("s3.eusc-de-east-1.amazonaws.eu", "abc.lambda-url.us-east-1.on.aws"):
            self.assertRegex(self.node(self.SCRIPT, other, "/", self.signed(other, self.cloud.secret_key)), "^[1-5][0-9][0-9] ")
        self.assertEqual(self.node(self.SCRIPT, "notamazonaws.com", "/", self.signed("notamazonaws.com", self.cloud.secret_key)),
                         "asked for notamazonaws.com")
        # Other hosts, with the key in them, are not ours to change.
        self.assertEqual(self.node(self.SCRIPT, "example.com", "/", self.signed("example.com", self.cloud.secret_key)), "asked for example.com")

    def test_fetch(self):
        """It cannot be led elsewhere with its Host header: what is signed is refused, the rest passes."""
        need_boto3()
        host = "s3.us-east-1.amazonaws.com"
        script = ("const [url, headers] = process.argv.slice(1), init = {headers: JSON.parse(headers)};"
                  "const say = (e) => e.cause ? e.cause.message : e.message;"
                  "for (const args of [[url, init], [new URL(url), init], [new Request(url, init)], [url, {headers: new Headers(init.headers)}]])"
                  " fetch(...args).then((a) => console.log(a.status), (e) => console.log(say(e)));")
        refused = f"this is signed by the key of {self.cloud.endpoint}, and would go to {host}: give the client that endpoint"
        self.assertEqual(self.node(script, f"https://{host}/", self.signed(host, self.cloud.secret_key)), "\n".join([refused] * 4))
        query = f"/?X-Amz-Credential={self.cloud.access_key}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
        self.assertEqual(self.node(script, f"https://{host}{query}", "{}"), "\n".join([refused] * 4))
        self.assertEqual(self.node(script, "http://127.0.0.1:9/", self.signed(host, self.cloud.secret_key)), "\n".join(["bad port"] * 4))

    def test_node_options_are_kept(self):
        for before in ("--no-warnings", ""):
            env = {**{k: v for k, v in os.environ.items() if k != "NODE_OPTIONS"}, "NODE_OPTIONS": before, "CALOTYPE_DATA": str(self.cloud.data)}
            if not shutil.which("node"):
                self.skipTest("there is no Node")
            once = json.loads(subprocess.run([binary(), "env", "--json"], env=env, capture_output=True, text=True).stdout)["NODE_OPTIONS"]
            self.assertTrue(once.startswith(before))
            # The hook of a cloud that is gone would keep Node from starting.
            stale = '--require "/nowhere/with \\"it/clients/here.cjs" ' + before + ' --require "/nowhere/clients/here.cjs"'
            done = subprocess.run([binary(), "env", "--json"], env={**env, "NODE_OPTIONS": stale}, capture_output=True, text=True)
            self.assertEqual(json.loads(done.stdout)["NODE_OPTIONS"], once)
            twice = json.loads(subprocess.run([binary(), "env", "--json"], env={**env, "NODE_OPTIONS": once}, capture_output=True, text=True).stdout)
            self.assertEqual(twice["NODE_OPTIONS"], once)

    def test_what_leads_elsewhere_is_taken_away(self):
        before = {"AWS_SESSION_TOKEN": "t", "AWS_PROFILE": "work", "AWS_ENDPOINT_URL_S3": "https://s3.example.com",
                  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "CALOTYPE_ACCESS_KEY_ID_S3": "x", "HTTPS_PROXY": "http://proxy.example.com"}
        script = f'eval "$({binary()} env 2>/dev/null)" && env'
        env = {**os.environ, **before, "CALOTYPE_DATA": str(self.cloud.data)}
        for command in (["sh", "-c", script], [binary(), "with", "env"]):
            done = subprocess.run(command, capture_output=True, text=True, env=env)
            after = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
            for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL_S3", "CALOTYPE_ACCESS_KEY_ID_S3"):
                self.assertNotIn(name, after)
            self.assertEqual(after["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"], "false")
            self.assertIn("127.0.0.1", after["NO_PROXY"])


class ByEnvironmentAlone(CloudCase):
    """Each client that is found works in the shell of `eval "$(calotype env)"`, or is named on stderr with what to type."""

    def found(self):
        done = self.cloud.run("env")
        self.assertNotIn("AKIA", done.stderr)
        return done.stderr

    def shell(self, *command):
        return subprocess.run(command, env=self.cloud.env(), capture_output=True, text=True, timeout=120)

    def test_aws(self):
        said, tried = self.found(), 0
        for aws in installed("aws", "/usr/bin/aws"):
            version = subprocess.run([aws, "--version"], capture_output=True, text=True).stdout
            major, minor = map(int, re.match(r"aws-cli/(\d+)\.(\d+)", version).groups())
            name = "aws" if aws == shutil.which("aws") else aws
            if f"{name} did not tell its version" in said:  # a machine that is busy
                continue
            tried += 1
            if (major, minor) < ((2, 13) if major == 2 else (1, 29)):
                self.assertRegex(said, rf"(?m)^{re.escape(name)} {major}\.{minor}\S* does not read AWS_ENDPOINT_URL: type `calotype with {re.escape(name)} …`$")
                continue
            if major == 1:
                self.assertRegex(said, rf"(?m)^{re.escape(name)} {major}\.{minor}\S* sends SQS's calls to Amazon's host: type `calotype with {re.escape(name)} …`$")
            else:
                self.assertEqual(self.shell(aws, "sqs", "list-queues").returncode, 0)
        if not tried:
            self.skipTest("there is no aws that told its version")

    def test_rclone(self):
        if not shutil.which("rclone"):
            self.skipTest("there is no rclone")
        self.assertEqual(self.shell("rclone", "mkdir", "calotype:by-rclone").returncode, 0)
        done = self.shell("rclone", "lsd", "calotype:")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("by-rclone", done.stdout)

    def test_boto3(self):
        tried, said, script = 0, self.found(), "import boto3; print(boto3.client('sqs').meta.endpoint_url, boto3.client('s3').list_buckets()['Owner']['ID'])"
        for python in installed("python3", "/usr/bin/python3"):
            version = subprocess.run([python, "-c", "import boto3; print(boto3.__version__)"], capture_output=True, text=True).stdout
            if not version:
                continue
            name = "python3" if python == shutil.which("python3") else python
            if f"{name} did not tell its version" in said:
                continue
            tried += 1
            if tuple(map(int, version.split(".")[:2])) < (1, 28):
                self.assertIn(f"boto3 {version.strip()} of {name} does not read AWS_ENDPOINT_URL: type `calotype with {name} …`\n", said)
                done = self.cloud.run("with", python, "-c", script)
            else:
                done = self.shell(python, "-c", script)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(done.stdout.startswith(self.cloud.endpoint), done.stdout)
        if not tried:
            self.skipTest("there is no boto3 that told its version")

    def test_a_script_of_old_clients(self):
        """`with` also serves what a script starts: the classic aws, for SQS too, and an old boto3."""
        found = installed("aws", "/usr/bin/aws")
        if not found:
            self.skipTest("there is no aws")
        for aws in found:
            done = self.cloud.run("with", "sh", "-c", f"{aws} sqs list-queues && echo listed")
            self.assertTrue(done.stdout.endswith("listed\n"), done.stdout)

    def test_sitecustomize_of_others(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "sitecustomize.py").write_text("import sys; sys.marked = 'theirs'\n")
            done = self.cloud.run("with", sys.executable, "-c", "import sys; print(sys.marked)", env={"PYTHONPATH": folder})
            self.assertEqual(done.stdout, "theirs\n")

    def test_a_client_that_hangs(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, script in (("rclone", "#!/bin/sh\necho 'rclone v1.60.1'\nexec sleep 300\n"), ("aws", "#!/bin/sh\nexit 3\n")):
                path = pathlib.Path(folder, name)
                path.write_text(script)
                path.chmod(0o755)
            done = self.cloud.run("env", "--json", env={"PATH": f"{folder}:/bin:/usr/bin"})
            self.assertIn("AWS_CONFIG_FILE", json.loads(done.stdout))  # it had said enough

    def test_without_any_client(self):
        done = self.cloud.run("env", env={"PATH": "/nowhere"})
        self.assertEqual(done.stderr, "")
        exports = dict(re.findall(r"^export (\w+)='([^']*)'$", done.stdout, re.M))
        self.assertEqual(exports["AWS_CA_BUNDLE"], self.cloud.ca)
        self.assertNotIn("NODE_OPTIONS", exports)


class AUser(CloudCase):
    def env(self, *args, code=0):
        done = self.cloud.run("env", "--json", *args, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def keys(self, done):
        exports = json.loads(done.stdout)
        return exports["AWS_ACCESS_KEY_ID"], exports["AWS_SECRET_ACCESS_KEY"]

    def test_no_rights_and_then_some(self):
        done = self.env("--user", "ana")
        self.assertRegex(done.stderr, "^user ana, made, with a key: it has no rights yet.* --policy NAME .*\n$")
        keys = self.keys(done)
        sts, s3 = self.cloud.client("sts", keys=keys), self.cloud.client("s3", keys=keys)
        self.assertEqual(sts.get_caller_identity()["Arn"], f"arn:aws:iam::{self.cloud.account}:user/ana")
        with self.assertRaisesRegex(Exception, "AccessDenied"):
            s3.list_buckets()
        # Once more is the same key: IAM gives a user two.
        for _ in range(3):
            again = self.env("--user", "ana")
            self.assertEqual(self.keys(again), keys)
            self.assertIn("with the key of an earlier time", again.stderr)
        done = self.env("--user", "ana", "--policy", "AdministratorAccess")
        self.assertIn("attached AdministratorAccess", done.stderr)
        s3.list_buckets()

    def test_an_assumed_role(self):
        """What root cannot do, and why the flag is there."""
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{self.cloud.account}:root"},
                                                         "Action": "sts:AssumeRole"}]}
        iam = self.cloud.client("iam")
        role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        assume = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}]}
        arn = iam.create_policy(PolicyName="assume-reader", PolicyDocument=json.dumps(assume))["Policy"]["Arn"]
        for policy in ("assume-reader", arn):  # the account's own, by name and by ARN
            done = self.env("--user", "bob", "--policy", policy)
            self.assertIn("attached assume-reader", done.stderr)
        # AWS's and the account's own below a path, with the path and without it.
        iam.create_policy(PolicyName="deep", Path="/team/one/", PolicyDocument=json.dumps(assume))
        for policy, name in (("AWSLambdaBasicExecutionRole", "AWSLambdaBasicExecutionRole"), ("ViewOnlyAccess", "ViewOnlyAccess"),
                             ("service-role/AWSLambdaVPCAccessExecutionRole", "AWSLambdaVPCAccessExecutionRole"), ("deep", "deep"), ("team/one/deep", "deep")):
            self.assertIn(name, self.env("--user", "bob", "--policy", policy).stderr)
        keys = self.keys(done)
        got = self.cloud.client("sts", keys=keys).assume_role(RoleArn=role, RoleSessionName="one")
        self.assertIn("assumed-role/reader/one", got["AssumedRoleUser"]["Arn"])

    def test_a_key_that_was_deleted_is_made_anew(self):
        first = self.keys(self.env("--user", "cy"))
        self.cloud.client("iam").delete_access_key(UserName="cy", AccessKeyId=first[0])
        done = self.env("--user", "cy")
        self.assertIn("with a new key", done.stderr)
        self.assertNotEqual(self.keys(done)[0], first[0])

    def test_a_key_that_cannot_be_kept_is_not_left(self):
        self.env("--user", "gil")
        path, iam = self.cloud.data / "clients/users/gil/credentials", self.cloud.client("iam")
        known = [key["AccessKeyId"] for key in iam.list_access_keys(UserName="gil")["AccessKeyMetadata"]]
        path.unlink()
        path.mkdir()
        self.assertEqual(self.env("--user", "gil", code=255).stdout, "")
        self.assertEqual([key["AccessKeyId"] for key in iam.list_access_keys(UserName="gil")["AccessKeyMetadata"]], known)

    def test_files_are_the_users(self):
        done = json.loads(self.env("--user", "dee").stdout)
        self.assertIn(f"access_key = {done['AWS_ACCESS_KEY_ID']}\n", pathlib.Path(done["S3CMD_CONFIG"]).read_text())
        self.assertEqual(done["RCLONE_CONFIG_CALOTYPE_ACCESS_KEY_ID"], done["AWS_ACCESS_KEY_ID"])
        for path in (pathlib.Path(done["S3CMD_CONFIG"]), pathlib.Path(done["S3CMD_CONFIG"]).with_name("credentials")):
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            self.assertEqual(path.parent.stat().st_mode & 0o777, 0o700)
        root = pathlib.Path(self.cloud.exports()["S3CMD_CONFIG"]).read_text()
        self.assertIn(f"access_key = {self.cloud.access_key}\n", root)

    @unittest.skipUnless(os.getuid() == 0, "only root can write for another user")
    def test_roots_files_are_the_owners(self):
        """Root in another user's DATA: what it writes is that user's, and a link leads it nowhere."""
        clients, nobody = self.cloud.data / "clients", 65534
        shutil.rmtree(clients, ignore_errors=True)
        with tempfile.TemporaryDirectory() as elsewhere:
            os.chown(self.cloud.data, nobody, nobody)
            try:
                self.env("--user", "fay")
                self.cloud.run("with", "sh", "-c", "exit $(id -u)")
                made = [clients, *clients.rglob("*")]
                self.assertIn("here.cjs", [path.name for path in made])
                self.assertEqual({(path.stat().st_uid, path.stat().st_gid) for path in made}, {(nobody, nobody)})
                shutil.rmtree(clients)
                clients.symlink_to(elsewhere)
                self.assertIn("Permission denied", self.env(code=255).stderr)
                self.assertEqual(os.listdir(elsewhere), [])
            finally:
                os.chown(self.cloud.data, 0, 0)
                if clients.is_symlink():
                    clients.unlink()

    def test_refusals(self):
        for args, code, words in (
                (["--user", "../x"], 2, "a user's name has 1 to 64 letters"),
                (["--user", ".."], 2, "a user's name has"),
                (["--user", "eve", "--policy", "Nothing"], 255, "there is no policy Nothing"),
                (["--policy", "AdministratorAccess"], 2, "--policy is for the user that --user NAME names")):
            done = self.env(*args, code=code)
            self.assertIn(words, done.stderr)
            self.assertEqual(done.stdout, "")
        iam = self.cloud.client("iam")
        iam.create_user(UserName="two")
        for _ in range(2):
            iam.create_access_key(UserName="two")
        self.assertRegex(self.env("--user", "two", code=255).stderr, "the user two has two keys.*delete-access-key --user-name two")


class LostCredentials(unittest.TestCase):
    def test_a_new_key_is_made(self):
        with Cloud() as c:
            lost = c.access_key
            c.stop()
            (c.data / "credentials").unlink()
            c.restart()
            self.assertNotEqual(c.access_key, lost)
            self.assertEqual(c.client("sts").get_caller_identity()["Arn"], f"arn:aws:iam::{c.account}:root")


if __name__ == "__main__":
    main()
