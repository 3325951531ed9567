"""The checkers of tests/crash can fail: each is shown a cloud from which something was taken behind its back.

One test for each workload: some requests, which it finds as they were answered; then each of its harms,
which it must find; and once it has found it, nothing more. Then registers by themselves.
"""
import importlib
import pathlib
import random
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1] / "lib")]
from cloud import CloudCase, main, need_boto3  # noqa: E402
from history import ANSWERED, REFUSED, UNKNOWN, History, Register, Registers  # noqa: E402
from work import Clients  # noqa: E402

STEPS = {"s3": 60, "versions": 60, "multipart": 60, "events": 20, "ddb": 80, "sqs": 30, "sns": 12, "iam": 120, "stacks": 8, "watch": 80, "layers": 40, "pictures": 2}


class Harms(CloudCase):
    @classmethod
    def setUpClass(cls):
        need_boto3()
        super().setUpClass()
        cls.clients = Clients(cls.cloud)

    def check_finds(self, name):
        work, rng = importlib.import_module(f"check_{name}").Work(History()), random.Random(name)
        work.prepare(self.clients)
        for _ in range(STEPS[name]):
            work.step(self.clients, rng)
        self.assertEqual(work.history.problems, [])
        self.assertGreater(work.history.counts[ANSWERED], 0)
        self.assertEqual(work.check(self.cloud, self.clients), [], "before anything was done to it")
        work.patience = 0.5
        for what, harm in work.harms(self.clients):
            undo = harm()
            self.assertTrue(work.check(self.cloud, self.clients), f"{what}: not found")
            if callable(undo):
                undo()
            self.assertEqual(work.check(self.cloud, self.clients), [], f"{what}: found a second time")


def harms_of(name):
    def test(self):
        self.check_finds(name)
    return test


for each in STEPS:
    setattr(Harms, f"test_{each}", harms_of(each))


class Registered(unittest.TestCase):
    """What may be there, by who followed whom."""

    def setUp(self):
        self.history, self.register = History(), Register("old")

    def write(self, value, state=None):
        request = self.history.begin(value)
        self.register.write(request, value)
        if state:
            self.history.end(request, state)
        return request

    def may_be(self, *values):
        self.assertEqual(self.register.possible(), set(values))

    def test_an_answer_stands(self):
        self.write("new", ANSWERED)
        self.may_be("new")

    def test_a_refusal_changes_nothing(self):
        self.write("new", REFUSED)
        self.may_be("old")

    def test_what_was_cut_off_is_there_or_not(self):
        self.write("new", UNKNOWN)
        self.may_be("old", "new")

    def test_what_was_cut_off_may_come_late(self):
        self.write("cut", UNKNOWN)
        self.write("new", ANSWERED)
        self.may_be("cut", "new")

    def test_but_not_after_the_daemon_is_dead(self):
        self.write("cut", UNKNOWN)
        self.history.cut()
        self.write("new", ANSWERED)
        self.may_be("new")

    def test_of_two_that_overlapped_either_is_last(self):
        one, two = self.write("one"), self.write("two")
        self.history.end(one, ANSWERED)
        self.history.end(two, ANSWERED)
        self.may_be("one", "two")

    def test_of_two_that_followed_each_other_the_second(self):
        self.write("one", ANSWERED)
        self.write("two", ANSWERED)
        self.may_be("two")

    def test_what_was_found_stays(self):
        self.write("cut", UNKNOWN)
        self.history.cut()
        self.register.settle("old")
        self.may_be("old")

    def test_a_thing_that_nobody_made(self):
        problems = []
        Registers("thing").compare({"it": 1}, problems)
        self.assertEqual(problems, ["thing it: is 1, and may be None"])


if __name__ == "__main__":
    main()
