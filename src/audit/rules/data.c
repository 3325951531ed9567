/* Which resources of a template hold data, and what becomes of them when the stack goes. */
#include "audit/rules/data_priv.h"
#include "audit/rules/words_priv.h"

const char *const audit_data_tables[] = {"AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable",
                                         "AWS::Serverless::SimpleTable", NULL};
static const char *const data_types[] = {"AWS::S3::Bucket",
                                         "AWS::DynamoDB::Table",
                                         "AWS::DynamoDB::GlobalTable",
                                         "AWS::Serverless::SimpleTable",
                                         "AWS::SQS::Queue",
                                         NULL};

/* One a resource, all false. */
static bool *new_marks(const struct audit_template *t) {
    return arena_zalloc(t->arena, t->n_resources * sizeof(bool) + 1);
}

/* ---- Queues of what could not be processed ---- */

/* Members whose value names such a queue, whatever they are a member of. */
static const char *const dead_letter_members[] = {
    "deadLetterTargetArn",              /* RedrivePolicy of queues and subscriptions */
    "DeadLetterConfig",                 /* functions, rules, schedules, SAM events */
    "DeadLetterQueue",                  /* SAM functions */
    "DeadLetterArn",       "OnFailure", /* DestinationConfig; EventInvokeConfig */
};

static bool is_dead_letter_member(str key) {
    for (size_t i = 0; key.p && i < ARRAY_LEN(dead_letter_members); i++)
        if (str_is(key, dead_letter_members[i]))
            return true;
    return false;
}

/* As deep as a template is: TMPL_MAX_DEPTH. */
static void mark_named(const struct audit_template *t, const struct tmpl_node *node, bool *is_dead,
                       bool is_within) {
    const struct tmpl_member *f = tmpl_function(node);
    if (is_within && node->n == 0 && node->kind != TMPL_STRING)
        return;
    if (is_within && (f ? !str_is(f->key, "Fn::If") : node->kind == TMPL_STRING)) {
        const struct audit_resource *queue = audit_target(t, node, NULL);
        if (queue)
            is_dead[queue->index] = true;
        return;
    }
    for (size_t i = 0; i < node->n; i++)
        mark_named(t, node->members[i].value, is_dead,
                   is_within || is_dead_letter_member(node->members[i].key));
}

/* "ImagesDLQ", "image-dead-letters-dev", "dlqueue". */
static bool is_called_dead(str name) {
    return str_glob(S("*dlq*"), name, true) || str_glob(S("*dead*letter*"), name, true);
}

/*
 * By a resource's index in t->resources: is it a queue for what could not be processed? Something
 * names it as such (a redrive policy, a function's or rule's dead letters, a destination of failures),
 * or its own name does. One walk over the template.
 */
static const bool *dead_letters(const struct audit_template *t) {
    bool *is_dead = new_marks(t);
    const struct audit_resource *queue = audit_first(t, "AWS::SQS::Queue");
    if (!queue)
        return is_dead;
    for (size_t i = 0; i < t->n_resources; i++)
        if (t->resources[i].properties)
            mark_named(t, t->resources[i].properties, is_dead, false);
    for (; queue; queue = queue->next)
        is_dead[queue->index] |=
            is_called_dead(queue->name) || is_called_dead(audit_name(t, queue));
    return is_dead;
}

/* ---- Buckets of another kind, and copies ---- */

/* Adds the resources that a property of the type's resources names. */
static void mark_targets(const struct audit_template *t, const char *type, const char *path,
                         bool *marks) {
    const bool *named = audit_named_at(t, type, path);
    for (size_t i = 0; i < t->n_resources; i++)
        marks[i] |= named[i];
}

const bool *audit_data_log_buckets(const struct audit_template *t) {
    bool *marks = new_marks(t);
    mark_targets(t, "AWS::S3::Bucket", "LoggingConfiguration.DestinationBucketName", marks);
    mark_targets(t, "AWS::CloudTrail::Trail", "S3BucketName", marks);
    mark_targets(t, "AWS::CloudFront::Distribution", "DistributionConfig.Logging.Bucket", marks);
    for (const struct audit_resource *r = audit_first(t, "AWS::S3::Bucket"); r; r = r->next)
        marks[r->index] |= str_is(audit_text_of(t, r, "AccessControl"), "LogDeliveryWrite");
    return marks;
}

/* Does a selection of AWS Backup take what it does not name: by tags, by a pattern, by what is not known? */
static bool takes_others(const struct audit_template *t, const struct audit_resource *selection) {
    if (audit_has(t, selection, "BackupSelection.ListOfTags[]") ||
        audit_has(t, selection, "BackupSelection.Conditions"))
        return true;
    struct audit_values values = audit_property(t, selection, "BackupSelection.Resources[]");
    for (size_t i = 0; i < values.n; i++) {
        str text = values.v[i].kind == AUDIT_ABSENT ? STR_NONE : audit_text(t, values.v[i].node);
        if (str_starts(text, S("${?}")) || str_ends(text, S("*")))
            return true;
    }
    return false;
}

const bool *audit_data_copies(const struct audit_template *t) {
    static const char selection[] = "AWS::Backup::BackupSelection";
    bool *marks = new_marks(t);
    mark_targets(t, "AWS::S3::Bucket", "ReplicationConfiguration.Rules[].Destination.Bucket",
                 marks);
    mark_targets(t, selection, "BackupSelection.Resources[]", marks);
    for (const struct audit_resource *s = audit_first(t, selection); s; s = s->next)
        if (takes_others(t, s))
            memset(marks, true, t->n_resources * sizeof *marks);
    return marks;
}

bool audit_data_is_passing(const struct audit_template *t, const struct audit_resource *table) {
    static const char *const words = "lock locks locking idempotency idempotent session sessions "
                                     "connection connections cache caches dedup deduplication";
    return audit_words_any(table->name, words) || audit_words_any(audit_name(t, table), words);
}

/* ---- Policies of deletion ---- */

static const char *kind_of(const struct audit_resource *r) {
    return audit_is(r, "AWS::S3::Bucket")   ? "bucket"
           : audit_is(r, "AWS::SQS::Queue") ? "queue"
                                            : "table";
}

static void tell_one(struct audit_template *t, const struct audit_resource *r,
                     const char *attribute, const struct audit_rule *missing,
                     const struct audit_rule *deletes, const char *value) {
    struct audit_values values = audit_values(t, tmpl_get(r->body, attribute), NULL);
    /* What keeps it under one condition is deliberate under the others. */
    for (size_t i = 0; i < values.n; i++)
        if (values.v[i].kind == AUDIT_UNKNOWN ||
            (values.v[i].kind == AUDIT_LITERAL && !str_is(values.v[i].text, "Delete")))
            return;
    for (size_t i = 0; i < values.n; i++) {
        const struct audit_value *v = &values.v[i];
        struct audit_finding *f = NULL;
        if (v->kind == AUDIT_LITERAL) {
            f = audit_tell_node(t, deletes, r, v->node, v->guard, "the %s's %s is Delete",
                                kind_of(r), attribute);
            audit_fix_replace(f, v->node, "%s", value);
        } else if (values.n == 1 && !t->is_partial) {
            f = audit_tell(t, missing, r, NULL, "the %s has no %s", kind_of(r), attribute);
            audit_fix_attribute(f, r, attribute, "%s", value);
        }
    }
}

void audit_data_tell_policy(struct audit_template *t, const char *attribute,
                            const struct audit_rule *missing, const struct audit_rule *deletes,
                            const char *value) {
    const bool *is_dead = dead_letters(t);
    for (size_t k = 0; data_types[k]; k++)
        for (const struct audit_resource *r = audit_first(t, data_types[k]); r; r = r->next)
            if (!is_dead[r->index])
                tell_one(t, r, attribute, missing, deletes, value);
}
