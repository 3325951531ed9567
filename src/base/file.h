#pragma once
/* base/file: small files and folders that must survive a power cut: keys, the CA, settings. */
#include "base/err.h"
#include "base/str.h"

/*
 * Temporary file beside path, write, fsync, rename over path, fsync of the folder: after a cut the
 * old content is there or the new one, whole. mode is the new file's, whatever the umask says.
 * 0, or -errno with the path in err; the temporary file is removed then.
 */
int file_write_durable(const char *path, str content, unsigned mode, struct err *err);
/* fsync of the folder; of the folder that holds path. */
int file_sync_dir(const char *path, struct err *err);
int file_sync_parent(const char *path, struct err *err);
/* mkdir (0700) and fsync of its parent; one that exists is fine. */
int file_make_dir(const char *path, struct err *err);
