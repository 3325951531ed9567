"""Lambda's layers: versions with their content, numbers that are given once, and what functions have of them."""
import base64
import hashlib
import io
import json
import urllib.parse
import zipfile

from history import Registers
from work import Work as Base, body, everything

LAYERS, FUNCTIONS = [f"crash-layer-{n}" for n in range(2)], [f"crash-layered-{n}" for n in range(2)]
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


def content(number):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(zipfile.ZipInfo("body"), body(number))
    return out.getvalue()


def sha256(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


class Work(Base):
    name = "layers"

    def __init__(self, history):
        super().__init__(history)
        self.versions, self.given = Registers("layer version"), Registers("function's layer")
        self.arns = {}  # by the number that is its description

    def client(self, c):
        return getattr(c, "lambda")

    def prepare(self, c):
        role = c.iam.create_role(RoleName="crash-layers", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        for name in FUNCTIONS:
            self.client(c).create_function(FunctionName=name, Runtime="provided.al2023", Handler="h", Role=role, Code={"ZipFile": content(0)})

    # ---- requests ----
    def publish(self, c, rng):
        layer, number = rng.choice(LAYERS), self.history.number()
        request = self.history.begin(f"PublishLayerVersion {layer} {number}")
        self.versions[number].write(request, True)
        _, answer = self.history.ask(request.what, lambda: self.client(c).publish_layer_version(
            LayerName=layer, Description=str(number), Content={"ZipFile": content(number)}),
            refusals=("CodeStorageExceededException",), request=request)  # where there is no room
        if answer:
            self.arns[number] = answer["LayerVersionArn"]

    def remove(self, c, rng):
        number, arn = rng.choice(list(self.arns.items()) or [(None, None)])
        if not arn:
            return
        request = self.history.begin(f"DeleteLayerVersion {arn} {number}")
        self.versions[number].write(request, None)
        self.history.ask(request.what, lambda: self.client(c).delete_layer_version(
            LayerName=arn.rpartition(":")[0], VersionNumber=int(arn.rpartition(":")[2])), request=request)

    def give(self, c, rng):
        """One that is there, or is deleted meanwhile, or none."""
        name, arn = rng.choice(FUNCTIONS), rng.choice([None, *list(self.arns.values())[-8:]])
        request = self.history.begin(f"UpdateFunctionConfiguration {name} {arn}")
        self.given[name].write(request, arn)
        self.history.ask(request.what, lambda: self.client(c).update_function_configuration(FunctionName=name, Layers=[arn] if arn else []),
                         refusals=("InvalidParameterValueException",), request=request)

    steps = ((6, publish), (3, remove), (4, give))

    # ---- what is there ----
    def check(self, cloud, c):
        problems, found = [], {}
        for layer in LAYERS:
            versions = everything(self.client(c), "list_layer_versions", "LayerVersions", LayerName=layer)
            for version in versions:
                number = int(version["Description"])
                found[number] = True
                if self.arns.setdefault(number, version["LayerVersionArn"]) != version["LayerVersionArn"]:
                    problems.append(f"layer version {number}: is {version['LayerVersionArn']} and was {self.arns[number]}")
            for version in versions[:15]:  # the newest
                self.check_content(cloud, c, version["LayerVersionArn"], int(version["Description"]), problems)
        self.versions.compare(found, problems)
        arns = list(self.arns.values())
        if len(set(arns)) != len(arns):
            problems.append(f"layer versions: a number was given twice: {sorted(arns)}")
        layers = {n: self.client(c).get_function_configuration(FunctionName=n).get("Layers") for n in FUNCTIONS}
        self.given.compare({n: has[0]["Arn"] for n, has in layers.items() if has}, problems)
        return problems

    def check_content(self, cloud, c, arn, number, problems):
        said = self.client(c).get_layer_version_by_arn(Arn=arn)["Content"]
        at = urllib.parse.urlsplit(said["Location"])
        got = cloud.http("GET", at.path, tls=at.scheme == "https")[2]
        if (said["CodeSha256"], got) != (sha256(content(number)), content(number)):
            problems.append(f"layer version {arn}: is not the content of {number}")

    # ---- what the checker must find ----
    def harms(self, c):
        there = lambda: next(n for n in sorted(self.arns, reverse=True) if self.versions[n].possible() == {True})

        def lose():
            arn = self.arns[there()]
            self.client(c).delete_layer_version(LayerName=arn.rpartition(":")[0], VersionNumber=int(arn.rpartition(":")[2]))

        def take():
            name = next((n for n in FUNCTIONS if self.given[n].possible() != {None}), None)
            if name:
                self.client(c).update_function_configuration(FunctionName=name, Layers=[])
            else:
                self.client(c).update_function_configuration(FunctionName=FUNCTIONS[0], Layers=[self.arns[there()]])
        return [("a version is gone", lose), ("a function has other layers", take)]
