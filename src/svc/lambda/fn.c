/* Names of functions, their rows, and the function as it runs. */
#include "svc/lambda/fn.h"

#include "base/arn.h"
#include "store/key.h"
#include "svc/kit/name.h"

#define LATEST S("$LATEST")

enum { KEPT_FACTOR = 8 }; /* memory of a parsed document, for each byte of it */

/* ---- Names ---- */
/* Takes what stands before "function:NAME" off text. False: an ARN of something else. */
static bool take_place(str *text, struct lambda_name *ret) {
    struct arn arn;
    str account, rest;
    if (str_starts(*text, S("arn:"))) {
        bool ours =
            arn_parse_regional(*text, "lambda", &arn) && str_starts(arn.resource, S("function:"));
        *ret = (struct lambda_name){.account = arn.account, .region = arn.region};
        *text = arn.resource;
        return ours;
    }
    if (str_cut(*text, ':', &account, &rest) && arn_is_account(account) &&
        str_starts(rest, S("function:"))) {
        ret->account = account;
        *text = rest;
    }
    return true;
}

bool lambda_name_parse(str text, str account, str region, struct lambda_name *ret) {
    *ret = (struct lambda_name){.account = account, .region = region};
    if (!take_place(&text, ret))
        return false;
    if (str_starts(text, S("function:")))
        text = str_skip(text, 9);
    if (str_cut(text, ':', &ret->name, &text))
        ret->qualifier = text;
    return kit_name_ok(ret->name, LAMBDA_NAME_MOST) && str_chr(ret->qualifier, ':') < 0;
}

void lambda_name_arn(const struct lambda_name *name, struct buf *out) {
    arn_add(out, "lambda", name->region, name->account, "function:" STR_FMT, STR_ARG(name->name));
}

void lambda_row_prefix(str account, str region, struct buf *prefix) {
    key_begin(prefix, "lambda.fn");
    key_str(prefix, account);
    key_str(prefix, region);
}

void lambda_row_key(const struct lambda_name *name, struct buf *key) {
    lambda_row_prefix(name->account, name->region, key);
    key_str(key, name->name);
}

/* ---- As it runs ---- */
static char *own(str s) {
    char *copy = mem_alloc(s.len + 1);
    if (s.len)
        memcpy(copy, s.p, s.len);
    copy[s.len] = '\0';
    return copy;
}

static void set_logging(struct lambda_fn *fn) {
    const json_t *logging = json_obj(fn->config, "LoggingConfig");
    str group = json_str(logging, "LogGroup");
    buf_printf(&fn->log_group, "/aws/lambda/%s", fn->fn_name);
    fn->own_log_group = group.len && !str_eq(group, buf_view(&fn->log_group));
    if (fn->own_log_group) {
        buf_clear(&fn->log_group);
        buf_str(&fn->log_group, group);
    }
    fn->json_logs = str_is(json_str(logging, "LogFormat"), "JSON");
    fn->application_level = lambda_level_of(json_str(logging, "ApplicationLogLevel"));
    fn->system_level = lambda_level_of(json_str(logging, "SystemLogLevel"));
}

static void drop(struct store_kept *kept) {
    struct lambda_fn *fn = (struct lambda_fn *)(void *)kept;
    json_decref(fn->doc);
    buf_deinit(&fn->arn);
    buf_deinit(&fn->log_group);
    free(fn->account);
    free(fn->region);
    free(fn->fn_name);
    free(fn);
}

static int make(void *ctx, struct store_kept_row *row, struct store_kept **ret_kept) {
    struct lambda_fn *fn = lambda_fn_new(ctx, row->value);
    if (!fn)
        return STORE_E_DAMAGED;
    *ret_kept = &fn->kept;
    return 0;
}

static const struct store_kept_kind fn_kind = {make, drop};

struct lambda_fn *lambda_fn_new(const struct lambda_name *name, str row) {
    struct lambda_fn *fn = mem_new(struct lambda_fn);
    fn->kept.kind = &fn_kind;
    fn->kept.refs = 1;
    fn->kept.bytes = sizeof *fn + KEPT_FACTOR * row.len;
    fn->doc = json_parse(row, NULL);
    fn->config = json_obj(fn->doc, "Config");
    if (!fn->config)
        return lambda_fn_free(fn);
    fn->account = own(name->account);
    fn->region = own(name->region);
    fn->fn_name = own(name->name);
    fn->name =
        (struct lambda_name){str_c(fn->account), str_c(fn->region), str_c(fn->fn_name), STR_NONE};
    lambda_name_arn(&fn->name, &fn->arn);
    fn->generation = json_int(fn->doc, "Generation", 0);
    fn->timeout_ms = json_int(fn->config, "Timeout", 3) * 1000;
    fn->memory_mb = (uint64_t)json_int(fn->config, "MemorySize", 128);
    fn->tmp_mb = (uint64_t)json_int(json_obj(fn->config, "EphemeralStorage"), "Size", 512);
    fn->reserved = json_int(fn->doc, "Reserved", -1);
    set_logging(fn);
    return fn;
}

struct lambda_fn *lambda_fn_free(struct lambda_fn *fn) {
    if (fn)
        store_kept_free(&fn->kept);
    return NULL;
}

int lambda_fn_load(const struct rows *rows, const struct lambda_name *name,
                   struct lambda_fn **ret_fn) {
    CLEANUP_DEINIT(row) struct row row = {0};
    struct lambda_name of = *name;
    struct store_kept *kept = NULL;
    if (name->qualifier.p && !str_eq(name->qualifier, LATEST))
        return STORE_E_ABSENT;
    lambda_row_key(name, &row.key);
    int r = row_get_kept(rows, &row, &fn_kind, &of, &kept);
    *ret_fn = (struct lambda_fn *)(void *)kept;
    return r;
}

int64_t lambda_fn_max_retries(const struct lambda_fn *fn) {
    return json_int(json_obj(fn->doc, "EventInvoke"), "MaximumRetryAttempts", LAMBDA_RETRIES);
}

int64_t lambda_fn_max_age_ms(const struct lambda_fn *fn) {
    return json_int(json_obj(fn->doc, "EventInvoke"), "MaximumEventAgeInSeconds",
                    LAMBDA_MAX_AGE_S) *
           1000;
}

str lambda_fn_destination(const struct lambda_fn *fn, const char *which) {
    const json_t *config = json_obj(json_obj(fn->doc, "EventInvoke"), "DestinationConfig");
    return json_str(json_obj(config, which), "Destination");
}

str lambda_fn_dead_letter(const struct lambda_fn *fn) {
    return json_str(json_obj(fn->config, "DeadLetterConfig"), "TargetArn");
}
