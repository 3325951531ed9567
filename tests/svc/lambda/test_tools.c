/* The folder of programs that functions call: what is in it, and that it follows the machine's. */
#include "lib/tmp.h"

#include "base/io.h"
#include "svc/lambda/runtimes.h"
#include "svc/lambda/tools.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path of a file in that folder. */
static const char *in(const char *folder, const char *name) {
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static bool has_bytes_of(const char *copy, const char *original) {
    CLEANUP_DEINIT(buf) struct buf a = {0}, b = {0};
    CHECK_INT(io_read_file(&a, copy, 64 << 20, NULL), 0);
    CHECK_INT(io_read_file(&b, original, 64 << 20, NULL), 0);
    return a.len > 0 && str_eq(buf_view(&a), buf_view(&b));
}

static int none(void *, struct map *) { return 0; }

/* As of a daemon that starts, with what its last life has left. */
static void test_copies(void **) {
    struct stat st;
    const char *path = NULL;
    for (int life = 0; life < 3; life++) {
        struct lambda_code *code = lambda_code_new(tmp_store);
        struct lambda_tools *tools = lambda_tools_new(code, tmp_store);
        struct err err = {0};
        CHECK_INT(lambda_tools_get(tools, &path, &err), 0);
        CHECK_INT(lambda_tools_get(tools, &path, &err), 0);
        CHECK(has_bytes_of(in(path, "sh"), LAMBDA_HOST_TOOLS "/sh"));
        CHECK(has_bytes_of(in(path, "cat"), LAMBDA_HOST_TOOLS "/cat"));
        CHECK_INT(stat(in(path, "cat"), &st), 0);
        CHECK_INT(st.st_mode & 07777, 0755); /* nothing of setuid, should the original have it */
        CHECK_INT(stat(path, &st), 0);
        CHECK_INT(st.st_mode & 07777, 0755);
        lambda_code_touched(code);
        lambda_code_sweep(code, none, NULL);
        CHECK_INT(access(in(path, "cat"), X_OK), 0); /* no function names the folder; it stays */
        /* Another version, and one that somebody has cut. */
        CHECK_INT(unlink(in(path, "sh")), 0);
        CHECK_INT(truncate(in(path, "cat"), 10), 0);
        lambda_tools_free(tools);
        lambda_code_free(code);
    }
}

/* An upgrade of the machine while the disk is full: functions that ran go on with what is there. */
static void test_a_full_disk(void **) {
    static const struct timespec long_ago[2] = {{1, 0}, {1, 0}};
    for (int life = 0; life < 3; life++) {
        const struct store_options options = {.data = tmp_own,
                                              .reserve_bytes = life == 1 ? UINT64_MAX / 4 : 0};
        CLEANUP(store) struct store *store = NULL;
        struct err err = {0};
        struct stat st;
        const char *path = NULL;
        CHECK_INT(store_open(&store, &options, &err), 0);
        struct lambda_code *code = lambda_code_new(store);
        struct lambda_tools *tools = lambda_tools_new(code, store);
        CHECK_INT(lambda_tools_get(tools, &path, &err), 0);
        CHECK_INT(stat(in(path, "cat"), &st), 0);
        CHECK((st.st_mtim.tv_sec == 1) == (life == 1));
        CHECK_INT(utimensat(AT_FDCWD, in(path, "cat"), long_ago, 0), 0); /* another version */
        if (life == 1) {
            CHECK_INT(unlink(in(path, "cat")), 0); /* without any there is none to go on with */
            CHECK_INT(lambda_tools_get(tools, &path, &err), STORE_E_FULL);
            CHECK_HAS(err.text, "there is no room for a copy of /usr/bin/cat");
        }
        lambda_tools_free(tools);
        lambda_code_free(code);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_STORE(test_copies),
        cmocka_unit_test_setup_teardown(test_a_full_disk, tmp_setup, tmp_teardown)};
    return cmocka_run_group_tests_name("svc/lambda/tools", tests, NULL, NULL);
}
