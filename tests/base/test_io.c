/* Whole reads and writes, and the texts of errors. */
#include "cm.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/calotype-io-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void *write_slowly(void *arg) {
    const int *fd = arg;
    char block[1000];
    memset(block, 'b', sizeof block);
    for (int i = 0; i < 300; i++)
        CHECK_INT(io_write_full(*fd, block, sizeof block), 0);
    close(*fd);
    return NULL;
}

/* More than a pipe holds: both sides go on until all has passed. */
static void passes_all(void **state) {
    (void)state;
    int ends[2];
    pthread_t writer;
    CLEANUP_MEM char *got = mem_alloc(300000);
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(pthread_create(&writer, NULL, write_slowly, &ends[1]), 0);
    CHECK_INT(io_read_full(ends[0], got, 300000), 0);
    for (int i = 0; i < 300000; i++)
        CHECK_INT(got[i], 'b');
    pthread_join(writer, NULL);
    CHECK_INT(io_read_full(ends[0], got, 0), 0);
    CHECK_INT(io_read_full(ends[0], got, 1), -EPIPE);
    close(ends[0]);
    CHECK_INT(io_read_full(-1, got, 1), -EBADF);
    CHECK_INT(io_write_full(-1, got, 1), -EBADF);
    CHECK_INT(io_write_full(-1, got, 0), 0);
}

static void reads_files(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    struct err err = {{0}};
    CLEANUP_MEM char *text = mem_alloc(200000);
    memset(text, 't', 200000);
    int fd = open(in_folder("file"), O_WRONLY | O_CREAT, 0600);
    CHECK_INT(io_write_full(fd, text, 200000), 0);
    close(fd);

    buf_c(&out, ">");
    CHECK_INT(io_read_file(&out, in_folder("file"), 200001, &err), 0);
    CHECK_INT(out.len, 200001);
    CHECK_INT(out.p[0], '>');
    CHECK_INT(out.p[200000], 't');
    CHECK_INT(out.p[200001], '\0');
    buf_clear(&out);
    CHECK_INT(io_read_file(&out, in_folder("file"), 200000, &err), 0);
    buf_clear(&out);
    CHECK_INT(io_read_file(&out, in_folder("file"), 199999, &err), -EFBIG);
    CHECK_HAS(err.text, "/file is larger than 199999 bytes");
    CHECK_INT(io_read_file(&out, in_folder("none"), 9, &err), -ENOENT);
    CHECK_HAS(err.text, "/none: No such file or directory");
    CHECK_INT(io_read_file(&out, folder, 9, &err), -EISDIR);
    CHECK_INT(io_read_file(&out, in_folder("none"), 9, NULL), -ENOENT);
}

static void makes_folders(void **state) {
    (void)state;
    struct err err = {{0}};
    struct stat st;
    CHECK_INT(io_mkdirs(in_folder("a/b/c"), 0700, &err), 0);
    CHECK_INT(stat(in_folder("a/b/c"), &st), 0);
    CHECK(S_ISDIR(st.st_mode));
    CHECK_INT(st.st_mode & 0777, 0700);
    CHECK_INT(io_mkdirs(in_folder("a/b/c"), 0700, &err), 0);
    CHECK_INT(io_mkdirs(in_folder("a/d/"), 0700, &err), 0);
    CHECK_INT(stat(in_folder("a/d"), &st), 0);
    CHECK_INT(io_mkdirs(in_folder("file/x"), 0700, &err), -ENOTDIR);
    CHECK_HAS(err.text, "create folder ");
    CHECK_HAS(err.text, "/file/x: Not a directory");
}

/* A text longer than its room is cut, never run over. */
static void errors_have_texts(void **state) {
    (void)state;
    struct err err;
    char much[2 * sizeof err.text];
    memset(much, 'm', sizeof much);
    much[sizeof much - 1] = '\0';
    CHECK_INT(err_set(&err, -7, "%s %d", "seven", 7), -7);
    CHECK_TEXT(err.text, "seven 7");
    CHECK_INT(err_sys(&err, -EACCES, "open %s", "x"), -EACCES);
    CHECK_TEXT(err.text, "open x: Permission denied");
    CHECK_INT(err_sys(&err, -EACCES, "%s", much), -EACCES);
    CHECK_INT(strlen(err.text), sizeof err.text - 1);
    CHECK_INT(err_set(NULL, 5, "x"), 5);
    CHECK_INT(err_sys(NULL, -EIO, "x"), -EIO);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}
static int drop_folder(void **state) {
    (void)state;
    static const char *const names[] = {"file", "a/b/c", "a/b", "a/d", "a", ""};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        remove(in_folder(names[i]));
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_all),
        cmocka_unit_test(reads_files),
        cmocka_unit_test(makes_folders),
        cmocka_unit_test(errors_have_texts),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
