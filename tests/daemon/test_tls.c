/*
 * daemon/tls: the CA is made, read, checked and replaced; a process that is killed while it replaces
 * one leaves the old pair or the new one.
 */
#include "cm.h"
#include "daemon/tls.h"

#include "base/file.h"
#include "base/io.h"
#include "lib/tmp.h"
#include "net/net.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const dir = tmp_own;

static const char *in_tls(const char *name, const char *more) {
    static char path[4][256];
    static unsigned turn;
    char *at = path[turn++ % 4];
    snprintf(at, sizeof path[0], "%s/tls/%s%s", dir, name, more);
    return at;
}

static void read_tls(struct buf *out, const char *name, const char *more) {
    buf_clear(out);
    CHECK_INT(io_read_file(out, in_tls(name, more), 65536, NULL), 0);
}

static void write_tls(const char *name, str text) {
    CHECK_INT(file_write_durable(in_tls(name, ""), text, 0600, NULL), 0);
}

static int ensure(struct err *err) {
    CLEANUP_DEINIT(daemon_tls) struct daemon_tls tls = {0};
    return daemon_tls_ensure(&tls, dir, "127.0.0.1", err);
}

static void check_is_ca(void) {
    CLEANUP_DEINIT(buf) struct buf cert = {0}, key = {0};
    struct net_validity valid;
    read_tls(&cert, "ca.pem", "");
    read_tls(&key, "ca.key", "");
    CHECK_INT(net_check_ca(buf_view(&cert), buf_view(&key), &valid, NULL), 0);
    CHECK_INT(access(in_tls("ca.pem", ".new"), F_OK), -1);
    CHECK_INT(access(in_tls("ca.key", ".new"), F_OK), -1);
}

static void is_made_once(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf first = {0}, again = {0};
    struct stat st;
    CHECK_INT(ensure(NULL), 0);
    check_is_ca();
    read_tls(&first, "ca.pem", "");
    CHECK_INT(ensure(NULL), 0);
    read_tls(&again, "ca.pem", "");
    CHECK_STR(buf_view(&again), buf_view(&first));
    CHECK_INT(stat(in_tls("ca.key", ""), &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
}

static void is_replaced(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf old = {0}, old_key = {0}, now = {0}, suffix = {0}, second = {0};
    CHECK_INT(ensure(NULL), 0);
    read_tls(&old, "ca.pem", "");
    read_tls(&old_key, "ca.key", "");
    CHECK_INT(daemon_tls_rotate(dir, &suffix, NULL), 0);
    CHECK(str_starts(buf_view(&suffix), S(".old-2")));
    check_is_ca();
    read_tls(&now, "ca.pem", "");
    CHECK(!str_eq(buf_view(&now), buf_view(&old)));
    read_tls(&now, "ca.pem", suffix.p);
    CHECK_STR(buf_view(&now), buf_view(&old));
    read_tls(&now, "ca.key", suffix.p);
    CHECK_STR(buf_view(&now), buf_view(&old_key));
    /* Within the same second: none that was kept is lost. */
    CHECK_INT(daemon_tls_rotate(dir, &second, NULL), 0);
    CHECK(!str_eq(buf_view(&second), buf_view(&suffix)));
    read_tls(&now, "ca.pem", suffix.p);
    CHECK_STR(buf_view(&now), buf_view(&old));
    check_is_ca();
}

/* The files as they are after each step of a replacement, and which pair a start must find. */
static const struct {
    const char *name;
    bool key_new, cert_new, key_moved, is_new;
} cuts[] = {
    {"before anything", false, false, false, false},
    {"the key is written", true, false, false, false},
    {"both are written", true, true, false, false},
    {"the key is in place", false, true, true, true},
};

static void survives_every_cut(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        CLEANUP_DEINIT(buf) struct buf cert = {0}, key = {0}, old = {0}, found = {0};
        CHECK_INT(ensure(NULL), 0);
        read_tls(&old, "ca.pem", "");
        CHECK_INT(net_make_ca(NULL, &cert, &key, NULL), 0);
        if (cuts[i].key_new)
            write_tls("ca.key.new", buf_view(&key));
        if (cuts[i].cert_new)
            write_tls("ca.pem.new", buf_view(&cert));
        if (cuts[i].key_moved)
            write_tls("ca.key", buf_view(&key));
        CHECK_INT(ensure(NULL), 0);
        check_is_ca();
        read_tls(&found, "ca.pem", "");
        CHECK_CASE(str_eq(buf_view(&found), buf_view(cuts[i].is_new ? &cert : &old)), cuts[i].name);
    }
}

static void refuses_what_is_no_ca(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf cert = {0}, key = {0}, other = {0}, other_key = {0};
    CLEANUP_DEINIT(buf) struct buf suffix = {0};
    struct err err = {0};
    CHECK_INT(ensure(NULL), 0);
    read_tls(&cert, "ca.pem", "");
    read_tls(&key, "ca.key", "");
    CHECK_INT(net_make_ca(NULL, &other, &other_key, NULL), 0);
    const struct {
        const char *file;
        str text; /* absent: the file is gone */
        int r;
        const char *says;
    } cases[] = {
        {"ca.key", buf_view(&other_key), -EINVAL, "the key is not the certificate's"},
        {"ca.key", STR_NONE, -ENOENT, "ca.key: No such file"},
        {"ca.key", S(""), -EINVAL, "the key cannot be read"},
        {"ca.pem", S("rubbish"), -EINVAL, "the certificate cannot be read"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_tls("ca.pem", buf_view(&cert));
        write_tls("ca.key", buf_view(&key));
        if (cases[i].text.p)
            write_tls(cases[i].file, cases[i].text);
        else
            CHECK_INT(unlink(in_tls(cases[i].file, "")), 0);
        CHECK_INT(ensure(&err), cases[i].r);
        CHECK_HAS(err.text, "/tls/ca.pem and ca.key are no certificate authority: ");
        CHECK_HAS(err.text, cases[i].says);
        CHECK_HAS(err.text, "calotype rotate ca --data ");
    }
    CHECK_INT(daemon_tls_rotate(dir, &suffix, NULL), 0); /* the command that was named helps */
    CHECK_INT(ensure(&err), 0);
}

/* An older program's, over long ago: it stays, for it is not ours to take from those who trust it. */
static void keeps_one_that_is_over(void **state) {
    (void)state;
    static const struct net_validity over = {1000000000, 1315360000};
    CLEANUP_DEINIT(buf) struct buf cert = {0}, key = {0}, found = {0};
    CHECK_INT(ensure(NULL), 0);
    CHECK_INT(net_make_ca(&over, &cert, &key, NULL), 0);
    write_tls("ca.pem", buf_view(&cert));
    write_tls("ca.key", buf_view(&key));
    CHECK_INT(ensure(NULL), 0);
    read_tls(&found, "ca.pem", "");
    CHECK_STR(buf_view(&found), buf_view(&cert));
}

static void judges_by_the_clock(void **state) {
    (void)state;
    static const struct net_validity ten_years = {1000000000, 1315360000}, wide = {0, 4102444799};
    static const struct {
        const char *name;
        const struct net_validity *valid;
        int64_t now_s;
        const char *says; /* NULL: nothing */
    } cases[] = {
        {"wide", &wide, 1795000000, NULL},
        {"wide, never set", &wide, 5, NULL},
        {"wide, beyond 32 bits", &wide, 2200000000, NULL},
        {"within", &ten_years, 1100000000, NULL},
        {"before", &ten_years, 999999999,
         "is valid from 2001-09-09T01:46:40Z to 2011-09-07T01:46:40Z, and this machine's clock says "
         "2001-09-09T01:46:39Z: clients refuse TLS"},
        {"after", &ten_years, 1795000000, "calotype down, then calotype rotate ca --data /d"},
        {"soon over", &ten_years, 1315360000 - 364 * 86400,
         "ends on 2011-09-07T01:46:40Z: clients refuse TLS from then on"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf said = {0};
        daemon_tls_judge(cases[i].valid, cases[i].now_s, "/d", &said);
        CHECK_CASE((said.len > 0) == (cases[i].says != NULL), cases[i].name);
        if (cases[i].says)
            CHECK_HAS(buf_cstr(&said), cases[i].says);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_made_once, tmp_setup, tmp_teardown),
        cmocka_unit_test_setup_teardown(is_replaced, tmp_setup, tmp_teardown),
        cmocka_unit_test_setup_teardown(survives_every_cut, tmp_setup, tmp_teardown),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_ca, tmp_setup, tmp_teardown),
        cmocka_unit_test_setup_teardown(keeps_one_that_is_over, tmp_setup, tmp_teardown),
        cmocka_unit_test(judges_by_the_clock),
    };
    return cmocka_run_group_tests_name("daemon/tls", tests, NULL, NULL);
}
