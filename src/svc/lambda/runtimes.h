#pragma once
/*
 * svc/lambda/runtimes: what a function's Runtime means: one row a runtime.
 *
 * A row says which program runs, what of the host it needs to see, which start script of ours it is
 * given and what else differs. A new runtime is a row in runtimes.c and, where the interpreter does
 * not speak the runtime API by itself, a start script beside it; no other code asks for a
 * runtime's name. The Handler is text to Lambda: it reaches the program as _HANDLER, and the
 * program refuses what it cannot use with the first invocation, as on AWS.
 */
#include "base/buf.h"
#include "sandbox/sandbox.h"

struct lambda_runtime {
    const char *name; /* as the API has it */
    /* NULL-terminated; argv[0] is an absolute path inside the sandbox, and named by start errors */
    const char *const *argv;
    /*
     * The program of a function's own, relative to its code; NULL: the program is the runtime's. A
     * static one has its address space limited where memory is only sampled.
     */
    const char *own_program;
    /*
     * Folders and files of the host that become visible, read-only; host NULL ends. All must be
     * there, or the runtime is not offered on this machine.
     */
    const struct sandbox_bind *binds;
    const char *start_path;            /* where the start script lies inside; NULL: none */
    const char *start;                 /* its text */
    const char *const (*variables)[2]; /* {name, value}, further ones; a NULL name ends */
    /*
     * What has it runs on, and nothing is made with it or changed to it: as AWS treats a runtime
     * behind its deprecation.
     */
    bool retired;
    bool whole_proc; /* the program reads more of /proc than processes (sandbox_spec) */
    /* its start script writes records, each one event of the log (pieces.h): the sandbox has the pipe */
    bool records;
};

/* The row of that name, offered here or not; NULL: there is none. Rows last for ever. */
const struct lambda_runtime *lambda_runtime_find(str name);
/*
 * True when this machine has all that the row binds. Otherwise *ret_missing is the first path that
 * is not there. A few system calls; any thread.
 */
bool lambda_runtime_is_here(const struct lambda_runtime *runtime, const char **ret_missing);
/* Appends the names of those that a function can be made with here: "a, b and c". */
void lambda_runtime_names(struct buf *out);
/* The i-th row that a function can be made with here; NULL: there are no more. */
const struct lambda_runtime *lambda_runtime_offered(size_t i);
