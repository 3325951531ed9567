/* Dashboards: global in an account. The body is kept as it was given. */
#include "base/arn.h"
#include "svc/cloudwatch/cw_priv.h"
#include "svc/kit/name.h"
#include "svc/kit/page.h"

enum { MAX_WIDGETS = 500, MAX_NAME = 255, MAX_MESSAGES = 100 };

void cw_dashboard_key(struct buf *key, const struct rq *rq, str name) {
    key_begin(key, "cw.dashboard");
    key_str(key, rq->account);
    if (name.p)
        key_str(key, name);
}

static str dashboard_arn(struct rq *rq, str name) {
    return arn_str(&rq->arena, "cloudwatch", STR_NONE, rq->account, "dashboard/" STR_FMT,
                   STR_ARG(name));
}

static int check_name(struct rq *rq, str name) {
    return kit_name_ok(name, MAX_NAME)
               ? 0
               : aws_fail(rq, &CW_InvalidParameterValueException,
                          "The value " STR_FMT
                          " for field DashboardName contains invalid characters. It can only "
                          "contain alphanumerics, dash (-) and underscore (_).",
                          STR_ARG(name));
}

/* ---- The body ("Dashboard body structure and syntax") ---- */

struct check {
    struct rq *rq;
    json_t *messages;
    bool failed; /* a message is an error, not a hint */
};

static void say(struct check *c, str path, const char *text) {
    if (json_array_size(c->messages) >= MAX_MESSAGES)
        return;
    json_t *m = json_object();
    json_set_str(m, "DataPath", path);
    json_set_str(m, "Message", str_c(text));
    json_array_append_new(c->messages, m);
}

static bool is_listed(const char *key, const char *const *known) {
    for (size_t i = 0; known[i]; i++)
        if (strcmp(known[i], key) == 0)
            return true;
    return false;
}

/* Keys that CloudWatch does not know are told, and kept. */
static void check_keys(struct check *c, const json_t *object, const char *const *known, str path) {
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)object, key, value)
        if (!is_listed(key, known))
            say(c, arena_printf(&c->rq->arena, STR_FMT "/%s", STR_ARG(path), key),
                "Should NOT have additional properties");
}

static void fail(struct check *c, str path, const char *text) {
    c->failed = true;
    say(c, path, text);
}

static void check_numbers(struct check *c, const json_t *widget, str path) {
    static const struct {
        const char *key;
        int64_t least, most;
    } bounds[] = {{"x", 0, 23}, {"y", 0, INT64_MAX}, {"width", 1, 24}, {"height", 1, 1000}};
    for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
        const json_t *v = json_object_get(widget, bounds[i].key);
        if (v && (!json_is_integer(v) || json_integer_value(v) < bounds[i].least ||
                  json_integer_value(v) > bounds[i].most))
            fail(c, arena_printf(&c->rq->arena, STR_FMT "/%s", STR_ARG(path), bounds[i].key),
                 "Should be an integer within the dashboard's grid");
    }
}

static void check_widget(struct check *c, const json_t *widget, size_t at) {
    static const char *const keys[] = {"type", "x", "y", "width", "height", "properties", NULL};
    static const char *const types[] = {"metric", "text",  "log",   "alarm", "explorer",
                                        "custom", "table", "trace", NULL};
    static const char *const properties[] = {"accountId",
                                             "alarms",
                                             "annotations",
                                             "aggregateBy",
                                             "background",
                                             "endpoint",
                                             "end",
                                             "labels",
                                             "legend",
                                             "liveData",
                                             "logGroups",
                                             "markdown",
                                             "metrics",
                                             "params",
                                             "period",
                                             "query",
                                             "queryLanguage",
                                             "region",
                                             "setPeriodToTimeRange",
                                             "singleValueFullPrecision",
                                             "sortBy",
                                             "sparkline",
                                             "splitBy",
                                             "stacked",
                                             "start",
                                             "stat",
                                             "states",
                                             "table",
                                             "timezone",
                                             "title",
                                             "trend",
                                             "updateOn",
                                             "view",
                                             "widgetOptions",
                                             "yAxis",
                                             NULL};
    str path = arena_printf(&c->rq->arena, "/widgets/%zu", at);
    const char *type = json_string_value(json_object_get(widget, "type"));
    const json_t *props = json_object_get(widget, "properties");
    if (!json_is_object(widget)) {
        fail(c, path, "Should be an object");
        return;
    }
    if (!type)
        fail(c, path, "Should have required property 'type'");
    else if (!is_listed(type, types))
        fail(c, arena_printf(&c->rq->arena, STR_FMT "/type", STR_ARG(path)),
             "Should be one of the types of widgets");
    if (!json_is_object(props))
        fail(c, path, "Should have required property 'properties'");
    check_keys(c, widget, keys, path);
    check_numbers(c, widget, path);
    if (json_is_object(props))
        check_keys(c, props, properties,
                   arena_printf(&c->rq->arena, STR_FMT "/properties", STR_ARG(path)));
}

static int check_body(struct check *c, const json_t *body) {
    static const char *const keys[] = {"widgets",        "start",     "end",
                                       "periodOverride", "variables", NULL};
    const json_t *widgets = json_object_get(body, "widgets");
    if (!json_is_object(body))
        return aws_fail(c->rq, &CW_DashboardInvalidInputError,
                        "The field DashboardBody must be a valid JSON object");
    if (!json_is_array(widgets))
        fail(c, S("/widgets"), "Should be an array of widgets");
    if (json_array_size(widgets) > MAX_WIDGETS)
        fail(c, S("/widgets"), "Should NOT have more than 500 items");
    check_keys(c, body, keys, S(""));
    for (size_t i = 0; i < json_array_size(widgets) && i < MAX_WIDGETS; i++)
        check_widget(c, json_array_get(widgets, i), i);
    if (!c->failed)
        return 0;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, c->messages);
    return aws_fail(c->rq, &CW_DashboardInvalidInputError,
                    "The dashboard body is invalid, there are validation errors: %s",
                    buf_cstr(&text));
}

/* ---- Operations ---- */

static int read_dashboard(struct rq *rq, str name, struct row *row, json_t **ret_doc) {
    cw_dashboard_key(&row->key, rq, name);
    return rq_row_get_json(rq, row, ret_doc);
}

/* 0, or AWS_FAILED: also when it is not there. */
static int need_dashboard(struct rq *rq, str name, struct row *row, json_t **ret_doc) {
    int r = read_dashboard(rq, name, row, ret_doc);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &CW_DashboardNotFoundError, "Dashboard " STR_FMT " does not exist",
                        STR_ARG(name));
    return r;
}

int cw_op_PutDashboard(struct cw_svc *, struct rq *rq) {
    str name = json_str(rq->in, "DashboardName"), text = json_str(rq->in, "DashboardBody");
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *body = json_parse(text, NULL), *old = NULL, *doc = json_object();
    struct check c = {.rq = rq, .messages = json_array()};
    rq->out = json_object();
    json_set(rq->out, "DashboardValidationMessages", c.messages);
    if (check_name(rq, name) || check_body(&c, body))
        return AWS_FAILED;
    int r = read_dashboard(rq, name, &row, &old);
    if (r && r != STORE_E_ABSENT)
        return AWS_FAILED;
    json_set_str(doc, "Name", name);
    json_set_str(doc, "Body", text);
    json_set(doc, "LastModified", json_integer(rq->now_ms / 1000));
    json_t *tags =
        old ? json_arr(old, "Tags") : json_arr(rq->in, "Tags"); /* an update leaves them alone */
    if (tags)
        json_set(doc, "Tags", json_incref(tags));
    row_put_json(rq_rows(rq), &row, doc);
    return 0;
}

int cw_op_GetDashboard(struct cw_svc *, struct rq *rq) {
    str name = json_str(rq->in, "DashboardName");
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    if (need_dashboard(rq, name, &row, &doc))
        return AWS_FAILED;
    rq->out = json_object();
    json_set_str(rq->out, "DashboardArn", dashboard_arn(rq, name));
    json_set_str(rq->out, "DashboardBody", json_str(doc, "Body"));
    json_set_str(rq->out, "DashboardName", name);
    return 0;
}

int cw_op_ListDashboards(struct cw_svc *, struct rq *rq) {
    static const struct kit_paging paging = {.list = "DashboardEntries",
                                             .token = "NextToken",
                                             .most = 1000,
                                             .error = &CW_InvalidNextToken,
                                             .no_empty = true};
    CLEANUP_DEINIT(buf) struct buf rows = {0};
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    if (kit_page_begin(&page, rq, &paging, STR_NONE))
        return AWS_FAILED;
    cw_dashboard_key(&rows, rq, STR_NONE);
    kit_page_rows(&page, STORE_META, buf_view(&rows));
    while (kit_page_next(&page)) {
        CLEANUP_JSON json_t *doc = json_parse(page.value, NULL);
        str name = json_str(doc, "Name");
        if (!str_starts(name, json_str(rq->in, "DashboardNamePrefix")))
            continue;
        json_t *entry = json_object();
        json_set_str(entry, "DashboardName", name);
        json_set_str(entry, "DashboardArn", dashboard_arn(rq, name));
        json_set(entry, "LastModified", json_incref(json_object_get(doc, "LastModified")));
        json_set_int(entry, "Size", (int64_t)json_str(doc, "Body").len);
        kit_page_add(&page, STR_NONE, entry);
    }
    return kit_page_end(&page);
}

/* All or none: "if you specify a dashboard that does not exist, none is deleted". */
int cw_op_DeleteDashboards(struct cw_svc *, struct rq *rq) {
    const json_t *names = json_arr(rq->in, "DashboardNames");
    for (size_t i = 0; i < json_array_size(names); i++) {
        CLEANUP_DEINIT(row) struct row row = {0};
        CLEANUP_JSON json_t *doc = NULL;
        if (need_dashboard(rq, json_text(json_array_get(names, i)), &row, &doc))
            return AWS_FAILED;
        row_del(rq_rows(rq), &row);
    }
    store_batch_frees(rq_batch(rq));
    return 0;
}
