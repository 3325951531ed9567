/* The peak of a sandbox, as far as its processes in /proc tell it. */
#include "cm.h"

#include "sandbox/usage_priv.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIB = 1 << 20, LARGE_MIB = 128 };

/* In a process group of its own: so many small processes, then a large one; then it tells. */
static void run_init(size_t small, int tell) {
    for (size_t i = 0; i < small; i++)
        if (fork() == 0)
            for (;;)
                pause();
    if (fork() == 0) {
        char *large = malloc((size_t)LARGE_MIB * MIB);
        memset(large, 1, (size_t)LARGE_MIB * MIB);
        (void)!write(tell, large, 1);
        for (;;)
            pause();
    }
    for (;;)
        pause();
}

static uint64_t peak_of(size_t small) {
    int tell[2];
    char byte;
    CHECK_INT(pipe(tell), 0);
    pid_t init = fork();
    if (init == 0) {
        setpgid(0, 0);
        run_init(small, tell[1]);
    }
    CHECK_INT(read(tell[0], &byte, 1), 1);
    /* A cgroup counts, and says nothing: it is not there. */
    const struct sandbox_cgroups groups = {.memory = "/none"};
    const struct sandbox_meter meter = {.groups = &groups, .group = "s1", .init = init, .tmp = -1};
    uint64_t counted = sandbox_usage_peak(&meter, false), peak = sandbox_usage_peak(&meter, true);
    kill(-init, SIGKILL);
    CHECK_INT(waitpid(init, NULL, 0), init);
    CHECK_INT(counted, 0);
    close(tell[0]);
    close(tell[1]);
    return peak;
}

/*
 * It is asked for at the end of an invocation, with the service's lock: a function with a thousand
 * processes must not hold that for a twentieth of a second.
 */
static void test_peak_looks_at_the_first(void **) {
    CHECK(peak_of(2) >= (uint64_t)LARGE_MIB * MIB);
    CHECK(peak_of(62) >= (uint64_t)LARGE_MIB * MIB);
    CHECK_RANGE(peak_of(100), 1, (uint64_t)LARGE_MIB * MIB - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_peak_looks_at_the_first)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
