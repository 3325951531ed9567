/*
 * store/blob: bodies of every size round trip; damage is seen, and sweeps keep what is referenced.
 */
#include "lib/tmp.h"

#include "store/fault.h"

#include "base/codec.h"
#include "base/rand.h"
#include "store/blob_priv.h"
#include "store/store_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char dir[128], key_id[SEAL_KEY_ID_LEN];
static struct store *store;

static int setup(void **state) {
    (void)state;
    struct store_batch *batch = store_batch_new();
    tmp_dir(dir);
    store = tmp_open(dir);
    seal_key_create(store, batch, key_id, NULL);
    CHECK_INT(store_commit(store, batch, NULL), 0);
    store_batch_free(batch);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    store_fault_set(NULL, NULL);
    store = store_free(store);
    tmp_remove(dir);
    return 0;
}

static void reopen(void) {
    store_free(store);
    store = tmp_open(dir);
}

static char byte_at(uint64_t i) { return (char)(i * 131 + (i >> 8) * 7 + (i >> 16)); }

/* A body of size bytes, written in pieces of `piece`; appends its reference. */
static void write_body(uint64_t size, size_t piece, struct buf *ref) {
    struct blob_writer *w = NULL;
    char *p = mem_alloc(piece);
    CHECK_INT(blob_create(store, str_n(key_id, sizeof key_id), 0, &w, NULL), 0);
    for (uint64_t at = 0; at < size;) {
        size_t n = size - at < piece ? (size_t)(size - at) : piece;
        for (size_t i = 0; i < n; i++)
            p[i] = byte_at(at + i);
        CHECK_INT(blob_write(w, p, n, NULL), 0);
        at += n;
    }
    CHECK_INT(blob_finish(w, ref, NULL), 0);
    free(p);
}

/* The same, by whoever knows which bytes are the last. */
static void write_body_on(uint64_t size, size_t piece, struct buf *ref) {
    struct blob_writer *w = NULL;
    CLEANUP_MEM char *p = mem_alloc(piece);
    CHECK_INT(blob_create(store, str_n(key_id, sizeof key_id), size, &w, NULL), 0);
    for (uint64_t at = 0;;) {
        size_t n = size - at < piece ? (size_t)(size - at) : piece;
        for (size_t i = 0; i < n; i++)
            p[i] = byte_at(at + i);
        at += n;
        if (at == size) {
            CHECK_INT(blob_finish_with(w, p, n, ref, NULL), 0);
            return;
        }
        CHECK_INT(blob_write_on(w, p, n, NULL), 0);
    }
}

static void keep_body(str ref) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    blob_keep(batch, ref);
    CHECK_INT(store_commit(store, batch, NULL), 0);
}

static void check_range(struct blob_reader *r, uint64_t size, uint64_t offset, size_t n) {
    char *p = mem_alloc(n);
    size_t want = offset >= size ? 0 : size - offset < n ? (size_t)(size - offset) : n;
    CHECK_INT(blob_read(r, offset, p, n, NULL), want);
    for (size_t i = 0; i < want; i++)
        if (p[i] != byte_at(offset + i)) {
            print_error("size %llu offset %llu: byte %zu differs\n", (unsigned long long)size,
                        (unsigned long long)offset, i);
            fail();
        }
    free(p);
}

static uint64_t count_files(void) {
    uint64_t n = 0;
    for (int i = -1; i < 256; i++) {
        char path[256];
        if (i < 0)
            snprintf(path, sizeof path, "%s/blobs/tmp", dir);
        else
            snprintf(path, sizeof path, "%s/blobs/%02x", dir, (unsigned)i);
        DIR *d = opendir(path);
        if (!d)
            continue;
        const struct dirent *e;
        while ((e = readdir(d)))
            n += e->d_name[0] != '.';
        closedir(d);
    }
    return n;
}

static void test_sizes(void **state) {
    (void)state;
    enum { F = 65536 };
    static const uint64_t sizes[] = {0, 1,     32767, 32768,     32769,       F - 1,
                                     F, F + 1, 2 * F, 2 * F + 1, 5 * F + 777, 20 * F};
    static const size_t pieces[] = {4096, 10000, F, 3 * F + 5};
    for (size_t i = 0; i < 2 * ARRAY_LEN(sizes); i++) {
        uint64_t size = sizes[i / 2];
        struct buf ref = {0};
        struct blob_reader *r = NULL;
        uint64_t files = count_files();
        (i % 2 ? write_body_on : write_body)(size, pieces[i / 2 % ARRAY_LEN(pieces)], &ref);
        CHECK_INT(count_files() - files, size > BLOB_INLINE);
        CHECK(blob_size(buf_view(&ref)) == size);
        CHECK_INT(blob_open(store, buf_view(&ref), &r, NULL), 0);
        check_range(r, size, 0, (size_t)size + 10);
        static const uint64_t offsets[] = {0, 1, F - 1, F, F + 1, 3 * F - 2};
        for (size_t k = 0; k < ARRAY_LEN(offsets); k++) {
            check_range(r, size, offsets[k], 3);
            check_range(r, size, offsets[k], F);
            check_range(r, size, offsets[k], 2 * F + 1);
        }
        check_range(r, size, size ? size - 1 : 0, 100);
        check_range(r, size, size, 100);
        blob_reader_free(r);
        buf_deinit(&ref);
    }
}

static void test_sweep(void **state) {
    (void)state;
    struct buf kept = {0}, orphan = {0}, dropped = {0};
    write_body(100000, 65536, &kept);
    keep_body(buf_view(&kept));
    write_body(100000, 65536, &orphan);
    write_body(100000, 65536, &dropped);
    keep_body(buf_view(&dropped));
    CHECK_INT(count_files(), 3);

    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    blob_drop(batch, buf_view(&dropped));
    CHECK_INT(count_files(), 3); /* only after the commit */
    CHECK_INT(store_commit(store, batch, NULL), 0);
    CHECK_INT(count_files(), 2);
    CLEANUP(blob_reader) struct blob_reader *r = NULL;
    CHECK_INT(blob_open(store, buf_view(&dropped), &r, NULL), STORE_E_ABSENT);

    char path[256];
    snprintf(path, sizeof path, "%s/blobs/tmp/leftover", dir);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    reopen();
    CHECK_INT(count_files(), 1);
    CHECK_INT(blob_open(store, buf_view(&kept), &r, NULL), 0);
    check_range(r, 100000, 0, 100000);
    r = blob_reader_free(r);
    CHECK_INT(blob_open(store, buf_view(&orphan), &r, NULL), STORE_E_ABSENT);
    buf_deinit(&kept);
    buf_deinit(&orphan);
    buf_deinit(&dropped);
}

static void test_unfinished_and_discarded_leave_nothing(void **state) {
    (void)state;
    struct blob_writer *w = NULL;
    struct buf ref = {0};
    char *p = mem_zalloc(200000);
    CHECK_INT(blob_create(store, str_n(key_id, sizeof key_id), 0, &w, NULL), 0);
    CHECK_INT(blob_write(w, p, 200000, NULL), 0);
    blob_writer_free(w);
    CHECK_INT(count_files(), 0);
    write_body(50000, 50000, &ref);
    CHECK_INT(count_files(), 1);
    blob_discard(store, buf_view(&ref));
    CHECK_INT(count_files(), 0);

    CHECK_INT(store_fault_set("fail-blob-sync", NULL), 0);
    CHECK_INT(blob_create(store, str_n(key_id, sizeof key_id), 0, &w, NULL), 0);
    CHECK_INT(blob_write(w, p, 200000, NULL), 0);
    CHECK_INT(blob_finish(w, &ref, NULL), -EIO);
    CHECK_INT(count_files(), 0);
    CHECK_INT(store_fault_set("fail-blob-sync", NULL), 0);
    CHECK_INT(blob_create(store, str_n(key_id, sizeof key_id), 0, &w, NULL), 0);
    for (int i = 0; i < 6; i++)
        CHECK_INT(blob_write(w, p, 200000, NULL), 0);
    CHECK_INT(blob_finish(w, &ref, NULL), -EIO);
    CHECK_INT(count_files(), 0);
    free(p);
    buf_deinit(&ref);
}

/* libc's, seen on its way. */
static uint64_t names_at_sync;
int fdatasync(int fd) {
    names_at_sync = count_files();
    return (int)syscall(SYS_fdatasync, fd);
}

/* What a kill during the sync leaves for days, set aside, is small. */
static void test_large_is_named_when_it_is_durable(void **state) {
    (void)state;
    enum { MIB = 1 << 20 };
    static const uint64_t sizes[] = {40000, MIB, MIB + 1, 3 * MIB};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        CLEANUP_DEINIT(buf) struct buf ref = {0};
        names_at_sync = 7;
        write_body(sizes[i], 65536, &ref);
        CHECK_INT(names_at_sync, sizes[i] <= MIB);
        CHECK_INT(count_files(), 1);
        blob_discard(store, buf_view(&ref));
    }
}

/*
 * A file system without nameless files: a name under tmp/ until the body is whole, none behind it.
 */
static void test_named_at_first(void **state) {
    (void)state;
    struct blob_writer *w = NULL;
    struct blob_reader *r = NULL;
    struct buf ref = {0};
    char *p = mem_zalloc(200000);
    bool before = store->blob_tmpfile;
    store->blob_tmpfile = false;
    CHECK_INT(blob_create(store, str_n(key_id, sizeof key_id), 0, &w, NULL), 0);
    CHECK_INT(blob_write(w, p, 200000, NULL), 0);
    CHECK_INT(count_files(), 1);
    blob_writer_free(w);
    CHECK_INT(count_files(), 0);
    write_body(200000, 65536, &ref);
    CHECK_INT(count_files(), 1);
    CHECK_INT(blob_open(store, buf_view(&ref), &r, NULL), 0);
    check_range(r, 200000, 65535, 70000);
    blob_reader_free(r);
    keep_body(buf_view(&ref));
    /* What a crash leaves under tmp/ is swept at the next start, the kept body stays. */
    CHECK_INT(blob_create(store, str_n(key_id, sizeof key_id), 0, &w, NULL), 0);
    CHECK_INT(blob_write(w, p, 200000, NULL), 0);
    struct store_lost lost = {.data = dir};
    CHECK_INT(count_files(), 2);
    CHECK_INT(blob_sweep(store, &lost, NULL), 0);
    CHECK_INT(lost.n, 0); /* without a name of its own it was never answered: removed */
    CHECK_INT(count_files(), 1);
    blob_writer_free(w);
    CHECK_INT(blob_open(store, buf_view(&ref), &r, NULL), 0);
    blob_reader_free(r);
    store->blob_tmpfile = before;
    free(p);
    buf_deinit(&ref);
}

/* The path of the only body file. */
static void only_file(char out[256]) {
    for (unsigned i = 0; i < 256; i++) {
        char path[200];
        snprintf(path, sizeof path, "%s/blobs/%02x", dir, i);
        DIR *d = opendir(path);
        const struct dirent *e;
        if (!d)
            continue;
        while ((e = readdir(d)))
            if (e->d_name[0] != '.')
                snprintf(out, 256, "%.150s/%.64s", path, e->d_name);
        closedir(d);
    }
}

/* Damage shows only in the frames it touches, and nowhere as data. */
static void test_damage(void **state) {
    (void)state;
    enum { F = 65536, SF = F + SEAL_OVERHEAD, HEAD = 52 + SEAL_OVERHEAD, SIZE = 3 * F + 100 };
    struct buf ref = {0};
    struct blob_reader *r = NULL;
    char path[256], *p = mem_alloc(SIZE);
    write_body(SIZE, 65536, &ref);
    keep_body(buf_view(&ref));
    only_file(path);
    tmp_flip(path, HEAD + SF + 1000); /* frame 1 */
    CHECK_INT(blob_open(store, buf_view(&ref), &r, NULL), 0);
    check_range(r, SIZE, 0, F);
    check_range(r, SIZE, 2 * F, F + 100);
    CHECK_INT(blob_read(r, F, p, 10, NULL), -EBADMSG);
    CHECK_INT(blob_read(r, F, p, F, NULL), -EBADMSG);
    for (int i = 0; i < F; i++)
        CHECK_INT(p[i], 0); /* wiped, not served */
    CHECK_INT(blob_read(r, 0, p, SIZE, NULL), -EBADMSG);
    CHECK_INT(blob_read(r, F - 5, p, 10, NULL), -EBADMSG);
    r = blob_reader_free(r);
    tmp_flip(path, HEAD + SF + 1000);

    /* Two frames in each other's place. */
    int fd = open(path, O_RDWR);
    char *a = mem_alloc(SF), *b = mem_alloc(SF);
    CHECK_INT(pread(fd, a, SF, HEAD), SF);
    CHECK_INT(pread(fd, b, SF, HEAD + SF), SF);
    CHECK_INT(pwrite(fd, b, SF, HEAD), SF);
    CHECK_INT(pwrite(fd, a, SF, HEAD + SF), SF);
    CHECK_INT(blob_open(store, buf_view(&ref), &r, NULL), 0);
    CHECK_INT(blob_read(r, 0, p, 1, NULL), -EBADMSG);
    CHECK_INT(blob_read(r, F, p, 1, NULL), -EBADMSG);
    r = blob_reader_free(r);
    CHECK_INT(pwrite(fd, a, SF, HEAD), SF);
    CHECK_INT(pwrite(fd, b, SF, HEAD + SF), SF);

    /* Cut, at a frame's edge and elsewhere. */
    CHECK_INT(ftruncate(fd, HEAD + 3 * SF), 0);
    CHECK_INT(blob_open(store, buf_view(&ref), &r, NULL), 0);
    check_range(r, SIZE, 2 * F, F);
    CHECK_INT(blob_read(r, 3 * F, p, 1, NULL), -EBADMSG);
    r = blob_reader_free(r);
    CHECK_INT(ftruncate(fd, HEAD + 5), 0);
    CHECK_INT(blob_open(store, buf_view(&ref), &r, NULL), 0);
    CHECK_INT(blob_read(r, 0, p, 1, NULL), -EBADMSG);
    r = blob_reader_free(r);
    close(fd);

    for (off_t i = 0; i < HEAD; i++) {
        tmp_flip(path, i);
        CHECK_INT(blob_open(store, buf_view(&ref), &r, NULL), STORE_E_DAMAGED);
        tmp_flip(path, i);
    }
    free(p);
    free(a);
    free(b);
    buf_deinit(&ref);
}

/* ---- Words ---- */
enum { WORDS_SIZE = 3 * 65536 + 100, WORDS_HEAD = 52 + SEAL_OVERHEAD };

static void damage_first(const char *path) { tmp_flip(path, WORDS_HEAD + 1000); }
static void damage_last(const char *path) {
    tmp_flip(path, WORDS_HEAD + 3 * (65536 + SEAL_OVERHEAD) + 50);
}
static void damage_head(const char *path) { tmp_flip(path, 20); }
static void cut_frame(const char *path) { CHECK_INT(truncate(path, 70000), 0); }
static void cut_head(const char *path) { CHECK_INT(truncate(path, 79), 0); }
static void remove_file(const char *path) { CHECK_INT(unlink(path), 0); }
static void make_folder(const char *path) {
    CHECK_INT(unlink(path), 0);
    CHECK_INT(mkdir(path, 0700), 0);
}
static void make_loop(const char *path) {
    CHECK_INT(unlink(path), 0);
    CHECK_INT(symlink(path, path), 0);
}
/* The row that keeps the file goes, too, as when the body is dropped. */
static void drop_body(const char *path) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf key = {0}, ref = {0};
    char id[BLOB_ID];
    CHECK(codec_unhex(str_c(strrchr(path, '/') + 1), id, BLOB_ID));
    blob_keep_key(&key, str_n(id, BLOB_ID));
    CHECK_INT(store_get(store, NULL, STORE_META, buf_view(&key), &ref), 0);
    blob_drop(batch, buf_view(&ref));
    CHECK_INT(store_commit(store, batch, NULL), 0);
}
static void drop_key(const char *) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    seal_key_drop(batch, str_n(key_id, sizeof key_id));
    CHECK_INT(store_commit(store, batch, NULL), 0);
    reopen();
}

/* What is said of each kind of damage, by the read that meets it first; FILE stands for the name. */
static void test_words(void **state) {
    (void)state;
    static const struct {
        const char *name;
        void (*damage)(const char *path);
        int r; /* of blob_open, or of blob_read where it is negative and that is 0 */
        uint64_t at;
        const char *words;
    } cases[] = {
        {"first frame", damage_first, -EBADMSG, 0,
         "file FILE has a frame, at offset 80, that does not verify: restore the file from a copy of "
         "DATA"},
        {"last frame", damage_last, -EBADMSG, 3 * 65536,
         "file FILE has a frame, at offset 196772, that does not verify: restore the file from a copy "
         "of DATA"},
        {"envelope", damage_head, STORE_E_DAMAGED, 0,
         "file FILE begins with an envelope that does not verify: restore the file from a copy of "
         "DATA"},
        {"cut in a frame", cut_frame, -EBADMSG, 65536,
         "file FILE has 70000 bytes and should have 196900: restore the file from a copy of DATA"},
        {"cut in the envelope", cut_head, STORE_E_DAMAGED, 0,
         "file FILE has 79 bytes and should have 196900: restore the file from a copy of DATA"},
        {"missing", remove_file, STORE_E_DAMAGED, 0,
         "file FILE is missing: restore the file from a copy of DATA"},
        {"folder", make_folder, -EISDIR, 0,
         "file FILE cannot be read: Is a directory: restore the file from a copy of DATA"},
        {"loop", make_loop, -ELOOP, 0,
         "file FILE cannot be opened: Too many levels of symbolic links: restore the file from a copy "
         "of DATA"},
        {"dropped", drop_body, STORE_E_ABSENT, 0,
         "file FILE was removed with its object meanwhile: try again"},
        {"data key", drop_key, STORE_E_KEY, 0,
         "file FILE is sealed by a data key that is gone from the database: restore DATA as a whole "
         "from a copy"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf ref = {0}, words = {0}, want = {0};
        CLEANUP(blob_reader) struct blob_reader *r = NULL;
        struct blob_why why = {.missing = false};
        char path[256], byte;
        if (i)
            setup(NULL);
        write_body(WORDS_SIZE, 65536, &ref);
        keep_body(buf_view(&ref));
        only_file(path);
        cases[i].damage(path);
        int e = blob_open(store, buf_view(&ref), &r, &why);
        if (e == 0)
            e = (int)blob_read(r, cases[i].at, &byte, 1, &why);
        CHECK_CASE(e == cases[i].r, cases[i].name);
        const char *rest = strstr(cases[i].words, "FILE");
        buf_printf(&want, "%.*s%s%s", (int)(rest - cases[i].words), cases[i].words,
                   strstr(path, "blobs/"), rest + 4);
        blob_why_add(&words, &why);
        CHECK_STR(buf_view(&words), buf_view(&want));
        CHECK_CASE(why.missing == (strcmp(cases[i].name, "missing") == 0), cases[i].name);
        CHECK_CASE(why.passing == (cases[i].r == STORE_E_ABSENT), cases[i].name);
        r = blob_reader_free(r);
        if (i + 1 < ARRAY_LEN(cases))
            teardown(NULL);
    }
}

/* A row's own body, and references that are none. */
static void test_words_of_rows(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf ref = {0}, words = {0};
    struct blob_reader *r = NULL;
    struct blob_why why;
    write_body(3000, 3000, &ref);
    CHECK_INT(blob_open(store, str_n(ref.p, ref.len - 1), &r, &why), STORE_E_DAMAGED);
    blob_why_add(&words, &why);
    CHECK_BUF(words, "its row does not say where its body is: restore DATA as a whole from a copy");
    buf_clear(&words);
    CHECK_INT(blob_open(store, S("no reference"), &r, &why), STORE_E_DAMAGED);
    blob_why_add(&words, &why);
    CHECK_BUF(words, "its row does not say where its body is: restore DATA as a whole from a copy");
}

/* The frame that was verified is served from memory: what becomes of the file is no matter. */
static void test_verified_frames_are_held(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf ref = {0};
    CLEANUP(blob_reader) struct blob_reader *r = NULL;
    struct blob_why why;
    char path[256], *p = mem_alloc(2 * 65536);
    write_body(WORDS_SIZE, 65536, &ref);
    keep_body(buf_view(&ref));
    only_file(path);
    CHECK_INT(blob_open(store, buf_view(&ref), &r, NULL), 0);
    CHECK_INT(blob_verify(r, 65536 + 7, &why), 0);
    tmp_flip(path, WORDS_HEAD + 65536 + SEAL_OVERHEAD + 9);
    check_range(r, WORDS_SIZE, 65536 + 7, 100);
    check_range(r, WORDS_SIZE, 65536, 65536);
    CHECK_INT(blob_verify(r, WORDS_SIZE, &why), 0); /* nothing is there */
    CHECK_INT(blob_verify(r, 0, &why), 0);
    CHECK_INT(blob_verify(r, 65536, &why), -EBADMSG);
    free(p);
}

/* A cut body that claims to be a shorter one: the frame is not the last of anything. */
static void test_references_are_checked(void **state) {
    (void)state;
    struct buf ref = {0};
    struct blob_reader *r = NULL;
    write_body(3000, 3000, &ref);
    for (size_t n = 0; n < ref.len; n++)
        CHECK_INT(blob_open(store, str_n(ref.p, n), &r, NULL), STORE_E_DAMAGED);
    buf_clear(&ref);
    write_body(BLOB_INLINE + 1, BLOB_INLINE + 1, &ref);
    for (size_t n = 0; n < ref.len; n++)
        CHECK_INT(blob_open(store, str_n(ref.p, n), &r, NULL), STORE_E_DAMAGED);
    for (size_t i = 0; i < ref.len; i += 7) {
        ref.p[i] ^= 1;
        int e = blob_open(store, buf_view(&ref), &r, NULL);
        CHECK(e == STORE_E_DAMAGED || e == STORE_E_KEY || e == STORE_E_ABSENT);
        ref.p[i] ^= 1;
    }
    CHECK_INT(blob_open(store, buf_view(&ref), &r, NULL), 0);
    blob_reader_free(r);
    buf_deinit(&ref);
}

static void test_reserve(void **state) {
    (void)state;
    struct err err;
    struct blob_writer *w = NULL;
    store_free(store);
    CHECK_INT(store_open(&store,
                         &(struct store_options){.data = dir, .reserve_bytes = UINT64_MAX / 4},
                         &err),
              0);
    CHECK_INT(blob_create(store, str_n(key_id, sizeof key_id), 0, &w, &err), STORE_E_FULL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(test_sizes),
        T(test_sweep),
        T(test_unfinished_and_discarded_leave_nothing),
        T(test_large_is_named_when_it_is_durable),
        T(test_named_at_first),
        T(test_damage),
        T(test_references_are_checked),
        T(test_words),
        T(test_words_of_rows),
        T(test_verified_frames_are_held),
        T(test_reserve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
