#pragma once
/* cli/find: the files that came with this program: installed, or in the folders of a build. */
#include "base/err.h"
#include "base/own.h"

/* This program's own folder. The caller frees; NULL with err. */
char *cli_own_folder(struct err *err);
/*
 * A program of that name in folder (NULL: this program's own), or where an installation and a build
 * have it as seen from there (../lib/calotype; ../daemon, ../fn and ../img). 0 with the path, which
 * the caller frees, or -ENOENT with err.
 */
int cli_find_program(const char *name, const char *folder, char **ret_path, struct err *err);
