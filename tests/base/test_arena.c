/* Arenas: what they hand out stays good until their end, whatever blocks a thread has kept. */
#include "cm.h"

#include "base/arena.h"

#include <pthread.h>
#include <stdint.h>

enum { PIECES = 400 };

/* Pieces of many sizes, each filled with its own byte, none of which another has touched. */
static void fill(struct arena *a, char *pieces[PIECES], size_t seed) {
    for (size_t i = 0; i < PIECES; i++) {
        size_t n = (i * 37 + seed) % 900;
        pieces[i] = arena_alloc(a, n);
        CHECK_INT((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)(i + seed), n);
    }
}
static void check(char *const pieces[PIECES], size_t seed) {
    for (size_t i = 0; i < PIECES; i++)
        for (size_t at = 0, n = (i * 37 + seed) % 900; at < n; at++)
            CHECK_INT((unsigned char)pieces[i][at], (unsigned char)(i + seed));
}

/* Several at a time, made and ended in each other's way, as nested parses do. */
static void *rounds(void *arg) {
    size_t thread = *(size_t *)arg;
    for (size_t round = 0; round < 20; round++) {
        struct arena outer = {0}, inner = {0}, small = {0};
        char *outers[PIECES], *inners[PIECES];
        fill(&outer, outers, thread + round);
        memset(arena_alloc(&small, 4096), 'x', 4096);
        fill(&inner, inners, thread + round + 1);
        arena_deinit(&small);
        check(inners, thread + round + 1);
        arena_deinit(&inner);
        arena_deinit(&inner);
        fill(&small, inners, 7);
        check(outers, thread + round);
        arena_deinit(&outer);
        check(inners, 7);
        arena_deinit(&small);
    }
    return NULL;
}

static void blocks(void **state) {
    (void)state;
    size_t numbers[4];
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        numbers[i] = i * 50;
        assert_int_equal(pthread_create(&threads[i], NULL, rounds, &numbers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static void zeroed_where_it_says_so(void **state) {
    (void)state;
    for (int round = 0; round < 3; round++) { /* the second finds what the first wrote */
        struct arena a = {0};
        unsigned char *p = arena_zalloc(&a, 3000);
        for (size_t i = 0; i < 3000; i++)
            CHECK_INT(p[i], 0);
        memset(p, 0xEE, 3000);
        CHECK_STR(str_c(arena_str(&a, STR_NONE).p), S(""));
        CHECK_STR(str_c(arena_printf(&a, "%d-%s", 12, "x").p), S("12-x"));
        arena_deinit(&a);
    }
}

/* What lay there before the mark stays; what came later is given back, block by block. */
static void back_to_a_mark(void **state) {
    (void)state;
    static const size_t before[] = {0, 100, 4096, 100000}; /* an empty arena, one block, several */
    for (size_t i = 0; i < ARRAY_LEN(before); i++) {
        struct arena a = {0};
        char *first = before[i] ? arena_alloc(&a, before[i]) : NULL, *pieces[PIECES];
        if (first)
            memset(first, 'f', before[i]);
        const struct arena mark = a;
        size_t bytes = arena_bytes(&a);
        for (size_t round = 0; round < 3; round++) {
            fill(&a, pieces, round);
            check(pieces, round);
            CHECK(arena_bytes(&a) > bytes);
            arena_rewind(&a, &mark);
            CHECK_INT(arena_bytes(&a), bytes);
            CHECK(memcmp(&a, &mark, sizeof a) == 0);
        }
        for (size_t at = 0; at < before[i]; at++)
            CHECK_INT(first[at], 'f');
        arena_deinit(&a);
        CHECK_INT(arena_bytes(&a), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks),
        cmocka_unit_test(back_to_a_mark),
        cmocka_unit_test(zeroed_where_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
