#pragma once
/*
 * Files of cases: "=== name", a template, and up to two parts behind "--- part" lines. Everything is a
 * view into the file's text.
 */
#include "base/str.h"

enum { CASE_MOST = 200 };
struct test_case {
    str name, text;
    str parts[2]; /* absent: not there */
};
struct case_file {
    const char *part_names[2];
    struct test_case cases[CASE_MOST];
    size_t n;
};
/* part_names is set before. */
void case_file_read(struct case_file *file, str text);
/* The next line of *text with its end, or false. */
bool case_file_line(str *text, str *ret_line);
/* A line without its end. */
str case_file_bare(str line);
