/*
 * A fuzzing driver without a compiler's help: mutates seeds with a fixed pseudo-random sequence and
 * feeds them to LLVMFuzzerTestOneInput under ASan and UBSan, so that every ./test repeats the same
 * walk. For coverage-guided fuzzing tools/fuzz.sh builds the same entries with clang.
 *
 *   fuzz_NAME ITERATIONS COVERAGE [SEED-FILE…]
 *
 * The seeds must reach at least COVERAGE places of the sources that fuzz/meson.build names for the
 * entry; how many they are is said. The input that kills the process is written to fuzz-crash.bin in the working folder.
 */
#include "base/io.h"

#include <fcntl.h>
#include <sanitizer/asan_interface.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { MAX_INPUT = 4096, MAX_SEED = 64 * 1024, MAX_SEEDS = 256 };

static struct buf seeds[MAX_SEEDS];
static size_t n_seeds;
static struct buf input;
static uint64_t state = 0x9E3779B97F4A7C15u;

static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/*
 * ---- What the seeds reach: -fsanitize-coverage=trace-pc calls the function below at every basic
 * block ----
 */
enum { PLACES = 1 << 16 };
static uintptr_t places[PLACES];
static size_t n_places;
static bool counting;

void __sanitizer_cov_trace_pc(void);
__attribute__((no_sanitize("address", "undefined"))) void __sanitizer_cov_trace_pc(void) {
    uintptr_t pc = (uintptr_t)__builtin_return_address(0);
    if (!counting)
        return;
    size_t at = (pc * 0x9E3779B97F4A7C15u) >> 48;
    while (places[at] && places[at] != pc)
        at = (at + 1) % PLACES;
    if (places[at] || n_places == PLACES - 1)
        return;
    places[at] = pc;
    n_places++;
}

static void save_input(void) {
    int fd = open("fuzz-crash.bin", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)!write(fd, input.p, input.len);
}

static void on_signal(int number) {
    save_input();
    signal(number, SIG_DFL);
    raise(number);
}

/* Bytes that parsers stumble over. */
static const char *const words[] = {"\0",      "\xFF",        "\r\n",
                                    "\"",      "\\u0000",     "{{{{",
                                    "]]]]",    "<a>",         "&#0;",
                                    "%00",     "-1",          "18446744073709551615",
                                    "1e999",   "${",          "!Ref ",
                                    ": ",      "- ",          "\t",
                                    "Fn::Sub", "aws-chunked", "chunk-signature=",
                                    ";",       "=",           "*",
                                    "?",       "arn:aws:",    "\xC3",
                                    "NaN"};

static void mutate(struct buf *b) {
    size_t at = b->len ? next() % b->len : 0;
    switch (next() % 7) {
    case 0: /* flip a bit */
        if (b->len)
            b->p[at] ^= (char)(1 << (next() % 8));
        break;
    case 1: /* any byte */
        if (b->len)
            b->p[at] = (char)next();
        break;
    case 2: /* cut off */ b->len = at; break;
    case 3: { /* take a piece out */
        size_t n = b->len ? next() % (b->len - at + 1) : 0;
        if (n > 16)
            n = 16;
        memmove(b->p + at, b->p + at + n, b->len - at - n);
        b->len -= n;
        break;
    }
    case 4: { /* say a piece twice */
        size_t n = b->len - at < 64 ? b->len - at : 64;
        char copy[64];
        memcpy(copy, b->p + at, n);
        buf_add(b, copy, n);
        break;
    }
    case 5: { /* a word */
        const char *w = words[next() % ARRAY_LEN(words)];
        buf_add(b, w, *w ? strlen(w) : 1);
        break;
    }
    default: { /* a word over what is there */
        const char *w = words[next() % ARRAY_LEN(words)];
        size_t n = *w ? strlen(w) : 1;
        if (at + n <= b->len)
            memcpy(b->p + at, w, n);
    }
    }
}

/* A copy of exactly that size: ASan sees a read past its end. */
static void feed(str bytes) {
    uint8_t *exact = mem_alloc(bytes.len);
    if (bytes.len)
        memcpy(exact, bytes.p, bytes.len);
    LLVMFuzzerTestOneInput(exact, bytes.len);
    free(exact);
}

static size_t coverage_of_seeds(void) {
    counting = true;
    feed(S(""));
    for (size_t i = 0; i < n_seeds; i++) {
        buf_clear(&input);
        buf_str(&input, buf_view(&seeds[i]));
        feed(buf_view(&input));
    }
    counting = false;
    return n_places;
}

int main(int argc, char **argv) {
    uint64_t iterations = 0, wanted = 0;
    struct err err;
    if (argc < 3 || !str_to_u64(str_c(argv[1]), &iterations) ||
        !str_to_u64(str_c(argv[2]), &wanted)) {
        fputs("usage: fuzz_NAME ITERATIONS COVERAGE [SEED-FILE…]\n", stderr);
        return 2;
    }
    for (int i = 3; i < argc && n_seeds < MAX_SEEDS; i++)
        if (io_read_file(&seeds[n_seeds++], argv[i], MAX_SEED, &err) != 0) {
            fprintf(stderr, "%s\n", err.text);
            return 2;
        }
    __asan_set_death_callback(save_input);
    signal(SIGILL, on_signal); /* __builtin_trap: an entry's own check failed */
    signal(SIGABRT, on_signal);
    buf_reserve(&input, MAX_SEED);
    size_t reached = coverage_of_seeds();
    printf("the seeds reach %zu places\n", reached);
    if (reached < wanted)
        fprintf(stderr, "that is less than the %llu of fuzz/coverage.txt\n",
                (unsigned long long)wanted);
    for (uint64_t i = 0; i < iterations; i++) {
        buf_clear(&input);
        if (n_seeds)
            buf_str(&input, buf_view(&seeds[next() % n_seeds]));
        for (uint64_t k = next() % 12; k > 0; k--)
            mutate(&input);
        if (n_seeds == 0 && input.len > MAX_INPUT)
            input.len = MAX_INPUT;
        feed(buf_view(&input));
    }
    printf("%llu inputs\n", (unsigned long long)iterations);
    for (size_t i = 0; i < n_seeds; i++)
        buf_deinit(&seeds[i]);
    buf_deinit(&input);
    return reached < wanted;
}
