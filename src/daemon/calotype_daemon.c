/* calotype-daemon: the cloud of one data folder. People start it as `calotype up`. */
#include "daemon/up.h"
#include "prog/say.h"

int main(int argc, char **argv) {
    prog_begin();
    return prog_end(prog_verb_run(&daemon_verb_up, argc ? argc - 1 : 0, argv + 1));
}
