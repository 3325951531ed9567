"""DynamoDB under IAM: resources, condition keys; and what it measures in CloudWatch."""
import datetime
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main, wait_for
from ddb_help import DdbCase, error_of, item

DENIED = "AccessDeniedException"


class Access(DdbCase):
    def user(self, *statements):
        """A client of a new user with these Allow statements (action, resource[, condition])."""
        iam = self.cloud.client("iam")
        name = f"user-{next(self._names)}"
        iam.create_user(UserName=name)
        document = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": s[0], "Resource": s[1], **({"Condition": s[2]} if len(s) > 2 else {})} for s in statements]}
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return self.cloud.client("dynamodb", keys=(key["AccessKeyId"], key["SecretAccessKey"]))

    def arn(self, table):
        return f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}"

    def test_headers_that_are_no_signature(self):
        """Codes and texts as the service sends them (index.js of dynalite)."""
        coral = "com.amazon.coral.service#"
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        lacks = "Authorization header requires '%s' parameter. "
        hashed = r"\(Hashed with SHA-256 and encoded with Base64\) Authorization=[A-Za-z0-9+/]{43}="
        good = f"AWS4-HMAC-SHA256 Credential=a/{now[:8]}/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=b"
        cases = [
            (None, now, "MissingAuthenticationTokenException", "Request is missing Authentication Token"),
            ("b", now, "MissingAuthenticationTokenException", "Request is missing Authentication Token"),
            ("Bearer abc", now, "MissingAuthenticationTokenException", "Request is missing Authentication Token"),
            ("AWS4-", now, "IncompleteSignatureException",
             lacks % "Credential" + lacks % "Signature" + lacks % "SignedHeaders" + hashed),
            ("AWS4-HMAC-SHA256 Signature=b,    Credential,    SignedHeaders", now, "IncompleteSignatureException",
             lacks % "Credential" + lacks % "SignedHeaders" + hashed),
            ("AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host", None, "IncompleteSignatureException",
             lacks % "Signature" + "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. " + hashed),
            (good, "201", "IncompleteSignatureException",
             r"Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601"),
            ("AWS4-HMAC-SHA256 Credential=a/2/3/4/aws4_request SignedHeaders=x-amz-date;host Signature=123", "20170101T010101Z",
             "InvalidSignatureException", r"Signature expired: 20170101T010101Z is now earlier than \S+ \(\S+ - 15 min.\)"),
            (good.replace("SHA256", "SHA25"), now, "IncompleteSignatureException",
             r"Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA25' \(only AWS4-HMAC-SHA256 for now\). "),
            (re.sub("Credential=[^,]*", "Credential=a/b/c/d", good), now, "IncompleteSignatureException",
             "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b/c/d'"),
            (good, now, "InvalidSignatureException", "The request signature we calculated does not match .*"),
        ]
        for header, date, code, words in cases:
            with self.subTest(header, date=date):
                headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.ListTables",
                           **({"Authorization": header} if header else {}), **({"X-Amz-Date": date} if date else {})}
                status, _, body = self.cloud.http("POST", "/", b"{}", headers)
                answer = json.loads(body)
                self.assertEqual((status, answer["__type"]), (400, coral + code))
                self.assertRegex(answer["message"], "^" + words + "$")

    def test_resources(self):
        t = self.table(id="S", indexes=[("gsi", {"g": "S"})])
        nobody = self.user()
        code, words = error_of(nobody.put_item, TableName=t, Item=item(id="a"))
        self.assertEqual(code, DENIED)
        self.assertIn("dynamodb:PutItem on resource: " + self.arn(t), words)
        table_only = self.user(("dynamodb:*", self.arn(t)))
        table_only.put_item(TableName=t, Item=item(id="a", g="x"))
        table_only.get_item(TableName=self.arn(t), Key=item(id="a"))
        query = dict(TableName=t, IndexName="gsi", KeyConditionExpression="g = :g", ExpressionAttributeValues=item(**{":g": "x"}))
        code, words = error_of(table_only.query, **query)
        self.assertEqual(code, DENIED)
        self.assertIn(self.arn(t) + "/index/gsi", words)
        self.assertEqual(self.user(("dynamodb:Query", self.arn(t) + "/index/*")).query(**query)["Count"], 1)
        self.assertEqual(error_of(table_only.list_tables)[0], DENIED)

    def test_leading_keys(self):
        t = self.table(id="S", at="N")
        own = self.user((["dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"], self.arn(t),
                         {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["me"]}, "Null": {"dynamodb:LeadingKeys": "false"}}))
        own.put_item(TableName=t, Item=item(id="me", at=1))
        self.assertIn("Item", own.get_item(TableName=t, Key=item(id="me", at=1)))
        query = lambda who: own.query(TableName=t, KeyConditionExpression="id = :i", ExpressionAttributeValues=item(**{":i": who}))
        self.assertEqual(query("me")["Count"], 1)
        self.assertEqual(error_of(own.put_item, TableName=t, Item=item(id="you", at=1))[0], DENIED)
        self.assertEqual(error_of(own.get_item, TableName=t, Key=item(id="you", at=1))[0], DENIED)
        self.assertEqual(error_of(query, who="you")[0], DENIED)
        self.assertEqual(error_of(own.scan, TableName=t)[0], DENIED)

    def test_attributes(self):
        t = self.table(id="S")
        self.ddb.put_item(TableName=t, Item=item(id="a", shown=1, private_note=2))
        some = self.user((["dynamodb:GetItem", "dynamodb:UpdateItem"], self.arn(t),
                          {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id", "shown"]}}))
        get = lambda expr, **kw: some.get_item(TableName=t, Key=item(id="a"), ProjectionExpression=expr, **kw)
        self.assertEqual(get("id, shown")["Item"], item(id="a", shown=1))
        self.assertEqual(error_of(get, expr="private_note")[0], DENIED)
        self.assertEqual(error_of(get, expr="#h", ExpressionAttributeNames={"#h": "private_note"})[0], DENIED)
        update = lambda expr: some.update_item(TableName=t, Key=item(id="a"), UpdateExpression=expr)
        update("SET shown = shown")
        self.assertEqual(error_of(update, expr="SET shown = private_note")[0], DENIED)
        self.assertEqual(error_of(update, expr="REMOVE private_note")[0], DENIED)

    # "Using IAM policy conditions for fine-grained access control", Developer Guide: examples 2 and 3.
    def test_documented_attributes(self):
        """Whatever returns attributes that were not asked for by name is refused."""
        t = self.table(id="S", indexes=[("gsi", {"g": "S"})])
        self.ddb.put_item(TableName=t, Item=item(id="a", shown=1, private_note=2, g="x"))
        some = self.user((["dynamodb:UpdateItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PutItem", "dynamodb:DeleteItem"],
                          [self.arn(t), self.arn(t) + "/index/*"],
                          {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id", "shown", "g"]},
                           "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES", "dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]}}))
        key, equals = item(id="a"), dict(KeyConditionExpression="id = :i", ExpressionAttributeValues=item(**{":i": "a"}))
        shown = item(id="a", shown=1)
        self.assertEqual(some.get_item(TableName=t, Key=key, ProjectionExpression="id, shown")["Item"], shown)
        self.assertEqual(some.query(TableName=t, ProjectionExpression="id, shown", **equals)["Items"], [shown])
        self.assertEqual(some.scan(TableName=t, ProjectionExpression="id, shown", Select="SPECIFIC_ATTRIBUTES")["Items"], [shown])
        some.update_item(TableName=t, Key=key, UpdateExpression="SET shown = :s", ExpressionAttributeValues=item(**{":s": 1}), ReturnValues="UPDATED_NEW")
        some.update_item(TableName=t, Key=key, UpdateExpression="SET shown = :s", ExpressionAttributeValues=item(**{":s": 1}))
        index = dict(IndexName="gsi", KeyConditionExpression="g = :g", ExpressionAttributeValues=item(**{":g": "x"}))
        update = dict(Key=key, UpdateExpression="SET shown = :s", ExpressionAttributeValues=item(**{":s": 1}))
        fails = dict(ConditionExpression="attribute_not_exists(id)", ReturnValuesOnConditionCheckFailure="ALL_OLD")
        for fn, more in ((some.get_item, dict(Key=key)), (some.query, equals), (some.scan, {}), (some.query, index), (some.scan, dict(IndexName="gsi")),
                         (some.query, dict(Select="ALL_ATTRIBUTES", **equals)), (some.query, dict(Select="ALL_PROJECTED_ATTRIBUTES", **index)),
                         (some.update_item, dict(ReturnValues="ALL_NEW", **update)), (some.update_item, dict(ReturnValues="ALL_OLD", **update)),
                         (some.update_item, dict(**fails, **update)), (some.put_item, dict(Item=key, ReturnValues="ALL_OLD")),
                         (some.put_item, dict(Item=key, **fails)), (some.delete_item, dict(Key=key, ReturnValues="ALL_OLD")),
                         (some.delete_item, dict(Key=key, ConditionExpression="shown = :n", ExpressionAttributeValues=item(**{":n": 9}),
                                                 ReturnValuesOnConditionCheckFailure="ALL_OLD")),
                         (some.update_item, dict(ReturnValues="UPDATED_NEW", **fails, **update)),
                         (some.scan, dict(ProjectionExpression="id", FilterExpression="private_note = :n", ExpressionAttributeValues=item(**{":n": 2}))),
                         (some.scan, dict(ProjectionExpression="id, private_note"))):
            self.assertEqual(error_of(fn, TableName=t, **more)[0], DENIED, (fn.__name__, more))

    def test_documented_updates(self):
        t = self.table(id="S")
        self.ddb.put_item(TableName=t, Item=item(id="a", shown=1, locked=2))
        some = self.user(("dynamodb:UpdateItem", self.arn(t), {
            "ForAllValues:StringNotLike": {"dynamodb:Attributes": ["locked", "boss*"]},
            "StringEquals": {"dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]}}))
        update = lambda expression, **more: some.update_item(TableName=t, Key=item(id="a"), UpdateExpression=expression, **more)
        update("REMOVE shown")  # no ReturnValues is NONE
        update("REMOVE shown", ReturnValues="UPDATED_OLD")
        self.assertEqual(error_of(update, expression="REMOVE locked")[0], DENIED)
        self.assertEqual(error_of(update, expression="REMOVE shown", ConditionExpression="attribute_exists(bossLevel)")[0], DENIED)
        self.assertEqual(error_of(update, expression="REMOVE shown", ReturnValues="ALL_OLD")[0], DENIED)
        self.assertEqual(error_of(update, expression="REMOVE shown", ConditionExpression="attribute_exists(none)", ReturnValuesOnConditionCheckFailure="ALL_OLD")[0], DENIED)

    def test_metrics(self):
        t = self.table(id="S", indexes=[("gsi", {"g": "S"})])
        for i in range(5):
            self.ddb.put_item(TableName=t, Item=item(id=str(i), g="x", text="y" * 1500))
            self.ddb.get_item(TableName=t, Key=item(id=str(i)), ConsistentRead=True)
        now = datetime.datetime.now(datetime.timezone.utc)
        cloudwatch = self.cloud.client("cloudwatch")

        def points(metric, statistic, **dimensions):
            got = cloudwatch.get_metric_statistics(
                Namespace="AWS/DynamoDB", MetricName=metric, Period=60, Statistics=[statistic],
                Dimensions=[{"Name": k, "Value": v} for k, v in {"TableName": t, **dimensions}.items()],
                StartTime=now - datetime.timedelta(minutes=5), EndTime=now + datetime.timedelta(minutes=5))
            return sum(p[statistic] for p in got["Datapoints"])
        self.assertEqual(points("ConsumedWriteCapacityUnits", "Sum"), 10)
        self.assertEqual(points("ConsumedWriteCapacityUnits", "Sum", GlobalSecondaryIndexName="gsi"), 10)
        wait_for(lambda: points("ConsumedReadCapacityUnits", "Sum") == 5)
        wait_for(lambda: points("SuccessfulRequestLatency", "SampleCount", Operation="PutItem") == 5)
        wait_for(lambda: points("SuccessfulRequestLatency", "SampleCount", Operation="GetItem") == 5)


if __name__ == "__main__":
    main()
