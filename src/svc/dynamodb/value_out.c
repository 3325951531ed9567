/* Attribute values as JSON text, for answers. */
#include "svc/dynamodb/value.h"

#include "base/codec.h"

static void add_scalar(const struct ddb_value *v, struct buf *out) {
    if (v->type == DDB_S) {
        json_add_quoted(out, v->text);
        return;
    }
    buf_char(out, '"');
    if (v->type == DDB_N)
        ddb_number_text(v->number, out);
    else
        codec_add_base64(out, v->text.p, v->text.len);
    buf_char(out, '"');
}

static void add_content(const struct ddb_value *v, struct buf *out) {
    switch (v->type) {
    case DDB_S:
    case DDB_N:
    case DDB_B: add_scalar(v, out); return;
    case DDB_BOOL: buf_str(out, v->boolean ? S("true") : S("false")); return;
    case DDB_NULL: buf_str(out, S("true")); return;
    case DDB_M: ddb_item_write(v, out); return;
    default: break;
    }
    buf_char(out, '[');
    for (size_t i = 0; i < v->n; i++) {
        if (i)
            buf_char(out, ',');
        if (v->type == DDB_L)
            ddb_value_write(&v->elements[i], out);
        else
            add_scalar(&v->elements[i], out);
    }
    buf_char(out, ']');
}

/* named: behind a name, and its colon is to be written. */
static void add_value(const struct ddb_value *v, bool named, struct buf *out) {
    static const str opens[DDB_N_TYPES] = {
        S_INIT(":{\"S\":"),    S_INIT(":{\"N\":"), S_INIT(":{\"B\":"), S_INIT(":{\"BOOL\":"),
        S_INIT(":{\"NULL\":"), S_INIT(":{\"M\":"), S_INIT(":{\"L\":"), S_INIT(":{\"SS\":"),
        S_INIT(":{\"NS\":"),   S_INIT(":{\"BS\":")};
    str open = opens[v->type];
    buf_add(out, open.p + !named, open.len - !named);
    add_content(v, out);
    buf_char(out, '}');
}

void ddb_value_write(const struct ddb_value *v, struct buf *out) { add_value(v, false, out); }

void ddb_item_write(const struct ddb_value *item, struct buf *out) {
    buf_char(out, '{');
    for (size_t i = 0; i < item->n; i++) {
        if (i)
            buf_char(out, ',');
        json_add_quoted(out, item->attrs[i].name);
        add_value(item->attrs[i].value, true, out);
    }
    buf_char(out, '}');
}
