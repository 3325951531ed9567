"""DynamoDB: tables and their settings, as boto3 sees them."""
import datetime
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main
from ddb_help import DdbCase, error_of, item, keys

SIMPLE = dict(KeySchema=keys(id="S"), AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
              BillingMode="PAY_PER_REQUEST")


class Tables(DdbCase):
    def test_life(self):
        made = self.ddb.create_table(
            TableName="Images", KeySchema=keys(ImageId="S"), BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in
                                  (("ImageId", "S"), ("UploadTimestamp", "N"), ("UploadDay", "S"))],
            GlobalSecondaryIndexes=[
                {"IndexName": "ByTime", "KeySchema": keys(UploadTimestamp="N"), "Projection": {"ProjectionType": "ALL"}},
                {"IndexName": "ByDay", "KeySchema": keys(UploadDay="S", UploadTimestamp="N"),
                 "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["Status"]}}],
            SSESpecification={"Enabled": True}, Tags=[{"Key": "team", "Value": "photos"}])["TableDescription"]
        self.assertEqual(made["TableStatus"], "CREATING")
        self.ddb.get_waiter("table_exists").wait(TableName="Images")
        table = self.ddb.describe_table(TableName="Images")["Table"]
        self.assertEqual(table["TableStatus"], "ACTIVE")
        self.assertEqual(table["TableArn"], "arn:aws:dynamodb:us-east-1:000000000000:table/Images")
        self.assertEqual(table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
        self.assertEqual(table["SSEDescription"]["Status"], "ENABLED")
        self.assertEqual({i["IndexName"]: i["IndexStatus"] for i in table["GlobalSecondaryIndexes"]},
                         {"ByTime": "ACTIVE", "ByDay": "ACTIVE"})
        self.assertLess(abs((datetime.datetime.now(datetime.timezone.utc) - table["CreationDateTime"]).total_seconds()), 60)
        # By ARN as well as by name.
        self.assertEqual(self.ddb.describe_table(TableName=table["TableArn"])["Table"]["TableId"], made["TableId"])
        self.assertEqual(error_of(self.ddb.create_table, TableName="Images", **SIMPLE),
                         ("ResourceInUseException", "Table already exists: Images"))
        self.assertIn("Images", self.ddb.list_tables()["TableNames"])

        self.cloud.restart()
        self.assertEqual(self.ddb.describe_table(TableName="Images")["Table"]["TableId"], made["TableId"])

        self.ddb.put_item(TableName="Images", Item=item(ImageId="a", UploadTimestamp=5))
        gone = self.ddb.delete_table(TableName="Images")["TableDescription"]
        self.assertEqual(gone["TableStatus"], "DELETING")
        self.ddb.get_waiter("table_not_exists").wait(TableName="Images")
        self.assertEqual(error_of(self.ddb.describe_table, TableName="Images"),
                         ("ResourceNotFoundException", "Requested resource not found: Table: Images not found"))
        self.assertEqual(error_of(self.ddb.get_item, TableName="Images", Key=item(ImageId="a")),
                         ("ResourceNotFoundException", "Requested resource not found"))
        # A new table of the name begins empty.
        self.ddb.create_table(TableName="Images", KeySchema=keys(ImageId="S"), BillingMode="PAY_PER_REQUEST",
                              AttributeDefinitions=[{"AttributeName": "ImageId", "AttributeType": "S"}])
        self.assertNotIn("Item", self.ddb.get_item(TableName="Images", Key=item(ImageId="a")))
        self.assertEqual(self.ddb.scan(TableName="Images")["Count"], 0)

    def test_list_pages(self):
        names = [f"paged-{i}" for i in range(5)]
        for name in names:
            self.ddb.create_table(TableName=name, **SIMPLE)
        got = []
        for page in self.ddb.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 2}):
            self.assertLessEqual(len(page["TableNames"]), 2)
            got += page["TableNames"]
        self.assertEqual([n for n in got if n.startswith("paged-")], names)

    def test_create_refusals(self):
        define = [{"AttributeName": "id", "AttributeType": "S"}]
        cases = [
            ("Number of attributes in KeySchema does not exactly match",
             dict(AttributeDefinitions=define + [{"AttributeName": "x", "AttributeType": "S"}])),
            ("not defined in AttributeDefinitions", dict(KeySchema=keys(other="S"))),
            ("same name", dict(KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}])),
            ("not a HASH key type", dict(KeySchema=[{"AttributeName": "id", "KeyType": "RANGE"}])),
            ("must both be specified when BillingMode is PROVISIONED", dict(BillingMode="PROVISIONED")),
            ("Neither ReadCapacityUnits nor WriteCapacityUnits",
             dict(ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})),
            ("StreamSpecification is not supported",
             dict(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})),
            ("KMSMasterKeyId alias/mine is not supported", dict(SSESpecification={"Enabled": True, "KMSMasterKeyId": "alias/mine"})),
            ("does not have a range key, which is required when specifying a LocalSecondaryIndex",
             dict(LocalSecondaryIndexes=[{"IndexName": "lsi", "KeySchema": keys(id="S"), "Projection": {"ProjectionType": "ALL"}}])),
            ("ProjectionType is ALL, but NonKeyAttributes is specified",
             dict(GlobalSecondaryIndexes=[{"IndexName": "gsi", "KeySchema": keys(id="S"),
                                           "Projection": {"ProjectionType": "ALL", "NonKeyAttributes": ["x"]}}])),
            ("Duplicate attribute name in NonKeyAttributes: x",
             dict(GlobalSecondaryIndexes=[{"IndexName": "gsi", "KeySchema": keys(id="S"),
                                           "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y", "x"]}}])),
            ("The Tag Key hi! has characters that are not allowed", dict(Tags=[{"Key": "hi!", "Value": "x"}])),
            ("Duplicate index name", dict(GlobalSecondaryIndexes=[
                {"IndexName": "gsi", "KeySchema": keys(id="S"), "Projection": {"ProjectionType": "ALL"}}] * 2)),
        ]
        for words, change in cases:
            with self.subTest(words):
                self.refused(words, self.ddb.create_table, TableName="bad-table", **{**SIMPLE, **change})
        self.assertNotIn("bad-table", self.ddb.list_tables()["TableNames"])

    def test_deletion_protection(self):
        name = self.table(id="S", extra={"DeletionProtectionEnabled": True})
        self.assertTrue(self.ddb.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"])
        self.refused("protected against deletion", self.ddb.delete_table, TableName=name)

    def test_recovery_setting(self):
        name = self.table(id="S")
        describe = lambda: self.ddb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        self.assertEqual(describe()["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"], "DISABLED")
        self.ddb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
        point = describe()["PointInTimeRecoveryDescription"]
        self.assertEqual(point["PointInTimeRecoveryStatus"], "ENABLED")
        self.assertEqual(point["RecoveryPeriodInDays"], 35)
        self.assertLessEqual(point["EarliestRestorableDateTime"], point["LatestRestorableDateTime"])
        self.ddb.put_item(TableName=name, Item=item(id="a"))
        self.ddb.put_item(TableName=name, Item=item(id="a", n=1))
        self.ddb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification={
            "PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7})
        self.assertEqual(describe()["PointInTimeRecoveryDescription"]["RecoveryPeriodInDays"], 7)
        self.ddb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False})
        self.assertEqual(describe()["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"], "DISABLED")
        self.assertEqual(error_of(self.ddb.describe_continuous_backups, TableName="missing")[0], "TableNotFoundException")

    def test_longer_recovery(self):
        name = self.table(id="S")

        def keep(days):
            given = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}
            answer = self.ddb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=given)
            point = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
            return (point["LatestRestorableDateTime"] - point["EarliestRestorableDateTime"]).total_seconds() / 86400

        self.assertLess(keep(2), 0.1)
        self.cloud.advance(10 * 86400)
        self.assertAlmostEqual(keep(2), 2, delta=0.1)
        self.assertAlmostEqual(keep(35), 2, delta=0.1)  # the eight days before are gone
        self.cloud.advance(86400)
        self.assertAlmostEqual(keep(35), 3, delta=0.1)

    def test_tags(self):
        name = self.table(id="S")
        arn = self.ddb.describe_table(TableName=name)["Table"]["TableArn"]
        tags = lambda: {t["Key"]: t["Value"] for t in self.ddb.list_tags_of_resource(ResourceArn=arn)["Tags"]}
        self.ddb.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        self.ddb.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "3"}])
        self.assertEqual(tags(), {"a": "3", "b": "2"})
        self.ddb.untag_resource(ResourceArn=arn, TagKeys=["a", "nope"])
        self.assertEqual(tags(), {"b": "2"})
        self.assertEqual(error_of(self.ddb.list_tags_of_resource, ResourceArn=arn + "x")[0], "ResourceNotFoundException")
        for key, value, words in (("hi!", "x", "The Tag Key hi! has characters"), ('"q"', "x", 'The Tag Key "q" has characters'),
                                  ("x", "d%g", "The Tag Value of x has characters"), ("x", "<>", "The Tag Value of x has characters")):
            with self.subTest(key=key, value=value):
                self.refused(words, self.ddb.tag_resource, ResourceArn=arn, Tags=[{"Key": key, "Value": value}])
        self.refused("Atleast one Tag needs to be provided as Input.", self.ddb.tag_resource, ResourceArn=arn, Tags=[])
        self.refused("Atleast one Tag Key needs to be provided as Input.", self.ddb.untag_resource, ResourceArn=arn, TagKeys=[])
        self.assertEqual(tags(), {"b": "2"})
        taken = {"b": "2", "a+b-c=d.e_f:g/h@i j": "", "Ünïcödé 1": "буквы +-=._:/@"}
        self.ddb.tag_resource(ResourceArn=arn, Tags=[{"Key": k, "Value": v} for k, v in taken.items()])
        self.assertEqual(tags(), taken)

    def test_time_to_live(self):
        name = self.table(id="S")
        self.assertEqual(self.ddb.describe_time_to_live(TableName=name)["TimeToLiveDescription"], {"TimeToLiveStatus": "DISABLED"})
        self.assertEqual(error_of(self.ddb.describe_time_to_live, TableName="missing"),
                         ("ResourceNotFoundException", "Requested resource not found: Table: missing not found"))
        code, words = error_of(self.ddb.update_time_to_live, TableName=name,
                               TimeToLiveSpecification={"Enabled": True, "AttributeName": "at"})
        self.assertEqual((code, words), ("NotImplemented", "calotype does not implement dynamodb:UpdateTimeToLive"))
        self.assertEqual(self.ddb.describe_time_to_live(TableName=name)["TimeToLiveDescription"], {"TimeToLiveStatus": "DISABLED"})

    def test_counts(self):
        name = self.table(id="S", indexes=[("gsi", {"g": "N"}, {"ProjectionType": "KEYS_ONLY"})])
        for i in range(10):
            self.ddb.put_item(TableName=name, Item=item(id=str(i), g=i % 2, text="x" * 100) if i < 6 else item(id=str(i)))
        self.ddb.delete_item(TableName=name, Key=item(id="0"))
        self.ddb.update_item(TableName=name, Key=item(id="1"), UpdateExpression="REMOVE g")
        table = self.ddb.describe_table(TableName=name)["Table"]
        self.assertEqual((table["ItemCount"], table["GlobalSecondaryIndexes"][0]["ItemCount"]), (9, 4))
        self.assertEqual(table["TableSizeBytes"], sum(2 + 1 + ((1 + 2 if i > 1 else 0) + 4 + 100 if i < 6 else 0) for i in range(1, 10)) - 0
                         - sum(1 for i in range(2, 6) if i % 2 == 0))

    def test_regions_are_apart(self):
        name = self.table(id="S")
        west = self.cloud.client("dynamodb", region="eu-west-1")
        self.assertEqual(error_of(west.describe_table, TableName=name)[0], "ResourceNotFoundException")
        west.create_table(TableName=name, **SIMPLE)
        west.put_item(TableName=name, Item=item(id="west"))
        self.assertEqual(self.ddb.scan(TableName=name)["Count"], 0)

    def test_unknown_and_unimplemented(self):
        self.assertEqual(error_of(self.ddb.list_backups)[0], "NotImplemented")
        self.assertEqual(error_of(self.ddb.describe_table, TableName="a!!")[0], "ValidationException")


if __name__ == "__main__":
    main()
