#pragma once
/*
 * cli/find: the files that came with this program: calotype-daemon, bootstrap, calotype-image,
 * template.yaml, and Node's package.json and package-lock.json. They are found from where this program
 * stands, in PREFIX/bin or in BUILD/src/cli.
 * What else is in PREFIX/bin is never taken for one of them.
 */
#include "base/err.h"
#include "base/own.h"

/*
 * The path of one of those six. folder: NULL, or a folder that the user named: the file in it, or
 * else the one that belongs to a calotype in it. 0 with a path that the caller frees, -ENOENT or
 * another -errno, with words.
 */
int cli_find(const char *name, const char *folder, char **ret_path, struct err *err);
