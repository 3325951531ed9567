"""Random documents and requests, decided by src/policy and by evaluator.py: any difference is a fault of one of them.

    differential.py DRIVER [--cases N] [--seed S]

DRIVER is build-asan/tests/policy/decide_lines. ./test runs 2,000 cases; a long run is 100,000 or more, with a seed of its
own: about a minute for each hundred thousand with a release build. A difference is made as small as it goes and printed as
a case for tests/golden/policy/decisions, where it belongs once it is mended. Requests are near misses of what the documents
say: most elements are made of the request and then bent a little, so that the answers are not all the same; a run fails if
they are, or if an operator never held or never failed.
"""
import argparse
import base64
import collections
import copy
import json
import random
import subprocess
import sys

import evaluator

ACCOUNTS = ["111122223333", "444455556666"]
A, B = ACCOUNTS
PRINCIPALS = [
    {"kind": "user", "account": A, "arn": f"arn:aws:iam::{A}:user/ann"},
    {"kind": "user", "account": A, "arn": f"arn:aws:iam::{A}:user/team/bob"},
    {"kind": "session", "account": A, "arn": f"arn:aws:sts::{A}:assumed-role/run/one", "role": f"arn:aws:iam::{A}:role/run"},
    {"kind": "root", "account": A, "arn": f"arn:aws:iam::{A}:root"},
    {"kind": "service", "account": "", "arn": "s3.amazonaws.com"},
    {"kind": "anonymous", "account": "", "arn": ""},
]
PRINCIPAL_NAMES = [{"AWS": n} for n in (
    "*", A, B, f"arn:aws:iam::{A}:root", f"arn:aws:iam::{B}:root", f"arn:aws:iam::{A}:user/ann", f"arn:aws:iam::{A}:user/team/bob",
    f"arn:aws:iam::{A}:role/run", f"arn:aws:sts::{A}:assumed-role/run/one", f"arn:aws:sts::{A}:assumed-role/run/two")] + [
    {"Service": "s3.amazonaws.com"}, {"Service": "sns.amazonaws.com"}, {"Federated": "accounts.example.com"}]
QUESTIONS = [
    ("s3:GetObject", "arn:aws:s3:::pictures/ann/a:b.jpg"), ("s3:PutObject", "arn:aws:s3:::pictures/ann/é*.jpg"),
    ("s3:ListBucket", "arn:aws:s3:::pictures"), ("s3:GetBucketPolicy", "arn:aws:s3:::pictures"),
    ("s3:DeleteBucketPolicy", "arn:aws:s3:::pictures"), ("s3:ListAllMyBuckets", "*"),
    ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{A}:jobs"), ("lambda:InvokeFunction", f"arn:aws:lambda:us-east-1:{A}:function:fit:7"),
    ("dynamodb:GetItem", f"arn:aws:dynamodb:eu-north-1:{B}:table/T/index/I"),
    ("logs:PutLogEvents", f"arn:aws:logs:us-east-1:{A}:log-group:/aws/lambda/f:log-stream:2026"),
]
NAMES = ["ann", "bob", "Ann", "a*n", "a?n", "é", "x", "anna", "a:b", "${aws:username}"]
# Values of condition keys by their type; the operands are these and bent ones.
VALUES = {
    "String": NAMES + ["home/ann/", "home/", "Home/Ann", "public-read", "private", "*", "$"],
    "Numeric": ["0", "1", "10", "10.0", "1e1", "-5", "9.99", "100", "007", "ten", ""],
    "Date": ["2026-11-22T04:56:59Z", "2026-11-22T05:56:59+01:00", "2026-11-22", "1795323419", "1795323420", "2027-01-01T00:00:00Z",
             "1795323419.5", "2026-11-22T04:56:59.250Z", "yesterday"],
    "Bool": ["true", "false", "True", "FALSE", "yes", ""],
    "Binary": [base64.b64encode(b).decode() for b in (b"", b"a", b"ab", b"abc", b"\0\xff", b"abc\n")] + ["YQ", "not base64!", "YWJj\n"],
    "Ip": ["10.0.0.1", "10.0.0.255", "10.1.0.0", "192.0.2.7", "::ffff:10.0.0.1", "2001:db8::1", "2001:db8:1::", "::1", "localhost"],
    "Arn": [r for _, r in QUESTIONS if r != "*"] + [p["arn"] for p in PRINCIPALS if p["kind"] in ("user", "session", "root")] + ["pictures"],
}
NETWORKS = ["10.0.0.0/24", "10.0.0.0/8", "10.0.0.1", "10.0.0.1/32", "10.0.0.0/31", "0.0.0.0/0", "192.0.2.0/29", "2001:db8::/32",
            "2001:db8::1/128", "2001:db8::/47", "::/0", "::ffff:10.0.0.0/24", "::ffff:10.0.0.0/120", "::ffff:0:0/96",
            "::ffff:10.0.0.1", "10.0.0.77/25"]
ORDERS = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
OPERATORS = {
    "String": ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"],
    "Numeric": ["Numeric" + o for o in ORDERS], "Date": ["Date" + o for o in ORDERS], "Bool": ["Bool"], "Binary": ["BinaryEquals"],
    "Ip": ["IpAddress", "NotIpAddress"], "Arn": ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
}
KEYS = {"s3:prefix": "String", "aws:username": "String", "aws:PrincipalTag/team": "String", "aws:TagKeys": "String",
        "s3:max-keys": "Numeric", "aws:CurrentTime": "Date", "aws:SecureTransport": "Bool", "x:digest": "Binary",
        "aws:SourceIp": "Ip", "aws:SourceArn": "Arn", "aws:PrincipalArn": "Arn"}
MANY = {"aws:TagKeys", "aws:PrincipalArn"}


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def chance(self, p):
        return self.r.random() < p

    def some(self, make, most=3):
        """One value, or a list."""
        n = self.r.choice([1, 1, 1, 2, most])
        return make() if n == 1 and self.chance(.6) else [make() for _ in range(n)]

    # ---- Texts bent a little ----
    def bend(self, text, wild=True):
        for _ in range(self.r.choice([0, 1, 1, 2])):
            i = self.r.randrange(len(text) + 1)
            j = min(len(text), i + self.r.randrange(1, 6))
            text = self.r.choice([
                lambda: text[:i] + "*" + text[j:], lambda: text[:i] + "?" + text[i + 1:], lambda: text[:i] + "*",
                lambda: text[:i] + "*" + text[i:], lambda: "*" + text[j:]] if wild else [
                lambda: text.swapcase(), lambda: text[:i] + "x" + text[i:], lambda: text[:i] + text[j:]])()
        return text

    def variable(self, text):
        """Puts a variable for a piece of the text, often one that stands for it."""
        name = self.r.choice(["aws:username", "AWS:UserName", "aws:PrincipalTag/team", "s3:prefix", "aws:TagKeys", "no:key"])
        default = self.r.choice(["", "", ", 'ann'", ",'x'", ", '*'"])
        v = self.r.choice([f"${{{name}{default}}}"] * 4 + ["${*}", "${?}", "${$}", "${", "$", "${}"])
        for word in self.r.sample(NAMES, len(NAMES)):
            if len(word) > 1 and word in text and self.chance(.8):
                return text.replace(word, v, 1)
        i = self.r.randrange(len(text) + 1)
        return text[:i] + v + text[i:]

    def pattern(self, text, wild=True):
        if self.chance(.15):
            text = self.variable(text)
        return self.bend(text, wild) if self.chance(.5) else text

    # ---- Elements ----
    def action(self, asked):
        if self.chance(.1):
            return "*"
        prefix, name = (asked if self.chance(.8) else self.r.choice(QUESTIONS)[0]).split(":")
        name = self.bend(name) if self.chance(.5) else name
        return f"{prefix.upper() if self.chance(.1) else prefix}:{name.swapcase() if self.chance(.1) else name or '*'}"

    def resource(self, asked, kind):
        if self.chance(.12) or asked == "*" and self.chance(.6):
            return "*"
        arn = asked if asked != "*" and self.chance(.8) else self.r.choice([r for _, r in QUESTIONS if r != "*"])
        fields = arn.split(":", 5)[2:]
        at = self.r.randrange(4)
        if self.chance(.5):
            fields[at] = self.bend(fields[at])
        if self.chance(.3):
            fields[3] = self.pattern(fields[3])
        if kind != "session" and self.chance(.15):
            del fields[self.r.randrange(1, 4):]
            if kind == "resource" or self.chance(.5):
                fields[-1] = fields[-1][:self.r.randrange(len(fields[-1]) + 1)] + self.r.choice(["*", "*?*", "?*"])
        return ":".join([self.r.choice(["arn:aws"] * 9 + ["arn:*"])] + fields)

    def operand(self, type_, value):
        if type_ == "Ip":
            return self.r.choice(NETWORKS)
        value = value if value is not None and self.chance(.6) else self.r.choice(VALUES[type_])
        if type_ == "String":
            return self.pattern(value, self.chance(.6))
        if type_ == "Arn":
            return self.resource(value if value.startswith("arn:") else "*", self.r.choice(["identity", "session"]))
        while not self.readable(type_, value):
            value = self.r.choice(VALUES[type_])
        if type_ == "Numeric" and self.chance(.2):
            return self.r.choice([0, 1, 10, 9.99, -5, 1e1, 100])
        return value

    def readable(self, type_, value):
        parse = {"Numeric": evaluator.number, "Date": evaluator.moment, "Bool": evaluator.truth, "Binary": evaluator.octets}[type_]
        return value != "" and parse(value) is not None

    def condition(self, context):
        key = self.r.choice(list(KEYS))
        if key not in context and self.chance(.5) and context:
            key = self.r.choice(list(context))
        values = context.get(key)
        written = self.r.choice([key, key, key, key.upper(), key.lower()])
        if self.chance(.08):
            return self.r.choice(["Null", "Null"]), written, self.some(lambda: self.r.choice(["true", "false", True, False]), 2)
        operator = self.r.choice(OPERATORS[KEYS[key]])
        if self.chance(.8 if key in MANY else .08):
            operator = self.r.choice(["ForAllValues:", "ForAnyValue:"]) + operator
        if self.chance(.15):
            operator += "IfExists"
        one = lambda: self.operand(KEYS[key], self.r.choice(values) if isinstance(values, list) and values else
                                   values if isinstance(values, str) else None)
        return operator, written, self.some(one) if self.chance(.98) else []

    def principals(self):
        if self.chance(.15):
            return "*"
        out = collections.defaultdict(list)
        for name in self.r.sample(PRINCIPAL_NAMES, self.r.choice([1, 1, 2, 3, 5])):
            for k, v in name.items():
                out[k].append(v)
        return {k: v[0] if len(v) == 1 and self.chance(.5) else v for k, v in out.items()}

    def statement(self, case, kind):
        effect = "Deny" if self.chance(.2) else "Allow"
        st = {"Effect": effect}
        if kind in ("resource", "trust"):
            negated = kind == "resource" and effect == "Deny" and self.chance(.3)
            st["NotPrincipal" if negated else "Principal"] = self.principals()
        if kind == "trust":
            st["Action"] = self.some(lambda: self.r.choice(["sts:AssumeRole", "sts:*", "STS:assumerole", "sts:TagSession"]))
        else:
            st["NotAction" if self.chance(.12) else "Action"] = self.some(lambda: self.action(case["action"]))
            st["NotResource" if self.chance(.12) else "Resource"] = self.some(lambda: self.resource(case["resource"], kind))
        for _ in range(self.r.choice([0, 0, 1, 1, 2])):
            operator, key, operands = self.condition(case["context"])
            st.setdefault("Condition", {}).setdefault(operator, {})[key] = operands
        return st

    def document(self, case, kind):
        statements = [self.statement(case, kind) for _ in range(self.r.choice([1, 1, 2, 3]))]
        doc = {"Statement": statements[0] if len(statements) == 1 and self.chance(.3) else statements}
        version = self.r.choice(["2012-10-17"] * 6 + ["2008-10-17", None])
        return {"Version": version, **doc} if version else doc

    def context(self):
        out = {}
        for key, type_ in KEYS.items():
            if self.chance(.4):
                continue
            values = [self.r.choice(VALUES[type_]) for _ in range(self.r.choice([1, 2, 3]) if key in MANY else 1)]
            out[key] = values if key in MANY else values[0]
        return out

    def case(self):
        action, resource = self.r.choice(QUESTIONS)
        caller = self.r.choice(PRINCIPALS[:4] * 3 + PRINCIPALS[4:])
        case = {"principal": caller, "action": action, "resource": resource, "context": self.context(), "identity": [],
                "resource_account": self.r.choice(["", A, A, B])}
        own = caller["kind"] in ("user", "session")
        if own:
            case["identity"] = [self.document(case, "identity") for _ in range(self.r.choice([0, 1, 1, 2]))]
        if own and self.chance(.25):
            case["boundary"] = self.document(case, "identity")
        if caller["kind"] == "session" and self.chance(.4):
            case["session"] = [self.document(case, "session") for _ in range(self.r.choice([0, 1, 2]))]
        if self.chance(.1):
            case.update(action="sts:AssumeRole", resource=f"arn:aws:iam::{A}:role/run")
            case["trust_policy"] = self.document(case, "trust")
        elif self.chance(.65 if own else .9):
            case["resource_policy"] = self.document(case, "resource")
        return case


# ---- The driver ----

class Driver:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def ask(self, case):
        self.process.stdin.write(json.dumps(case, ensure_ascii=False) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"the driver ended with {self.process.wait()} at {json.dumps(case)}")
        return answer.rstrip("\n")

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def smaller(case):
    """The case without one of its parts, in every way there is."""
    for member in "boundary", "session", "resource_policy", "trust_policy":
        if member in case:
            yield {k: v for k, v in case.items() if k != member}
    for key in case["context"]:
        yield {**case, "context": {k: v for k, v in case["context"].items() if k != key}}

    def cut(node):
        if isinstance(node, list):
            for i in range(len(node)):
                if len(node) > 1:
                    yield node[:i] + node[i + 1:]
                for less in cut(node[i]):
                    yield node[:i] + [less] + node[i + 1:]
        elif isinstance(node, dict):
            for k, v in node.items():
                if k == "Condition" or len(node) > 1 and "Effect" not in node and "Statement" not in node:
                    yield {n: w for n, w in node.items() if n != k}
                for less in cut(v):
                    yield {**node, k: less}

    for member in "identity", "session", "boundary", "resource_policy", "trust_policy":
        if member in case:
            for less in cut(case[member]):
                yield {**case, member: less}
    for i in range(len(case["identity"])):
        yield {**case, "identity": case["identity"][:i] + case["identity"][i + 1:]}


def shrink(case, differs):
    for _ in range(200):
        less = next((c for c in smaller(case) if differs(c)), None)
        if less is None:
            return case
        case = less
    return case


# ---- What a run has seen ----

class Seen:
    """How often each operator held and did not: what is never asked is not compared."""

    def __init__(self):
        self.answers, self.operators = collections.Counter(), collections.defaultdict(collections.Counter)
        real = evaluator.condition_holds

        def counted(operator, *rest):
            held = real(operator, *rest)
            self.operators[operator.rpartition(":")[2].removesuffix("IfExists")][held] += 1
            return held
        evaluator.condition_holds = counted

    def lacking(self, cases):
        wanted = [o for names in OPERATORS.values() for o in names] + ["Null"]
        least = cases // 4000
        for answer in "allowed", "explicit", "implicit":
            if self.answers[answer] < cases // 20:
                yield f"only {self.answers[answer]} cases were {answer}"
        for operator in wanted:
            for held in True, False:
                if self.operators[operator][held] <= least:
                    yield f"{operator} was {held} only {self.operators[operator][held]} times"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    maker, driver, seen, differences = Maker(args.seed), Driver(args.driver), Seen(), 0
    for n in range(args.cases):
        case = maker.case()
        want = evaluator.decide(case)
        got = driver.ask(case)
        seen.answers[want] += 1
        if got == want:
            continue
        differences += 1
        if differences <= 10:
            least = shrink(copy.deepcopy(case), lambda c: driver.ask(c) != evaluator.decide(c))
            print(f"case {n} of seed {args.seed}: src/policy says {driver.ask(least)}, the evaluator {evaluator.decide(least)}\n"
                  f"  {json.dumps(least, ensure_ascii=False)}")
    ended = driver.close()
    print(f"{args.cases} cases, seed {args.seed}: {differences} differences; {dict(seen.answers)}")
    lacking = list(seen.lacking(args.cases))
    print("\n".join(lacking))
    sys.exit(1 if differences or lacking or ended else 0)


if __name__ == "__main__":
    main()
