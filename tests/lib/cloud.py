"""A daemon of the build under test, for wire and end-to-end tests.

    with Cloud() as c:
        c.client("s3").create_bucket(Bucket="photos")      # boto3, over TLS
        c.client("s3", tls=False)                          # the same port in clear
        c.run("ls")                                        # the command line on the same data
        c.kill9(); c.restart()                             # same data, same port

    class Buckets(CloudCase):                              # one daemon for the whole class
        def test_create(self):
            self.cloud.client("s3")...

The binary is $CALOTYPE_BUILD/src/cli/calotype, else that of the newest build* folder. The daemon's
log is shown when the block ends in an exception, and an ASan or UBSan report in it fails
the test, as does an answer that the API model does not have.
Only the standard library is needed; client() needs boto3.
"""
import contextlib
import functools
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from server import START_SECONDS, Server, ServerFailed

ROOT = pathlib.Path(__file__).resolve().parents[2]


def build_dir():
    given = os.environ.get("CALOTYPE_BUILD")
    if given:
        return pathlib.Path(given).resolve()
    found = [p for p in ROOT.glob("build*") if (p / "src/cli/calotype").exists()]
    if not found:
        raise RuntimeError("no build with src/cli/calotype: set CALOTYPE_BUILD")
    return max(found, key=lambda p: (p / "src/cli/calotype").stat().st_mtime)


def has_interpreter(program):
    """Whether an ELF file (64 bits, little-endian) has a PT_INTERP header: a dynamic program."""
    bytes_ = program.read_bytes()
    at, = struct.unpack_from("<Q", bytes_, 32)
    size, n = struct.unpack_from("<HH", bytes_, 54)
    return any(struct.unpack_from("<I", bytes_, at + i * size)[0] == 3 for i in range(n))


def static_programs():
    """A folder for CALOTYPE_PROGRAMS: where bootstrap and calotype-image are static."""
    given = os.environ.get("CALOTYPE_PROGRAMS")
    if given:
        return given
    for build in (build_dir(), ROOT / "build"):
        image = build / "src/img/calotype-image"
        if image.exists() and not has_interpreter(image):
            return str(build / "src/cli")
    raise unittest.SkipTest("there is no build with static programs (meson setup build && ninja -C build)")


def static_image():
    """calotype-image as it is installed: static, without sanitizers, which its filter would stop."""
    return str(pathlib.Path(static_programs()).parent / "img/calotype-image")


def binary(name="calotype"):
    """A program of the build: calotype, calotype-daemon, calotype-image, bootstrap."""
    for at in ("src/cli", "src/daemon", "src/fn", "src/img"):
        if (build_dir() / at / name).exists():
            return str(build_dir() / at / name)
    raise RuntimeError(f"{name} is not in {build_dir()}")


def compiler():
    """The major version of this machine's C compiler: bounds of memory are its sanitizers', too."""
    return int(subprocess.run(["cc", "-dumpversion"], capture_output=True, text=True, check=True).stdout.split(".")[0])


DaemonFailed = ServerFailed  # the daemon did not start; the text is what it said


class Cloud(Server):
    failure = re.compile(Server.failure.pattern + "|is not what the API model says[^\n]*")

    def __init__(self, *args, data=None, test_clock=True, env=None):
        """args: further flags of `up`. data: a folder that outlives the Cloud, else a fresh one."""
        self._own_data = data is None
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="calotype-"))
        super().__init__(binary(), "up", "--data", self.data, *args, *(["--test-clock"] if test_clock else []), env=env)

    # ---- life ----
    def _remove(self):
        super()._remove()
        if self._own_data:
            shutil.rmtree(self.data, ignore_errors=True)

    def launch(self, *more, **pipes):
        super().launch("--port", str(self.port), *more, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **pipes)

    def start(self):
        read, write = os.pipe()
        try:
            self.launch("--ready-fd", str(write), pass_fds=[write])
        finally:
            os.close(write)
        with os.fdopen(read) as ready:
            self.endpoint = self._await_line(ready)
        self.port = int(self.endpoint.rsplit(":", 1)[1])
        keys = (self.data / "credentials").read_text()
        self.access_key = re.search(r"aws_access_key_id = (\S+)", keys)[1]
        self.secret_key = re.search(r"aws_secret_access_key = (\S+)", keys)[1]

    def stop(self):
        """Ends the daemon as SIGTERM does; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def restart(self):
        """After kill9 or stop; same data and port."""
        if self._process:
            self.stop()
        self.start()

    # ---- clients ----
    region = "us-east-1"
    account = "000000000000"

    @property
    def ca(self):
        return str(self.data / "tls/ca.pem")

    @property
    def plain_endpoint(self):
        return self.endpoint.replace("https://", "http://")

    def client(self, service, tls=True, region=None, keys=None, **config):
        """boto3. keys: (access, secret[, token]) of another identity. config: of botocore.config.Config."""
        from botocore.config import Config
        config.setdefault("retries", {"max_attempts": 0})
        config.setdefault("connect_timeout", 10)
        access, secret, token = (*(keys or (self.access_key, self.secret_key)), None)[:3]
        with making_clients:
            return boto3_session().client(
                service, region_name=region or self.region, endpoint_url=self.endpoint if tls else self.plain_endpoint,
                aws_access_key_id=access, aws_secret_access_key=secret, aws_session_token=token,
                verify=self.ca if tls else None, config=Config(**config))

    def env(self):
        """What `eval "$(calotype env)"` would set, over this process' own environment."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        env.update(self.exports())
        return env

    def exports(self):
        """--json: that asks no client for its version but those that the variables depend on."""
        text = subprocess.run([binary(), "env", "--json", "--data", str(self.data)], check=True, capture_output=True,
                              text=True).stdout
        return {name: value for name, value in json.loads(text).items() if value is not None}

    def run(self, *args, check=True, input=None, env=None):
        """The command line on this data. A CompletedProcess with text output."""
        more = {"CALOTYPE_DATA": str(self.data), **(env or {})}
        if args[0] in ("deploy", "package"):
            more.setdefault("CALOTYPE_PROGRAMS", static_programs())
        done = subprocess.run([binary(), *args], capture_output=True, text=True, input=input,
                              env={**{k: v for k, v in os.environ.items() if not k.startswith("AWS_")}, **more})
        if check and done.returncode:
            raise AssertionError(f"calotype {' '.join(args)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def http(self, method, path, body=None, headers=None, tls=False):
        """One unsigned request: (status, headers, body)."""
        if tls:
            c = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30,
                                            context=ssl.create_default_context(cafile=self.ca))
        else:
            c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(c):
            c.request(method, path, body=body, headers=headers or {})
            answer = c.getresponse()
            return answer.status, answer.headers, answer.read()

    # ---- the admin socket ----
    def admin(self, method, path, document=None):
        body = json.dumps(document).encode() if document is not None else b""
        # By way of the folder's descriptor: a socket's path may not be long, ours may.
        folder = os.open(self.data, os.O_PATH)
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(f"/proc/self/fd/{folder}/admin.sock")
            os.close(folder)
            s.sendall(f"{method} {path} HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = b""
            while piece := s.recv(65536):
                answer += piece
        head, _, text = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(text)

    def advance(self, seconds):
        """Moves world time on (needs test_clock)."""
        status, answer = self.admin("POST", "/clock", {"advance_ms": int(seconds * 1000)})
        assert status == 200, answer
        return answer


def without_faults(test):
    """A fault that was asked for did not happen: skips where the build has none (meson -Dtest_faults=true), else fails."""
    if os.environ.get("CALOTYPE_TEST_FAULTS"):
        test.fail("this build has faults, and the one that was asked for did not happen")
    test.skipTest("this build has no faults (meson -Dtest_faults=true)")


def need_boto3():
    try:
        import boto3
    except ImportError:
        raise unittest.SkipTest("boto3 is not installed") from None
    return boto3


making_clients = threading.Lock()  # a session makes one at a time


@functools.cache
def boto3_session():
    """The one session of boto3: what it reads of a service it keeps. Debian's, of 2022 and 2025, are told what the services learned since (tests/lib/newer)."""
    boto3 = need_boto3()
    import botocore.session
    session = botocore.session.get_session()
    if tuple(map(int, boto3.__version__.split(".")[:2])) < (1, 43):
        session.get_component("data_loader").search_paths.insert(0, str(ROOT / "tests/lib/newer"))
    return boto3.Session(botocore_session=session)


def waited(what, seconds=30, every=0.02):
    """Calls what() until it returns something true, or the time is over; what it returned last."""
    end = time.monotonic() + seconds
    while not (got := what()) and time.monotonic() < end:
        time.sleep(every)
    return got


def wait_for(what, seconds=30, every=0.02):
    """As waited; fails the test when the time is over."""
    got = waited(what, seconds, every)
    if not got:
        raise AssertionError(f"waited {seconds} s in vain for {getattr(what, '__name__', what)}")
    return got


class CloudCase(unittest.TestCase):
    """One daemon for all tests of the class, as self.cloud; cloud_args are its further flags, cloud_env its
    further variables, prepare() what all tests need."""
    cloud_args = ()
    cloud_env = None

    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud(*cls.cloud_args, env=cls.cloud_env).__enter__()
        try:
            cls.prepare()
        except BaseException:  # unittest calls no tearDownClass then
            cls.tearDownClass()
            raise

    @classmethod
    def prepare(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        cls.cloud.__exit__(None, None, None)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            print(f"---- the daemon's log at {self.id()} ----\n{self.cloud.stderr[-4000:]}", file=sys.stderr)


def main():
    """For the end of a test file: unittest with the names of the cases (counted by ./test)."""
    # A shell starts what is in the background with SIGINT ignored, nohup with SIGHUP: programs would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    unittest.main(verbosity=2)
