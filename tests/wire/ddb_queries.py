"""DynamoDB: Query and Scan, as boto3 sees them (also with Debian's boto3)."""
import decimal
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main
from ddb_help import DdbCase, item, plain

D = decimal.Decimal
INCLUDE = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["extra"]}


def values(**kw):
    return item(**{":" + k: v for k, v in kw.items()})


class Queries(DdbCase):
    def fill(self):
        """Days of photographs: 3 partitions of 10 rows, sort keys -5 … 4."""
        t = self.table(id="S", at="N", indexes=[("by_tag", {"tag": "S", "id": "S"}), ("keys", {"tag": "S"}, {"ProjectionType": "KEYS_ONLY"})],
                       local=[("by_size", {"id": "S", "bytes": "N"}, INCLUDE)])
        for p in "abc":
            for i in range(10):
                row = item(id=p, at=i - 5, bytes=100 - i, extra=f"{p}{i}", misc="o")
                if i % 2:
                    row.update(item(tag="odd"))
                self.ddb.put_item(TableName=t, Item=row)
        return t

    def query(self, t, condition, index=None, **kw):
        v = kw.pop("v", {})
        if index:
            kw["IndexName"] = index
        return self.ddb.query(TableName=t, KeyConditionExpression=condition, ExpressionAttributeValues=values(**v), **kw)

    def test_sort_conditions(self):
        t = self.fill()
        names = {"#at": "at"}
        ats = lambda cond, **v: [int(plain(i)["at"]) for i in self.query(
            t, "id = :p AND " + cond, v={"p": "a", **v}, ExpressionAttributeNames=names)["Items"]]
        self.assertEqual(ats("#at = :x", x=-2), [-2])
        self.assertEqual(ats("#at < :x", x=-2), [-5, -4, -3])
        self.assertEqual(ats("#at >= :x", x=D("2.5")), [3, 4])
        self.assertEqual(ats("#at BETWEEN :x AND :y", x=-1, y=1), [-1, 0, 1])
        whole = self.query(t, "id = :p", v={"p": "b"})
        self.assertEqual([int(plain(i)["at"]) for i in whole["Items"]], list(range(-5, 5)))
        back = self.query(t, "id = :p", v={"p": "b"}, ScanIndexForward=False)
        self.assertEqual(back["Items"], whole["Items"][::-1])
        self.assertEqual(self.query(t, "id = :p", v={"p": "none"})["Count"], 0)

    def test_pages(self):
        t = self.fill()
        for forward in (True, False):
            for index in (None, "by_size"):
                got = []
                start = {}
                while True:
                    page = self.query(t, "id = :p", index=index, v={"p": "c"}, Limit=3, ScanIndexForward=forward, **start)
                    got += [plain(i)["extra"] for i in page["Items"]]
                    if "LastEvaluatedKey" not in page:
                        break
                    self.assertEqual(set(page["LastEvaluatedKey"]), {"id", "at"} | ({"bytes"} if index else set()))
                    start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
                want = [f"c{i}" for i in range(10)]
                self.assertEqual(got, want if forward == (index is None) else want[::-1])

    def test_filter_counts_after_limit(self):
        t = self.fill()
        page = self.query(t, "id = :p", v={"p": "a", "e": "a7"}, FilterExpression="extra = :e", Limit=5)
        self.assertEqual((page["Count"], page["ScannedCount"]), (0, 5))
        page = self.query(t, "id = :p", v={"p": "a", "e": "a7"}, FilterExpression="extra = :e OR contains(misc, :e)")
        self.assertEqual((page["Count"], page["ScannedCount"]), (1, 10))
        count = self.query(t, "id = :p", v={"p": "a"}, Select="COUNT")
        self.assertEqual(count["Count"], 10)
        self.assertNotIn("Items", count)

    def test_global_index(self):
        t = self.fill()
        odd = self.query(t, "tag = :t", index="by_tag", v={"t": "odd"})
        self.assertEqual(odd["Count"], 15)
        self.assertEqual([plain(i)["id"] for i in odd["Items"]], ["a"] * 5 + ["b"] * 5 + ["c"] * 5)
        self.assertEqual(self.query(t, "tag = :t AND begins_with(id, :p)", index="by_tag", v={"t": "odd", "p": "b"})["Count"], 5)
        only = self.query(t, "tag = :t", index="keys", v={"t": "odd"})
        self.assertEqual({frozenset(i) for i in only["Items"]}, {frozenset({"id", "at", "tag"})})
        self.ddb.update_item(TableName=t, Key=item(id="a", at=-4), UpdateExpression="REMOVE tag")
        self.ddb.update_item(TableName=t, Key=item(id="a", at=-2), UpdateExpression="SET tag = :e", ExpressionAttributeValues=values(e="even"))
        self.ddb.delete_item(TableName=t, Key=item(id="a", at=0))
        self.assertEqual(self.query(t, "tag = :t", index="by_tag", v={"t": "odd"})["Count"], 12)
        self.assertEqual(self.query(t, "tag = :t", index="keys", v={"t": "even"})["Count"], 1)
        got, start = [], {}
        while True:
            page = self.query(t, "tag = :t", index="by_tag", v={"t": "odd"}, Limit=4, **start)
            got += [(plain(i)["id"], int(plain(i)["at"])) for i in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            self.assertEqual(set(page["LastEvaluatedKey"]), {"id", "at", "tag"})
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        self.assertEqual(len(set(got)), 12)

    def test_local_index(self):
        t = self.fill()
        rows = self.query(t, "id = :p AND bytes > :b", index="by_size", v={"p": "a", "b": 97}, ConsistentRead=True)["Items"]
        self.assertEqual([plain(i)["extra"] for i in rows], ["a2", "a1", "a0"])
        self.assertNotIn("misc", rows[0])
        rows = self.query(t, "id = :p AND bytes > :b", index="by_size", v={"p": "a", "b": 98}, Select="ALL_ATTRIBUTES")["Items"]
        self.assertEqual([plain(i)["misc"] for i in rows], ["o", "o"])
        rows = self.query(t, "id = :p AND bytes > :b", index="by_size", v={"p": "a", "b": 98}, ProjectionExpression="misc")["Items"]
        self.assertEqual(rows, [item(misc="o")] * 2)

    def test_scan(self):
        t = self.fill()
        self.assertEqual(self.ddb.scan(TableName=t)["Count"], 30)
        for total in (1, 3, 7):
            seen = [i["extra"]["S"] for s in range(total) for i in self.ddb.scan(TableName=t, Segment=s, TotalSegments=total)["Items"]]
            self.assertEqual((len(seen), len(set(seen))), (30, 30))
        pages = list(self.ddb.get_paginator("scan").paginate(TableName=t, PaginationConfig={"PageSize": 7}))
        self.assertEqual(len({i["extra"]["S"] for p in pages for i in p["Items"]}), 30)
        got = self.ddb.scan(TableName=t, FilterExpression="attribute_exists(tag) AND #at > :z", ExpressionAttributeNames={"#at": "at"},
                            ExpressionAttributeValues=values(z=0))
        self.assertEqual((got["Count"], got["ScannedCount"]), (6, 30))
        self.assertEqual(self.ddb.scan(TableName=t, IndexName="keys", Select="COUNT")["Count"], 15)

    def test_a_page_is_a_megabyte(self):
        t = self.table(id="S", at="N")
        for i in range(12):
            self.ddb.put_item(TableName=t, Item=item(id="a", at=i, text="x" * 200000))
        page = self.query(t, "id = :p", v={"p": "a"}, ReturnConsumedCapacity="TOTAL")
        self.assertEqual(page["Count"], 5)
        self.assertIn("LastEvaluatedKey", page)
        self.assertEqual(page["ConsumedCapacity"]["CapacityUnits"], 122.5)
        pages = list(self.ddb.get_paginator("query").paginate(TableName=t, KeyConditionExpression="id = :p",
                                                              ExpressionAttributeValues=values(p="a")))
        self.assertEqual([p["Count"] for p in pages], [5, 5, 2])

    def test_refusals(self):
        t = self.fill()
        q = lambda **kw: self.query(t, kw.pop("c", "id = :p"), v=kw.pop("v", {"p": "a"}), **kw)
        for words, kw in [
            ("Query condition missed key schema element: id", dict(c="extra = :p")),
            ("Filter Expression can only contain non-primary key attributes: Primary key attribute: id", dict(FilterExpression="id = :p")),
            ("The table does not have the specified index: nope", dict(index="nope")),
            ("Consistent reads are not supported on global secondary indexes", dict(c="tag = :p", index="by_tag", ConsistentRead=True)),
            ("Select type ALL_ATTRIBUTES is not supported for global secondary index keys", dict(c="tag = :p", index="keys", Select="ALL_ATTRIBUTES")),
            ("does not project [misc]", dict(c="tag = :p", index="keys", ProjectionExpression="misc")),
            ("The provided starting key is invalid", dict(ExclusiveStartKey=item(id="a"))),
            ("outside query boundaries", dict(ExclusiveStartKey=item(id="b", at=1))),
            ("Cannot specify the ProjectionExpression when choosing to get COUNT", dict(Select="COUNT", ProjectionExpression="id")),
            ("Must specify the ProjectionExpression", dict(Select="SPECIFIC_ATTRIBUTES")),
            ("Condition parameter type does not match schema type", dict(v={"p": 1})),
        ]:
            with self.subTest(words):
                self.refused(words, q, **kw)
        self.refused("KeyConditions is a legacy parameter", self.ddb.query, TableName=t,
                     KeyConditions={"id": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}})
        self.refused("Either the KeyConditions or KeyConditionExpression", self.ddb.query, TableName=t)
        self.refused("must be less than parameter TotalSegments", self.ddb.scan, TableName=t, Segment=3, TotalSegments=3)

    def test_what_kills_an_emulator(self):
        t = self.fill()
        long = " OR ".join(["gone = :p"] * 900)
        self.refused("too many operators" if len(long) <= 4096 else "maximum allowed size", self.ddb.scan, TableName=t,
                     FilterExpression=long, ExpressionAttributeValues=values(p="a"))
        self.assertEqual(self.ddb.scan(TableName=t, FilterExpression="gone.a[3] > :p", ExpressionAttributeValues=values(p="a"))["Count"], 0)
        status, _, body = self.cloud.http("POST", "/", b"[1]", {"X-Amz-Target": "DynamoDB_20120810.Scan",
                                                                "Content-Type": "application/x-amz-json-1.0"})
        self.assertGreaterEqual(status, 400)
        self.assertEqual(self.ddb.scan(TableName=t, Select="COUNT")["Count"], 30)


if __name__ == "__main__":
    main()
