"""What the wire tests of DynamoDB share."""
import itertools

from cloud import CloudCase, need_boto3


def error_of(call, **kw):
    """The error that the call ends in: (code, message)."""
    import botocore.exceptions
    try:
        call(**kw)
    except botocore.exceptions.ClientError as e:
        return e.response["Error"]["Code"], e.response["Error"]["Message"]
    raise AssertionError("no error")


def item(**attributes):
    """Python values as attribute values: item(id="a", n=1)."""
    from boto3.dynamodb.types import TypeSerializer
    return {k: TypeSerializer().serialize(v) for k, v in attributes.items()}


def plain(attributes):
    from boto3.dynamodb.types import TypeDeserializer
    return {k: TypeDeserializer().deserialize(v) for k, v in attributes.items()}


def keys(**schema):
    """keys(id="S", at="N"): a KeySchema, the first being the partition key."""
    return [{"AttributeName": k, "KeyType": t} for k, t in zip(schema, ("HASH", "RANGE"))]


class DdbCase(CloudCase):
    _names = itertools.count()

    @classmethod
    def setUpClass(cls):
        need_boto3()
        super().setUpClass()
        cls.ddb = cls.cloud.client("dynamodb")

    def table(self, indexes=(), local=(), extra=None, **schema):
        """A table; indexes and local are (name, schema[, projection])."""
        name = f"test-{next(self._names)}-{self._testMethodName}"[:100]
        attributes = dict(schema)
        args = {}
        for member, rows in (("GlobalSecondaryIndexes", indexes), ("LocalSecondaryIndexes", local)):
            for row in rows:
                attributes.update(row[1])
                projection = row[2] if len(row) > 2 else {"ProjectionType": "ALL"}
                args.setdefault(member, []).append(
                    {"IndexName": row[0], "KeySchema": keys(**row[1]), "Projection": projection})
        self.ddb.create_table(
            TableName=name, KeySchema=keys(**schema), BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": k, "AttributeType": t} for k, t in attributes.items()],
            **args, **(extra or {}))
        self.ddb.get_waiter("table_exists").wait(TableName=name)
        return name

    def refused(self, words, call, **kw):
        code, message = error_of(call, **kw)
        self.assertEqual(code, "ValidationException", message)
        self.assertIn(words, message)
