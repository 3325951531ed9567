/* prog/data: the way to the daemon of a data folder, and the words when there is none. */
#include "cm.h"
#include "base/io.h"
#include "lib/tmp.h"
#include "prog/data.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void check_none(const char *data, int want, const char *words) {
    struct err err = {0};
    int fd = -1;
    CHECK_INT(prog_admin_connect(data, &fd, NULL, &err), want);
    CHECK_HAS(err.text, words);
    CHECK_HAS(err.text, data);
    CHECK_INT(fd, -1);
}

static void a_way_to_the_daemon(void **state) {
    (void)state;
    char dir[128], below[160];
    tmp_dir(dir);
    snprintf(below, sizeof below, "%s/none", dir);
    check_none(below, -ENOENT, "no daemon is running on ");
    check_none(dir, -ENOENT, "no daemon is running on ");
    snprintf(below, sizeof below, "%s/file", dir);
    close(open(below, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    check_none(below, -ENOTDIR, "cannot reach the daemon on ");

    int listening = -1, fd = -1;
    pid_t pid = 0;
    struct err err = {0};
    CHECK_INT(prog_admin_listen(dir, NULL, &listening, &err), 0);
    CHECK_INT(prog_admin_connect(dir, &fd, &pid, &err), 0);
    CHECK_INT(pid, getpid());
    close(fd);
    close(listening); /* as a daemon that was killed leaves it */
    check_none(dir, -ECONNREFUSED, "no daemon is running on ");
    prog_admin_remove(dir);
    check_none(dir, -ENOENT, "no daemon is running on ");
    tmp_remove(dir);
}

/* ---- A socket elsewhere ---- */

static void make_folder(char ret[192], const char *dir, const char *name) {
    snprintf(ret, 192, "%s/%s", dir, name);
    CHECK_INT(mkdir(ret, 0700), 0);
}

static size_t count_entries(const char *path) {
    DIR *dir = opendir(path);
    CHECK(dir != NULL);
    size_t n = 0;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

static void a_socket_elsewhere(void **state) {
    (void)state;
    char dir[128], data[192], copy[192], runtime[192], from[256], to[256];
    char target[256] = "";
    struct stat st;
    int listening = -1, fd = -1;
    pid_t pid = 0;
    tmp_dir(dir);
    make_folder(data, dir, "data");
    make_folder(copy, dir, "copy");
    make_folder(runtime, dir, "runtime");
    for (int i = 0; i < 2; i++) { /* the second time in the place of a dead one */
        CHECK_INT(prog_admin_listen(data, runtime, &listening, NULL), 0);
        snprintf(from, sizeof from, "%s/admin.sock", data);
        CHECK_RANGE(readlink(from, target, sizeof target - 1), 1, 255);
        CHECK_INT(strncmp(target, runtime, strlen(runtime)), 0);
        CHECK_INT(lstat(target, &st), 0);
        CHECK_INT(st.st_mode, S_IFSOCK | 0600);
        CHECK_INT(prog_admin_connect(data, &fd, &pid, NULL), 0);
        CHECK_INT(pid, getpid());
        close(fd);
        fd = -1;
        /* `cp -a DATA COPY`: the link leads to the daemon of another folder. */
        snprintf(to, sizeof to, "%s/admin.sock", copy);
        unlink(to);
        CHECK_INT(symlink(target, to), 0);
        check_none(copy, -ENOENT, "no daemon is running on ");
        close(listening);
        check_none(data, -ECONNREFUSED, "no daemon is running on ");
    }
    prog_admin_remove(copy);
    CHECK_INT(count_entries(runtime), 1); /* the other folder's */
    prog_admin_remove(data);
    CHECK_INT(count_entries(runtime), 0);
    CHECK_INT(count_entries(data), 0);
    check_none(data, -ENOENT, "no daemon is running on ");

    /* One that was killed leaves a link to where nothing is. */
    CHECK_INT(symlink(target, from), 0);
    check_none(data, -ENOENT, "no daemon is running on ");
    CHECK_INT(prog_admin_listen(data, NULL, &listening, NULL), 0);
    CHECK_INT(lstat(from, &st), 0);
    CHECK(S_ISSOCK(st.st_mode));
    close(listening);
    tmp_remove(dir);
}

static void folders_that_are_no_place(void **state) {
    (void)state;
    static const struct {
        const char *name;
        unsigned mode; /* 0: there is none */
        int want;
    } cases[] = {{"none", 0, -ENOENT}, {"shared", 0770, -EPERM}, {"open", 01777, -EPERM}};
    char dir[128], data[192], runtime[192];
    int listening = -1;
    tmp_dir(dir);
    make_folder(data, dir, "data");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        snprintf(runtime, sizeof runtime, "%s/%s", dir, cases[i].name);
        if (cases[i].mode)
            CHECK_CASE(mkdir(runtime, 0700) == 0 && chmod(runtime, cases[i].mode) == 0,
                       cases[i].name);
        CHECK_INT(prog_admin_listen(data, runtime, &listening, &err), cases[i].want);
        CHECK_HAS(err.text, runtime);
        CHECK_INT(listening, -1);
        CHECK_INT(count_entries(data), 0);
    }
    tmp_remove(dir);
}

/* ---- DATA when nobody says ---- */

static char machine[128];
static const char *state_home, *config_home;

static char *look_up(const char *name) {
    static char home[] = "/home/ann";
    return strcmp(name, "HOME") == 0              ? home
           : strcmp(name, "XDG_STATE_HOME") == 0  ? (char *)(uintptr_t)state_home
           : strcmp(name, "XDG_CONFIG_HOME") == 0 ? (char *)(uintptr_t)config_home
                                                  : NULL;
}
static char *nothing(const char *) { return NULL; }

static void make_below(const char *path) {
    CLEANUP_DEINIT(buf) struct buf all = {0};
    buf_printf(&all, "%s%s", machine, path);
    CHECK_INT(io_mkdirs(buf_cstr(&all), 0700, NULL), 0);
}

static void where_data_is(void **state) {
    (void)state;
    /* In this order: what each line makes is there for those that follow. */
    static const struct {
        const char *name, *make;
        bool is_root;
        const char *state_home, *config_home, *want; /* below the machine; "": ./var */
    } cases[] = {
        {"nothing", NULL, true, NULL, NULL, ""},
        {"a folder ./var that has no cloud", "/here/var", true, NULL, NULL, ""},
        {"root's", "/var/lib/calotype", true, NULL, NULL, "/var/lib/calotype"},
        {"root's is not others'", NULL, false, NULL, NULL, ""},
        {"before systemd 254", "/home/ann/.config/calotype", false, NULL, NULL,
         "/home/ann/.config/calotype"},
        {"since", "/home/ann/.local/state/calotype", false, NULL, NULL,
         "/home/ann/.local/state/calotype"},
        {"a variable that names nothing there", NULL, false, "/elsewhere", NULL,
         "/home/ann/.config/calotype"},
        {"a variable", "/elsewhere/calotype", false, "/elsewhere", NULL, "/elsewhere/calotype"},
        {"a relative one is no name", NULL, false, "elsewhere", NULL,
         "/home/ann/.local/state/calotype"},
        {"others' is not root's", NULL, true, "/elsewhere", NULL, "/var/lib/calotype"},
    };
    char was[PATH_MAX];
    CHECK(getcwd(was, sizeof was) != NULL);
    tmp_dir(machine);
    make_below("/here");
    CLEANUP_DEINIT(buf) struct buf here = {0}, found = {0}, want = {0};
    buf_printf(&here, "%s/here", machine);
    CHECK_INT(chdir(buf_cstr(&here)), 0);
    struct prog_user user = {.root = machine, .variable = look_up};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (cases[i].make)
            make_below(cases[i].make);
        state_home = cases[i].state_home;
        config_home = cases[i].config_home;
        user.is_root = cases[i].is_root;
        buf_clear(&want);
        buf_printf(&want, "%s%s", cases[i].want[0] ? machine : "./var", cases[i].want);
        CHECK_CASE(prog_data_find(&user, &found) == (cases[i].want[0] != '\0'), cases[i].name);
        CHECK_TEXT(buf_cstr(&found), buf_cstr(&want));
    }
    /* A service without a HOME. */
    user = (struct prog_user){.root = machine, .variable = nothing};
    CHECK(!prog_data_find(&user, &found));
    /* What is in ./var decides, before all others. */
    static const char *const signs[] = {"var/format", "var/calotype.yaml"};
    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        user = (struct prog_user){.is_root = i == 0, .root = machine, .variable = look_up};
        close(open(signs[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        CHECK_CASE(prog_data_find(&user, &found), signs[i]);
        CHECK_TEXT(buf_cstr(&found), "./var");
        if (geteuid() == 0) { /* what somebody else has put there decides nothing */
            CHECK_INT(chown("var", 4711, 0), 0);
            prog_data_find(&user, &found);
            CHECK_CASE(strcmp(buf_cstr(&found), "./var") != 0, signs[i]);
            CHECK_INT(chown("var", 0, 0), 0);
        }
        unlink(signs[i]);
    }
    CHECK_INT(chdir(was), 0);
    tmp_remove(machine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_way_to_the_daemon), cmocka_unit_test(a_socket_elsewhere),
        cmocka_unit_test(folders_that_are_no_place), cmocka_unit_test(where_data_is)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
