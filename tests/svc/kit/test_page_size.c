/* kit/page: how many a page holds, the members that say so, empty and malformed tokens. */
#include "fixture.h"

#include "base/codec.h"
#include "svc/kit/name.h"
#include "svc/kit/page.h"

static struct kit_paging paging;
static size_t n_items;

static int ListTopics(void *svc, struct rq *rq) {
    (void)svc;
    CLEANUP_DEINIT(kit_page) struct kit_page page;
    if (kit_page_begin(&page, rq, &paging, STR_NONE))
        return AWS_FAILED;
    for (size_t i = 0; i < n_items; i++) {
        str place = arena_printf(&rq->arena, "%05zu", i);
        json_t *item = json_object();
        json_set_str(item, "TopicArn", place);
        if (!kit_page_add(&page, place, item))
            break;
    }
    return kit_page_end(&page);
}

static const struct aws_op ops[] = {
    {"ListTopics", ListTopics, "sns:ListTopics", "*", OP_PAGINATES, NULL}};
static const struct aws_service service = {.name = "sns", .api = &api_sns, .ops = ops, .n_ops = 1};

static int setup(void **state) {
    cloud_setup(state);
    cloud_add(*state, &service);
    paging = (struct kit_paging){.list = "Topics",
                                 .token = "NextToken",
                                 .most = 10,
                                 .error = &kit_test_error};
    n_items = 30;
    return 0;
}

static size_t listed(struct cloud *c, const char *in) {
    ok(cloud_call_as(c, c->root, "sns", "ListTopics", in));
    return json_array_size(json_arr(c->call.out, "Topics"));
}

static void test_sizes(void **state) {
    struct cloud *c = *state;
    CHECK_INT(listed(c, "{}"), 10);
    paging.otherwise = 4;
    CHECK_INT(listed(c, "{}"), 4);
    n_items = 4;
    CHECK_INT(listed(c, "{}"), 4);
    CHECK(!json_has(c->call.out, "NextToken"));
    n_items = 5;
    CHECK_INT(listed(c, "{}"), 4);
    CHECK(json_has(c->call.out, "NextToken"));
    n_items = 0;
    CHECK_INT(listed(c, "{}"), 0);
    CHECK(!json_has(c->call.out, "NextToken"));
}

/* A token of bytes that a listing would not have made. */
static const char *with_token(struct cloud *c, const char *bytes, size_t n) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_c(&in, "{'NextToken':'");
    codec_add_base64(&in, bytes, n);
    buf_c(&in, "'}");
    return cloud_call_as(c, c->root, "sns", "ListTopics", buf_cstr(&in));
}

static void test_tokens(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf token = {0}, raw = {0};
    CHECK_INT(listed(c, "{}"), 10);
    buf_str(&token, json_str(c->call.out, "NextToken"));
    CHECK(codec_unbase64(&raw, buf_view(&token)));
    ok(with_token(c, raw.p, raw.len));
    CHECK_STR(json_str(json_array_get(json_arr(c->call.out, "Topics"), 0), "TopicArn"), S("00010"));
    fails(with_token(c, raw.p, 4), "InvalidParameter"); /* cut off */
    message("refused");
    raw.p[0]++; /* of another version */
    fails(with_token(c, raw.p, raw.len), "InvalidParameter");
    raw.p[0]--;
    raw.p[4] ^= 1; /* of another listing */
    fails(with_token(c, raw.p, raw.len), "InvalidParameter");
    ok(cloud_call_as(c, c->root, "sns", "ListTopics", "{'NextToken':''}"));
    paging.no_empty = true;
    fails(cloud_call_as(c, c->root, "sns", "ListTopics", "{'NextToken':''}"), "InvalidParameter");
}

static void test_token_bytes(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf token = {0}, place = {0}, longest = {0};
    kit_token_add(&token, 7, S("here"));
    CHECK(kit_token_read(buf_view(&token), 7, &place));
    CHECK_BUF(place, "here");
    CHECK(!kit_token_read(buf_view(&token), 8, &place));
    CHECK(!kit_token_read(S(""), 7, &place));
    CHECK_BUF(place, "here");               /* nothing was added */
    for (size_t n = 6139; n <= 6140; n++) { /* 8,192 characters of base64 at most */
        CLEANUP_DEINIT(buf) struct buf text = {0}, back = {0};
        buf_clear(&longest);
        while (longest.len < n)
            buf_char(&longest, 'x');
        kit_token_add(&text, 1, buf_view(&longest));
        CHECK_INT(kit_token_read(buf_view(&text), 1, &back), text.len <= 8192);
    }
}

static void test_names(void **state) {
    (void)state;
    CHECK(kit_name_ok(S("a"), 1) && !kit_name_ok(S(""), 1) && !kit_name_ok(S("ab"), 1));
    CHECK(kit_name_ok(S("aZ09-_"), 6) && !kit_name_ok(S("a.b"), 6) &&
          !kit_name_ok(S("\xc3\xa4"), 6));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sizes, setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(test_tokens, setup, cloud_teardown),
        cmocka_unit_test(test_token_bytes),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
