#pragma once
/*
 * cli/stack: driving a CloudFormation stack by change sets, as `aws cloudformation deploy` does:
 * works the same against AWS and the embedded cloud.
 */
#include "cli/cloud.h"

/* A template parameter, for cli_stack_change. */
struct cli_parameter {
    str name, value;
};

/* A stack, by name; the caller sets cloud and name, and the rest is what the last answer said. */
struct cli_stack {
    struct cli_cloud *cloud;
    const char *name;
    /* As DescribeStacks answered last: */
    bool exists; /* and is no mere review */
    char status[64];
    struct buf xml; /* the whole answer */
};
/* Does the fault say that there is no such stack? */
bool cli_stack_is_missing(const struct client_fault *fault);
/* Frees the answer; cloud and name are the caller's. */
void cli_stack_deinit(struct cli_stack *stack);
/* Calls fn for each output / parameter of the answer. Texts are views of the answer. */
void cli_stack_outputs(const struct cli_stack *stack, void (*fn)(void *ctx, str key, str value),
                       void *ctx);

/*
 * Until the stack can be changed or made: waits for the end of an operation that runs (perhaps one
 * that a killed daemon has taken up again), and deletes what a failed creation has left of it, which
 * is its name. 0, or -EIO with words: where it is stuck they say what to type.
 */
int cli_stack_make_ready(struct cli_stack *stack, struct err *err);

enum { CLI_STACK_UNCHANGED = 1, CLI_STACK_BAD_PARAMETER };
/*
 * Of a stack that is ready: makes a change set and executes it; parameters that the stack has and that are not given keep
 * their values. Waits for the end and shows the events as they come. 0, CLI_STACK_UNCHANGED,
 * CLI_STACK_BAD_PARAMETER with words (the template does not take one that was given), or -EIO with
 * the reason: the first resource that failed, and why.
 */
int cli_stack_change(struct cli_stack *stack, str template, const struct cli_parameter *parameters,
                     size_t n, struct err *err);
