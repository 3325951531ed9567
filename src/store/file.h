#pragma once
/* store/file: small files that must survive a power cut (credentials, the CA, settings). */
#include "base/err.h"
#include "base/str.h"

/*
 * Temporary file beside path, write, fsync, rename over path, fsync of the folder: after a cut the
 * old content is there or the new one, whole. mode is the new file's, whatever the umask says.
 * 0, or -errno with the path in err; the temporary file is removed then.
 */
int file_write_durable(const char *path, str content, unsigned mode, struct err *err);
