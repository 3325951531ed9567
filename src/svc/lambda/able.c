/*
 * Whether functions can be run on this machine. Where they cannot, whoever calls one is told so at
 * once, and events wait (queue.c): what denies it is the machine's, not the function's.
 */
#include "svc/lambda/code.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/runtimes.h"

#include <errno.h>

int lambda_check_able(struct lambda_svc *svc, const struct lambda_runtime *runtime,
                      struct err *err) {
    if (!svc->spawner || !runtime)
        return 0; /* a start says what is wrong */
    int r = sandbox_check_level(svc->spawner, err);
    if (r)
        return r;
    const char *missing;
    if (!lambda_runtime_is_here(runtime, &missing)) /* DATA has come from another machine */
        return err_set(err, -ENOTSUP, "this machine has no %s, which functions of %s need", missing,
                       runtime->name);
    /* An interpreter is the host's; of the function's own folder it only reads. */
    return runtime->own_program ? sandbox_check_code(lambda_code_root(svc->code), err) : 0;
}

size_t lambda_refused(struct lambda_svc *svc, const char *ret_runtimes[], size_t most,
                      struct err *reterr) {
    size_t n = 0;
    const struct lambda_runtime *one;
    for (size_t i = 0; n < most && (one = lambda_runtime_offered(i)); i++)
        if (lambda_check_able(svc, one, reterr))
            ret_runtimes[n++] = one->name;
    return n;
}
