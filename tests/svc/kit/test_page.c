/* kit/page: pages over rows and lists, and tokens that are not ours. */
#include "fixture.h"

#include "svc/kit/page.h"

static const struct kit_paging opaque = {.list = "Topics",
                                         .token = "NextToken",
                                         .most = 3,
                                         .error = &kit_test_error,
                                         .text = "no such token"};
static const struct kit_paging plain = {
    .list = "Topics", .token = "NextToken", .most = 3, .plain = true};
static const struct kit_paging *paging;
static const char *const *list; /* NULL: rows */
static const char *scope;

static json_t *item(str name) {
    json_t *out = json_object();
    json_set_str(out, "TopicArn", name);
    return out;
}

/* Names that begin with "x" are not told. */
static int list_rows(struct kit_page *page) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0}, name = {0};
    key_begin(&prefix, "kit.test");
    kit_page_rows(page, STORE_META, buf_view(&prefix));
    while (kit_page_next(page)) {
        struct cur key = cur_of(str_skip(page->key, prefix.len));
        buf_clear(&name);
        CHECK(key_take_str(&key, &name));
        if (name.p[0] != 'x')
            kit_page_add(page, paging->plain ? buf_view(&name) : STR_NONE, item(buf_view(&name)));
    }
    return kit_page_end(page);
}

static int ListTopics(void *svc, struct rq *rq) {
    (void)svc;
    CLEANUP_DEINIT(kit_page) struct kit_page page;
    if (kit_page_begin(&page, rq, paging, str_c(scope)))
        return AWS_FAILED;
    if (!list)
        return list_rows(&page);
    for (size_t i = 0; list[i]; i++)
        if (!kit_page_add(&page, str_c(list[i]), item(str_c(list[i]))))
            break;
    return kit_page_end(&page);
}

static const struct aws_op ops[] = {
    {"ListTopics", ListTopics, "sns:ListTopics", "*", OP_PAGINATES, NULL}};
static const struct aws_service service = {.name = "sns", .api = &api_sns, .ops = ops, .n_ops = 1};

static int setup(void **state) {
    cloud_setup(state);
    cloud_add(*state, &service);
    return 0;
}

static void put_rows(struct cloud *c, const char *names) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct err err = {{0}};
    for (; *names; names++) {
        CLEANUP_DEINIT(buf) struct buf key = {0};
        key_begin(&key, "kit.test");
        key_str(&key, str_n(names, 1));
        store_put_blind(batch, STORE_META, buf_view(&key), S("{}"));
    }
    CHECK_INT(store_commit(c->store, batch, &err), 0);
}

/* What each page told, the pages separated by '|'. */
static const char *walk(struct cloud *c) {
    static char told[64];
    size_t n = 0;
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_c(&in, "{}");
    for (int page = 0; page < 20; page++) {
        CHECK_TEXT(cloud_call_as(c, c->root, "sns", "ListTopics", buf_cstr(&in)), "");
        const json_t *topics = json_arr(c->call.out, "Topics");
        for (size_t i = 0; i < json_array_size(topics); i++)
            told[n++] = json_str(json_array_get(topics, i), "TopicArn").p[0];
        str token = json_str(c->call.out, "NextToken");
        if (!token.p)
            break;
        told[n++] = '|';
        buf_clear(&in);
        buf_printf(&in, "{'NextToken':'" STR_FMT "'}", STR_ARG(token));
    }
    told[n] = '\0';
    return told;
}

static void test_rows(void **state) {
    struct cloud *c = *state;
    for (int i = 0; i < 2; i++) {
        paging = i ? &plain : &opaque;
        CHECK_TEXT(walk(c), "");
        put_rows(c, "cab");
        CHECK_TEXT(walk(c), "abc"); /* no token where nothing follows */
        put_rows(c, "xyz");
        CHECK_TEXT(walk(c), "abc|yz");
        put_rows(c, "defgh");
        CHECK_TEXT(walk(c), "abc|def|ghy|z");
        cloud_teardown(state);
        setup(state);
        c = *state;
    }
}

/* A page goes on behind what was told, also when that is gone, and whatever was added before it. */
static void test_changes_between_pages(void **state) {
    struct cloud *c = *state;
    paging = &opaque;
    put_rows(c, "bcdef");
    CHECK_TEXT(cloud_call_as(c, c->root, "sns", "ListTopics", "{}"), "");
    str token = json_str(c->call.out, "NextToken");
    CLEANUP_DEINIT(buf) struct buf in = {0}, key = {0};
    buf_printf(&in, "{'NextToken':'" STR_FMT "'}", STR_ARG(token));
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct err err = {{0}};
    key_begin(&key, "kit.test");
    key_str(&key, S("d"));
    store_del_blind(batch, STORE_META, buf_view(&key));
    CHECK_INT(store_commit(c->store, batch, &err), 0);
    put_rows(c, "a");
    CHECK_TEXT(cloud_call_as(c, c->root, "sns", "ListTopics", buf_cstr(&in)), "");
    const json_t *topics = json_arr(c->call.out, "Topics");
    CHECK_INT(json_array_size(topics), 2);
    CHECK_STR(json_str(json_array_get(topics, 0), "TopicArn"), S("e"));
    CHECK_STR(json_str(json_array_get(topics, 1), "TopicArn"), S("f"));
}

static void test_lists(void **state) {
    struct cloud *c = *state;
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", NULL};
    list = names;
    paging = &opaque;
    CHECK_TEXT(walk(c), "abc|def|g");
    paging = &plain;
    CHECK_TEXT(walk(c), "abc|def|g");
    list = NULL;
}

static void test_wrong_tokens(void **state) {
    struct cloud *c = *state;
    paging = &opaque;
    put_rows(c, "abcdef");
    CHECK_TEXT(cloud_call_as(c, c->root, "sns", "ListTopics", "{}"), "");
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{'NextToken':'" STR_FMT "'}", STR_ARG(json_str(c->call.out, "NextToken")));
    scope = "another listing";
    fails(cloud_call_as(c, c->root, "sns", "ListTopics", buf_cstr(&in)), "InvalidParameter");
    message("no such token");
    scope = NULL;
    ok(cloud_call_as(c, c->root, "sns", "ListTopics", buf_cstr(&in)));
    static const char *const wrong[] = {"{'NextToken':'x'}", "{'NextToken':'AAAA'}",
                                        "{'NextToken':'AQAAAABh'}"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        fails(cloud_call_as(c, c->root, "sns", "ListTopics", wrong[i]), "InvalidParameter");
    ok(cloud_call_as(c, c->root, "sns", "ListTopics", "{'NextToken':''}"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(test_changes_between_pages, setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(test_lists, setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(test_wrong_tokens, setup, cloud_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
