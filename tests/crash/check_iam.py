"""IAM and STS: users, policies in force, keys that work until they are deleted, sessions."""
import json

from history import Registers
from work import Work as Base, code_of, everything

USERS = [f"crash-user-{n}" for n in range(3)]
CHURN = [f"crash-person-{n}" for n in range(3)]
INLINE = ("one", "two")
ROLE, MANAGED = "crash-role", "crash-managed"
GONE = ("NoSuchEntity", "NoSuchEntityException")


def document(effect, number):
    return {"Version": "2012-10-17", "Statement": [{"Sid": f"N{number}", "Effect": effect, "Action": "sqs:ListQueues", "Resource": "*"}]}


class Work(Base):
    name = "iam"

    def __init__(self, history):
        super().__init__(history)
        self.inline, self.attached, self.tags = Registers("inline policy"), Registers("attached"), Registers("tag of")
        self.keys, self.people, self.secrets = Registers("access key"), Registers("user"), {}
        self.makings, self.sessions, self.doors = [], [], {}

    def prepare(self, c):
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
        self.role = c.iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        self.managed = c.iam.create_policy(PolicyName=MANAGED, PolicyDocument=json.dumps(document("Allow", 0)))["Policy"]["Arn"]
        for user in USERS:
            c.iam.create_user(UserName=user)
            key = c.iam.create_access_key(UserName=user)["AccessKey"]
            self.doors[user] = (key["AccessKeyId"], key["SecretAccessKey"])
        self.sts = c.of("sts", self.doors[USERS[0]])
        c.iam.put_user_policy(UserName=USERS[0], PolicyName="assume", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}))

    # ---- requests ----
    def write(self, register, what, value, call, refusals=()):
        request = self.history.begin(f"{what} {value}")
        register.write(request, value)
        return self.history.ask(request.what, call, refusals=refusals, request=request)

    def policy(self, c, rng):
        user, name, number = rng.choice(USERS), rng.choice(INLINE), self.history.number()
        if rng.random() < 0.3:
            self.write(self.inline[user, name], f"DeleteUserPolicy {user} {name}", None,
                       lambda: c.iam.delete_user_policy(UserName=user, PolicyName=name), GONE)
        else:
            effect = rng.choice(("Allow", "Allow", "Deny"))
            self.write(self.inline[user, name], f"PutUserPolicy {user} {name}", (effect, f"N{number}"), lambda: c.iam.put_user_policy(
                UserName=user, PolicyName=name, PolicyDocument=json.dumps(document(effect, number))))

    def attach(self, c, rng):
        user, on = rng.choice(USERS), rng.random() < 0.5
        call = c.iam.attach_user_policy if on else c.iam.detach_user_policy
        self.write(self.attached[user], f"{'Attach' if on else 'Detach'}UserPolicy {user}", on or None,
                   lambda: call(UserName=user, PolicyArn=self.managed), GONE)

    def tag(self, c, rng):
        user, number = rng.choice(USERS), self.history.number()
        self.write(self.tags[user], f"TagUser {user}", str(number), lambda: c.iam.tag_user(UserName=user, Tags=[{"Key": "n", "Value": str(number)}]))

    def make_key(self, c, rng):
        user = rng.choice(USERS)
        request, answer = self.history.ask(f"CreateAccessKey {user}", lambda: c.iam.create_access_key(UserName=user), refusals=("LimitExceeded", "LimitExceededException"))
        if answer:
            key = answer["AccessKey"]
            self.secrets[key["AccessKeyId"]] = (user, key["SecretAccessKey"])
            self.keys[key["AccessKeyId"]].write(request, "Active")
        elif request.state == "unknown":
            self.makings.append(user)

    def change_key(self, c, rng):
        if self.secrets:
            key, (user, _) = rng.choice(list(self.secrets.items()))
            status = rng.choice(("Active", "Inactive", None))
            call = (lambda: c.iam.update_access_key(UserName=user, AccessKeyId=key, Status=status)) if status else (
                lambda: c.iam.delete_access_key(UserName=user, AccessKeyId=key))
            self.write(self.keys[key], f"key {key}", status, call, GONE)

    def person(self, c, rng):
        name, number, make = rng.choice(CHURN), self.history.number(), rng.random() < 0.5
        call = (lambda: c.iam.create_user(UserName=name, Path=f"/n{number}/")) if make else (lambda: c.iam.delete_user(UserName=name))
        self.write(self.people[name], f"{'Create' if make else 'Delete'}User {name}", f"/n{number}/" if make else None, call,
                   ("EntityAlreadyExists", "EntityAlreadyExistsException", *GONE))

    def session(self, c, rng):
        number = self.history.number()
        _, answer = self.history.ask(f"AssumeRole {number}", lambda: self.sts.assume_role(RoleArn=self.role, RoleSessionName=f"n{number}", DurationSeconds=3600))
        if answer:
            got = answer["Credentials"]
            self.sessions = self.sessions[-9:] + [(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], f"{ROLE}/n{number}")]

    steps = ((20, policy), (10, attach), (10, tag), (10, make_key), (15, change_key), (10, person), (5, session))

    # ---- what is there ----
    def check(self, cloud, c):
        problems, inline, attached, tags, keys = [], {}, {}, {}, {}
        for user in USERS:
            self.check_user(c, user, inline, attached, tags, problems)
            for key in everything(c.iam, "list_access_keys", "AccessKeyMetadata", UserName=user):
                if key["AccessKeyId"] != self.doors[user][0]:
                    keys[key["AccessKeyId"]] = key["Status"]
                if key["AccessKeyId"] not in {**self.secrets, self.doors[user][0]: 0}:
                    self.nameless_key(c, user, key["AccessKeyId"], keys, problems)
        self.inline.compare(inline, problems)
        self.attached.compare(attached, problems)
        self.tags.compare(tags, problems)
        self.keys.compare(keys, problems)
        for key, (user, secret) in list(self.secrets.items()):
            self.check_key(c, key, secret, user, keys.get(key), problems)
            if key not in keys:
                del self.secrets[key], self.keys[key]
        self.makings = []
        self.people.compare({u["UserName"]: u["Path"] for u in everything(c.iam, "list_users", "Users") if u["UserName"] in CHURN}, problems)
        for access, secret, token, name in self.sessions[-3:]:
            who = c.of("sts", (access, secret, token)).get_caller_identity()["Arn"]
            if not who.endswith(name):
                problems.append(f"session {name}: is {who}")
        return problems

    def check_user(self, c, user, inline, attached, tags, problems):
        effects = set()
        for name in c.iam.list_user_policies(UserName=user)["PolicyNames"]:
            statement = c.iam.get_user_policy(UserName=user, PolicyName=name)["PolicyDocument"]["Statement"][0]
            if name in INLINE:
                inline[user, name] = (statement["Effect"], statement["Sid"])
                effects.add(statement["Effect"])
        if c.iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]:
            attached[user] = True
            effects.add("Allow")
        got = {t["Key"]: t["Value"] for t in c.iam.list_user_tags(UserName=user)["Tags"]}
        if got:
            tags[user] = got["n"]
        sqs = c.of("sqs", self.doors[user])
        code = code_of(sqs.list_queues)
        if (code is None) != (effects == {"Allow"}) or code and "AccessDenied" not in code:
            problems.append(f"user {user}: its policies say {effects or 'nothing'}, and ListQueues {code or 'is allowed'}")

    def nameless_key(self, c, user, key, keys, problems):
        """Nobody was told of it: a request that was cut off made it."""
        if user in self.makings:
            self.makings.remove(user)
            c.iam.delete_access_key(UserName=user, AccessKeyId=key)
            del keys[key]
        else:
            problems.append(f"access key {key} of {user}: nobody made it")

    def check_key(self, c, key, secret, user, status, problems):
        sts = c.of("sts", (key, secret))
        code = code_of(sts.get_caller_identity)
        if code != (None if status == "Active" else "InvalidClientTokenId"):
            problems.append(f"access key {key} of {user}: {status}, and a request with it says {code or 'yes'}")

    def harms(self, c):
        def lose():
            user, name = next(k for k, r in self.inline.items() if r.possible() - {None})
            c.iam.delete_user_policy(UserName=user, PolicyName=name)

        def key():
            k = next(k for k, r in self.keys.items() if r.possible() == {"Active"})
            c.iam.update_access_key(UserName=self.secrets[k][0], AccessKeyId=k, Status="Inactive")
        return [("a policy is lost", lose), ("a key is switched off", key),
                ("a tag is lost", lambda: c.iam.untag_user(UserName=next(iter(self.tags)), TagKeys=["n"])),
                ("a user that nobody made", lambda: [c.iam.create_user(UserName=n) for n in CHURN if code_of(c.iam.get_user, UserName=n)][0])]
