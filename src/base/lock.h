#pragma once
/*
 * base/lock: a mutex held until the end of the scope: LOCK_SCOPE(&x->lock); A return or a break
 * unlocks too. Locks of a scope are given back in the opposite order.
 */
#include <pthread.h>

static inline pthread_mutex_t *lock_take(pthread_mutex_t *m) {
    pthread_mutex_lock(m);
    return m;
}
static inline void lock_dropp(pthread_mutex_t **m) { pthread_mutex_unlock(*m); }
#define LOCK_PASTE_(a, b) a##b
#define LOCK_PASTE(a, b)  LOCK_PASTE_(a, b)
#define LOCK_SCOPE(m)                                                                              \
    __attribute__((cleanup(lock_dropp), unused)) pthread_mutex_t *LOCK_PASTE(lock_, __LINE__) =    \
        lock_take(m)
