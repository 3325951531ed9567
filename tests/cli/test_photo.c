/* Rows of the table as the command line shows them. */
#include "cm.h"

#include "cli/cloud.h"
#include "cli/photo.h"

static void ids(void **state) {
    (void)state;
    char id[33];
    /* printf %s bucket/uploads/a.jpg | sha256sum */
    cli_image_id(id, S("bucket"), S("uploads/a.jpg"));
    CHECK_INT(strlen(id), 32);
    char again[33];
    cli_image_id(again, S("bucket/uploads"), S("a.jpg"));
    CHECK_TEXT(id, again); /* the same text */
}

static void plain_json(void **state) {
    (void)state;
    static const char item[] =
        "{\"S\":{\"S\":\"x\"},\"N\":{\"N\":\"12\"},\"R\":{\"N\":\"1.5\"},\"B\":{\"BOOL\":true},\"Z\":{\"NULL\":true},"
        "\"L\":{\"L\":[{\"M\":{\"a\":{\"N\":\"-3\"}}}]},\"SS\":{\"SS\":[\"p\",\"q\"]},\"E\":{}}";
    CLEANUP_JSON json_t *doc = json_parse(str_c(item), NULL);
    CLEANUP_JSON json_t *plain = cli_item_plain(doc);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, plain);
    CHECK_BUF(
        text,
        "{\"S\":\"x\",\"N\":12,\"R\":1.5,\"B\":true,\"Z\":null,\"L\":[{\"a\":-3}],\"SS\":[\"p\",\"q\"],\"E\":null}");
}

static void cameras(void **state) {
    (void)state;
    static const struct {
        const char *item, *want;
    } cases[] = {
        {"{\"Make\":{\"S\":\"NIKON CORPORATION\"},\"Model\":{\"S\":\"NIKON D70\"}}", "NIKON D70"},
        {"{\"Make\":{\"S\":\"Apple\"},\"Model\":{\"S\":\"iPhone 12\"}}", "Apple iPhone 12"},
        {"{\"Make\":{\"S\":\"Canon\"},\"Model\":{\"S\":\"canon EOS\"}}", "canon EOS"},
        {"{\"Make\":{\"S\":\"Leica\"}}", "Leica"},
        {"{\"Model\":{\"S\":\"X100\"}}", "X100"},
        {"{}", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_JSON json_t *doc = json_parse(str_c(cases[i].item), NULL);
        CLEANUP_DEINIT(buf) struct buf out = {0};
        cli_camera(doc, &out);
        CHECK_STR(buf_view(&out), str_c(cases[i].want));
    }
}

static void final_statuses(void **state) {
    (void)state;
    CHECK(cli_status_is_final(S("processed")));
    CHECK(cli_status_is_final(S("rejected")));
    CHECK(!cli_status_is_final(S("pending")));
    CHECK(!cli_status_is_final(STR_NONE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids),
        cmocka_unit_test(plain_json),
        cmocka_unit_test(cameras),
        cmocka_unit_test(final_statuses),
    };
    return cmocka_run_group_tests_name("cli/photo", tests, NULL, NULL);
}
