/* Random identifiers: their alphabet and form, and that no two are equal. */
#include "cm.h"

#include "base/ascii.h"
#include "base/rand.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static void uuids(void **state) {
    (void)state;
    char a[RAND_UUID_LEN + 1], b[RAND_UUID_LEN + 1];
    unsigned seen_variants = 0;
    for (int round = 0; round < 200; round++) {
        memset(a, 'x', sizeof a);
        rand_uuid(a);
        CHECK_INT(strlen(a), 36);
        for (int i = 0; i < 36; i++) {
            bool dash = i == 8 || i == 13 || i == 18 || i == 23;
            CHECK_INT(a[i] == '-', dash);
            CHECK(dash || (ascii_hex(a[i]) >= 0 && !ascii_is_upper(a[i])));
        }
        CHECK_INT(a[14], '4'); /* RFC 4122: version 4, variant 10xx */
        CHECK(ascii_is_one_of(a[19], "89ab"));
        seen_variants |= 1u << (ascii_hex(a[19]) & 3);
        rand_uuid(b);
        CHECK(strcmp(a, b) != 0);
        CHECK(memcmp(a + 24, b + 24, 12) != 0);
    }
    CHECK_INT(seen_variants, 15);
}

/* More than are drawn ahead at once, in a parent and its child: none twice. */
static void uuids_of_a_child(void **state) {
    (void)state;
    enum { EACH = 100 };
    char mine[EACH][RAND_UUID_LEN + 1], its[EACH][RAND_UUID_LEN + 1];
    int ends[2];
    rand_uuid(mine[0]);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (int i = 0; i < EACH; i++)
            rand_uuid(its[i]);
        _exit(write(ends[1], its, sizeof its) == (ssize_t)sizeof its ? 0 : 1);
    }
    close(ends[1]);
    for (int i = 0; i < EACH; i++)
        rand_uuid(mine[i]);
    size_t got = 0;
    for (ssize_t n; (n = read(ends[0], (char *)its + got, sizeof its - got)) > 0;)
        got += (size_t)n;
    close(ends[0]);
    CHECK_INT(waitpid(child, NULL, 0), child);
    CHECK_INT(got, sizeof its);
    for (int i = 0; i < EACH; i++)
        for (int k = 0; k < EACH; k++) {
            CHECK(strcmp(mine[i], its[k]) != 0);
            CHECK(i == k || strcmp(mine[i], mine[k]) != 0);
        }
}

static pthread_key_t at_end;
static char last[RAND_UUID_LEN + 1];

static void one_more(void *arg) {
    (void)arg;
    rand_uuid(last);
}
static void *draw(void *arg) {
    char id[RAND_UUID_LEN + 1];
    rand_uuid(id);
    pthread_setspecific(at_end, arg);
    return NULL;
}

/* What ends later with the thread than its ids were drawn ahead still gets one. */
static void the_last_of_a_thread(void **state) {
    (void)state;
    pthread_t thread;
    rand_uuid(last);
    CHECK_INT(pthread_key_create(&at_end, one_more), 0); /* after the key of what was drawn ahead */
    memset(last, 'x', sizeof last);
    CHECK_INT(pthread_create(&thread, NULL, draw, last), 0);
    pthread_join(thread, NULL);
    CHECK_INT(strlen(last), 36);
    CHECK_INT(last[14], '4');
}

/* Each of the 32 digits at each of 20 places, within 400 draws. */
static void base32(void **state) {
    (void)state;
    bool seen[20][256] = {{false}};
    char out[24];
    for (int round = 0; round < 400; round++) {
        memset(out, 'x', sizeof out);
        rand_base32(out, 20);
        CHECK_INT(out[20], '\0');
        CHECK_INT(out[21], 'x');
        for (int i = 0; i < 20; i++)
            seen[i][(unsigned char)out[i]] = true;
    }
    int digits = 0;
    for (int i = 0; i < 20; i++)
        for (int c = 0; c < 256; c++) {
            CHECK(!seen[i][c] || ascii_is_upper((char)c) || (c >= '2' && c <= '7'));
            digits += seen[i][c];
        }
    CHECK_RANGE(digits, 20 * 32 - 4, 20 * 32);
}

/* More bytes than are drawn at once, each half of every byte among them. */
static void hex(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 31, 32, 33, 64, 100};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char out[220], other[220];
        memset(out, 'x', sizeof out);
        rand_hex(out, sizes[i]);
        CHECK_INT(strlen(out), 2 * sizes[i]);
        CHECK_INT(out[2 * sizes[i] + 1], 'x');
        rand_hex(other, sizes[i]);
        if (sizes[i] > 30) {
            CHECK(memcmp(out, other, 32) != 0);
            CHECK(memcmp(out + 2 * sizes[i] - 16, other + 2 * sizes[i] - 16, 16) != 0);
        }
        for (size_t k = 0; k < 2 * sizes[i]; k++)
            CHECK(ascii_hex(out[k]) >= 0 && !ascii_is_upper(out[k]));
    }
}

/* Of 64 draws, every bit is set in some and clear in others. */
static void numbers(void **state) {
    (void)state;
    uint64_t any = 0, all = UINT64_MAX;
    for (int i = 0; i < 64; i++) {
        uint64_t v = rand_u64();
        any |= v;
        all &= v;
    }
    CHECK(any == UINT64_MAX);
    CHECK(all == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(uuids),
                                       cmocka_unit_test(uuids_of_a_child),
                                       cmocka_unit_test(the_last_of_a_thread),
                                       cmocka_unit_test(base32),
                                       cmocka_unit_test(hex),
                                       cmocka_unit_test(numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
