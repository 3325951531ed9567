/*
 * Functions that write what invokes them again. Their code says so: where it writes, and under which
 * key. Where the code cannot be seen, their rights say it, if they allow to write there and nowhere else.
 */
#include "audit/rules/flow_priv.h"
#include "audit/rules/key_trace_priv.h"

#include "base/ascii.h"

/* ---- What a trigger invokes ---- */

typedef void invoked_fn(struct audit_template *t, const struct audit_trigger *trigger,
                        const struct audit_function *f);

/* The function itself, or those that read the queue or listen to the topic. */
static void each_invoked(struct audit_template *t, const struct audit_trigger *trigger,
                         invoked_fn *fn) {
    const struct audit_function *f = audit_function_of(t, trigger->target);
    if (f) {
        fn(t, trigger, f);
        return;
    }
    for (const struct audit_mapping *m = t->system->mappings; m; m = m->next)
        if (m->function && m->source == trigger->target)
            fn(t, trigger, m->function);
    const struct audit_resource *r = audit_is(trigger->target, "AWS::SNS::Topic")
                                         ? audit_first(t, "AWS::SNS::Subscription")
                                         : NULL;
    for (; r; r = r->next) {
        struct audit_values topic = audit_property(t, r, "TopicArn"),
                            end = audit_property(t, r, "Endpoint");
        if (topic.v[0].kind == AUDIT_ABSENT || end.v[0].kind == AUDIT_ABSENT ||
            audit_target(t, topic.v[0].node, NULL) != trigger->target)
            continue;
        f = audit_function_of(t, audit_invoked(t, end.v[0].node));
        if (f)
            fn(t, trigger, f);
    }
}

/* ---- Keys ---- */

/* A literal variable of the function's environment. */
static str variable_text(const struct audit_template *t, const struct audit_function *f, str name) {
    str path = arena_printf(t->arena, "Environment.Variables." STR_FMT, STR_ARG(name));
    return audit_text_of(t, f->r, path.p);
}

/* Variables that are known are literals; literals that follow each other are one. */
static void join_literals(const struct audit_template *t, const struct audit_function *f,
                          struct key_parts *parts) {
    size_t n = 0;
    for (size_t i = 0; i < parts->n; i++) {
        struct key_part p = parts->v[i];
        if (p.kind == KEY_ENVIRONMENT) {
            str text = variable_text(t, f, p.text);
            p = (struct key_part){.kind = text.p ? KEY_LITERAL : KEY_UNKNOWN, .text = text};
        }
        if (n && p.kind == KEY_LITERAL && parts->v[n - 1].kind == KEY_LITERAL)
            parts->v[n - 1].text = arena_printf(t->arena, STR_FMT STR_FMT,
                                                STR_ARG(parts->v[n - 1].text), STR_ARG(p.text));
        else
            parts->v[n++] = p;
    }
    parts->n = n;
}

/* Does a key that is put together so begin with the prefix? False where it cannot be told. */
static bool has_prefix(const struct audit_template *t, const struct key_parts *parts, str prefix) {
    const struct key_part *p = &parts->v[0];
    if (prefix.len == 0 || p->kind == KEY_OF_EVENT)
        return true;
    if (p->kind == KEY_LITERAL)
        return str_starts(p->text, prefix);
    if (p->kind != KEY_OF_EVENT_EDITED)
        return false;
    if (!str_starts(prefix, p->from))
        return str_find(prefix, p->from) < 0;
    return str_starts(arena_printf(t->arena, STR_FMT STR_FMT, STR_ARG(p->text),
                                   STR_ARG(str_skip(prefix, p->from.len))),
                      prefix);
}

static bool has_suffix(const struct key_parts *parts, str suffix) {
    const struct key_part *p = &parts->v[parts->n - 1];
    if (suffix.len == 0 || p->kind == KEY_OF_EVENT)
        return true;
    if (p->kind == KEY_OF_EVENT_EDITED)
        return str_find(suffix, p->from) < 0;
    return p->kind == KEY_LITERAL && str_ends(p->text, suffix);
}

/* The literal beginning of what is written, for the message and for what asks for it. */
static str beginning(const struct key_parts *parts) {
    const struct key_part *p = &parts->v[0];
    return p->kind == KEY_LITERAL || p->kind == KEY_OF_EVENT_EDITED ? p->text : S("");
}

/*
 * Does the code ask for the beginning of what it writes, to leave such objects alone? A call of
 * startswith or the like, or Python's `in`.
 */
static bool is_guarded(const struct audit_code *code, str written) {
    static const char *const asks[] = {"startswith", "startsWith", "endswith",
                                       "endsWith",   "includes",   "match",
                                       "test",       "indexOf",    NULL};
    for (uint32_t i = 0; i < code->n_calls; i++) {
        const struct code_call *call = &code->calls[i];
        if (!audit_flow_is_one_of(call->callee, asks))
            continue;
        for (uint32_t k = call->open; k < call->close && written.len; k++) {
            str text = code->tokens[k].kind == CODE_STRING ? audit_code_word(code, k) : STR_NONE;
            if (text.len && (str_find(written, text) >= 0 || str_find(text, written) >= 0))
                return true;
        }
    }
    for (uint32_t k = 0; k + 1 < code->n_tokens && written.len; k++)
        if (code->tokens[k].kind == CODE_STRING && audit_code_is(code, k + 1, "in") &&
            audit_code_word(code, k).len && str_find(written, audit_code_word(code, k)) >= 0)
            return true;
    return false;
}

/* Code that looks at an object's metadata or tags may know what it has done already. */
static bool looks_first(const struct audit_code *code) {
    struct code_aws aws;
    for (uint32_t i = 0; i < code->n_calls; i++)
        if (audit_code_aws(code, &code->calls[i], &aws) && str_is(str_c(aws.service), "s3") &&
            (strcmp(aws.operation, "HeadObject") == 0 ||
             strcmp(aws.operation, "GetObjectTagging") == 0))
            return true;
    return false;
}

/* ---- Writes of the code ---- */

static bool is_bucket(const struct audit_template *t, const struct audit_function *f,
                      const struct audit_trigger *trigger, const struct key_parts *parts) {
    const struct key_part *p = &parts->v[0];
    if (parts->n != 1)
        return false;
    if (p->kind == KEY_BUCKET_OF_EVENT)
        return true;
    if (p->kind == KEY_LITERAL)
        return trigger->bucket && str_eq(audit_name(t, trigger->bucket), p->text);
    if (p->kind != KEY_ENVIRONMENT)
        return false;
    str path = arena_printf(t->arena, "Environment.Variables." STR_FMT, STR_ARG(p->text));
    struct audit_values values = audit_property(t, f->r, path.p);
    for (size_t i = 0; i < values.n; i++) {
        if (values.v[i].kind == AUDIT_ABSENT)
            continue;
        const struct audit_resource *r = audit_target(t, values.v[i].node, NULL);
        if (trigger->bucket ? r == trigger->bucket
                            : trigger->bucket_name.len &&
                                  str_eq(audit_text(t, values.v[i].node), trigger->bucket_name))
            return true;
    }
    return false;
}

static bool makes_objects(const struct code_aws *aws) {
    static const char *const operations[] = {"PutObject", "CopyObject", "CreateMultipartUpload"};
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        if (str_is(str_c(aws->service), "s3") && strcmp(aws->operation, operations[i]) == 0)
            return true;
    return false;
}

static void check_call(struct audit_template *t, const struct audit_trigger *trigger,
                       const struct audit_function *f, const struct audit_code *code,
                       const struct code_call *call) {
    struct code_aws aws;
    struct key_parts bucket, key;
    uint32_t first, end;
    if (!audit_code_aws(code, call, &aws) || !makes_objects(&aws) ||
        !audit_code_argument(code, call, "Bucket", &first, &end))
        return;
    audit_key_trace(t->arena, code, first, end, &bucket);
    if (!is_bucket(t, f, trigger, &bucket) || !audit_code_argument(code, call, "Key", &first, &end))
        return;
    audit_key_trace(t->arena, code, first, end, &key);
    join_literals(t, f, &key);
    bool is_open = !trigger->prefix.p && !trigger->suffix.p && trigger->has_filter;
    if (is_open || !has_prefix(t, &key, trigger->prefix) || !has_suffix(&key, trigger->suffix) ||
        is_guarded(code, beginning(&key)) || looks_first(code))
        return;
    str of = trigger->bucket ? trigger->bucket->name : S("the bucket");
    audit_tell_code(t, &audit_rule_notification_loop, f, code, call->token, call->close,
                    "what the function writes into " STR_FMT "%s" STR_FMT " invokes it again",
                    STR_ARG(of), trigger->prefix.len ? " under " : "", STR_ARG(trigger->prefix));
}

/* ---- Rights, where the code is not seen ---- */

struct rights {
    struct audit_template *t;
    const struct audit_trigger *trigger;
    bool may_put;
    bool is_here, is_elsewhere;
    const struct tmpl_node *node;
};

static void note_action(void *ctx, const struct audit_value *value) {
    struct rights *r = ctx;
    str text = value->text;
    r->may_put |= str_starts_nocase(text, S("s3:")) && str_glob(text, S("s3:PutObject"), true);
}

/* A pattern of keys all of which the trigger takes. */
static void note_resource(void *ctx, const struct audit_value *value) {
    struct rights *r = ctx;
    str rest, text = audit_text(r->t, value->node);
    const struct audit_resource *of = audit_target_of_text(r->t, text, &rest);
    bool is_objects = str_starts(rest, S("/"));
    if (of != r->trigger->bucket || !of) {
        r->is_elsewhere |= !of || is_objects;
        return;
    }
    if (!is_objects)
        return;
    str keys = str_skip(rest, 1);
    bool is_taken = !r->trigger->has_filter || (r->trigger->prefix.len && !r->trigger->suffix.p &&
                                                str_starts(keys, r->trigger->prefix));
    r->is_here |= is_taken;
    r->is_elsewhere |= !is_taken;
}

static bool is_policy_of(const struct audit_template *t, const struct audit_statement *s,
                         const struct audit_function *f) {
    if (s->kind != AUDIT_POLICY_ROLE || s->is_deny)
        return false;
    if (s->owner == f->r || (f->role && s->owner == f->role))
        return true;
    if (!audit_is(s->owner, "AWS::IAM::Policy") && !audit_is(s->owner, "AWS::IAM::ManagedPolicy"))
        return false;
    struct audit_values roles = audit_property(t, s->owner, "Roles[]");
    for (size_t i = 0; i < roles.n && f->role; i++)
        if (roles.v[i].kind != AUDIT_ABSENT && audit_target(t, roles.v[i].node, NULL) == f->role)
            return true;
    return false;
}

static void check_rights(struct audit_template *t, const struct audit_trigger *trigger,
                         const struct audit_function *f) {
    struct rights r = {.t = t, .trigger = trigger};
    for (const struct audit_statement *s = t->system->statements; s; s = s->next) {
        if (!is_policy_of(t, s, f))
            continue;
        r.may_put = false;
        audit_statement_each(t, s, "Action", note_action, &r);
        if (r.may_put)
            audit_statement_each(t, s, "Resource", note_resource, &r);
    }
    if (!r.is_here || r.is_elsewhere)
        return;
    const struct tmpl_node *node = trigger->node;
    if (node == trigger->owner->properties)
        audit_tell(t, &audit_rule_notification_loop, trigger->owner, trigger->guard,
                   STR_FMT " may write into the bucket that invokes it, and nowhere else",
                   STR_ARG(f->r->name));
    else
        audit_tell_node(t, &audit_rule_notification_loop, trigger->owner, node, trigger->guard,
                        STR_FMT " may write into the bucket that invokes it, and nowhere else",
                        STR_ARG(f->r->name));
}

static void check_function(struct audit_template *t, const struct audit_trigger *trigger,
                           const struct audit_function *f) {
    if (!f->code) {
        if (trigger->bucket)
            check_rights(t, trigger, f);
        return;
    }
    for (const struct audit_code *code = f->code; code; code = code->next)
        for (uint32_t i = 0; i < code->n_calls && !code->is_damaged; i++)
            check_call(t, trigger, f, code, &code->calls[i]);
}

static void check(struct audit_template *t) {
    for (const struct audit_trigger *i = t->system->triggers; i; i = i->next)
        if (i->target && i->is_created)
            each_invoked(t, i, check_function);
}

const struct audit_rule audit_rule_notification_loop = {
    .id = "notification-loop",
    .class = 10,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_PIPELINE,
    .title = "Function that invokes itself by what it writes",
    .why = "each object that it writes invokes it again, without end, and every round is paid",
    .fix =
        "write into another bucket, or filter the notification by a prefix that is not written to",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n"
           "    Properties:\n"
           "      NotificationConfiguration:\n"
           "        LambdaConfigurations:\n"
           "          - Event: s3:ObjectCreated:*\n"
           "            Function: !GetAtt Thumbnails.Arn\n"
           "  Thumbnails:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: python3.12\n"
           "      Handler: index.handler\n"
           "      Code:\n"
           "        ZipFile: |\n"
           "          import boto3\n"
           "          s3 = boto3.client('s3')\n"
           "          def handler(event, context):\n"
           "              for record in event['Records']:\n"
           "                  bucket = record['s3']['bucket']['name']\n"
           "                  key = record['s3']['object']['key']\n"
           "                  s3.put_object(Bucket=bucket, Key='thumbs/' + key, Body=b'')\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    Properties:\n"
            "      NotificationConfiguration:\n"
            "        LambdaConfigurations:\n"
            "          - Event: s3:ObjectCreated:*\n"
            "            Filter: {S3Key: {Rules: [{Name: prefix, Value: uploads/}]}}\n"
            "            Function: !GetAtt Thumbnails.Arn\n"
            "  Thumbnails:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: python3.12\n"
            "      Handler: index.handler\n"
            "      Code:\n"
            "        ZipFile: |\n"
            "          import boto3\n"
            "          s3 = boto3.client('s3')\n"
            "          def handler(event, context):\n"
            "              for record in event['Records']:\n"
            "                  bucket = record['s3']['bucket']['name']\n"
            "                  key = record['s3']['object']['key']\n"
            "                  s3.put_object(Bucket=bucket, Key='thumbs/' + key, Body=b'')\n",
    .check = check,
};
