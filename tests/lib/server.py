"""A program that runs beside the tests and says when it is ready; Cloud (cloud.py) is one.

    with Server(echo_server, folder) as s:     # prints its port, ends with its standard input
        ask(s.port)
        s.say("advance 5")                     # one line to its standard input, one back

What the program writes to standard error is shown when the block ends in an exception. A program
that ends with anything but 0 fails the test, and so does a line that `failure` matches.
"""
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile
import time
import unittest

START_SECONDS = 60  # generous: sanitizers, and machines that are busy with other tests


class ServerFailed(Exception):
    """It did not start; the text is what it said."""


class Server:
    failure = re.compile(r"(ERROR: \w+Sanitizer|runtime error:|LeakSanitizer)[^\n]*")

    def __init__(self, *command, env=None):
        self.command = [str(part) for part in command]
        self.port = 0
        self._extra_env = env or {}
        self._log = tempfile.NamedTemporaryFile(prefix="calotype-log-", suffix=".txt")
        self._process = None

    # ---- life ----
    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, kind, value, trace):
        code = 0
        try:
            if self._process:
                code = self.stop()
        finally:
            log = self.stderr
            if kind and not issubclass(kind, unittest.SkipTest):
                print(f"---- the log of {self.command[0]} ----\n{log[-8000:]}", file=sys.stderr)
            self._remove()
        report = self.failure.search(log)
        if not kind and (report or code):
            print(f"---- the log of {self.command[0]} ----\n{log[-20000:]}", file=sys.stderr)
            raise AssertionError(f"{self.command[0]} ended with {code}: {report[0] if report else 'see its log'}")

    def _remove(self):
        self._log.close()

    def launch(self, *more, **pipes):
        """Runs the command, with more behind it, and does not wait until it is ready."""
        self._process = subprocess.Popen(self.command + list(more), stderr=self._log,
                                         env={**os.environ, **self._extra_env}, **pipes)

    def start(self):
        self.launch(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self._await_line(self._process.stdout))

    def _await_line(self, ready):
        # The program's end of the pipe closes when it ends, so this cannot wait for a dead one.
        began = time.monotonic()
        if not select.select([ready], [], [], START_SECONDS)[0]:
            self.kill9()
            raise ServerFailed(f"not ready after {time.monotonic() - began:.0f} s\n{self.stderr}")
        line = ready.readline().strip()
        if not line:
            self._process.wait()
            self._process = None
            raise ServerFailed(self.stderr)
        return line.decode() if isinstance(line, bytes) else line

    def say(self, line):
        """One line to the program; the line that it answers."""
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().decode().rstrip("\n")

    def stop(self):
        """Ends its standard input; its exit code."""
        self._process.communicate(timeout=START_SECONDS)
        return self.wait()

    def wait(self):
        """Waits for its end; its exit code."""
        code = self._process.wait(timeout=START_SECONDS)
        self._process = None
        return code

    def kill9(self):
        process, self._process = self._process, None
        process.kill()
        if process.stdin or process.stdout:
            process.communicate()
        process.wait()

    # ---- looks ----
    @property
    def pid(self):
        return self._process.pid

    @property
    def alive(self):
        return self._process is not None and self._process.poll() is None

    @property
    def stderr(self):
        return pathlib.Path(self._log.name).read_text(errors="replace")

    def rss_kib(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.pid}/status").read_text())[1])
