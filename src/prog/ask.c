/* prog/ask: work that cannot be undone is told first, and done after a yes. */
#include "prog/ask.h"

#include "base/buf.h"
#include "base/own.h"
#include "prog/say.h"

#include <stdio.h>
#include <unistd.h>

/* One line of standard input. */
static bool answer_is_yes(void) {
    char line[16] = "";
    if (!fgets(line, sizeof line, stdin))
        return false;
    return strcmp(line, "y\n") == 0 || strcmp(line, "yes\n") == 0;
}

bool prog_ask(bool yes, const char *plan) {
    prog_hint("%s", plan);
    if (yes)
        return true;
    if (!isatty(STDIN_FILENO) || !prog_on_terminal()) {
        prog_error("nothing was done: nobody is here to be asked (--yes does it)");
        return false;
    }
    (void)!write(STDERR_FILENO, "Go on? [y/N] ", 13);
    if (answer_is_yes())
        return true;
    prog_error("nothing was done");
    return false;
}
