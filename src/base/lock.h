#pragma once
/*
 * base/lock: mutexes that know their owner in builds with checks.
 *
 *   LOCK_SCOPE(&x->lock);            held until the end of the scope, return and break included;
 *                                    several are released in the opposite order
 *   lock_take(&x->lock); … lock_drop(&x->lock);
 *   void x_count_locked(struct x *x) { LOCK_HELD(&x->lock); … }
 *   void x_answer(struct x *x)       { LOCK_NOT_HELD(&x->lock); … }
 *
 * The rule: a function whose caller must hold a lock has a name that ends in _locked and begins
 * with LOCK_HELD; a function that calls out, waits or takes the lock itself may begin with
 * LOCK_NOT_HELD. Without -Dchecks=true (CALOTYPE_CHECKS) a lock is a plain mutex and both macros
 * are nothing.
 *
 * With checks a mutex made by lock_init is of the kind that POSIX calls error-checking: locking it
 * twice in one thread, or unlocking it in another, ends the program instead of hanging or passing.
 * The type is pthread_mutex_t throughout, so a condition variable waits on such a lock as on any.
 */
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

/* Makes a lock; pthread_mutex_destroy ends it. */
static inline void lock_init(pthread_mutex_t *m) {
#ifdef CALOTYPE_CHECKS
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(m, &attr);
    pthread_mutexattr_destroy(&attr);
#else
    pthread_mutex_init(m, NULL);
#endif
}

#ifdef CALOTYPE_CHECKS
#include <stdio.h>
#include <stdlib.h>

/* Says what was wrong with the use of a lock, and where, and ends. */
static inline void lock_must(bool right, const char *what, const char *where) {
    if (right)
        return;
    fprintf(stderr, "a lock was misused in %s: %s\n", where, what);
    abort();
}

/*
 * True when this thread holds m, which lock_init made: an error-checking mutex refuses to be locked
 * again by its owner only. Waits where another thread has it.
 */
static inline bool lock_is_mine(pthread_mutex_t *m) {
    if (pthread_mutex_lock(m))
        return true;
    pthread_mutex_unlock(m);
    return false;
}
#define LOCK_HELD(m)     lock_must(lock_is_mine(m), "the caller must hold it", __func__)
#define LOCK_NOT_HELD(m) lock_must(!lock_is_mine(m), "the caller must not hold it", __func__)
#else
#define lock_must(right, what, where) ((void)(right))
#define LOCK_HELD(m)                  ((void)(m))
#define LOCK_NOT_HELD(m)              ((void)(m))
#endif

/* A condition whose timed waits go by CLOCK_MONOTONIC: a clock that is set ends none. */
static inline void lock_cond_init(pthread_cond_t *cond) {
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

/* Waits until the lock is free, and holds it. Returns m, for LOCK_SCOPE. */
static inline pthread_mutex_t *lock_take(pthread_mutex_t *m) {
    lock_must(pthread_mutex_lock(m) == 0, "taken twice by one thread", __func__);
    return m;
}
/* Releases it, by the thread that holds it. */
static inline void lock_drop(pthread_mutex_t *m) {
    lock_must(pthread_mutex_unlock(m) == 0, "released by a thread that had it not", __func__);
}
static inline void lock_dropp(pthread_mutex_t **m) { lock_drop(*m); }
#define LOCK_PASTE_(a, b) a##b
#define LOCK_PASTE(a, b)  LOCK_PASTE_(a, b)
#define LOCK_SCOPE(m)                                                                              \
    __attribute__((cleanup(lock_dropp), unused)) pthread_mutex_t *LOCK_PASTE(lock_, __LINE__) =    \
        lock_take(m)
