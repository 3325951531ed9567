/*
 * base/arena: blocks that double in size up to a bound; an allocation moves a pointer in the
 * newest one. A thread keeps a few small blocks for its next arenas: most arenas need no other, and
 * the bytes are in its cache.
 */
#include "base/arena.h"

#include <pthread.h>
#include <stdio.h>

enum { FIRST_BLOCK = 4096, LARGEST_STEP = 256 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t size;
    _Alignas(16) char bytes[];
};

/* ---- Blocks that a thread keeps ---- */
/* AddressSanitizer sees a use after arena_deinit only in what was freed. */
#ifdef __SANITIZE_ADDRESS__
static bool keep(struct arena_block *b) {
    (void)b;
    return false;
}
static struct arena_block *take_kept(size_t size) {
    (void)size;
    return NULL;
}
#else
/*
 * A request has an arena of the connection's side, one of its own, and two for the keys that a
 * policy looks at. A thread keeps 32 KiB at most.
 */
static const unsigned kept_most[] = {4, 2}; /* of 4 KiB, of 8 KiB */
enum { KEPT_SIZES = ARRAY_LEN(kept_most) };
struct kept {
    struct arena_block *first;
    unsigned n;
};
static pthread_key_t kept_key;
static pthread_once_t kept_once = PTHREAD_ONCE_INIT;
static _Thread_local struct {
    struct kept sizes[KEPT_SIZES];
    /* OVER: the thread ends, and nobody would free what it keeps from then on */
    enum { KEPT_NEVER, KEPT_SOME, KEPT_OVER } state;
} kept;

static void kept_free(void *arg) {
    (void)arg;
    kept.state = KEPT_OVER;
    for (size_t i = 0; i < KEPT_SIZES; i++)
        for (struct arena_block *b = STEAL(kept.sizes[i].first), *next; b; b = next) {
            next = b->next;
            free(b);
        }
}
static void kept_init(void) {
    if (pthread_key_create(&kept_key, kept_free))
        abort();
}
static bool kept_begins(void) {
    pthread_once(&kept_once, kept_init);
    if (pthread_setspecific(kept_key, &kept) == 0)
        kept.state = KEPT_SOME;
    return kept.state == KEPT_SOME;
}

/* Of blocks of this size; NULL: none of them is kept. */
static struct kept *kept_of(size_t size) {
    for (size_t i = 0; i < KEPT_SIZES; i++)
        if (size == (size_t)FIRST_BLOCK << i)
            return &kept.sizes[i];
    return NULL;
}

static bool keep(struct arena_block *b) {
    struct kept *k = kept_of(b->size);
    if (!k || k->n == kept_most[k - kept.sizes] || kept.state == KEPT_OVER ||
        (kept.state == KEPT_NEVER && !kept_begins()))
        return false;
    b->next = k->first;
    k->first = b;
    k->n++;
    return true;
}

static struct arena_block *take_kept(size_t size) {
    struct kept *k = kept_of(size);
    struct arena_block *b = k ? k->first : NULL;
    if (b) {
        k->first = b->next;
        k->n--;
    }
    return b;
}
#endif

/* ---- Arenas ---- */

void arena_deinit(struct arena *a) { arena_rewind(a, &(struct arena){0}); }

void arena_rewind(struct arena *a, const struct arena *mark) {
    while (a->blocks != mark->blocks) {
        struct arena_block *block = a->blocks;
        a->blocks = block->next;
        if (!keep(block))
            free(block);
    }
    *a = *mark;
}

static void add_block(struct arena *a, size_t need) {
    size_t size = a->blocks ? a->blocks->size * 2 : FIRST_BLOCK;
    if (size > LARGEST_STEP)
        size = LARGEST_STEP;
    if (size < need)
        size = need;
    struct arena_block *b = take_kept(size);
    if (!b)
        b = mem_alloc(sizeof *b + size);
    b->next = a->blocks;
    b->size = size;
    a->blocks = b;
    a->at = b->bytes;
    a->end = b->bytes + size;
}

size_t arena_bytes(const struct arena *a) {
    size_t bytes = 0;
    for (const struct arena_block *b = a->blocks; b; b = b->next)
        bytes += sizeof *b + b->size;
    return bytes;
}

void *arena_alloc(struct arena *a, size_t n) {
    if (n > SIZE_MAX / 2)
        abort();
    n = n ? (n + 15) & ~(size_t)15 : 16;
    if ((size_t)(a->end - a->at) < n)
        add_block(a, n);
    void *p = a->at;
    a->at += n;
    return p;
}

void *arena_zalloc(struct arena *a, size_t n) { return memset(arena_alloc(a, n), 0, n); }

char *arena_cstr(struct arena *a, str s) {
    char *p = arena_alloc(a, s.len + 1);
    if (s.len)
        memcpy(p, s.p, s.len);
    p[s.len] = '\0';
    return p;
}

str arena_str(struct arena *a, str s) { return (str){arena_cstr(a, s), s.len}; }

str arena_vprintf(struct arena *a, const char *fmt, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    if (n < 0)
        abort();
    char *p = arena_alloc(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return (str){p, (size_t)n};
}

str arena_printf(struct arena *a, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    str s = arena_vprintf(a, fmt, args);
    va_end(args);
    return s;
}
