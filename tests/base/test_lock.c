/* Locks: what a build with checks refuses, and that a correct use passes in every build. */
#include "cm.h"

#include "base/lock.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock;

static void count_locked(int *n) {
    LOCK_HELD(&lock);
    ++*n;
}

static void test_correct_use(void **) {
    int n = 0;
    LOCK_NOT_HELD(&lock);
    {
        LOCK_SCOPE(&lock);
        count_locked(&n);
        count_locked(&n);
    }
    LOCK_NOT_HELD(&lock);
    lock_take(&lock);
    count_locked(&n);
    lock_drop(&lock);
    LOCK_NOT_HELD(&lock);
    CHECK_INT(n, 3);
    CHECK_INT(pthread_mutex_trylock(&lock), 0); /* nobody kept it */
    pthread_mutex_unlock(&lock);
}

static void *wait_for_signal(void *cond) {
    LOCK_SCOPE(&lock);
    pthread_cond_signal(cond);
    return NULL;
}

/* A condition variable releases the lock while it waits, and the owner is right afterwards. */
static void test_with_a_condition(void **) {
    int n = 0;
    pthread_t thread;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    LOCK_SCOPE(&lock);
    CHECK_INT(pthread_create(&thread, NULL, wait_for_signal, &cond), 0);
    CHECK_INT(pthread_cond_wait(&cond, &lock), 0);
    count_locked(&n);
    pthread_join(thread, NULL);
    CHECK_INT(n, 1);
}

#ifdef CALOTYPE_CHECKS
static void *take_and_keep(void *) {
    lock_take(&lock);
    return NULL;
}

static void held_by_nobody(void) {
    int n = 0;
    count_locked(&n);
}
static void held_by_this_thread(void) {
    LOCK_SCOPE(&lock);
    LOCK_NOT_HELD(&lock);
}
static void taken_twice(void) {
    LOCK_SCOPE(&lock);
    LOCK_SCOPE(&lock);
}
static void dropped_untaken(void) { lock_drop(&lock); }
static void dropped_for_another(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, take_and_keep, NULL);
    pthread_join(thread, NULL);
    lock_drop(&lock);
}

/* In a process of its own: what it said, and by which signal it ended (0: it passed). */
static int end_of(void (*misuse)(void), char *said, size_t room) {
    int ends[2], status;
    CHECK_INT(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        misuse();
        _exit(0);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], said, room - 1);
    said[n > 0 ? n : 0] = '\0';
    close(ends[0]);
    CHECK(waitpid(pid, &status, 0) == pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void test_misuse(void **) {
    static const struct {
        const char *name;
        void (*misuse)(void);
        const char *said;
    } cases[] = {
        {"nobody holds it", held_by_nobody, "in count_locked: the caller must hold it\n"},
        {"held", held_by_this_thread, "in held_by_this_thread: the caller must not hold it\n"},
        {"twice", taken_twice, "taken twice by one thread\n"},
        {"untaken", dropped_untaken, "released by a thread that had it not\n"},
        {"another's", dropped_for_another, "released by a thread that had it not\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char said[256];
        CHECK_CASE(end_of(cases[i].misuse, said, sizeof said) == SIGABRT, cases[i].name);
        CHECK_CASE(strstr(said, cases[i].said), cases[i].name);
    }
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_correct_use),
        cmocka_unit_test(test_with_a_condition),
#ifdef CALOTYPE_CHECKS
        cmocka_unit_test(test_misuse),
#endif
    };
    lock_init(&lock);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
