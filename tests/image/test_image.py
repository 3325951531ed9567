"""The container image, without an engine: the archive is read as `docker load` reads it, and what is in it is
run as an engine does (engine.py). Debian's part is the libraries of this machine, for mmdebstrap is no tool of ./test."""
import hashlib
import http.client
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "lib"))
from cloud import main, need_boto3, static_programs  # noqa: E402

EPOCH = 1700000000
PATIENCE_S = 60
PROGRAMS = {"cli/calotype": "usr/bin/calotype", "daemon/calotype-daemon": "usr/lib/calotype/calotype-daemon",
            "fn/bootstrap": "usr/lib/calotype/bootstrap", "img/calotype-image": "usr/lib/calotype/calotype-image"}
# What a root of Debian has and an image of programs must not have: the builder's name, its sources, setuid bits.
NOISE = {"etc/hostname": "builder", "etc/resolv.conf": "nameserver 10.0.0.1", "etc/apt/sources.list": "deb", "usr/bin/su": "su",
         "usr/share/man/man1/su.1.gz": "page", "usr/share/doc/libc6/changelog.gz": "changes", "var/lib/dpkg/status": "status",
         "var/cache/apt/pkgcache.bin": "cache", "tmp/left": "left"}
KEPT = {"usr/share/doc/libc6/copyright": "licence", "var/lib/dpkg/status.d/libc6": "Package: libc6", "etc/os-release": "ID=debian"}


def libraries(program):
    """Where the loader looks for what a program maps, and the file that is there."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    return set(re.findall(r"(?:=> |^\s*)(/\S+) \(0x", listed, re.MULTILINE))


def debian_root(path, programs):
    with tarfile.open(path, "w") as tar:
        def add(name, content, mode=0o644):
            info = tarfile.TarInfo("./" + name)
            info.size, info.mode, info.mtime, info.uid = len(content), mode, 1, 33
            tar.addfile(info, io.BytesIO(content))
        for name, text in {**NOISE, **KEPT}.items():
            add(name, text.encode(), 0o4755 if name.endswith("/su") else 0o644)
        for place in set().union(*map(libraries, programs)):
            add(place[1:], pathlib.Path(place).read_bytes(), 0o4755)


def install(folder, built):
    for source, to in PROGRAMS.items():
        (folder / to).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["strip", "-o", folder / to, built / source], check=True)
    (folder / "usr/share/calotype").mkdir(parents=True)
    shutil.copy(ROOT / "stack/template.yaml", folder / "usr/share/calotype")
    (folder / "usr/share/man/man1").mkdir(parents=True)
    (folder / "usr/share/man/man1/calotype.1").write_text("page")


def archive(work, name, *more):
    output = work / name
    done = subprocess.run([sys.executable, ROOT / "packaging/image/archive.py", "--debian", work / "debian.tar", "--installed",
                           work / "installed", "--version", "1.2.3", "--arch", "amd64", "--epoch", str(EPOCH), "--tag",
                           "localhost/calotype:1.2.3", "--output", output, *more], capture_output=True, text=True)
    return output, done


# Stands for mmdebstrap: writes down what it was asked for, and gives a root that the test made.
MMDEBSTRAP = """#!/bin/sh
for argument; do
    case $argument in
        --include=*) echo "${argument#*=}" > "$STATE/asked" ;;
        *.tar) cp "$STATE/debian.tar" "$argument" ;;
    esac
done
"""


def of_debian():
    release = pathlib.Path("/etc/os-release")
    return release.exists() and "\nID=debian\n" in "\n" + release.read_text() and all(map(shutil.which, ("dpkg-deb", "dpkg-query", "strip")))


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        built = pathlib.Path(static_programs()).parent
        cls.work = pathlib.Path(tempfile.mkdtemp(prefix="calotype-image-"))
        cls.addClassCleanup(shutil.rmtree, cls.work, ignore_errors=True)
        cls.work.chmod(0o755)
        install(cls.work / "installed", built)
        debian_root(cls.work / "debian.tar", [built / p for p in PROGRAMS])
        cls.archive, done = archive(cls.work, "image.tar")
        assert done.returncode == 0, done.stderr
        cls.said = done.stdout
        with tarfile.open(cls.archive) as tar:
            cls.members = {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}
        cls.manifest, = json.loads(cls.members["manifest.json"])
        cls.document = json.loads(cls.members[cls.manifest["Config"]])
        cls.config = cls.document["config"]
        cls.root = cls.work / "root"
        cls.entries = {}
        for layer in cls.manifest["Layers"]:
            with tarfile.open(fileobj=io.BytesIO(cls.members[layer])) as tar:
                cls.entries.update({m.name: m for m in tar})
                tar.extractall(cls.root, numeric_owner=True, **({"filter": "fully_trusted"} if hasattr(tarfile, "data_filter") else {}))

    # ---- The archive ----
    def test_digests(self):
        """Engines refuse what is not what its name says."""
        self.assertEqual(self.manifest["RepoTags"], ["localhost/calotype:1.2.3"])
        digest = hashlib.sha256(self.members[self.manifest["Config"]]).hexdigest()
        self.assertEqual(self.manifest["Config"], digest + ".json")
        self.assertIn("sha256:" + digest, self.said)
        layers = ["sha256:" + hashlib.sha256(self.members[name]).hexdigest() for name in self.manifest["Layers"]]
        self.assertEqual(self.document["rootfs"], {"type": "layers", "diff_ids": layers})
        self.assertEqual(len(self.document["history"]), len(layers))

    def test_same_bytes(self):
        for path in (self.work / "installed").rglob("*"):
            os.utime(path, (5, 5))
        again, done = archive(self.work, "again.tar")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(hashlib.sha256(again.read_bytes()).digest(), hashlib.sha256(self.archive.read_bytes()).digest())
        again.unlink()

    def test_what_an_engine_is_told(self):
        user, group = self.config["User"].split(":")
        self.assertTrue(int(user) > 0 and int(group) > 0)
        self.assertEqual(self.config["ExposedPorts"], {"4566/tcp": {}})
        self.assertEqual(self.config["Volumes"], {"/data": {}})
        self.assertEqual(self.config["Healthcheck"]["Test"], ["CMD", "/usr/bin/calotype", "status"])
        self.assertEqual(self.config["Healthcheck"]["Interval"], 10_000_000_000)
        self.assertEqual(self.config["Entrypoint"], ["/usr/bin/calotype", "up", "--listen", "0.0.0.0"])
        self.assertNotIn("Cmd", self.config)
        self.assertIn("CALOTYPE_DATA=/data", self.config["Env"])
        self.assertEqual((self.document["os"], self.document["created"]), ("linux", "2023-11-14T22:13:20Z"))

    def test_entries(self):
        for name in NOISE:
            self.assertNotIn(name, self.entries)
        for name, text in KEPT.items():
            self.assertEqual((self.root / name).read_text(), text)
        self.assertNotIn("usr/share/man/man1/calotype.1", self.entries)
        for name, entry in self.entries.items():
            own = name == "data"
            self.assertEqual((entry.mtime, entry.uid, entry.gid), (EPOCH, *(2 * [10001 if own else 0])), name)
            self.assertEqual(entry.mode & 0o6000, 0, name)
            self.assertFalse(entry.mode & 0o002 and not entry.mode & 0o1000, name)
        self.assertEqual(self.entries["data"].mode, 0o700)

    def test_refusals(self):
        for more, words in ((["--most", "1000000"], "0 MiB are promised"), (["--installed", self.work], "has no usr/bin/calotype")):
            output, done = archive(self.work, "refused.tar", *more)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(words, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertFalse(output.exists())
        build = ROOT / "packaging/image/build.sh"
        for arguments, code, words in ((["--nonsense"], 2, "there is no flag --nonsense"), (["--tag"], 2, "--tag wants a value"),
                                       (["--installed", "/nowhere"], 255, "/nowhere has no usr/bin/calotype|this needs|this is ")):
            done = subprocess.run([build, *arguments], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
            self.assertRegex(done.stderr, words)

    # ---- The script ----
    def build(self, installed, *more):
        if not of_debian():
            self.skipTest("images are built on Debian")
        tools = self.work / "tools"
        tools.mkdir(exist_ok=True)
        (tools / "mmdebstrap").write_text(MMDEBSTRAP)
        (tools / "mmdebstrap").chmod(0o755)
        output = self.work / "built.tar"
        output.unlink(missing_ok=True)
        done = subprocess.run([ROOT / "packaging/image/build.sh", "--installed", installed, "--output", output, *more], text=True,
                              capture_output=True, env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "STATE": str(self.work)})
        return output, done

    def test_build(self):
        """The packages of all libraries are asked for; name and version are what the program says."""
        output, done = self.build(self.work / "installed", "--include", "python3")
        self.assertEqual(done.returncode, 0, done.stderr)
        asked = (self.work / "asked").read_text().strip().split(",")
        self.assertEqual(asked[0], "base-files")
        self.assertLessEqual({"libc6", "python3"}, set(asked))
        self.assertTrue([name for name in asked if name.startswith("librocksdb")], asked)
        with tarfile.open(output) as tar:
            manifest, = json.load(tar.extractfile("manifest.json"))
        version = re.search(r"^project\(.*?, version: '(.*?)'", (ROOT / "meson.build").read_text(), re.M).group(1)
        self.assertEqual(manifest["RepoTags"], [f"calotype:{version}"])

    def test_a_library_that_is_not_here(self):
        """The loader's "not found" names no file, and so no package: an image without it would not start."""
        other = self.work / "other"
        shutil.copytree(self.work / "installed", other)
        library = other / "libabsent.so"
        cc = lambda text, *flags: subprocess.run(["cc", "-xc", "-", *flags], input=text, text=True, check=True)
        cc("int absent;", "-shared", "-fPIC", "-Wl,-soname,libabsent.so", "-o", library)
        cc("extern int absent; int main(void) { return absent; }", "-o", other / "usr/bin/calotype", "-L", other, "-labsent")
        library.unlink()
        output, done = self.build(other)
        self.assertEqual((done.returncode, done.stdout), (255, ""), done.stderr)
        self.assertRegex(done.stderr, r"^calotype: .* does not have \(\S*libabsent\.so\)")
        self.assertFalse(output.exists())

    # ---- Running it ----
    def engine(self, data, *arguments, writable=False, user=None):
        if os.geteuid() != 0:
            self.skipTest("only root starts a container without an engine")
        user = user or self.config["User"].split(":")[0]
        return subprocess.Popen([sys.executable, HERE / "engine.py", self.root, data, user, *(["--writable"] if writable else []),
                                 *self.config["Entrypoint"], *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env={**os.environ, "IMAGE_ENV": json.dumps(self.config["Env"])})

    def volume(self, owner=10001):
        data = pathlib.Path(tempfile.mkdtemp(prefix="data-", dir=self.work))
        os.chown(data, owner, owner)
        return data

    def process_1(self, process):
        """Its process id on the host; it is ended with the test, and all in its process namespace with it."""
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return int(process.stdout.readline())

    def refused(self, process):
        _, said = process.communicate(timeout=PATIENCE_S)
        return process.returncode, said

    def until(self, what, condition):
        deadline = time.monotonic() + PATIENCE_S
        while not (found := condition()):
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.02)
        return found

    def healthcheck(self, pid):
        """As an engine runs it: in the container's namespaces, as its user."""
        user, group = self.config["User"].split(":")
        inside = ["nsenter", "-t", str(pid), "-m", "-p", "-r", "-S", user, "-G", group]
        return subprocess.run([*inside, *self.config["Healthcheck"]["Test"][1:]], capture_output=True, text=True,
                              env=dict(line.split("=", 1) for line in self.config["Env"]) | {"PATH": os.environ["PATH"]})

    def keys(self):
        pairs = dict(re.findall(r"(aws_\w+) = (\S+)", (self.data / "credentials").read_text()))
        return {"aws_access_key_id": pairs["aws_access_key_id"], "aws_secret_access_key": pairs["aws_secret_access_key"]}

    def up(self, *arguments, **how):
        data = self.data = self.volume()
        process = self.engine(data, "--port", "0", *arguments, **how)
        pid = self.process_1(process)
        status = self.until("it is healthy", lambda: process.poll() is not None or (
            (done := self.healthcheck(pid)).returncode == 0 and done.stdout))
        self.assertIsNone(process.poll(), process.stderr.read() if process.poll() is not None else "")
        return process, pid, int(re.search(r"endpoint +https://127\.0\.0\.1:(\d+)", status)[1])

    def test_life(self):
        """Healthy, reachable from elsewhere, in a root that nobody may write; SIGTERM ends it with 0."""
        process, pid, port = self.up()
        listening = [line.split()[1] for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"]
        self.assertIn(f"00000000:{port:04X}", listening)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/health")
        self.assertEqual(json.load(connection.getresponse())["status"], "ok")
        connection.close()
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE_S), 0)
        self.assertNotEqual(self.healthcheck(os.getpid()).returncode, 0)

    def test_orphans(self):
        """What is executed in the container from outside may leave children: process 1 inherits them."""
        _, pid, _ = self.up()
        subprocess.run(["nsenter", "-t", str(pid), "-p", "sh", "-c", "(sleep 0.1; exit 3) & echo"], check=True, capture_output=True)
        zombies = lambda: [c for c in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                           if re.search(r"^State:\s+Z", pathlib.Path(f"/proc/{c}/status").read_text(), re.MULTILINE)]
        before = lambda: len(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        self.until("the orphan ends and is reaped", lambda: before() == 1 and not zombies())

    def test_second_signal(self):
        """Process 1 has no default effects: the second SIGTERM ends it at once all the same."""
        process, pid, port = self.up("--stop-seconds", "3600")
        s3 = need_boto3().client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1", **self.keys())
        s3.create_bucket(Bucket="held")
        url = s3.generate_presigned_url("put_object", Params={"Bucket": "held", "Key": "k"})
        with socket.create_connection(("127.0.0.1", port)) as held:
            head = f"PUT {url.partition(str(port))[2]} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
            held.sendall(head.encode())
            self.assertIn(b"100 Continue", held.recv(64))  # the request is under way, and the end waits for it
            os.kill(pid, signal.SIGTERM)
            self.until("it was told to stop", lambda: "told to stop" in (process.stderr.readline()))
            os.kill(pid, signal.SIGTERM)
            self.assertEqual(process.wait(PATIENCE_S), 128 + signal.SIGTERM)

    def test_missing_rights(self):
        """One line and an exit code of its own, by which a supervisor sees that it need not try again."""
        for data, arguments, words in ((self.volume(owner=4711), [], r"belongs to user 4711.*chown -R 10001 /data"),
                                       (self.volume(), ["--strict"], "--strict: functions would run at level (none|userns)"),
                                       (self.volume(), ["--isolation", "full"], "less than --isolation asks for")):
            code, said = self.refused(self.engine(data, *arguments))
            last = said.splitlines()[-1]
            self.assertRegex(last, "^calotype: .*" + words)
            self.assertEqual(code, 4, said)

    def test_any_user(self):
        """docker run --user: no name in /etc/passwd is needed, only the volume's owner."""
        data = self.volume(owner=65533)
        process = self.engine(data, "--port", "0", user="65533")
        pid = self.process_1(process)
        self.until("it is ready", lambda: process.poll() is not None or (data / "complete").exists())
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE_S), 0)

    def test_detach(self):
        code, said = self.refused(self.engine(self.volume(), "--detach"))
        self.assertEqual(code, 255)
        self.assertIn("--detach: this is process 1 of a container", said)


if __name__ == "__main__":
    main()
