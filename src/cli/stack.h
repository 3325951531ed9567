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
/* Frees the answer; cloud and name are the caller's. */
void cli_stack_deinit(struct cli_stack *stack);
/* Calls fn for each output / parameter of the answer. Texts are views of the answer. */
void cli_stack_outputs(const struct cli_stack *stack, void (*fn)(void *ctx, str key, str value),
                       void *ctx);

enum { CLI_STACK_UNCHANGED = 1 };
/*
 * Makes a change set and executes it; parameters that the stack has and that are not given keep
 * their values. Waits for the end and shows the events as they come. 0, CLI_STACK_UNCHANGED, or
 * -EIO with the reason: the first resource that failed, and why.
 */
int cli_stack_change(struct cli_stack *stack, str template, const struct cli_parameter *parameters,
                     size_t n, struct err *err);
