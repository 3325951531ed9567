/* prog/say: colours, and where there are none. */
#include "cm.h"
#include "prog/say.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void set(const char *name, const char *value) {
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void colours(void **state) {
    (void)state;
    CLEANUP_FD int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    CLEANUP_FD int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    CLEANUP_FD int file = open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK(terminal >= 0 && file >= 0);
    static const struct {
        const char *term, *no_color;
        bool coloured;
    } cases[] = {
        {"xterm", NULL, true}, {NULL, NULL, true},    {"xterm", "", true},
        {"dumb", NULL, false}, {"xterm", "1", false}, {NULL, "1", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        set("TERM", cases[i].term);
        set("NO_COLOR", cases[i].no_color);
        CHECK_TEXT(prog_colour(terminal, COLOUR_GOOD), cases[i].coloured ? "\033[32m" : "");
        CHECK_TEXT(prog_colour(terminal, COLOUR_BAD), cases[i].coloured ? "\033[31m" : "");
        CHECK_TEXT(prog_colour(terminal, COLOUR_DIM), cases[i].coloured ? "\033[2m" : "");
        CHECK_TEXT(prog_colour(terminal, COLOUR_PLAIN), cases[i].coloured ? "\033[0m" : "");
        CHECK_TEXT(prog_colour(file, COLOUR_GOOD), "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(colours)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
