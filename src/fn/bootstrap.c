/*
 * bootstrap: the Lambda function (provided.al2023). _HANDLER picks what it serves; everything else
 * comes from the environment. Static, so that it runs in an empty root.
 */
#include "fn/notification.h"
#include "fn/processor.h"
#include "fn/runtime.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct program {
    struct client *client;
    struct fn_config config;
    int (*serve)(const struct fn_context *context, str event, struct buf *out, struct err *err);
};

/* The table of handlers. */
static const struct handler {
    const char *name;
    int (*serve)(const struct fn_context *context, str event, struct buf *out, struct err *err);
    bool needs_config;
} handlers[] = {
    {"processor.handler", fn_process, true},
    {"notification.handler", fn_notify, false},
};

static const struct handler *find_handler(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(handlers); i++)
        if (name && str_is(str_c(name), handlers[i].name))
            return &handlers[i];
    return NULL;
}

static int handle(void *ctx, const struct fn_invocation *invocation, struct buf *out,
                  struct err *err) {
    const struct program *program = ctx;
    struct fn_context context = {program->client, program->config, invocation->request_id,
                                 invocation->deadline_ms};
    return program->serve(&context, invocation->event, out, err);
}

static int prepare(struct program *program, struct err *err) {
    const char *name = getenv("_HANDLER");
    const struct handler *handler = find_handler(name);
    if (!handler)
        return err_set(
            err, -EINVAL,
            "_HANDLER is \"%s\"; this program has processor.handler and notification.handler",
            name ? name : "");
    program->serve = handler->serve;
    return handler->needs_config ? fn_config_load(&program->config, err) : 0;
}

int main(void) {
    struct program program = {0};
    struct err err = {{0}};
    const char *api = getenv("AWS_LAMBDA_RUNTIME_API");
    signal(SIGPIPE, SIG_IGN); /* a worker that dies early must not take us along */
    if (!api) {
        fputs(
            "bootstrap: AWS_LAMBDA_RUNTIME_API is not set: this program is started by Lambda, or by calotype\n",
            stderr);
        return 2;
    }
    if (client_new(&program.client, &(struct client_options){0}, &err) != 0) {
        fprintf(stderr, "bootstrap: %s\n", err.text);
        return 1;
    }
    if (prepare(&program, &err) != 0) {
        fn_runtime_init_error(program.client, api, err.text);
        fprintf(stderr, "bootstrap: %s\n", err.text);
        return 1;
    }
    fn_runtime_run(program.client, api, handle, &program, &err);
    fprintf(stderr, "bootstrap: %s\n", err.text);
    client_free(program.client);
    return 1;
}
