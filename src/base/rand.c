/* base/rand: random bytes by getrandom, and the texts made of them. */
#include "base/rand.h"

#include "base/codec.h"
#include "base/own.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/random.h>

void rand_bytes(void *p, size_t n) {
    char *at = p;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            abort();
        at += got;
        n -= (size_t)got;
    }
}

uint64_t rand_u64(void) {
    uint64_t v;
    rand_bytes(&v, sizeof v);
    return v;
}

void rand_hex(char *out, size_t bytes) {
    for (size_t done = 0; done < bytes;) {
        unsigned char raw[32];
        size_t n = bytes - done < sizeof raw ? bytes - done : sizeof raw;
        rand_bytes(raw, n);
        codec_hex(out + 2 * done, raw, n);
        done += n;
    }
    out[2 * bytes] = '\0';
}

/*
 * What UUIDs are made of, drawn ahead by each thread. In a page that a child finds zeroed, so that
 * it draws its own; what has been handed out is wiped.
 */
struct ahead {
    size_t left;
    unsigned char bytes[1024];
};
static pthread_key_t ahead_key;
static pthread_once_t ahead_once = PTHREAD_ONCE_INIT;
static _Thread_local struct ahead *ahead;

/* What else ends with the thread may still ask for an id: it gets a page of its own then. */
static void ahead_free(void *p) {
    ahead = NULL;
    munmap(p, sizeof(struct ahead));
}
static void ahead_init(void) {
    if (pthread_key_create(&ahead_key, ahead_free))
        abort();
}

/* Of this thread, or NULL where there is no memory of that kind. */
static struct ahead *ahead_of_thread(void) {
    if (ahead)
        return ahead;
    void *p = mmap(NULL, sizeof *ahead, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    pthread_once(&ahead_once, ahead_init);
    if (madvise(p, sizeof *ahead, MADV_WIPEONFORK) || pthread_setspecific(ahead_key, p)) {
        ahead_free(p);
        return NULL;
    }
    return ahead = p;
}

static void draw_id(unsigned char raw[16]) {
    struct ahead *a = ahead_of_thread();
    if (!a) {
        rand_bytes(raw, 16);
        return;
    }
    if (a->left < 16) {
        rand_bytes(a->bytes, sizeof a->bytes);
        a->left = sizeof a->bytes;
    }
    a->left -= 16;
    memcpy(raw, a->bytes + a->left, 16);
    memset(a->bytes + a->left, 0, 16);
}

void rand_uuid(char out[RAND_UUID_LEN + 1]) {
    unsigned char raw[16];
    draw_id(raw);
    raw[6] = (unsigned char)((raw[6] & 0x0F) | 0x40);
    raw[8] = (unsigned char)((raw[8] & 0x3F) | 0x80);
    static const struct {
        size_t at, from, n;
    } groups[] = {{0, 0, 4}, {9, 4, 2}, {14, 6, 2}, {19, 8, 2}, {24, 10, 6}};
    memset(out, '-', RAND_UUID_LEN);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        codec_hex(out + groups[i].at, raw + groups[i].from, groups[i].n);
    out[RAND_UUID_LEN] = '\0';
}

void rand_base32(char *out, size_t n) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    for (size_t i = 0; i < n; i++) {
        unsigned char byte;
        rand_bytes(&byte, 1);
        out[i] = alphabet[byte & 31];
    }
    out[n] = '\0';
}
