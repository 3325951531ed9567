"""Every verb of the command line: --help, wrong flags and arguments, and what happens without a daemon."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import binary, main

# The verb, and arguments with which it runs as far as the daemon that is not there (None: it needs none).
VERBS = {
    "up": None, "down": [], "reload": [], "env": [], "with": ["true"], "status": [], "scrub": [], "audit": None,
    "deploy": ["--no-audit", "--template", "/dev/null"],
    "put": ["x.jpg"], "ls": [], "show": ["x.jpg"], "query": [], "open": ["x.jpg"], "get": ["x.jpg"], "rm": ["x.jpg"], "tail": [],
    "package": None, "runtime": None, "repair": None, "rotate": None,
}
OWN_FLAGS = {  # one flag of the verb's own, and a value that it refuses (None: a switch)
    "up": ("--port", "70000"), "down": ("--timeout", "0"), "env": ("--json", None), "status": ("--json", None), "scrub": ("--rate", "0"),
    "audit": ("--format", "none"), "deploy": ("--aws", None), "put": ("--parallel", "65"), "ls": ("--json", None), "show": ("--aws", None),
    "query": ("--limit", "0"), "open": ("--aws", None), "get": ("--force", None), "rm": ("--versions", None),
    "tail": ("--follow", None), "runtime": ("--json", None), "repair": ("--yes", None), "rotate": ("--yes", None),
}
USAGE, FAILED = 2, 255


def calotype(*args, program=None, **env):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CALOTYPE_DATA"))}
    return subprocess.run([program or binary(), *args], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, env={**kept, **env})


class Verbs(unittest.TestCase):
    def refused(self, done, code, *lines):
        """Nothing on stdout, these lines on stderr."""
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        said = done.stderr.splitlines()
        self.assertEqual(len(said), len(lines), done.stderr)
        for got, want in zip(said, lines):
            self.assertRegex(got, want)

    def test_the_list_names_all_of_them(self):
        for args, code in ((["--help"], 0), (["help"], 0), (["-h"], 0), ([], USAGE)):
            done = calotype(*args)
            self.assertEqual((done.returncode, done.stderr), (code, ""), args)
            self.assertEqual(re.findall(r"^  (\S+) +\S", done.stdout, re.M), list(VERBS), args)

    def test_version(self):
        for args in (["--version"], ["version"]):
            done = calotype(*args)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"^calotype \d+\.\d+\.\d+\n$")

    def test_no_such_verb(self):
        self.refused(calotype("fly"), USAGE, '^calotype: there is no verb "fly"')

    def test_help(self):
        for verb in VERBS:
            for flag in ("--help", "-h"):
                done = calotype(verb, flag)
                self.assertEqual((done.returncode, done.stderr), (0, ""), verb)
                self.assertRegex(done.stdout, f"^usage: calotype {verb}( .*)?\n\n\\w", verb)
                for line in re.findall(r"^  --.*$", done.stdout, re.M):
                    self.assertRegex(line, r"^  --[a-z-]+( [A-Z=]+)? +\S", verb)
            if verb not in ("package", "audit"):
                self.assertIn("\n  --data DIR ", done.stdout, verb)

    def test_flags_that_do_not_exist(self):
        for verb in VERBS:
            usage = f"^usage: calotype {verb} .*--help says more"
            self.refused(calotype(verb, "--nothing"), USAGE, "^calotype: there is no flag --nothing$", usage)

    def test_single_dashes_are_no_arguments(self):
        for verb in VERBS:
            self.refused(calotype(verb, "-l"), USAGE, "^calotype: there is no flag -l ", f"^usage: calotype {verb} ")
        with tempfile.TemporaryDirectory() as data:
            self.refused(calotype("ls", "--data", data, "--", "-l"), FAILED, "^calotype: no daemon is running")

    def test_names_of_environments(self):
        for name in ("", "a" * 21, "Dev", "a b", "a/b", "ä"):
            self.refused(calotype("ls", "--env", name), USAGE, "^calotype: env: the name has 1 to 20 of ", "^usage: calotype ls ")

    def test_values_that_are_refused_before_anything_is_asked(self):
        """A daemon is not needed to see that they are wrong."""
        cases = [(["ls", "--data", ""], "data: the value is empty"), (["up", "--data="], "data: the value is empty"),
                 (["down", "--data="], "data: the value is empty"), (["package", "--output", ""], "output: the value is empty"),
                 (["get", "--size=", "x"], "size: the value is empty"), (["deploy", "--template="], "template: the value is empty"),
                 (["deploy", "--parameter", "nonsense"], 'parameter: it is NAME=VALUE, not "nonsense"'),
                 (["deploy", "--parameter", "=x"], 'parameter: it is NAME=VALUE, not "=x"'),
                 (["query", "--status", "done"], 'status is one of any, processed, rejected, failed, not "done"'),
                 (["query", "--since", "yesterday"], 'since: "yesterday" is not a time '), (["query", "--until="], 'until: "" is not a time '),
                 (["tail", "--since", "1x"], 'since: "1x" is not a time ')]
        with tempfile.TemporaryDirectory() as data:
            for args, want in cases:
                with self.subTest(args):
                    self.refused(calotype(*args, CALOTYPE_DATA=data), USAGE, "^calotype: " + re.escape(want), f"^usage: calotype {args[0]} ")

    def test_more_parameters_than_a_template_takes(self):
        many = [a for i in range(33) for a in ("--parameter", f"P{i}=1")]
        self.refused(calotype("deploy", *many), USAGE, "^calotype: there are more than 32 parameters$")
    def test_output_that_cannot_be_written(self):
        for args in (["--help"], ["--version"], ["ls", "--help"], ["up", "--help"]):
            for to, why in (("/dev/full", "No space left on device"), ("&-", "Bad file descriptor")):
                done = subprocess.run(["sh", "-c", f'exec "$0" "$@" >{to}', binary(), *args], stderr=subprocess.PIPE, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (FAILED, f"calotype: cannot write the output: {why}\n"), args)

    def test_names_in_errors_steer_no_terminal(self):
        done = calotype("\x1b[2Jfly\n\u009b\u202e")
        self.assertEqual(done.stderr, 'calotype: there is no verb "?[2Jfly???" (calotype --help lists them)\n')

    def test_flags_with_wrong_values(self):
        for verb, (flag, value) in OWN_FLAGS.items():
            with self.subTest(verb):
                if value is None:
                    self.refused(calotype(verb, f"{flag}=maybe"), USAGE, 'is true or false, not "maybe"$', "^usage: ")
                else:
                    self.refused(calotype(verb, flag), USAGE, f"^calotype: {flag} wants a value", "^usage: ")
                    self.refused(calotype(verb, flag, value), USAGE, f'not "{value}"$', "^usage: ")

    def test_numbers_of_arguments(self):
        for verb in ("with", "put", "show", "open", "get", "rm"):
            self.refused(calotype(verb), USAGE, "something is missing", f"^usage: calotype {verb} ")
        for args in (["up", "x"], ["down", "x"], ["env", "x"], ["status", "x"], ["deploy", "x"], ["ls", "a", "b"],
                     ["query", "x"], ["package", "x"], ["open", "x", "y"], ["tail", "x", "y"]):
            self.refused(calotype(*args), USAGE, "an argument too many", f"^usage: calotype {args[0]} ")

    def test_without_a_daemon(self):
        with tempfile.TemporaryDirectory() as data:
            for verb, args in VERBS.items():
                if args is not None:
                    with self.subTest(verb):
                        self.refused(calotype(verb, "--data", data, *args), FAILED,
                                     f"^calotype: no daemon is running on {data} .start one: calotype up")
            self.assertEqual(os.listdir(data), [])

    def test_the_data_folder_is_a_flag_or_a_variable(self):
        with tempfile.TemporaryDirectory() as one:
            self.refused(calotype("env", CALOTYPE_DATA=one), FAILED, f"no daemon is running on {one} ")
            self.refused(calotype("env", "--data", "/nowhere", CALOTYPE_DATA=one), FAILED, "^calotype: .*/nowhere")


class Descriptors(unittest.TestCase):
    """What the caller has closed, or never opened."""
    def test_standard_descriptors_that_are_closed(self):
        """Their numbers go to no file and no socket of the daemon's."""
        with tempfile.TemporaryDirectory() as data:
            up = 'exec "$0" up --data "$1" --port 0 --detach <&- >&- 2>&-'
            done = subprocess.run(["sh", "-c", up, binary(), data], timeout=60)
            self.assertEqual(done.returncode, 0)
            try:
                pid = int(re.search(r"(?m)^process +(\d+),", calotype("status", "--data", data).stdout)[1])
                shown = [os.readlink(f"/proc/{pid}/fd/{n}") for n in range(3)]
                self.assertEqual(shown, ["/dev/null", "/dev/null", os.path.realpath(data) + "/calotype.log"])
                closed = subprocess.run(["sh", "-c", 'exec "$0" env --json --data "$1" >&-', binary(), data], timeout=60,
                                        stderr=subprocess.PIPE)
                self.assertEqual((closed.returncode, closed.stderr.splitlines()[-1]), (FAILED, b"calotype: cannot write the output: Bad file descriptor"))
            finally:
                self.assertEqual(calotype("down", "--data", data).returncode, 0)

    def test_a_ready_descriptor_that_is_not_open(self):
        """It is not one that the daemon opens meanwhile."""
        with tempfile.TemporaryDirectory() as data:
            for more in ([], ["--detach"]):
                done = calotype("up", "--data", data, "--port", "0", "--ready-fd", "77", *more)
                self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
                self.assertEqual(done.stderr, "calotype: ready-fd 77: Bad file descriptor\n")
            self.assertEqual(os.listdir(data), [])

    def test_a_folder_that_cannot_be_made(self):
        for more in ([], ["--detach"]):
            done = calotype("up", "--data", "/proc/x", "--port", "0", "--log-level", "error", *more)
            self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
            self.assertRegex(done.stderr, r"^calotype: .*/proc/x\S*: No such file or directory; next: ls -ld /proc/x, and .*\n$")


class Up(unittest.TestCase):
    """`calotype up` becomes calotype-daemon, wherever calotype stands."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="calotype-")
        self.addCleanup(folder.cleanup)
        self.prefix = pathlib.Path(folder.name)
        self.bin = self.prefix / "bin"
        self.bin.mkdir()
        self.program = shutil.copy2(binary(), self.bin / "calotype")

    def install(self, folder):
        (self.prefix / folder).mkdir(parents=True, exist_ok=True)
        at = self.prefix / folder / "calotype-daemon"
        at.write_text('#!/bin/sh\necho "$0" "$$" "$@"\nexit 7\n')
        at.chmod(0o755)

    def test_no_daemon_program(self):
        done = calotype("up", "--port", "0", program=self.program)
        self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
        self.assertEqual(done.stderr, f"calotype: {self.prefix}/lib/calotype/calotype-daemon is missing, a part of calotype: install all of it\n")

    def test_a_daemon_program_that_cannot_run(self):
        self.install("lib/calotype")
        (self.prefix / "lib/calotype/calotype-daemon").chmod(0o644)
        done = calotype("up", program=self.program)
        self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
        self.assertRegex(done.stderr, "^calotype: cannot run .*/calotype-daemon: .*\n$")

    @unittest.skipUnless(os.geteuid() == 0, "to become somebody else, one must be root")
    def test_a_daemon_program_that_can_only_be_run(self):
        """By a user who may not read it."""
        self.install("lib/calotype")
        shutil.copy2("/bin/true", self.prefix / "lib/calotype/calotype-daemon")
        self.prefix.chmod(0o755)
        (self.prefix / "lib/calotype/calotype-daemon").chmod(0o711)
        done = subprocess.run([self.program, "up"], capture_output=True, text=True, timeout=60, user=65534)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_places(self):
        """Of an installation lib/calotype, of a build its folder; what else is called so is not run."""
        built = self.prefix / "src/cli"
        built.mkdir(parents=True)
        for program, place in ((self.program, "lib/calotype"), (shutil.copy2(binary(), built / "calotype"), "src/daemon")):
            for folder in ("bin", "daemon", "src/cli", "src/lib/calotype", place):
                self.install(folder)
            process = subprocess.Popen([program, "up", "--a b", "--", "c"], stdout=subprocess.PIPE, text=True)
            out, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 7)
            path, pid, *args = out.split(maxsplit=2)
            self.assertEqual(pathlib.Path(path).resolve().parent, self.prefix / place)
            self.assertEqual((int(pid), args), (process.pid, ["up --a b -- c\n"]))  # the same process

    def test_a_link_to_it(self):
        """As ./run puts one on PATH: the places are those of what it leads to."""
        self.install("lib/calotype")
        link = self.prefix / "elsewhere/deep/calotype"
        link.parent.mkdir(parents=True)
        link.symlink_to(self.program)
        done = calotype("up", program=link)
        self.assertEqual(done.returncode, 7, done.stderr)


class Packed(unittest.TestCase):
    """What `package` packs: the programs that came with it, never others that are called the same."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="calotype-")
        self.addCleanup(folder.cleanup)
        self.prefix = pathlib.Path(folder.name)
        for name in ("bin", "lib/calotype", "other"):
            (self.prefix / name).mkdir(parents=True)
        self.program = shutil.copy2(binary(), self.prefix / "bin/calotype")

    def fill(self, folder, text):
        for name in ("bootstrap", "calotype-image"):
            (self.prefix / folder / name).write_text(text)

    def package(self, *args, **env):
        done = calotype("package", "--output", str(self.prefix / "f.zip"), *args, program=self.program, **env)
        self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
        return done.stderr

    def test_programs_of_that_name_beside_it(self):
        self.fill("bin", "somebody else's")
        self.assertEqual(self.package(CALOTYPE_PROGRAMS=""),
                         f"calotype: {self.prefix}/lib/calotype/bootstrap is missing, a part of calotype: install all of it\n")
        self.fill("lib/calotype", "ours")
        self.assertEqual(self.package(CALOTYPE_PROGRAMS=""),
                         f"calotype: {self.prefix}/lib/calotype/bootstrap is not a 64-bit Linux program\n")

    def test_a_folder_that_is_named(self):
        """It holds them, or it is the folder of a calotype to which they belong."""
        other, cwd = self.prefix / "other", os.getcwd()
        self.fill("lib/calotype", "ours")
        for folder in (str(self.prefix / "bin"), str(self.prefix / "bin/"), os.path.relpath(self.prefix / "bin", cwd)):
            for args, env in ((["--programs", folder], {}), ([], {"CALOTYPE_PROGRAMS": folder})):
                self.assertIn("/lib/calotype/bootstrap is not a 64-bit", self.package(*args, **env))
        self.fill("other", "theirs")
        self.assertEqual(self.package("--programs", str(other)), f"calotype: {other}/bootstrap is not a 64-bit Linux program\n")
        self.assertEqual(self.package("--programs", "/proc"), "calotype: bootstrap was not found in /proc\n")
        self.assertEqual(self.package("--programs", "/nowhere"), "calotype: cannot look into /nowhere: No such file or directory\n")


if __name__ == "__main__":
    main()
