/* base/own: the allocators that abort when there is no memory, and the clean-up of descriptors. */
#include "base/own.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void say_and_abort(void) {
    static const char text[] = "calotype: out of memory\n";
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    abort();
}

static void (*end)(void) = say_and_abort;
void mem_on_exhausted(void (*instead)(void)) { end = instead; }
void mem_exhausted(void) {
    end();
    abort();
}

static void *must(void *p) {
    if (!p)
        mem_exhausted();
    return p;
}

void *mem_alloc(size_t n) { return must(malloc(n ? n : 1)); }

/* calloc passes over the thread's own free pieces (glibc before 2.41), which small ones come from. */
void *mem_zalloc(size_t n) {
    enum { SMALL = 1024 };
    if (n > SMALL)
        return must(calloc(1, n));
    void *p = mem_alloc(n);
    memset(p, 0, n);
    return p;
}

void *mem_realloc(void *p, size_t n) { return must(realloc(p, n ? n : 1)); }
char *mem_strdup(const char *s) { return must(strdup(s)); }

void fd_closep(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
