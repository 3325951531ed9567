#pragma once
/*
 * sandbox/seccomp: the system calls a function may make. Built once by the spawner, loaded by every
 * init.
 */
#include "base/err.h"

#include <linux/filter.h>
#include <stdbool.h>

/*
 * The program as the kernel wants it; it lives as long as the process. counted: a cgroup counts
 * memory, so calls that make memory of no process's are allowed. 0 or -errno.
 */
int sandbox_filter_build(struct sock_fprog *ret_program, bool counted, struct err *err);
/* For this process and all it starts. no_new_privs is set. 0 or -errno. */
int sandbox_filter_load(const struct sock_fprog *program);
