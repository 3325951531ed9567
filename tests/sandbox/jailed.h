#pragma once
/* The two files of the program that the escape suite runs inside a sandbox. */
#include <stdbool.h>

/* False: there is no such mode. what: its argument, or "". *ret_code: the program's exit code. */
bool jailed_acts(const char *mode, const char *what, int *ret_code);
