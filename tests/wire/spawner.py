"""The process that makes sandboxes is killed, or hangs: another takes its place, and nothing is lost by it."""
import os
import pathlib
import signal
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, main, wait_for  # noqa: E402
from functions import Functions, need_functions  # noqa: E402


def child(pid, name):
    """The descendant of that process with that name, or None. Inits of sandboxes are named as the spawner is, but below it."""
    try:
        tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
        children = [int(c) for task in tasks for c in (task / "children").read_text().split()]
        for one in children:
            if pathlib.Path(f"/proc/{one}/comm").read_text().strip() == name:
                return one
        return next((found for one in children if (found := child(one, name))), None)
    except FileNotFoundError:
        return None


class Spawner(unittest.TestCase):
    def setUp(self):
        self.cloud = self.enterContext(Cloud())
        need_functions(self.cloud)
        self.functions = Functions(self.cloud)
        self.functions.make("f", Timeout=60)

    def spawner(self):
        return wait_for(lambda: child(self.cloud.pid, "sandbox-spawner"))

    def end(self, pid, how=signal.SIGKILL):
        os.kill(pid, how)
        wait_for(lambda: self.spawner() != pid, seconds=60)

    def told(self):
        return self.cloud.stderr.count("another one was started")

    def lines(self, group):
        logs = self.cloud.client("logs")
        try:
            return [e["message"] for e in logs.filter_log_events(logGroupName=f"/aws/lambda/{group}")["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []

    def test_killed_while_idle(self):
        self.functions.invoke("f")
        for n in range(2):
            self.end(self.spawner())
            self.assertEqual(self.functions.invoke("f", {"n": n}).payload, {"n": n})
        wait_for(lambda: self.told() == 2)
        self.assertEqual(self.cloud.http("GET", "/health")[0], 200)
        wait_for(lambda: self.cloud.admin("GET", "/health")[1]["functions"]["environments"] == 1)

    def test_killed_while_functions_run(self):
        """Who waits is told that it was no fault of the function; an event is run again at once, and its attempt does not count."""
        self.functions.make("once", Timeout=60)
        self.functions.client.put_function_event_invoke_config(FunctionName="once", MaximumRetryAttempts=0)
        self.functions.client.invoke(FunctionName="once", InvocationType="Event", Payload='{"do":"sleep"}')
        answers = []

        def wait_for_answer():
            try:
                self.functions.invoke("f", {"do": "sleep"})
            except self.functions.client.exceptions.ServiceException as e:
                answers.append((e.response["ResponseMetadata"]["HTTPStatusCode"], e.response["Error"]["Message"]))

        waiter = threading.Thread(target=wait_for_answer)
        waiter.start()
        for n in (1, 2):
            wait_for(lambda: self.cloud.admin("GET", "/health")[1]["functions"]["environments"] == (2 if n == 1 else 1))
            wait_for(lambda: len([line for line in self.lines("once") if line.startswith("START")]) >= n, seconds=30)
            self.end(self.spawner())
            waiter.join(30)
        self.assertEqual(answers, [(500, "The sandbox of the function was lost.")])
        wait_for(lambda: len([line for line in self.lines("once") if line.startswith("START")]) >= 3, seconds=30)
        self.assertEqual(self.cloud.admin("GET", "/health")[1]["queue"]["waiting"], 1)

    def test_hung(self):
        """It is killed by who waits for it: ten seconds, and the call is answered all the same."""
        spawner = self.spawner()
        os.kill(spawner, signal.SIGSTOP)
        self.assertEqual(self.functions.invoke("f", {"n": 1}).payload, {"n": 1})
        self.assertNotEqual(self.spawner(), spawner)
        self.assertEqual(self.told(), 1)

    def test_it_dies_again_and_again(self):
        """A supervisor has to start the daemon anew: it ends, and says why."""
        for _ in range(5):
            self.end(self.spawner())
        os.kill(self.spawner(), signal.SIGKILL)
        self.assertEqual(self.cloud.wait(), 255)
        self.assertEqual(self.cloud.stderr.splitlines()[-1],
                         "calotype: the process that makes sandboxes was killed by signal 9: it dies too often")
        self.cloud.start()
        self.assertEqual(self.functions.invoke("f", {"n": 1}).payload, {"n": 1})

    def test_what_starts_it_again_is_killed(self):
        """What runs goes on, and the daemon says that it is not well; it ends when the spawner dies too."""
        spawner = self.spawner()
        os.kill(child(self.cloud.pid, "sandbox-nursery"), signal.SIGKILL)
        wait_for(lambda: self.cloud.http("GET", "/health")[0] == 503)
        self.assertIn(b'"status":"degraded"', self.cloud.http("GET", "/health")[2])
        self.assertEqual(self.functions.invoke("f", {"n": 1}).payload, {"n": 1})
        self.assertRegex(self.cloud.run("status", check=False).stdout, "^status +degraded: the process that ")
        os.kill(spawner, signal.SIGKILL)
        self.assertEqual(self.cloud.wait(), 255)
        self.assertIn("and so is the one that starts it again", self.cloud.stderr.splitlines()[-1])


if __name__ == "__main__":
    main()
