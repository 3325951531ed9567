/* base/own: what becomes of a program that has no memory left. */
#include "cm.h"

#include "base/own.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void with_nine(void) { _exit(9); }

/* How a child ends that asks for more than there is. */
static int child(void (*instead)(void)) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        close(STDERR_FILENO);
        if (instead)
            mem_on_exhausted(instead);
        mem_exhausted();
    }
    int status;
    CHECK_INT(waitpid(pid, &status, 0), pid);
    return status;
}

static void the_program_aborts(void **state) {
    (void)state;
    int status = child(NULL);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void or_ends_as_it_said(void **state) {
    (void)state;
    int status = child(with_nine);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_program_aborts),
                                       cmocka_unit_test(or_ends_as_it_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
