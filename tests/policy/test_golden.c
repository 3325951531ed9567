/* Runs the cases of tests/golden/policy (see the README there). */
#include "asked.h"
#include "cm.h"

#include "base/io.h"
#include "policy/policy.h"

#include <dirent.h>

static json_t *load(const char *path) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct err err = {{0}};
    if (io_read_file(&text, path, 1 << 20, &err))
        fail_msg("%s", err.text);
    json_t *doc = json_parse(buf_view(&text), &err);
    if (!doc)
        fail_msg("%s: %s", path, err.text);
    return doc;
}

/* A case's own member, or the file's default. */
static json_t *member(const json_t *file, const json_t *one, const char *key) {
    json_t *own = json_object_get(one, key);
    return own ? own : json_object_get(file, key);
}

static struct policy *compile(const json_t *doc, enum policy_kind kind, const char *name) {
    if (!doc || json_is_null(doc))
        return NULL;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, doc);
    struct policy *policy = NULL;
    struct err err = {{0}};
    if (policy_new(&policy, kind, buf_view(&text), &err))
        fail_msg("[%s] %s", name, err.text);
    return policy;
}

enum { MAX_POLICIES = 8 };
struct list {
    struct policy *p[MAX_POLICIES];
    size_t n;
};
static struct list compile_list(const json_t *docs, const char *name) {
    struct list list = {.n = json_array_size(docs)};
    for (size_t i = 0; i < list.n; i++)
        list.p[i] = compile(json_array_get(docs, i), POLICY_IDENTITY, name);
    return list;
}
static void free_list(struct list *list) {
    for (size_t i = 0; i < list->n; i++)
        policy_free(list->p[i]);
}

static const struct policy_context *given(void *arg) { return arg; }

static void run_case(const json_t *file, const json_t *one) {
    const char *name = json_string_value(json_object_get(one, "name"));
    struct list identity = compile_list(member(file, one, "identity"), name);
    struct list session = compile_list(member(file, one, "session"), name);
    CLEANUP(policy)
    struct policy *resource = compile(member(file, one, "resource_policy"), POLICY_RESOURCE, name);
    if (!resource)
        resource = compile(member(file, one, "trust_policy"), POLICY_TRUST, name);
    CLEANUP(policy)
    struct policy *boundary = compile(member(file, one, "boundary"), POLICY_IDENTITY, name);
    CLEANUP(policy_context)
    struct policy_context *context = context_of(member(file, one, "context"));
    struct policy_request request = {.principal = principal_of(member(file, one, "principal")),
                                     .action = json_text(member(file, one, "action")),
                                     .resource = json_text(member(file, one, "resource")),
                                     .resource_account =
                                         json_text(member(file, one, "resource_account")),
                                     .make_context = given,
                                     .arg = context};
    struct policy_set set = {(const struct policy *const *)identity.p,
                             identity.n,
                             resource,
                             (const struct policy *const *)session.p,
                             session.n,
                             member(file, one, "session") != NULL,
                             boundary};
    struct policy_decision got = policy_decide(&request, &set);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text, "%s %s", effects[got.effect], got.by);
    if (!str_eq(buf_view(&text), json_str(one, "want")))
        fail_msg("[%s] got %s, want " STR_FMT, name, buf_cstr(&text),
                 STR_ARG(json_str(one, "want")));
    if (json_has(one, "message")) {
        buf_clear(&text);
        policy_explain(&request, got, &text);
        CHECK_STR(buf_view(&text), json_str(one, "message"));
    }
    free_list(&identity);
    free_list(&session);
}

static void decisions(void **state) {
    (void)state;
    DIR *dir = opendir(GOLDEN "/decisions");
    CHECK(dir);
    size_t n = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        if (!str_ends(str_c(e->d_name), S(".json")))
            continue;
        CLEANUP_DEINIT(buf) struct buf path = {0};
        buf_printf(&path, GOLDEN "/decisions/%s", e->d_name);
        CLEANUP_JSON json_t *file = load(buf_cstr(&path));
        const json_t *cases = json_arr(file, "cases");
        for (size_t i = 0; i < json_array_size(cases); i++, n++)
            run_case(file, json_array_get(cases, i));
    }
    closedir(dir);
    CHECK(n > 40);
}

/* One statement that allows everything else: does it apply? */
static bool allows(json_t *statement, str version, const struct policy_context *context,
                   str resource, const char *name) {
    CLEANUP_JSON json_t *doc = json_object();
    json_set_str(doc, "Version", version);
    json_set(doc, "Statement", json_incref(statement));
    json_set_str(statement, "Effect", S("Allow"));
    json_set_str(statement, "Action", S("s3:*"));
    CLEANUP(policy) struct policy *policy = compile(doc, POLICY_IDENTITY, name);
    struct policy_request request = {.principal = {PRINCIPAL_USER, S("1"), S("u"), STR_NONE},
                                     .action = S("s3:ListBucket"),
                                     .resource = resource,
                                     .context = context};
    const struct policy *list[] = {policy};
    struct policy_set set = {.identity = list, .n_identity = 1};
    return policy_decide(&request, &set).effect == POLICY_ALLOWED;
}

static void conditions(void **state) {
    (void)state;
    CLEANUP_JSON json_t *cases = load(GOLDEN "/conditions.json");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        json_t *one = json_array_get(cases, i);
        const char *name = json_string_value(json_object_get(one, "name"));
        CLEANUP(policy_context)
        struct policy_context *context = context_of(json_obj(one, "context"));
        CLEANUP_JSON json_t *statement =
            json_pack("{sO ss}", "Condition", json_obj(one, "condition"), "Resource", "*");
        str version = json_has(one, "version") ? json_str(one, "version") : S("2012-10-17");
        CHECK_CASE(allows(statement, version, context, S("*"), name) ==
                       json_bool(one, "holds", false),
                   name);
    }
}

/* Not an ARN, nor the beginning of one that names a service. */
static void check_refused(const char *resource) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP(policy) struct policy *policy = NULL;
    struct err err;
    buf_printf(&text, "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"%s\"}}",
               resource);
    CHECK_CASE(policy_new(&policy, POLICY_IDENTITY, buf_view(&text), &err) == POLICY_E_MALFORMED,
               resource);
}

static void resources(void **state) {
    (void)state;
    CLEANUP_JSON json_t *cases = load(GOLDEN "/resources.json");
    CLEANUP(policy_context) struct policy_context *context = policy_context_new();
    policy_context_add(context, S("aws:username"), S("ann"));
    policy_context_add(context, S("colon"), S("a:b"));
    for (size_t i = 0; i < json_array_size(cases); i++) {
        json_t *one = json_array_get(cases, i);
        const char *name = json_string_value(json_object_get(one, "pattern"));
        if (json_bool(one, "refused", false)) {
            check_refused(name);
            continue;
        }
        CLEANUP_JSON json_t *statement = json_pack("{ss}", "Resource", name);
        CHECK_CASE(allows(statement, S("2012-10-17"), context, json_str(one, "arn"), name) ==
                       json_bool(one, "matches", false),
                   name);
    }
}

static void meaning_of_public(void **state) {
    (void)state;
    CLEANUP_JSON json_t *cases = load(GOLDEN "/public.json");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        json_t *one = json_array_get(cases, i), *statement = json_obj(one, "statement");
        const char *name = json_string_value(json_object_get(one, "name"));
        json_set_str(statement, "Action", S("s3:GetObject"));
        json_set_str(statement, "Resource", S("arn:aws:s3:::b/*"));
        CLEANUP_JSON json_t *doc =
            json_pack("{ss s[O]}", "Version", "2012-10-17", "Statement", statement);
        CLEANUP(policy) struct policy *policy = compile(doc, POLICY_RESOURCE, name);
        CHECK_CASE(policy_is_public(policy) == json_bool(one, "public", false), name);
    }
}

static int try_document(const json_t *one, struct err *err) {
    str kind = json_str(one, "kind");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (json_has(one, "text"))
        buf_str(&text, json_str(one, "text"));
    else
        json_write(&text, json_object_get(one, "document"));
    struct policy *policy = NULL;
    int rc = policy_new(&policy,
                        str_is(kind, "identity")  ? POLICY_IDENTITY
                        : str_is(kind, "trust")   ? POLICY_TRUST
                        : str_is(kind, "session") ? POLICY_SESSION
                                                  : POLICY_RESOURCE,
                        buf_view(&text), err);
    policy_free(policy);
    return rc;
}

static void malformed(void **state) {
    (void)state;
    CLEANUP_JSON json_t *cases = load(GOLDEN "/malformed.json");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        json_t *one = json_array_get(cases, i);
        struct err err = {{0}};
        CHECK_INT(try_document(one, &err), POLICY_E_MALFORMED);
        CHECK_STR(str_c(err.text), json_str(one, "message"));
    }
}

static void valid(void **state) {
    (void)state;
    CLEANUP_JSON json_t *cases = load(GOLDEN "/valid.json");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        struct err err = {{0}};
        CHECK_CASE(try_document(json_array_get(cases, i), &err) == 0, err.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions), cmocka_unit_test(conditions),
        cmocka_unit_test(resources), cmocka_unit_test(meaning_of_public),
        cmocka_unit_test(malformed), cmocka_unit_test(valid)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
