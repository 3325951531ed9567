"""calotype runtime: what it shows, and what an installation does with an apt-get and an npm that are scripts of ours: no network."""
import errno
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import ROOT, Cloud, binary, main, wait_for  # noqa: E402
from functions import as_ordinary, node_sdk  # noqa: E402

PARTIAL, USAGE, FAILED = 1, 2, 255
BRINGS_SDK = """mkdir -p node_modules/@aws-sdk/client-s3 && echo '{"version": "3.1.4"}' > node_modules/@aws-sdk/client-s3/package.json"""
BRINGS_BOTO3 = """mkdir -p "$CALOTYPE_RUNTIMES/python/boto3" "$CALOTYPE_RUNTIMES/python/boto3-9.8.7.egg-info" """


class Runtime(unittest.TestCase):
    def setUp(self):
        # In memory where that can be: an installation is brought to the disk, which waits for all that others write.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) and not os.statvfs("/dev/shm").f_flag & os.ST_NOEXEC else None
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="calotype-runtime-", dir=memory))
        self.addCleanup(shutil.rmtree, self.root)
        for name in ("bin", "data", "runtimes/python"):
            (self.root / name).mkdir(parents=True)
        self.root.chmod(0o755)
        self.runtimes = self.root / "runtimes"
        self.calls = self.root / "calls"
        self.calls.touch()
        self.calls.chmod(0o666)
        self.settings(python=self.interpreter("python3", "3.11.9"), node=self.interpreter("node", "20.1.2"))

    def script(self, name, text, folder="bin"):
        path = self.root / folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def interpreter(self, name, version):
        """What says of itself what the daemon asks."""
        path = self.root / name
        return self.script(name, f"printf 'version\\t{version}\\nprogram\\t{path}\\ndone\\t\\n'", folder=".")

    def settings(self, **named):
        (self.root / "data/calotype.yaml").write_text("".join(f"{k}: {v}\n" for k, v in named.items()))

    def tool(self, name, text):
        """In PATH, which has nothing else but what scripts need; each call is a line of self.calls."""
        self.script(name, f'echo "{name} $*" >> {self.calls}\n{text}')

    def called(self):
        return self.calls.read_text().splitlines()

    def run_it(self, *args, ordinary=False, **env):
        command = [*(as_ordinary() if ordinary and os.geteuid() == 0 else []), binary(), "runtime", *args, "--data", str(self.root / "data")]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, env=self.env(**env))

    def env(self, **more):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("CALOTYPE_DATA", "AWS_"))}
        for name in ("sh", "mkdir", "cat", "echo", "sleep", "touch", "setpriv"):
            if not (self.root / "bin" / name).exists() and shutil.which(name):
                (self.root / "bin" / name).symlink_to(shutil.which(name))
        return {**kept, "PATH": str(self.root / "bin"), "CALOTYPE_RUNTIMES": str(self.runtimes), **more}

    def fails(self, done, *parts, code=FAILED):
        """One line on stderr that has these parts; nothing on stdout."""
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)

    def works(self, done, *lines):
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.splitlines(), list(lines))

    def left(self):
        return sorted(p.name for p in self.runtimes.iterdir())


class Shown(Runtime):
    def test_what_is_there_and_what_is_missing(self):
        done = self.run_it("ls")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [line.split(None, 3) for line in done.stdout.splitlines()]
        self.assertEqual(rows[1][:3], ["python", str(self.root / "python3"), "3.11.9"])
        self.assertRegex(rows[1][3], r"^python3\.11; for want of their own .*python3\.12")
        self.assertEqual(rows[2], ["boto3", "missing", "calotype", "runtime install python"])
        self.assertEqual(rows[3][:3], ["node", str(self.root / "node"), "20.1.2"])
        self.assertRegex(rows[3][3], r"^nodejs20\.x; for want of their own .*nodejs22\.x")
        self.assertEqual(rows[4], ["@aws-sdk", "missing", "calotype", "runtime install node"])
        self.assertRegex(done.stderr, r"^no daemon answers on .*/data: as one of \w+ would see it$")

    def test_packages_that_are_there(self):
        for name in ("python/boto3", "python/boto3-1.2.3.dist-info", "nodejs/node_modules/@aws-sdk/client-s3"):
            (self.runtimes / name).mkdir(parents=True)
        (self.runtimes / "nodejs/node_modules/@aws-sdk/client-s3/package.json").write_text('{"version": "3.0.1"}')
        doc = json.loads(self.run_it("ls", "--json").stdout)
        packages = {row["Language"]: row["Packages"] for row in doc["Languages"]}
        self.assertEqual(packages, {
            "python": {"Name": "boto3", "Version": "1.2.3", "Folder": str(self.runtimes / "python")},
            "node": {"Name": "@aws-sdk", "Version": "3.0.1", "Folder": str(self.runtimes / "nodejs/node_modules")}})
        self.assertEqual(doc["UserId"], os.geteuid())

    def test_no_interpreter(self):
        self.settings(python="/usr/bin/false", node=self.root / "node")
        done = self.run_it("ls")
        self.assertRegex(done.stdout, r"(?m)^python +no interpreter +- +calotype runtime install python$")
        doc = json.loads(self.run_it("ls", "--json").stdout)
        self.assertEqual((doc["Languages"][0]["Interpreters"], doc["Languages"][0]["Reason"]), ([], "--python /usr/bin/false does not run as Python"))

    def test_as_the_daemon_sees_it(self):
        """Its settings and its variables count, and not those of who asks."""
        before = dict(os.environ)
        os.environ["CALOTYPE_RUNTIMES"] = str(self.runtimes)
        try:
            with Cloud(data=str(self.root / "data")) as cloud:
                other = self.root / "other"
                done = self.run_it("ls", CALOTYPE_RUNTIMES=str(other))
                self.assertRegex(done.stderr, rf"^as the daemon on .*/data sees it \(process {cloud.pid}, of \w+\)$")
                self.assertEqual(json.loads(self.run_it("ls", "--json").stdout)["ProcessId"], cloud.pid)
                if os.geteuid() == 0:  # who may not ask it is not told that there is none
                    self.assertRegex(self.run_it("ls", ordinary=True).stderr, r"^no daemon answers on .*/data: as one of \w+ would see it$")
                self.tool("npm", BRINGS_SDK)
                unseen = self.run_it("install", "node", CALOTYPE_RUNTIMES=str(other))
                self.assertEqual(unseen.returncode, FAILED)
                self.assertRegex(unseen.stderr, rf"^calotype: the daemon on .*, of \w+, does not see {other}/nodejs/node_modules: [^\n]*\n$")
                self.works(self.run_it("install", "node"), f"node: @aws-sdk 3.1.4 in {self.runtimes}/nodejs/node_modules is installed")
        finally:
            os.environ.clear()
            os.environ.update(before)


class Python(Runtime):
    @unittest.skipUnless(os.geteuid() == 0, "not root")
    def test_debian_s_packages(self):
        self.tool("apt-get", BRINGS_BOTO3)
        self.works(self.run_it("install", "python"), f"python: boto3 9.8.7 in {self.runtimes}/python is installed")
        self.assertEqual(self.called(), ["apt-get --quiet --yes --option=DPkg::Lock::Timeout=120 --no-install-recommends install python3 python3-boto3"])
        self.works(self.run_it("install", "python"), f"python: boto3 9.8.7 in {self.runtimes}/python is there already, nothing is to be done")
        self.assertEqual(len(self.called()), 1)

    @unittest.skipUnless(os.geteuid() == 0, "not root")
    def test_lists_of_packages_that_are_old(self):
        self.tool("apt-get", f'[ "$2" != update ] || touch {self.root}/updated\n[ "$2" = update ] || [ -e {self.root}/updated ] || exit 100\n'
                             + f'[ "$2" = update ] || {BRINGS_BOTO3}')
        self.works(self.run_it("install", "python"), f"python: boto3 9.8.7 in {self.runtimes}/python is installed")
        self.assertEqual([c.split()[-1] for c in self.called()], ["python3-boto3", "update", "python3-boto3"])

    @unittest.skipUnless(os.geteuid() == 0, "not root")
    def test_apt_get_that_fails(self):
        self.tool("apt-get", "echo Reading package lists...; echo 'E: Unable to locate package python3-boto3' >&2; [ $2 = update ] || exit 100")
        self.fails(self.run_it("install", "python"), "calotype: python: `apt-get --quiet --yes --option=DPkg::Lock::Timeout=120 --no-install-recommends install python3 python3-boto3` "
                                                     "ended with 100: Unable to locate package python3-boto3\n")
        self.tool("apt-get", "kill -9 $$")
        self.fails(self.run_it("install", "python"), "was ended by signal 9")
        self.tool("apt-get", "exit 0")
        self.fails(self.run_it("install", "python"), "python: all is installed, and yet there is no boto3 where a daemon looks\n")
        self.settings(python="/usr/bin/false")
        self.tool("apt-get", BRINGS_BOTO3)
        self.fails(self.run_it("install", "python"), "python: all is installed, and yet --python /usr/bin/false does not run as Python\n")

    def test_who_may_not(self):
        self.tool("apt-get", BRINGS_BOTO3)
        self.fails(self.run_it("install", "python", ordinary=True), "sudo apt-get install --no-install-recommends python3 python3-boto3\n")
        self.assertEqual(self.called(), [])

    @unittest.skipUnless(os.geteuid() == 0, "not root")
    def test_another_system(self):
        self.fails(self.run_it("install", "python"), "this machine has no apt-get", "python3 python3-boto3")


class Node(Runtime):
    INSTALLED = "node: @aws-sdk 3.1.4 in {}/nodejs/node_modules is installed"
    THERE = "node: @aws-sdk 3.1.4 in {}/nodejs/node_modules is there already, nothing is to be done"

    def installed(self):
        self.works(self.run_it("install", "node"), self.INSTALLED.format(self.runtimes))

    def test_npm_s_packages(self):
        self.tool("npm", BRINGS_SDK)
        was = os.umask(0o077)
        try:
            self.installed()
        finally:
            os.umask(was)
        self.assertEqual(self.called(), ["npm ci --omit=dev --ignore-scripts --no-audit --no-fund --no-update-notifier"])
        self.assertEqual(self.left(), ["nodejs", "python"])
        place = self.runtimes / "nodejs"
        lock = json.loads((place / "package-lock.json").read_text())
        self.assertEqual(lock["packages"]["node_modules/@aws-sdk/client-s3"]["version"], json.loads((place / "package.json").read_text())["dependencies"]["@aws-sdk/client-s3"])
        for path in (place, place / "package-lock.json", place / "node_modules/@aws-sdk/client-s3/package.json"):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o444, 0o444, path)
        self.works(self.run_it("install", "node"), self.THERE.format(self.runtimes))
        self.assertEqual(len(self.called()), 1)

    def test_another_lock(self):
        """What it replaces stays until the next run, for functions that have it open."""
        self.tool("npm", BRINGS_SDK)
        self.installed()
        (self.runtimes / "nodejs/package-lock.json").write_text("{}")
        (self.runtimes / "nodejs/mine").touch()
        self.tool("npm", BRINGS_SDK.replace("3.1.4", "3.2.0"))
        self.works(self.run_it("install", "node"), self.INSTALLED.format(self.runtimes).replace("3.1.4", "3.2.0"))
        self.assertEqual(self.left(), [".nodejs-before", "nodejs", "python"])
        self.assertTrue((self.runtimes / ".nodejs-before/mine").exists())
        self.works(self.run_it("install", "node"), self.THERE.format(self.runtimes).replace("3.1.4", "3.2.0"))
        self.assertEqual(self.left(), ["nodejs", "python"])

    def test_npm_that_fails(self):
        self.tool("npm", "mkdir node_modules; echo 'npm error code ENOTFOUND'; echo 'npm error syscall getaddrinfo'; echo 'npm error network request failed' >&2; exit 1")
        self.fails(self.run_it("install", "node"), "calotype: node: `npm ci", "ended with 1: network request failed\n")
        self.assertEqual(self.left(), ["python"])
        self.tool("npm", "exit 0")
        self.fails(self.run_it("install", "node"), "npm ci ended well, and did not make what the lock says\n")
        self.assertEqual(self.left(), ["python"])
        self.tool("npm", BRINGS_SDK)
        self.installed()
        (self.runtimes / "nodejs/package-lock.json").write_text("{}")
        self.tool("npm", "exit 3")
        self.fails(self.run_it("install", "node"), "ended with 3\n")
        self.assertEqual(self.left(), ["nodejs", "python"])  # the old ones are as they were
        self.assertTrue((self.runtimes / "nodejs/node_modules/@aws-sdk").exists())

    def blocked(self):
        """An installation whose npm has begun and does not go on."""
        fifo = self.root / "fifo"
        os.mkfifo(fifo)
        self.tool("npm", f"{BRINGS_SDK}; touch {self.root}/begun; exec cat {fifo}")
        process = subprocess.Popen([binary(), "runtime", "install", "node", "--data", str(self.root / "data")], env=self.env(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for((self.root / "begun").exists, 30)
        return process, fifo

    def test_a_kill(self):
        process, fifo = self.blocked()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.assertEqual(len([n for n in self.left() if n.startswith(".nodejs-")]), 1)
        self.assertFalse((self.runtimes / "nodejs").exists())
        self.assertIn("missing", self.run_it("ls").stdout)

        def nobody_reads():
            try:
                os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
            except OSError as e:
                return e.errno == errno.ENXIO
        wait_for(nobody_reads, 10)  # npm was killed, too
        self.tool("npm", BRINGS_SDK)
        self.installed()
        self.assertEqual(self.left(), ["nodejs", "python"])

    def test_two_at_once(self):
        first, fifo = self.blocked()
        second = subprocess.Popen([binary(), "runtime", "install", "node", "--data", str(self.root / "data")], env=self.env(),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: re.search(rf"(?m)-> FLOCK .* {second.pid} ", pathlib.Path("/proc/locks").read_text()), 30)
        fifo.write_text("go on\n")
        self.assertEqual(first.communicate(timeout=30), (self.INSTALLED.format(self.runtimes) + "\n", ""))
        self.assertEqual(second.communicate(timeout=30), (self.THERE.format(self.runtimes) + "\n", ""))
        self.assertEqual(len(self.called()), 1)

    def test_no_npm(self):
        self.fails(self.run_it("install", "node", ordinary=True), "sudo apt-get install --no-install-recommends npm\n")
        if os.geteuid() == 0:
            self.tool("apt-get", f'cat > {self.root}/bin/npm <<"EOF"\n#!/bin/sh\n{BRINGS_SDK}\nEOF\nchmod 755 {self.root}/bin/npm')
            (self.root / "bin/chmod").symlink_to(shutil.which("chmod"))
            self.installed()
            self.assertEqual(self.called(), ["apt-get --quiet --yes --option=DPkg::Lock::Timeout=120 --no-install-recommends install npm"])

    def test_no_node(self):
        self.settings(node="/usr/bin/false")
        self.fails(self.run_it("install", "node", ordinary=True), "sudo apt-get install --no-install-recommends nodejs\n")

    def test_a_folder_that_cannot_be_made(self):
        self.tool("npm", BRINGS_SDK)
        (self.root / "file").touch()
        self.fails(self.run_it("install", "node", CALOTYPE_RUNTIMES=str(self.root / "file/below")), "create folder", "Not a directory")


class Both(Runtime):
    @unittest.skipUnless(os.geteuid() == 0, "not root")
    def test_one_of_two(self):
        self.tool("npm", BRINGS_SDK)
        done = self.run_it("install")  # there is no apt-get
        self.assertEqual(done.returncode, PARTIAL)
        self.assertEqual(done.stdout, f"node: @aws-sdk 3.1.4 in {self.runtimes}/nodejs/node_modules is installed\n")
        self.assertRegex(done.stderr, r"^calotype: python: this machine has no apt-get[^\n]*\n$")
        self.tool("apt-get", BRINGS_BOTO3)
        done = self.run_it("install", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual([(r["Language"], r["Changed"], r["Version"]) for r in json.loads(done.stdout)], [("python", True, "9.8.7"), ("node", False, "3.1.4")])

    def test_wrong_words(self):
        for args, want in ((["install", "ruby"], '"ruby" is no language that can be installed: python, node'), (["ls", "node"], "runtime ls takes no argument"),
                           (["remove"], '"remove" is nothing that runtime does: ls, install')):
            self.fails(self.run_it(*args), want, code=USAGE)


class Lock(unittest.TestCase):
    """What npm is given."""
    PLACE = ROOT / "src/cli/nodejs"

    @classmethod
    def setUpClass(cls):
        cls.package, cls.lock = (json.loads((cls.PLACE / f"{name}.json").read_text()) for name in ("package", "package-lock"))
        cls.packages = {name: facts for name, facts in cls.lock["packages"].items() if name}

    def test_it_pins_all_and_names_no_registry(self):
        self.assertEqual(self.lock["packages"][""]["dependencies"], self.package["dependencies"])
        for name, facts in self.packages.items():
            self.assertRegex(facts["integrity"], "^sha512-", name)
            self.assertNotIn("resolved", facts, name)
            self.assertNotIn("hasInstallScript", facts, name)
        for name, version in self.package["dependencies"].items():
            self.assertEqual(self.packages[f"node_modules/{name}"]["version"], version)

    def test_all_of_it_runs_on_node_18(self):
        self.assertGreater(len(self.packages), len(self.package["dependencies"]))
        for name, facts in self.packages.items():
            for part in facts.get("engines", {}).get("node", ">=0").split("||"):
                self.assertLessEqual(int(re.match(r"\s*>=\s*(\d+)", part).group(1)), 18, name)

    def test_what_was_installed_can_be_loaded(self):
        modules = pathlib.Path(node_sdk(), "nodejs/node_modules")
        node = shutil.which("node")
        if not node:
            self.skipTest("there is no node")
        names = list(self.package["dependencies"])
        script = "for (const n of process.argv.slice(1)) { require(n); console.log(n + ' ' + require(n + '/package.json').version); }"
        said = subprocess.run([node, "-e", script, *names], capture_output=True, text=True, timeout=60, check=True, env={"NODE_PATH": str(modules)})
        self.assertEqual(said.stdout.split("\n")[:-1], [f"{n} {v}" for n, v in self.package["dependencies"].items()])


if __name__ == "__main__":
    main()
