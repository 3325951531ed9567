/* client: calls by protocol, and S3's objects. */
#include "client/client_priv.h"

#include "base/arena.h"
#include "base/codec.h"

/* By signing name; all other json services speak 1.1. */
static bool speaks_json10(const char *service) {
    return strcmp(service, "dynamodb") == 0 || strcmp(service, "sqs") == 0 ||
           strcmp(service, "monitoring") == 0;
}

int client_json(struct client *client, const char *service, const char *target, const json_t *in,
                json_t **ret_out, struct client_fault *fault) {
    struct buf body = {0};
    struct client_response response = {0};
    struct client_fault own;
    const struct sign_header headers[] = {
        {S("Content-Type"), speaks_json10(service) ? S("application/x-amz-json-1.0")
                                                   : S("application/x-amz-json-1.1")},
        {S("X-Amz-Target"), str_c(target)}};
    fault = fault ? fault : &own;
    if (in)
        json_write(&body, in);
    else
        buf_c(&body, "{}");
    struct client_request request = {.service = service,
                                     .method = "POST",
                                     .path = S("/"),
                                     .headers = headers,
                                     .n_headers = ARRAY_LEN(headers),
                                     .body = buf_view(&body)};
    int r = client_send(client, &request, &response, fault);
    if (r == CLIENT_OK && ret_out) {
        struct err err = {0};
        json_t *out =
            response.body.len ? json_parse(buf_view(&response.body), &err) : json_object();
        if (out) {
            *ret_out = out;
        } else {
            r = CLIENT_E_TRANSPORT;
            client_copy_text(fault->message, sizeof fault->message, str_c(err.text));
        }
    }
    client_response_deinit(&response);
    buf_deinit(&body);
    return r;
}

int client_query(struct client *client, const struct client_form *form, struct buf *out,
                 struct client_fault *fault) {
    struct buf body = {0};
    struct arena arena = {0};
    struct client_response response = {0};
    const struct sign_header headers[] = {
        {S("Content-Type"), S("application/x-www-form-urlencoded; charset=utf-8")}};
    client_add_query(&body, "Action", str_c(form->action));
    client_add_query(&body, "Version", str_c(form->version));
    for (size_t i = 0; i < form->n_params; i++)
        client_add_query(&body, arena_cstr(&arena, form->params[i].name), form->params[i].value);
    struct client_request request = {.service = form->service,
                                     .method = "POST",
                                     .path = S("/"),
                                     .headers = headers,
                                     .n_headers = 1,
                                     .body = buf_view(&body)};
    int r = client_send(client, &request, &response, fault);
    if (out)
        buf_str(out, buf_view(&response.body));
    client_response_deinit(&response);
    arena_deinit(&arena);
    buf_deinit(&body);
    return r;
}

/* ---- S3 ---- */

static int send_object(struct client *client, const struct client_object *object,
                       struct client_request *request, struct client_response *response,
                       struct client_fault *fault) {
    struct buf path = {0}, query = {0};
    buf_char(&path, '/');
    buf_str(&path, object->key);
    if (object->version_id.len)
        client_add_query(&query, "versionId", object->version_id);
    request->service = "s3";
    request->bucket = object->bucket;
    request->path = buf_view(&path);
    request->query = buf_view(&query);
    request->headers = object->headers;
    request->n_headers = object->n_headers;
    int r = client_send(client, request, response, fault);
    buf_deinit(&path);
    buf_deinit(&query);
    return r;
}

int client_put_object(struct client *client, const struct client_object *object, str body,
                      struct client_response *response, struct client_fault *fault) {
    struct client_request request = {.method = "PUT", .body = body};
    return send_object(client, object, &request, response, fault);
}

int client_put_object_from(struct client *client, const struct client_object *object,
                           const struct client_from *from, struct client_response *response,
                           struct client_fault *fault) {
    struct client_request request = {.method = "PUT",
                                     .source = from->source,
                                     .source_ctx = from->ctx,
                                     .body_size = from->size};
    return send_object(client, object, &request, response, fault);
}

int client_get_object(struct client *client, const struct client_object *object, uint64_t max_body,
                      struct client_response *response, struct client_fault *fault) {
    struct client_request request = {.method = "GET", .max_body = max_body};
    return send_object(client, object, &request, response, fault);
}

int client_get_object_to(struct client *client, const struct client_object *object,
                         client_sink_fn *sink, void *sink_ctx, struct client_response *response,
                         struct client_fault *fault) {
    struct client_request request = {.method = "GET", .sink = sink, .sink_ctx = sink_ctx};
    return send_object(client, object, &request, response, fault);
}

int client_head_object(struct client *client, const struct client_object *object,
                       struct client_response *response, struct client_fault *fault) {
    struct client_request request = {.method = "HEAD"};
    return send_object(client, object, &request, response, fault);
}
