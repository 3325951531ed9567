#pragma once
/* store/file: small files that must survive a power cut (credentials, the CA, settings). */
#include "base/err.h"
#include "base/str.h"

/* Temporary file, write, fsync, rename over path, fsync of the folder. 0 or -errno. */
int file_write_durable(const char *path, str content, unsigned mode, struct err *err);
