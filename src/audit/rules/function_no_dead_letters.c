/*
 * Functions whose failed events are lost: no dead-letter queue and no destination for what is invoked
 * asynchronously, no redrive for the queue and no destination for the stream that feeds them.
 */
#include "audit/finding.h"
#include "audit/rules/tags_priv.h"
#include "audit/system.h"

/* ---- How it is invoked ---- */

/* What a function is invoked by, as far as the template says. Nothing known: an event, for all we know. */
struct uses {
    bool asynchronous; /* the service hands the event over and Lambda retries */
    bool synchronous;  /* the caller waits and gets the error */
    bool polled;       /* mappings */
};

/* Principals and SAM's kinds of events whose caller waits ("Invoking Lambda functions", developer guide). */
static bool is_synchronous(str who) {
    static const char *const names[] = {"apigateway.amazonaws.com",
                                        "elasticloadbalancing.amazonaws.com",
                                        "cognito-idp.amazonaws.com",
                                        "cognito-sync.amazonaws.com",
                                        "lex.amazonaws.com",
                                        "lexv2.amazonaws.com",
                                        "alexa-appkit.amazon.com",
                                        "edgelambda.amazonaws.com",
                                        "bedrock.amazonaws.com",
                                        "appsync.amazonaws.com",
                                        "secretsmanager.amazonaws.com",
                                        "vpc-lattice.amazonaws.com",
                                        "firehose.amazonaws.com",
                                        "states.amazonaws.com",
                                        "Api",
                                        "HttpApi",
                                        "Cognito",
                                        "AlexaSkill"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_is(who, names[i]))
            return true;
    return false;
}

/* SAM's kinds that are mappings. */
static bool is_polled(str kind) {
    static const char *const names[] = {"SQS", "DynamoDB",         "Kinesis",   "MSK",
                                        "MQ",  "SelfManagedKafka", "DocumentDB"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_is(kind, names[i]))
            return true;
    return false;
}

static void note_sam_events(const struct audit_template *t, const struct audit_function *f,
                            struct uses *u) {
    const struct tmpl_node *events = f->is_sam ? tmpl_get(f->r->properties, "Events") : NULL;
    for (size_t i = 0; events && events->kind == TMPL_MAP && i < events->n; i++) {
        str kind = tmpl_text(tmpl_get(events->members[i].value, "Type"));
        if (is_polled(kind))
            u->polled = true;
        else if (is_synchronous(kind))
            u->synchronous = true;
        else
            u->asynchronous = true;
    }
    if (f->is_sam && audit_has(t, f->r, "FunctionUrlConfig"))
        u->synchronous = true;
}

/* A state machine waits for its tasks, and retries and catches by itself. */
static bool is_task(const struct audit_template *t, const struct audit_function *f) {
    return audit_mentioned_by(t, "AWS::StepFunctions::StateMachine", NULL)[f->r->index] ||
           audit_mentioned_by(t, "AWS::Serverless::StateMachine", NULL)[f->r->index];
}

static struct uses uses_of(const struct audit_template *t, const struct audit_function *f) {
    struct uses u = {.synchronous = is_task(t, f)};
    for (const struct audit_trigger *i = t->system->triggers; i; i = i->next)
        u.asynchronous = u.asynchronous || i->target == f->r;
    for (const struct audit_permission *i = t->system->permissions; i; i = i->next) {
        if (i->function != f->r)
            continue;
        if (is_synchronous(i->principal))
            u.synchronous = true;
        else
            u.asynchronous = true;
    }
    for (const struct audit_mapping *i = t->system->mappings; i; i = i->next)
        u.polled = u.polled || i->function == f;
    for (const struct audit_resource *r = audit_first(t, "AWS::Lambda::Url"); r; r = r->next) {
        struct audit_values of = audit_property(t, r, "TargetFunctionArn");
        for (size_t i = 0; i < of.n; i++)
            u.synchronous = u.synchronous || (of.v[i].kind != AUDIT_ABSENT &&
                                              audit_invoked(t, of.v[i].node) == f->r);
    }
    note_sam_events(t, f, &u);
    return u;
}

/* ---- Where its failures go ---- */

/* A configuration of the function, or of one that cannot be told. */
static bool has_destination(const struct audit_template *t, const struct audit_function *f) {
    for (const struct audit_resource *r = audit_first(t, "AWS::Lambda::EventInvokeConfig"); r;
         r = r->next) {
        struct audit_values of = audit_property(t, r, "FunctionName");
        for (size_t i = 0; i < of.n; i++) {
            const struct audit_resource *target =
                of.v[i].kind == AUDIT_ABSENT ? NULL : audit_invoked(t, of.v[i].node);
            if ((target == f->r || !target) &&
                audit_has(t, r, "DestinationConfig.OnFailure.Destination"))
                return true;
        }
    }
    return false;
}

static bool keeps_events(const struct audit_template *t, const struct audit_function *f) {
    return audit_has(t, f->r, "DeadLetterConfig.TargetArn") ||
           (f->is_sam && (audit_has(t, f->r, "DeadLetterQueue") ||
                          audit_has(t, f->r, "EventInvokeConfig.DestinationConfig.OnFailure"))) ||
           has_destination(t, f);
}

/* ---- Telling, and a queue for it ---- */

/* A right of the role beside those that it has: in a list that is written here. */
static bool can_grant(const struct audit_template *t, const struct audit_function *f) {
    if (audit_property(t, f->r, "Role").n != 1)
        return false;
    if (!f->role)
        return f->is_sam && !audit_has(t, f->r, "Role");
    if (!audit_is(f->role, "AWS::IAM::Role") || !f->role->properties)
        return false;
    const struct tmpl_node *policies = tmpl_get(f->role->properties, "Policies");
    return !policies || tmpl_is(policies, TMPL_LIST);
}

static void grant(struct audit_finding *finding, const struct audit_function *f, str queue) {
    if (!f->role)
        return; /* SAM gives the role that it makes the right */
    const struct tmpl_node *policies = tmpl_get(f->role->properties, "Policies");
    const char *in = policies ? "" : "  "; /* behind a dash */
    str policy = arena_printf(finding->template->arena,
                              "PolicyName: " STR_FMT "\n"
                              "%sPolicyDocument:\n"
                              "%s  Version: '2012-10-17'\n"
                              "%s  Statement:\n"
                              "%s    - Effect: Allow\n"
                              "%s      Action: sqs:SendMessage\n"
                              "%s      Resource: !GetAtt " STR_FMT ".Arn\n",
                              STR_ARG(queue), in, in, in, in, in, in, STR_ARG(queue));
    if (policies)
        audit_fix_append(finding, policies, STR_FMT, STR_ARG(policy));
    else
        audit_fix_property(finding, f->role, "Policies", "- " STR_FMT, STR_ARG(policy));
}

static void write_tags(struct buf *out, str tags) {
    str line;
    for (bool more = tags.len > 0; more && tags.len;) {
        more = str_cut(tags, '\n', &line, &tags);
        buf_printf(out, "    " STR_FMT "\n", STR_ARG(line));
    }
}

/* A new queue behind a resource; its name. */
static str add_queue(struct audit_template *t, struct audit_finding *finding,
                     const struct audit_resource *behind, bool is_fifo) {
    str queue =
        audit_new_name(t, arena_printf(t->arena, STR_FMT "DeadLetters", STR_ARG(behind->name)));
    CLEANUP_DEINIT(buf) struct buf tags = {0};
    write_tags(&tags, audit_tags_for_new(t, "AWS::SQS::Queue"));
    audit_fix_resource(finding, behind, queue,
                       "Type: AWS::SQS::Queue\n"
                       "DeletionPolicy: Delete\n"
                       "UpdateReplacePolicy: Delete\n"
                       "Properties:\n"
                       "%s"
                       "  MessageRetentionPeriod: 1209600\n"
                       "  SqsManagedSseEnabled: true\n"
                       "%s%s",
                       is_fifo ? "  FifoQueue: true\n" : "", tags.len ? "  Tags:\n" : "",
                       buf_cstr(&tags));
    return queue;
}

static void keep_events(struct audit_template *t, struct audit_finding *finding,
                        const struct audit_function *f) {
    if (!finding || !can_grant(t, f))
        return;
    str queue = add_queue(t, finding, f->r, false);
    if (f->is_sam)
        audit_fix_property(finding, f->r, "DeadLetterQueue",
                           "Type: SQS\nTargetArn: !GetAtt " STR_FMT ".Arn\n", STR_ARG(queue));
    else
        audit_fix_property(finding, f->r, "DeadLetterConfig.TargetArn", "!GetAtt " STR_FMT ".Arn",
                           STR_ARG(queue));
    grant(finding, f, queue);
}

/* A queue hands on by itself, without a right of anybody's; to one of its own kind. */
static void redrive(struct audit_template *t, struct audit_finding *finding,
                    const struct audit_resource *source) {
    enum { RECEIVES = 5 }; /* "at least 5": Using Lambda with Amazon SQS, developer guide */
    struct audit_values fifo = audit_property(t, source, "FifoQueue");
    if (!finding || fifo.n != 1 || fifo.v[0].kind == AUDIT_UNKNOWN)
        return;
    str queue = add_queue(t, finding, source, audit_is_true(&fifo.v[0]));
    audit_fix_property(finding, source, "RedrivePolicy",
                       "deadLetterTargetArn: !GetAtt " STR_FMT ".Arn\nmaxReceiveCount: %d\n",
                       STR_ARG(queue), RECEIVES);
}

/* What has the outcome of a failed batch sent elsewhere; brokers do not. */
static bool is_stream(const struct audit_resource *source) {
    return audit_is(source, "AWS::DynamoDB::Table") ||
           audit_is(source, "AWS::DynamoDB::GlobalTable") ||
           audit_is(source, "AWS::Kinesis::Stream");
}

/* The function's role sends there what its mapping gives up. */
static void keep_records(struct audit_template *t, struct audit_finding *finding,
                         const struct audit_mapping *m) {
    if (!finding || !audit_is(m->owner, "AWS::Lambda::EventSourceMapping") || !m->function->role ||
        !can_grant(t, m->function))
        return;
    str queue = add_queue(t, finding, m->owner, false);
    audit_fix_property(finding, m->owner, "DestinationConfig.OnFailure.Destination",
                       "!GetAtt " STR_FMT ".Arn", STR_ARG(queue));
    grant(finding, m->function, queue);
}

static void check_mapping(struct audit_template *t, const struct audit_mapping *m) {
    const struct audit_resource *source = m->source;
    if (audit_is(source, "AWS::SQS::Queue")) {
        if (!audit_has(t, source, "RedrivePolicy"))
            redrive(t,
                    audit_tell(t, &audit_rule_function_no_dead_letters, source, m->guard,
                               "the queue that " STR_FMT
                               " takes its work from has no dead-letter queue",
                               STR_ARG(m->function->r->name)),
                    source);
        return;
    }
    if (!is_stream(source))
        return;
    struct audit_values to =
        audit_path(t, m->node, m->guard, "DestinationConfig.OnFailure.Destination");
    for (size_t i = 0; i < to.n; i++)
        if (to.v[i].kind != AUDIT_ABSENT)
            return;
    keep_records(t,
                 audit_tell(t, &audit_rule_function_no_dead_letters, m->owner, m->guard,
                            "records of " STR_FMT " that " STR_FMT " cannot process are dropped",
                            STR_ARG(source->name), STR_ARG(m->function->r->name)),
                 m);
}

static void check(struct audit_template *t) {
    if (t->is_partial)
        return;
    for (const struct audit_mapping *m = t->system->mappings; m; m = m->next)
        if (m->function && m->function->is_image_work)
            check_mapping(t, m);
    for (const struct audit_function *f = t->system->functions; f; f = f->next) {
        struct uses u = uses_of(t, f);
        if (!f->is_image_work || keeps_events(t, f) ||
            (!u.asynchronous && (u.synchronous || u.polled)))
            continue;
        keep_events(t,
                    audit_tell(t, &audit_rule_function_no_dead_letters, f->r, NULL,
                               "the function has neither a dead-letter queue nor a destination for "
                               "events that it cannot process"),
                    f);
    }
}

const struct audit_rule audit_rule_function_no_dead_letters = {
    .id = "function-no-dead-letters",
    .class = 5,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Function whose failed events are lost",
    .why = "after two retries Lambda drops the event, and nobody can tell which picture is missing",
    .fix =
        "give it a DeadLetterConfig, or an OnFailure destination, and its role sqs:SendMessage; a "
        "queue that feeds it needs a RedrivePolicy",
    .bad = "Resources:\n"
           "  Resize:\n"
           "    Type: AWS::Lambda::Function\n",
    .good = "Resources:\n"
            "  Failed:\n"
            "    Type: AWS::SQS::Queue\n"
            "  Resize:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      DeadLetterConfig: {TargetArn: !GetAtt Failed.Arn}\n",
    .check = check,
};
