/*
 * daemon/modes: what is too open is closed and said, or refused. Run as root the rules of other
 * users are tried in a child that has become one.
 */
#include "cm.h"
#include "daemon/modes.h"

#include "base/file.h"
#include "base/io.h"
#include "lib/tmp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, SOMEBODY = 12345 };

static char top[128], dir[160];

static int setup(void **state) {
    (void)state;
    tmp_dir(top);
    chmod(top, 0755);
    snprintf(dir, sizeof dir, "%s/data", top);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    tmp_remove(top);
    return 0;
}

static const char *at(const char *name) {
    static char path[4][256];
    static unsigned turn;
    char *p = path[turn++ % 4];
    snprintf(p, sizeof path[0], "%s%s", dir, name);
    return p;
}

static const char *const folders[] = {"", "/keys", "/tls", "/clients", "/db", "/blobs"};
static const char *const files[] = {"/format",      "/keys/master", "/tls/ca.key",
                                    "/credentials", "/tls/ca.pem",  "/clients/s3cmd.cfg"};

/* All of it as it should be. */
static void make_data(void) {
    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        CHECK_INT(mkdir(at(folders[i]), 0700), 0);
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        CHECK_INT(file_write_durable(at(files[i]), S("x"), 0600, NULL), 0);
}

static unsigned mode_of(const char *name) {
    struct stat st;
    CHECK_INT(stat(at(name), &st), 0);
    return st.st_mode & 07777;
}

/* What the check answers, and what it logs. */
static int check(const char *key, struct buf *log, struct err *err) {
    char path[160];
    snprintf(path, sizeof path, "%s/log", top);
    int before = dup(STDERR_FILENO), fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(fd, STDERR_FILENO);
    int r = daemon_modes_check(dir, key, err);
    dup2(before, STDERR_FILENO);
    close(before);
    close(fd);
    buf_clear(log);
    CHECK_INT(io_read_file(log, path, 65536, NULL), 0);
    return r;
}

static const struct {
    const char *name;
    unsigned folder; /* DATA's mode */
    unsigned was, is;
    const char *says; /* NULL: nothing */
} cases[] = {
    {"", 0755, 0755, 0700, "had mode 0755, which lets others read it: it has mode 0700 from"},
    {"", 0777, 0777, 0700, "had mode 0777, which lets others read and change it"},
    {"", 0750, 0750, 0700, "had mode 0750"},
    {"/db", 0755, 0755, 0700, "/db had mode 0755"},
    {"/blobs", 0700, 0755, 0700, "/blobs had mode 0755"},
    {"/keys", 0700, 0711, 0700, "/keys had mode 0711"},
    {"/credentials", 0755, 0644, 0600, "others on this machine could read it. It has mode 0600"},
    {"/credentials", 0755, 0640, 0600, "make a new root key (docs/process.md"},
    /* Nobody could get to it: it is closed, and no reason to make another. */
    {"/credentials", 0700, 0644, 0600, "which lets others read it: it has mode 0600 from here on"},
    {"/tls/ca.key", 0755, 0600, 0600, NULL},
    {"/tls/ca.pem", 0700, 0644, 0644, NULL},
    {"/tls/ca.pem", 0700, 0666, 0644, "/tls/ca.pem had mode 0666"},
    {"/format", 0700, 0664, 0644, "/format had mode 0664"},
    {"/clients/s3cmd.cfg", 0700, 0604, 0600, "/clients/s3cmd.cfg had mode 0604"},
    {"/keys/master", 0700, 0400, 0400, NULL},
};

static void closes_what_is_ours(void **state) {
    (void)state;
    make_data();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf log = {0}, again = {0};
        CHECK_INT(chmod(at(""), cases[i].folder), 0);
        CHECK_INT(chmod(at(cases[i].name), cases[i].was), 0);
        CHECK_INT(check(NULL, &log, NULL), 0);
        CHECK_INT(mode_of(cases[i].name), cases[i].is);
        CHECK_INT(mode_of(""), 0700);
        CHECK_HAS(buf_cstr(&log), cases[i].says ? cases[i].says : "");
        if (!cases[i].says)
            CHECK_CASE(!strstr(buf_cstr(&log), cases[i].name), cases[i].name);
        CHECK_INT(check(NULL, &again, NULL), 0);
        CHECK_INT(again.len, 0);
        CHECK_INT(chmod(at(cases[i].name), cases[i].was & 0700), 0);
    }
}

/* A secret that others could get at, folder by folder. */
static void says_which_key_to_make_anew(void **state) {
    (void)state;
    static const struct {
        const char *folder, *file, *anew;
    } secrets[] = {
        {"/keys", "/keys/master", "calotype rotate master-key"},
        {"/tls", "/tls/ca.key", "calotype rotate ca"},
        {"/clients", "/clients/s3cmd.cfg", "a new root key"},
    };
    make_data();
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
        CLEANUP_DEINIT(buf) struct buf log = {0};
        chmod(at(""), 0711);
        chmod(at(secrets[i].file), 0644);
        CHECK_INT(check(NULL, &log, NULL), 0);
        CHECK(!strstr(log.p, secrets[i].anew)); /* its folder was closed */
        chmod(at(""), 0711);
        chmod(at(secrets[i].folder), 0711);
        chmod(at(secrets[i].file), 0644);
        CHECK_INT(check(NULL, &log, NULL), 0);
        CHECK_HAS(log.p, secrets[i].anew);
        CHECK_INT(mode_of(secrets[i].file), 0600);
    }
}

static void leaves_others_folders_alone(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf log = {0};
    struct err err = {0};
    CHECK_INT(check(NULL, &log, &err), 0); /* not there yet */
    CHECK_INT(mkdir(dir, 0700), 0);
    chmod(dir, 0755);
    CHECK_INT(file_write_durable(at("/calotype.yaml"), S(""), 0644, NULL), 0);
    CHECK_INT(check(NULL, &log, &err), 0); /* prepared for us */
    CHECK_INT(mode_of(""), 0700);
    CHECK_INT(file_write_durable(at("/letter.txt"), S(""), 0644, NULL), 0);
    chmod(dir, 0755); /* somebody's home: not ours to close */
    CHECK_INT(check(NULL, &log, &err), 0);
    CHECK_INT(mode_of(""), 0755);
    CHECK_INT(log.len, 0);
    chmod(dir, 01777); /* /tmp */
    CHECK_INT(check(NULL, &log, &err), -EPERM);
    CHECK_HAS(err.text, "choose a folder of its own with --data");
    CHECK_INT(mode_of(""), 01777);
    /* /var, which is ./var of whoever stands in /: its lock is not ours, be it a folder or a link. */
    chmod(dir, 0755);
    CHECK_INT(mkdir(at("/run"), 0700), 0);
    chmod(at("/run"), 01777);
    CHECK_INT(symlink("run", at("/lock")), 0);
    CHECK_INT(check(NULL, &log, &err), -EPERM);
    CHECK_HAS(err.text, "/lock is open to others (mode 0777)");
    CHECK_HAS(err.text, "choose a folder of its own with --data");
    CHECK(!strstr(err.text, "chmod"));
    CHECK_INT(unlink(at("/lock")), 0);
    CHECK_INT(rename(at("/run"), at("/lock")), 0);
    CHECK_INT(check(NULL, &log, &err), -EPERM);
    CHECK_INT(mode_of("/lock"), 01777);
    CHECK_INT(log.len, 0);
}

static void changes_nothing_behind_a_link(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf log = {0};
    struct err err = {0};
    char elsewhere[200];
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", top);
    make_data();
    CHECK_INT(file_write_durable(elsewhere, S("x"), 0600, NULL), 0);
    CHECK_INT(unlink(at("/keys/master")), 0);
    CHECK_INT(symlink(elsewhere, at("/keys/master")), 0);
    CHECK_INT(check(NULL, &log, &err), 0);
    CHECK_INT(log.len, 0);
    chmod(elsewhere, 0644);
    CHECK_INT(check(NULL, &log, &err), -EPERM);
    CHECK_HAS(err.text,
              "/keys/master is a link to what others may use (mode 0644); next: chmod 600");
    CHECK_INT(mode_of("/keys/master"), 0644);
    /* DATA itself may be a link. */
    CHECK_INT(unlink(at("/keys/master")), 0);
    CHECK_INT(unlink(elsewhere), 0);
    CHECK_INT(rename(dir, elsewhere), 0);
    CHECK_INT(symlink(elsewhere, dir), 0);
    chmod(elsewhere, 0755);
    CHECK_INT(check(NULL, &log, &err), 0);
    CHECK_INT(mode_of(""), 0700);
}

static void judges_a_given_key(void **state) {
    (void)state;
    static const struct {
        uid_t owner; /* of the file; us where we are not root */
        unsigned mode;
        int r;
    } keys[] = {{0, 0600, 0},      {0, 0400, 0},      {0, 0640, -EPERM},       {0, 0644, -EPERM},
                {0, 0602, -EPERM}, {0, 0660, -EPERM}, {SOMEBODY, 0600, -EPERM}};
    CLEANUP_DEINIT(buf) struct buf log = {0};
    char key[200];
    snprintf(key, sizeof key, "%s/key", top);
    make_data();
    CHECK_INT(check(key, &log, NULL), 0); /* the store says that it is missing */
    CHECK_INT(file_write_durable(key, S("x"), 0600, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct err err = {0};
        if (keys[i].owner && geteuid() != 0)
            continue;
        if (keys[i].owner)
            CHECK_INT(chown(key, keys[i].owner, 0), 0);
        CHECK_INT(chmod(key, keys[i].mode), 0);
        CHECK_INT(check(key, &log, &err), keys[i].r);
        CHECK_HAS(err.text, keys[i].r == 0 ? "" : keys[i].owner ? "belongs to user" : "chmod 600");
        struct stat st;
        CHECK_INT(stat(key, &st), 0);
        CHECK_INT(st.st_mode & 0777, keys[i].mode); /* never ours to change */
    }
    CHECK_INT(check("/dev/null", &log, NULL), 0); /* <(pass show key) is no file either */
}

/* What the check answers, and says, to another user. */
static int check_as(uid_t user, const char *key, char text[512]) {
    int ends[2], status;
    CHECK_INT(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct err err = {0};
        if (setgid(0) || setuid(user))
            _exit(100);
        int r = daemon_modes_check(dir, key, &err);
        (void)!write(ends[1], err.text, strlen(err.text));
        _exit(-r);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], text, 511);
    text[n > 0 ? n : 0] = '\0';
    close(ends[0]);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static void another_users(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf log = {0};
    char text[512], key[200];
    if (geteuid() != 0)
        skip();
    make_data();
    chmod(dir, 0755);
    CHECK_INT(check_as(NOBODY, NULL, text), EPERM);
    CHECK_HAS(text, "data belongs to user 0, who may read and change it, and not to user 65534");
    CHECK_INT(chown(dir, NOBODY, 0), 0);
    CHECK_INT(check_as(NOBODY, NULL, text), EPERM);
    CHECK_HAS(text, "/keys belongs to user 0");
    /* Settings that root put there are no secret, unless others may change them. */
    for (size_t i = 1; i < ARRAY_LEN(folders); i++)
        CHECK_INT(chown(at(folders[i]), NOBODY, 0), 0);
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        CHECK_INT(chown(at(files[i]), NOBODY, 0), 0);
    CHECK_INT(file_write_durable(at("/calotype.yaml"), S("port: 1\n"), 0644, NULL), 0);
    CHECK_INT(chmod(at("/calotype.yaml"), 0644), 0);
    CHECK_INT(check_as(NOBODY, NULL, text), 0);
    CHECK_INT(chmod(at("/calotype.yaml"), 0600), 0);
    CHECK_INT(check_as(NOBODY, NULL, text), EPERM);
    CHECK_HAS(text, "calotype.yaml belongs to user 0");
    CHECK_INT(chmod(at("/calotype.yaml"), 0666), 0);
    CHECK_INT(check_as(NOBODY, NULL, text), EPERM);
    CHECK_HAS(text, "calotype.yaml has mode 0666");
    CHECK_INT(chown(at("/calotype.yaml"), SOMEBODY, 0), 0);
    CHECK_INT(chmod(at("/calotype.yaml"), 0644), 0);
    CHECK_INT(check_as(NOBODY, NULL, text), EPERM);
    CHECK_HAS(text, "calotype.yaml belongs to user 12345");
    unlink(at("/calotype.yaml"));
    CHECK_INT(chown(at("/keys"), 0, 0), 0);
    /* Root is told, once, and goes on: a container's folder may be anybody's. */
    CHECK_INT(check(NULL, &log, NULL), 0);
    CHECK_HAS(log.p, "data belongs to user 65534, who may read and change it: chown -R root ");
    /* A key that root hands out may be its group's, not everybody's. */
    CHECK_INT(chmod(top, 0755), 0);
    snprintf(key, sizeof key, "%s/key", top);
    CHECK_INT(file_write_durable(key, S("x"), 0640, NULL), 0);
    CHECK_INT(check_as(NOBODY, key, text), EPERM);
    CHECK_HAS(text, "/keys belongs"); /* not the key */
    CHECK_INT(chmod(key, 0644), 0);
    CHECK_INT(check_as(NOBODY, key, text), EPERM);
    CHECK_HAS(text, "others may use the master key's file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(closes_what_is_ours, setup, teardown),
        cmocka_unit_test_setup_teardown(says_which_key_to_make_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_others_folders_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_nothing_behind_a_link, setup, teardown),
        cmocka_unit_test_setup_teardown(judges_a_given_key, setup, teardown),
        cmocka_unit_test_setup_teardown(another_users, setup, teardown),
    };
    return cmocka_run_group_tests_name("daemon/modes", tests, NULL, NULL);
}
