/* prog/ask: what counts as a yes, and that nobody's silence does. */
#include "cm.h"
#include "base/own.h"
#include "prog/ask.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* prog_ask with these as standard input and standard error. */
static bool asked(bool yes, int in, int err) {
    CLEANUP_FD int old_in = dup(STDIN_FILENO);
    CLEANUP_FD int old_err = dup(STDERR_FILENO);
    CHECK(old_in >= 0 && old_err >= 0);
    dup2(in, STDIN_FILENO);
    dup2(err, STDERR_FILENO);
    bool answer = prog_ask(yes, "It will be made anew.");
    dup2(old_in, STDIN_FILENO);
    dup2(old_err, STDERR_FILENO);
    return answer;
}

/*
 * prog_say keeps the first answer to "is stderr a terminal?", so the order matters: the terminal
 * first.
 */
static void at_a_terminal(void **state) {
    (void)state;
    CLEANUP_FD int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    CLEANUP_FD int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    CLEANUP_FD int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    CHECK(terminal >= 0 && null >= 0);
    static const struct {
        const char *typed;
        bool want;
    } cases[] = {
        {"y\n", true},  {"yes\n", true},         {"\n", false},
        {"n\n", false}, {"yes please\n", false}, {"Yes\n", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK(write(master, cases[i].typed, strlen(cases[i].typed)) > 0);
        CHECK_CASE(asked(false, terminal, terminal) == cases[i].want, cases[i].typed);
    }
    CHECK(asked(true, terminal, terminal));
    CHECK(asked(true, null, null));
    CHECK(!asked(false, null, terminal));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(at_a_terminal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
