/*
 * Every right of every operation of every service. What is asked before the handler: a caller
 * without a policy is refused by the first right's name; with exactly that action on exactly the
 * resource that the refusal names, by the second's; and so on, until the rows have no more, with
 * the members that rights depend on given and not given. What the operation answers then is its own
 * affair. What handlers ask (MAY): denying it changes the answer.
 */
#include "all_services.h"
#include "aws/model.h"
#include "aws/pattern.h"
#include "cm.h"

enum { RIGHTS_MAX = 16, DEPTH_MAX = 6 };

struct trial {
    struct all_services *all;
    const struct aws_service *service;
    const struct aws_op *op;
    const struct api_shape *shape; /* of the input; NULL: no members */
    const struct aws_right *rights[RIGHTS_MAX];
    size_t n;
    bool wants_object; /* handlers ask only about what is there */
};

static unsigned n_rights, n_failed;
static const char *service_name; /* of the row on trial */

/* ---- An input with every required member ---- */

static json_t *sample(const struct api_shape *shape, const char *name, unsigned depth);

/* What the model's patterns and the services' first looks at a name want. */
static json_t *sample_text(const struct api_shape *shape, const char *name) {
    static const struct {
        const char *name, *text;
    } known[] = {
        {"RoleArn", "arn:aws:iam::000000000000:role/sample"},
        {"Role", "arn:aws:iam::000000000000:role/sample"},
        {"PolicyArn", "arn:aws:iam::000000000000:policy/sample"},
        {"PolicySourceArn", "arn:aws:iam::000000000000:user/sample"},
        {"TopicArn", "arn:aws:sns:us-east-1:000000000000:sample"},
        {"SubscriptionArn",
         "arn:aws:sns:us-east-1:000000000000:sample:0f9b2f3c-4f5e-4b6a-8c7d-9e0f1a2b3c4d"},
        {"QueueUrl", "https://127.0.0.1:4566/000000000000/sample"},
        {"FunctionName", "sample"},
        {"Path", "/"},
        {"PolicyDocument", "{\"Version\":\"2012-10-17\",\"Statement\":[]}"},
        {"AssumeRolePolicyDocument", "{\"Version\":\"2012-10-17\",\"Statement\":[]}"},
        {"Policy", "{\"Version\":\"2012-10-17\",\"Statement\":[]}"},
        {"TemplateBody", "{\"Resources\":{}}"},
        {"CopySource", "sample-bucket/source"},
        {"Bucket", "sample-bucket"},
        {"Key", "sample-key"},
        {"AccessKeyId", "AKIASAMPLE0000000000"},
        {"UUID", "0f9b2f3c-4f5e-4b6a-8c7d-9e0f1a2b3c4d"},
        {"AccountId", "000000000000"},
        {"SourceArn", "arn:aws:s3:::sample-bucket"},
        {"Action", "lambda:InvokeFunction"},
        {"Principal", "s3.amazonaws.com"},
        {"FunctionVersion", "1"},
        {"EventSourceArn", "arn:aws:sqs:us-east-1:000000000000:sample"},
        {"VersionId", "v1"},
        {"DashboardBody", "{\"widgets\":[]}"},
        {"Action(sns)", "Publish"},
    };
    static const char *const fits[] = {"sample",
                                       "sample-0001-0002-0003-0004-0005",
                                       "000000000000",
                                       "v1",
                                       "1",
                                       "/",
                                       "arn:aws:iam::000000000000:role/sample",
                                       "arn:aws:lambda:us-east-1:000000000000:function:sample",
                                       "arn:aws:lambda:us-east-1:000000000000:layer:sample:1",
                                       "lambda:GetLayerVersion",
                                       "arn:aws:sqs:us-east-1:000000000000:sample",
                                       "arn:aws:logs:us-east-1:000000000000:log-group:sample"};
    if (shape->values)
        return json_of_str(shape->values[0]);
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(known[i].name, name) == 0 &&
            (!shape->pattern || api_pattern_match(shape->pattern, str_c(known[i].text))))
            return json_string(known[i].text);
    if (str_ends(str_c(name), S("ARN")) || str_eq_nocase(str_c(name), S("ResourceArn")))
        return json_sprintf("arn:aws:%s:us-east-1:000000000000:table/sample", service_name);
    for (size_t i = 0; i < ARRAY_LEN(fits); i++) {
        str s = str_c(fits[i]);
        bool length = !((shape->flags & API_HAS_MIN) && (int64_t)s.len < shape->min) &&
                      !((shape->flags & API_HAS_MAX) && (int64_t)s.len > shape->max);
        if (length && (!shape->pattern || api_pattern_match(shape->pattern, s)))
            return json_string(fits[i]);
    }
    return json_string("sample");
}

static json_t *sample_structure(const struct api_shape *shape, unsigned depth) {
    json_t *obj = json_object();
    for (size_t i = 0; i < shape->n; i++) {
        const struct api_member *m = &shape->members[i];
        /* Publish needs a topic, but the model does not say so. */
        bool topic = depth == 0 && str_is(m->name, "TopicArn");
        bool wanted = (m->flags & API_REQUIRED) || topic || ((shape->flags & API_UNION) && i == 0);
        if (wanted && !(m->flags & API_STREAMING))
            json_set(obj, m->name.p, sample(m->shape, m->name.p, depth + 1));
    }
    return obj;
}

static json_t *sample(const struct api_shape *shape, const char *name, unsigned depth) {
    if (depth > DEPTH_MAX)
        return NULL;
    switch ((enum api_type)shape->type) {
    case API_STRUCTURE: return sample_structure(shape, depth);
    case API_LIST: {
        json_t *array = json_array(), *item = sample(shape->element, name, depth + 1);
        if (item)
            json_array_append_new(array, item);
        return array;
    }
    case API_MAP: {
        json_t *map = json_object();
        json_set(map, shape->key->values ? shape->key->values[0].p : "sample",
                 sample(shape->element, name, depth + 1));
        return map;
    }
    case API_STRING: return sample_text(shape, name);
    case API_BOOLEAN: return json_false();
    case API_INTEGER:
    case API_DOUBLE:
        return json_integer(shape->flags & API_HAS_MIN && shape->min > 1 ? shape->min : 1);
    case API_TIMESTAMP: return json_integer(1795323419);
    case API_BLOB: return json_string("c2FtcGxl");
    }
    return NULL;
}

/* ---- Members that rights depend on ---- */

/* The member of that path, made with what it lies in. text absent: a sample of it. */
static void set_member(json_t *in, const struct api_shape *shape, str path, str text) {
    str name, rest = path;
    for (bool more = true; more;) {
        more = str_cut(rest, '.', &name, &rest);
        bool list = str_ends(name, S("[]"));
        if (list)
            name = str_slice(name, 0, name.len - 2);
        const struct api_member *m = api_member_find(shape, name);
        CHECK(m);
        json_t *value = json_object_get(in, m->name.p);
        if (!more && text.p)
            value = json_of_str(text);
        else
            value = value ? json_incref(value) : sample(m->shape, m->name.p, 1);
        if (json_is_false(value))
            json_set(in, m->name.p, json_true());
        else
            json_set(in, m->name.p, json_incref(value));
        in = list ? json_array_get(value, 0) : value;
        shape = list ? m->shape->element : m->shape;
        json_decref(value); /* in keeps it */
    }
}

/* Another value than this one, of those that the member may have. */
static str other_value(const struct api_shape *shape, str path, str value) {
    const struct api_shape *member = api_member_find(shape, path)->shape;
    for (size_t i = 0; i < member->n; i++)
        if (!str_eq(member->values[i], value))
            return member->values[i];
    fail_msg("there is no other value");
    return STR_NONE;
}

/* Makes one alternative of `when` true. "!A" is so already. */
static void satisfy(const struct trial *t, json_t *in, str alternative) {
    str test, value;
    for (bool more = true; more;) {
        more = str_cut(alternative, '&', &test, &alternative);
        bool compared = str_cut(test, '=', &test, &value),
             other = compared && str_ends(test, S("!"));
        if (other)
            test = str_slice(test, 0, test.len - 1);
        if (str_is(test, "@source_version"))
            json_set(in, "CopySource", json_string("sample-bucket/source?versionId=v1"));
        else if (!str_starts(test, S("!")) && !str_starts(test, S("@")))
            set_member(in, t->shape, test,
                       other      ? other_value(t->shape, test, value)
                       : compared ? value
                                  : STR_NONE);
    }
}

/* What the row says, read here once more and by other means. */
static const json_t *get_member(const json_t *in, str path) {
    str name, rest = path;
    for (bool more = true; more;) {
        more = str_cut(rest, '.', &name, &rest);
        bool list = str_ends(name, S("[]"));
        in = json_object_getn(in, name.p, list ? name.len - 2 : name.len);
        in = list ? json_array_get(in, 0) : in;
    }
    return in;
}

static bool is_given(const json_t *in, str path) {
    if (str_is(path, "@source_version"))
        return str_find(json_str(in, "CopySource"), S("versionId")) >= 0;
    const json_t *value = get_member(in, path);
    return str_starts(path, S("@")) || json_string_length(value) || json_array_size(value) ||
           json_object_size(value) || json_is_true(value);
}

static bool is_wanted(const json_t *in, const char *when) {
    str rest = str_c(when), alternative, test, value;
    for (bool more = true; more && *when;) {
        bool all = true;
        more = str_cut(rest, '|', &alternative, &rest);
        for (bool also = true; also;) {
            also = str_cut(alternative, '&', &test, &alternative);
            bool compared = str_cut(test, '=', &test, &value), other = str_ends(test, S("!")),
                 none = str_starts(test, S("!"));
            test = str_slice(test, none, test.len - other);
            bool holds = is_given(in, test);
            if (compared && holds)
                holds = str_eq(json_text(get_member(in, test)), value) != other;
            all = all && holds != none;
        }
        if (all)
            return true;
    }
    return !*when;
}

/* ---- Refusals ---- */

static bool is_refusal(str code) {
    return str_is(code, "AccessDenied") || str_is(code, "AccessDeniedException") ||
           str_is(code, "AuthorizationError");
}

/* "… to perform: ACTION on resource: ARN because …" */
static bool read_refusal(str message, str *ret_action, str *ret_resource) {
    str before_action = S("to perform: "), before_arn = S(" on resource: "),
        behind = S(" because "), with = S(" with an explicit");
    ptrdiff_t at = str_find(message, before_action);
    if (at < 0)
        return false;
    str rest = str_skip(message, (size_t)at + before_action.len);
    ptrdiff_t on = str_find(rest, before_arn);
    ptrdiff_t end = str_find(rest, behind);
    if (end < 0)
        end = str_find(rest, with);
    if (end < 0)
        end = (ptrdiff_t)rest.len;
    *ret_action = str_slice(rest, 0, (size_t)(on >= 0 && on < end ? on : end));
    *ret_resource =
        on >= 0 && on < end ? str_slice(rest, (size_t)on + before_arn.len, (size_t)end) : S("*");
    return true;
}

static void fail_row(const struct trial *t, const char *what, str more) {
    print_error("%s:%s: %s: " STR_FMT "\n", t->service->name, t->op->name, what, STR_ARG(more));
    n_failed++;
}

static void set_policy(const struct trial *t, str statements) {
    CLEANUP_DEINIT(buf) struct buf document = {0};
    buf_printf(&document, "{\"Version\":\"2012-10-17\",\"Statement\":[" STR_FMT "]}",
               STR_ARG(statements));
    cloud_user_policy(&t->all->f, statements.len ? buf_cstr(&document) : NULL);
}

static void call_as(struct trial *t, struct aws_identity *who, const char *service, const char *op,
                    json_t *in, struct aws_call *call) {
    *call = (struct aws_call){.cloud = t->all->f.cloud,
                              .caller = who,
                              .account = S("000000000000"),
                              .region = S("us-east-1"),
                              .service = service,
                              .op = op,
                              .in = in,
                              .body = S("sample")};
    aws_call(call);
}

/*
 * The refusal's words; absent: not refused. Those of the first item where the answer reports item
 * by item.
 */
static str refusal_of(const struct trial *t, const struct aws_call *call) {
    const json_t *item = json_array_get(json_arr(call->out, "Errors"), 0);
    if ((t->op->flags & OP_ITEMWISE) && is_refusal(json_str(item, "Code")))
        return json_str(item, "Message");
    return is_refusal(buf_view(&call->error_code)) ? buf_view(&call->error_message) : STR_NONE;
}

/* ---- What lies there: a bucket with two tagged objects, and an upload under way ---- */

static void as_root(struct trial *t, const char *service, const char *op, json_t *in) {
    struct aws_call call;
    call_as(t, t->all->f.root, service, op, in, &call);
    aws_call_deinit(&call);
    json_decref(in);
}

static void make_objects(struct trial *t, json_t *in) {
    static const char *const keys[] = {"sample-key", "source"};
    struct aws_call call;
    as_root(t, "s3", "CreateBucket", json_pack("{s:s}", "Bucket", "sample-bucket"));
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        as_root(t, "s3", "PutObject",
                json_pack("{s:s,s:s,s:s}", "Bucket", "sample-bucket", "Key", keys[i], "Tagging",
                          "a=b"));
    if (!json_has(in, "UploadId"))
        return;
    CLEANUP_JSON json_t *begin =
        json_pack("{s:s,s:s}", "Bucket", "sample-bucket", "Key", "sample-key");
    call_as(t, t->all->f.root, "s3", "CreateMultipartUpload", begin, &call);
    json_set_str(in, "UploadId", json_str(call.out, "UploadId"));
    aws_call_deinit(&call);
}

static void drop_objects(struct trial *t) {
    as_root(t, "s3", "DeleteObject",
            json_pack("{s:s,s:s}", "Bucket", "sample-bucket", "Key", "sample-key"));
    as_root(t, "s3", "DeleteObject",
            json_pack("{s:s,s:s}", "Bucket", "sample-bucket", "Key", "source"));
}

/* sts:AssumeRole refuses a role that does not exist as it refuses one that may not be assumed. */
static void make_role(struct trial *t) {
    as_root(
        t, "iam", "CreateRole",
        json_pack(
            "{s:s,s:s}", "RoleName", "sample", "AssumeRolePolicyDocument",
            "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"AWS\":\"000000000000\"}}]}"));
}

/* ---- What is asked before the handler ---- */

/* One call, which this right must refuse, or none (NULL). False: it went otherwise. */
static bool refused_by(struct trial *t, json_t *in, const char *action, struct buf *ret_resource) {
    struct aws_call call;
    str named = STR_NONE, resource = STR_NONE;
    call_as(t, t->all->f.user, t->service->name, t->op->name, in, &call);
    str words = refusal_of(t, &call);
    bool read = words.p && read_refusal(words, &named, &resource);
    bool ok = action ? read && str_is(named, action) : true;
    for (size_t i = 0; !action && read && i < t->n; i++) /* then only by what handlers ask */
        ok = ok && (t->rights[i]->may || !str_is(named, t->rights[i]->action));
    if (!ok)
        fail_row(t, action ? action : "is refused in spite of what was granted",
                 words.p ? words : S("is not asked for"));
    buf_str(ret_resource, resource);
    aws_call_deinit(&call);
    return ok;
}

static void grant(const struct trial *t, struct buf *statements, const char *action, str resource) {
    buf_printf(statements,
               "%s{\"Effect\":\"Allow\",\"Action\":\"%s\",\"Resource\":\"" STR_FMT "\"}",
               statements->len ? "," : "", action, STR_ARG(resource));
    set_policy(t, buf_view(statements));
}

/* Right after right, each granted when it has refused; the alternatives of ORs where `other`. */
static void climb(struct trial *t, json_t *in, bool other) {
    CLEANUP_DEINIT(buf) struct buf statements = {0};
    CLEANUP_DEINIT(buf) struct buf resource = {0};
    set_policy(t, S(""));
    for (size_t i = 0; i < t->n; i++) {
        const struct aws_right *right = t->rights[i];
        if (right->may || (right->flags & OP_NO_AUTH) || !is_wanted(in, right->when))
            continue;
        bool versioned = right->version && is_given(in, str_c(right->version));
        const char *action = versioned ? right->version_action : right->action;
        buf_clear(&resource);
        if (!refused_by(t, in, action, &resource))
            return;
        grant(t, &statements, other && right->or_action ? right->or_action : action,
              buf_view(&resource));
    }
    buf_clear(&resource);
    refused_by(t, in, NULL, &resource);
}

static json_t *plain_input(const struct trial *t) {
    return t->shape ? sample(t->shape, "", 0) : json_object();
}

static void try_with(struct trial *t, str alternative) {
    CLEANUP_JSON json_t *in = plain_input(t);
    if (alternative.len)
        satisfy(t, in, alternative);
    if (t->wants_object)
        make_objects(t, in);
    climb(t, in, false);
    climb(t, in, true);
}

/* Nothing but what must be given; then what each right waits for. */
static void try_rights(struct trial *t) {
    try_with(t, S(""));
    for (size_t i = 0; i < t->n; i++) {
        str rest = str_c(t->rights[i]->may ? "" : t->rights[i]->when), alternative;
        for (bool more = rest.len > 0; more;) {
            more = str_cut(rest, '|', &alternative, &rest);
            try_with(t, alternative);
        }
        if (t->rights[i]->version)
            try_with(t, str_c(t->rights[i]->version));
    }
}

/* ---- What handlers ask ---- */

/* True: the answer is another one when this is denied. */
static bool matters(struct trial *t, json_t *in, const char *action) {
    CLEANUP_DEINIT(buf) struct buf statements = {0};
    struct aws_call with, without;
    buf_c(&statements, "{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}");
    set_policy(t, buf_view(&statements));
    call_as(t, t->all->f.user, t->service->name, t->op->name, in, &with);
    buf_printf(&statements, ",{\"Effect\":\"Deny\",\"Action\":\"%s\",\"Resource\":\"*\"}", action);
    set_policy(t, buf_view(&statements));
    call_as(t, t->all->f.user, t->service->name, t->op->name, in, &without);
    bool differ = !str_eq(buf_view(&with.error_code), buf_view(&without.error_code));
    if (differ && str_find(buf_view(&without.error_message), str_c(action)) < 0)
        fail_row(t, action, S("is refused without its name"));
    if (!(t->op->flags & OP_MUTATES)) /* those answer with the time */
        differ = differ || (with.out && without.out && !json_equal(with.out, without.out));
    aws_call_deinit(&with);
    aws_call_deinit(&without);
    return differ;
}

/* With what it is about, or without it. */
static void try_may(struct trial *t, const struct aws_right *right) {
    CLEANUP_JSON json_t *in = plain_input(t);
    make_objects(t, in);
    bool there = matters(t, in, right->action);
    drop_objects(t);
    if (!there && !matters(t, in, right->action))
        fail_row(t, right->action, S("is never asked for"));
}

/* ---- The walk ---- */

static void try_op(struct trial *t) {
    t->shape = api_op_find(t->service->api, str_c(t->op->name))->in;
    t->wants_object = t->op->flags & OP_ITEMWISE;
    service_name = t->service->name;
    n_rights += (unsigned)t->n;
    if (strcmp(t->op->name, "AssumeRole") == 0)
        make_role(t);
    try_rights(t);
    for (size_t i = 0; i < t->n; i++)
        if (t->rights[i]->may)
            try_may(t, t->rights[i]);
    drop_objects(t);
    as_root(t, "s3", "DeleteBucket", json_pack("{s:s}", "Bucket", "sample-bucket"));
}

/* Collects the rights of one operation; the next one's first begins its trial. */
static void take_right(void *ctx, const struct aws_service *service, const struct aws_op *op,
                       const struct aws_right *right) {
    struct trial *t = ctx;
    if (t->op != op) {
        if (t->op)
            try_op(t);
        *t = (struct trial){.all = t->all, .service = service, .op = op};
    }
    CHECK_RANGE(t->n, 0, RIGHTS_MAX - 1);
    t->rights[t->n++] = right;
}

static void test_rights(void **state) {
    (void)state;
    static struct all_services all;
    struct err err = {0};
    struct trial t = {.all = &all};
    if (all_open(&all, &err))
        fail_msg("%s", err.text);
    aws_cloud_each_right(all.f.cloud, take_right, &t);
    try_op(&t);
    all_close(&all);
    print_message("%u rights\n", n_rights);
    CHECK_INT(n_failed, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rights)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
