/*
 * cfn/form: walks a form (the list of a struct's fields) to write, read, share, free or show the
 * struct.
 */
#include "cfn/form.h"

#include <assert.h>

static const void *at(const void *from, const struct cfn_field *f) {
    return (const char *)from + f->at;
}
static void *into(void *to, const struct cfn_field *f) { return (char *)to + f->at; }

static bool says_something(const struct cfn_field *f, const void *p) {
    static const char nothing[sizeof(struct cfn_list)];
    if (f->kind == CFN_TEXT)
        return ((const str *)p)->p != NULL;
    if (f->kind == CFN_LIST)
        return ((const struct cfn_list *)p)->n > 0;
    if (f->kind != CFN_PART)
        return memcmp(p, nothing, f->size) != 0;
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

/* ---- Writing and showing ---- */

static json_t *doc_of(const struct cfn_form *form, const void *from);

/* A text that was cut may end within a character. */
static json_t *text_of(str text) {
    CLEANUP_DEINIT(buf) struct buf quoted = {0};
    json_t *whole = json_of_str(text);
    if (whole)
        return whole;
    json_add_quoted(&quoted, text);
    return json_parse(buf_view(&quoted), NULL);
}

static json_t *list_of(const struct cfn_form *form, const struct cfn_list *list) {
    json_t *docs = json_array();
    for (size_t i = 0; i < list->n; i++)
        json_array_append_new(docs, doc_of(form, list->items[i]));
    return docs;
}

static json_t *value_of(const struct cfn_field *f, const void *p) {
    switch (f->kind) {
    case CFN_TEXT: return text_of(*(const str *)p);
    case CFN_JSON: return json_incref(*(json_t *const *)p);
    case CFN_BOOL: return json_true();
    case CFN_ENUM: return json_string(f->names[*(const unsigned *)p]);
    case CFN_PART: return doc_of(f->part, p);
    case CFN_LIST: return list_of(f->part, p);
    default: return json_integer(*(const int64_t *)p);
    }
}

static void add_fields(const struct cfn_form *form, const void *from, json_t *doc) {
    for (size_t i = 0; i < form->n; i++) {
        const struct cfn_field *f = &form->fields[i];
        if (!f->name)
            add_fields(f->part, at(from, f), doc);
        else if (says_something(f, at(from, f)))
            json_set(doc, f->name, value_of(f, at(from, f)));
    }
}

static json_t *doc_of(const struct cfn_form *form, const void *from) {
    json_t *doc = json_object();
    add_fields(form, from, doc);
    return doc;
}

void cfn_form_write(struct buf *row, const struct cfn_form *form, const void *from) {
    CLEANUP_JSON json_t *doc = doc_of(form, from);
    json_write(row, doc);
}

/* The field of that name; *from becomes where it is. */
static const struct cfn_field *find(const struct cfn_form *form, str name, const void **from) {
    for (size_t i = 0; i < form->n; i++) {
        const struct cfn_field *f = &form->fields[i];
        const void *p = at(*from, f);
        const struct cfn_field *found = !f->name                ? find(f->part, name, &p)
                                        : str_is(name, f->name) ? f
                                                                : NULL;
        if (found) {
            *from = p;
            return found;
        }
    }
    return NULL;
}

static json_t *seconds(int64_t ms) {
    return ms % 1000 ? json_real((double)ms / 1000.0) : json_integer(ms / 1000);
}

static void show(const struct cfn_field *f, const void *p, str shown, json_t *out) {
    if (says_something(f, p))
        json_object_setn_new(out, shown.p, shown.len,
                             f->kind == CFN_TIME ? seconds(*(const int64_t *)p) : value_of(f, p));
}

void cfn_form_show(const struct cfn_form *form, const void *from, json_t *out, const char *what) {
    for (size_t i = 0; !what && i < form->n; i++)
        show(&form->fields[i], at(from, &form->fields[i]), str_c(form->fields[i].name), out);
    for (str rest = str_c(what), shown, name; rest.p;) {
        const void *p = from;
        str_cut(rest, ' ', &shown, &rest);
        if (!str_cut(shown, '=', &shown, &name))
            name = shown;
        const struct cfn_field *f = find(form, name, &p);
        assert(f);
        show(f, p, shown, out);
    }
}

/* ---- Reading ---- */

static bool take_enum(const struct cfn_field *f, str name, unsigned *to) {
    for (unsigned i = 0; i < f->n_names; i++)
        if (str_is(name, f->names[i])) {
            *to = i;
            return true;
        }
    return false;
}

static bool take_list(const struct cfn_field *f, const json_t *docs, struct arena *arena,
                      struct cfn_list *list) {
    bool ok = json_is_array(docs);
    size_t i;
    json_t *doc;
    json_array_foreach (docs, i, doc) {
        void *item = arena_zalloc(arena, f->part->size);
        ok = cfn_form_take(f->part, doc, arena, item) && ok;
        cfn_list_add(list, arena, item);
    }
    return ok;
}

/* to: of a field that says nothing, or one that a document may say anew. */
static bool take_value(const struct cfn_field *f, json_t *value, struct arena *arena, void *to) {
    switch (f->kind) {
    case CFN_TEXT:
        if (json_is_string(value))
            *(str *)to = arena_str(arena, json_text(value));
        return json_is_string(value);
    case CFN_JSON:
        json_decref(*(json_t **)to);
        *(json_t **)to = json_incref(value);
        return true;
    case CFN_BOOL: *(bool *)to = json_is_true(value); return json_is_boolean(value);
    case CFN_ENUM: return json_is_string(value) && take_enum(f, json_text(value), to);
    case CFN_PART: return cfn_form_take(f->part, value, arena, to);
    case CFN_LIST: return take_list(f, value, arena, to);
    default:
        if (json_integer_value(value) > 0)
            *(int64_t *)to = json_integer_value(value);
        return json_is_integer(value);
    }
}

bool cfn_form_take(const struct cfn_form *form, const json_t *doc, struct arena *arena,
                   void *what) {
    bool ok = json_is_object(doc);
    for (size_t i = 0; i < form->n; i++) {
        const struct cfn_field *f = &form->fields[i];
        json_t *value = f->name ? json_object_get(doc, f->name) : (json_t *)doc;
        if (value && !json_is_null(value))
            ok = take_value(f, value, arena, into(what, f)) && ok;
    }
    return ok;
}

bool cfn_form_read(str row, const struct cfn_form *form, struct arena *arena, void *to) {
    CLEANUP_JSON json_t *doc = json_parse(row, NULL);
    bool ok = cfn_form_take(form, doc, arena, to);
    if (!ok)
        cfn_form_deinit(form, to);
    return ok;
}
