#pragma once
/*
 * daemon/modes: nobody but the daemon's user may read or change what is in DATA. Looked at once, at
 * the start, before anything in it but calotype.yaml is read.
 */
#include "base/err.h"

/*
 * What is too open in DATA is mended where it belongs to our user, and said in the log, with the
 * command that makes a key anew which others could read. Refused with words: what belongs to another
 * user (root is told, and goes on), what is a link to a file that is too open, a folder that others
 * may write into and that is not ours alone. master_key_path is a key's file outside of DATA, or
 * NULL: it is never mended. 0 or -errno. A DATA that is not there yet is fine.
 */
int daemon_modes_check(const char *data, const char *master_key_path, struct err *err);
