#pragma once
/*
 * base/own: scoped ownership.
 *
 * x_free(NULL) is a no-op and every x_free returns NULL.
 * A variable under CLEANUP is set where it is declared.
 *
 * Out of memory: the allocators of base (mem_*, buf, arena, map) abort the process instead of
 * returning NULL. A killed daemon loses nothing that it answered, so this is a tested path, while
 * a thousand untested -ENOMEM branches are not. Sizes that come from outside are bounded before
 * they reach an allocator. See docs/decisions/0001-out-of-memory.md.
 */
#include <stddef.h>
#include <stdlib.h>

#define CLEANUP(type) __attribute__((cleanup(type##_freep)))
#define DEFINE_FREEP(type)                                                                         \
    static inline void type##_freep(struct type **p) { *p = type##_free(*p); }
/* For structs that are embedded: x_deinit(struct x *) at the end of the scope. */
#define CLEANUP_DEINIT(type) __attribute__((cleanup(type##_deinit)))
/* Hand the pointer over to the caller; the local variable becomes NULL. */
#define STEAL(p)                                                                                   \
    (__extension__({                                                                               \
        __typeof__(p) p_ = (p);                                                                    \
        (p) = NULL;                                                                                \
        p_;                                                                                        \
    }))

#define ARRAY_LEN(a)           (sizeof(a) / sizeof *(a))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Heap memory that is never NULL: aborts when there is none. mem_new zeroes. Released by free(). */
void *mem_alloc(size_t n) __attribute__((malloc, returns_nonnull));
void *mem_zalloc(size_t n) __attribute__((malloc, returns_nonnull));
void *mem_realloc(void *p, size_t n) __attribute__((returns_nonnull));
char *mem_strdup(const char *s) __attribute__((malloc, returns_nonnull));
#define mem_new(type) ((type *)mem_zalloc(sizeof(type)))

/* What the allocators do when there is no memory: for libraries that allocate by themselves. */
_Noreturn void mem_exhausted(void);
/* Once, before threads: what ends the program then instead of abort(). It does not return. */
void mem_on_exhausted(void (*instead)(void));

/* CLEANUP_MEM char *p = NULL; frees at the end of the scope. */
static inline void mem_freep(void *p) { free(*(void **)p); }
#define CLEANUP_MEM __attribute__((cleanup(mem_freep)))

/* CLEANUP_FD int fd = -1; closes at the end of the scope. */
void fd_closep(int *fd);
#define CLEANUP_FD __attribute__((cleanup(fd_closep)))
