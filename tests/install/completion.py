"""Completion in a real bash on a terminal, and in a real zsh where there is one: what a Tab offers for each kind of word."""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, binary, build_dir, main

FOLDER = build_dir() / "tools/pages"
PATIENCE_S = 60


def verbs():
    shown = subprocess.run([binary(), "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
    return re.findall(r"(?m)^  (\S+) +\S", shown)


def flags(verb):
    shown = subprocess.run([binary(), verb, "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
    return re.findall(r"(?m)^  (--\S+)(?: ([A-Z][A-Z=]*))? +\S", shown)


class Shell:
    """A shell on a terminal. `offered(line)` is the line after all completions of its last word were put into it."""

    def __init__(self, argv, setup, key, env):
        self.key = key
        pid, self.fd = pty.fork()
        if pid == 0:
            os.environ.update(env)
            os.execvp(argv[0], argv)
        self.pid = pid
        self.seen = b""
        os.write(self.fd, (setup + "; printf '<%s>\\n' ready\n").encode())
        self.until(rb"<ready>")

    def until(self, pattern):
        end = time.monotonic() + PATIENCE_S
        while not (found := re.search(pattern, self.seen, re.S)):
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"nothing like {pattern} came: {self.seen}")
            self.seen += os.read(self.fd, 65536)
        self.seen = self.seen[found.end():]
        return found

    def offered(self, line):
        os.write(self.fd, line.encode() + self.key)
        return self.until(rb"<line\x01(.*?)\x01>")[1].decode().replace("\r", "")

    def end(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


class Bash(unittest.TestCase):
    """Every verb and every flag is looked at, by what --help says."""
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="calotype-completion-")
        cls.addClassCleanup(folder.cleanup)
        cls.here = pathlib.Path(folder.name)
        for name in ("alpha.jpg", "al pha.png", "folder/inner.jpg", "zone/x", "it's.jpg"):
            (cls.here / name).parent.mkdir(exist_ok=True)
            (cls.here / name).touch()
        cls.shell = cls.start(cls.here)
        cls.addClassCleanup(cls.shell.end)

    @classmethod
    def start(cls, here, **env):
        setup = (f"PS1=; cd '{here}'; PATH='{pathlib.Path(binary()).parent}':$PATH; HISTFILE=; . '{FOLDER}/calotype'; bind 'set enable-bracketed-paste off';"
                 "bind 'set bell-style none'; bind 'set page-completions off'; bind 'set completion-query-items 0';"
                 """show() { printf '<line\\001%s\\001>\\n' "$READLINE_LINE"; READLINE_LINE=; READLINE_POINT=0; };"""
                 r"""bind '"\C-xa": insert-completions'; bind -x '"\C-xp": show'""")
        return Shell(["bash", "--norc", "--noprofile", "-i"], setup, b"\x18a\x18p", {"TERM": "dumb", "LC_ALL": "C.UTF-8", **env})

    def words(self, line, shell=None):
        """What stands in the place of the last word, in the order of the alphabet."""
        full = (shell or self.shell).offered(line)
        base = line[:max(line.rfind(" "), line.rfind("=")) + 1]
        self.assertTrue(full.startswith(base), (line, full))
        return sorted(full[len(base):].split())

    def test_verbs(self):
        self.assertEqual(self.words("calotype "), sorted([*verbs(), "help", "--help", "--version"]))
        self.assertEqual(self.words("calotype s"), ["scrub", "show", "status"])
        self.assertEqual(self.words("calotype help re"), ["reload", "repair"])
        self.assertEqual(self.words("calotype nothing --"), ["--"])

    def test_flags_of_each_verb(self):
        for verb in verbs():
            with self.subTest(verb):
                known = sorted(flag for flag, _ in flags(verb))
                self.assertEqual(self.words(f"calotype {verb} --"), known)

    def test_a_flag_once_and_a_list_again(self):
        self.assertNotIn("--data", self.words("calotype env --data x --"))
        self.assertNotIn("--data", self.words("calotype env --data=x --"))
        self.assertNotIn("--json", self.words("calotype env --json --"))
        self.assertIn("--policy", self.words("calotype env --policy a --policy b --"))

    def test_values_that_are_choices(self):
        self.assertEqual(self.words("calotype up --log "), ["json", "text"])
        self.assertEqual(self.words("calotype up --log=t"), ["text"])
        self.assertEqual(self.words("calotype up --log-level="), ["debug", "error", "info", "warn"])
        self.assertEqual(self.words("calotype query --json --status re"), ["rejected"])
        self.assertEqual(self.words("calotype rotate "), ["ca", "master-key"])
        self.assertEqual(self.words("calotype rotate --yes m"), ["master-key"])
        self.assertEqual(self.words("calotype rotate ca "), ["--data", "--yes"])

    def test_files_and_folders(self):
        for verb in verbs():
            for flag, value in flags(verb):
                for line in (f"calotype {verb} {flag} ", f"calotype {verb} {flag}="):
                    with self.subTest(line):
                        if value == "DIR":
                            self.assertEqual(self.words(line), ["folder", "zone"])
                        elif value == "FILE":
                            self.assertEqual(self.words(line + "alph"), ["alpha.jpg"])
        self.assertEqual(self.shell.offered("calotype put al\\ "), "calotype put al\\ pha.png ")
        self.assertEqual(self.shell.offered("calotype put it"), "calotype put it\\'s.jpg ")
        self.assertEqual(self.words("calotype put alpha.jpg folder/"), ["folder/inner.jpg"])
        self.assertEqual(self.words("calotype put -- -"), ["-"])

    def test_a_command_behind_with(self):
        self.assertIn("bash", self.words("calotype with bas"))
        self.assertEqual(self.words("calotype with --d"), ["--data"])
        self.assertEqual(self.words("calotype with ls alph"), ["alpha.jpg"])
        self.assertEqual(self.words("calotype with --data folder ls --d"), ["--d"])

    def test_photographs(self):
        """Of the daemon that the line names; none without one."""
        with Cloud() as cloud:
            cloud.client("s3").create_bucket(Bucket="image-storage-bucket-dev-000000000000")
            for key in ("uploads/cat.jpg", "uploads/cow.jpg", "uploads/d og.jpg", "uploads/sub/x.jpg", "uploads/a:b.jpg"):
                cloud.client("s3").put_object(Bucket="image-storage-bucket-dev-000000000000", Key=key, Body=b"x")
            cloud.client("dynamodb").create_table(
                TableName="ImageMetadata-dev", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "ImageId", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "ImageId", "AttributeType": "S"}])
            shell = self.start(self.here, CALOTYPE_DATA=str(cloud.data))
            self.addCleanup(shell.end)
            self.assertEqual(self.words("calotype show c", shell), ["cat.jpg", "cow.jpg"])
            self.assertEqual(self.words("calotype rm cat.jpg uploads/co", shell), ["uploads/cow.jpg"])
            self.assertEqual(self.words("calotype ls uploads/s", shell), ["uploads/sub/x.jpg"])
            self.assertEqual(shell.offered("calotype get d"), "calotype get d\\ og.jpg ")
            self.assertEqual(self.words("calotype open cat.jpg c", shell), ["c"])  # one is all that it takes
            self.assertEqual(self.words("calotype show --aws c", shell), ["c"])
            self.assertEqual(self.words(f"calotype show --data {self.here} c", shell), ["c"])
            self.assertEqual(self.words(f"calotype show --data {cloud.data} ca"), ["cat.jpg"])

    def test_the_script_is_right_in_every_option(self):
        """Of a user's shell: nounset and others change nothing."""
        done = subprocess.run(["bash", "-uc", f". '{FOLDER}/calotype'; compopt() {{ :; }}; COMP_WORDS=(calotype up --log ''); COMP_CWORD=3;"
                               "_calotype; echo \"${COMPREPLY[@]}\"; COMP_WORDS=(calotype show x); COMP_CWORD=2; CALOTYPE_DATA=/nowhere _calotype"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "json text\n", ""))


@unittest.skipUnless(shutil.which("zsh"), "there is no zsh here")
class Zsh(unittest.TestCase):
    """What _arguments makes of the specifications: the list that it shows."""
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="calotype-completion-")
        cls.addClassCleanup(folder.cleanup)
        here = pathlib.Path(folder.name)
        for name in ("alpha.jpg", "folder/inner.jpg", "zone/x"):
            (here / name).parent.mkdir(exist_ok=True)
            (here / name).touch()
        setup = (f"PS1=; PS2=; unsetopt zle_bracketed_paste prompt_cr prompt_sp; cd '{here}'; path=('{pathlib.Path(binary()).parent}' $path);"
                 f"fpath=('{FOLDER}' $fpath); autoload -U compinit && compinit -u -D; zstyle ':completion:*' completer _all_matches _complete;"
                 "zstyle ':completion:*' old-matches only; zstyle ':completion:*' insert true; setopt no_beep no_list_beep;"
                 "zle -C every complete-word _generic; zstyle ':completion:every:*' completer _all_matches _complete;"
                 "zstyle ':completion:every:*' insert yes; zstyle ':completion:every:*' old-matches no;"
                 "show() { printf '<line\\001%s\\001>\\n' \"$BUFFER\"; BUFFER=; }; zle -N show; bindkey '^Xa' every; bindkey '^Xp' show")
        cls.shell = Shell(["zsh", "-f", "-i"], setup, b"\x18a\x18p", {"TERM": "dumb", "LC_ALL": "C.UTF-8", "CALOTYPE_DATA": str(here)})
        cls.addClassCleanup(cls.shell.end)

    def words(self, line):
        full = self.shell.offered(line)
        base = line[:max(line.rfind(" "), line.rfind("=")) + 1]
        self.assertTrue(full.startswith(base), (line, full))
        return sorted(full[len(base):].split())

    def test_verbs(self):
        self.assertEqual(self.words("calotype s"), ["scrub", "show", "status"])

    def test_flags_of_each_verb(self):
        self.assertIn("up", verbs())
        for verb in verbs():
            with self.subTest(verb):
                found = [word.rstrip("=") for word in self.words(f"calotype {verb} --")]
                self.assertEqual(found, sorted(["--help", *(flag for flag, _ in flags(verb))]))

    def test_values(self):
        self.assertEqual(self.words("calotype up --log "), ["json", "text"])
        self.assertEqual(self.words("calotype up --log=t"), ["text"])
        self.assertEqual(self.words("calotype rotate m"), ["master-key"])
        self.assertEqual([word.rstrip("/") for word in self.words("calotype up --data ")], ["folder", "zone"])
        self.assertEqual(self.words("calotype put al"), ["alpha.jpg"])


if __name__ == "__main__":
    main()
