/*
 * Written by tools/gencfn.py from cfn-lint 1.51.0's CloudFormation schemas: do not edit.
 * Facts only: names, kinds, flags, defaults, enums.
 */
/* clang-format off */
#include "tmpl/types.h"

static const struct tmpl_shape scalar_string = {.kind = TMPL_SHAPE_STRING};
static const struct tmpl_shape scalar_integer = {.kind = TMPL_SHAPE_INTEGER};
static const struct tmpl_shape scalar_number __attribute__((unused)) = {.kind = TMPL_SHAPE_NUMBER};
static const struct tmpl_shape scalar_boolean = {.kind = TMPL_SHAPE_BOOLEAN};
static const struct tmpl_shape any_value = {.kind = TMPL_SHAPE_ANY};

/* AWS::CDK::Metadata */
static const struct tmpl_shape AWS_CDK_Metadata;
static const struct tmpl_prop AWS_CDK_Metadata_props[] = {
    {S_INIT("Analytics"), &scalar_string, 0, NULL},
    {S_INIT("Modules"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_CDK_Metadata = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_CDK_Metadata_props, .n = 2};

/* AWS::CloudFormation::CustomResource */
static const struct tmpl_shape AWS_CloudFormation_CustomResource;
static const struct tmpl_prop AWS_CloudFormation_CustomResource_props[] = {
    {S_INIT("Id"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("ServiceTimeout"), &scalar_integer, 0, NULL},
    {S_INIT("ServiceToken"), &scalar_string, TMPL_PROP_REQUIRED | TMPL_PROP_CREATE_ONLY, NULL},
};
static const struct tmpl_shape AWS_CloudFormation_CustomResource = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_CloudFormation_CustomResource_props, .n = 3};
static const str AWS_CloudFormation_CustomResource_attributes[] = {S_INIT(".*"), S_INIT("Id")};

/* AWS::CloudFormation::WaitConditionHandle */
static const struct tmpl_shape AWS_CloudFormation_WaitConditionHandle;
static const struct tmpl_prop AWS_CloudFormation_WaitConditionHandle_props[] = {
    {S_INIT("Id"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
};
static const struct tmpl_shape AWS_CloudFormation_WaitConditionHandle = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_CloudFormation_WaitConditionHandle_props, .n = 1};
static const str AWS_CloudFormation_WaitConditionHandle_attributes[] = {S_INIT("Id")};

/* AWS::CloudWatch::Alarm */
static const struct tmpl_shape AWS_CloudWatch_Alarm;
static const struct tmpl_shape AWS_CloudWatch_Alarm_AlarmActions_list;
static const struct tmpl_shape AWS_CloudWatch_Alarm_ComparisonOperator;
static const struct tmpl_shape AWS_CloudWatch_Alarm_Dimensions_list;
static const struct tmpl_shape AWS_CloudWatch_Alarm_Dimension;
static const struct tmpl_shape AWS_CloudWatch_Alarm_EvaluationCriteria;
static const struct tmpl_shape AWS_CloudWatch_Alarm_AlarmPromQLCriteria;
static const struct tmpl_shape AWS_CloudWatch_Alarm_InsufficientDataActions_list;
static const struct tmpl_shape AWS_CloudWatch_Alarm_Metrics_list;
static const struct tmpl_shape AWS_CloudWatch_Alarm_MetricDataQuery;
static const struct tmpl_shape AWS_CloudWatch_Alarm_MetricStat;
static const struct tmpl_shape AWS_CloudWatch_Alarm_Metric;
static const struct tmpl_shape AWS_CloudWatch_Alarm_Dimensions_list_;
static const struct tmpl_shape AWS_CloudWatch_Alarm_Unit;
static const struct tmpl_shape AWS_CloudWatch_Alarm_OKActions_list;
static const struct tmpl_shape AWS_CloudWatch_Alarm_Statistic;
static const struct tmpl_shape AWS_CloudWatch_Alarm_Tags_list;
static const struct tmpl_shape AWS_CloudWatch_Alarm_Tag;
static const struct tmpl_shape AWS_CloudWatch_Alarm_TreatMissingData;
static const struct tmpl_shape AWS_CloudWatch_Alarm_Unit_;
static const struct tmpl_shape AWS_CloudWatch_Alarm_AlarmActions_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const str AWS_CloudWatch_Alarm_ComparisonOperator_values[] = {S_INIT("GreaterThanOrEqualToThreshold"), S_INIT("GreaterThanThreshold"), S_INIT("GreaterThanUpperThreshold"), S_INIT("LessThanLowerOrGreaterThanUpperThreshold"), S_INIT("LessThanLowerThreshold"), S_INIT("LessThanOrEqualToThreshold"), S_INIT("LessThanThreshold")};
static const struct tmpl_shape AWS_CloudWatch_Alarm_ComparisonOperator = {.kind = TMPL_SHAPE_STRING, .values = AWS_CloudWatch_Alarm_ComparisonOperator_values, .n = 7};
static const struct tmpl_prop AWS_CloudWatch_Alarm_Dimension_props[] = {
    {S_INIT("Name"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Value"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_CloudWatch_Alarm_Dimension = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_CloudWatch_Alarm_Dimension_props, .n = 2};
static const struct tmpl_shape AWS_CloudWatch_Alarm_Dimensions_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_CloudWatch_Alarm_Dimension};
static const struct tmpl_prop AWS_CloudWatch_Alarm_AlarmPromQLCriteria_props[] = {
    {S_INIT("PendingPeriod"), &scalar_integer, 0, NULL},
    {S_INIT("Query"), &scalar_string, 0, NULL},
    {S_INIT("RecoveryPeriod"), &scalar_integer, 0, NULL},
};
static const struct tmpl_shape AWS_CloudWatch_Alarm_AlarmPromQLCriteria = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_CloudWatch_Alarm_AlarmPromQLCriteria_props, .n = 3};
static const struct tmpl_prop AWS_CloudWatch_Alarm_EvaluationCriteria_props[] = {
    {S_INIT("PromQLCriteria"), &AWS_CloudWatch_Alarm_AlarmPromQLCriteria, 0, NULL},
};
static const struct tmpl_shape AWS_CloudWatch_Alarm_EvaluationCriteria = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_CloudWatch_Alarm_EvaluationCriteria_props, .n = 1};
static const struct tmpl_shape AWS_CloudWatch_Alarm_InsufficientDataActions_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_shape AWS_CloudWatch_Alarm_Dimensions_list_ = {.kind = TMPL_SHAPE_LIST, .element = &AWS_CloudWatch_Alarm_Dimension};
static const struct tmpl_prop AWS_CloudWatch_Alarm_Metric_props[] = {
    {S_INIT("Dimensions"), &AWS_CloudWatch_Alarm_Dimensions_list_, 0, NULL},
    {S_INIT("MetricName"), &scalar_string, 0, NULL},
    {S_INIT("Namespace"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_CloudWatch_Alarm_Metric = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_CloudWatch_Alarm_Metric_props, .n = 3};
static const str AWS_CloudWatch_Alarm_Unit_values[] = {S_INIT("Bits"), S_INIT("Bits/Second"), S_INIT("Bytes"), S_INIT("Bytes/Second"), S_INIT("Count"), S_INIT("Count/Second"), S_INIT("Gigabits"), S_INIT("Gigabits/Second"), S_INIT("Gigabytes"), S_INIT("Gigabytes/Second"), S_INIT("Kilobits"), S_INIT("Kilobits/Second"), S_INIT("Kilobytes"), S_INIT("Kilobytes/Second"), S_INIT("Megabits"), S_INIT("Megabits/Second"), S_INIT("Megabytes"), S_INIT("Megabytes/Second"), S_INIT("Microseconds"), S_INIT("Milliseconds"), S_INIT("None"), S_INIT("Percent"), S_INIT("Seconds"), S_INIT("Terabits"), S_INIT("Terabits/Second"), S_INIT("Terabytes"), S_INIT("Terabytes/Second")};
static const struct tmpl_shape AWS_CloudWatch_Alarm_Unit = {.kind = TMPL_SHAPE_STRING, .values = AWS_CloudWatch_Alarm_Unit_values, .n = 27};
static const struct tmpl_prop AWS_CloudWatch_Alarm_MetricStat_props[] = {
    {S_INIT("Metric"), &AWS_CloudWatch_Alarm_Metric, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Period"), &scalar_integer, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Stat"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Unit"), &AWS_CloudWatch_Alarm_Unit, 0, NULL},
};
static const struct tmpl_shape AWS_CloudWatch_Alarm_MetricStat = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_CloudWatch_Alarm_MetricStat_props, .n = 4};
static const struct tmpl_prop AWS_CloudWatch_Alarm_MetricDataQuery_props[] = {
    {S_INIT("AccountId"), &scalar_string, 0, NULL},
    {S_INIT("Expression"), &scalar_string, 0, NULL},
    {S_INIT("Id"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Label"), &scalar_string, 0, NULL},
    {S_INIT("MetricStat"), &AWS_CloudWatch_Alarm_MetricStat, 0, NULL},
    {S_INIT("Period"), &scalar_integer, 0, NULL},
    {S_INIT("ReturnData"), &scalar_boolean, 0, NULL},
};
static const struct tmpl_shape AWS_CloudWatch_Alarm_MetricDataQuery = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_CloudWatch_Alarm_MetricDataQuery_props, .n = 7};
static const struct tmpl_shape AWS_CloudWatch_Alarm_Metrics_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_CloudWatch_Alarm_MetricDataQuery};
static const struct tmpl_shape AWS_CloudWatch_Alarm_OKActions_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const str AWS_CloudWatch_Alarm_Statistic_values[] = {S_INIT("Average"), S_INIT("Maximum"), S_INIT("Minimum"), S_INIT("SampleCount"), S_INIT("Sum")};
static const struct tmpl_shape AWS_CloudWatch_Alarm_Statistic = {.kind = TMPL_SHAPE_STRING, .values = AWS_CloudWatch_Alarm_Statistic_values, .n = 5};
static const struct tmpl_prop AWS_CloudWatch_Alarm_Tag_props[] = {
    {S_INIT("Key"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Value"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_CloudWatch_Alarm_Tag = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_CloudWatch_Alarm_Tag_props, .n = 2};
static const struct tmpl_shape AWS_CloudWatch_Alarm_Tags_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_CloudWatch_Alarm_Tag};
static const str AWS_CloudWatch_Alarm_TreatMissingData_values[] = {S_INIT("breaching"), S_INIT("ignore"), S_INIT("missing"), S_INIT("notBreaching")};
static const struct tmpl_shape AWS_CloudWatch_Alarm_TreatMissingData = {.kind = TMPL_SHAPE_STRING, .values = AWS_CloudWatch_Alarm_TreatMissingData_values, .n = 4};
static const str AWS_CloudWatch_Alarm_Unit__values[] = {S_INIT("Bits"), S_INIT("Bits/Second"), S_INIT("Bytes"), S_INIT("Bytes/Second"), S_INIT("Count"), S_INIT("Count/Second"), S_INIT("Gigabits"), S_INIT("Gigabits/Second"), S_INIT("Gigabytes"), S_INIT("Gigabytes/Second"), S_INIT("Kilobits"), S_INIT("Kilobits/Second"), S_INIT("Kilobytes"), S_INIT("Kilobytes/Second"), S_INIT("Megabits"), S_INIT("Megabits/Second"), S_INIT("Megabytes"), S_INIT("Megabytes/Second"), S_INIT("Microseconds"), S_INIT("Milliseconds"), S_INIT("None"), S_INIT("Percent"), S_INIT("Seconds"), S_INIT("Terabits"), S_INIT("Terabits/Second"), S_INIT("Terabytes"), S_INIT("Terabytes/Second")};
static const struct tmpl_shape AWS_CloudWatch_Alarm_Unit_ = {.kind = TMPL_SHAPE_STRING, .values = AWS_CloudWatch_Alarm_Unit__values, .n = 27};
static const struct tmpl_prop AWS_CloudWatch_Alarm_props[] = {
    {S_INIT("ActionsEnabled"), &scalar_boolean, 0, "true"},
    {S_INIT("AlarmActions"), &AWS_CloudWatch_Alarm_AlarmActions_list, 0, NULL},
    {S_INIT("AlarmDescription"), &scalar_string, 0, NULL},
    {S_INIT("AlarmName"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("Arn"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("ComparisonOperator"), &AWS_CloudWatch_Alarm_ComparisonOperator, 0, NULL},
    {S_INIT("DatapointsToAlarm"), &scalar_integer, 0, NULL},
    {S_INIT("Dimensions"), &AWS_CloudWatch_Alarm_Dimensions_list, 0, NULL},
    {S_INIT("EvaluateLowSampleCountPercentile"), &scalar_string, 0, NULL},
    {S_INIT("EvaluationCriteria"), &AWS_CloudWatch_Alarm_EvaluationCriteria, 0, NULL},
    {S_INIT("EvaluationInterval"), &scalar_integer, 0, NULL},
    {S_INIT("EvaluationPeriods"), &scalar_integer, 0, NULL},
    {S_INIT("ExtendedStatistic"), &scalar_string, 0, NULL},
    {S_INIT("InsufficientDataActions"), &AWS_CloudWatch_Alarm_InsufficientDataActions_list, 0, NULL},
    {S_INIT("MetricName"), &scalar_string, 0, NULL},
    {S_INIT("Metrics"), &AWS_CloudWatch_Alarm_Metrics_list, 0, NULL},
    {S_INIT("Namespace"), &scalar_string, 0, NULL},
    {S_INIT("OKActions"), &AWS_CloudWatch_Alarm_OKActions_list, 0, NULL},
    {S_INIT("Period"), &scalar_integer, 0, NULL},
    {S_INIT("Statistic"), &AWS_CloudWatch_Alarm_Statistic, 0, NULL},
    {S_INIT("Tags"), &AWS_CloudWatch_Alarm_Tags_list, 0, NULL},
    {S_INIT("Threshold"), &scalar_number, 0, NULL},
    {S_INIT("ThresholdMetricId"), &scalar_string, 0, NULL},
    {S_INIT("TreatMissingData"), &AWS_CloudWatch_Alarm_TreatMissingData, 0, NULL},
    {S_INIT("Unit"), &AWS_CloudWatch_Alarm_Unit_, 0, NULL},
};
static const struct tmpl_shape AWS_CloudWatch_Alarm = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_CloudWatch_Alarm_props, .n = 25};
static const str AWS_CloudWatch_Alarm_attributes[] = {S_INIT("Arn")};

/* AWS::CloudWatch::Dashboard */
static const struct tmpl_shape AWS_CloudWatch_Dashboard;
static const struct tmpl_prop AWS_CloudWatch_Dashboard_props[] = {
    {S_INIT("DashboardBody"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("DashboardName"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
};
static const struct tmpl_shape AWS_CloudWatch_Dashboard = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_CloudWatch_Dashboard_props, .n = 2};

/* AWS::DynamoDB::Table */
static const struct tmpl_shape AWS_DynamoDB_Table;
static const struct tmpl_shape AWS_DynamoDB_Table_AttributeDefinitions_list;
static const struct tmpl_shape AWS_DynamoDB_Table_AttributeDefinition;
static const struct tmpl_shape AWS_DynamoDB_Table_AttributeType;
static const struct tmpl_shape AWS_DynamoDB_Table_ContributorInsightsSpecification;
static const struct tmpl_shape AWS_DynamoDB_Table_Mode;
static const struct tmpl_shape AWS_DynamoDB_Table_GlobalSecondaryIndexes_list;
static const struct tmpl_shape AWS_DynamoDB_Table_GlobalSecondaryIndex;
static const struct tmpl_shape AWS_DynamoDB_Table_KeySchema_list;
static const struct tmpl_shape AWS_DynamoDB_Table_KeySchema_list_item;
static const struct tmpl_shape AWS_DynamoDB_Table_OnDemandThroughput;
static const struct tmpl_shape AWS_DynamoDB_Table_Projection;
static const struct tmpl_shape AWS_DynamoDB_Table_NonKeyAttributes_list;
static const struct tmpl_shape AWS_DynamoDB_Table_ProvisionedThroughput;
static const struct tmpl_shape AWS_DynamoDB_Table_WarmThroughput;
static const struct tmpl_shape AWS_DynamoDB_Table_ImportSourceSpecification;
static const struct tmpl_shape AWS_DynamoDB_Table_InputFormatOptions;
static const struct tmpl_shape AWS_DynamoDB_Table_Csv;
static const struct tmpl_shape AWS_DynamoDB_Table_HeaderList_list;
static const struct tmpl_shape AWS_DynamoDB_Table_S3BucketSource;
static const struct tmpl_shape AWS_DynamoDB_Table_KeySchema_list_;
static const struct tmpl_shape AWS_DynamoDB_Table_KeySchema_list__item;
static const struct tmpl_shape AWS_DynamoDB_Table_KinesisStreamSpecification;
static const struct tmpl_shape AWS_DynamoDB_Table_ApproximateCreationDateTimePrecision;
static const struct tmpl_shape AWS_DynamoDB_Table_LocalSecondaryIndexes_list;
static const struct tmpl_shape AWS_DynamoDB_Table_LocalSecondaryIndex;
static const struct tmpl_shape AWS_DynamoDB_Table_PointInTimeRecoverySpecification;
static const struct tmpl_shape AWS_DynamoDB_Table_ResourcePolicy;
static const struct tmpl_shape AWS_DynamoDB_Table_SSESpecification;
static const struct tmpl_shape AWS_DynamoDB_Table_SSEType;
static const struct tmpl_shape AWS_DynamoDB_Table_StreamSpecification;
static const struct tmpl_shape AWS_DynamoDB_Table_Tags_list;
static const struct tmpl_shape AWS_DynamoDB_Table_Tag;
static const struct tmpl_shape AWS_DynamoDB_Table_TimeToLiveSpecification;
static const str AWS_DynamoDB_Table_AttributeType_values[] = {S_INIT("B"), S_INIT("N"), S_INIT("S")};
static const struct tmpl_shape AWS_DynamoDB_Table_AttributeType = {.kind = TMPL_SHAPE_STRING, .values = AWS_DynamoDB_Table_AttributeType_values, .n = 3};
static const struct tmpl_prop AWS_DynamoDB_Table_AttributeDefinition_props[] = {
    {S_INIT("AttributeName"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("AttributeType"), &AWS_DynamoDB_Table_AttributeType, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_AttributeDefinition = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_AttributeDefinition_props, .n = 2};
static const struct tmpl_shape AWS_DynamoDB_Table_AttributeDefinitions_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_DynamoDB_Table_AttributeDefinition};
static const str AWS_DynamoDB_Table_Mode_values[] = {S_INIT("ACCESSED_AND_THROTTLED_KEYS"), S_INIT("THROTTLED_KEYS")};
static const struct tmpl_shape AWS_DynamoDB_Table_Mode = {.kind = TMPL_SHAPE_STRING, .values = AWS_DynamoDB_Table_Mode_values, .n = 2};
static const struct tmpl_prop AWS_DynamoDB_Table_ContributorInsightsSpecification_props[] = {
    {S_INIT("Enabled"), &scalar_boolean, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Mode"), &AWS_DynamoDB_Table_Mode, 0, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_ContributorInsightsSpecification = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_ContributorInsightsSpecification_props, .n = 2};
static const struct tmpl_prop AWS_DynamoDB_Table_KeySchema_list_item_props[] = {
    {S_INIT("AttributeName"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("KeyType"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_KeySchema_list_item = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_KeySchema_list_item_props, .n = 2};
static const struct tmpl_shape AWS_DynamoDB_Table_KeySchema_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_DynamoDB_Table_KeySchema_list_item};
static const struct tmpl_prop AWS_DynamoDB_Table_OnDemandThroughput_props[] = {
    {S_INIT("MaxReadRequestUnits"), &scalar_integer, 0, NULL},
    {S_INIT("MaxWriteRequestUnits"), &scalar_integer, 0, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_OnDemandThroughput = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_OnDemandThroughput_props, .n = 2};
static const struct tmpl_shape AWS_DynamoDB_Table_NonKeyAttributes_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_prop AWS_DynamoDB_Table_Projection_props[] = {
    {S_INIT("NonKeyAttributes"), &AWS_DynamoDB_Table_NonKeyAttributes_list, 0, NULL},
    {S_INIT("ProjectionType"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_Projection = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_Projection_props, .n = 2};
static const struct tmpl_prop AWS_DynamoDB_Table_ProvisionedThroughput_props[] = {
    {S_INIT("ReadCapacityUnits"), &scalar_integer, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("WriteCapacityUnits"), &scalar_integer, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_ProvisionedThroughput = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_ProvisionedThroughput_props, .n = 2};
static const struct tmpl_prop AWS_DynamoDB_Table_WarmThroughput_props[] = {
    {S_INIT("ReadUnitsPerSecond"), &scalar_integer, 0, NULL},
    {S_INIT("WriteUnitsPerSecond"), &scalar_integer, 0, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_WarmThroughput = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_WarmThroughput_props, .n = 2};
static const struct tmpl_prop AWS_DynamoDB_Table_GlobalSecondaryIndex_props[] = {
    {S_INIT("ContributorInsightsSpecification"), &AWS_DynamoDB_Table_ContributorInsightsSpecification, 0, NULL},
    {S_INIT("IndexName"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("KeySchema"), &AWS_DynamoDB_Table_KeySchema_list, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("OnDemandThroughput"), &AWS_DynamoDB_Table_OnDemandThroughput, 0, NULL},
    {S_INIT("Projection"), &AWS_DynamoDB_Table_Projection, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("ProvisionedThroughput"), &AWS_DynamoDB_Table_ProvisionedThroughput, 0, NULL},
    {S_INIT("WarmThroughput"), &AWS_DynamoDB_Table_WarmThroughput, 0, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_GlobalSecondaryIndex = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_GlobalSecondaryIndex_props, .n = 7};
static const struct tmpl_shape AWS_DynamoDB_Table_GlobalSecondaryIndexes_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_DynamoDB_Table_GlobalSecondaryIndex};
static const struct tmpl_shape AWS_DynamoDB_Table_HeaderList_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_prop AWS_DynamoDB_Table_Csv_props[] = {
    {S_INIT("Delimiter"), &scalar_string, 0, NULL},
    {S_INIT("HeaderList"), &AWS_DynamoDB_Table_HeaderList_list, 0, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_Csv = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_Csv_props, .n = 2};
static const struct tmpl_prop AWS_DynamoDB_Table_InputFormatOptions_props[] = {
    {S_INIT("Csv"), &AWS_DynamoDB_Table_Csv, 0, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_InputFormatOptions = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_InputFormatOptions_props, .n = 1};
static const struct tmpl_prop AWS_DynamoDB_Table_S3BucketSource_props[] = {
    {S_INIT("S3Bucket"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("S3BucketOwner"), &scalar_string, 0, NULL},
    {S_INIT("S3KeyPrefix"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_S3BucketSource = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_S3BucketSource_props, .n = 3};
static const struct tmpl_prop AWS_DynamoDB_Table_ImportSourceSpecification_props[] = {
    {S_INIT("InputCompressionType"), &scalar_string, 0, NULL},
    {S_INIT("InputFormat"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("InputFormatOptions"), &AWS_DynamoDB_Table_InputFormatOptions, 0, NULL},
    {S_INIT("S3BucketSource"), &AWS_DynamoDB_Table_S3BucketSource, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_ImportSourceSpecification = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_ImportSourceSpecification_props, .n = 4};
static const struct tmpl_prop AWS_DynamoDB_Table_KeySchema_list__item_props[] = {
    {S_INIT("AttributeName"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("KeyType"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_KeySchema_list__item = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_KeySchema_list__item_props, .n = 2};
static const struct tmpl_shape AWS_DynamoDB_Table_KeySchema_list_ = {.kind = TMPL_SHAPE_LIST, .element = &AWS_DynamoDB_Table_KeySchema_list__item};
static const str AWS_DynamoDB_Table_ApproximateCreationDateTimePrecision_values[] = {S_INIT("MICROSECOND"), S_INIT("MILLISECOND")};
static const struct tmpl_shape AWS_DynamoDB_Table_ApproximateCreationDateTimePrecision = {.kind = TMPL_SHAPE_STRING, .values = AWS_DynamoDB_Table_ApproximateCreationDateTimePrecision_values, .n = 2};
static const struct tmpl_prop AWS_DynamoDB_Table_KinesisStreamSpecification_props[] = {
    {S_INIT("ApproximateCreationDateTimePrecision"), &AWS_DynamoDB_Table_ApproximateCreationDateTimePrecision, 0, NULL},
    {S_INIT("StreamArn"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_KinesisStreamSpecification = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_KinesisStreamSpecification_props, .n = 2};
static const struct tmpl_prop AWS_DynamoDB_Table_LocalSecondaryIndex_props[] = {
    {S_INIT("IndexName"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("KeySchema"), &AWS_DynamoDB_Table_KeySchema_list_, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Projection"), &AWS_DynamoDB_Table_Projection, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_LocalSecondaryIndex = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_LocalSecondaryIndex_props, .n = 3};
static const struct tmpl_shape AWS_DynamoDB_Table_LocalSecondaryIndexes_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_DynamoDB_Table_LocalSecondaryIndex};
static const struct tmpl_prop AWS_DynamoDB_Table_PointInTimeRecoverySpecification_props[] = {
    {S_INIT("PointInTimeRecoveryEnabled"), &scalar_boolean, 0, NULL},
    {S_INIT("RecoveryPeriodInDays"), &scalar_integer, 0, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_PointInTimeRecoverySpecification = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_PointInTimeRecoverySpecification_props, .n = 2};
static const struct tmpl_prop AWS_DynamoDB_Table_ResourcePolicy_props[] = {
    {S_INIT("PolicyDocument"), &any_value, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_ResourcePolicy = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_ResourcePolicy_props, .n = 1};
static const str AWS_DynamoDB_Table_SSEType_values[] = {S_INIT("KMS")};
static const struct tmpl_shape AWS_DynamoDB_Table_SSEType = {.kind = TMPL_SHAPE_STRING, .values = AWS_DynamoDB_Table_SSEType_values, .n = 1};
static const struct tmpl_prop AWS_DynamoDB_Table_SSESpecification_props[] = {
    {S_INIT("KMSMasterKeyId"), &scalar_string, 0, NULL},
    {S_INIT("SSEEnabled"), &scalar_boolean, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("SSEType"), &AWS_DynamoDB_Table_SSEType, 0, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_SSESpecification = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_SSESpecification_props, .n = 3};
static const struct tmpl_prop AWS_DynamoDB_Table_StreamSpecification_props[] = {
    {S_INIT("ResourcePolicy"), &AWS_DynamoDB_Table_ResourcePolicy, 0, NULL},
    {S_INIT("StreamViewType"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_StreamSpecification = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_StreamSpecification_props, .n = 2};
static const struct tmpl_prop AWS_DynamoDB_Table_Tag_props[] = {
    {S_INIT("Key"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Value"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_Tag = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_Tag_props, .n = 2};
static const struct tmpl_shape AWS_DynamoDB_Table_Tags_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_DynamoDB_Table_Tag};
static const struct tmpl_prop AWS_DynamoDB_Table_TimeToLiveSpecification_props[] = {
    {S_INIT("AttributeName"), &scalar_string, 0, NULL},
    {S_INIT("Enabled"), &scalar_boolean, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table_TimeToLiveSpecification = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_TimeToLiveSpecification_props, .n = 2};
static const struct tmpl_prop AWS_DynamoDB_Table_props[] = {
    {S_INIT("Arn"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("AttributeDefinitions"), &AWS_DynamoDB_Table_AttributeDefinitions_list, 0, NULL},
    {S_INIT("BillingMode"), &scalar_string, 0, NULL},
    {S_INIT("ContributorInsightsSpecification"), &AWS_DynamoDB_Table_ContributorInsightsSpecification, 0, NULL},
    {S_INIT("DeletionProtectionEnabled"), &scalar_boolean, 0, NULL},
    {S_INIT("GlobalSecondaryIndexes"), &AWS_DynamoDB_Table_GlobalSecondaryIndexes_list, 0, NULL},
    {S_INIT("ImportSourceSpecification"), &AWS_DynamoDB_Table_ImportSourceSpecification, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("KeySchema"), &AWS_DynamoDB_Table_KeySchema_list_, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("KinesisStreamSpecification"), &AWS_DynamoDB_Table_KinesisStreamSpecification, 0, NULL},
    {S_INIT("LocalSecondaryIndexes"), &AWS_DynamoDB_Table_LocalSecondaryIndexes_list, 0, NULL},
    {S_INIT("OnDemandThroughput"), &AWS_DynamoDB_Table_OnDemandThroughput, 0, NULL},
    {S_INIT("PointInTimeRecoverySpecification"), &AWS_DynamoDB_Table_PointInTimeRecoverySpecification, 0, NULL},
    {S_INIT("ProvisionedThroughput"), &AWS_DynamoDB_Table_ProvisionedThroughput, 0, NULL},
    {S_INIT("ResourcePolicy"), &AWS_DynamoDB_Table_ResourcePolicy, 0, NULL},
    {S_INIT("SSESpecification"), &AWS_DynamoDB_Table_SSESpecification, 0, NULL},
    {S_INIT("StreamArn"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("StreamSpecification"), &AWS_DynamoDB_Table_StreamSpecification, 0, NULL},
    {S_INIT("TableClass"), &scalar_string, 0, NULL},
    {S_INIT("TableName"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("Tags"), &AWS_DynamoDB_Table_Tags_list, 0, NULL},
    {S_INIT("TimeToLiveSpecification"), &AWS_DynamoDB_Table_TimeToLiveSpecification, 0, NULL},
    {S_INIT("WarmThroughput"), &AWS_DynamoDB_Table_WarmThroughput, 0, NULL},
};
static const struct tmpl_shape AWS_DynamoDB_Table = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_DynamoDB_Table_props, .n = 22};
static const str AWS_DynamoDB_Table_attributes[] = {S_INIT("Arn"), S_INIT("StreamArn")};

/* AWS::IAM::InstanceProfile */
static const struct tmpl_shape AWS_IAM_InstanceProfile;
static const struct tmpl_shape AWS_IAM_InstanceProfile_Roles_list;
static const struct tmpl_shape AWS_IAM_InstanceProfile_Roles_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_prop AWS_IAM_InstanceProfile_props[] = {
    {S_INIT("Arn"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("InstanceProfileName"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("Path"), &scalar_string, TMPL_PROP_CREATE_ONLY, "\"/\""},
    {S_INIT("Roles"), &AWS_IAM_InstanceProfile_Roles_list, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_IAM_InstanceProfile = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_IAM_InstanceProfile_props, .n = 4};
static const str AWS_IAM_InstanceProfile_attributes[] = {S_INIT("Arn")};

/* AWS::IAM::ManagedPolicy */
static const struct tmpl_shape AWS_IAM_ManagedPolicy;
static const struct tmpl_shape AWS_IAM_ManagedPolicy_Groups_list;
static const struct tmpl_shape AWS_IAM_ManagedPolicy_Roles_list;
static const struct tmpl_shape AWS_IAM_ManagedPolicy_Users_list;
static const struct tmpl_shape AWS_IAM_ManagedPolicy_Groups_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_shape AWS_IAM_ManagedPolicy_Roles_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_shape AWS_IAM_ManagedPolicy_Users_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_prop AWS_IAM_ManagedPolicy_props[] = {
    {S_INIT("AttachmentCount"), &scalar_integer, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("CreateDate"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("DefaultVersionId"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("Description"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("Groups"), &AWS_IAM_ManagedPolicy_Groups_list, 0, NULL},
    {S_INIT("IsAttachable"), &scalar_boolean, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("ManagedPolicyName"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("Path"), &scalar_string, TMPL_PROP_CREATE_ONLY, "\"/\""},
    {S_INIT("PermissionsBoundaryUsageCount"), &scalar_integer, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("PolicyArn"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("PolicyDocument"), &any_value, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("PolicyId"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("Roles"), &AWS_IAM_ManagedPolicy_Roles_list, 0, NULL},
    {S_INIT("UpdateDate"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("Users"), &AWS_IAM_ManagedPolicy_Users_list, 0, NULL},
};
static const struct tmpl_shape AWS_IAM_ManagedPolicy = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_IAM_ManagedPolicy_props, .n = 15};
static const str AWS_IAM_ManagedPolicy_attributes[] = {S_INIT("AttachmentCount"), S_INIT("CreateDate"), S_INIT("DefaultVersionId"), S_INIT("IsAttachable"), S_INIT("PermissionsBoundaryUsageCount"), S_INIT("PolicyArn"), S_INIT("PolicyId"), S_INIT("UpdateDate")};

/* AWS::IAM::Policy */
static const struct tmpl_shape AWS_IAM_Policy;
static const struct tmpl_shape AWS_IAM_Policy_Groups_list;
static const struct tmpl_shape AWS_IAM_Policy_Roles_list;
static const struct tmpl_shape AWS_IAM_Policy_Users_list;
static const struct tmpl_shape AWS_IAM_Policy_Groups_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_shape AWS_IAM_Policy_Roles_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_shape AWS_IAM_Policy_Users_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_prop AWS_IAM_Policy_props[] = {
    {S_INIT("Groups"), &AWS_IAM_Policy_Groups_list, 0, NULL},
    {S_INIT("Id"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("PolicyDocument"), &any_value, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("PolicyName"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Roles"), &AWS_IAM_Policy_Roles_list, 0, NULL},
    {S_INIT("Users"), &AWS_IAM_Policy_Users_list, 0, NULL},
};
static const struct tmpl_shape AWS_IAM_Policy = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_IAM_Policy_props, .n = 6};
static const str AWS_IAM_Policy_attributes[] = {S_INIT("Id")};

/* AWS::IAM::Role */
static const struct tmpl_shape AWS_IAM_Role;
static const struct tmpl_shape AWS_IAM_Role_ManagedPolicyArns_list;
static const struct tmpl_shape AWS_IAM_Role_Policies_list;
static const struct tmpl_shape AWS_IAM_Role_Policy;
static const struct tmpl_shape AWS_IAM_Role_Tags_list;
static const struct tmpl_shape AWS_IAM_Role_Tag;
static const struct tmpl_shape AWS_IAM_Role_ManagedPolicyArns_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_prop AWS_IAM_Role_Policy_props[] = {
    {S_INIT("PolicyDocument"), &any_value, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("PolicyName"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_IAM_Role_Policy = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_IAM_Role_Policy_props, .n = 2};
static const struct tmpl_shape AWS_IAM_Role_Policies_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_IAM_Role_Policy};
static const struct tmpl_prop AWS_IAM_Role_Tag_props[] = {
    {S_INIT("Key"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Value"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_IAM_Role_Tag = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_IAM_Role_Tag_props, .n = 2};
static const struct tmpl_shape AWS_IAM_Role_Tags_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_IAM_Role_Tag};
static const struct tmpl_prop AWS_IAM_Role_props[] = {
    {S_INIT("Arn"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("AssumeRolePolicyDocument"), &any_value, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Description"), &scalar_string, 0, NULL},
    {S_INIT("ManagedPolicyArns"), &AWS_IAM_Role_ManagedPolicyArns_list, 0, NULL},
    {S_INIT("MaxSessionDuration"), &scalar_integer, 0, "3600"},
    {S_INIT("Path"), &scalar_string, TMPL_PROP_CREATE_ONLY, "\"/\""},
    {S_INIT("PermissionsBoundary"), &scalar_string, 0, NULL},
    {S_INIT("Policies"), &AWS_IAM_Role_Policies_list, 0, NULL},
    {S_INIT("RoleId"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("RoleName"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("Tags"), &AWS_IAM_Role_Tags_list, 0, NULL},
};
static const struct tmpl_shape AWS_IAM_Role = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_IAM_Role_props, .n = 11};
static const str AWS_IAM_Role_attributes[] = {S_INIT("Arn"), S_INIT("RoleId")};

/* AWS::IAM::User */
static const struct tmpl_shape AWS_IAM_User;
static const struct tmpl_shape AWS_IAM_User_Groups_list;
static const struct tmpl_shape AWS_IAM_User_LoginProfile;
static const struct tmpl_shape AWS_IAM_User_ManagedPolicyArns_list;
static const struct tmpl_shape AWS_IAM_User_Policies_list;
static const struct tmpl_shape AWS_IAM_User_Policy;
static const struct tmpl_shape AWS_IAM_User_Tags_list;
static const struct tmpl_shape AWS_IAM_User_Tag;
static const struct tmpl_shape AWS_IAM_User_Groups_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_prop AWS_IAM_User_LoginProfile_props[] = {
    {S_INIT("Password"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("PasswordResetRequired"), &scalar_boolean, 0, NULL},
};
static const struct tmpl_shape AWS_IAM_User_LoginProfile = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_IAM_User_LoginProfile_props, .n = 2};
static const struct tmpl_shape AWS_IAM_User_ManagedPolicyArns_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_prop AWS_IAM_User_Policy_props[] = {
    {S_INIT("PolicyDocument"), &any_value, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("PolicyName"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_IAM_User_Policy = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_IAM_User_Policy_props, .n = 2};
static const struct tmpl_shape AWS_IAM_User_Policies_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_IAM_User_Policy};
static const struct tmpl_prop AWS_IAM_User_Tag_props[] = {
    {S_INIT("Key"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Value"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_IAM_User_Tag = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_IAM_User_Tag_props, .n = 2};
static const struct tmpl_shape AWS_IAM_User_Tags_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_IAM_User_Tag};
static const struct tmpl_prop AWS_IAM_User_props[] = {
    {S_INIT("Arn"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("Groups"), &AWS_IAM_User_Groups_list, 0, NULL},
    {S_INIT("LoginProfile"), &AWS_IAM_User_LoginProfile, 0, NULL},
    {S_INIT("ManagedPolicyArns"), &AWS_IAM_User_ManagedPolicyArns_list, 0, NULL},
    {S_INIT("Path"), &scalar_string, 0, "\"/\""},
    {S_INIT("PermissionsBoundary"), &scalar_string, 0, NULL},
    {S_INIT("Policies"), &AWS_IAM_User_Policies_list, 0, NULL},
    {S_INIT("Tags"), &AWS_IAM_User_Tags_list, 0, NULL},
    {S_INIT("UserName"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
};
static const struct tmpl_shape AWS_IAM_User = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_IAM_User_props, .n = 9};
static const str AWS_IAM_User_attributes[] = {S_INIT("Arn")};

/* AWS::Lambda::EventInvokeConfig */
static const struct tmpl_shape AWS_Lambda_EventInvokeConfig;
static const struct tmpl_shape AWS_Lambda_EventInvokeConfig_DestinationConfig;
static const struct tmpl_shape AWS_Lambda_EventInvokeConfig_OnFailure;
static const struct tmpl_shape AWS_Lambda_EventInvokeConfig_OnSuccess;
static const struct tmpl_prop AWS_Lambda_EventInvokeConfig_OnFailure_props[] = {
    {S_INIT("Destination"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_Lambda_EventInvokeConfig_OnFailure = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_EventInvokeConfig_OnFailure_props, .n = 1};
static const struct tmpl_prop AWS_Lambda_EventInvokeConfig_OnSuccess_props[] = {
    {S_INIT("Destination"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_Lambda_EventInvokeConfig_OnSuccess = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_EventInvokeConfig_OnSuccess_props, .n = 1};
static const struct tmpl_prop AWS_Lambda_EventInvokeConfig_DestinationConfig_props[] = {
    {S_INIT("OnFailure"), &AWS_Lambda_EventInvokeConfig_OnFailure, 0, NULL},
    {S_INIT("OnSuccess"), &AWS_Lambda_EventInvokeConfig_OnSuccess, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_EventInvokeConfig_DestinationConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_EventInvokeConfig_DestinationConfig_props, .n = 2};
static const struct tmpl_prop AWS_Lambda_EventInvokeConfig_props[] = {
    {S_INIT("DestinationConfig"), &AWS_Lambda_EventInvokeConfig_DestinationConfig, 0, NULL},
    {S_INIT("FunctionName"), &scalar_string, TMPL_PROP_REQUIRED | TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("MaximumEventAgeInSeconds"), &scalar_integer, 0, NULL},
    {S_INIT("MaximumRetryAttempts"), &scalar_integer, 0, NULL},
    {S_INIT("Qualifier"), &scalar_string, TMPL_PROP_REQUIRED | TMPL_PROP_CREATE_ONLY, NULL},
};
static const struct tmpl_shape AWS_Lambda_EventInvokeConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_EventInvokeConfig_props, .n = 5};

/* AWS::Lambda::Function */
static const struct tmpl_shape AWS_Lambda_Function;
static const struct tmpl_shape AWS_Lambda_Function_Architectures_list;
static const struct tmpl_shape AWS_Lambda_Function_Architectures_list_item;
static const struct tmpl_shape AWS_Lambda_Function_CapacityProviderConfig;
static const struct tmpl_shape AWS_Lambda_Function_LambdaManagedInstancesCapacityProviderConfig;
static const struct tmpl_shape AWS_Lambda_Function_Code;
static const struct tmpl_shape AWS_Lambda_Function_S3ObjectStorageMode;
static const struct tmpl_shape AWS_Lambda_Function_DeadLetterConfig;
static const struct tmpl_shape AWS_Lambda_Function_DurableConfig;
static const struct tmpl_shape AWS_Lambda_Function_Environment;
static const struct tmpl_shape AWS_Lambda_Function_Variables_map;
static const struct tmpl_shape AWS_Lambda_Function_EphemeralStorage;
static const struct tmpl_shape AWS_Lambda_Function_FileSystemConfigs_list;
static const struct tmpl_shape AWS_Lambda_Function_FileSystemConfig;
static const struct tmpl_shape AWS_Lambda_Function_FunctionScalingConfig;
static const struct tmpl_shape AWS_Lambda_Function_ImageConfig;
static const struct tmpl_shape AWS_Lambda_Function_Command_list;
static const struct tmpl_shape AWS_Lambda_Function_EntryPoint_list;
static const struct tmpl_shape AWS_Lambda_Function_Layers_list;
static const struct tmpl_shape AWS_Lambda_Function_LoggingConfig;
static const struct tmpl_shape AWS_Lambda_Function_ApplicationLogLevel;
static const struct tmpl_shape AWS_Lambda_Function_LogFormat;
static const struct tmpl_shape AWS_Lambda_Function_SystemLogLevel;
static const struct tmpl_shape AWS_Lambda_Function_PackageType;
static const struct tmpl_shape AWS_Lambda_Function_RecursiveLoop;
static const struct tmpl_shape AWS_Lambda_Function_Runtime;
static const struct tmpl_shape AWS_Lambda_Function_RuntimeManagementConfig;
static const struct tmpl_shape AWS_Lambda_Function_UpdateRuntimeOn;
static const struct tmpl_shape AWS_Lambda_Function_SnapStart;
static const struct tmpl_shape AWS_Lambda_Function_ApplyOn;
static const struct tmpl_shape AWS_Lambda_Function_SnapStartResponse;
static const struct tmpl_shape AWS_Lambda_Function_ApplyOn_;
static const struct tmpl_shape AWS_Lambda_Function_OptimizationStatus;
static const struct tmpl_shape AWS_Lambda_Function_Tags_list;
static const struct tmpl_shape AWS_Lambda_Function_Tag;
static const struct tmpl_shape AWS_Lambda_Function_TenancyConfig;
static const struct tmpl_shape AWS_Lambda_Function_TenantIsolationMode;
static const struct tmpl_shape AWS_Lambda_Function_TracingConfig;
static const struct tmpl_shape AWS_Lambda_Function_Mode;
static const struct tmpl_shape AWS_Lambda_Function_VpcConfig;
static const struct tmpl_shape AWS_Lambda_Function_SecurityGroupIds_list;
static const struct tmpl_shape AWS_Lambda_Function_SubnetIds_list;
static const str AWS_Lambda_Function_Architectures_list_item_values[] = {S_INIT("x86_64"), S_INIT("arm64")};
static const struct tmpl_shape AWS_Lambda_Function_Architectures_list_item = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Function_Architectures_list_item_values, .n = 2};
static const struct tmpl_shape AWS_Lambda_Function_Architectures_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_Lambda_Function_Architectures_list_item};
static const struct tmpl_prop AWS_Lambda_Function_LambdaManagedInstancesCapacityProviderConfig_props[] = {
    {S_INIT("CapacityProviderArn"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("ExecutionEnvironmentMemoryGiBPerVCpu"), &scalar_number, 0, NULL},
    {S_INIT("PerExecutionEnvironmentMaxConcurrency"), &scalar_integer, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_LambdaManagedInstancesCapacityProviderConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_LambdaManagedInstancesCapacityProviderConfig_props, .n = 3};
static const struct tmpl_prop AWS_Lambda_Function_CapacityProviderConfig_props[] = {
    {S_INIT("LambdaManagedInstancesCapacityProviderConfig"), &AWS_Lambda_Function_LambdaManagedInstancesCapacityProviderConfig, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_CapacityProviderConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_CapacityProviderConfig_props, .n = 1};
static const str AWS_Lambda_Function_S3ObjectStorageMode_values[] = {S_INIT("COPY"), S_INIT("REFERENCE")};
static const struct tmpl_shape AWS_Lambda_Function_S3ObjectStorageMode = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Function_S3ObjectStorageMode_values, .n = 2};
static const struct tmpl_prop AWS_Lambda_Function_Code_props[] = {
    {S_INIT("ImageUri"), &scalar_string, 0, NULL},
    {S_INIT("S3Bucket"), &scalar_string, 0, NULL},
    {S_INIT("S3Key"), &scalar_string, 0, NULL},
    {S_INIT("S3ObjectStorageMode"), &AWS_Lambda_Function_S3ObjectStorageMode, 0, NULL},
    {S_INIT("S3ObjectVersion"), &scalar_string, 0, NULL},
    {S_INIT("SourceKMSKeyArn"), &scalar_string, 0, NULL},
    {S_INIT("ZipFile"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_Code = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_Code_props, .n = 7};
static const struct tmpl_prop AWS_Lambda_Function_DeadLetterConfig_props[] = {
    {S_INIT("TargetArn"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_DeadLetterConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_DeadLetterConfig_props, .n = 1};
static const struct tmpl_prop AWS_Lambda_Function_DurableConfig_props[] = {
    {S_INIT("ExecutionTimeout"), &scalar_integer, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("RetentionPeriodInDays"), &scalar_integer, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_DurableConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_DurableConfig_props, .n = 2};
static const struct tmpl_shape AWS_Lambda_Function_Variables_map = {.kind = TMPL_SHAPE_MAP, .element = &scalar_string};
static const struct tmpl_prop AWS_Lambda_Function_Environment_props[] = {
    {S_INIT("Variables"), &AWS_Lambda_Function_Variables_map, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_Environment = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_Environment_props, .n = 1};
static const struct tmpl_prop AWS_Lambda_Function_EphemeralStorage_props[] = {
    {S_INIT("Size"), &scalar_integer, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_EphemeralStorage = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_EphemeralStorage_props, .n = 1};
static const struct tmpl_prop AWS_Lambda_Function_FileSystemConfig_props[] = {
    {S_INIT("Arn"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("LocalMountPath"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_FileSystemConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_FileSystemConfig_props, .n = 2};
static const struct tmpl_shape AWS_Lambda_Function_FileSystemConfigs_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_Lambda_Function_FileSystemConfig};
static const struct tmpl_prop AWS_Lambda_Function_FunctionScalingConfig_props[] = {
    {S_INIT("MaxExecutionEnvironments"), &scalar_integer, 0, NULL},
    {S_INIT("MinExecutionEnvironments"), &scalar_integer, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_FunctionScalingConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_FunctionScalingConfig_props, .n = 2};
static const struct tmpl_shape AWS_Lambda_Function_Command_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_shape AWS_Lambda_Function_EntryPoint_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_prop AWS_Lambda_Function_ImageConfig_props[] = {
    {S_INIT("Command"), &AWS_Lambda_Function_Command_list, 0, NULL},
    {S_INIT("EntryPoint"), &AWS_Lambda_Function_EntryPoint_list, 0, NULL},
    {S_INIT("WorkingDirectory"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_ImageConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_ImageConfig_props, .n = 3};
static const struct tmpl_shape AWS_Lambda_Function_Layers_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const str AWS_Lambda_Function_ApplicationLogLevel_values[] = {S_INIT("TRACE"), S_INIT("DEBUG"), S_INIT("INFO"), S_INIT("WARN"), S_INIT("ERROR"), S_INIT("FATAL")};
static const struct tmpl_shape AWS_Lambda_Function_ApplicationLogLevel = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Function_ApplicationLogLevel_values, .n = 6};
static const str AWS_Lambda_Function_LogFormat_values[] = {S_INIT("Text"), S_INIT("JSON")};
static const struct tmpl_shape AWS_Lambda_Function_LogFormat = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Function_LogFormat_values, .n = 2};
static const str AWS_Lambda_Function_SystemLogLevel_values[] = {S_INIT("DEBUG"), S_INIT("INFO"), S_INIT("WARN")};
static const struct tmpl_shape AWS_Lambda_Function_SystemLogLevel = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Function_SystemLogLevel_values, .n = 3};
static const struct tmpl_prop AWS_Lambda_Function_LoggingConfig_props[] = {
    {S_INIT("ApplicationLogLevel"), &AWS_Lambda_Function_ApplicationLogLevel, 0, NULL},
    {S_INIT("LogFormat"), &AWS_Lambda_Function_LogFormat, 0, NULL},
    {S_INIT("LogGroup"), &scalar_string, 0, NULL},
    {S_INIT("SystemLogLevel"), &AWS_Lambda_Function_SystemLogLevel, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_LoggingConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_LoggingConfig_props, .n = 4};
static const str AWS_Lambda_Function_PackageType_values[] = {S_INIT("Image"), S_INIT("Zip")};
static const struct tmpl_shape AWS_Lambda_Function_PackageType = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Function_PackageType_values, .n = 2};
static const str AWS_Lambda_Function_RecursiveLoop_values[] = {S_INIT("Allow"), S_INIT("Terminate")};
static const struct tmpl_shape AWS_Lambda_Function_RecursiveLoop = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Function_RecursiveLoop_values, .n = 2};
static const str AWS_Lambda_Function_Runtime_values[] = {S_INIT("dotnet10"), S_INIT("dotnet6"), S_INIT("dotnet8"), S_INIT("dotnetcore1.0"), S_INIT("dotnetcore2.0"), S_INIT("dotnetcore2.1"), S_INIT("dotnetcore3.1"), S_INIT("go1.x"), S_INIT("java11"), S_INIT("java17"), S_INIT("java21"), S_INIT("java25"), S_INIT("java8"), S_INIT("java8.al2"), S_INIT("nodejs"), S_INIT("nodejs10.x"), S_INIT("nodejs12.x"), S_INIT("nodejs14.x"), S_INIT("nodejs16.x"), S_INIT("nodejs18.x"), S_INIT("nodejs20.x"), S_INIT("nodejs22.x"), S_INIT("nodejs24.x"), S_INIT("nodejs4.3"), S_INIT("nodejs4.3-edge"), S_INIT("nodejs6.10"), S_INIT("nodejs8.10"), S_INIT("provided"), S_INIT("provided.al2"), S_INIT("provided.al2023"), S_INIT("python2.7"), S_INIT("python3.10"), S_INIT("python3.11"), S_INIT("python3.12"), S_INIT("python3.13"), S_INIT("python3.14"), S_INIT("python3.6"), S_INIT("python3.7"), S_INIT("python3.8"), S_INIT("python3.9"), S_INIT("ruby2.5"), S_INIT("ruby2.7"), S_INIT("ruby3.2"), S_INIT("ruby3.3"), S_INIT("ruby3.4"), S_INIT("ruby4.0")};
static const struct tmpl_shape AWS_Lambda_Function_Runtime = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Function_Runtime_values, .n = 46};
static const str AWS_Lambda_Function_UpdateRuntimeOn_values[] = {S_INIT("Auto"), S_INIT("FunctionUpdate"), S_INIT("Manual")};
static const struct tmpl_shape AWS_Lambda_Function_UpdateRuntimeOn = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Function_UpdateRuntimeOn_values, .n = 3};
static const struct tmpl_prop AWS_Lambda_Function_RuntimeManagementConfig_props[] = {
    {S_INIT("RuntimeVersionArn"), &scalar_string, 0, NULL},
    {S_INIT("UpdateRuntimeOn"), &AWS_Lambda_Function_UpdateRuntimeOn, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_RuntimeManagementConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_RuntimeManagementConfig_props, .n = 2};
static const str AWS_Lambda_Function_ApplyOn_values[] = {S_INIT("PublishedVersions"), S_INIT("None")};
static const struct tmpl_shape AWS_Lambda_Function_ApplyOn = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Function_ApplyOn_values, .n = 2};
static const struct tmpl_prop AWS_Lambda_Function_SnapStart_props[] = {
    {S_INIT("ApplyOn"), &AWS_Lambda_Function_ApplyOn, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_SnapStart = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_SnapStart_props, .n = 1};
static const str AWS_Lambda_Function_ApplyOn__values[] = {S_INIT("PublishedVersions"), S_INIT("None")};
static const struct tmpl_shape AWS_Lambda_Function_ApplyOn_ = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Function_ApplyOn__values, .n = 2};
static const str AWS_Lambda_Function_OptimizationStatus_values[] = {S_INIT("On"), S_INIT("Off")};
static const struct tmpl_shape AWS_Lambda_Function_OptimizationStatus = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Function_OptimizationStatus_values, .n = 2};
static const struct tmpl_prop AWS_Lambda_Function_SnapStartResponse_props[] = {
    {S_INIT("ApplyOn"), &AWS_Lambda_Function_ApplyOn_, 0, NULL},
    {S_INIT("OptimizationStatus"), &AWS_Lambda_Function_OptimizationStatus, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_SnapStartResponse = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_SnapStartResponse_props, .n = 2};
static const struct tmpl_prop AWS_Lambda_Function_Tag_props[] = {
    {S_INIT("Key"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Value"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_Tag = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_Tag_props, .n = 2};
static const struct tmpl_shape AWS_Lambda_Function_Tags_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_Lambda_Function_Tag};
static const str AWS_Lambda_Function_TenantIsolationMode_values[] = {S_INIT("PER_TENANT")};
static const struct tmpl_shape AWS_Lambda_Function_TenantIsolationMode = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Function_TenantIsolationMode_values, .n = 1};
static const struct tmpl_prop AWS_Lambda_Function_TenancyConfig_props[] = {
    {S_INIT("TenantIsolationMode"), &AWS_Lambda_Function_TenantIsolationMode, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_TenancyConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_TenancyConfig_props, .n = 1};
static const str AWS_Lambda_Function_Mode_values[] = {S_INIT("Active"), S_INIT("PassThrough")};
static const struct tmpl_shape AWS_Lambda_Function_Mode = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Function_Mode_values, .n = 2};
static const struct tmpl_prop AWS_Lambda_Function_TracingConfig_props[] = {
    {S_INIT("Mode"), &AWS_Lambda_Function_Mode, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_TracingConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_TracingConfig_props, .n = 1};
static const struct tmpl_shape AWS_Lambda_Function_SecurityGroupIds_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_shape AWS_Lambda_Function_SubnetIds_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_prop AWS_Lambda_Function_VpcConfig_props[] = {
    {S_INIT("Ipv6AllowedForDualStack"), &scalar_boolean, 0, NULL},
    {S_INIT("SecurityGroupIds"), &AWS_Lambda_Function_SecurityGroupIds_list, 0, NULL},
    {S_INIT("SubnetIds"), &AWS_Lambda_Function_SubnetIds_list, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function_VpcConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_VpcConfig_props, .n = 3};
static const struct tmpl_prop AWS_Lambda_Function_props[] = {
    {S_INIT("Architectures"), &AWS_Lambda_Function_Architectures_list, 0, NULL},
    {S_INIT("Arn"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("CapacityProviderConfig"), &AWS_Lambda_Function_CapacityProviderConfig, 0, NULL},
    {S_INIT("Code"), &AWS_Lambda_Function_Code, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("CodeSigningConfigArn"), &scalar_string, 0, NULL},
    {S_INIT("DeadLetterConfig"), &AWS_Lambda_Function_DeadLetterConfig, 0, NULL},
    {S_INIT("Description"), &scalar_string, 0, NULL},
    {S_INIT("DurableConfig"), &AWS_Lambda_Function_DurableConfig, 0, NULL},
    {S_INIT("Environment"), &AWS_Lambda_Function_Environment, 0, NULL},
    {S_INIT("EphemeralStorage"), &AWS_Lambda_Function_EphemeralStorage, 0, "{\"Size\":512}"},
    {S_INIT("FileSystemConfigs"), &AWS_Lambda_Function_FileSystemConfigs_list, 0, NULL},
    {S_INIT("FunctionName"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("FunctionScalingConfig"), &AWS_Lambda_Function_FunctionScalingConfig, 0, NULL},
    {S_INIT("Handler"), &scalar_string, 0, NULL},
    {S_INIT("ImageConfig"), &AWS_Lambda_Function_ImageConfig, 0, NULL},
    {S_INIT("KmsKeyArn"), &scalar_string, 0, NULL},
    {S_INIT("Layers"), &AWS_Lambda_Function_Layers_list, 0, NULL},
    {S_INIT("LoggingConfig"), &AWS_Lambda_Function_LoggingConfig, 0, NULL},
    {S_INIT("MemorySize"), &scalar_integer, 0, "128"},
    {S_INIT("PackageType"), &AWS_Lambda_Function_PackageType, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("PublishToLatestPublished"), &scalar_boolean, 0, NULL},
    {S_INIT("RecursiveLoop"), &AWS_Lambda_Function_RecursiveLoop, 0, NULL},
    {S_INIT("ReservedConcurrentExecutions"), &scalar_integer, 0, NULL},
    {S_INIT("Role"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Runtime"), &AWS_Lambda_Function_Runtime, 0, NULL},
    {S_INIT("RuntimeManagementConfig"), &AWS_Lambda_Function_RuntimeManagementConfig, 0, NULL},
    {S_INIT("SnapStart"), &AWS_Lambda_Function_SnapStart, 0, NULL},
    {S_INIT("SnapStartResponse"), &AWS_Lambda_Function_SnapStartResponse, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("Tags"), &AWS_Lambda_Function_Tags_list, 0, NULL},
    {S_INIT("TenancyConfig"), &AWS_Lambda_Function_TenancyConfig, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("Timeout"), &scalar_integer, 0, "3"},
    {S_INIT("TracingConfig"), &AWS_Lambda_Function_TracingConfig, 0, "{\"Mode\":\"PassThrough\"}"},
    {S_INIT("VpcConfig"), &AWS_Lambda_Function_VpcConfig, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_Function = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Function_props, .n = 33};
static const str AWS_Lambda_Function_attributes[] = {S_INIT("Arn"), S_INIT("SnapStartResponse"), S_INIT("SnapStartResponse.ApplyOn"), S_INIT("SnapStartResponse.OptimizationStatus")};

/* AWS::Lambda::LayerVersion */
static const struct tmpl_shape AWS_Lambda_LayerVersion;
static const struct tmpl_shape AWS_Lambda_LayerVersion_CompatibleArchitectures_list;
static const struct tmpl_shape AWS_Lambda_LayerVersion_CompatibleArchitectures_list_item;
static const struct tmpl_shape AWS_Lambda_LayerVersion_CompatibleRuntimes_list;
static const struct tmpl_shape AWS_Lambda_LayerVersion_CompatibleRuntimes_list_item;
static const struct tmpl_shape AWS_Lambda_LayerVersion_Content;
static const str AWS_Lambda_LayerVersion_CompatibleArchitectures_list_item_values[] = {S_INIT("arm64"), S_INIT("x86_64")};
static const struct tmpl_shape AWS_Lambda_LayerVersion_CompatibleArchitectures_list_item = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_LayerVersion_CompatibleArchitectures_list_item_values, .n = 2};
static const struct tmpl_shape AWS_Lambda_LayerVersion_CompatibleArchitectures_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_Lambda_LayerVersion_CompatibleArchitectures_list_item};
static const str AWS_Lambda_LayerVersion_CompatibleRuntimes_list_item_values[] = {S_INIT("dotnet10"), S_INIT("dotnet6"), S_INIT("dotnet8"), S_INIT("dotnetcore1.0"), S_INIT("dotnetcore2.0"), S_INIT("dotnetcore2.1"), S_INIT("dotnetcore3.1"), S_INIT("go1.x"), S_INIT("java11"), S_INIT("java17"), S_INIT("java21"), S_INIT("java25"), S_INIT("java8"), S_INIT("java8.al2"), S_INIT("nodejs"), S_INIT("nodejs10.x"), S_INIT("nodejs12.x"), S_INIT("nodejs14.x"), S_INIT("nodejs16.x"), S_INIT("nodejs18.x"), S_INIT("nodejs20.x"), S_INIT("nodejs22.x"), S_INIT("nodejs24.x"), S_INIT("nodejs4.3"), S_INIT("nodejs4.3-edge"), S_INIT("nodejs6.10"), S_INIT("nodejs8.10"), S_INIT("provided"), S_INIT("provided.al2"), S_INIT("provided.al2023"), S_INIT("python2.7"), S_INIT("python3.10"), S_INIT("python3.11"), S_INIT("python3.12"), S_INIT("python3.13"), S_INIT("python3.14"), S_INIT("python3.6"), S_INIT("python3.7"), S_INIT("python3.8"), S_INIT("python3.9"), S_INIT("ruby2.5"), S_INIT("ruby2.7"), S_INIT("ruby3.2"), S_INIT("ruby3.3"), S_INIT("ruby3.4"), S_INIT("ruby4.0")};
static const struct tmpl_shape AWS_Lambda_LayerVersion_CompatibleRuntimes_list_item = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_LayerVersion_CompatibleRuntimes_list_item_values, .n = 46};
static const struct tmpl_shape AWS_Lambda_LayerVersion_CompatibleRuntimes_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_Lambda_LayerVersion_CompatibleRuntimes_list_item};
static const struct tmpl_prop AWS_Lambda_LayerVersion_Content_props[] = {
    {S_INIT("S3Bucket"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("S3Key"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("S3ObjectVersion"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_Lambda_LayerVersion_Content = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_LayerVersion_Content_props, .n = 3};
static const struct tmpl_prop AWS_Lambda_LayerVersion_props[] = {
    {S_INIT("CompatibleArchitectures"), &AWS_Lambda_LayerVersion_CompatibleArchitectures_list, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("CompatibleRuntimes"), &AWS_Lambda_LayerVersion_CompatibleRuntimes_list, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("Content"), &AWS_Lambda_LayerVersion_Content, TMPL_PROP_REQUIRED | TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("Description"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("LayerName"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("LayerVersionArn"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("LicenseInfo"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
};
static const struct tmpl_shape AWS_Lambda_LayerVersion = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_LayerVersion_props, .n = 7};
static const str AWS_Lambda_LayerVersion_attributes[] = {S_INIT("LayerVersionArn")};

/* AWS::Lambda::LayerVersionPermission */
static const struct tmpl_shape AWS_Lambda_LayerVersionPermission;
static const struct tmpl_prop AWS_Lambda_LayerVersionPermission_props[] = {
    {S_INIT("Action"), &scalar_string, TMPL_PROP_REQUIRED | TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("Id"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("LayerVersionArn"), &scalar_string, TMPL_PROP_REQUIRED | TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("OrganizationId"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("Principal"), &scalar_string, TMPL_PROP_REQUIRED | TMPL_PROP_CREATE_ONLY, NULL},
};
static const struct tmpl_shape AWS_Lambda_LayerVersionPermission = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_LayerVersionPermission_props, .n = 5};
static const str AWS_Lambda_LayerVersionPermission_attributes[] = {S_INIT("Id")};

/* AWS::Lambda::Permission */
static const struct tmpl_shape AWS_Lambda_Permission;
static const struct tmpl_shape AWS_Lambda_Permission_FunctionUrlAuthType;
static const str AWS_Lambda_Permission_FunctionUrlAuthType_values[] = {S_INIT("AWS_IAM"), S_INIT("NONE")};
static const struct tmpl_shape AWS_Lambda_Permission_FunctionUrlAuthType = {.kind = TMPL_SHAPE_STRING, .values = AWS_Lambda_Permission_FunctionUrlAuthType_values, .n = 2};
static const struct tmpl_prop AWS_Lambda_Permission_props[] = {
    {S_INIT("Action"), &scalar_string, TMPL_PROP_REQUIRED | TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("EventSourceToken"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("FunctionName"), &scalar_string, TMPL_PROP_REQUIRED | TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("FunctionUrlAuthType"), &AWS_Lambda_Permission_FunctionUrlAuthType, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("Id"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("InvokedViaFunctionUrl"), &scalar_boolean, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("Principal"), &scalar_string, TMPL_PROP_REQUIRED | TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("PrincipalOrgID"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("SourceAccount"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("SourceArn"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
};
static const struct tmpl_shape AWS_Lambda_Permission = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Lambda_Permission_props, .n = 10};
static const str AWS_Lambda_Permission_attributes[] = {S_INIT("Id")};

/* AWS::Logs::LogGroup */
static const struct tmpl_shape AWS_Logs_LogGroup;
static const struct tmpl_shape AWS_Logs_LogGroup_FieldIndexPolicies_list;
static const struct tmpl_shape AWS_Logs_LogGroup_LogGroupClass;
static const struct tmpl_shape AWS_Logs_LogGroup_Tags_list;
static const struct tmpl_shape AWS_Logs_LogGroup_Tag;
static const struct tmpl_shape AWS_Logs_LogGroup_FieldIndexPolicies_list = {.kind = TMPL_SHAPE_LIST, .element = &any_value};
static const str AWS_Logs_LogGroup_LogGroupClass_values[] = {S_INIT("STANDARD"), S_INIT("INFREQUENT_ACCESS"), S_INIT("DELIVERY")};
static const struct tmpl_shape AWS_Logs_LogGroup_LogGroupClass = {.kind = TMPL_SHAPE_STRING, .values = AWS_Logs_LogGroup_LogGroupClass_values, .n = 3};
static const struct tmpl_prop AWS_Logs_LogGroup_Tag_props[] = {
    {S_INIT("Key"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Value"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_Logs_LogGroup_Tag = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Logs_LogGroup_Tag_props, .n = 2};
static const struct tmpl_shape AWS_Logs_LogGroup_Tags_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_Logs_LogGroup_Tag};
static const struct tmpl_prop AWS_Logs_LogGroup_props[] = {
    {S_INIT("Arn"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("BearerTokenAuthenticationEnabled"), &scalar_boolean, 0, "false"},
    {S_INIT("DataProtectionPolicy"), &any_value, 0, NULL},
    {S_INIT("DeletionProtectionEnabled"), &scalar_boolean, 0, "false"},
    {S_INIT("FieldIndexPolicies"), &AWS_Logs_LogGroup_FieldIndexPolicies_list, 0, NULL},
    {S_INIT("KmsKeyId"), &scalar_string, 0, NULL},
    {S_INIT("LogGroupClass"), &AWS_Logs_LogGroup_LogGroupClass, 0, "\"STANDARD\""},
    {S_INIT("LogGroupName"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("ResourcePolicyDocument"), &any_value, 0, NULL},
    {S_INIT("RetentionInDays"), &scalar_integer, 0, NULL},
    {S_INIT("Tags"), &AWS_Logs_LogGroup_Tags_list, 0, NULL},
};
static const struct tmpl_shape AWS_Logs_LogGroup = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Logs_LogGroup_props, .n = 11};
static const str AWS_Logs_LogGroup_attributes[] = {S_INIT("Arn")};

/* AWS::Logs::LogStream */
static const struct tmpl_shape AWS_Logs_LogStream;
static const struct tmpl_prop AWS_Logs_LogStream_props[] = {
    {S_INIT("LogGroupName"), &scalar_string, TMPL_PROP_REQUIRED | TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("LogStreamName"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
};
static const struct tmpl_shape AWS_Logs_LogStream = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_Logs_LogStream_props, .n = 2};

/* AWS::S3::Bucket */
static const struct tmpl_shape AWS_S3_Bucket;
static const struct tmpl_shape AWS_S3_Bucket_AbacStatus;
static const struct tmpl_shape AWS_S3_Bucket_AccelerateConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_AccelerationStatus;
static const struct tmpl_shape AWS_S3_Bucket_AccessControl;
static const struct tmpl_shape AWS_S3_Bucket_AnalyticsConfigurations_list;
static const struct tmpl_shape AWS_S3_Bucket_AnalyticsConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_StorageClassAnalysis;
static const struct tmpl_shape AWS_S3_Bucket_DataExport;
static const struct tmpl_shape AWS_S3_Bucket_Destination;
static const struct tmpl_shape AWS_S3_Bucket_Format;
static const struct tmpl_shape AWS_S3_Bucket_TagFilters_list;
static const struct tmpl_shape AWS_S3_Bucket_TagFilter;
static const struct tmpl_shape AWS_S3_Bucket_BucketEncryption;
static const struct tmpl_shape AWS_S3_Bucket_ServerSideEncryptionConfiguration_list;
static const struct tmpl_shape AWS_S3_Bucket_ServerSideEncryptionRule;
static const struct tmpl_shape AWS_S3_Bucket_BlockedEncryptionTypes;
static const struct tmpl_shape AWS_S3_Bucket_BlockedEncryptionTypeList_list;
static const struct tmpl_shape AWS_S3_Bucket_BlockedEncryptionTypeList_list_item;
static const struct tmpl_shape AWS_S3_Bucket_ServerSideEncryptionByDefault;
static const struct tmpl_shape AWS_S3_Bucket_SSEAlgorithm;
static const struct tmpl_shape AWS_S3_Bucket_BucketNamespace;
static const struct tmpl_shape AWS_S3_Bucket_CorsConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_CorsRules_list;
static const struct tmpl_shape AWS_S3_Bucket_CorsRule;
static const struct tmpl_shape AWS_S3_Bucket_AllowedHeaders_list;
static const struct tmpl_shape AWS_S3_Bucket_AllowedMethods_list;
static const struct tmpl_shape AWS_S3_Bucket_AllowedMethods_list_item;
static const struct tmpl_shape AWS_S3_Bucket_AllowedOrigins_list;
static const struct tmpl_shape AWS_S3_Bucket_ExposedHeaders_list;
static const struct tmpl_shape AWS_S3_Bucket_IntelligentTieringConfigurations_list;
static const struct tmpl_shape AWS_S3_Bucket_IntelligentTieringConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_Status;
static const struct tmpl_shape AWS_S3_Bucket_TagFilters_list_;
static const struct tmpl_shape AWS_S3_Bucket_Tierings_list;
static const struct tmpl_shape AWS_S3_Bucket_Tiering;
static const struct tmpl_shape AWS_S3_Bucket_AccessTier;
static const struct tmpl_shape AWS_S3_Bucket_InventoryConfigurations_list;
static const struct tmpl_shape AWS_S3_Bucket_InventoryConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_IncludedObjectVersions;
static const struct tmpl_shape AWS_S3_Bucket_OptionalFields_list;
static const struct tmpl_shape AWS_S3_Bucket_OptionalFields_list_item;
static const struct tmpl_shape AWS_S3_Bucket_ScheduleFrequency;
static const struct tmpl_shape AWS_S3_Bucket_LifecycleConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_Rules_list;
static const struct tmpl_shape AWS_S3_Bucket_Rule;
static const struct tmpl_shape AWS_S3_Bucket_AbortIncompleteMultipartUpload;
static const struct tmpl_shape AWS_S3_Bucket_NoncurrentVersionExpiration;
static const struct tmpl_shape AWS_S3_Bucket_NoncurrentVersionTransition;
static const struct tmpl_shape AWS_S3_Bucket_StorageClass;
static const struct tmpl_shape AWS_S3_Bucket_NoncurrentVersionTransitions_list;
static const struct tmpl_shape AWS_S3_Bucket_Status_;
static const struct tmpl_shape AWS_S3_Bucket_TagFilters_list__;
static const struct tmpl_shape AWS_S3_Bucket_Transition;
static const struct tmpl_shape AWS_S3_Bucket_StorageClass_;
static const struct tmpl_shape AWS_S3_Bucket_Transitions_list;
static const struct tmpl_shape AWS_S3_Bucket_TransitionDefaultMinimumObjectSize;
static const struct tmpl_shape AWS_S3_Bucket_LoggingConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_MetadataConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_MetadataDestination;
static const struct tmpl_shape AWS_S3_Bucket_TableBucketType;
static const struct tmpl_shape AWS_S3_Bucket_InventoryTableConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_ConfigurationState;
static const struct tmpl_shape AWS_S3_Bucket_MetadataTableEncryptionConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_SseAlgorithm;
static const struct tmpl_shape AWS_S3_Bucket_JournalTableConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_RecordExpiration;
static const struct tmpl_shape AWS_S3_Bucket_Expiration;
static const struct tmpl_shape AWS_S3_Bucket_MetadataTableConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_S3TablesDestination;
static const struct tmpl_shape AWS_S3_Bucket_MetricsConfigurations_list;
static const struct tmpl_shape AWS_S3_Bucket_MetricsConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_TagFilters_list___;
static const struct tmpl_shape AWS_S3_Bucket_NotificationConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_EventBridgeConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_LambdaConfigurations_list;
static const struct tmpl_shape AWS_S3_Bucket_LambdaConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_NotificationFilter;
static const struct tmpl_shape AWS_S3_Bucket_S3KeyFilter;
static const struct tmpl_shape AWS_S3_Bucket_Rules_list_;
static const struct tmpl_shape AWS_S3_Bucket_FilterRule;
static const struct tmpl_shape AWS_S3_Bucket_QueueConfigurations_list;
static const struct tmpl_shape AWS_S3_Bucket_QueueConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_TopicConfigurations_list;
static const struct tmpl_shape AWS_S3_Bucket_TopicConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_ObjectLockConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_ObjectLockEnabled;
static const struct tmpl_shape AWS_S3_Bucket_ObjectLockRule;
static const struct tmpl_shape AWS_S3_Bucket_DefaultRetention;
static const struct tmpl_shape AWS_S3_Bucket_Mode;
static const struct tmpl_shape AWS_S3_Bucket_OwnershipControls;
static const struct tmpl_shape AWS_S3_Bucket_Rules_list__;
static const struct tmpl_shape AWS_S3_Bucket_OwnershipControlsRule;
static const struct tmpl_shape AWS_S3_Bucket_ObjectOwnership;
static const struct tmpl_shape AWS_S3_Bucket_PublicAccessBlockConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_ReplicationConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_Rules_list___;
static const struct tmpl_shape AWS_S3_Bucket_ReplicationRule;
static const struct tmpl_shape AWS_S3_Bucket_DeleteMarkerReplication;
static const struct tmpl_shape AWS_S3_Bucket_Status__;
static const struct tmpl_shape AWS_S3_Bucket_ReplicationDestination;
static const struct tmpl_shape AWS_S3_Bucket_AccessControlTranslation;
static const struct tmpl_shape AWS_S3_Bucket_Owner;
static const struct tmpl_shape AWS_S3_Bucket_EncryptionConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_Metrics;
static const struct tmpl_shape AWS_S3_Bucket_ReplicationTimeValue;
static const struct tmpl_shape AWS_S3_Bucket_Status___;
static const struct tmpl_shape AWS_S3_Bucket_ReplicationTime;
static const struct tmpl_shape AWS_S3_Bucket_Status____;
static const struct tmpl_shape AWS_S3_Bucket_StorageClass__;
static const struct tmpl_shape AWS_S3_Bucket_ReplicationRuleFilter;
static const struct tmpl_shape AWS_S3_Bucket_ReplicationRuleAndOperator;
static const struct tmpl_shape AWS_S3_Bucket_TagFilters_list____;
static const struct tmpl_shape AWS_S3_Bucket_SourceSelectionCriteria;
static const struct tmpl_shape AWS_S3_Bucket_ReplicaModifications;
static const struct tmpl_shape AWS_S3_Bucket_Status_____;
static const struct tmpl_shape AWS_S3_Bucket_SseKmsEncryptedObjects;
static const struct tmpl_shape AWS_S3_Bucket_Status______;
static const struct tmpl_shape AWS_S3_Bucket_Status_______;
static const struct tmpl_shape AWS_S3_Bucket_Tags_list;
static const struct tmpl_shape AWS_S3_Bucket_Tag;
static const struct tmpl_shape AWS_S3_Bucket_VersioningConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_Status________;
static const struct tmpl_shape AWS_S3_Bucket_WebsiteConfiguration;
static const struct tmpl_shape AWS_S3_Bucket_RedirectAllRequestsTo;
static const struct tmpl_shape AWS_S3_Bucket_Protocol;
static const struct tmpl_shape AWS_S3_Bucket_RoutingRules_list;
static const struct tmpl_shape AWS_S3_Bucket_RoutingRule;
static const struct tmpl_shape AWS_S3_Bucket_RedirectRule;
static const struct tmpl_shape AWS_S3_Bucket_Protocol_;
static const struct tmpl_shape AWS_S3_Bucket_RoutingRuleCondition;
static const str AWS_S3_Bucket_AbacStatus_values[] = {S_INIT("Enabled"), S_INIT("Disabled")};
static const struct tmpl_shape AWS_S3_Bucket_AbacStatus = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_AbacStatus_values, .n = 2};
static const str AWS_S3_Bucket_AccelerationStatus_values[] = {S_INIT("Enabled"), S_INIT("Suspended")};
static const struct tmpl_shape AWS_S3_Bucket_AccelerationStatus = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_AccelerationStatus_values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_AccelerateConfiguration_props[] = {
    {S_INIT("AccelerationStatus"), &AWS_S3_Bucket_AccelerationStatus, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_AccelerateConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_AccelerateConfiguration_props, .n = 1};
static const str AWS_S3_Bucket_AccessControl_values[] = {S_INIT("AuthenticatedRead"), S_INIT("AwsExecRead"), S_INIT("BucketOwnerFullControl"), S_INIT("BucketOwnerRead"), S_INIT("LogDeliveryWrite"), S_INIT("Private"), S_INIT("PublicRead"), S_INIT("PublicReadWrite")};
static const struct tmpl_shape AWS_S3_Bucket_AccessControl = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_AccessControl_values, .n = 8};
static const str AWS_S3_Bucket_Format_values[] = {S_INIT("CSV"), S_INIT("ORC"), S_INIT("Parquet")};
static const struct tmpl_shape AWS_S3_Bucket_Format = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Format_values, .n = 3};
static const struct tmpl_prop AWS_S3_Bucket_Destination_props[] = {
    {S_INIT("BucketAccountId"), &scalar_string, 0, NULL},
    {S_INIT("BucketArn"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Format"), &AWS_S3_Bucket_Format, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Prefix"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_Destination = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_Destination_props, .n = 4};
static const struct tmpl_prop AWS_S3_Bucket_DataExport_props[] = {
    {S_INIT("Destination"), &AWS_S3_Bucket_Destination, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("OutputSchemaVersion"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_DataExport = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_DataExport_props, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_StorageClassAnalysis_props[] = {
    {S_INIT("DataExport"), &AWS_S3_Bucket_DataExport, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_StorageClassAnalysis = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_StorageClassAnalysis_props, .n = 1};
static const struct tmpl_prop AWS_S3_Bucket_TagFilter_props[] = {
    {S_INIT("Key"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Value"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_TagFilter = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_TagFilter_props, .n = 2};
static const struct tmpl_shape AWS_S3_Bucket_TagFilters_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_TagFilter};
static const struct tmpl_prop AWS_S3_Bucket_AnalyticsConfiguration_props[] = {
    {S_INIT("Id"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Prefix"), &scalar_string, 0, NULL},
    {S_INIT("StorageClassAnalysis"), &AWS_S3_Bucket_StorageClassAnalysis, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("TagFilters"), &AWS_S3_Bucket_TagFilters_list, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_AnalyticsConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_AnalyticsConfiguration_props, .n = 4};
static const struct tmpl_shape AWS_S3_Bucket_AnalyticsConfigurations_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_AnalyticsConfiguration};
static const str AWS_S3_Bucket_BlockedEncryptionTypeList_list_item_values[] = {S_INIT("NONE"), S_INIT("SSE-C")};
static const struct tmpl_shape AWS_S3_Bucket_BlockedEncryptionTypeList_list_item = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_BlockedEncryptionTypeList_list_item_values, .n = 2};
static const struct tmpl_shape AWS_S3_Bucket_BlockedEncryptionTypeList_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_BlockedEncryptionTypeList_list_item};
static const struct tmpl_prop AWS_S3_Bucket_BlockedEncryptionTypes_props[] = {
    {S_INIT("EncryptionType"), &AWS_S3_Bucket_BlockedEncryptionTypeList_list, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_BlockedEncryptionTypes = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_BlockedEncryptionTypes_props, .n = 1};
static const str AWS_S3_Bucket_SSEAlgorithm_values[] = {S_INIT("aws:kms"), S_INIT("AES256"), S_INIT("aws:kms:dsse")};
static const struct tmpl_shape AWS_S3_Bucket_SSEAlgorithm = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_SSEAlgorithm_values, .n = 3};
static const struct tmpl_prop AWS_S3_Bucket_ServerSideEncryptionByDefault_props[] = {
    {S_INIT("KMSMasterKeyID"), &scalar_string, 0, NULL},
    {S_INIT("SSEAlgorithm"), &AWS_S3_Bucket_SSEAlgorithm, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_ServerSideEncryptionByDefault = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_ServerSideEncryptionByDefault_props, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_ServerSideEncryptionRule_props[] = {
    {S_INIT("BlockedEncryptionTypes"), &AWS_S3_Bucket_BlockedEncryptionTypes, 0, NULL},
    {S_INIT("BucketKeyEnabled"), &scalar_boolean, 0, NULL},
    {S_INIT("ServerSideEncryptionByDefault"), &AWS_S3_Bucket_ServerSideEncryptionByDefault, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_ServerSideEncryptionRule = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_ServerSideEncryptionRule_props, .n = 3};
static const struct tmpl_shape AWS_S3_Bucket_ServerSideEncryptionConfiguration_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_ServerSideEncryptionRule};
static const struct tmpl_prop AWS_S3_Bucket_BucketEncryption_props[] = {
    {S_INIT("ServerSideEncryptionConfiguration"), &AWS_S3_Bucket_ServerSideEncryptionConfiguration_list, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_BucketEncryption = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_BucketEncryption_props, .n = 1};
static const str AWS_S3_Bucket_BucketNamespace_values[] = {S_INIT("global"), S_INIT("account-regional")};
static const struct tmpl_shape AWS_S3_Bucket_BucketNamespace = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_BucketNamespace_values, .n = 2};
static const struct tmpl_shape AWS_S3_Bucket_AllowedHeaders_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const str AWS_S3_Bucket_AllowedMethods_list_item_values[] = {S_INIT("GET"), S_INIT("PUT"), S_INIT("HEAD"), S_INIT("POST"), S_INIT("DELETE")};
static const struct tmpl_shape AWS_S3_Bucket_AllowedMethods_list_item = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_AllowedMethods_list_item_values, .n = 5};
static const struct tmpl_shape AWS_S3_Bucket_AllowedMethods_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_AllowedMethods_list_item};
static const struct tmpl_shape AWS_S3_Bucket_AllowedOrigins_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_shape AWS_S3_Bucket_ExposedHeaders_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_prop AWS_S3_Bucket_CorsRule_props[] = {
    {S_INIT("AllowedHeaders"), &AWS_S3_Bucket_AllowedHeaders_list, 0, NULL},
    {S_INIT("AllowedMethods"), &AWS_S3_Bucket_AllowedMethods_list, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("AllowedOrigins"), &AWS_S3_Bucket_AllowedOrigins_list, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("ExposedHeaders"), &AWS_S3_Bucket_ExposedHeaders_list, 0, NULL},
    {S_INIT("Id"), &scalar_string, 0, NULL},
    {S_INIT("MaxAge"), &scalar_integer, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_CorsRule = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_CorsRule_props, .n = 6};
static const struct tmpl_shape AWS_S3_Bucket_CorsRules_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_CorsRule};
static const struct tmpl_prop AWS_S3_Bucket_CorsConfiguration_props[] = {
    {S_INIT("CorsRules"), &AWS_S3_Bucket_CorsRules_list, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_CorsConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_CorsConfiguration_props, .n = 1};
static const str AWS_S3_Bucket_Status_values[] = {S_INIT("Disabled"), S_INIT("Enabled")};
static const struct tmpl_shape AWS_S3_Bucket_Status = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Status_values, .n = 2};
static const struct tmpl_shape AWS_S3_Bucket_TagFilters_list_ = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_TagFilter};
static const str AWS_S3_Bucket_AccessTier_values[] = {S_INIT("ARCHIVE_ACCESS"), S_INIT("DEEP_ARCHIVE_ACCESS")};
static const struct tmpl_shape AWS_S3_Bucket_AccessTier = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_AccessTier_values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_Tiering_props[] = {
    {S_INIT("AccessTier"), &AWS_S3_Bucket_AccessTier, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Days"), &scalar_integer, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_Tiering = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_Tiering_props, .n = 2};
static const struct tmpl_shape AWS_S3_Bucket_Tierings_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_Tiering};
static const struct tmpl_prop AWS_S3_Bucket_IntelligentTieringConfiguration_props[] = {
    {S_INIT("Id"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Prefix"), &scalar_string, 0, NULL},
    {S_INIT("Status"), &AWS_S3_Bucket_Status, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("TagFilters"), &AWS_S3_Bucket_TagFilters_list_, 0, NULL},
    {S_INIT("Tierings"), &AWS_S3_Bucket_Tierings_list, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_IntelligentTieringConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_IntelligentTieringConfiguration_props, .n = 5};
static const struct tmpl_shape AWS_S3_Bucket_IntelligentTieringConfigurations_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_IntelligentTieringConfiguration};
static const str AWS_S3_Bucket_IncludedObjectVersions_values[] = {S_INIT("All"), S_INIT("Current")};
static const struct tmpl_shape AWS_S3_Bucket_IncludedObjectVersions = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_IncludedObjectVersions_values, .n = 2};
static const str AWS_S3_Bucket_OptionalFields_list_item_values[] = {S_INIT("Size"), S_INIT("LastModifiedDate"), S_INIT("StorageClass"), S_INIT("ETag"), S_INIT("IsMultipartUploaded"), S_INIT("ReplicationStatus"), S_INIT("EncryptionStatus"), S_INIT("ObjectLockRetainUntilDate"), S_INIT("ObjectLockMode"), S_INIT("ObjectLockLegalHoldStatus"), S_INIT("IntelligentTieringAccessTier"), S_INIT("BucketKeyStatus"), S_INIT("ChecksumAlgorithm"), S_INIT("ObjectAccessControlList"), S_INIT("ObjectOwner"), S_INIT("LifecycleExpirationDate")};
static const struct tmpl_shape AWS_S3_Bucket_OptionalFields_list_item = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_OptionalFields_list_item_values, .n = 16};
static const struct tmpl_shape AWS_S3_Bucket_OptionalFields_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_OptionalFields_list_item};
static const str AWS_S3_Bucket_ScheduleFrequency_values[] = {S_INIT("Daily"), S_INIT("Weekly")};
static const struct tmpl_shape AWS_S3_Bucket_ScheduleFrequency = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_ScheduleFrequency_values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_InventoryConfiguration_props[] = {
    {S_INIT("Destination"), &AWS_S3_Bucket_Destination, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Enabled"), &scalar_boolean, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Id"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("IncludedObjectVersions"), &AWS_S3_Bucket_IncludedObjectVersions, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("OptionalFields"), &AWS_S3_Bucket_OptionalFields_list, 0, NULL},
    {S_INIT("Prefix"), &scalar_string, 0, NULL},
    {S_INIT("ScheduleFrequency"), &AWS_S3_Bucket_ScheduleFrequency, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_InventoryConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_InventoryConfiguration_props, .n = 7};
static const struct tmpl_shape AWS_S3_Bucket_InventoryConfigurations_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_InventoryConfiguration};
static const struct tmpl_prop AWS_S3_Bucket_AbortIncompleteMultipartUpload_props[] = {
    {S_INIT("DaysAfterInitiation"), &scalar_integer, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_AbortIncompleteMultipartUpload = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_AbortIncompleteMultipartUpload_props, .n = 1};
static const struct tmpl_prop AWS_S3_Bucket_NoncurrentVersionExpiration_props[] = {
    {S_INIT("NewerNoncurrentVersions"), &scalar_integer, 0, NULL},
    {S_INIT("NoncurrentDays"), &scalar_integer, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_NoncurrentVersionExpiration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_NoncurrentVersionExpiration_props, .n = 2};
static const str AWS_S3_Bucket_StorageClass_values[] = {S_INIT("DEEP_ARCHIVE"), S_INIT("GLACIER"), S_INIT("Glacier"), S_INIT("GLACIER_IR"), S_INIT("INTELLIGENT_TIERING"), S_INIT("ONEZONE_IA"), S_INIT("STANDARD_IA")};
static const struct tmpl_shape AWS_S3_Bucket_StorageClass = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_StorageClass_values, .n = 7};
static const struct tmpl_prop AWS_S3_Bucket_NoncurrentVersionTransition_props[] = {
    {S_INIT("NewerNoncurrentVersions"), &scalar_integer, 0, NULL},
    {S_INIT("StorageClass"), &AWS_S3_Bucket_StorageClass, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("TransitionInDays"), &scalar_integer, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_NoncurrentVersionTransition = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_NoncurrentVersionTransition_props, .n = 3};
static const struct tmpl_shape AWS_S3_Bucket_NoncurrentVersionTransitions_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_NoncurrentVersionTransition};
static const str AWS_S3_Bucket_Status__values[] = {S_INIT("Enabled"), S_INIT("Disabled")};
static const struct tmpl_shape AWS_S3_Bucket_Status_ = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Status__values, .n = 2};
static const struct tmpl_shape AWS_S3_Bucket_TagFilters_list__ = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_TagFilter};
static const str AWS_S3_Bucket_StorageClass__values[] = {S_INIT("DEEP_ARCHIVE"), S_INIT("GLACIER"), S_INIT("Glacier"), S_INIT("GLACIER_IR"), S_INIT("INTELLIGENT_TIERING"), S_INIT("ONEZONE_IA"), S_INIT("STANDARD_IA")};
static const struct tmpl_shape AWS_S3_Bucket_StorageClass_ = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_StorageClass__values, .n = 7};
static const struct tmpl_prop AWS_S3_Bucket_Transition_props[] = {
    {S_INIT("StorageClass"), &AWS_S3_Bucket_StorageClass_, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("TransitionDate"), &scalar_string, 0, NULL},
    {S_INIT("TransitionInDays"), &scalar_integer, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_Transition = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_Transition_props, .n = 3};
static const struct tmpl_shape AWS_S3_Bucket_Transitions_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_Transition};
static const struct tmpl_prop AWS_S3_Bucket_Rule_props[] = {
    {S_INIT("AbortIncompleteMultipartUpload"), &AWS_S3_Bucket_AbortIncompleteMultipartUpload, 0, NULL},
    {S_INIT("ExpirationDate"), &scalar_string, 0, NULL},
    {S_INIT("ExpirationInDays"), &scalar_integer, 0, NULL},
    {S_INIT("ExpiredObjectDeleteMarker"), &scalar_boolean, 0, NULL},
    {S_INIT("Id"), &scalar_string, 0, NULL},
    {S_INIT("NoncurrentVersionExpiration"), &AWS_S3_Bucket_NoncurrentVersionExpiration, 0, NULL},
    {S_INIT("NoncurrentVersionExpirationInDays"), &scalar_integer, 0, NULL},
    {S_INIT("NoncurrentVersionTransition"), &AWS_S3_Bucket_NoncurrentVersionTransition, 0, NULL},
    {S_INIT("NoncurrentVersionTransitions"), &AWS_S3_Bucket_NoncurrentVersionTransitions_list, 0, NULL},
    {S_INIT("ObjectSizeGreaterThan"), &scalar_string, 0, NULL},
    {S_INIT("ObjectSizeLessThan"), &scalar_string, 0, NULL},
    {S_INIT("Prefix"), &scalar_string, 0, NULL},
    {S_INIT("Status"), &AWS_S3_Bucket_Status_, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("TagFilters"), &AWS_S3_Bucket_TagFilters_list__, 0, NULL},
    {S_INIT("Transition"), &AWS_S3_Bucket_Transition, 0, NULL},
    {S_INIT("Transitions"), &AWS_S3_Bucket_Transitions_list, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_Rule = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_Rule_props, .n = 16};
static const struct tmpl_shape AWS_S3_Bucket_Rules_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_Rule};
static const str AWS_S3_Bucket_TransitionDefaultMinimumObjectSize_values[] = {S_INIT("varies_by_storage_class"), S_INIT("all_storage_classes_128K")};
static const struct tmpl_shape AWS_S3_Bucket_TransitionDefaultMinimumObjectSize = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_TransitionDefaultMinimumObjectSize_values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_LifecycleConfiguration_props[] = {
    {S_INIT("Rules"), &AWS_S3_Bucket_Rules_list, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("TransitionDefaultMinimumObjectSize"), &AWS_S3_Bucket_TransitionDefaultMinimumObjectSize, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_LifecycleConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_LifecycleConfiguration_props, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_LoggingConfiguration_props[] = {
    {S_INIT("DestinationBucketName"), &scalar_string, 0, NULL},
    {S_INIT("LogFilePrefix"), &scalar_string, 0, NULL},
    {S_INIT("TargetObjectKeyFormat"), &any_value, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_LoggingConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_LoggingConfiguration_props, .n = 3};
static const str AWS_S3_Bucket_TableBucketType_values[] = {S_INIT("aws"), S_INIT("customer")};
static const struct tmpl_shape AWS_S3_Bucket_TableBucketType = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_TableBucketType_values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_MetadataDestination_props[] = {
    {S_INIT("TableBucketArn"), &scalar_string, 0, NULL},
    {S_INIT("TableBucketType"), &AWS_S3_Bucket_TableBucketType, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("TableNamespace"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_MetadataDestination = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_MetadataDestination_props, .n = 3};
static const str AWS_S3_Bucket_ConfigurationState_values[] = {S_INIT("ENABLED"), S_INIT("DISABLED")};
static const struct tmpl_shape AWS_S3_Bucket_ConfigurationState = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_ConfigurationState_values, .n = 2};
static const str AWS_S3_Bucket_SseAlgorithm_values[] = {S_INIT("aws:kms"), S_INIT("AES256")};
static const struct tmpl_shape AWS_S3_Bucket_SseAlgorithm = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_SseAlgorithm_values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_MetadataTableEncryptionConfiguration_props[] = {
    {S_INIT("KmsKeyArn"), &scalar_string, 0, NULL},
    {S_INIT("SseAlgorithm"), &AWS_S3_Bucket_SseAlgorithm, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_MetadataTableEncryptionConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_MetadataTableEncryptionConfiguration_props, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_InventoryTableConfiguration_props[] = {
    {S_INIT("ConfigurationState"), &AWS_S3_Bucket_ConfigurationState, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("EncryptionConfiguration"), &AWS_S3_Bucket_MetadataTableEncryptionConfiguration, 0, NULL},
    {S_INIT("TableArn"), &scalar_string, 0, NULL},
    {S_INIT("TableName"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_InventoryTableConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_InventoryTableConfiguration_props, .n = 4};
static const str AWS_S3_Bucket_Expiration_values[] = {S_INIT("ENABLED"), S_INIT("DISABLED")};
static const struct tmpl_shape AWS_S3_Bucket_Expiration = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Expiration_values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_RecordExpiration_props[] = {
    {S_INIT("Days"), &scalar_integer, 0, NULL},
    {S_INIT("Expiration"), &AWS_S3_Bucket_Expiration, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_RecordExpiration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_RecordExpiration_props, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_JournalTableConfiguration_props[] = {
    {S_INIT("EncryptionConfiguration"), &AWS_S3_Bucket_MetadataTableEncryptionConfiguration, 0, NULL},
    {S_INIT("RecordExpiration"), &AWS_S3_Bucket_RecordExpiration, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("TableArn"), &scalar_string, 0, NULL},
    {S_INIT("TableName"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_JournalTableConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_JournalTableConfiguration_props, .n = 4};
static const struct tmpl_prop AWS_S3_Bucket_MetadataConfiguration_props[] = {
    {S_INIT("Destination"), &AWS_S3_Bucket_MetadataDestination, 0, NULL},
    {S_INIT("InventoryTableConfiguration"), &AWS_S3_Bucket_InventoryTableConfiguration, 0, NULL},
    {S_INIT("JournalTableConfiguration"), &AWS_S3_Bucket_JournalTableConfiguration, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_MetadataConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_MetadataConfiguration_props, .n = 3};
static const struct tmpl_prop AWS_S3_Bucket_S3TablesDestination_props[] = {
    {S_INIT("TableArn"), &scalar_string, 0, NULL},
    {S_INIT("TableBucketArn"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("TableName"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("TableNamespace"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_S3TablesDestination = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_S3TablesDestination_props, .n = 4};
static const struct tmpl_prop AWS_S3_Bucket_MetadataTableConfiguration_props[] = {
    {S_INIT("S3TablesDestination"), &AWS_S3_Bucket_S3TablesDestination, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_MetadataTableConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_MetadataTableConfiguration_props, .n = 1};
static const struct tmpl_shape AWS_S3_Bucket_TagFilters_list___ = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_TagFilter};
static const struct tmpl_prop AWS_S3_Bucket_MetricsConfiguration_props[] = {
    {S_INIT("AccessPointArn"), &scalar_string, 0, NULL},
    {S_INIT("Id"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Prefix"), &scalar_string, 0, NULL},
    {S_INIT("TagFilters"), &AWS_S3_Bucket_TagFilters_list___, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_MetricsConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_MetricsConfiguration_props, .n = 4};
static const struct tmpl_shape AWS_S3_Bucket_MetricsConfigurations_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_MetricsConfiguration};
static const struct tmpl_prop AWS_S3_Bucket_EventBridgeConfiguration_props[] = {
    {S_INIT("EventBridgeEnabled"), &scalar_boolean, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_EventBridgeConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_EventBridgeConfiguration_props, .n = 1};
static const struct tmpl_prop AWS_S3_Bucket_FilterRule_props[] = {
    {S_INIT("Name"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Value"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_FilterRule = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_FilterRule_props, .n = 2};
static const struct tmpl_shape AWS_S3_Bucket_Rules_list_ = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_FilterRule};
static const struct tmpl_prop AWS_S3_Bucket_S3KeyFilter_props[] = {
    {S_INIT("Rules"), &AWS_S3_Bucket_Rules_list_, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_S3KeyFilter = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_S3KeyFilter_props, .n = 1};
static const struct tmpl_prop AWS_S3_Bucket_NotificationFilter_props[] = {
    {S_INIT("S3Key"), &AWS_S3_Bucket_S3KeyFilter, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_NotificationFilter = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_NotificationFilter_props, .n = 1};
static const struct tmpl_prop AWS_S3_Bucket_LambdaConfiguration_props[] = {
    {S_INIT("Event"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Filter"), &AWS_S3_Bucket_NotificationFilter, 0, NULL},
    {S_INIT("Function"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_LambdaConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_LambdaConfiguration_props, .n = 3};
static const struct tmpl_shape AWS_S3_Bucket_LambdaConfigurations_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_LambdaConfiguration};
static const struct tmpl_prop AWS_S3_Bucket_QueueConfiguration_props[] = {
    {S_INIT("Event"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Filter"), &AWS_S3_Bucket_NotificationFilter, 0, NULL},
    {S_INIT("Queue"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_QueueConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_QueueConfiguration_props, .n = 3};
static const struct tmpl_shape AWS_S3_Bucket_QueueConfigurations_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_QueueConfiguration};
static const struct tmpl_prop AWS_S3_Bucket_TopicConfiguration_props[] = {
    {S_INIT("Event"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Filter"), &AWS_S3_Bucket_NotificationFilter, 0, NULL},
    {S_INIT("Topic"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_TopicConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_TopicConfiguration_props, .n = 3};
static const struct tmpl_shape AWS_S3_Bucket_TopicConfigurations_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_TopicConfiguration};
static const struct tmpl_prop AWS_S3_Bucket_NotificationConfiguration_props[] = {
    {S_INIT("EventBridgeConfiguration"), &AWS_S3_Bucket_EventBridgeConfiguration, 0, NULL},
    {S_INIT("LambdaConfigurations"), &AWS_S3_Bucket_LambdaConfigurations_list, 0, NULL},
    {S_INIT("QueueConfigurations"), &AWS_S3_Bucket_QueueConfigurations_list, 0, NULL},
    {S_INIT("TopicConfigurations"), &AWS_S3_Bucket_TopicConfigurations_list, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_NotificationConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_NotificationConfiguration_props, .n = 4};
static const str AWS_S3_Bucket_ObjectLockEnabled_values[] = {S_INIT("Enabled")};
static const struct tmpl_shape AWS_S3_Bucket_ObjectLockEnabled = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_ObjectLockEnabled_values, .n = 1};
static const str AWS_S3_Bucket_Mode_values[] = {S_INIT("COMPLIANCE"), S_INIT("GOVERNANCE")};
static const struct tmpl_shape AWS_S3_Bucket_Mode = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Mode_values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_DefaultRetention_props[] = {
    {S_INIT("Days"), &scalar_integer, 0, NULL},
    {S_INIT("Mode"), &AWS_S3_Bucket_Mode, 0, NULL},
    {S_INIT("Years"), &scalar_integer, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_DefaultRetention = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_DefaultRetention_props, .n = 3};
static const struct tmpl_prop AWS_S3_Bucket_ObjectLockRule_props[] = {
    {S_INIT("DefaultRetention"), &AWS_S3_Bucket_DefaultRetention, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_ObjectLockRule = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_ObjectLockRule_props, .n = 1};
static const struct tmpl_prop AWS_S3_Bucket_ObjectLockConfiguration_props[] = {
    {S_INIT("ObjectLockEnabled"), &AWS_S3_Bucket_ObjectLockEnabled, 0, NULL},
    {S_INIT("Rule"), &AWS_S3_Bucket_ObjectLockRule, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_ObjectLockConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_ObjectLockConfiguration_props, .n = 2};
static const str AWS_S3_Bucket_ObjectOwnership_values[] = {S_INIT("ObjectWriter"), S_INIT("BucketOwnerPreferred"), S_INIT("BucketOwnerEnforced")};
static const struct tmpl_shape AWS_S3_Bucket_ObjectOwnership = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_ObjectOwnership_values, .n = 3};
static const struct tmpl_prop AWS_S3_Bucket_OwnershipControlsRule_props[] = {
    {S_INIT("ObjectOwnership"), &AWS_S3_Bucket_ObjectOwnership, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_OwnershipControlsRule = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_OwnershipControlsRule_props, .n = 1};
static const struct tmpl_shape AWS_S3_Bucket_Rules_list__ = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_OwnershipControlsRule};
static const struct tmpl_prop AWS_S3_Bucket_OwnershipControls_props[] = {
    {S_INIT("Rules"), &AWS_S3_Bucket_Rules_list__, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_OwnershipControls = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_OwnershipControls_props, .n = 1};
static const struct tmpl_prop AWS_S3_Bucket_PublicAccessBlockConfiguration_props[] = {
    {S_INIT("BlockPublicAcls"), &scalar_boolean, 0, NULL},
    {S_INIT("BlockPublicPolicy"), &scalar_boolean, 0, NULL},
    {S_INIT("IgnorePublicAcls"), &scalar_boolean, 0, NULL},
    {S_INIT("RestrictPublicBuckets"), &scalar_boolean, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_PublicAccessBlockConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_PublicAccessBlockConfiguration_props, .n = 4};
static const str AWS_S3_Bucket_Status___values[] = {S_INIT("Disabled"), S_INIT("Enabled")};
static const struct tmpl_shape AWS_S3_Bucket_Status__ = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Status___values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_DeleteMarkerReplication_props[] = {
    {S_INIT("Status"), &AWS_S3_Bucket_Status__, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_DeleteMarkerReplication = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_DeleteMarkerReplication_props, .n = 1};
static const str AWS_S3_Bucket_Owner_values[] = {S_INIT("Destination")};
static const struct tmpl_shape AWS_S3_Bucket_Owner = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Owner_values, .n = 1};
static const struct tmpl_prop AWS_S3_Bucket_AccessControlTranslation_props[] = {
    {S_INIT("Owner"), &AWS_S3_Bucket_Owner, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_AccessControlTranslation = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_AccessControlTranslation_props, .n = 1};
static const struct tmpl_prop AWS_S3_Bucket_EncryptionConfiguration_props[] = {
    {S_INIT("ReplicaKmsKeyID"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_EncryptionConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_EncryptionConfiguration_props, .n = 1};
static const struct tmpl_prop AWS_S3_Bucket_ReplicationTimeValue_props[] = {
    {S_INIT("Minutes"), &scalar_integer, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_ReplicationTimeValue = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_ReplicationTimeValue_props, .n = 1};
static const str AWS_S3_Bucket_Status____values[] = {S_INIT("Disabled"), S_INIT("Enabled")};
static const struct tmpl_shape AWS_S3_Bucket_Status___ = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Status____values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_Metrics_props[] = {
    {S_INIT("EventThreshold"), &AWS_S3_Bucket_ReplicationTimeValue, 0, NULL},
    {S_INIT("Status"), &AWS_S3_Bucket_Status___, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_Metrics = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_Metrics_props, .n = 2};
static const str AWS_S3_Bucket_Status_____values[] = {S_INIT("Disabled"), S_INIT("Enabled")};
static const struct tmpl_shape AWS_S3_Bucket_Status____ = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Status_____values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_ReplicationTime_props[] = {
    {S_INIT("Status"), &AWS_S3_Bucket_Status____, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Time"), &AWS_S3_Bucket_ReplicationTimeValue, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_ReplicationTime = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_ReplicationTime_props, .n = 2};
static const str AWS_S3_Bucket_StorageClass___values[] = {S_INIT("DEEP_ARCHIVE"), S_INIT("GLACIER"), S_INIT("GLACIER_IR"), S_INIT("INTELLIGENT_TIERING"), S_INIT("ONEZONE_IA"), S_INIT("REDUCED_REDUNDANCY"), S_INIT("STANDARD"), S_INIT("STANDARD_IA")};
static const struct tmpl_shape AWS_S3_Bucket_StorageClass__ = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_StorageClass___values, .n = 8};
static const struct tmpl_prop AWS_S3_Bucket_ReplicationDestination_props[] = {
    {S_INIT("AccessControlTranslation"), &AWS_S3_Bucket_AccessControlTranslation, 0, NULL},
    {S_INIT("Account"), &scalar_string, 0, NULL},
    {S_INIT("Bucket"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("EncryptionConfiguration"), &AWS_S3_Bucket_EncryptionConfiguration, 0, NULL},
    {S_INIT("Metrics"), &AWS_S3_Bucket_Metrics, 0, NULL},
    {S_INIT("ReplicationTime"), &AWS_S3_Bucket_ReplicationTime, 0, NULL},
    {S_INIT("StorageClass"), &AWS_S3_Bucket_StorageClass__, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_ReplicationDestination = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_ReplicationDestination_props, .n = 7};
static const struct tmpl_shape AWS_S3_Bucket_TagFilters_list____ = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_TagFilter};
static const struct tmpl_prop AWS_S3_Bucket_ReplicationRuleAndOperator_props[] = {
    {S_INIT("Prefix"), &scalar_string, 0, NULL},
    {S_INIT("TagFilters"), &AWS_S3_Bucket_TagFilters_list____, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_ReplicationRuleAndOperator = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_ReplicationRuleAndOperator_props, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_ReplicationRuleFilter_props[] = {
    {S_INIT("And"), &AWS_S3_Bucket_ReplicationRuleAndOperator, 0, NULL},
    {S_INIT("Prefix"), &scalar_string, 0, NULL},
    {S_INIT("TagFilter"), &AWS_S3_Bucket_TagFilter, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_ReplicationRuleFilter = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_ReplicationRuleFilter_props, .n = 3};
static const str AWS_S3_Bucket_Status______values[] = {S_INIT("Enabled"), S_INIT("Disabled")};
static const struct tmpl_shape AWS_S3_Bucket_Status_____ = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Status______values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_ReplicaModifications_props[] = {
    {S_INIT("Status"), &AWS_S3_Bucket_Status_____, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_ReplicaModifications = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_ReplicaModifications_props, .n = 1};
static const str AWS_S3_Bucket_Status_______values[] = {S_INIT("Disabled"), S_INIT("Enabled")};
static const struct tmpl_shape AWS_S3_Bucket_Status______ = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Status_______values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_SseKmsEncryptedObjects_props[] = {
    {S_INIT("Status"), &AWS_S3_Bucket_Status______, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_SseKmsEncryptedObjects = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_SseKmsEncryptedObjects_props, .n = 1};
static const struct tmpl_prop AWS_S3_Bucket_SourceSelectionCriteria_props[] = {
    {S_INIT("ReplicaModifications"), &AWS_S3_Bucket_ReplicaModifications, 0, NULL},
    {S_INIT("SseKmsEncryptedObjects"), &AWS_S3_Bucket_SseKmsEncryptedObjects, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_SourceSelectionCriteria = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_SourceSelectionCriteria_props, .n = 2};
static const str AWS_S3_Bucket_Status________values[] = {S_INIT("Disabled"), S_INIT("Enabled")};
static const struct tmpl_shape AWS_S3_Bucket_Status_______ = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Status________values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_ReplicationRule_props[] = {
    {S_INIT("DeleteMarkerReplication"), &AWS_S3_Bucket_DeleteMarkerReplication, 0, NULL},
    {S_INIT("Destination"), &AWS_S3_Bucket_ReplicationDestination, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Filter"), &AWS_S3_Bucket_ReplicationRuleFilter, 0, NULL},
    {S_INIT("Id"), &scalar_string, 0, NULL},
    {S_INIT("Prefix"), &scalar_string, 0, NULL},
    {S_INIT("Priority"), &scalar_integer, 0, NULL},
    {S_INIT("SourceSelectionCriteria"), &AWS_S3_Bucket_SourceSelectionCriteria, 0, NULL},
    {S_INIT("Status"), &AWS_S3_Bucket_Status_______, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_ReplicationRule = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_ReplicationRule_props, .n = 8};
static const struct tmpl_shape AWS_S3_Bucket_Rules_list___ = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_ReplicationRule};
static const struct tmpl_prop AWS_S3_Bucket_ReplicationConfiguration_props[] = {
    {S_INIT("Role"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Rules"), &AWS_S3_Bucket_Rules_list___, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_ReplicationConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_ReplicationConfiguration_props, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_Tag_props[] = {
    {S_INIT("Key"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Value"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_Tag = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_Tag_props, .n = 2};
static const struct tmpl_shape AWS_S3_Bucket_Tags_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_Tag};
static const str AWS_S3_Bucket_Status_________values[] = {S_INIT("Enabled"), S_INIT("Suspended")};
static const struct tmpl_shape AWS_S3_Bucket_Status________ = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Status_________values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_VersioningConfiguration_props[] = {
    {S_INIT("Status"), &AWS_S3_Bucket_Status________, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_VersioningConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_VersioningConfiguration_props, .n = 1};
static const str AWS_S3_Bucket_Protocol_values[] = {S_INIT("http"), S_INIT("https")};
static const struct tmpl_shape AWS_S3_Bucket_Protocol = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Protocol_values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_RedirectAllRequestsTo_props[] = {
    {S_INIT("HostName"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Protocol"), &AWS_S3_Bucket_Protocol, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_RedirectAllRequestsTo = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_RedirectAllRequestsTo_props, .n = 2};
static const str AWS_S3_Bucket_Protocol__values[] = {S_INIT("http"), S_INIT("https")};
static const struct tmpl_shape AWS_S3_Bucket_Protocol_ = {.kind = TMPL_SHAPE_STRING, .values = AWS_S3_Bucket_Protocol__values, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_RedirectRule_props[] = {
    {S_INIT("HostName"), &scalar_string, 0, NULL},
    {S_INIT("HttpRedirectCode"), &scalar_string, 0, NULL},
    {S_INIT("Protocol"), &AWS_S3_Bucket_Protocol_, 0, NULL},
    {S_INIT("ReplaceKeyPrefixWith"), &scalar_string, 0, NULL},
    {S_INIT("ReplaceKeyWith"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_RedirectRule = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_RedirectRule_props, .n = 5};
static const struct tmpl_prop AWS_S3_Bucket_RoutingRuleCondition_props[] = {
    {S_INIT("HttpErrorCodeReturnedEquals"), &scalar_string, 0, NULL},
    {S_INIT("KeyPrefixEquals"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_RoutingRuleCondition = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_RoutingRuleCondition_props, .n = 2};
static const struct tmpl_prop AWS_S3_Bucket_RoutingRule_props[] = {
    {S_INIT("RedirectRule"), &AWS_S3_Bucket_RedirectRule, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("RoutingRuleCondition"), &AWS_S3_Bucket_RoutingRuleCondition, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_RoutingRule = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_RoutingRule_props, .n = 2};
static const struct tmpl_shape AWS_S3_Bucket_RoutingRules_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_S3_Bucket_RoutingRule};
static const struct tmpl_prop AWS_S3_Bucket_WebsiteConfiguration_props[] = {
    {S_INIT("ErrorDocument"), &scalar_string, 0, NULL},
    {S_INIT("IndexDocument"), &scalar_string, 0, NULL},
    {S_INIT("RedirectAllRequestsTo"), &AWS_S3_Bucket_RedirectAllRequestsTo, 0, NULL},
    {S_INIT("RoutingRules"), &AWS_S3_Bucket_RoutingRules_list, 0, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket_WebsiteConfiguration = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_WebsiteConfiguration_props, .n = 4};
static const struct tmpl_prop AWS_S3_Bucket_props[] = {
    {S_INIT("AbacStatus"), &AWS_S3_Bucket_AbacStatus, 0, NULL},
    {S_INIT("AccelerateConfiguration"), &AWS_S3_Bucket_AccelerateConfiguration, 0, NULL},
    {S_INIT("AccessControl"), &AWS_S3_Bucket_AccessControl, 0, NULL},
    {S_INIT("AnalyticsConfigurations"), &AWS_S3_Bucket_AnalyticsConfigurations_list, 0, NULL},
    {S_INIT("Arn"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("BucketEncryption"), &AWS_S3_Bucket_BucketEncryption, 0, NULL},
    {S_INIT("BucketName"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("BucketNamePrefix"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("BucketNamespace"), &AWS_S3_Bucket_BucketNamespace, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("CorsConfiguration"), &AWS_S3_Bucket_CorsConfiguration, 0, NULL},
    {S_INIT("DomainName"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("DualStackDomainName"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("IntelligentTieringConfigurations"), &AWS_S3_Bucket_IntelligentTieringConfigurations_list, 0, NULL},
    {S_INIT("InventoryConfigurations"), &AWS_S3_Bucket_InventoryConfigurations_list, 0, NULL},
    {S_INIT("LifecycleConfiguration"), &AWS_S3_Bucket_LifecycleConfiguration, 0, NULL},
    {S_INIT("LoggingConfiguration"), &AWS_S3_Bucket_LoggingConfiguration, 0, NULL},
    {S_INIT("MetadataConfiguration"), &AWS_S3_Bucket_MetadataConfiguration, 0, NULL},
    {S_INIT("MetadataTableConfiguration"), &AWS_S3_Bucket_MetadataTableConfiguration, 0, NULL},
    {S_INIT("MetricsConfigurations"), &AWS_S3_Bucket_MetricsConfigurations_list, 0, NULL},
    {S_INIT("NotificationConfiguration"), &AWS_S3_Bucket_NotificationConfiguration, 0, NULL},
    {S_INIT("ObjectLockConfiguration"), &AWS_S3_Bucket_ObjectLockConfiguration, 0, NULL},
    {S_INIT("ObjectLockEnabled"), &scalar_boolean, 0, NULL},
    {S_INIT("OwnershipControls"), &AWS_S3_Bucket_OwnershipControls, 0, NULL},
    {S_INIT("PublicAccessBlockConfiguration"), &AWS_S3_Bucket_PublicAccessBlockConfiguration, 0, NULL},
    {S_INIT("RegionalDomainName"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("ReplicationConfiguration"), &AWS_S3_Bucket_ReplicationConfiguration, 0, NULL},
    {S_INIT("Tags"), &AWS_S3_Bucket_Tags_list, 0, NULL},
    {S_INIT("VersioningConfiguration"), &AWS_S3_Bucket_VersioningConfiguration, 0, NULL},
    {S_INIT("WebsiteConfiguration"), &AWS_S3_Bucket_WebsiteConfiguration, 0, NULL},
    {S_INIT("WebsiteURL"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
};
static const struct tmpl_shape AWS_S3_Bucket = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_Bucket_props, .n = 30};
static const str AWS_S3_Bucket_attributes[] = {S_INIT("Arn"), S_INIT("DomainName"), S_INIT("DualStackDomainName"), S_INIT("MetadataConfiguration.Destination"), S_INIT("MetadataConfiguration.InventoryTableConfiguration.TableArn"), S_INIT("MetadataConfiguration.InventoryTableConfiguration.TableName"), S_INIT("MetadataConfiguration.JournalTableConfiguration.TableArn"), S_INIT("MetadataConfiguration.JournalTableConfiguration.TableName"), S_INIT("MetadataTableConfiguration.S3TablesDestination.TableArn"), S_INIT("MetadataTableConfiguration.S3TablesDestination.TableNamespace"), S_INIT("RegionalDomainName"), S_INIT("WebsiteURL")};

/* AWS::S3::BucketPolicy */
static const struct tmpl_shape AWS_S3_BucketPolicy;
static const struct tmpl_prop AWS_S3_BucketPolicy_props[] = {
    {S_INIT("Bucket"), &scalar_string, TMPL_PROP_REQUIRED | TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("PolicyDocument"), &any_value, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_S3_BucketPolicy = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_S3_BucketPolicy_props, .n = 2};

/* AWS::SNS::Subscription */
static const struct tmpl_shape AWS_SNS_Subscription;
static const struct tmpl_prop AWS_SNS_Subscription_props[] = {
    {S_INIT("Arn"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("DeliveryPolicy"), &any_value, 0, NULL},
    {S_INIT("Endpoint"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("FilterPolicy"), &any_value, 0, NULL},
    {S_INIT("FilterPolicyScope"), &scalar_string, 0, "\"MessageAttributes\""},
    {S_INIT("Protocol"), &scalar_string, TMPL_PROP_REQUIRED | TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("RawMessageDelivery"), &scalar_boolean, 0, "false"},
    {S_INIT("RedrivePolicy"), &any_value, 0, NULL},
    {S_INIT("Region"), &scalar_string, 0, NULL},
    {S_INIT("ReplayPolicy"), &any_value, 0, NULL},
    {S_INIT("SubscriptionRoleArn"), &scalar_string, 0, NULL},
    {S_INIT("TopicArn"), &scalar_string, TMPL_PROP_REQUIRED | TMPL_PROP_CREATE_ONLY, NULL},
};
static const struct tmpl_shape AWS_SNS_Subscription = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_SNS_Subscription_props, .n = 12};
static const str AWS_SNS_Subscription_attributes[] = {S_INIT("Arn")};

/* AWS::SNS::Topic */
static const struct tmpl_shape AWS_SNS_Topic;
static const struct tmpl_shape AWS_SNS_Topic_DeliveryStatusLogging_list;
static const struct tmpl_shape AWS_SNS_Topic_LoggingConfig;
static const struct tmpl_shape AWS_SNS_Topic_Protocol;
static const struct tmpl_shape AWS_SNS_Topic_Subscription_list;
static const struct tmpl_shape AWS_SNS_Topic_Subscription;
static const struct tmpl_shape AWS_SNS_Topic_Tags_list;
static const struct tmpl_shape AWS_SNS_Topic_Tag;
static const str AWS_SNS_Topic_Protocol_values[] = {S_INIT("http/s"), S_INIT("sqs"), S_INIT("lambda"), S_INIT("firehose"), S_INIT("application")};
static const struct tmpl_shape AWS_SNS_Topic_Protocol = {.kind = TMPL_SHAPE_STRING, .values = AWS_SNS_Topic_Protocol_values, .n = 5};
static const struct tmpl_prop AWS_SNS_Topic_LoggingConfig_props[] = {
    {S_INIT("FailureFeedbackRoleArn"), &scalar_string, 0, NULL},
    {S_INIT("Protocol"), &AWS_SNS_Topic_Protocol, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("SuccessFeedbackRoleArn"), &scalar_string, 0, NULL},
    {S_INIT("SuccessFeedbackSampleRate"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_SNS_Topic_LoggingConfig = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_SNS_Topic_LoggingConfig_props, .n = 4};
static const struct tmpl_shape AWS_SNS_Topic_DeliveryStatusLogging_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_SNS_Topic_LoggingConfig};
static const struct tmpl_prop AWS_SNS_Topic_Subscription_props[] = {
    {S_INIT("Endpoint"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Protocol"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_SNS_Topic_Subscription = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_SNS_Topic_Subscription_props, .n = 2};
static const struct tmpl_shape AWS_SNS_Topic_Subscription_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_SNS_Topic_Subscription};
static const struct tmpl_prop AWS_SNS_Topic_Tag_props[] = {
    {S_INIT("Key"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Value"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_SNS_Topic_Tag = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_SNS_Topic_Tag_props, .n = 2};
static const struct tmpl_shape AWS_SNS_Topic_Tags_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_SNS_Topic_Tag};
static const struct tmpl_prop AWS_SNS_Topic_props[] = {
    {S_INIT("ArchivePolicy"), &any_value, 0, NULL},
    {S_INIT("ContentBasedDeduplication"), &scalar_boolean, 0, "false"},
    {S_INIT("DataProtectionPolicy"), &any_value, 0, NULL},
    {S_INIT("DeliveryStatusLogging"), &AWS_SNS_Topic_DeliveryStatusLogging_list, 0, NULL},
    {S_INIT("DisplayName"), &scalar_string, 0, NULL},
    {S_INIT("FifoThroughputScope"), &scalar_string, 0, NULL},
    {S_INIT("FifoTopic"), &scalar_boolean, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("KmsMasterKeyId"), &scalar_string, 0, NULL},
    {S_INIT("SignatureVersion"), &scalar_string, 0, NULL},
    {S_INIT("Subscription"), &AWS_SNS_Topic_Subscription_list, 0, NULL},
    {S_INIT("Tags"), &AWS_SNS_Topic_Tags_list, 0, NULL},
    {S_INIT("TopicArn"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("TopicName"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("TracingConfig"), &scalar_string, 0, NULL},
};
static const struct tmpl_shape AWS_SNS_Topic = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_SNS_Topic_props, .n = 14};
static const str AWS_SNS_Topic_attributes[] = {S_INIT("ContentBasedDeduplication"), S_INIT("DeliveryStatusLogging"), S_INIT("DisplayName"), S_INIT("FifoThroughputScope"), S_INIT("FifoTopic"), S_INIT("KmsMasterKeyId"), S_INIT("SignatureVersion"), S_INIT("Subscription"), S_INIT("Tags"), S_INIT("TopicArn"), S_INIT("TopicName"), S_INIT("TracingConfig")};

/* AWS::SNS::TopicPolicy */
static const struct tmpl_shape AWS_SNS_TopicPolicy;
static const struct tmpl_shape AWS_SNS_TopicPolicy_Topics_list;
static const struct tmpl_shape AWS_SNS_TopicPolicy_Topics_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_prop AWS_SNS_TopicPolicy_props[] = {
    {S_INIT("Id"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("PolicyDocument"), &any_value, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Topics"), &AWS_SNS_TopicPolicy_Topics_list, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_SNS_TopicPolicy = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_SNS_TopicPolicy_props, .n = 3};
static const str AWS_SNS_TopicPolicy_attributes[] = {S_INIT("Id")};

/* AWS::SQS::Queue */
static const struct tmpl_shape AWS_SQS_Queue;
static const struct tmpl_shape AWS_SQS_Queue_Tags_list;
static const struct tmpl_shape AWS_SQS_Queue_Tag;
static const struct tmpl_prop AWS_SQS_Queue_Tag_props[] = {
    {S_INIT("Key"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Value"), &scalar_string, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_SQS_Queue_Tag = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_SQS_Queue_Tag_props, .n = 2};
static const struct tmpl_shape AWS_SQS_Queue_Tags_list = {.kind = TMPL_SHAPE_LIST, .element = &AWS_SQS_Queue_Tag};
static const struct tmpl_prop AWS_SQS_Queue_props[] = {
    {S_INIT("Arn"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("ContentBasedDeduplication"), &scalar_boolean, 0, "false"},
    {S_INIT("DeduplicationScope"), &scalar_string, 0, "\"queue\""},
    {S_INIT("DelaySeconds"), &scalar_integer, 0, "0"},
    {S_INIT("FifoQueue"), &scalar_boolean, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("FifoThroughputLimit"), &scalar_string, 0, "\"perQueue\""},
    {S_INIT("KmsDataKeyReusePeriodSeconds"), &scalar_integer, 0, "300"},
    {S_INIT("KmsMasterKeyId"), &scalar_string, 0, NULL},
    {S_INIT("MaximumMessageSize"), &scalar_integer, 0, "1048576"},
    {S_INIT("MessageRetentionPeriod"), &scalar_integer, 0, "345600"},
    {S_INIT("QueueName"), &scalar_string, TMPL_PROP_CREATE_ONLY, NULL},
    {S_INIT("QueueUrl"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("ReceiveMessageWaitTimeSeconds"), &scalar_integer, 0, "0"},
    {S_INIT("RedriveAllowPolicy"), &any_value, 0, NULL},
    {S_INIT("RedrivePolicy"), &any_value, 0, NULL},
    {S_INIT("SqsManagedSseEnabled"), &scalar_boolean, 0, "true"},
    {S_INIT("Tags"), &AWS_SQS_Queue_Tags_list, 0, NULL},
    {S_INIT("VisibilityTimeout"), &scalar_integer, 0, "30"},
};
static const struct tmpl_shape AWS_SQS_Queue = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_SQS_Queue_props, .n = 18};
static const str AWS_SQS_Queue_attributes[] = {S_INIT("Arn"), S_INIT("ContentBasedDeduplication"), S_INIT("DeduplicationScope"), S_INIT("DelaySeconds"), S_INIT("FifoQueue"), S_INIT("FifoThroughputLimit"), S_INIT("KmsDataKeyReusePeriodSeconds"), S_INIT("KmsMasterKeyId"), S_INIT("MaximumMessageSize"), S_INIT("MessageRetentionPeriod"), S_INIT("QueueName"), S_INIT("QueueUrl"), S_INIT("ReceiveMessageWaitTimeSeconds"), S_INIT("RedrivePolicy.deadLetterTargetArn"), S_INIT("RedrivePolicy.maxReceiveCount"), S_INIT("SqsManagedSseEnabled"), S_INIT("Tags"), S_INIT("VisibilityTimeout")};

/* AWS::SQS::QueuePolicy */
static const struct tmpl_shape AWS_SQS_QueuePolicy;
static const struct tmpl_shape AWS_SQS_QueuePolicy_Queues_list;
static const struct tmpl_shape AWS_SQS_QueuePolicy_Queues_list = {.kind = TMPL_SHAPE_LIST, .element = &scalar_string};
static const struct tmpl_prop AWS_SQS_QueuePolicy_props[] = {
    {S_INIT("Id"), &scalar_string, TMPL_PROP_READ_ONLY, NULL},
    {S_INIT("PolicyDocument"), &any_value, TMPL_PROP_REQUIRED, NULL},
    {S_INIT("Queues"), &AWS_SQS_QueuePolicy_Queues_list, TMPL_PROP_REQUIRED, NULL},
};
static const struct tmpl_shape AWS_SQS_QueuePolicy = {.kind = TMPL_SHAPE_STRUCT, .props = AWS_SQS_QueuePolicy_props, .n = 3};
static const str AWS_SQS_QueuePolicy_attributes[] = {S_INIT("Id")};

const struct tmpl_type tmpl_types[] = {
    {S_INIT("AWS::CDK::Metadata"), &AWS_CDK_Metadata, NULL, 0, {NULL, 0}, {NULL, 0}},
    {S_INIT("AWS::CloudFormation::CustomResource"), &AWS_CloudFormation_CustomResource, AWS_CloudFormation_CustomResource_attributes, 2, {NULL, 0}, {NULL, 0}},
    {S_INIT("AWS::CloudFormation::WaitConditionHandle"), &AWS_CloudFormation_WaitConditionHandle, AWS_CloudFormation_WaitConditionHandle_attributes, 1, {NULL, 0}, {NULL, 0}},
    {S_INIT("AWS::CloudWatch::Alarm"), &AWS_CloudWatch_Alarm, AWS_CloudWatch_Alarm_attributes, 1, S_INIT("Tags"), S_INIT("AlarmName")},
    {S_INIT("AWS::CloudWatch::Dashboard"), &AWS_CloudWatch_Dashboard, NULL, 0, {NULL, 0}, S_INIT("DashboardName")},
    {S_INIT("AWS::DynamoDB::Table"), &AWS_DynamoDB_Table, AWS_DynamoDB_Table_attributes, 2, S_INIT("Tags"), S_INIT("TableName")},
    {S_INIT("AWS::IAM::InstanceProfile"), &AWS_IAM_InstanceProfile, AWS_IAM_InstanceProfile_attributes, 1, {NULL, 0}, S_INIT("InstanceProfileName")},
    {S_INIT("AWS::IAM::ManagedPolicy"), &AWS_IAM_ManagedPolicy, AWS_IAM_ManagedPolicy_attributes, 8, {NULL, 0}, S_INIT("ManagedPolicyName")},
    {S_INIT("AWS::IAM::Policy"), &AWS_IAM_Policy, AWS_IAM_Policy_attributes, 1, {NULL, 0}, {NULL, 0}},
    {S_INIT("AWS::IAM::Role"), &AWS_IAM_Role, AWS_IAM_Role_attributes, 2, S_INIT("Tags"), S_INIT("RoleName")},
    {S_INIT("AWS::IAM::User"), &AWS_IAM_User, AWS_IAM_User_attributes, 1, S_INIT("Tags"), S_INIT("UserName")},
    {S_INIT("AWS::Lambda::EventInvokeConfig"), &AWS_Lambda_EventInvokeConfig, NULL, 0, {NULL, 0}, {NULL, 0}},
    {S_INIT("AWS::Lambda::Function"), &AWS_Lambda_Function, AWS_Lambda_Function_attributes, 4, S_INIT("Tags"), S_INIT("FunctionName")},
    {S_INIT("AWS::Lambda::LayerVersion"), &AWS_Lambda_LayerVersion, AWS_Lambda_LayerVersion_attributes, 1, {NULL, 0}, {NULL, 0}},
    {S_INIT("AWS::Lambda::LayerVersionPermission"), &AWS_Lambda_LayerVersionPermission, AWS_Lambda_LayerVersionPermission_attributes, 1, {NULL, 0}, {NULL, 0}},
    {S_INIT("AWS::Lambda::Permission"), &AWS_Lambda_Permission, AWS_Lambda_Permission_attributes, 1, {NULL, 0}, {NULL, 0}},
    {S_INIT("AWS::Logs::LogGroup"), &AWS_Logs_LogGroup, AWS_Logs_LogGroup_attributes, 1, S_INIT("Tags"), S_INIT("LogGroupName")},
    {S_INIT("AWS::Logs::LogStream"), &AWS_Logs_LogStream, NULL, 0, {NULL, 0}, S_INIT("LogStreamName")},
    {S_INIT("AWS::S3::Bucket"), &AWS_S3_Bucket, AWS_S3_Bucket_attributes, 12, S_INIT("Tags"), S_INIT("BucketName")},
    {S_INIT("AWS::S3::BucketPolicy"), &AWS_S3_BucketPolicy, NULL, 0, {NULL, 0}, {NULL, 0}},
    {S_INIT("AWS::SNS::Subscription"), &AWS_SNS_Subscription, AWS_SNS_Subscription_attributes, 1, {NULL, 0}, {NULL, 0}},
    {S_INIT("AWS::SNS::Topic"), &AWS_SNS_Topic, AWS_SNS_Topic_attributes, 12, S_INIT("Tags"), S_INIT("TopicName")},
    {S_INIT("AWS::SNS::TopicPolicy"), &AWS_SNS_TopicPolicy, AWS_SNS_TopicPolicy_attributes, 1, {NULL, 0}, {NULL, 0}},
    {S_INIT("AWS::SQS::Queue"), &AWS_SQS_Queue, AWS_SQS_Queue_attributes, 18, S_INIT("Tags"), S_INIT("QueueName")},
    {S_INIT("AWS::SQS::QueuePolicy"), &AWS_SQS_QueuePolicy, AWS_SQS_QueuePolicy_attributes, 1, {NULL, 0}, {NULL, 0}},
};
const size_t tmpl_n_types = sizeof tmpl_types / sizeof tmpl_types[0];
