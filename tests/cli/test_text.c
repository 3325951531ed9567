/* Small readers and writers of text: moments, elements of XML, sizes. */
#include "cm.h"

#include "base/clock.h"
#include "cli/row.h"
#include "cli/when.h"
#include "cli/xml.h"

static void moments(void **state) {
    (void)state;
    const int64_t now = 1795323600000; /* 2026-11-22T05:00:00Z */
    static const struct {
        const char *text;
        int64_t want; /* -1: refused */
    } cases[] = {
        {"now", 1795323600000},
        {"90s", 1795323510000},
        {"30m", 1795321800000},
        {"12h", 1795280400000},
        {"3d", 1795064400000},
        {"2026-11-22", 1795305600000},
        {"2026-11-22T05:00:00Z", 1795323600000},
        {"0s", 1795323600000},
        {"", -1},
        {"d", -1},
        {"3w", -1},
        {"-3d", -1},
        {"yesterday", -1},
        {"999999999999d", -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t got = -1;
        bool good = cli_when(str_c(cases[i].text), now, &got);
        CHECK_CASE(good == (cases[i].want >= 0) && got == cases[i].want, cases[i].text);
    }
}

static void elements(void **state) {
    (void)state;
    str rest = S("<a x='1'><m>1<m>2</m>3</m><mm>no</mm><m/><m >4</m></a>"), inner;
    CHECK(cli_xml_next(&rest, "a", &inner));
    rest = inner;
    CHECK(cli_xml_next(&rest, "m", &inner));
    CHECK_STR(inner, S("1<m>2</m>3"));
    CHECK(cli_xml_next(&rest, "m", &inner));
    CHECK_STR(inner, S(""));
    CHECK(cli_xml_next(&rest, "m", &inner));
    CHECK_STR(inner, S("4"));
    CHECK(!cli_xml_next(&rest, "m", &inner));
    static const char *const broken[] = {"",     "<",      "<m", "<m>", "<m>1", "<m>1<m>2</m>",
                                         "</m>", "m>1</m>"};
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        rest = str_c(broken[i]);
        CHECK_CASE(!cli_xml_next(&rest, "m", &inner), broken[i]);
    }
}

static void sizes(void **state) {
    (void)state;
    char out[16];
    CHECK_TEXT(cli_size(out, 0), "0 B");
    CHECK_TEXT(cli_size(out, 999), "999 B");
    CHECK_TEXT(cli_size(out, 1000), "1.0 kB");
    CHECK_TEXT(cli_size(out, 999999), "1.0 MB");
    CHECK_TEXT(cli_size(out, 123456789), "123.5 MB");
    CHECK_TEXT(cli_size(out, UINT64_MAX), "18.4 EB");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments),
        cmocka_unit_test(elements),
        cmocka_unit_test(sizes),
    };
    return cmocka_run_group_tests_name("cli/text", tests, NULL, NULL);
}
