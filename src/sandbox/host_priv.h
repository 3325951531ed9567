#pragma once
/*
 * sandbox/host: what the two files of the daemon's side share: host.c, the handles of sandboxes, and
 * keep.c, the spawner's life.
 */
#include "sandbox/cgroup_priv.h"
#include "sandbox/denial_priv.h"
#include "sandbox/proto_priv.h"

#include <stdatomic.h>

enum { SANDBOX_ANSWER_MS = 10000 }; /* a spawner or an init that is silent for so long is hung */

/*
 * One spawner, alive or dead, as those see it who use it: the spawner's owner while it is the
 * current one, and each sandbox that it made, for their cgroups are named in its folders. Constant
 * once it is said hello, but for refs.
 */
struct sandbox_nest {
    atomic_uint refs;
    pid_t pid;
    int control;
    struct sandbox_cgroups groups;
};
struct sandbox_nest *sandbox_nest_ref(struct sandbox_nest *nest);
struct sandbox_nest *sandbox_nest_free(struct sandbox_nest *nest); /* drops a reference */
DEFINE_FREEP(sandbox_nest)

/*
 * host.c: a sandbox by that spawner, as sandbox_start has it. -ETIMEDOUT: it was silent.
 * reterr_refused, where it is not NULL, is the step that failed; none where it got no answer.
 */
int sandbox_start_in(struct sandbox_nest *nest, const struct sandbox_spec *spec,
                     struct sandbox **ret_sandbox, struct sandbox_refused *reterr_refused,
                     struct err *err);

/*
 * keep.c. The current spawner, with a reference, or NULL: there is none any more. The first caller
 * waits until it is known what it can do.
 */
struct sandbox_nest *sandbox_spawner_nest(struct sandbox_spawner *spawner);
/* The one after that one, which died: waits for it for a moment. NULL: it does not come. */
struct sandbox_nest *sandbox_spawner_after(struct sandbox_spawner *spawner,
                                           const struct sandbox_nest *nest);
/* That one does not answer: it is killed, so that another takes its place. */
void sandbox_spawner_hangs(struct sandbox_spawner *spawner, const struct sandbox_nest *nest);
