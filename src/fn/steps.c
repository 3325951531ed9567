/* fn/steps: the steps of a record: one function a step, in the order of the table at the end. */
#include "fn/steps.h"

#include "base/clock.h"
#include "base/codec.h"
#include "fn/log.h"
#include "fn/worker.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>

/* What a step says to the one who runs them. */
enum { NEXT = 0, SKIP = FN_STEPS_SKIPPED, WRITE_ROW, DONE_BEFORE };

struct pass {
    const struct fn_context *context;
    struct fn_image *image;
    struct fn_log log;
    struct arena arena;
    struct buf body;
    size_t bodies; /* where the derivatives' bytes begin in image->answer */
    int64_t start_ns;
};

static const struct imgjob_wish wishes[] = {{1600, 80}, {800, 80}, {200, 80}};

/* ---- Outcomes ---- */
static int end_with(struct pass *p, const char *status, const char *reason) {
    p->image->status = status;
    snprintf(p->image->reason, sizeof p->image->reason, "%s", reason);
    return WRITE_ROW;
}

static int service_fault(struct pass *p, const char *what, const struct client_fault *fault,
                         struct err *err) {
    return err_set(err, -EIO, "%s of " STR_FMT "/" STR_FMT ": %s %s", what,
                   STR_ARG(p->image->record->bucket), STR_ARG(p->image->record->key), fault->code,
                   fault->message);
}

static struct client_object original(const struct pass *p) {
    const struct fn_record *r = p->image->record;
    return (struct client_object){.bucket = r->bucket, .key = r->key, .version_id = r->version_id};
}

/* ---- head ---- */
static int head(struct pass *p, struct err *err) {
    struct client_object object = original(p);
    struct client_response response = {0};
    struct client_fault fault;
    int r = client_head_object(p->context->client, &object, &response, &fault), result = NEXT;
    if (r == CLIENT_OK) {
        buf_str(&p->image->texts, client_header(&response, "content-type"));
        p->image->content_type = buf_view(&p->image->texts);
        uint64_t size = 0;
        p->image->size = str_to_u64(client_header(&response, "content-length"), &size)
                             ? size
                             : (uint64_t)p->image->record->size;
    } else if (fault.status == 404) {
        result = SKIP; /* removed before we came: there is nothing to record */
    } else {
        result = service_fault(p, "HeadObject", &fault, err);
    }
    client_response_deinit(&response);
    return result;
}

/* ---- guard ---- */
/* The row of an earlier event of this key, or NULL; a new reference. */
static int read_row(struct pass *p, json_t **ret_item, struct err *err) {
    CLEANUP_JSON json_t *in =
        json_pack("{s:s,s:{s:{s:s}},s:b}", "TableName", p->context->config.table, "Key", "ImageId",
                  "S", p->image->record->image_id, "ConsistentRead", 1);
    CLEANUP_JSON json_t *out = NULL;
    struct client_fault fault;
    if (client_json(p->context->client, "dynamodb", "DynamoDB_20120810.GetItem", in, &out,
                    &fault) != CLIENT_OK)
        return service_fault(p, "GetItem", &fault, err);
    *ret_item = json_incref(json_obj(out, "Item"));
    return NEXT;
}

/*
 * A replay finds its own row: it counts again in the report, since the first attempt may not have
 * sent one.
 */
static int take_over(struct pass *p, const json_t *item) {
    static const char *const known[] = {"processed", "rejected", "failed"};
    str status = json_str(json_obj(item, "Status"), "S");
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_is(status, known[i]))
            p->image->status = known[i];
    snprintf(p->image->reason, sizeof p->image->reason, STR_FMT,
             STR_ARG(json_str(json_obj(item, "Reason"), "S")));
    return p->image->status ? DONE_BEFORE : NEXT;
}

static int guard_sequence(struct pass *p, struct err *err) {
    CLEANUP_JSON json_t *item = NULL;
    int r = read_row(p, &item, err);
    if (r != NEXT || !item)
        return r;
    int order =
        str_cmp(json_str(json_obj(item, "Sequencer"), "S"), str_c(p->image->record->sequencer));
    return order > 0 ? SKIP : order == 0 ? take_over(p, item) : NEXT;
}

static int guard(struct pass *p, struct err *err) {
    int r = guard_sequence(p, err);
    if (r != NEXT)
        return r;
    char text[160];
    uint64_t most = p->context->config.max_bytes;
    if (!fn_is_image_name(p->image->record->key))
        return end_with(p, "rejected", "The name does not end in .jpg, .jpeg or .png");
    if (p->image->size == 0)
        return end_with(p, "rejected", "The file is empty");
    if (p->image->size <= most)
        return NEXT;
    snprintf(text, sizeof text, "The file has %.1f MB; the limit is %.1f MB",
             (double)p->image->size / 1e6, (double)most / 1e6);
    return end_with(p, "rejected", text);
}

/* ---- fetch ---- */
static int fetch(struct pass *p, struct err *err) {
    struct client_object object = original(p);
    struct client_response response = {0};
    struct client_fault fault;
    /*
     * Without versions the object may have been replaced since: the event of that one is on its
     * way.
     */
    str tag = arena_printf(&p->arena, "\"" STR_FMT "\"", STR_ARG(p->image->record->etag));
    const struct sign_header same[] = {{S("If-Match"), tag}};
    if (!object.version_id.len && p->image->record->etag.len) {
        object.headers = same;
        object.n_headers = 1;
    }
    int r = client_get_object(p->context->client, &object, p->context->config.max_bytes, &response,
                              &fault);
    int result = r == CLIENT_OK ? NEXT
                 : fault.status == 404 || fault.status == 412
                     ? SKIP
                     : service_fault(p, "GetObject", &fault, err);
    if (result == NEXT) {
        unsigned char digest[32];
        p->body = response.body;
        response.body = (struct buf){0};
        p->image->size = p->body.len;
        EVP_Digest(p->body.p, p->body.len, digest, NULL, EVP_sha256(), NULL);
        codec_hex(p->image->sha256, digest, 32);
    }
    client_response_deinit(&response);
    return result;
}

/* ---- decode: probe, decode and derive happen in the worker ---- */
static struct imgjob_request request_for(const struct pass *p) {
    struct imgjob_request request = {.size = p->body.len,
                                     .max_pixels = p->context->config.max_pixels,
                                     .keep_gps = p->context->config.keep_gps,
                                     .n = ARRAY_LEN(wishes)};
    memcpy(request.wishes, wishes, sizeof wishes);
    return request;
}

static int decode(struct pass *p, struct err *err) {
    const struct fn_config *config = &p->context->config;
    struct fn_image *image = p->image;
    struct imgjob_request request = request_for(p);
    uint64_t ours = p->body.len + (32u << 20);
    struct fn_worker worker = {.path = config->worker,
                               .cpu_seconds = 30,
                               .timeout_ms = 45000,
                               .memory_bytes = config->memory_bytes > 2 * ours
                                                   ? config->memory_bytes - ours
                                                   : config->memory_bytes / 2};
    struct err why = {{0}};
    int r = fn_worker_run(&worker, &request, buf_view(&p->body), &image->answer, &image->reply,
                          &p->bodies, &why);
    if (r == FN_WORKER_E_DIED) {
        image->reply = (struct imgjob_reply){0};
        return end_with(p, "failed", why.text);
    }
    if (r != 0)
        return err_set(err, -EIO, "%s", why.text);
    char reason[IMGJOB_MAX_TEXT];
    snprintf(reason, sizeof reason, STR_FMT, STR_ARG(image->reply.reason));
    if (image->reply.status == IMGJOB_REJECTED)
        return end_with(p, "rejected", reason);
    end_with(p, "processed", reason);
    return NEXT;
}

/* ---- store: the sequencer in the key keeps two events of one key apart ---- */
static int store_one(struct pass *p, size_t i, str bytes, struct err *err) {
    const struct fn_record *r = p->image->record;
    const struct imgjob_derivative *d = &p->image->reply.derivatives[i];
    bool png = str_eq(d->content_type, S("image/png"));
    char *key = p->image->stored[i].key;
    snprintf(key, sizeof p->image->stored[i].key, "%s/%s/%u.%s", r->image_id, r->sequencer, d->edge,
             png ? "png" : "jpg");
    const struct sign_header type[] = {{S("Content-Type"), d->content_type}};
    struct client_object object = {.bucket = str_c(p->context->config.derivatives_bucket),
                                   .key = str_c(key),
                                   .headers = type,
                                   .n_headers = 1};
    struct client_response response = {0};
    struct client_fault fault;
    int status = client_put_object(p->context->client, &object, bytes, &response, &fault);
    client_response_deinit(&response);
    return status == CLIENT_OK ? NEXT : service_fault(p, "PutObject of a derivative", &fault, err);
}

static int store(struct pass *p, struct err *err) {
    str rest = str_skip(buf_view(&p->image->answer), p->bodies);
    for (size_t i = 0; i < p->image->reply.n; i++) {
        size_t size = p->image->reply.derivatives[i].size;
        int r = store_one(p, i, str_slice(rest, 0, size), err);
        if (r != NEXT)
            return r;
        p->image->n_stored++;
        rest = str_skip(rest, size);
    }
    return NEXT;
}

/* ---- put ---- */
/* Best effort: what stays behind is unreferenced, not wrong. */
static void remove_derivative(struct pass *p, str key) {
    str path = arena_printf(&p->arena, "/" STR_FMT, STR_ARG(key));
    struct client_request request = {.service = "s3",
                                     .method = "DELETE",
                                     .path = path,
                                     .bucket = str_c(p->context->config.derivatives_bucket)};
    struct client_response response = {0};
    struct client_fault fault;
    if (client_send(p->context->client, &request, &response, &fault) != CLIENT_OK)
        fn_log_step(&p->log, "warn", "remove-old-derivative", -1, fault.message);
    client_response_deinit(&response);
}

static void remove_ours(struct pass *p) {
    for (size_t i = 0; i < p->image->n_stored; i++)
        remove_derivative(p, str_c(p->image->stored[i].key));
}

static bool is_ours(const struct pass *p, str key) {
    for (size_t i = 0; i < p->image->n_stored; i++)
        if (str_is(key, p->image->stored[i].key))
            return true;
    return false;
}

static void remove_replaced(struct pass *p, const json_t *old_item) {
    str keys[IMGJOB_MAX_DERIVATIVES];
    size_t n = fn_item_derivatives(old_item, &p->arena, keys);
    for (size_t i = 0; i < n; i++)
        if (!is_ours(p, keys[i]))
            remove_derivative(p, keys[i]);
}

/* Only over nothing, an older event of the key, or this one's own earlier attempt. */
static int put(struct pass *p, struct err *err) {
    p->image->ms = (double)(clock_mono_ns() - p->start_ns) / 1e6;
    CLEANUP_JSON json_t *in =
        json_pack("{s:s,s:o,s:s,s:{s:{s:s}},s:s}", "TableName", p->context->config.table, "Item",
                  fn_item_new(p->image, p->context->config.derivatives_bucket, clock_real_ms()),
                  "ConditionExpression", "attribute_not_exists(Sequencer) OR Sequencer <= :now",
                  "ExpressionAttributeValues", ":now", "S", p->image->record->sequencer,
                  "ReturnValues", "ALL_OLD");
    CLEANUP_JSON json_t *out = NULL;
    struct client_fault fault;
    int r =
        client_json(p->context->client, "dynamodb", "DynamoDB_20120810.PutItem", in, &out, &fault);
    if (r == CLIENT_OK) {
        remove_replaced(p, json_obj(out, "Attributes"));
        return NEXT;
    }
    if (!str_is(S("ConditionalCheckFailedException"), fault.code))
        return service_fault(p, "PutItem", &fault, err);
    remove_ours(p);
    return SKIP;
}

/* The map. A step that ends the picture's way (WRITE_ROW) goes on at `put`. */
static const struct step {
    const char *name;
    int (*run)(struct pass *p, struct err *err);
} steps[] = {{"head", head},     {"guard", guard}, {"fetch", fetch},
             {"decode", decode}, {"store", store}, {"put", put}};
enum { PUT_STEP = ARRAY_LEN(steps) - 1 };

static int run_step(struct pass *p, const struct step *step, struct err *err) {
    int64_t start = clock_mono_ns();
    int r = step->run(p, err);
    double ms = (double)(clock_mono_ns() - start) / 1e6;
    if (r < 0)
        fn_log_step(&p->log, "error", step->name, ms, err->text);
    else if (r == SKIP)
        fn_log_step(&p->log, "info", step->name, ms,
                    "skipped: a later event was first, or the object is gone");
    else if (r == DONE_BEFORE)
        fn_log_step(&p->log, "info", step->name, ms, "done by an earlier attempt");
    else
        fn_log_step(&p->log, r == WRITE_ROW ? "warn" : "info", step->name, ms,
                    r == WRITE_ROW ? p->image->reason : NULL);
    return r;
}

int fn_steps_run(const struct fn_context *context, struct fn_image *image, struct err *err) {
    struct pass p = {.context = context,
                     .image = image,
                     .start_ns = clock_mono_ns(),
                     .log = {context->request_id, image->record->key}};
    int r = NEXT;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        r = run_step(&p, &steps[i], err);
        if (r == WRITE_ROW)
            i = PUT_STEP - 1;
        else if (r != NEXT)
            break;
    }
    buf_deinit(&p.body);
    arena_deinit(&p.arena);
    return r < 0 ? r : r == SKIP ? FN_STEPS_SKIPPED : 0;
}
