#pragma once
/*
 * prog/stack: driving a CloudFormation stack by change sets, as `aws cloudformation deploy` does:
 * works the same against AWS and the embedded cloud.
 */
#include "prog/cloud.h"

struct prog_parameter {
    str name, value;
};

struct prog_stack {
    struct prog_cloud *cloud;
    const char *name;
    /* As DescribeStacks answered last: */
    bool exists; /* and is no mere review */
    char status[64];
    struct buf xml; /* the whole answer */
};
void prog_stack_deinit(struct prog_stack *stack);
/* Calls fn for each output / parameter of the answer. */
void prog_stack_outputs(const struct prog_stack *stack, void (*fn)(void *ctx, str key, str value),
                        void *ctx);

enum { PROG_STACK_UNCHANGED = 1 };
/*
 * Makes a change set and executes it; parameters that the stack has and that are not given keep
 * their values. Waits for the end and shows the events as they come. 0, PROG_STACK_UNCHANGED, or
 * -EIO with the reason: the first resource that failed, and why.
 */
int prog_stack_change(struct prog_stack *stack, str template,
                      const struct prog_parameter *parameters, size_t n, struct err *err);
