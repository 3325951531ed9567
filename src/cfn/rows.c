/* cfn/rows: reads and writes the engine's rows: keys, forms, and walks over many rows. */
#include "cfn/rows.h"

#include "store/key.h"

/* ---- Names of numbers ---- */

static const unsigned meanings[] = {
    0,
#define STATUS(name, means) means,
#include "cfn/status.def"
#undef STATUS
};
static const char *const status_names[] = {
    "",
#define STATUS(name, means) #name,
#include "cfn/status.def"
#undef STATUS
};
static const char *const kind_names[] = {"", "CREATE", "UPDATE", "DELETE"};
static const char *const failure_names[] = {"", "ROLLBACK", "DO_NOTHING", "DELETE"};
static const char *const deletion_names[] = {"", "STANDARD", "FORCE_DELETE_STACK"};
static const char *const verb_names[] = {"none",   "create",  "replace",
                                         "update", "restore", "remove"};
static const char *const stage_names[] = {"", "doing", "finished", "broken"};
static const char *const keep_names[] = {"Delete", "Retain", "RetainExceptOnCreate", "Snapshot"};
static const char *const set_names[] = {"", "CREATE_COMPLETE", "FAILED"};

const char *cfn_status_name(enum cfn_status status) { return status_names[status]; }
bool cfn_status_is(enum cfn_status status, unsigned meaning) { return meanings[status] & meaning; }

/* ---- Forms ---- */

#define FIELD(member, title, of, ...)                                                              \
    {.name = title,                                                                                \
     .kind = of,                                                                                   \
     .at = offsetof(IT, member),                                                                   \
     .size = sizeof(((IT *)NULL)->member),                                                         \
     __VA_ARGS__},
#define FORM(name) static const struct cfn_field name##_fields[] = {
#define ROW(name)  FORM(name)
#define ASIDE(type, member)
#define TEXT(member, name) FIELD(member, name, CFN_TEXT)
#define JSON(member, name) FIELD(member, name, CFN_JSON)
#define INT(member, name)  FIELD(member, name, CFN_INT)
#define TIME(member, name) FIELD(member, name, CFN_TIME)
#define BOOL(member, name) FIELD(member, name, CFN_BOOL)
#define ENUM(member, name, type, values)                                                           \
    FIELD(member, name, CFN_ENUM, .names = values, .n_names = ARRAY_LEN(values))
#define PART(member, name, of) FIELD(member, name, CFN_PART, .part = &cfn_##of##_form)
#define LIST(member, name, of) FIELD(member, name, CFN_LIST, .part = &cfn_##of##_form)
#define END(name)                                                                                  \
    }                                                                                              \
    ;                                                                                              \
    const struct cfn_form cfn_##name##_form = {name##_fields, ARRAY_LEN(name##_fields), sizeof(IT)};
#define END_ROW(name) END(name)
#include "cfn/rows.def"

/* ---- Keys ---- */

void cfn_key(struct buf *key, const char *kind, struct cfn_place place, str first, str second) {
    key_begin(key, kind);
    key_str(key, place.account);
    key_str(key, place.region);
    if (first.p)
        key_str(key, first);
    if (second.p)
        key_str(key, second);
}

void cfn_key_numbered(struct buf *key, const char *kind, struct cfn_place place, str uuid,
                      uint64_t n) {
    cfn_key(key, kind, place, uuid, STR_NONE);
    key_u64(key, n);
}

void cfn_key_reply(struct buf *key, str token) {
    key_begin(key, "cfn-reply");
    key_str(key, token);
}

str cfn_uuid_of(str stack_id) {
    ptrdiff_t slash = str_rchr(stack_id, '/');
    bool is_stack =
        str_starts(stack_id, S("arn:aws:cloudformation:")) && str_find(stack_id, S(":stack/")) > 0;
    return is_stack && slash > 0 ? str_skip(stack_id, (size_t)slash + 1) : STR_NONE;
}

bool cfn_read_key(str key, struct buf *account, struct buf *region, struct buf *first) {
    struct cur cur = cur_of(key);
    key_take_kind(&cur);
    return key_take_str(&cur, account) && key_take_str(&cur, region) && key_take_str(&cur, first);
}

/* ---- Reading and writing ---- */

static int read_into(int r, const struct cfn_form *form, struct arena *arena, void *what) {
    const struct row *row = what;
    return r || cfn_form_read(buf_view(&row->bytes), form, arena, what) ? r : STORE_E_DAMAGED;
}

int cfn_get(const struct rows *rows, const struct cfn_form *form, struct arena *arena, void *what) {
    return read_into(row_get(rows, what), form, arena, what);
}

int cfn_peek(const struct rows *rows, const struct cfn_form *form, struct arena *arena,
             void *what) {
    return read_into(row_peek(rows, what), form, arena, what);
}

bool cfn_seen(const struct cfn_form *form, struct arena *arena, str key, str value,
              const struct store_stamp *stamp, void *what) {
    struct row *row = what;
    buf_str(&row->key, key);
    buf_str(&row->bytes, value);
    row->there = true;
    row->stamp = *stamp;
    return cfn_form_read(value, form, arena, what);
}

void cfn_put(const struct rows *rows, const struct cfn_form *form, void *what) {
    struct row *row = what;
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    cfn_form_write(&bytes, form, what);
    if (row->there && str_eq(buf_view(&bytes), buf_view(&row->bytes)))
        return;
    row_still(rows, row);
    row_put_kept(rows, row, buf_view(&bytes));
}

void cfn_put_blind(const struct rows *rows, const struct cfn_form *form, str key,
                   const void *what) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    cfn_form_write(&bytes, form, what);
    row_put_blind(rows, STORE_META, key, buf_view(&bytes));
}

static void place_stack(struct arena *arena, struct cfn_place place, str uuid,
                        struct cfn_stack *stack) {
    stack->place = place;
    stack->uuid = arena_str(arena, uuid);
    cfn_key(&stack->row.key, "cfn-stack", place, uuid, STR_NONE);
}

int cfn_get_stack(const struct rows *rows, struct arena *arena, struct cfn_place place, str uuid,
                  struct cfn_stack *ret) {
    place_stack(arena, place, uuid, ret);
    return cfn_get(rows, &cfn_stack_form, arena, ret);
}

int cfn_peek_stack(const struct rows *rows, struct arena *arena, struct cfn_place place, str uuid,
                   struct cfn_stack *ret) {
    place_stack(arena, place, uuid, ret);
    return cfn_peek(rows, &cfn_stack_form, arena, ret);
}

/* ---- Many ---- */

static struct store_iter *iterate(const struct rows *rows, str prefix) {
    CLEANUP_DEINIT(buf) struct buf to = {0};
    buf_str(&to, prefix);
    key_after(&to);
    return store_iter_new(rows->store, rows->snap, STORE_META, prefix, buf_view(&to), false);
}

static int ended(const struct store_iter *it, bool damaged) {
    int r = store_iter_fault(it);
    return r == 0 && damaged ? STORE_E_DAMAGED : r;
}

int cfn_each(const struct rows *rows, const struct cfn_form *form, str prefix,
             int (*each)(void *ctx, void *what), void *ctx) {
    CLEANUP(store_iter) struct store_iter *it = iterate(rows, prefix);
    bool damaged = false;
    int r = 0;
    while (r == 0 && store_iter_next(it)) {
        CLEANUP_DEINIT(arena) struct arena arena = {0};
        void *what = arena_zalloc(&arena, form->size);
        bool ok = cfn_seen(form, &arena, it->key, it->value, &it->stamp, what);
        r = ok ? each(ctx, what) : 0;
        damaged = damaged || !ok;
        cfn_form_deinit(form, what);
        row_deinit(what);
    }
    return r ? r : ended(it, damaged);
}

static int name_importer(void *ctx, void *what) {
    buf_str(ctx, ((const struct cfn_import *)what)->stack_name);
    return 1; /* one is enough */
}

int cfn_importer(const struct rows *rows, struct cfn_place place, str export, struct buf *ret) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, "cfn-import", place, export, STR_NONE);
    int r = cfn_each(rows, &cfn_import_form, buf_view(&key), name_importer, ret);
    return ret->len ? 0 : r;
}

int cfn_load_list(const struct rows *rows, const struct cfn_form *form, struct arena *arena,
                  str prefix, struct cfn_list *list) {
    CLEANUP(store_iter) struct store_iter *it = iterate(rows, prefix);
    bool damaged = false;
    while (store_iter_next(it)) {
        void *what = arena_zalloc(arena, form->size);
        bool ok = cfn_seen(form, arena, it->key, it->value, &it->stamp, what);
        if (ok)
            cfn_list_add(list, arena, what);
        else
            row_deinit(what);
        damaged = damaged || !ok;
    }
    return ended(it, damaged);
}

void cfn_list_deinit(const struct cfn_form *form, struct cfn_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        cfn_form_deinit(form, list->items[i]);
        row_deinit(list->items[i]);
    }
    *list = (struct cfn_list){0};
}

int cfn_load_resources(const struct rows *rows, struct arena *arena, const struct cfn_stack *stack,
                       struct cfn_list *list) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    cfn_key(&prefix, "cfn-res", stack->place, stack->uuid, STR_NONE);
    return cfn_load_list(rows, &cfn_resource_form, arena, buf_view(&prefix), list);
}

struct cfn_resource *cfn_resource_find(const struct cfn_list *resources, str name) {
    for (size_t i = 0; i < resources->n; i++) {
        struct cfn_resource *one = resources->items[i];
        if (str_eq(one->name, name))
            return one;
    }
    return NULL;
}

/* ---- Lists of names, JSON ---- */

json_t *cfn_find_in(const json_t *list, const char *member, str text) {
    size_t i;
    json_t *one;
    json_array_foreach (list, i, one)
        if (str_eq(json_str(one, member), text))
            return one;
    return NULL;
}

bool cfn_is_in(const json_t *texts, str text) {
    size_t i;
    json_t *one;
    json_array_foreach (texts, i, one)
        if (str_eq(json_text(one), text))
            return true;
    return false;
}

void cfn_add_name(struct buf *names, str name) {
    buf_c(names, names->len ? ", " : "");
    buf_str(names, name);
}

bool cfn_add_new_name(struct buf *names, str name) {
    for (str rest = buf_view(names), one; rest.p;) {
        str_cut(rest, ',', &one, &rest);
        if (str_eq(str_trim(one), name))
            return false;
    }
    cfn_add_name(names, name);
    return true;
}

void cfn_set_json(json_t **field, json_t *value) {
    json_decref(*field);
    *field = value;
}
