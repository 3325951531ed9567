/* prog/data: the way to the daemon of a data folder, and the words when there is none. */
#include "cm.h"
#include "lib/tmp.h"
#include "prog/data.h"

#include <errno.h>
#include <fcntl.h>
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
    CHECK_INT(prog_admin_listen(dir, &listening, &err), 0);
    CHECK_INT(prog_admin_connect(dir, &fd, &pid, &err), 0);
    CHECK_INT(pid, getpid());
    close(fd);
    close(listening); /* as a daemon that was killed leaves it */
    check_none(dir, -ECONNREFUSED, "no daemon is running on ");
    prog_admin_remove(dir);
    check_none(dir, -ENOENT, "no daemon is running on ");
    tmp_remove(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_way_to_the_daemon)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
