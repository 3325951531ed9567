"""An IAM evaluator of its own, for differential.py: the whole decision, written from the IAM User Guide.

Sources: "Policy evaluation logic", "Cross-account policy evaluation logic", "IAM JSON policy elements" (Principal,
NotPrincipal, NotAction, NotResource, Condition operators, Variables and tags), "Conditions with multiple context keys or
values", "Single-valued vs. multivalued context keys", "Identify AWS resources with ARNs" (incomplete ARNs). It shares
no code, no table and no order of steps with src/policy: patterns are regular expressions here, ARNs lists of six fields.
Documents are taken as valid.
"""
import base64
import binascii
import datetime
import functools
import ipaddress
import re


# ---- Texts with wildcards and variables ----

class Unresolved(Exception):
    """A variable that the request has no single value for, without a default."""


class Context:
    """Condition keys of a request: names without case, each with a list of values."""

    def __init__(self, keys):
        self.values = {k.lower(): v if isinstance(v, list) else [v] for k, v in keys.items()}

    def of(self, key):
        return self.values.get(key.lower(), [])


VARIABLE = re.compile(r"\$\{([^},]+)(?:,\s*'([^}]*)'\s*)?\}")


def pieces(text, variables):
    """The text as (kind, what): "text", or "var" with (name, default)."""
    at = 0
    for m in VARIABLE.finditer(text) if variables else ():
        if m.start() > at:
            yield "text", text[at:m.start()]
        name = m[1].strip()
        yield ("escaped", name) if name in ("*", "?", "$") else ("var", (name, m[2]))
        at = m.end()
    if at < len(text):
        yield "text", text[at:]


def value_of(variable, context):
    name, default = variable
    values = context.of(name)
    if len(values) == 1:
        return values[0]
    if default is None:
        raise Unresolved(name)
    return default


def expression(text, variables, context, wildcards=True):
    out = []
    for kind, what in pieces(text, variables):
        if kind == "var":
            out.append(re.escape(value_of(what, context)))  # what a value holds is never a wildcard
        elif kind == "escaped" or not wildcards:
            out.append(re.escape(what))
        else:
            out.append("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in what))
    return "".join(out)


@functools.lru_cache(maxsize=20000)
def compiled(pattern, nocase):
    return re.compile(pattern, re.DOTALL | (re.IGNORECASE | re.ASCII if nocase else 0))


def matches(text, value, variables, context, nocase=False, wildcards=True):
    return compiled(expression(text, variables, context, wildcards), nocase).fullmatch(value) is not None


def fields_of(pattern, variables):
    """Split at the first five colons that are no part of a variable's name."""
    fields, start, at = [], 0, 0
    while at < len(pattern) and len(fields) < 5:
        m = VARIABLE.match(pattern, at) if variables else None
        if m:
            at = m.end()
            continue
        if pattern[at] == ":":
            fields.append(pattern[start:at])
            start = at + 1
        at += 1
    return fields + [pattern[start:]]


def arn_matches(pattern, arn, variables, context, always_complete):
    """Field by field. A missing field means any: always in identity policies, else where the pattern ends in a star."""
    if pattern == "*":
        return True
    fields = fields_of(pattern, variables)
    for field in fields:
        expression(field, variables, context)  # all variables must have a value, whether they are reached or not
    if len(fields) < 6:
        if not always_complete and not pattern.endswith("*"):
            return False
        fields += ["*"] * (6 - len(fields))
    parts = arn.split(":", 5)
    return len(parts) == 6 and all(matches(f, p, variables, context) for f, p in zip(fields, parts))


# ---- Conditions ----

def number(text):
    try:
        return float(text) if re.fullmatch(r"[-+]?[0-9]*\.?[0-9]*([eE][-+]?[0-9]+)?", text) else None
    except ValueError:
        return None


def moment(text):
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        return float(text)
    try:
        when = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=datetime.timezone.utc)).timestamp()


def truth(text):
    return {"true": True, "false": False}.get(str(text).lower())


def octets(text):
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def in_network(operand, value):
    try:
        address, network = ipaddress.ip_address(value), ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return False
    if address.version == 6 and address.ipv4_mapped:
        address = address.ipv4_mapped
    if network.version == 6 and network.prefixlen >= 96 and network.network_address.ipv4_mapped:
        network = ipaddress.ip_network((network.network_address.ipv4_mapped, network.prefixlen - 96))
    return address.version == network.version and address in network


def compare(parse, holds):
    def test(operand, value, *_):
        a, b = parse(value), parse(operand)
        return a is not None and b is not None and holds(a, b)
    return test


def text(nocase=False, wildcards=False):
    return lambda operand, value, variables, context: matches(operand, value, variables, context, nocase, wildcards)


def arn(operand, value, variables, context):
    return value.startswith("arn:") and arn_matches(operand, value, variables, context, always_complete=False)


ORDER = {"Equals": lambda a, b: a == b, "LessThan": lambda a, b: a < b, "LessThanEquals": lambda a, b: a <= b,
         "GreaterThan": lambda a, b: a > b, "GreaterThanEquals": lambda a, b: a >= b}
POSITIVE = {
    "StringEquals": text(), "StringEqualsIgnoreCase": text(nocase=True), "StringLike": text(wildcards=True),
    "ArnEquals": arn, "ArnLike": arn,
    "Bool": compare(truth, lambda a, b: a == b), "BinaryEquals": compare(octets, lambda a, b: a == b),
    "IpAddress": lambda operand, value, *_: in_network(operand, value),
    **{f"Numeric{name}": compare(number, holds) for name, holds in ORDER.items()},
    **{f"Date{name}": compare(moment, holds) for name, holds in ORDER.items()},
}
NEGATED = {"StringNotEquals": "StringEquals", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
           "StringNotLike": "StringLike", "ArnNotEquals": "ArnEquals", "ArnNotLike": "ArnLike",
           "NotIpAddress": "IpAddress", "NumericNotEquals": "NumericEquals", "DateNotEquals": "DateEquals"}


def listed(x):
    return x if isinstance(x, list) else [x]


def condition_holds(operator, key, operands, variables, context, deny):
    operands, values = [str(o) for o in listed(operands)], context.of(key)
    quantifier, _, name = operator.rpartition(":")
    if name == "Null":
        return any(truth(o) == (not values) for o in operands)
    if_exists, name = name.endswith("IfExists"), name.removesuffix("IfExists")
    negated = name in NEGATED
    test = POSITIVE[NEGATED.get(name, name)]
    if not values:
        return if_exists or quantifier == "ForAllValues" or (not quantifier and negated)

    def passes(value):
        """One value of the request: equal to any of the operands, or negated: to none."""
        unresolved = False
        for o in operands:
            try:
                if test(o, value, variables, context):
                    return not negated
            except Unresolved:
                unresolved = True
        # What cannot be compared is not "different": an Allow must not rest on it.
        return negated and (deny or not unresolved)

    every = quantifier == "ForAllValues" or (not quantifier and negated)
    return (all if every else any)(passes(v) for v in values)


# ---- Statements ----

ROOT = re.compile(r"arn:aws:iam::([0-9]{12}):root")


def names_of(element):
    """(type, name) of a Principal element."""
    if element == "*":
        return [("AWS", "*")]
    return [(kind, name) for kind, names in element.items() for name in listed(names)]


def how_named(kind, name, caller):
    """Which of the caller's names it is: "everyone", "account", "role", "self", or None."""
    if name == "*" and kind == "AWS":
        return "everyone"
    if kind == "Service":
        return "self" if caller["kind"] == "service" and caller["arn"] == name else None
    if kind != "AWS" or caller["kind"] in ("service", "anonymous"):
        return None
    account = ROOT.fullmatch(name)[1] if ROOT.fullmatch(name) else name
    if account == caller["account"]:
        return "self" if caller["kind"] == "root" else "account"
    if name == caller["arn"]:
        return "self"
    return "role" if name == caller.get("role") else None


def grants(statement, caller):
    """How the statement's principals name the caller: a set, empty where they do not."""
    if "NotPrincipal" in statement:
        named = {how_named(*n, caller) for n in names_of(statement["NotPrincipal"])}
        # "… you must also specify the account ARN of the not-denied principal", and of a session the role's.
        needed = {"user": {"self", "account"}, "session": {"self", "role", "account"}}.get(caller["kind"], {"self"})
        return set() if "everyone" in named or needed <= named else {"everyone"}
    return {how_named(*n, caller) for n in names_of(statement["Principal"])} - {None}


def applies(statement, request, context, variables, identity):
    action = statement.get("Action", statement.get("NotAction"))
    named = any(matches(a, request["action"], False, context, nocase=True) for a in listed(action))
    if named == ("NotAction" in statement):
        return False
    deny = statement["Effect"] == "Deny"
    resource = statement.get("Resource", statement.get("NotResource"))
    if resource is not None:
        named = unresolved = False
        for r in listed(resource):
            try:
                named = named or arn_matches(r, request["resource"], variables, context, always_complete=identity)
            except Unresolved:
                unresolved = True
        if "NotResource" in statement and unresolved and not named and not deny:
            return False
        if named == ("NotResource" in statement):
            return False
    return all(condition_holds(operator, key, operands, variables, context, deny)
               for operator, keys in statement.get("Condition", {}).items() for key, operands in keys.items())


def say(documents, request, context, attached, identity=True):
    """What documents say: (denied, set of the ways they allow). attached: to the caller, so they name nobody."""
    denied, allowed = False, set()
    for document in documents:
        variables = document.get("Version") == "2012-10-17"
        for statement in listed(document["Statement"]):
            named = {"self"} if attached else grants(statement, request["principal"])
            if not named or not applies(statement, request, context, variables, identity):
                continue
            if statement["Effect"] == "Deny":
                denied = True
            else:
                allowed |= named
    return denied, allowed


# ---- The decision ----

RESCUED = {"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"}


def decide(case):
    """"allowed", "explicit" or "implicit"."""
    caller, context = case["principal"], Context(case.get("context", {}))
    same = case.get("resource_account", "") in ("", caller["account"])
    trust = case.get("trust_policy")
    of_resource = [d for d in (case.get("resource_policy"), trust) if d]
    boundary = [case["boundary"]] if case.get("boundary") else []
    session = case.get("session")

    denied_i, identity = say(case.get("identity", []), case, context, True)
    denied_s, by_session = say(session or [], case, context, True, identity=False)
    denied_b, by_boundary = say(boundary, case, context, True)
    denied_r, resource = say(of_resource, case, context, False, identity=False)
    # Nobody locks an account's root out of the policies of its buckets.
    if denied_r and caller["kind"] == "root" and same and case["action"].lower() in RESCUED:
        denied_r = False
    if denied_i or denied_s or denied_b or denied_r:
        return "explicit"

    if caller["kind"] in ("anonymous", "service"):
        return "allowed" if resource else "implicit"
    may = caller["kind"] == "root" or bool(identity)
    within = (not boundary or bool(by_boundary)) and (session is None or bool(by_session))
    if not same:
        allowed = may and within and bool(resource)
    elif "self" in resource:
        allowed = True
    elif trust and not resource:
        allowed = False
    else:
        allowed = within and (may or bool(resource & {"role", "everyone"}))
    return "allowed" if allowed else "implicit"
