#pragma once
/*
 * base/arena: memory that lives as long as one request (or one parse), freed at once.
 *
 * A zeroed struct arena is a valid empty one. Allocation never fails and is not zeroed unless it
 * says so; pointers stay valid until arena_deinit, or arena_rewind to before them. One thread at a
 * time.
 *
 * An arena gives no piece back by itself. What grows while a request runs (a body, an answer) is a
 * struct buf; what a loop needs once a turn has a buf or an arena of the loop's own.
 */
#include "base/own.h"
#include "base/str.h"

#include <stdarg.h>

struct arena_block;
struct arena {
    struct arena_block *blocks; /* newest first */
    char *at, *end;             /* free room in the newest */
};

/* Frees all that was allocated; the arena is a valid empty one afterwards. */
void arena_deinit(struct arena *a);
/*
 * Frees what was allocated since mark, a copy of *a, was taken. What *a has been rewound to since
 * must not lie before it.
 */
void arena_rewind(struct arena *a, const struct arena *mark);
/* What it takes of the machine's memory, free room included. */
size_t arena_bytes(const struct arena *a);
/* n bytes, aligned to 16. n may be 0: the pointer is the caller's all the same. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((returns_nonnull));
void *arena_zalloc(struct arena *a, size_t n) __attribute__((returns_nonnull));
/* A zeroed struct. */
#define arena_new(a, type) ((type *)arena_zalloc((a), sizeof(type)))

/*
 * A copy, with a NUL behind its bytes: .p serves as a C string where s has no NUL inside. An absent
 * s becomes an empty text, which is not absent.
 */
str arena_str(struct arena *a, str s);
char *arena_cstr(struct arena *a, str s);
/* printf into the arena, with a NUL behind. */
str arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
str arena_vprintf(struct arena *a, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
