/* XML: S3's bodies in both directions, and the answers of the query protocol. */
#include "aws/items_priv.h"
#include "aws/xml_priv.h"

/* ---- Decoding ---- */

static int read_node(const struct api_shape *shape, bool flat, const struct xml_node *node,
                     json_t *before, json_t **ret, struct err *err);

static str attribute(const struct xml_node *node, str name) {
    for (const struct xml_attribute *a = node->attributes; a; a = a->next)
        if (str_eq(a->name, name))
            return a->value;
    return STR_NONE;
}

static int read_structure(const struct api_shape *shape, const struct xml_node *node, json_t **ret,
                          struct err *err) {
    CLEANUP_JSON json_t *obj = json_object();
    for (size_t i = 0; i < shape->n; i++) {
        const struct api_member *m = &shape->members[i];
        if (m->flags & API_ATTRIBUTE) {
            str value = attribute(node, m->wire);
            if (value.p)
                json_set_str(obj, m->name.p, value);
        }
    }
    for (const struct xml_node *c = node->child; c; c = c->next) {
        const struct api_member *m = api_member_by_wire(shape, c->name);
        if (!m || m->location != API_IN_BODY || (m->flags & API_ATTRIBUTE))
            continue;
        bool flat = m->flags & API_FLATTENED;
        json_t *v = NULL;
        int r =
            read_node(m->shape, flat, c, flat ? json_object_get(obj, m->name.p) : NULL, &v, err);
        if (r)
            return r;
        json_set(obj, m->name.p, v);
    }
    *ret = STEAL(obj);
    return 0;
}

static int read_list(const struct api_shape *shape, const struct xml_node *node, json_t **ret,
                     struct err *err) {
    CLEANUP_JSON json_t *array = json_array();
    for (const struct xml_node *c = node->child; c; c = c->next) {
        json_t *v = NULL;
        if (!str_eq(c->name, shape->element_wire))
            continue;
        int r = read_node(shape->element, false, c, NULL, &v, err);
        if (r)
            return r;
        json_array_append_new(array, v);
    }
    *ret = STEAL(array);
    return 0;
}

/* node: the entry, with its key and value inside. */
static int read_entry(const struct api_shape *shape, const struct xml_node *node, json_t *map,
                      struct err *err) {
    str key = STR_NONE;
    CLEANUP_JSON json_t *v = NULL;
    for (const struct xml_node *c = node->child; c; c = c->next) {
        if (str_eq(c->name, shape->key_wire)) {
            key = c->text;
        } else if (str_eq(c->name, shape->element_wire) && !v) {
            int r = read_node(shape->element, false, c, NULL, &v, err);
            if (r)
                return r;
        }
    }
    if (!key.p || !v)
        return err_set(err, AWS_E_MALFORMED, "an entry of a map is incomplete");
    json_set(map, key.p, STEAL(v));
    return 0;
}

static int read_map(const struct api_shape *shape, const struct xml_node *node, json_t **ret,
                    struct err *err) {
    CLEANUP_JSON json_t *map = json_object();
    for (const struct xml_node *c = node->child; c; c = c->next) {
        int r = read_entry(shape, c, map, err);
        if (r)
            return r;
    }
    *ret = STEAL(map);
    return 0;
}

/* A flattened list or map: node is one item, before what was read of it so far (or NULL). */
static int read_flat(const struct api_shape *shape, const struct xml_node *node, json_t *before,
                     json_t **ret, struct err *err) {
    CLEANUP_JSON json_t *all = before                    ? json_incref(before)
                               : shape->type == API_LIST ? json_array()
                                                         : json_object();
    json_t *v = NULL;
    int r = shape->type == API_LIST ? read_node(shape->element, false, node, NULL, &v, err)
                                    : read_entry(shape, node, all, err);
    if (r)
        return r;
    if (v)
        json_array_append_new(all, v);
    *ret = STEAL(all);
    return 0;
}

static int read_node(const struct api_shape *shape, bool flat, const struct xml_node *node,
                     json_t *before, json_t **ret, struct err *err) {
    if (flat && (shape->type == API_LIST || shape->type == API_MAP))
        return read_flat(shape, node, before, ret, err);
    if (shape->type == API_STRUCTURE)
        return read_structure(shape, node, ret, err);
    if (shape->type == API_LIST)
        return read_list(shape, node, ret, err);
    if (shape->type == API_MAP)
        return read_map(shape, node, ret, err);
    if (node->child)
        return err_set(err, AWS_E_MALFORMED, STR_FMT " may not contain elements",
                       STR_ARG(node->name));
    *ret = wire_scalar_in(shape, node->text, API_TIME_DEFAULT, API_TIME_ISO8601, err);
    return *ret ? 0 : AWS_E_MALFORMED;
}

int wire_xml_in(const struct api_shape *shape, str body, json_t **ret_doc, struct err *err) {
    struct arena arena = {0};
    struct xml_node *root;
    int r = wire_xml_parse(&arena, body, &root, err);
    if (r == 0)
        r = read_node(shape, false, root, NULL, ret_doc, err);
    arena_deinit(&arena);
    return r;
}

/* ---- Encoding ---- */

/* What stands for the byte in text; NULL: itself. Control characters as S3 writes them in keys. */
static const char *const escapes[256] = {
    ['&'] = "&amp;", ['<'] = "&lt;",  ['>'] = "&gt;",  ['"'] = "&quot;", [0] = "&#x0;",
    [1] = "&#x1;",   [2] = "&#x2;",   [3] = "&#x3;",   [4] = "&#x4;",    [5] = "&#x5;",
    [6] = "&#x6;",   [7] = "&#x7;",   [8] = "&#x8;",   [11] = "&#xb;",   [12] = "&#xc;",
    [13] = "&#xd;",  [14] = "&#xe;",  [15] = "&#xf;",  [16] = "&#x10;",  [17] = "&#x11;",
    [18] = "&#x12;", [19] = "&#x13;", [20] = "&#x14;", [21] = "&#x15;",  [22] = "&#x16;",
    [23] = "&#x17;", [24] = "&#x18;", [25] = "&#x19;", [26] = "&#x1a;",  [27] = "&#x1b;",
    [28] = "&#x1c;", [29] = "&#x1d;", [30] = "&#x1e;", [31] = "&#x1f;",
};

/* How many bytes from there on stand for themselves. */
static size_t plain_run(str text, size_t from) {
    size_t i = from;
    while (i < text.len && !escapes[(unsigned char)text.p[i]])
        i++;
    return i - from;
}

void wire_xml_text(struct buf *out, str text) {
    for (size_t i = 0; i < text.len; i++) {
        size_t run = plain_run(text, i);
        buf_add(out, text.p + i, run);
        i += run;
        if (i < text.len)
            buf_c(out, escapes[(unsigned char)text.p[i]]);
    }
}

void wire_xml_open(struct buf *out, str name) {
    char *at = buf_reserve(out, name.len + 2);
    *at++ = '<';
    at = mempcpy(at, name.p, name.len);
    memcpy(at, ">", 2);
    out->len += name.len + 2;
}
void wire_xml_close(struct buf *out, str name) {
    char *at = buf_reserve(out, name.len + 3);
    at = mempcpy(at, "</", 2);
    at = mempcpy(at, name.p, name.len);
    memcpy(at, ">", 2);
    out->len += name.len + 3;
}

/* Most texts are plain, and then the element is written in one piece. */
void wire_xml_element(struct buf *out, str name, str text) {
    if (plain_run(text, 0) < text.len) {
        wire_xml_open(out, name);
        wire_xml_text(out, text);
        wire_xml_close(out, name);
        return;
    }
    size_t n = 2 * name.len + text.len + 5;
    char *at = buf_reserve(out, n);
    *at++ = '<';
    at = mempcpy(at, name.p, name.len);
    *at++ = '>';
    if (text.len)
        at = mempcpy(at, text.p, text.len);
    *at++ = '<';
    *at++ = '/';
    at = mempcpy(at, name.p, name.len);
    *at++ = '>';
    *at = '\0';
    out->len += n;
}

static void write_value(const struct api_member *m, const struct api_shape *shape, str tag,
                        const json_t *v, enum api_time time, struct buf *out);

static void write_written(const struct api_member *m, const struct items *items, struct buf *out) {
    bool flat = m->flags & API_FLATTENED;
    if (!flat)
        wire_xml_open(out, m->wire);
    buf_str(out, buf_view(&items->bytes));
    if (!flat)
        wire_xml_close(out, m->wire);
}

/* written: lists of obj that have been written, or NULL. */
static void write_members(const struct api_shape *shape, const json_t *obj,
                          const struct items *written, struct buf *out) {
    for (size_t i = 0; i < shape->n; i++) {
        const struct api_member *m = &shape->members[i];
        const struct items *items = items_find(written, m);
        const json_t *v = items ? NULL : json_object_get(obj, m->name.p);
        if (items)
            write_written(m, items, out);
        else if (v && !json_is_null(v) && m->location == API_IN_BODY && !(m->flags & API_ATTRIBUTE))
            write_value(m, m->shape, m->wire, v, (enum api_time)m->time, out);
    }
}

static void write_entry(const struct api_shape *shape, str tag, const char *key, const json_t *v,
                        struct buf *out) {
    wire_xml_open(out, tag);
    wire_xml_element(out, shape->key_wire, str_c(key));
    write_value(NULL, shape->element, shape->element_wire, v, API_TIME_DEFAULT, out);
    wire_xml_close(out, tag);
}

static void write_items(const struct api_shape *shape, bool flat, str tag, const json_t *v,
                        struct buf *out) {
    if (!flat)
        wire_xml_open(out, tag);
    if (shape->type == API_LIST) {
        for (size_t i = 0; i < json_array_size(v); i++)
            write_value(NULL, shape->element, flat ? tag : shape->element_wire,
                        json_array_get(v, i), API_TIME_DEFAULT, out);
    } else {
        const char *key;
        json_t *item;
        json_object_foreach ((json_t *)v, key, item)
            write_entry(shape, flat ? tag : S("entry"), key, item, out);
    }
    if (!flat)
        wire_xml_close(out, tag);
}

/* The opening tag of a structure with its namespace and attributes (S3's Grantee: xsi:type). */
static void open_structure(const struct api_member *m, const struct api_shape *shape, str tag,
                           const json_t *v, struct buf *out) {
    buf_char(out, '<');
    buf_str(out, tag);
    if (m && m->xml_prefix.p)
        buf_printf(out, " xmlns:" STR_FMT "=\"" STR_FMT "\"", STR_ARG(m->xml_prefix),
                   STR_ARG(m->xml_uri));
    for (size_t i = 0; i < shape->n; i++) {
        const struct api_member *a = &shape->members[i];
        str value = a->flags & API_ATTRIBUTE ? json_str(v, a->name.p) : STR_NONE;
        if (value.p) {
            buf_printf(out, " " STR_FMT "=\"", STR_ARG(a->wire));
            wire_xml_text(out, value);
            buf_char(out, '"');
        }
    }
    buf_char(out, '>');
}

static void write_value(const struct api_member *m, const struct api_shape *shape, str tag,
                        const json_t *v, enum api_time time, struct buf *out) {
    bool flat = m && (m->flags & API_FLATTENED);
    if (shape->type == API_LIST || shape->type == API_MAP) {
        write_items(shape, flat, tag, v, out);
    } else if (shape->type == API_STRUCTURE) {
        open_structure(m, shape, tag, v, out);
        write_members(shape, v, NULL, out);
        wire_xml_close(out, tag);
    } else {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        wire_scalar_out(shape, v, time, API_TIME_ISO8601, &text);
        wire_xml_element(out, tag, buf_view(&text));
    }
}

void wire_xml_out(const struct api_shape *shape, const json_t *doc, const struct items *written,
                  str root, str ns, struct buf *out) {
    buf_c(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<");
    buf_str(out, root);
    if (ns.p)
        buf_printf(out, " xmlns=\"" STR_FMT "\"", STR_ARG(ns));
    buf_char(out, '>');
    write_members(shape, doc, written, out);
    wire_xml_close(out, root);
}

void wire_query_out(const struct api_service *api, const struct api_op *op, const json_t *doc,
                    const struct items *written, str request_id, struct buf *out) {
    buf_printf(out, "<" STR_FMT "Response xmlns=\"" STR_FMT "\">", STR_ARG(op->name),
               STR_ARG(api->xml_namespace));
    if (op->result.p) {
        wire_xml_open(out, op->result);
        if (op->out && (doc || written))
            write_members(op->out, doc, written, out);
        wire_xml_close(out, op->result);
    }
    buf_c(out, "<ResponseMetadata>");
    wire_xml_element(out, S("RequestId"), request_id);
    buf_printf(out, "</ResponseMetadata></" STR_FMT "Response>", STR_ARG(op->name));
}
