#pragma once
/* daemon/up: the program calotype-daemon, which `calotype up` becomes. */

/* argv: what follows the program's name. Returns the exit code. */
int daemon_up(int argc, char **argv);
