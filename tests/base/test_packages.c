/* Where a language's packages are looked for, and where they are installed. */
#include "cm.h"

#include "base/io.h"
#include "base/packages.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/packages.XXXXXX";

static void make(const char *below) {
    char path[256];
    snprintf(path, sizeof path, "%s%s", folder, below);
    CHECK_INT(io_mkdirs(path, 0755, NULL), 0);
}

static void check_found(const char *language, const char *want) {
    CLEANUP_DEINIT(buf) struct buf found = {0}, path = {0};
    buf_printf(&path, "%s%s", want ? folder : "", want ? want : "");
    CHECK_CASE(packages_find(packages_of(str_c(language)), &found) == (want != NULL), language);
    CHECK_TEXT(buf_cstr(&found), buf_cstr(&path));
}

static void rows_have_two_names(void **) {
    CHECK_TEXT(packages_of(S("node"))->language, "nodejs");
    CHECK(packages_of(S("nodejs")) == packages_of(S("node")));
    CHECK_TEXT(packages_of(S("python"))->word, "python");
    CHECK(!packages_of(S("ruby")));
    CHECK(packages_at(0) && packages_at(1) && !packages_at(2));
}

static void the_folder_that_is_named_is_the_only_one(void **) {
    make("/named");
    char named[256];
    snprintf(named, sizeof named, "%s/named", folder);
    setenv("CALOTYPE_RUNTIMES", named, 1);
    check_found("nodejs", NULL);
    make("/named/nodejs/node_modules");
    check_found("nodejs", NULL); /* half of it is none of it */
    make("/named/nodejs/node_modules/@aws-sdk");
    check_found("nodejs", "/named/nodejs/node_modules");
    CLEANUP_DEINIT(buf) struct buf place = {0};
    CHECK(packages_place(packages_of(S("nodejs")), &place));
    CHECK_STR(str_skip(buf_view(&place), strlen(folder)), S("/named/nodejs"));
    CHECK(!packages_place(packages_of(S("python")), &place)); /* apt's */

    make("/named/python");
    check_found("python", NULL);
    make("/named/python/boto3");
    check_found("python", "/named/python");
    unsetenv("CALOTYPE_RUNTIMES");
}

/* Root has no folder of its own: what it installs is for all. */
static void a_user_has_a_folder(void **) {
    CLEANUP_DEINIT(buf) struct buf place = {0};
    unsetenv("CALOTYPE_RUNTIMES");
    unsetenv("XDG_DATA_HOME");
    setenv("HOME", folder, 1);
    CHECK(packages_place(packages_of(S("nodejs")), &place));
    if (geteuid() == 0) {
        CHECK_TEXT(buf_cstr(&place), "/usr/local/lib/calotype/runtimes/nodejs");
        CHECK_INT(seteuid(1), 0);
        buf_clear(&place);
        CHECK(packages_place(packages_of(S("nodejs")), &place));
    }
    CHECK_STR(str_skip(buf_view(&place), strlen(folder)),
              S("/.local/share/calotype/runtimes/nodejs"));
    setenv("XDG_DATA_HOME", "not/absolute", 1);
    buf_clear(&place);
    CHECK(packages_place(packages_of(S("nodejs")), &place));
    CHECK_STR(str_skip(buf_view(&place), strlen(folder)),
              S("/.local/share/calotype/runtimes/nodejs"));
    setenv("XDG_DATA_HOME", "/xdg", 1);
    buf_clear(&place);
    CHECK(packages_place(packages_of(S("nodejs")), &place));
    CHECK_TEXT(buf_cstr(&place), "/xdg/calotype/runtimes/nodejs");
    unsetenv("XDG_DATA_HOME");
    unsetenv("HOME");
    CHECK(!packages_place(packages_of(S("nodejs")), &place));
    if (getuid() == 0)
        CHECK_INT(seteuid(0), 0);
}

static void a_user_s_own_come_first(void **) {
    setenv("HOME", folder, 1);
    make("/.local/share/calotype/runtimes/nodejs/node_modules/@aws-sdk");
    CHECK_INT(chmod(folder, 0755), 0);
    if (getuid() == 0)
        CHECK_INT(seteuid(1), 0);
    check_found("nodejs", "/.local/share/calotype/runtimes/nodejs/node_modules");
    if (getuid() == 0)
        CHECK_INT(seteuid(0), 0);
}

static int begin(void **) { return mkdtemp(folder) ? 0 : -1; }
static int end(void **) {
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command); /* NOLINT(cert-env33-c): a name of mkdtemp's */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_have_two_names),
                                       cmocka_unit_test(the_folder_that_is_named_is_the_only_one),
                                       cmocka_unit_test(a_user_has_a_folder),
                                       cmocka_unit_test(a_user_s_own_come_first)};
    return cmocka_run_group_tests(tests, begin, end);
}
