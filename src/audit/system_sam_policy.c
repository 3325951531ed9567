/*
 * audit/system: what SAM's Policies and connectors grant: names of managed policies, documents, and
 * policy templates, whose statements are made here as SAM would.
 *
 * Sources: "AWS SAM policy templates" and "AWS SAM connector reference" of the SAM developer guide.
 * The templates are those of what an image pipeline uses; others grant nothing that a rule asks for.
 */
#include "audit/system_priv.h"

/* ---- Statements that SAM makes ---- */

#define OBJECTS "arn:${AWS::Partition}:s3:::${x}/*"
#define BUCKET  "arn:${AWS::Partition}:s3:::${x}"
#define ARN(service, rest)                                                                         \
    "arn:${AWS::Partition}:" service ":${AWS::Region}:${AWS::AccountId}:" rest

enum { MOST_RESOURCES = 2 };
/* parameter: what the template is handed. Actions with blanks between. */
static const struct sam_template {
    const char *name, *parameter, *actions;
    const char *resources[MOST_RESOURCES];
} templates[] =
    {
        {"S3ReadPolicy",
         "BucketName",
         "s3:GetObject s3:ListBucket s3:GetBucketLocation s3:GetObjectVersion "
         "s3:GetLifecycleConfiguration",
         {BUCKET, OBJECTS}},
        {"S3WritePolicy",
         "BucketName",
         "s3:PutObject s3:PutObjectAcl s3:PutLifecycleConfiguration",
         {BUCKET, OBJECTS}},
        {"S3CrudPolicy",
         "BucketName",
         "s3:GetObject s3:ListBucket s3:GetBucketLocation s3:GetObjectVersion s3:PutObject "
         "s3:PutObjectAcl s3:GetLifecycleConfiguration s3:PutLifecycleConfiguration s3:DeleteObject",
         {BUCKET, OBJECTS}},
        {"S3FullAccessPolicy",
         "BucketName",
         "s3:GetObject s3:GetObjectAcl s3:GetObjectVersion s3:PutObject s3:PutObjectAcl "
         "s3:DeleteObject s3:GetObjectTagging s3:PutObjectTagging s3:DeleteObjectTagging",
         {OBJECTS}},
        {"DynamoDBCrudPolicy",
         "TableName",
         "dynamodb:GetItem dynamodb:DeleteItem dynamodb:PutItem dynamodb:Scan dynamodb:Query "
         "dynamodb:UpdateItem dynamodb:BatchWriteItem dynamodb:BatchGetItem dynamodb:DescribeTable "
         "dynamodb:ConditionCheckItem",
         {ARN("dynamodb", "table/${x}"), ARN("dynamodb", "table/${x}/index/*")}},
        {"DynamoDBReadPolicy",
         "TableName",
         "dynamodb:GetItem dynamodb:Scan dynamodb:Query dynamodb:BatchGetItem dynamodb:DescribeTable",
         {ARN("dynamodb", "table/${x}"), ARN("dynamodb", "table/${x}/index/*")}},
        {"DynamoDBWritePolicy",
         "TableName",
         "dynamodb:PutItem dynamodb:UpdateItem dynamodb:BatchWriteItem",
         {ARN("dynamodb", "table/${x}"), ARN("dynamodb", "table/${x}/index/*")}},
        {"SQSSendMessagePolicy", "QueueName", "sqs:SendMessage*", {ARN("sqs", "${x}")}},
        {"SQSPollerPolicy",
         "QueueName",
         "sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage",
         {ARN("sqs", "${x}")}},
        {"SNSPublishMessagePolicy", "TopicName", "sns:Publish", {ARN("sns", "${x}")}},
        {"SNSCrudPolicy",
         "TopicName",
         "sns:ListSubscriptionsByTopic sns:CreateTopic sns:SetTopicAttributes sns:Subscribe sns:Publish",
         {ARN("sns", "${x}*")}},
        {"LambdaInvokePolicy",
         "FunctionName",
         "lambda:InvokeFunction",
         {ARN("lambda", "function:${x}*")}},
        {"KMSDecryptPolicy", "KeyId", "kms:Decrypt", {ARN("kms", "key/${x}")}},
        {"KMSEncryptPolicy", "KeyId", "kms:Encrypt", {ARN("kms", "key/${x}")}},
        {"SSMParameterReadPolicy",
         "ParameterName",
         "ssm:GetParameters ssm:GetParameter ssm:GetParametersByPath",
         {ARN("ssm", "parameter/${x}")}},
        {"AWSSecretsManagerGetSecretValuePolicy",
         "SecretArn",
         "secretsmanager:GetSecretValue",
         {"${x}"}},
        {"StepFunctionsExecutionPolicy",
         "StateMachineName",
         "states:StartExecution",
         {ARN("states", "stateMachine:${x}")}},
},
  /* What a connector grants on a destination; name: its type, parameter: Read or Write. */
    connections[] = {
        {"AWS::S3::Bucket",
         "Read",
         "s3:GetObject s3:GetObjectVersion s3:ListBucket",
         {BUCKET, OBJECTS}},
        {"AWS::S3::Bucket", "Write", "s3:PutObject s3:DeleteObject", {BUCKET, OBJECTS}},
        {"AWS::DynamoDB::Table",
         "Read",
         "dynamodb:GetItem dynamodb:Query dynamodb:Scan dynamodb:BatchGetItem",
         {ARN("dynamodb", "table/${x}"), ARN("dynamodb", "table/${x}/index/*")}},
        {"AWS::DynamoDB::Table",
         "Write",
         "dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem dynamodb:BatchWriteItem",
         {ARN("dynamodb", "table/${x}"), ARN("dynamodb", "table/${x}/index/*")}},
        {"AWS::Serverless::SimpleTable",
         "Read",
         "dynamodb:GetItem dynamodb:Query dynamodb:Scan dynamodb:BatchGetItem",
         {ARN("dynamodb", "table/${x}"), ARN("dynamodb", "table/${x}/index/*")}},
        {"AWS::Serverless::SimpleTable",
         "Write",
         "dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem dynamodb:BatchWriteItem",
         {ARN("dynamodb", "table/${x}"), ARN("dynamodb", "table/${x}/index/*")}},
        {"AWS::SQS::Queue",
         "Read",
         "sqs:ReceiveMessage sqs:GetQueueAttributes",
         {ARN("sqs", "${x}")}},
        {"AWS::SQS::Queue", "Write", "sqs:SendMessage sqs:DeleteMessage", {ARN("sqs", "${x}")}},
        {"AWS::SNS::Topic", "Write", "sns:Publish", {ARN("sns", "${x}")}},
        {"AWS::Lambda::Function",
         "Write",
         "lambda:InvokeFunction",
         {ARN("lambda", "function:${x}")}},
        {"AWS::Serverless::Function",
         "Write",
         "lambda:InvokeFunction",
         {ARN("lambda", "function:${x}")}},
};

/* Nodes that lie where at does. */
static struct tmpl_node *new_node(struct arena *arena, enum tmpl_kind kind, str text, size_t n,
                                  const struct tmpl_node *at) {
    struct tmpl_node *node = arena_new(arena, struct tmpl_node);
    node->kind = kind;
    node->start = at->start;
    node->end = at->end;
    node->text = text;
    node->members = arena_zalloc(arena, n * sizeof *node->members);
    node->n = n;
    for (size_t i = 0; i < n; i++)
        node->members[i].key_at = at->start;
    return node;
}

static void set_member(struct tmpl_node *map, size_t i, const char *key,
                       const struct tmpl_node *value) {
    map->members[i].key = str_c(key);
    map->members[i].value = (struct tmpl_node *)value;
}

static struct tmpl_node *list_of_actions(struct arena *arena, const char *actions,
                                         const struct tmpl_node *at) {
    size_t n = 1;
    for (const char *p = actions; *p; p++)
        n += *p == ' ';
    struct tmpl_node *list = new_node(arena, TMPL_LIST, STR_NONE, n, at);
    str rest = str_c(actions), one;
    for (size_t i = 0; i < n; i++) {
        str_cut(rest, ' ', &one, &rest);
        list->members[i].value = new_node(arena, TMPL_STRING, one, 0, at);
    }
    return list;
}

/* {"Fn::Sub": [text, {x: value}]} */
static struct tmpl_node *sub_of(struct arena *arena, const char *text,
                                const struct tmpl_node *value, const struct tmpl_node *at) {
    struct tmpl_node *own = new_node(arena, TMPL_MAP, STR_NONE, 1, at),
                     *pair = new_node(arena, TMPL_LIST, STR_NONE, 2, at),
                     *sub = new_node(arena, TMPL_MAP, STR_NONE, 1, at);
    set_member(own, 0, "x", value);
    pair->members[0].value = new_node(arena, TMPL_STRING, str_c(text), 0, at);
    pair->members[1].value = own;
    set_member(sub, 0, "Fn::Sub", pair);
    return sub;
}

static void add_made(struct audit_build *b, const struct audit_resource *owner,
                     const struct sam_template *what, const struct tmpl_node *value,
                     const struct tmpl_node *at, const struct audit_guard *guard) {
    struct arena *arena = b->t->arena;
    size_t n = what->resources[1] ? 2 : 1;
    struct tmpl_node *node = new_node(arena, TMPL_MAP, STR_NONE, 3, at),
                     *resources = new_node(arena, TMPL_LIST, STR_NONE, n, at);
    for (size_t i = 0; i < n; i++)
        resources->members[i].value = sub_of(arena, what->resources[i], value, at);
    set_member(node, 0, "Effect", new_node(arena, TMPL_STRING, S("Allow"), 0, at));
    set_member(node, 1, "Action", list_of_actions(arena, what->actions, at));
    set_member(node, 2, "Resource", resources);
    struct audit_statement *s = arena_new(arena, struct audit_statement);
    *s = (struct audit_statement){.kind = AUDIT_POLICY_ROLE,
                                  .owner = owner,
                                  .document = node,
                                  .node = node,
                                  .guard = guard,
                                  .is_made = true};
    AUDIT_APPEND(b->statements, s);
}

/* ---- Policies ---- */

static void add_managed(struct audit_build *b, const struct audit_resource *r,
                        const struct audit_value *value) {
    struct audit_managed *m = arena_new(b->t->arena, struct audit_managed);
    m->owner = r;
    m->value = *value;
    m->value.text = audit_text(b->t, value->node);
    AUDIT_APPEND(b->managed, m);
}

/* {S3ReadPolicy: {BucketName: x}} */
static void read_template(struct audit_build *b, const struct audit_resource *r,
                          const struct audit_value *value) {
    const struct tmpl_member *m = value->node->n ? &value->node->members[0] : NULL;
    for (size_t i = 0; m && i < ARRAY_LEN(templates); i++) {
        const struct tmpl_node *handed = tmpl_get(m->value, templates[i].parameter);
        if (str_is(m->key, templates[i].name) && handed)
            add_made(b, r, &templates[i], handed, value->node, value->guard);
    }
}

void audit_read_sam_policies(struct audit_build *b, const struct audit_resource *r) {
    struct audit_values values = audit_property(b->t, r, "Policies[]");
    for (size_t i = 0; i < values.n; i++) {
        const struct audit_value *v = &values.v[i];
        if (v->kind == AUDIT_ABSENT)
            continue;
        if (v->kind == AUDIT_UNKNOWN || v->node->kind != TMPL_MAP)
            add_managed(b, r, v);
        else if (tmpl_get(v->node, "Statement"))
            audit_read_document(b, r, AUDIT_POLICY_ROLE, v, NULL);
        else
            read_template(b, r, v);
    }
}

/* ---- Connectors ---- */

static void read_destination(struct audit_build *b, const struct audit_resource *source,
                             const struct tmpl_node *properties,
                             const struct tmpl_node *destination, const struct audit_guard *guard) {
    const struct tmpl_node *id = tmpl_get(destination, "Id");
    const struct audit_resource *r = audit_find(b->t, tmpl_text(id));
    struct audit_values permissions = audit_path(b->t, properties, guard, "Permissions[]");
    for (size_t i = 0; r && i < permissions.n; i++)
        for (size_t k = 0; k < ARRAY_LEN(connections); k++) {
            if (!str_is(r->type, connections[k].name) ||
                !str_is(permissions.v[i].text, connections[k].parameter))
                continue;
            struct tmpl_node *ref = new_node(b->t->arena, TMPL_MAP, STR_NONE, 1, id);
            set_member(ref, 0, "Ref", id);
            add_made(b, source, &connections[k], ref, destination, permissions.v[i].guard);
        }
}

static void read_destinations(struct audit_build *b, const struct audit_resource *source,
                              const struct tmpl_node *properties, const struct audit_guard *guard) {
    const struct tmpl_node *destination = tmpl_get(properties, "Destination");
    if (!tmpl_is(destination, TMPL_LIST)) {
        read_destination(b, source, properties, destination, guard);
        return;
    }
    for (size_t i = 0; i < destination->n; i++)
        read_destination(b, source, properties, destination->members[i].value, guard);
}

/* AWS::Serverless::Connector: from one resource to others. */
void audit_read_connector(struct audit_build *b, const struct audit_resource *r) {
    const struct audit_resource *source =
        audit_find(b->t, tmpl_text(tmpl_get(tmpl_get(r->properties, "Source"), "Id")));
    if (source)
        read_destinations(b, source, r->properties, r->guard);
}

/* Connectors of the resource itself, beside its Properties. */
void audit_read_own_connectors(struct audit_build *b, const struct audit_resource *r) {
    const struct tmpl_node *own = tmpl_get(r->body, "Connectors");
    for (size_t i = 0; tmpl_is(own, TMPL_MAP) && i < own->n; i++)
        read_destinations(b, r, tmpl_get(own->members[i].value, "Properties"), r->guard);
}
