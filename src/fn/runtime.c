/* fn/runtime: the loop of the Lambda runtime API: next invocation, handler, answer or error. */
#include "fn/runtime.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

static const char prefix[] = "2018-06-01/runtime";

static void add_error(struct buf *out, const char *type, const char *text) {
    buf_c(out, "{\"errorType\":");
    json_add_quoted(out, str_c(type));
    buf_c(out, ",\"errorMessage\":");
    json_add_quoted(out, str_c(text));
    buf_char(out, '}');
}

static int post(struct client *client, str url, const char *error_type, str body, struct err *err) {
    const struct sign_header headers[] = {
        {S("Content-Type"), S("application/json")},
        {S("Lambda-Runtime-Function-Error-Type"), str_c(error_type)}};
    struct client_response response = {0};
    struct client_fault fault;
    struct client_plain request = {.method = "POST",
                                   .url = url,
                                   .headers = headers,
                                   .n_headers = error_type ? 2 : 1,
                                   .body = body};
    int r = client_plain(client, &request, &response, &fault);
    client_response_deinit(&response);
    return r == CLIENT_OK ? 0 : err_set(err, -EIO, "answer to the runtime API: %s", fault.message);
}

static void read_headers(const struct client_response *response, struct fn_invocation *in) {
    uint64_t deadline = 0;
    snprintf(in->request_id, sizeof in->request_id, STR_FMT,
             STR_ARG(client_header(response, "lambda-runtime-aws-request-id")));
    if (str_to_u64(client_header(response, "lambda-runtime-deadline-ms"), &deadline))
        in->deadline_ms = (int64_t)deadline;
    /* Tracing clients read it from the environment. */
    str trace = client_header(response, "lambda-runtime-trace-id");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_str(&text, trace);
    setenv("_X_AMZN_TRACE_ID", buf_cstr(&text), 1);
}

static int answer(struct client *client, const char *api, const struct fn_invocation *in,
                  int result, const struct buf *out, const struct err *why, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf url = {0}, body = {0};
    buf_printf(&url, "http://%s/%s/invocation/%s/%s", api, prefix, in->request_id,
               result == 0 ? "response" : "error");
    if (result == 0)
        return post(client, buf_view(&url), NULL, buf_view(out), err);
    add_error(&body, "Function.ProcessingError", why->text);
    return post(client, buf_view(&url), "Function.ProcessingError", buf_view(&body), err);
}

static int one(struct client *client, const char *api, str next_url, fn_handler *handler, void *ctx,
               struct err *err) {
    struct client_response response = {0};
    struct client_fault fault;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    struct client_plain request = {.method = "GET", .url = next_url, .idle_ms = UINT_MAX};
    int r = client_plain(client, &request, &response, &fault);
    if (r != CLIENT_OK) {
        r = err_set(err, -EIO, "ask the runtime API for an invocation: %s", fault.message);
    } else {
        struct fn_invocation in = {.event = buf_view(&response.body)};
        struct err why = {{0}};
        read_headers(&response, &in);
        int result = handler(ctx, &in, &out, &why);
        r = answer(client, api, &in, result, &out, &why, err);
    }
    client_response_deinit(&response);
    return r;
}

int fn_runtime_run(struct client *client, const char *api, fn_handler *handler, void *ctx,
                   struct err *err) {
    CLEANUP_DEINIT(buf) struct buf next_url = {0};
    buf_printf(&next_url, "http://%s/%s/invocation/next", api, prefix);
    for (;;) {
        int r = one(client, api, buf_view(&next_url), handler, ctx, err);
        if (r != 0)
            return r;
    }
}

void fn_runtime_init_error(struct client *client, const char *api, const char *why) {
    CLEANUP_DEINIT(buf) struct buf url = {0}, body = {0};
    struct err ignored; /* the process ends either way, and its exit says so too */
    buf_printf(&url, "http://%s/%s/init/error", api, prefix);
    add_error(&body, "Runtime.InvalidConfiguration", why);
    post(client, buf_view(&url), "Runtime.InvalidConfiguration", buf_view(&body), &ignored);
}
