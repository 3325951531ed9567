#include "cfn/form.h"

enum {
    VERSION = 1,
    MOST_ITEMS = 4096, /* a stack has at most 500 resources, and what they replaced */
};

static const void *at(const void *from, const struct cfn_field *f) { return (const char *)from + f->at; }
static void *into(void *to, const struct cfn_field *f) { return (char *)to + f->at; }

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers of every size are copied by their low bytes");
static uint64_t number_of(const struct cfn_field *f, const void *p) {
    uint64_t number = 0;
    memcpy(&number, p, f->size);
    return number;
}

static bool says_something(const struct cfn_field *f, const void *p) {
    if (f->kind == CFN_TEXT)
        return ((const str *)p)->p != NULL;
    if (f->kind == CFN_LIST)
        return ((const struct cfn_list *)p)->n > 0;
    if (f->kind != CFN_PART)
        return number_of(f, p) != 0; /* or a pointer */
    for (size_t i = 0; i < f->part->n; i++)
        if (says_something(&f->part->fields[i], at(p, &f->part->fields[i])))
            return true;
    return false;
}

/* ---- Lists ---- */

void cfn_list_add(struct cfn_list *list, struct arena *arena, void *item) {
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 8;
        void **items = arena_alloc(arena, list->cap * sizeof *items);
        if (list->n)
            memcpy(items, list->items, list->n * sizeof *items);
        list->items = items;
    }
    list->items[list->n++] = item;
}

void cfn_list_remove(struct cfn_list *list, size_t i) {
    list->n--;
    memmove(&list->items[i], &list->items[i + 1], (list->n - i) * sizeof *list->items);
}

/* ---- Writing ---- */

static void write_fields(struct buf *row, const struct cfn_form *form, const void *from);

static void write_value(struct buf *row, const struct cfn_field *f, const void *p) {
    const struct cfn_list *list = p;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    switch (f->kind) {
    case CFN_TEXT:
        buf_lstr(row, *(const str *)p);
        break;
    case CFN_JSON:
        json_write(&text, *(json_t *const *)p);
        buf_lstr(row, buf_view(&text));
        break;
    case CFN_PART:
        write_fields(row, f->part, p);
        break;
    case CFN_LIST:
        buf_varint(row, list->n);
        for (size_t i = 0; i < list->n; i++)
            write_fields(row, f->part, list->items[i]);
        break;
    default:
        buf_varint(row, number_of(f, p));
    }
}

static void write_fields(struct buf *row, const struct cfn_form *form, const void *from) {
    for (size_t i = 0; i < form->n; i++) {
        const struct cfn_field *f = &form->fields[i];
        if (!says_something(f, at(from, f)))
            continue;
        buf_varint(row, i + 1);
        write_value(row, f, at(from, f));
    }
    buf_varint(row, 0);
}

void cfn_form_write(struct buf *row, const struct cfn_form *form, const void *from) {
    buf_u8(row, VERSION);
    write_fields(row, form, from);
}

/* ---- Reading ---- */

struct reader {
    struct cur cur;
    struct arena *arena;
};

static bool read_fields(struct reader *r, const struct cfn_form *form, void *to);

static bool read_list(struct reader *r, const struct cfn_form *form, struct cfn_list *list) {
    uint64_t n = cur_varint(&r->cur);
    if (n == 0 || n > MOST_ITEMS || n > r->cur.s.len)
        return false;
    while (list->n < n) {
        void *item = arena_zalloc(r->arena, form->size);
        cfn_list_add(list, r->arena, item);
        if (!read_fields(r, form, item))
            return false;
    }
    return true;
}

static bool read_number(struct reader *r, const struct cfn_field *f, void *to) {
    uint64_t number = cur_varint(&r->cur);
    if (number == 0 || number > (f->kind == CFN_BOOL ? 1 : f->kind == CFN_ENUM ? f->n_names - 1 : INT64_MAX))
        return false;
    memcpy(to, &number, f->size);
    return true;
}

static bool read_value(struct reader *r, const struct cfn_field *f, void *to) {
    if (f->kind == CFN_PART)
        return read_fields(r, f->part, to);
    if (f->kind == CFN_LIST)
        return read_list(r, f->part, to);
    if (f->kind != CFN_TEXT && f->kind != CFN_JSON)
        return read_number(r, f, to);
    str text = cur_lstr(&r->cur);
    if (r->cur.bad)
        return false;
    if (f->kind == CFN_JSON)
        return (*(json_t **)to = json_parse(text, NULL)) != NULL;
    *(str *)to = arena_str(r->arena, text);
    return true;
}

static bool read_fields(struct reader *r, const struct cfn_form *form, void *to) {
    uint64_t number, last = 0;
    while ((number = cur_varint(&r->cur)) != 0) {
        if (number <= last || number > form->n)
            return false;
        last = number;
        if (!read_value(r, &form->fields[number - 1], into(to, &form->fields[number - 1])))
            return false;
    }
    return !r->cur.bad;
}

bool cfn_form_read(str row, const struct cfn_form *form, struct arena *arena, void *to) {
    struct reader r = {cur_of(row), arena};
    if (cur_u8(&r.cur) == VERSION && read_fields(&r, form, to) && r.cur.s.len == 0)
        return true;
    cfn_form_deinit(form, to);
    return false;
}

/* ---- Freeing, sharing ---- */

static void deinit_field(const struct cfn_field *f, void *p) {
    struct cfn_list *list = p;
    if (f->kind == CFN_PART) {
        cfn_form_deinit(f->part, p);
        return;
    }
    if (f->kind == CFN_JSON)
        json_decref(*(json_t **)p);
    for (size_t i = 0; f->kind == CFN_LIST && i < list->n; i++)
        cfn_form_deinit(f->part, list->items[i]);
    memset(p, 0, f->size);
}

void cfn_form_deinit(const struct cfn_form *form, void *what) {
    for (size_t i = 0; i < form->n; i++)
        deinit_field(&form->fields[i], into(what, &form->fields[i]));
}

static void hold(const struct cfn_form *form, const void *what) {
    for (size_t i = 0; i < form->n; i++) {
        const struct cfn_field *f = &form->fields[i];
        if (f->kind == CFN_JSON)
            json_incref(*(json_t *const *)at(what, f));
        else if (f->kind == CFN_PART)
            hold(f->part, at(what, f));
    }
}

void cfn_form_share(const struct cfn_form *form, void *to, const void *from) {
    hold(form, from); /* first: they may share already */
    cfn_form_deinit(form, to);
    memcpy(to, from, form->size);
}

/* ---- Showing ---- */

static bool is_wanted(const char *const *names, const char *name) {
    if (!names)
        return true;
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static json_t *shown(const struct cfn_field *f, const void *p) {
    if (f->kind == CFN_TEXT)
        return json_of_str(*(const str *)p);
    if (f->kind == CFN_JSON)
        return json_incref(*(json_t *const *)p);
    int64_t number = (int64_t)number_of(f, p);
    return f->kind == CFN_BOOL   ? json_true()
           : f->kind == CFN_ENUM ? json_string(f->names[number])
           : f->kind == CFN_TIME && number % 1000 ? json_real((double)number / 1000.0)
                                 : json_integer(f->kind == CFN_TIME ? number / 1000 : number);
}

void cfn_form_show(const struct cfn_form *form, const void *from, json_t *out, const char *const *names) {
    for (size_t i = 0; i < form->n; i++) {
        const struct cfn_field *f = &form->fields[i];
        if (f->kind == CFN_PART && !f->name)
            cfn_form_show(f->part, at(from, f), out, names);
        else if (f->kind != CFN_PART && f->kind != CFN_LIST && is_wanted(names, f->name) && says_something(f, at(from, f)))
            json_set(out, f->name, shown(f, at(from, f)));
    }
}

/* ---- Taking ---- */

static bool take_enum(const struct cfn_field *f, str name, unsigned *to) {
    for (unsigned i = 0; i < f->n_names; i++)
        if (str_is(name, f->names[i])) {
            *to = i;
            return true;
        }
    return !name.p;
}

static bool take_list(const struct cfn_field *f, const json_t *docs, struct arena *arena, struct cfn_list *list) {
    bool ok = true;
    size_t i;
    json_t *doc;
    json_array_foreach(docs, i, doc) {
        void *item = arena_zalloc(arena, f->part->size);
        ok = cfn_form_take(f->part, doc, arena, item) && ok;
        cfn_list_add(list, arena, item);
    }
    return ok;
}

static bool take_field(const struct cfn_field *f, const json_t *doc, struct arena *arena, void *to) {
    if (f->kind == CFN_PART && !f->name)
        return cfn_form_take(f->part, doc, arena, to);
    json_t *value = json_object_get(doc, f->name);
    if (!value || json_is_null(value))
        return true;
    switch (f->kind) {
    case CFN_TEXT:
        *(str *)to = json_is_string(value) ? arena_str(arena, json_text(value)) : *(str *)to;
        return true;
    case CFN_JSON:
        json_decref(*(json_t **)to);
        *(json_t **)to = json_incref(value);
        return true;
    case CFN_BOOL:
        *(bool *)to = json_is_true(value);
        return true;
    case CFN_ENUM:
        return take_enum(f, json_text(value), to);
    case CFN_PART:
        return cfn_form_take(f->part, value, arena, to);
    case CFN_LIST:
        return take_list(f, value, arena, to);
    default:
        *(int64_t *)to = json_integer_value(value) > 0 ? json_integer_value(value) : *(int64_t *)to;
        return true;
    }
}

bool cfn_form_take(const struct cfn_form *form, const json_t *doc, struct arena *arena, void *what) {
    bool ok = true;
    for (size_t i = 0; i < form->n; i++)
        ok = take_field(&form->fields[i], doc, arena, into(what, &form->fields[i])) && ok;
    return ok;
}
