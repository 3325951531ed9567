#pragma once
/*
 * sandbox/denial: why this machine gives a function no sandbox, and what helps, in words.
 *
 * The kernel says EPERM of a dozen things: a setting, a container engine's profile, a chroot. What
 * it was is found by looking at the machine once, after a trial has failed, so nothing here runs
 * where sandboxes work.
 */
#include "sandbox/sandbox.h"

enum { SANDBOX_STEP_MAX = 64 };

/* The step of a way into a sandbox that failed. */
struct sandbox_refused {
    char step[SANDBOX_STEP_MAX]; /* "making its namespaces"; empty: it got further */
    int fault;                   /* -errno */
};

/*
 * Fills status->why ("STEP: ERROR: CAUSE") and status->help. By the process that the spawner serves
 * and as the same user; forks a child that ends at once. Takes a few milliseconds.
 */
void sandbox_denial_explain(const struct sandbox_refused *refused, struct sandbox_status *status);
