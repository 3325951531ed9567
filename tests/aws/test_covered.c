/* Which of a request's parameters may decide what it does, by how it was signed. */
#include "aws/aws_priv.h"
#include "cm.h"

struct asked {
    struct arena arena;
    struct route route;
};

static enum aws_cover ask(struct asked *a, enum aws_auth_kind kind, const char *method,
                          const char *target, const char *scope, str *ret_name) {
    struct router *router = aws_router_new();
    struct sign_header host = {S("Host"), S("127.0.0.1:4566")};
    struct aws_wire wire = {.method = str_c(method),
                            .headers = &host,
                            .n_headers = 1,
                            .arena = &a->arena};
    struct aws_auth auth = {.kind = kind, .scope_service = str_c(scope)};
    str_cut(str_c(target), '?', &wire.path, &wire.query);
    aws_route_request(router, &wire, &auth, &a->arena, &a->route);
    aws_router_free(router);
    return aws_covered(&a->route, kind, ret_name);
}

static void cases(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum aws_auth_kind kind;
        const char *method, *target, *scope;
        enum aws_cover want;
        const char *which;
    } table[] = {
        {"nothing", AWS_AUTH_V2_QUERY, "GET", "/b", "s3", AWS_COVERED, NULL},
        {"a signed one", AWS_AUTH_V2_QUERY, "GET", "/b?acl", "s3", AWS_COVERED, NULL},
        {"one of a listing", AWS_AUTH_V2_QUERY, "GET", "/b?prefix=a&list-type=2", "s3", AWS_COVERED,
         NULL},
        {"one that nobody reads", AWS_AUTH_V2_QUERY, "GET", "/b/k?x-id=1&x-id=2&z", "s3",
         AWS_COVERED, NULL},
        {"another operation", AWS_AUTH_V2_QUERY, "GET", "/b?publicAccessBlock", "s3",
         AWS_COVER_UNSIGNED, "publicAccessBlock"},
        {"… in another spelling", AWS_AUTH_V2_QUERY, "DELETE", "/b?encr%79ption=", "s3",
         AWS_COVER_UNSIGNED, "encryption"},
        {"… behind a signed one", AWS_AUTH_V2_QUERY, "GET", "/b?metrics&id=a", "s3",
         AWS_COVER_UNSIGNED, "id"},
        {"all are signed", AWS_AUTH_V4_QUERY, "GET", "/b?publicAccessBlock", "s3", AWS_COVERED,
         NULL},
        {"nobody signed", AWS_AUTH_ANONYMOUS, "GET", "/b?encryption", "s3", AWS_COVERED, NULL},
        {"two versions", AWS_AUTH_V4_HEADER, "GET", "/b/k?versionId=a&versionId=b", "s3",
         AWS_COVER_TWICE, "versionId"},
        {"the same twice", AWS_AUTH_V4_HEADER, "GET", "/b?list-type=2&list-type=2", "s3",
         AWS_COVER_TWICE, "list-type"},
        {"a list", AWS_AUTH_V4_HEADER, "DELETE", "/2017-03-31/tags/arn?tagKeys=a&tagKeys=b",
         "lambda", AWS_COVERED, NULL},
        {"two actions", AWS_AUTH_V4_QUERY, "GET", "/?Action=ListUsers&Action=DeleteUser", "iam",
         AWS_COVER_TWICE, "Action"},
        {"two of a form", AWS_AUTH_V4_HEADER, "POST", "/?Version=2010-05-08&x=1&x=2", "iam",
         AWS_COVER_TWICE, "x"},
        {"a service that reads none", AWS_AUTH_V4_HEADER, "POST", "/?x=1&x=2", "dynamodb",
         AWS_COVERED, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct asked a = {{0}, {0}};
        str name = STR_NONE;
        enum aws_cover got =
            ask(&a, table[i].kind, table[i].method, table[i].target, table[i].scope, &name);
        CHECK_CASE(got == table[i].want, table[i].name);
        CHECK_CASE(!table[i].which || str_is(name, table[i].which), table[i].name);
        arena_deinit(&a.arena);
    }
}

static bool signs_all_of(const struct api_op *op, bool *ret_lists) {
    bool all = true;
    for (size_t i = 0; i < op->n_query; i++) {
        all = all && (sign_v2_signs(op->query[i].key) || sign_v2_lists(op->query[i].key));
        *ret_lists = *ret_lists || sign_v2_lists(op->query[i].key);
    }
    for (size_t i = 0; op->in && i < op->in->n; i++)
        if (op->in->members[i].location == API_IN_QUERY)
            *ret_lists = *ret_lists || sign_v2_lists(op->in->members[i].wire);
    return all;
}

/* Of every operation that S3 has: found by what is signed, or not found; lists and changes nothing. */
static void the_whole_model(void **state) {
    (void)state;
    size_t refused = 0, listings = 0;
    for (size_t i = 0; i < api_s3.n_ops; i++) {
        const struct api_op *op = &api_s3.ops[i];
        bool lists = false, all = signs_all_of(op, &lists);
        CHECK_CASE(!lists || (str_is(op->method, "GET") && str_starts(op->name, S("List"))),
                   op->name.p);
        listings += lists;
        if (all)
            continue;
        CLEANUP_DEINIT(buf) struct buf target = {0};
        buf_c(&target, str_find(op->path, S("Key")) < 0 ? "/b?" : "/b/k?");
        for (size_t k = 0; k < op->n_query; k++)
            buf_printf(&target, STR_FMT "=" STR_FMT "&", STR_ARG(op->query[k].key),
                       STR_ARG(op->query[k].value.p ? op->query[k].value : S("x")));
        struct asked a = {{0}, {0}};
        str name;
        enum aws_cover got =
            ask(&a, AWS_AUTH_V2_QUERY, op->method.p, buf_cstr(&target), "s3", &name);
        /* Those that are found by a header besides are another operation here, which reads none. */
        CHECK_CASE((got == AWS_COVER_UNSIGNED) == (a.route.op == op || !op->required_header.p),
                   op->name.p);
        refused += got == AWS_COVER_UNSIGNED;
        arena_deinit(&a.arena);
    }
    CHECK_RANGE(refused, 25, 60);
    CHECK_RANGE(listings, 5, 15);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases), cmocka_unit_test(the_whole_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
