/* calotype-daemon: the cloud of one data folder. People start it as `calotype up`. */
#include "daemon/up.h"

int main(int argc, char **argv) { return prog_verb_run(&daemon_verb_up, argc - 1, argv + 1); }
