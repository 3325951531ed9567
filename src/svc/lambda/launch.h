#pragma once
/*
 * svc/lambda/launch: how a program is started in its sandbox: the command, what it sees of the
 * host, and the scripts of ours that stand before the function's own code. Any thread.
 */
#include "base/arena.h"
#include "svc/lambda/interpreters.h"

struct lambda_launch {
    const struct lambda_runtime *runtime;
    const struct lambda_interpreter *interpreter; /* NULL: the function brings its program */
    /* ---- With an interpreter ---- */
    const char *tools;   /* the folder of what it may call (tools.h) */
    bool wrapped;        /* AWS_LAMBDA_EXEC_WRAPPER is set */
    struct arena *arena; /* of the texts that are made here */
};
/*
 * Fills spec, behind what is there already. The size of a heap depends on the memory and on the
 * variables that spec has by then. Everything is borrowed until sandbox_start returns.
 */
void lambda_launch_fill(const struct lambda_launch *launch, struct sandbox_spec *spec);
/* The mark of the packages that a runtime's functions are shown; 0: none (base/packages.h). */
uint64_t lambda_launch_packages(const struct lambda_runtime *runtime);
