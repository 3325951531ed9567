/*
 * Whether functions can be run on this machine. Where they cannot, whoever calls one is told so at
 * once, and events wait (queue.c): what denies it is the machine's, not the function's.
 */
#include "svc/lambda/code.h"
#include "svc/lambda/interpreters.h"
#include "svc/lambda/lambda_priv.h"

#include <errno.h>

/* Apart from interpreters. */
static int check_machine(struct lambda_svc *svc, const struct lambda_family *family,
                         struct err *err) {
    if (!svc->spawner)
        return 0; /* a start says what is wrong */
    int r = sandbox_check_level(svc->spawner, err);
    /* An interpreter is the host's; of the function's own folder it only reads. */
    return r || !family->own_program ? r : sandbox_check_code(lambda_code_root(svc->code), err);
}

int lambda_check_able(struct lambda_svc *svc, const struct lambda_runtime *runtime,
                      struct err *err) {
    if (!svc->spawner || !runtime)
        return 0; /* a start says what is wrong */
    int r = check_machine(svc, runtime->family, err);
    /* DATA may have come from another machine, or an interpreter is gone. */
    return r ? r : lambda_interpreters_find(svc->interpreters, runtime, NULL, err);
}

json_t *lambda_runtimes(struct lambda_svc *svc) {
    return lambda_interpreters_list(svc->interpreters);
}

size_t lambda_refused(struct lambda_svc *svc, const char *ret_runtimes[], size_t most,
                      struct err *reterr) {
    size_t n = 0;
    const struct lambda_family *family;
    for (size_t i = 0; n < most && (family = lambda_family_at(i)); i++)
        if (lambda_interpreters_seem_here(svc->interpreters, family) &&
            check_machine(svc, family, reterr))
            ret_runtimes[n++] = family->name;
    return n;
}
