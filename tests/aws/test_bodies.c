/*
 * aws/bodies: what bodies under way cost, where they lie, who has to go, and that all of it comes
 * back whatever the end.
 */
#include "aws/bodies.h"
#include "cm.h"
#include "lib/tmp.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { K = 1024, PIECE = 16 * K };

static char data[128];
static struct store *store;
static struct aws_bodies *bodies;

static const struct aws_bodies_limits small = {
    .share = {
        [AWS_SHARE_UNPROVEN] = {256 * K, 1024 * K, 4, 512 * K},
        [AWS_SHARE_PROVEN] = {256 * K, 1024 * K, 4, 512 * K},
        [AWS_SHARE_SANDBOX] = {256 * K, 1024 * K, 4, 512 * K},
    }};

static int open_all(void **) {
    tmp_dir(data);
    store = tmp_open(data);
    return 0;
}
static int close_all(void **) {
    store_free(store);
    tmp_remove(data);
    return 0;
}

static int setup(void **) {
    bodies = aws_bodies_new(store, &small);
    return 0;
}

static void check_used(enum aws_share share, uint64_t disk, unsigned files, uint64_t decoded) {
    struct aws_share_limits used = aws_bodies_used(bodies, share);
    CHECK_INT(used.disk, disk);
    CHECK_INT(used.files, files);
    CHECK_INT(used.decoded, decoded);
}

static void check_nothing_used(void) {
    for (enum aws_share s = 0; s < AWS_N_SHARES; s++) {
        check_used(s, 0, 0, 0);
        CHECK_INT(aws_bodies_used(bodies, s).memory, 0);
    }
}

static int teardown(void **) {
    check_nothing_used();
    bodies = aws_bodies_free(bodies);
    return 0;
}

/* Byte i of every test's body. */
static char byte_at(size_t i) { return (char)('a' + i % 23); }

/* Adds n bytes in pieces; the first answer that is not 0. */
static int feed(struct aws_held *h, size_t n) {
    char piece[PIECE];
    for (size_t at = 0; at < n;) {
        size_t len = n - at < PIECE ? n - at : PIECE;
        for (size_t i = 0; i < len; i++)
            piece[i] = byte_at(at + i);
        int r = aws_held_add(h, piece, len);
        if (r)
            return r;
        at += len;
    }
    return 0;
}

static void begin(struct aws_held *h, enum aws_share share, size_t n) {
    aws_held_init(h, bodies, share);
    CHECK_INT(feed(h, n), 0);
}

static void check_taken(struct aws_held *h, size_t n) {
    str got;
    CHECK_INT(aws_held_take(h, &got), 0);
    CHECK_INT(got.len, n);
    for (size_t i = 0; i < n; i++)
        if (got.p[i] != byte_at(i))
            fail_msg("byte %zu is another", i);
}

/* ---- Where a body is, and what it costs ---- */

static void every_size_comes_back_whole(void **) {
    static const size_t sizes[] = {0,       1,           8 * K,   8 * K + 1,   16 * K,
                                   100 * K, 128 * K - 1, 256 * K, 256 * K + 1, 500 * K};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct aws_held h;
        begin(&h, AWS_SHARE_UNPROVEN, sizes[i]);
        check_taken(&h, sizes[i]);
        aws_held_deinit(&h);
        check_nothing_used();
        aws_held_deinit(&h); /* once more is harmless */
    }
}

static void a_small_body_costs_nothing(void **) {
    struct aws_held h[64];
    for (size_t i = 0; i < ARRAY_LEN(h); i++)
        begin(&h[i], AWS_SHARE_UNPROVEN, AWS_BODY_FREE);
    check_nothing_used();
    for (size_t i = 0; i < ARRAY_LEN(h); i++)
        aws_held_deinit(&h[i]);
}

static void memory_is_counted_by_the_room_of_the_buffer(void **) {
    struct aws_held h;
    begin(&h, AWS_SHARE_UNPROVEN, 65 * K);
    CHECK_INT(aws_bodies_used(bodies, AWS_SHARE_UNPROVEN).memory, h.bytes.cap);
    CHECK_RANGE(h.bytes.cap, 65 * K, 130 * K);
    check_used(AWS_SHARE_UNPROVEN, 0, 0, 0);
    aws_held_deinit(&h);
}

static void a_large_body_lies_in_a_file(void **) {
    struct aws_held h;
    begin(&h, AWS_SHARE_PROVEN, 300 * K);
    CHECK_INT(aws_bodies_used(bodies, AWS_SHARE_PROVEN).memory, 0);
    CHECK_INT(h.bytes.cap, 0);
    check_used(AWS_SHARE_PROVEN, 300 * K, 1, 0);
    check_taken(&h, 300 * K);
    check_used(AWS_SHARE_PROVEN, 0, 0, 300 * K);
    aws_held_drop_bytes(&h); /* the document that was read from it is still there */
    CHECK_INT(h.bytes.cap, 0);
    check_used(AWS_SHARE_PROVEN, 0, 0, 300 * K);
    aws_held_deinit(&h);
}

static void without_memory_a_body_goes_to_its_file_at_once(void **) {
    struct aws_held a, b;
    begin(&a, AWS_SHARE_UNPROVEN, 200 * K); /* 256 KiB of buffer: the whole share */
    begin(&b, AWS_SHARE_UNPROVEN, 20 * K);
    check_used(AWS_SHARE_UNPROVEN, 20 * K, 1, 0);
    check_taken(&b, 20 * K);
    check_taken(&a, 200 * K);
    aws_held_deinit(&a);
    aws_held_deinit(&b);
}

/* The descriptor of the one file that is put aside. */
static int open_aside(void) {
    DIR *d = opendir("/proc/self/fd");
    int found = -1;
    for (struct dirent *e; (e = readdir(d));) {
        char link[64], to[512];
        snprintf(link, sizeof link, "/proc/self/fd/%.20s", e->d_name);
        ssize_t n = readlink(link, to, sizeof to - 1);
        to[n > 0 ? n : 0] = '\0';
        if (strstr(to, "/blobs/tmp/"))
            found = open(link, O_RDWR | O_CLOEXEC);
    }
    closedir(d);
    return found;
}

static void what_lies_on_disk_is_sealed(void **) {
    struct aws_held h;
    str got;
    char bytes[PIECE];
    begin(&h, AWS_SHARE_UNPROVEN, 300 * K);
    int fd = open_aside();
    CHECK(fd >= 0);
    CHECK_INT(pread(fd, bytes, sizeof bytes, 0), sizeof bytes);
    CHECK(str_find(str_n(bytes, sizeof bytes), S("abcdefgh")) < 0);
    bytes[5] ^= 1;
    CHECK_INT(pwrite(fd, bytes, sizeof bytes, 0), sizeof bytes);
    close(fd);
    CHECK_INT(aws_held_take(&h, &got), STORE_E_DAMAGED);
    aws_held_deinit(&h);
}

/* ---- Who has to go ---- */

static void the_one_that_held_most_for_longest_is_dropped(void **) {
    struct aws_held large, old, young, next;
    str got;
    begin(&large, AWS_SHARE_UNPROVEN, 400 * K);
    begin(&old, AWS_SHARE_UNPROVEN, 300 * K);
    begin(&young, AWS_SHARE_UNPROVEN, 300 * K);
    large.began_ms -= 10000;
    old.began_ms -= 20000; /* 300 KiB × 20 s are more than 400 KiB × 10 s */
    begin(&next, AWS_SHARE_UNPROVEN, 300 * K);
    check_used(AWS_SHARE_UNPROVEN, 1000 * K, 3, 0);
    CHECK_INT(feed(&old, 1), AWS_BODY_E_CROWDED);
    CHECK_INT(aws_held_take(&old, &got), AWS_BODY_E_CROWDED);
    check_used(AWS_SHARE_UNPROVEN, 1000 * K, 3, 0);
    check_taken(&large, 400 * K);
    aws_held_deinit(&large);
    check_taken(&young, 300 * K);
    aws_held_deinit(&young);
    check_taken(&next, 300 * K);
    aws_held_deinit(&next);
    aws_held_deinit(&old);
}

static void files_are_bounded_as_bytes_are(void **) {
    struct aws_held filler, h[5];
    begin(&filler, AWS_SHARE_UNPROVEN, 200 * K);
    for (size_t i = 0; i < 5; i++) {
        begin(&h[i], AWS_SHARE_UNPROVEN, 20 * K);
        h[i].began_ms -= 1000 - (int64_t)i;
    }
    check_used(AWS_SHARE_UNPROVEN, 80 * K, 4, 0);
    CHECK_INT(feed(&h[0], 1), AWS_BODY_E_CROWDED);
    for (size_t i = 0; i < 5; i++)
        aws_held_deinit(&h[i]);
    aws_held_deinit(&filler);
}

static void a_body_that_alone_is_too_much_goes_itself(void **) {
    struct aws_held other, h;
    begin(&other, AWS_SHARE_UNPROVEN, 300 * K);
    aws_held_init(&h, bodies, AWS_SHARE_UNPROVEN);
    CHECK_INT(feed(&h, 200 * K), 0);
    h.began_ms -= 100000;
    CHECK_INT(feed(&h, 1000 * K), AWS_BODY_E_CROWDED);
    CHECK_INT(feed(&h, 1), AWS_BODY_E_CROWDED);
    check_used(AWS_SHARE_UNPROVEN, 300 * K, 1, 0);
    check_taken(&other, 300 * K);
    aws_held_deinit(&other);
    aws_held_deinit(&h);
}

static void shares_do_not_take_from_each_other(void **) {
    struct aws_held flood[8], honest, result;
    for (size_t i = 0; i < ARRAY_LEN(flood); i++)
        begin(&flood[i], AWS_SHARE_UNPROVEN, 300 * K);
    begin(&honest, AWS_SHARE_PROVEN, 500 * K);
    begin(&result, AWS_SHARE_SANDBOX, 500 * K);
    check_taken(&honest, 500 * K);
    check_taken(&result, 500 * K);
    for (size_t i = 0; i < ARRAY_LEN(flood); i++)
        aws_held_deinit(&flood[i]);
    aws_held_deinit(&honest);
    aws_held_deinit(&result);
}

static void large_bodies_are_decoded_a_few_at_a_time(void **) {
    struct aws_held a, b;
    str got;
    begin(&a, AWS_SHARE_PROVEN, 300 * K);
    begin(&b, AWS_SHARE_PROVEN, 300 * K);
    check_taken(&a, 300 * K);
    CHECK_INT(aws_held_count_decoded(&a, 212 * K), 0);
    CHECK_INT(aws_held_count_decoded(&a, 1), AWS_BODY_E_TOO_LARGE); /* nobody else has any */
    CHECK_INT(aws_held_take(&b, &got), AWS_BODY_E_CROWDED);
    check_used(AWS_SHARE_PROVEN, 0, 0, 512 * K);
    aws_held_deinit(&b);
    aws_held_deinit(&a);
    begin(&b, AWS_SHARE_PROVEN, 300 * K);
    check_taken(&b, 300 * K);
    aws_held_deinit(&b);
}

/* Below the reserve nothing is put aside; small bodies go on. */
static void the_disk_reserve_counts(void **) {
    char full_dir[128];
    struct err err = {0};
    tmp_dir(full_dir);
    struct store *full = NULL;
    struct store_options options = {.data = full_dir, .reserve_bytes = UINT64_C(1) << 60};
    CHECK_INT(store_open(&full, &options, &err), 0);
    struct aws_bodies *own = aws_bodies_new(full, &small);
    struct aws_held h;
    aws_held_init(&h, own, AWS_SHARE_UNPROVEN);
    CHECK_INT(feed(&h, 100 * K), 0);
    CHECK_INT(feed(&h, 300 * K), STORE_E_FULL);
    aws_held_deinit(&h);
    CHECK_INT(aws_bodies_used(own, AWS_SHARE_UNPROVEN).disk, 0);
    aws_bodies_free(own);
    store_free(full);
    tmp_remove(full_dir);
}

/* ---- Many ends at once ---- */

/* Bodies of all sizes that end in every way; others drop them meanwhile. */
static void *churn(void *seed_) {
    unsigned seed = (unsigned)(uintptr_t)seed_;
    for (int i = 0; i < 150; i++) {
        struct aws_held h;
        str got = S("");
        enum aws_share share = rand_r(&seed) % 2 ? AWS_SHARE_UNPROVEN : AWS_SHARE_PROVEN;
        size_t n = (size_t)rand_r(&seed) % (i % 3 ? 40 * K : 500 * K);
        aws_held_init(&h, bodies, share);
        int r = feed(&h, n);
        if (r == 0 && rand_r(&seed) % 3)
            r = aws_held_take(&h, &got);
        if (r != 0 && r != AWS_BODY_E_CROWDED)
            return "another failure";
        if (r == 0 && got.len && (got.len != n || got.p[n - 1] != byte_at(n - 1)))
            return "other bytes";
        if (rand_r(&seed) % 2)
            aws_held_drop_bytes(&h);
        aws_held_deinit(&h);
    }
    return NULL;
}

static void all_comes_back_whatever_the_end(void **) {
    pthread_t threads[8];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        CHECK_INT(pthread_create(&threads[i], NULL, churn, (void *)(uintptr_t)(i + 1)), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *fault;
        pthread_join(threads[i], &fault);
        CHECK_TEXT(fault, NULL);
    }
    check_nothing_used();
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(every_size_comes_back_whole),
        T(a_small_body_costs_nothing),
        T(memory_is_counted_by_the_room_of_the_buffer),
        T(a_large_body_lies_in_a_file),
        T(without_memory_a_body_goes_to_its_file_at_once),
        T(what_lies_on_disk_is_sealed),
        T(the_one_that_held_most_for_longest_is_dropped),
        T(files_are_bounded_as_bytes_are),
        T(a_body_that_alone_is_too_much_goes_itself),
        T(shares_do_not_take_from_each_other),
        T(large_bodies_are_decoded_a_few_at_a_time),
        T(the_disk_reserve_counts),
        T(all_comes_back_whatever_the_end),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
