/* Values that a property cannot have. The walk of unknown-property tells (rules/properties.c). */
#include "audit/finding.h"

const struct audit_rule audit_rule_property_value = {
    .id = "property-value",
    .class = 0,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Value that the property cannot have",
    .why = "CloudFormation or the service refuses the resource",
    .fix = "write one of the values that the property's page in the CloudFormation User Guide has",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n"
           "    Properties:\n"
           "      VersioningConfiguration: {Status: Active}\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    Properties:\n"
            "      VersioningConfiguration: {Status: Enabled}\n",
};
