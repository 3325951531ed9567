/* Properties that their resource type does not have. */
#include "audit/rules/properties_priv.h"

const struct audit_rule audit_rule_unknown_property = {
    .id = "unknown-property",
    .class = 0,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Property that the resource type does not have",
    .why = "CloudFormation refuses the stack",
    .fix = "write the property as the type's page in the CloudFormation User Guide does",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n"
           "    Properties:\n"
           "      Versioning: {Status: Enabled}\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    Properties:\n"
            "      VersioningConfiguration: {Status: Enabled}\n",
    .check = audit_properties_check,
};
