#pragma once
/*
 * audit/files: what templates name beside themselves: code, nested templates, includes.
 *
 * Only regular files below the folder of the template that the audit was given are read, without
 * following a link, and no more of them than the bounds say. Paths are as people are told them. Nothing
 * is read where options.reads_files is not set. One thread; files live as long as the audit.
 */
#include "audit/audit_priv.h"

enum { AUDIT_MOST_FILE = 1 << 20, AUDIT_MOST_FILES = 1000, AUDIT_MOST_READ = 32 << 20 };

/* From here on, names are looked up below the folder of path ("-": the current one). */
void audit_files_begin(struct audit *a, const char *path);
/*
 * The path of what a text of t names, from the folder of t's file, without "." and ".."; absent: it is
 * no path (a URL, "s3://..."), is absolute, or leads out.
 */
str audit_beside(const struct audit_template *t, str path);
/* The file of such a path, read once. NULL: it is not there, or may not be read. */
struct audit_file *audit_file_get(struct audit *a, str path);
/* Calls fn for the regular files of a folder (of such a path) and of those in it, sorted. */
void audit_files_each(struct audit *a, str folder, void (*fn)(void *ctx, str path), void *ctx);
