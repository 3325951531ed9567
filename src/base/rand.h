#pragma once
/* base/rand: random bytes from the kernel. Any thread. Aborts where the kernel has none. */
#include "base/str.h"

/* Fit for keys: getrandom, not a generator of our own. */
void rand_bytes(void *p, size_t n);
uint64_t rand_u64(void);
/* 2*bytes lower-case hex digits and a NUL. */
void rand_hex(char *out, size_t bytes);
enum { RAND_UUID_LEN = 36 };
/*
 * A version-4 UUID in lower case, and a NUL. Nobody guesses one, but its bytes are drawn ahead: what
 * must stay secret is rand_hex. A child process never draws what its parent draws.
 */
void rand_uuid(char out[RAND_UUID_LEN + 1]);
/* n characters of [A-Z0-9] (of 32: A-Z, 2-7) and a NUL, as in AWS's unique ids and access keys. */
void rand_base32(char *out, size_t n);
