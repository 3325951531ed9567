"""DynamoDB: single items, as boto3 sees them."""
import decimal
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main
from ddb_help import DdbCase, error_of, item, plain

D = decimal.Decimal


class Items(DdbCase):
    def get(self, table, **kw):
        found = self.ddb.get_item(TableName=table, ConsistentRead=True, Key=item(**kw)).get("Item")
        return plain(found) if found else None

    def test_every_type(self):
        t = self.table(id="S")
        whole = {"id": "a", "text": "héllo", "empty": "", "number": D("-123.45000"), "large": D("9.99E+37"), "binary": b"\0\1\2",
                 "yes": True, "none": None, "list": [1, "two", [None]], "map": {"a": {"b": D("1.5")}},
                 "ss": {"x", "y"}, "ns": {D(1), D("2.5")}, "bs": {b"a", b"b"}}
        self.assertEqual(self.ddb.put_item(TableName=t, Item=item(**whole))["ResponseMetadata"]["HTTPStatusCode"], 200)
        self.assertEqual(self.get(t, id="a"), {**whole, "number": D("-123.45"), "list": [D(1), "two", [None]]})
        self.cloud.kill9()
        self.cloud.restart()
        self.assertEqual(self.get(t, id="a")["map"], {"a": {"b": D("1.5")}})

    def test_large_numbers_are_plain_digits(self):
        t = self.table(id="S")
        for given, answer in (("1E+37", "1" + "0" * 37), ("1e38", "1" + "0" * 38), ("-1.5E+40", "-15" + "0" * 39),
                              ("9.99E+125", "999" + "0" * 123), ("1E-130", "0." + "0" * 129 + "1")):
            with self.subTest(given):
                self.ddb.put_item(TableName=t, Item={**item(id="a"), "n": {"N": given}, "set": {"NS": [given]}})
                found = self.ddb.get_item(TableName=t, Key=item(id="a"))["Item"]
                self.assertEqual((found["n"], found["set"]), ({"N": answer}, {"NS": [answer]}))

    def test_an_update_that_only_takes_away_makes_no_item(self):
        t = self.table(id="S")
        update = lambda text, **kw: self.ddb.update_item(TableName=t, Key=item(id="a"), UpdateExpression=text, **kw)
        values = {":s": {"SS": ["x"]}}
        for text, kw in (("REMOVE a", {}), ("REMOVE a.b, c[1]", {}), ("DELETE a :s", {"ExpressionAttributeValues": values}),
                         ("REMOVE b DELETE a :s", {"ExpressionAttributeValues": values})):
            for wanted in ("ALL_NEW", "UPDATED_NEW", "ALL_OLD"):
                with self.subTest(text, wanted=wanted):
                    self.assertNotIn("Attributes", update(text, ReturnValues=wanted, **kw))
                    self.assertIsNone(self.get(t, id="a"))
        self.assertEqual(error_of(update, text="REMOVE a", ConditionExpression="attribute_exists(id)")[0],
                         "ConditionalCheckFailedException")
        self.assertEqual(self.ddb.describe_table(TableName=t)["Table"]["ItemCount"], 0)
        update("REMOVE b SET a = :s", ExpressionAttributeValues=values)
        self.assertEqual(self.get(t, id="a"), {"id": "a", "a": {"x"}})
        update("DELETE a :s", ExpressionAttributeValues=values)
        self.assertEqual(self.get(t, id="a"), {"id": "a"})  # it was there, so it stays
        self.refused("document path provided in the update expression is invalid", update, text="REMOVE a.b")
        self.ddb.update_item(TableName=t, Key=item(id="b"))
        self.assertEqual(self.get(t, id="b"), {"id": "b"})  # an update without clauses makes it

    def test_names_that_begin_with_an_underscore(self):
        t = self.table(id="S")
        values = {":v": {"S": "a"}}
        self.refused('Invalid KeyConditionExpression: Syntax error; token: "_", near: "AND __"', self.ddb.query, TableName=t,
                     KeyConditionExpression="id = :v AND __typename = :v", ExpressionAttributeValues=values)
        self.refused('Invalid ProjectionExpression: Syntax error; token: "_"', self.ddb.get_item, TableName=t, Key=item(id="a"),
                     ProjectionExpression="id, _x")
        self.refused('Invalid ConditionExpression: Syntax error; token: "_"', self.ddb.put_item, TableName=t, Item=item(id="a"),
                     ConditionExpression="attribute_not_exists(_x)")
        self.ddb.update_item(TableName=t, Key=item(id="a"), UpdateExpression="SET #_x = :v", ExpressionAttributeValues=values,
                             ExpressionAttributeNames={"#_x": "_x"})
        self.assertEqual(self.get(t, id="a"), {"id": "a", "_x": "a"})

    def test_put_conditions_and_old_values(self):
        t = self.table(id="S")
        put = lambda n, **kw: self.ddb.put_item(TableName=t, Item=item(id="a", n=n), **kw)
        new = dict(ConditionExpression="attribute_not_exists(id)")
        self.assertNotIn("Attributes", put(1, ReturnValues="ALL_OLD", **new))
        self.assertEqual(error_of(put, n=2, **new), ("ConditionalCheckFailedException", "The conditional request failed"))
        self.assertEqual(plain(put(2, ReturnValues="ALL_OLD")["Attributes"]), {"id": "a", "n": D(1)})
        import botocore.exceptions
        with self.assertRaises(botocore.exceptions.ClientError) as failed:
            put(3, ReturnValuesOnConditionCheckFailure="ALL_OLD", **new)
        self.assertEqual(plain(failed.exception.response["Item"]), {"id": "a", "n": D(2)})
        self.assertEqual(self.get(t, id="a")["n"], 2)

    def test_the_sequencer_condition_of_the_pipeline(self):
        t = self.table(ImageId="S")
        put = lambda seq: self.ddb.put_item(
            TableName=t, Item=item(ImageId="a", Sequencer=seq),
            ConditionExpression="attribute_not_exists(ImageId) OR Sequencer <= :s", ExpressionAttributeValues=item(**{":s": seq}))
        put("0002")
        put("0002")
        self.assertEqual(error_of(put, seq="0001")[0], "ConditionalCheckFailedException")
        put("0003")

    def test_update(self):
        t = self.table(id="S")
        update = lambda expr, names=None, rv="ALL_NEW", **values: self.ddb.update_item(
            TableName=t, Key=item(id="a"), UpdateExpression=expr, ReturnValues=rv,
            **({"ExpressionAttributeNames": names} if names else {}),
            **({"ExpressionAttributeValues": {":" + k: v for k, v in item(**values).items()}} if values else {}))
        self.assertEqual(plain(update("SET #s = :s, n = :n", {"#s": "Status"}, s="ok", n=1)["Attributes"]),
                         {"id": "a", "Status": "ok", "n": D(1)})
        self.assertEqual(plain(update("SET n = n + :i", rv="UPDATED_NEW", i=4)["Attributes"]), {"n": D(5)})
        self.assertEqual(plain(update("ADD n :i", rv="UPDATED_OLD", i=4)["Attributes"]), {"n": D(5)})
        self.assertEqual(plain(update("SET tags = :t", rv="UPDATED_NEW", t={"a", "b"})["Attributes"]), {"tags": {"a", "b"}})
        self.assertEqual(plain(update("DELETE tags :t", t={"a"})["Attributes"])["tags"], {"b"})
        self.assertNotIn("tags", plain(update("DELETE tags :t", t={"b"})["Attributes"]))
        self.assertEqual(plain(update("SET m = :m", m={"x": [1, 2, 3]})["Attributes"])["m"], {"x": [1, 2, 3]})
        self.assertEqual(plain(update("SET m.x[1] = :v REMOVE m.x[0]", v="new")["Attributes"])["m"], {"x": ["new", 3]})
        self.assertNotIn("Attributes", update("REMOVE nothing", rv="UPDATED_OLD"))
        self.assertEqual(self.ddb.update_item(TableName=t, Key=item(id="fresh"))["ResponseMetadata"]["HTTPStatusCode"], 200)
        self.assertEqual(self.get(t, id="fresh"), {"id": "fresh"})
        self.refused("Cannot update attribute id. This attribute is part of the key", update, expr="SET id = :v", v="b")
        self.refused("does not exist in the item", update, expr="SET q = nowhere + :v", v=1)

    def test_delete(self):
        t = self.table(id="S")
        self.ddb.put_item(TableName=t, Item=item(id="a", n=1))
        condition = dict(ConditionExpression="n = :n", ExpressionAttributeValues=item(**{":n": 2}))
        self.assertEqual(error_of(self.ddb.delete_item, TableName=t, Key=item(id="a"), **condition)[0],
                         "ConditionalCheckFailedException")
        old = self.ddb.delete_item(TableName=t, Key=item(id="a"), ReturnValues="ALL_OLD")
        self.assertEqual(plain(old["Attributes"]), {"id": "a", "n": D(1)})
        self.assertIsNone(self.get(t, id="a"))
        self.assertNotIn("Attributes", self.ddb.delete_item(TableName=t, Key=item(id="a"), ReturnValues="ALL_OLD"))

    def test_projection(self):
        t = self.table(id="S")
        self.ddb.put_item(TableName=t, Item=item(id="a", Name="x", deep={"l": [1, {"k": 2}], "o": 3}))
        got = self.ddb.get_item(TableName=t, Key=item(id="a"), ProjectionExpression="#n, deep.l[1].k",
                                ExpressionAttributeNames={"#n": "Name"})["Item"]
        self.assertEqual(plain(got), {"Name": "x", "deep": {"l": [{"k": D(2)}]}})

    def test_refusals(self):
        t = self.table(id="S", at="N", indexes=[("gsi", {"g": "S"})])
        put = lambda **kw: self.ddb.put_item(TableName=t, Item=kw.pop("Item", None) or item(**kw))
        cases = [
            ("Missing the key at in the item", dict(id="a")),
            ("Type mismatch for key id expected: S actual: N", dict(id=1, at=1)),
            ("cannot contain an empty string value. Key: id", dict(id="", at=1)),
            ("Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi", dict(id="a", at=1, g=1)),
            ("IndexName: gsi, IndexKey: g", dict(id="a", at=1, g="")),
            ("Size of hashkey has exceeded the maximum size limit of2048 bytes", dict(id="x" * 2049, at=1)),
            ("Item size has exceeded the maximum allowed size", dict(id="a", at=1, big="x" * 409600)),
            ("Supplied AttributeValue is empty", dict(Item={**item(id="a", at=1), "x": {}})),
            ("An string set  may not be empty", dict(Item={**item(id="a", at=1), "x": {"L": [{"SS": []}]}})),
            ("contains duplicates", dict(Item={**item(id="a", at=1), "x": {"NS": ["1", "1.0"]}})),
            ("Number overflow", dict(Item={**item(id="a", at=1), "x": {"N": "1e1000000"}})),
            ("more than 38 significant digits", dict(Item={**item(id="a", at=1), "x": {"N": "1" * 39}})),
            ("cannot be converted to a numeric value", dict(Item={**item(id="a", at=1), "x": {"N": "abc"}})),
        ]
        for words, kw in cases:
            with self.subTest(words):
                self.refused(words, put, **kw)
        self.ddb.put_item(TableName=t, Item=item(id="x" * 2048, at=D("1E-130"), g="y" * 2048, big="z" * 390000))
        get = lambda **kw: self.ddb.get_item(TableName=t, **kw)
        self.refused("The provided key element does not match the schema", get, Key=item(id="a"))
        self.refused("The provided key element does not match the schema", get, Key=item(id="a", at="1"))
        self.refused("The provided key element does not match the schema", get, Key=item(id="a", at=1, x=1))
        self.refused("reserved keyword: Status", get, Key=item(id="a", at=1), ProjectionExpression="Status")
        self.refused("unused in expressions: keys: {#x}", get, Key=item(id="a", at=1), ProjectionExpression="id",
                     ExpressionAttributeNames={"#x": "y"})
        self.refused("can only be specified when using expressions", get, Key=item(id="a", at=1), ExpressionAttributeNames={"#x": "y"})
        self.refused("AttributesToGet is a legacy parameter", get, Key=item(id="a", at=1), AttributesToGet=["x"])
        self.refused("ReturnValues can only be ALL_OLD or NONE", self.ddb.put_item, TableName=t, Item=item(id="a", at=1), ReturnValues="ALL_NEW")

    def test_capacity(self):
        t = self.table(id="S", indexes=[("gsi", {"g": "S"})])
        put = lambda **kw: self.ddb.put_item(TableName=t, Item=item(**kw), ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
        self.assertEqual(put(id="a")["CapacityUnits"], 1)
        both = put(id="a", g="x", text="y" * 1500)
        self.assertEqual((both["Table"]["CapacityUnits"], both["GlobalSecondaryIndexes"]["gsi"]["CapacityUnits"]), (2, 2))
        self.assertEqual(put(id="a", g="z")["GlobalSecondaryIndexes"]["gsi"]["CapacityUnits"], 3)  # one out, one in
        get = lambda **kw: self.ddb.get_item(TableName=t, Key=item(id="a"), ReturnConsumedCapacity="TOTAL", **kw)["ConsumedCapacity"]
        self.assertEqual(get()["CapacityUnits"], 0.5)
        self.assertEqual(get(ConsistentRead=True)["CapacityUnits"], 1)

    def test_concurrent_counters(self):
        t = self.table(id="S")
        clients = [self.cloud.client("dynamodb", tls=False) for _ in range(6)]
        failures = []

        def work(client):
            try:
                for _ in range(25):
                    client.update_item(TableName=t, Key=item(id="a"), UpdateExpression="ADD n :i",
                                       ExpressionAttributeValues=item(**{":i": 1}))
            except Exception as e:  # shown below
                failures.append(e)
        threads = [threading.Thread(target=work, args=(c,)) for c in clients]
        [x.start() for x in threads]
        [x.join() for x in threads]
        self.assertEqual(failures, [])
        self.assertEqual(self.get(t, id="a")["n"], 150)


if __name__ == "__main__":
    main()
