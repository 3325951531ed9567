/* daemon/settings: DATA/calotype.yaml, value by value, and what is refused with its place. */
#include "cm.h"
#include "daemon/settings.h"

#include "base/io.h"
#include "base/log.h"
#include "lib/tmp.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static char dir[128], path[160];

static int setup(void **state) {
    (void)state;
    tmp_dir(dir);
    snprintf(path, sizeof path, "%s/calotype.yaml", dir);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    tmp_remove(dir);
    return 0;
}

static int load(struct daemon_settings *s, str text, struct err *err) {
    CLEANUP_FD int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    CHECK_INT(io_write_full(fd, text.p, text.len), 0);
    *s = daemon_settings_defaults;
    return daemon_settings_load(s, dir, err);
}

static void without_a_file(void **state) {
    (void)state;
    struct daemon_settings s = daemon_settings_defaults;
    CHECK_INT(daemon_settings_load(&s, dir, NULL), 0);
    CHECK_TEXT(s.listen, "127.0.0.1");
    CHECK_INT(s.port, 4566);
    CHECK_INT(s.reserve_mib, 256);
    CHECK_INT(s.functions_mib, 0);
    CHECK_TEXT(s.python, "");
    CHECK_TEXT(s.node, "");
    CHECK_INT(s.threads, 64);
    CHECK_INT(s.idle_s, 75);
    CHECK_INT(s.head_s, 20);
    CHECK_INT(s.body_s, 60);
    CHECK_INT(s.stop_s, 10);
    daemon_settings_deinit(&s);
}

static void every_key(void **state) {
    (void)state;
    struct daemon_settings s;
    CHECK_INT(load(&s,
                   S("listen: 0.0.0.0\nport: 65535\nlog: text\nlog-level: warn\nstrict: true\n"
                     "isolation: userns\nreserve-mib: 1\nthreads: 1024\nidle-seconds: 86400\n"
                     "stop-seconds: 0\nfunctions-mib: 2048\nhead-seconds: 1\nbody-seconds: 86400\n"
                     "python: /opt/python3\nnode: /opt/node\n"),
                   NULL),
              0);
    CHECK_TEXT(s.listen, "0.0.0.0");
    CHECK_INT(s.port, 65535);
    CHECK_INT(s.log, LOG_TEXT);
    CHECK_INT(s.log_level, LOG_WARN);
    CHECK(s.strict);
    CHECK_INT(s.isolation, ISOLATION_USERNS);
    CHECK_INT(s.reserve_mib, 1);
    CHECK_INT(s.threads, 1024);
    CHECK_INT(s.idle_s, 86400);
    CHECK_INT(s.head_s, 1);
    CHECK_INT(s.body_s, 86400);
    CHECK_INT(s.stop_s, 0);
    CHECK_INT(s.functions_mib, 2048);
    CHECK_TEXT(s.python, "/opt/python3");
    CHECK_TEXT(s.node, "/opt/node");
    daemon_settings_deinit(&s);
}

static void what_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *at;
    } cases[] = {
        {"port: 65536\n", ":1:"},
        {"threads: 0\n", ":1:"},
        {"threads: 1025\n", ":1:"},
        {"idle-seconds: 0\n", ":1:"},
        {"idle-seconds: 86401\n", ":1:"},
        {"head-seconds: 0\n", ":1:"},
        {"body-seconds: 0\n", ":1:"},
        {"stop-seconds: 3601\n", ":1:"},
        {"reserve-mib: 0\n", ":1:"},
        {"log: yaml\n", ":1:"},
        {"port: 1\nisolation: none\n", ":2:"},
        {"port: 1\nport: 2\n", ":2:"},
        {"port: 1\nnothing: 2\n", ":2:"},
        {"detach: true\n", ":1:"},
        {"port: [1]\n", ":1:"},
        {"- port\n", ":1:"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct daemon_settings s;
        struct err err = {0};
        print_message("%s", cases[i].text);
        CHECK_INT(load(&s, str_c(cases[i].text), &err), -EINVAL);
        CHECK_HAS(err.text, "calotype.yaml");
        CHECK_HAS(err.text, cases[i].at);
        daemon_settings_deinit(&s);
    }
}

static void the_longest_file(void **state) {
    (void)state;
    enum { MOST = 64 * 1024 };
    for (size_t n = MOST; n <= MOST + 1; n++) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        struct daemon_settings s;
        buf_c(&text, "port: 7\n#");
        while (text.len < n - 1)
            buf_char(&text, '-');
        buf_char(&text, '\n');
        int r = load(&s, buf_view(&text), NULL);
        CHECK_INT(r == 0, n == MOST);
        if (r == 0)
            CHECK_INT(s.port, 7);
        daemon_settings_deinit(&s);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {T(without_a_file), T(every_key), T(what_is_refused),
                                       T(the_longest_file)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
