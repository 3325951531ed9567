/*
 * fn/steps: the steps of a record: one function a step, in the order of the table at the end. What
 * needs no byte of the picture is decided before it is fetched.
 */
#include "fn/steps_priv.h"

#include "base/clock.h"
#include "base/suffix.h"
#include "fn/log.h"
#include "fn/store.h"

#include <errno.h>
#include <stdio.h>

/* ---- What the steps share ---- */

int fn_pass_end(struct fn_pass *p, const char *status, const char *reason) {
    p->image->status = status;
    snprintf(p->image->reason, sizeof p->image->reason, "%s", reason);
    return FN_WRITE_ROW;
}

int fn_pass_fault(struct fn_pass *p, const char *what, const struct client_fault *fault,
                  struct err *err) {
    return err_set(err, -EIO, "%s of " STR_FMT "/" STR_FMT ": " CLIENT_FAULT_FMT, what,
                   STR_ARG(p->image->record->bucket), STR_ARG(p->image->record->key),
                   CLIENT_FAULT_ARG(fault));
}

struct client_object fn_pass_original(const struct fn_pass *p) {
    const struct fn_record *r = p->image->record;
    return (struct client_object){.bucket = r->bucket, .key = r->key, .version_id = r->version_id};
}

void fn_pass_read_head(struct fn_pass *p, const struct client_response *response) {
    uint64_t size;
    buf_clear(&p->image->type);
    buf_str(&p->image->type, client_header(response, "content-type"));
    p->image->content_type = buf_view(&p->image->type);
    if (str_to_u64(client_header(response, "content-length"), &size))
        p->image->size = size;
}

int fn_pass_check_size(struct fn_pass *p) {
    char text[160];
    uint64_t most = p->context->config.max_bytes;
    if (p->image->size == 0)
        return fn_pass_end(p, "rejected", "The file is empty");
    if (p->image->size <= most)
        return FN_NEXT;
    snprintf(text, sizeof text, "The file has %.1f MB; the limit is %.1f MB",
             (double)p->image->size / 1e6, (double)most / 1e6);
    return fn_pass_end(p, "rejected", text);
}

/* ---- look: the row of an earlier event of this key ---- */

/* NULL where there is none; a new reference. */
static int read_row(struct fn_pass *p, json_t **ret_item, struct err *err) {
    CLEANUP_JSON json_t *in =
        json_pack("{s:s,s:{s:{s:s}},s:b}", "TableName", p->context->config.table, "Key", "ImageId",
                  "S", p->image->record->image_id, "ConsistentRead", 1);
    CLEANUP_JSON json_t *out = NULL;
    struct client_fault fault;
    if (client_json(p->context->client, "dynamodb", "DynamoDB_20120810.GetItem", in, &out,
                    &fault) != CLIENT_OK)
        return fn_pass_fault(p, "GetItem", &fault, err);
    *ret_item = json_incref(json_obj(out, "Item"));
    return FN_NEXT;
}

/*
 * A replay finds its own row: it counts again in the report, since the first attempt may not have
 * sent one.
 */
static int take_over(struct fn_pass *p, const json_t *item) {
    static const char *const known[] = {"processed", "rejected", "failed"};
    str status = json_str(json_obj(item, "Status"), "S");
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_is(status, known[i]))
            p->image->status = known[i];
    snprintf(p->image->reason, sizeof p->image->reason, STR_FMT,
             STR_ARG(json_str(json_obj(item, "Reason"), "S")));
    p->image->is_replay = p->image->status != NULL;
    buf_clear(&p->image->text);
    buf_str(&p->image->text, json_str(json_obj(item, "Format"), "S"));
    p->image->result.format = buf_view(&p->image->text);
    p->is_redo = !p->image->status;
    return p->image->status ? FN_DONE_BEFORE : FN_NEXT;
}

/* The row's place behind (> 0) this event, or before it. */
static int order_of(const struct fn_pass *p, const json_t *item) {
    return str_cmp(json_str(json_obj(item, "Sequencer"), "S"), str_c(p->image->record->sequencer));
}

static int look(struct fn_pass *p, struct err *err) {
    CLEANUP_JSON json_t *item = NULL;
    int r = read_row(p, &item, err);
    if (r != FN_NEXT || !item)
        return r;
    int order = order_of(p, item);
    return order > 0 ? FN_SKIP : order == 0 ? take_over(p, item) : FN_NEXT;
}

/* ---- guard: the name, and the size as far as the event has it ---- */

/* A row of an object that is not fetched: it has the object's type, and is of one that is there. */
static int head(struct fn_pass *p, struct err *err) {
    struct client_object object = fn_pass_original(p);
    struct client_response response = {0};
    struct client_fault fault;
    int r = client_head_object(p->context->client, &object, &response, &fault);
    if (r == CLIENT_OK)
        fn_pass_read_head(p, &response);
    client_response_deinit(&response);
    return r == CLIENT_OK        ? FN_WRITE_ROW
           : fault.status == 404 ? FN_SKIP
                                 : fn_pass_fault(p, "HeadObject", &fault, err);
}

/* What the event says of the size is believed where it is good: the answer's own is looked at then. */
static int guard(struct fn_pass *p, struct err *err) {
    if (!suffix_media_type(p->image->record->key)) {
        fn_pass_end(p, "rejected", "The name does not end in " SUFFIX_WORDS);
        return head(p, err);
    }
    if (p->image->record->size < 0 || fn_pass_check_size(p) == FN_NEXT)
        return FN_NEXT;
    int r = head(p, err);
    return r == FN_WRITE_ROW ? fn_pass_check_size(p) : r;
}

/*
 * ---- put: the row ----
 * Attempts of one event write the same keys, and may be at work at once. So the first row of a
 * Sequencer stands, and nothing is removed before it is known which row that is: then nobody names
 * what it does not name.
 */

static bool is_among(const str *keys, size_t n, str key) {
    for (size_t i = 0; i < n; i++)
        if (str_eq(keys[i], key))
            return true;
    return false;
}

/* At best: what stays behind is unreferenced, not wrong. */
static void remove_unnamed(struct fn_pass *p, const json_t *row, const str *keys, size_t n) {
    str named[IMGJOB_MAX_DERIVATIVES];
    size_t n_named = fn_item_derivatives(row, &p->arena, named);
    for (size_t i = 0; i < n; i++) {
        if (is_among(named, n_named, keys[i]))
            continue;
        int64_t start_ns = clock_mono_ns();
        bool gone = fn_store_delete(p->context, keys[i], NULL);
        fn_span_add(&p->spans, "remove", start_ns, gone ? "ok" : "fault");
    }
}

static void remove_uploaded(struct fn_pass *p, const json_t *row) {
    str keys[IMGJOB_MAX_DERIVATIVES];
    size_t n = 0;
    for (size_t i = 0; i < IMGJOB_MAX_DERIVATIVES; i++)
        if (p->uploaded[i].name)
            keys[n++] = str_c(p->uploaded[i].key);
    remove_unnamed(p, row, keys, n);
}

static void remove_replaced(struct fn_pass *p, const json_t *row, const json_t *old_row) {
    str keys[IMGJOB_MAX_DERIVATIVES];
    size_t n = fn_item_derivatives(old_row, &p->arena, keys);
    remove_unnamed(p, row, keys, n);
}

/* Somebody's row is there: a later event's, or that of another attempt. */
static int give_way(struct fn_pass *p, struct err *err) {
    CLEANUP_JSON json_t *row = NULL;
    int r = read_row(p, &row, err);
    if (r != FN_NEXT)
        return r;
    int order = row ? order_of(p, row) : -1;
    r = order > 0 ? FN_SKIP : order == 0 ? take_over(p, row) : FN_NEXT;
    if (r == FN_NEXT)
        return err_set(err, -EIO, "PutItem of " STR_FMT "/" STR_FMT ": the row changes meanwhile",
                       STR_ARG(p->image->record->bucket), STR_ARG(p->image->record->key));
    remove_uploaded(p, row);
    return r;
}

/* Only over nothing or an older event of the key. */
static int put(struct fn_pass *p, struct err *err) {
    const struct fn_config *config = &p->context->config;
    CLEANUP_JSON json_t *row = fn_item_new(p->image, config->derivatives_bucket, clock_real_ms());
    CLEANUP_JSON json_t *in =
        json_pack("{s:s,s:O,s:s,s:{s:{s:s}},s:s}", "TableName", config->table, "Item", row,
                  "ConditionExpression",
                  p->is_redo ? "attribute_not_exists(Sequencer) OR Sequencer <= :now"
                             : "attribute_not_exists(Sequencer) OR Sequencer < :now",
                  "ExpressionAttributeValues", ":now", "S", p->image->record->sequencer,
                  "ReturnValues", "ALL_OLD");
    CLEANUP_JSON json_t *out = NULL;
    struct client_fault fault;
    int r =
        client_json(p->context->client, "dynamodb", "DynamoDB_20120810.PutItem", in, &out, &fault);
    if (r == CLIENT_OK) {
        remove_replaced(p, row, json_obj(out, "Attributes"));
        remove_uploaded(p, row);
        return FN_NEXT;
    }
    return str_is(S("ConditionalCheckFailedException"), fault.code)
               ? give_way(p, err)
               : fn_pass_fault(p, "PutItem", &fault, err);
}

/* ---- The map. A step that ends the picture's way (FN_WRITE_ROW) goes on at `put`. ---- */

static const struct step {
    const char *name;
    int (*run)(struct fn_pass *p, struct err *err);
} steps[] = {{"look", look}, {"guard", guard}, {"fetch", fn_fetch}, {"put", put}};
enum { PUT_STEP = ARRAY_LEN(steps) - 1 };

static double ms_since(int64_t start_ns) { return (double)(clock_mono_ns() - start_ns) / 1e6; }

static int run_step(struct fn_pass *p, size_t i, struct err *err) {
    static const char *const outcomes[] =
        {[FN_NEXT] = "ok", [FN_SKIP] = "skipped", [FN_DONE_BEFORE] = "done"};
    int64_t start_ns = clock_mono_ns();
    if (i == PUT_STEP)
        p->image->ms = ms_since(p->spans.zero_ns); /* as far as the row can tell it */
    int r = steps[i].run(p, err);
    fn_span_add(&p->spans, steps[i].name, start_ns,
                r < 0               ? "fault"
                : r == FN_WRITE_ROW ? p->image->status
                                    : outcomes[r]);
    return r;
}

/* What became of it, for whoever reads the log. */
static void tell(const struct fn_pass *p, int r, const struct err *err) {
    const struct fn_image *image = p->image;
    const struct fn_log log = {p->context->request_id, image->record->key};
    struct fn_log_record line = {.level = "info",
                                 .outcome = image->status,
                                 .reason = image->reason,
                                 .image_id = str_c(image->record->image_id),
                                 .format = image->result.format,
                                 .bytes = image->size,
                                 .ms = ms_since(p->spans.zero_ns)};
    if (r < 0) {
        line.level = line.outcome = "error";
        line.reason = err->text;
    } else if (r == FN_SKIP) {
        line.outcome = "skipped";
        line.reason = "a later event was first, or the object is gone";
    } else if (r == FN_DONE_BEFORE) {
        line.reason = "done by another attempt";
    } else if (!str_is(S("processed"), image->status)) {
        line.level = "warn";
    }
    fn_log_record(&log, &line, &p->spans);
}

int fn_steps_run(const struct fn_work *work, struct fn_image *image, struct err *err) {
    struct fn_pass p = {.work = work,
                        .context = work->context,
                        .image = image,
                        .spans = {.zero_ns = clock_mono_ns()}};
    int r = FN_NEXT;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        r = run_step(&p, i, err);
        if (r == FN_WRITE_ROW)
            i = PUT_STEP - 1;
        else if (r != FN_NEXT)
            break;
    }
    tell(&p, r, err);
    arena_deinit(&p.arena);
    return r < 0 ? r : r == FN_SKIP ? FN_STEPS_SKIPPED : 0;
}
