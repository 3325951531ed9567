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

static void columns_for_a_terminal(void **state) {
    (void)state;
    static const struct {
        unsigned columns;
        size_t longest;
        bool with_ms;
        const char *want; /* title:width of what is shown */
    } cases[] = {
        {0, 100, true, "file:40 status:11 format:6 pixels:13 camera:22 derivatives:16 ms:6 :0 "},
        {0, 3, false, "file:12 status:11 format:6 pixels:13 camera:22 derivatives:16 :0 "},
        {200, 100, true, "file:40 status:11 format:6 pixels:13 camera:22 derivatives:16 ms:6 :0 "},
        {110, 100, true, "file:36 status:11 format:6 pixels:13 camera:22 ms:6 :0 "},
        {80, 100, true, "file:26 status:11 format:6 pixels:13 ms:6 :0 "},
        {60, 100, true, "file:20 status:11 pixels:13 ms:6 :0 "},
        {40, 100, false, "file:13 status:11 :0 "},
        {10, 100, true, "file:12 status:11 :0 "},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf got = {0};
        struct cli_photo_table table;
        cli_photo_fit(&table, cases[i].longest, cases[i].with_ms, cases[i].columns);
        for (size_t k = 0; k < ARRAY_LEN(table.columns); k++)
            if (!table.columns[k].hidden)
                buf_printf(&got, "%s:%u ", table.columns[k].title, table.columns[k].width);
        CHECK_STR(buf_view(&got), str_c(cases[i].want));
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
        cmocka_unit_test(columns_for_a_terminal),
        cmocka_unit_test(final_statuses),
    };
    return cmocka_run_group_tests_name("cli/photo", tests, NULL, NULL);
}
