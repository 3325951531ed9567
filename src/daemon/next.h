#pragma once
/* daemon/next: what to do about a start that was refused. */
#include "base/err.h"

/*
 * Adds "; next: …" to the words of a refusal, by its code (-errno, or an outcome of the store), where
 * they do not say yet what to do. data: DATA.
 */
void daemon_add_next(int code, const char *data, struct err *err);
