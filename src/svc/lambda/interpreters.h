#pragma once
/*
 * svc/lambda/interpreters: the interpreters of this machine, which run functions of the families
 * that have one (runtimes.h): where they are, their versions, and what each needs to see.
 *
 * Nothing is looked for before somebody asks. An interpreter is asked itself, by a script of ours
 * that it runs outside of any sandbox as the daemon's user, in "/", without the variables that change
 * an interpreter. That takes as long as it takes to start, ten seconds at most; what it said is kept,
 * and asked again when its file has changed, as an upgrade does, or half a minute later where it is
 * none. Any thread may call; who needs a file while it is asked waits, and nobody else.
 *
 * A file that is found, not set, is only run where nobody but root, the daemon's user and groups may
 * write it or a folder on its way.
 */
#include "base/arena.h"
#include "svc/lambda/lambda.h"
#include "svc/lambda/runtimes.h"

/* As one machine has it. Immutable and counted: environments that start keep it meanwhile. */
struct lambda_interpreter;
struct lambda_interpreter *lambda_interpreter_free(struct lambda_interpreter *interpreter);
DEFINE_FREEP(lambda_interpreter)
/* "3.11.2" */
const char *lambda_interpreter_version(const struct lambda_interpreter *interpreter);
/* Its file on this machine, with no symbolic link in the way. */
const char *lambda_interpreter_program(const struct lambda_interpreter *interpreter);
/* Its program inside of a sandbox. */
const char *lambda_interpreter_inside(const struct lambda_interpreter *interpreter);
/* What it needs to see, in an order in which one may cover another; how many. Borrowed. */
size_t lambda_interpreter_binds(const struct lambda_interpreter *interpreter,
                                const struct sandbox_bind **ret);
/* Is that the version that the row names? */
bool lambda_interpreter_fits(const struct lambda_interpreter *interpreter,
                             const struct lambda_runtime *runtime);
/* Is its file on this machine the one that was asked? A system call. */
bool lambda_interpreter_is_same(const struct lambda_interpreter *interpreter);

struct lambda_interpreters;
/* New; places is copied. NULL with words where a program that it names is none. */
struct lambda_interpreters *lambda_interpreters_new(const struct lambda_places *places,
                                                    struct err *err);
struct lambda_interpreters *lambda_interpreters_free(struct lambda_interpreters *all);
DEFINE_FREEP(lambda_interpreters)

/*
 * The interpreter that runs that row: one of its version (as set, or in a folder, in their
 * order), else another of the language: as set, or the first that is found. 0 and a reference, the caller's;
 * -ENOTSUP with words: the machine has none, or the one that is set does not run. *ret is NULL, and
 * the outcome 0, for a family whose functions bring their program. ret: NULL where it is not wanted.
 */
int lambda_interpreters_find(struct lambda_interpreters *all, const struct lambda_runtime *runtime,
                             struct lambda_interpreter **ret, struct err *err);

/*
 * Is there a file that may be such an interpreter, or does the family need none? A few system calls;
 * nothing is run.
 */
bool lambda_interpreters_seem_here(struct lambda_interpreters *all,
                                   const struct lambda_family *family);

/*
 * What this machine runs, by families: ["a", "b (by Python 3.11.2)"], a new reference; appended as
 * "a, b and c". Interpreters that were not asked before are.
 */
json_t *lambda_interpreters_list(struct lambda_interpreters *all);
void lambda_interpreters_names(struct lambda_interpreters *all, struct buf *out);
