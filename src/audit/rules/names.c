/* audit/rules/names: which properties name a resource, and which names can be had twice. */
#include "audit/rules/names_priv.h"

/* "Name type" of the CloudFormation User Guide: types whose names must be unique. */
static const struct {
    const char *type, *property;
} unique[] = {
    {"AWS::ECR::Repository", "RepositoryName"},
    {"AWS::ECS::Cluster", "ClusterName"},
    {"AWS::Events::EventBus", "Name"},
    {"AWS::Events::Rule", "Name"},
    {"AWS::IAM::Group", "GroupName"},
    {"AWS::IAM::InstanceProfile", "InstanceProfileName"},
    {"AWS::IAM::ManagedPolicy", "ManagedPolicyName"},
    {"AWS::IAM::User", "UserName"},
    {"AWS::KMS::Alias", "AliasName"},
    {"AWS::Kinesis::Stream", "Name"},
    {"AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName"},
    {"AWS::RDS::DBInstance", "DBInstanceIdentifier"},
    {"AWS::SSM::Parameter", "Name"},
    {"AWS::SecretsManager::Secret", "Name"},
    {"AWS::Serverless::StateMachine", "Name"},
    {"AWS::StepFunctions::StateMachine", "StateMachineName"},
};

const char *audit_unique_name_property(str type) {
    for (size_t i = 0; i < ARRAY_LEN(unique); i++)
        if (str_is(type, unique[i].type))
            return unique[i].property;
    return audit_name_property(type);
}

bool audit_name_is_of_stack(str text) {
    for (ptrdiff_t at; (at = str_find(text, S("${"))) >= 0;) {
        text = str_skip(text, (size_t)at + 2);
        ptrdiff_t close = str_chr(text, '}');
        str name = str_slice(text, 0, close < 0 ? text.len : (size_t)close);
        /* The region, the partition and the suffix are the same for a stack beside it. */
        if (!str_is(name, "AWS::Region") && !str_is(name, "AWS::Partition") &&
            !str_is(name, "AWS::URLSuffix"))
            return true;
    }
    return false;
}
