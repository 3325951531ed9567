#pragma once
/*
 * cli/runtime: what functions in Python and Node run on: the interpreters of the machine, and the
 * packages that AWS's images have beside them. One thread.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/packages.h"

/* ---- runtime_look.c ---- */
/*
 * What a daemon sees, as its GET /runtimes says it (svc/lambda/lambda.h, lambda_machine): the one that
 * runs on data, whose process and user are in *ret_doc too ("ProcessId", "UserId"); where none answers this
 * user, what one of this user would see. 0, or -errno with words. cli_runtime_look_here: never the one that runs.
 */
int cli_runtime_look(const char *data, json_t **ret_doc, struct err *err);
int cli_runtime_look_here(const char *data, json_t **ret_doc, struct err *err);
/* The row of a language in such a document, borrowed; NULL: there is none. */
const json_t *cli_runtime_row(const json_t *doc, const struct packages *of);

/* ---- runtime_install.c ---- */
struct cli_runtime_result {
    bool changed;      /* something was installed */
    struct buf folder; /* of the packages */
    struct buf version;
};
void cli_runtime_result_deinit(struct cli_runtime_result *result);
/*
 * Brings what is missing: the interpreter, and its packages. 0, also where nothing was; -errno with
 * words that say what to do, and then nothing is half there.
 */
int cli_runtime_install(const struct packages *of, const char *data, struct cli_runtime_result *ret,
                        struct err *err);
