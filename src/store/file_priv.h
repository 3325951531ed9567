#pragma once
/* Shared inside the room: folders whose entries must survive a power cut. */
#include "store/file.h"

/* fsync of the folder; of the folder that holds path. */
int file_sync_parent(const char *path, struct err *err);
int file_sync_dir(const char *path, struct err *err);
/* mkdir (0700) and fsync of its parent; one that exists is fine. */
int file_make_dir(const char *path, struct err *err);
