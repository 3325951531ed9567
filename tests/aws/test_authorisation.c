/*
 * Every operation row of every service: a caller without a policy is refused, by a message that
 * names the action and the resource; with exactly that action on exactly that resource (or with
 * each that a further refusal names) the refusals end. What the operation answers then is its own
 * affair: the fixture's resources do not exist.
 */
#include "all_services.h"
#include "aws/model.h"
#include "aws/pattern.h"
#include "cm.h"

enum { GRANTS_MAX = 8, DEPTH_MAX = 6 };

struct trial {
    struct all_services *all;
    const struct aws_service *service;
    const struct aws_op *op;
    struct buf policy; /* statements so far */
    unsigned grants;
};

static unsigned n_rows, n_failed;
static const char *service_name; /* of the row on trial */

/* ---- An input with every required member ---- */

static json_t *sample(const struct api_shape *shape, const char *name, unsigned depth);

/* What the model's patterns and the services' first looks at a name want. */
static json_t *sample_text(const struct api_shape *shape, const char *name) {
    static const struct {
        const char *name, *text;
    } known[] = {
        {"RoleArn", "arn:aws:iam::000000000000:role/sample"}, {"Role", "arn:aws:iam::000000000000:role/sample"},
        {"PolicyArn", "arn:aws:iam::000000000000:policy/sample"}, {"TopicArn", "arn:aws:sns:us-east-1:000000000000:sample"},
        {"SubscriptionArn", "arn:aws:sns:us-east-1:000000000000:sample:0f9b2f3c-4f5e-4b6a-8c7d-9e0f1a2b3c4d"},
        {"QueueUrl", "https://127.0.0.1:4566/000000000000/sample"}, {"FunctionName", "sample"}, {"Path", "/"},
        {"PolicyDocument", "{\"Version\":\"2012-10-17\",\"Statement\":[]}"}, {"AssumeRolePolicyDocument", "{\"Version\":\"2012-10-17\",\"Statement\":[]}"},
        {"Policy", "{\"Version\":\"2012-10-17\",\"Statement\":[]}"}, {"TemplateBody", "{\"Resources\":{}}"}, {"CopySource", "sample-bucket/sample-key"},
        {"Bucket", "sample-bucket"}, {"Key", "sample-key"}, {"AccessKeyId", "AKIASAMPLE0000000000"}, {"UUID", "0f9b2f3c-4f5e-4b6a-8c7d-9e0f1a2b3c4d"},
        {"AccountId", "000000000000"}, {"SourceArn", "arn:aws:s3:::sample-bucket"}, {"Action", "lambda:InvokeFunction"}, {"Principal", "s3.amazonaws.com"},
        {"FunctionVersion", "1"}, {"EventSourceArn", "arn:aws:sqs:us-east-1:000000000000:sample"}, {"VersionId", "v1"},
        {"DashboardBody", "{\"widgets\":[]}"}, {"Action(sns)", "Publish"},
    };
    static const char *const fits[] = {"sample", "sample-0001-0002-0003-0004-0005", "000000000000", "v1", "1", "/",
                                       "arn:aws:iam::000000000000:role/sample", "arn:aws:lambda:us-east-1:000000000000:function:sample",
                                       "arn:aws:sqs:us-east-1:000000000000:sample", "arn:aws:logs:us-east-1:000000000000:log-group:sample"};
    if (shape->values)
        return json_of_str(shape->values[0]);
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(known[i].name, name) == 0)
            return json_string(known[i].text);
    if (str_ends(str_c(name), S("ARN")) || str_eq_nocase(str_c(name), S("ResourceArn")))
        return json_sprintf("arn:aws:%s:us-east-1:000000000000:table/sample", service_name);
    for (size_t i = 0; i < ARRAY_LEN(fits); i++) {
        str s = str_c(fits[i]);
        bool length = !((shape->flags & API_HAS_MIN) && (int64_t)s.len < shape->min) && !((shape->flags & API_HAS_MAX) && (int64_t)s.len > shape->max);
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
    case API_STRUCTURE:
        return sample_structure(shape, depth);
    case API_LIST: {
        json_t *array = json_array(), *item = sample(shape->element, name, depth + 1);
        if (item)
            json_array_append_new(array, item);
        return array;
    }
    case API_MAP: {
        json_t *map = json_object();
        json_set(map, shape->key->values ? shape->key->values[0].p : "sample", sample(shape->element, name, depth + 1));
        return map;
    }
    case API_STRING:
        return sample_text(shape, name);
    case API_BOOLEAN:
        return json_false();
    case API_INTEGER:
    case API_DOUBLE:
        return json_integer(shape->flags & API_HAS_MIN && shape->min > 1 ? shape->min : 1);
    case API_TIMESTAMP:
        return json_integer(1795323419);
    case API_BLOB:
        return json_string("c2FtcGxl");
    }
    return NULL;
}

/* ---- Refusals ---- */

static bool is_refusal(str code) {
    return str_is(code, "AccessDenied") || str_is(code, "AccessDeniedException") || str_is(code, "AuthorizationError");
}

/* "… to perform: ACTION on resource: ARN because …" */
static bool read_refusal(str message, str *ret_action, str *ret_resource) {
    str before_action = S("to perform: "), before_arn = S(" on resource: "), behind = S(" because "), with = S(" with an explicit");
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
    *ret_resource = on >= 0 && on < end ? str_slice(rest, (size_t)on + before_arn.len, (size_t)end) : S("*");
    return true;
}

static void fail_row(const struct trial *t, const char *what, str more) {
    print_error("%s:%s: %s: " STR_FMT "\n", t->service->name, t->op->name, what, STR_ARG(more));
    n_failed++;
}

static bool grant(struct trial *t, str action, str resource) {
    CLEANUP_DEINIT(buf) struct buf document = {0};
    if (t->policy.len)
        buf_char(&t->policy, ',');
    buf_printf(&t->policy, "{\"Effect\":\"Allow\",\"Action\":\"" STR_FMT "\",\"Resource\":\"" STR_FMT "\"}", STR_ARG(action), STR_ARG(resource));
    buf_printf(&document, "{\"Version\":\"2012-10-17\",\"Statement\":[" STR_FMT "]}", STR_ARG(buf_view(&t->policy)));
    t->grants++;
    return fixture_user_policy(&t->all->f, buf_cstr(&document));
}

/* One call. True: refused, and one more grant was made; false: over. */
static bool attempt(struct trial *t, json_t *in) {
    struct aws_call call = {.cloud = t->all->f.cloud, .caller = &t->all->f.user.id, .account = S("000000000000"), .region = S("us-east-1"),
                            .service = t->service->name, .op = t->op->name, .in = in, .body = S("sample")};
    str action, resource;
    bool go_on = false;
    aws_call(&call);
    str code = buf_view(&call.error_code), message = buf_view(&call.error_message);
    bool first = t->grants == 0;
    if (!is_refusal(code)) {
        if (first && !(t->op->flags & (OP_NO_AUTH | OP_SELF_AUTH)))
            fail_row(t, "was not refused without a policy", message.len ? message : code);
    } else if (!read_refusal(message, &action, &resource)) {
        fail_row(t, "the refusal names no action and resource", message);
    } else if (first && !(t->op->flags & OP_SELF_AUTH) && !str_is(action, t->op->action)) {
        fail_row(t, "the refusal names another action", message);
    } else if (t->grants == GRANTS_MAX) {
        fail_row(t, "is refused in spite of what was granted", message);
    } else {
        go_on = grant(t, action, resource);
        if (!go_on)
            fail_row(t, "the refusal names no resource that a policy may have", message);
    }
    aws_call_deinit(&call);
    return go_on;
}

/* sts:AssumeRole refuses a role that does not exist as it refuses one that may not be assumed. */
static void make_role(struct all_services *all) {
    CLEANUP_JSON json_t *in = json_pack("{s:s,s:s}", "RoleName", "sample", "AssumeRolePolicyDocument",
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"AWS\":\"000000000000\"}}]}");
    struct aws_call call = {.cloud = all->f.cloud, .caller = &all->f.root.id, .account = S("000000000000"),
                            .region = S("us-east-1"), .service = "iam", .op = "CreateRole", .in = in};
    aws_call(&call);
    aws_call_deinit(&call);
}

static void try_row(void *ctx, const struct aws_service *service, const struct aws_op *op) {
    struct trial t = {.all = ctx, .service = service, .op = op};
    const struct api_shape *shape = api_op_find(service->api, str_c(op->name))->in;
    service_name = service->name;
    CLEANUP_JSON json_t *in = shape ? sample(shape, "", 0) : json_object();
    n_rows++;
    if (strcmp(op->name, "AssumeRole") == 0)
        make_role(t.all);
    fixture_user_policy(&t.all->f, NULL);
    while (attempt(&t, in))
        ;
    buf_deinit(&t.policy);
}

static void test_rows(void **state) {
    (void)state;
    static struct all_services all;
    struct err err = {0};
    if (all_open(&all, &err))
        fail_msg("%s", err.text);
    aws_cloud_each_op(all.f.cloud, try_row, &all);
    all_close(&all);
    print_message("%u rows\n", n_rows);
    assert_int_equal(n_failed, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
