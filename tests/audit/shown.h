#pragma once
/*
 * What is understood of templates, as text: a file of cases is
 *
 *   === what the template shows
 *   Resources: ...
 *   --- shows
 *   lines that `show` writes of it
 *
 * shown_main runs all of them; with CALOTYPE_RECORD=1 it prints the file as it should be, to be read
 * before it is kept. A test program has one show and is called with its file.
 */
#include "audit/audit_priv.h"

typedef void shown_fn(const struct audit_template *t, struct buf *out);
int shown_main(int argc, char **argv, shown_fn *show);
