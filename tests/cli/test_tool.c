/* Programs of the machine's that verbs run: what is read of them, and how a failure is told. */
#include "cm.h"

#include "cli/tool.h"

#include <errno.h>
#include <unistd.h>

enum { MIB = 1 << 20, PATIENCE_S = 30 };

static int read_shell(const char *script, struct buf *out, struct err *err) {
    const char *const argv[] = {"sh", "-c", script, NULL};
    return cli_tool_read(&(struct cli_tool){.argv = argv, .dies_with_us = true}, out, err);
}

static void what_it_prints(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    struct err err = {0};
    CHECK_INT(read_shell("echo one; echo two", &out, &err), 0);
    CHECK_BUF(out, "one\ntwo\n");
}

/* It is not waited for while it waits for somebody to read the rest. */
static void more_than_is_taken(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    struct err err = {0};
    alarm(PATIENCE_S);
    CHECK_INT(read_shell("exec cat /dev/zero", &out, &err), -ECHILD);
    alarm(0);
    CHECK_HAS(err.text, "`sh -c exec cat /dev/zero`");
    CHECK(out.len >= MIB && out.len < 2 * MIB);
}

static void failures(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    struct err err = {0};
    CHECK_INT(read_shell("exit 7", &out, &err), -ECHILD);
    CHECK_TEXT(err.text, "`sh -c exit 7` ended with 7");
    CHECK_INT(read_shell("kill -9 $$", &out, &err), -ECHILD);
    CHECK_TEXT(err.text, "`sh -c kill -9 $$` was ended by signal 9");
    const char *const none[] = {"no-such-program", NULL};
    CHECK_INT(cli_tool_run(&(struct cli_tool){.argv = none}, &err), -ENOENT);
    CHECK_TEXT(err.text, "this machine has no no-such-program");
    CHECK(cli_tool_is_here("sh") && cli_tool_is_here("/bin/sh"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_it_prints),
                                       cmocka_unit_test(more_than_is_taken),
                                       cmocka_unit_test(failures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
