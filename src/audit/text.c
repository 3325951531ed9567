/* audit/text: texts as far as they are written, and the resources that they name. */
#include "audit/audit_priv.h"

/* ---- Texts ---- */

enum { MOST_LEVELS = 16, MOST_TEXT = 64 << 10 };

static bool add_text(const struct audit_template *t, struct buf *out, const struct tmpl_node *node,
                     unsigned level);

static void add_sub(const struct audit_template *t, struct buf *out, const struct tmpl_node *value,
                    unsigned level) {
    const struct tmpl_node *text = value, *own = NULL;
    if (value->kind == TMPL_LIST && value->n == 2) {
        text = value->members[0].value;
        own = value->members[1].value;
    }
    if (text->kind != TMPL_STRING) {
        buf_c(out, "${?}");
        return;
    }
    str piece;
    size_t at = 0;
    for (enum tmpl_sub what; (what = tmpl_sub_next(text->text, &at, &piece)) != TMPL_SUB_END;) {
        const struct tmpl_member *m = what == TMPL_SUB_NAME ? tmpl_member(own, piece) : NULL;
        if (what == TMPL_SUB_TEXT)
            buf_str(out, piece);
        else if (m && !add_text(t, out, m->value, level + 1))
            buf_c(out, "${?}");
        else if (!m)
            buf_printf(out, "${" STR_FMT "}", STR_ARG(piece));
    }
}

static void add_join(const struct audit_template *t, struct buf *out, const struct tmpl_node *value,
                     unsigned level) {
    const struct tmpl_node *list =
        value->kind == TMPL_LIST && value->n == 2 ? value->members[1].value : NULL;
    str between = list ? tmpl_text(value->members[0].value) : STR_NONE;
    if (!tmpl_is(list, TMPL_LIST) || !between.p) {
        buf_c(out, "${?}");
        return;
    }
    for (size_t i = 0; i < list->n; i++) {
        buf_str(out, i ? between : S(""));
        if (!add_text(t, out, list->members[i].value, level + 1))
            buf_c(out, "${?}");
    }
}

static void add_get_att(struct buf *out, const struct tmpl_node *value) {
    str text = tmpl_text(value);
    if (text.p)
        buf_printf(out, "${" STR_FMT "}", STR_ARG(text));
    else if (value->kind == TMPL_LIST && value->n == 2 && tmpl_text(value->members[0].value).p &&
             tmpl_text(value->members[1].value).p)
        buf_printf(out, "${" STR_FMT "." STR_FMT "}", STR_ARG(tmpl_text(value->members[0].value)),
                   STR_ARG(tmpl_text(value->members[1].value)));
    else
        buf_c(out, "${?}");
}

/* Another function: where it is one literal under all conditions, that. */
static void add_value(const struct audit_template *t, struct buf *out,
                      const struct tmpl_node *node) {
    struct audit_values values = audit_values(t, node, NULL);
    bool is_text = values.n == 1 && values.v[0].kind == AUDIT_LITERAL && values.v[0].text.p;
    buf_str(out, is_text ? values.v[0].text : S("${?}"));
}

/* False: node is a list or map that is no function. */
static bool add_text(const struct audit_template *t, struct buf *out, const struct tmpl_node *node,
                     unsigned level) {
    const struct tmpl_member *f = tmpl_function(node);
    if (!f) {
        str text = tmpl_text(node);
        buf_str(out, text);
        return text.p != NULL;
    }
    if (level > MOST_LEVELS || out->len > MOST_TEXT || !audit_takes_step(t))
        buf_c(out, "${?}");
    else if (str_is(f->key, "Ref") && tmpl_text(f->value).p)
        buf_printf(out, "${" STR_FMT "}", STR_ARG(tmpl_text(f->value)));
    else if (str_is(f->key, "Fn::Sub"))
        add_sub(t, out, f->value, level);
    else if (str_is(f->key, "Fn::Join"))
        add_join(t, out, f->value, level);
    else if (str_is(f->key, "Fn::GetAtt"))
        add_get_att(out, f->value);
    else
        add_value(t, out, node);
    return true;
}

str audit_text(const struct audit_template *t, const struct tmpl_node *node) {
    if (!node)
        return STR_NONE;
    if (!tmpl_function(node))
        return tmpl_text(node);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    audit_enter(t);
    bool is_text = add_text(t, &text, node, 0);
    audit_leave(t);
    return is_text ? arena_str(t->arena, buf_view(&text)) : STR_NONE;
}

/* ---- Names ---- */

/* What names a resource, and how its ARN goes on behind "arn:P:SERVICE:R:A:" ("" for S3). */
static const struct {
    const char *type, *property, *service, *before;
} names[] = {
    {"AWS::S3::Bucket", "BucketName", "s3", ""},
    {"AWS::DynamoDB::Table", "TableName", "dynamodb", "table/"},
    {"AWS::DynamoDB::GlobalTable", "TableName", "dynamodb", "table/"},
    {"AWS::Serverless::SimpleTable", "TableName", "dynamodb", "table/"},
    {"AWS::Lambda::Function", "FunctionName", "lambda", "function:"},
    {"AWS::Serverless::Function", "FunctionName", "lambda", "function:"},
    {"AWS::SNS::Topic", "TopicName", "sns", ""},
    {"AWS::SQS::Queue", "QueueName", "sqs", ""},
    {"AWS::Logs::LogGroup", "LogGroupName", "logs", "log-group:"},
    {"AWS::IAM::Role", "RoleName", "iam", "role/"},
    {"AWS::CloudWatch::Alarm", "AlarmName", "cloudwatch", "alarm:"},
    {"AWS::CloudWatch::Dashboard", "DashboardName", "cloudwatch", "dashboard/"},
};

const char *audit_name_property(str type) {
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_is(type, names[i].type))
            return names[i].property;
    return NULL;
}

str audit_name(const struct audit_template *t, const struct audit_resource *r) {
    const char *property = audit_name_property(r->type);
    if (!property)
        return STR_NONE;
    struct audit_values values = audit_property(t, r, property);
    return values.n == 1 && values.v[0].kind != AUDIT_ABSENT ? audit_text(t, values.v[0].node)
                                                             : STR_NONE;
}

/* "${Bucket}", "${Bucket.Arn}" at the beginning of text. */
static const struct audit_resource *by_reference(const struct audit_template *t, str text,
                                                 str *ret_rest) {
    ptrdiff_t close = str_starts(text, S("${")) ? str_chr(text, '}') : -1;
    if (close < 0)
        return NULL;
    str name, attribute;
    str_cut(str_slice(text, 2, (size_t)close), '.', &name, &attribute);
    *ret_rest = str_skip(text, (size_t)close + 1);
    return audit_find(t, name);
}

/* ---- The index of written names ---- */

/* A resource whose name is written, and the row of names that has its type. */
struct written {
    const struct audit_resource *r;
    size_t rank;
};

static str key_of(struct buf *out, const char *service, str name) {
    buf_clear(out);
    buf_c(out, service);
    buf_char(out, ':');
    buf_str(out, name);
    return buf_view(out);
}

/* The first of a type; of several types the first row of names. */
static void put_name(struct audit_template *t, const char *service, str name,
                     const struct audit_resource *r, size_t rank) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct written *w = map_get(&t->by_written, key_of(&text, service, name));
    if (w && w->rank <= rank)
        return;
    if (!w)
        map_put(&t->by_written, buf_view(&text), w = arena_new(t->arena, struct written));
    *w = (struct written){r, rank};
}

/* A name that has a part which cannot be told is not the same as another of that kind. */
void audit_index_names(struct audit_template *t) {
    for (size_t k = 0; k < ARRAY_LEN(names); k++)
        for (const struct audit_resource *r = audit_first(t, names[k].type); r; r = r->next) {
            str name = audit_name(t, r);
            if (name.len == 0 || str_find(name, S("${?}")) >= 0)
                continue;
            put_name(t, "", name, r, k);
            put_name(t, names[k].service, name, r, k);
        }
}

static const struct audit_resource *get_name(const struct audit_template *t, const char *service,
                                             str name) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    const struct written *w = map_get(&t->by_written, key_of(&text, service, name));
    return w ? w->r : NULL;
}

/* A name that begins text and ends there, or before a '/' or ':' that is in no "${...}". */
static const struct audit_resource *by_written_name(const struct audit_template *t, str text,
                                                    const char *service, str *ret_rest) {
    enum { MOST_CUTS = 16 };
    size_t braces = 0, cuts = 0;
    const struct audit_resource *found = NULL;
    for (size_t i = 0; i <= text.len && cuts < MOST_CUTS; i++) {
        bool is_cut = i == text.len || (!braces && (text.p[i] == '/' || text.p[i] == ':'));
        const struct audit_resource *r =
            is_cut ? get_name(t, service, str_slice(text, 0, i)) : NULL;
        cuts += is_cut;
        if (r) {
            found = r;
            *ret_rest = str_skip(text, i);
        }
        if (i < text.len) {
            braces += text.p[i] == '{';
            braces -= braces && text.p[i] == '}';
        }
    }
    return found;
}

/* What stands behind the account in an ARN of the service. */
static const struct audit_resource *by_name(const struct audit_template *t, str text,
                                            const char *service, str *ret_rest) {
    const struct audit_resource *r = by_reference(t, text, ret_rest);
    for (size_t i = 0; !r && i < ARRAY_LEN(names); i++) {
        str before = str_c(names[i].before);
        if (strcmp(names[i].service, service) != 0 || !str_starts(text, before))
            continue;
        r = by_reference(t, str_skip(text, before.len), ret_rest);
        if (!r)
            r = by_written_name(t, str_skip(text, before.len), service, ret_rest);
    }
    return r;
}

/* arn:PARTITION:SERVICE:REGION:ACCOUNT:REST, where a part may be "${AWS::Region}". */
static bool cut_arn(str text, str *ret_service, str *ret_rest) {
    *ret_service = STR_NONE;
    str part = STR_NONE;
    *ret_service = STR_NONE;
    for (int i = 0; i < 5; i++) {
        size_t n = 0, braces = 0;
        while (n < text.len && (braces || text.p[n] != ':')) {
            braces += n + 1 < text.len && text.p[n] == '$' && text.p[n + 1] == '{';
            braces -= braces && text.p[n] == '}';
            n++;
        }
        if (n == text.len)
            return false;
        part = str_slice(text, 0, n);
        if ((i == 0 && !str_is(part, "arn")))
            return false;
        if (i == 2)
            *ret_service = part;
        text = str_skip(text, n + 1);
    }
    *ret_rest = text;
    return true;
}

const struct audit_resource *audit_target_of_text(const struct audit_template *t, str text,
                                                  str *ret_rest) {
    str service, rest, mine;
    str *out = ret_rest ? ret_rest : &mine;
    *out = STR_NONE;
    if (!cut_arn(text, &service, &rest)) {
        const struct audit_resource *r = by_reference(t, text, out);
        return r || text.len == 0 ? r : get_name(t, "", text);
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_is(service, names[i].service))
            return by_name(t, rest, names[i].service, out);
    return NULL;
}

const struct audit_resource *audit_target(const struct audit_template *t,
                                          const struct tmpl_node *node, str *ret_rest) {
    return audit_target_of_text(t, audit_text(t, node), ret_rest);
}

const struct audit_resource *audit_named(const struct audit_template *t, const char *service,
                                         str text, str *ret_rest) {
    str mine, *out = ret_rest ? ret_rest : &mine;
    const struct audit_resource *r = audit_target_of_text(t, text, out);
    const struct audit_resource *written =
        str_starts(text, S("arn:")) ? NULL : by_written_name(t, text, service, &mine);
    if (!written)
        return r;
    *out = mine;
    return written;
}
