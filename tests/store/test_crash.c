/*
 * The store killed at random moments: what was acknowledged is there, a batch is there whole or not
 * at all, and ids go on behind the last one. The child reports each acknowledged round through a
 * pipe; the parent kills it, opens the store itself and compares.
 */
#include "lib/tmp.h"

#include "store/fault.h"

#include "base/io.h"
#include "store/blob.h"

#include <signal.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLS = 12, BODY = 70000 };

struct report {
    uint64_t round, id;
};

static void fill(char *p, size_t n, uint64_t round) {
    for (size_t i = 0; i < n; i++)
        p[i] = (char)(round + i);
}

static void row_key(char out[32], char which, uint64_t round) {
    snprintf(out, 32, "%c%08llu", which, (unsigned long long)round);
}

/* Rounds without end: two rows and a body in one batch. */
static void child(const char *dir, str key_id, uint64_t from, int to_parent) {
    struct store *store = tmp_open(dir);
    struct store_batch *batch = store_batch_new();
    char *body = mem_alloc(BODY);
    for (struct report report = {.round = from};; report.round++) {
        struct blob_writer *w = NULL;
        struct buf ref = {0};
        char a[32], b[32];
        fill(body, BODY, report.round);
        row_key(a, 'a', report.round);
        row_key(b, 'b', report.round);
        if (blob_create(store, key_id, 0, &w, NULL) || blob_write(w, body, BODY, NULL) ||
            blob_finish(w, &ref, NULL))
            _exit(1);
        store_batch_clear(batch);
        store_put_blind(batch, STORE_META, str_c(a), buf_view(&ref));
        store_put_blind(batch, STORE_ITEMS, str_c(b), str_c(b));
        blob_keep(batch, buf_view(&ref));
        report.id = store_next_id(store);
        if (store_commit(store, batch, NULL) ||
            io_write_full(to_parent, &report, sizeof report) < 0)
            _exit(2);
        buf_deinit(&ref);
    }
}

/*
 * Rounds [0, end) must be there; those behind it whole or not at all. Returns the first free one.
 */
static uint64_t verify(struct store *store, uint64_t end) {
    struct buf ref = {0}, row = {0};
    char a[32], b[32], *want = mem_alloc(BODY), *got = mem_alloc(BODY);
    uint64_t round = 0;
    for (;; round++) {
        row_key(a, 'a', round);
        row_key(b, 'b', round);
        int ra = store_get(store, NULL, STORE_META, str_c(a), &ref);
        int rb = store_get(store, NULL, STORE_ITEMS, str_c(b), &row);
        CHECK_INT(ra, rb);
        if (ra == STORE_E_ABSENT)
            break;
        struct blob_reader *r = NULL;
        CHECK_INT(blob_open(store, buf_view(&ref), &r, NULL), 0);
        CHECK_INT(blob_read(r, 0, got, BODY, NULL), BODY);
        fill(want, BODY, round);
        CHECK_MEM(got, want, BODY);
        blob_reader_free(r);
    }
    CHECK(round >= end);
    free(want);
    free(got);
    buf_deinit(&ref);
    buf_deinit(&row);
    return round;
}

static void test_kill(void **state) {
    (void)state;
    char dir[128], key_id[SEAL_KEY_ID_LEN];
    tmp_dir(dir);
    struct store *store = tmp_open(dir);
    struct store_batch *batch = store_batch_new();
    seal_key_create(store, batch, key_id, NULL);
    CHECK_INT(store_commit(store, batch, NULL), 0);
    store_batch_free(batch);
    store_free(store);

    uint64_t next = 0, last_id = 0;
    unsigned seed = 99;
    for (int kill_n = 0; kill_n < KILLS; kill_n++) {
        int fds[2];
        CHECK_INT(pipe(fds), 0);
        pid_t pid = fork();
        if (pid == 0) {
            close(fds[0]);
            child(dir, str_n(key_id, sizeof key_id), next, fds[1]);
        }
        close(fds[1]);
        /* So many acknowledged rounds, and a random moment in the one after. */
        struct report report = {0};
        uint64_t rounds = 1 + (uint64_t)rand_r(&seed) % 20;
        for (uint64_t i = 0; i < rounds; i++)
            CHECK_INT(io_read_full(fds[0], &report, sizeof report), 0);
        nanosleep(&(struct timespec){0, rand_r(&seed) % 2000000}, NULL);
        kill(pid, SIGKILL);
        while (io_read_full(fds[0], &report, sizeof report) == 0)
            ;
        waitpid(pid, NULL, 0);
        close(fds[0]);

        store = tmp_open(dir);
        next = verify(store, report.round + 1);
        CHECK(report.id > last_id);
        last_id = store_next_id(store);
        CHECK(last_id > report.id);
        struct store_scrub scrub;
        CHECK_INT(tmp_scrub(store, &scrub), 0);
        CHECK(scrub.bodies == next && !scrub.damaged && !scrub.missing && !scrub.damaged_rows);
        store_free(store);
    }
    tmp_remove(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
