#pragma once
/*
 * base/arena: memory that lives as long as one request (or one parse), freed at once.
 *
 * A zeroed struct arena is a valid empty one. Allocation never fails and is not zeroed unless it
 * says so; pointers stay valid until arena_deinit. One thread at a time.
 */
#include "base/own.h"
#include "base/str.h"

#include <stdarg.h>

struct arena_block;
struct arena {
    struct arena_block *blocks; /* newest first */
    char *at, *end;             /* free room in the newest */
};

void arena_deinit(struct arena *a);
void *arena_alloc(struct arena *a, size_t n) __attribute__((returns_nonnull)); /* 16-aligned */
void *arena_zalloc(struct arena *a, size_t n) __attribute__((returns_nonnull));
#define arena_new(a, type) ((type *)arena_zalloc((a), sizeof(type)))

/* Copies; the copy has a NUL behind it, so .p serves as a C string. */
str arena_str(struct arena *a, str s);
char *arena_cstr(struct arena *a, str s);
str arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
str arena_vprintf(struct arena *a, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
