/* s3/list: the walk over a bucket's keys that rolls common prefixes up. */
#include "svc/s3/list.h"

struct s3_walk {
    struct s3_list list;
    struct store_iter *it;
    struct buf name;  /* of the entry given last */
    struct buf place; /* scratch: a row key */
    bool skip;        /* the entry given last was a prefix: the next step goes behind it */
    unsigned sought;  /* prefixes that are still left by a seek, without a step */
    int fault;
};

/*
 * The common prefix of key: up to and with the first delimiter behind the list's prefix. Absent:
 * none.
 */
static str common_prefix(const struct s3_list *list, str key) {
    if (list->delimiter.len == 0)
        return STR_NONE;
    ptrdiff_t at = str_find(str_skip(key, list->prefix.len), list->delimiter);
    if (at < 0)
        return STR_NONE;
    return str_slice(key, 0, list->prefix.len + (size_t)at + list->delimiter.len);
}

/*
 * To the first row behind all that begin with prefix. A seek costs as much as about seven steps, so
 * prefixes with few keys are stepped over; behind one that had more, the next ones are taken to be
 * like it, and one in SOUGHT is tried again.
 */
enum { STEPS_BEFORE_SEEK = 8, SOUGHT = 16 };
static bool pass_by(struct s3_walk *walk, str prefix) {
    int steps = walk->sought ? 0 : STEPS_BEFORE_SEEK;
    s3_key_current(&walk->place, walk->list.bucket_id, prefix);
    for (int i = 0; i < steps; i++) {
        if (!store_iter_next_key(walk->it))
            return false;
        if (!str_starts(walk->it->key, buf_view(&walk->place)))
            return true;
    }
    walk->sought = walk->sought ? walk->sought - 1 : SOUGHT;
    key_after(&walk->place);
    store_iter_seek(walk->it, buf_view(&walk->place));
    return store_iter_next_key(walk->it);
}

/* The next row that may be an entry. */
static bool step(struct s3_walk *walk) {
    bool there = walk->skip ? pass_by(walk, buf_view(&walk->name)) : store_iter_next_key(walk->it);
    walk->skip = false;
    return there;
}

/* What the row holds. False: it is damaged. */
static bool read_row(struct s3_walk *walk, struct s3_entry *entry) {
    if (!store_iter_show(walk->it))
        return false;
    entry->row = walk->it->value;
    if (s3_object_read(entry->row, &entry->object))
        return true;
    walk->fault = STORE_E_DAMAGED;
    return false;
}

/*
 * Where the walk begins: the prefix, or behind `after`, and behind all that `after` rolls up with.
 */
static void begin(struct s3_walk *walk, struct buf *from) {
    const struct s3_list *list = &walk->list;
    s3_key_current(from, list->bucket_id, list->prefix);
    if (list->after.len == 0 || str_cmp(list->after, list->prefix) < 0)
        return;
    str rolled =
        str_starts(list->after, list->prefix) ? common_prefix(list, list->after) : STR_NONE;
    if (rolled.p) {
        s3_key_current(from, list->bucket_id, rolled);
        key_after(from);
    } else {
        s3_key_current(from, list->bucket_id, list->after);
        buf_char(from, '\0'); /* the next key there could be */
    }
}

struct s3_walk *s3_walk_new(struct store *store, const struct store_snap *snap,
                            const struct s3_list *list) {
    struct s3_walk *walk = mem_new(struct s3_walk);
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    walk->list = *list;
    begin(walk, &from);
    s3_key_current(&to, list->bucket_id, list->prefix);
    key_after(&to);
    walk->it = store_iter_new(store, snap, STORE_META, buf_view(&from), buf_view(&to), false);
    return walk;
}

bool s3_walk_next(struct s3_walk *walk, struct s3_entry *entry) {
    while (!walk->fault && step(walk)) {
        str key = s3_key_current_name(walk->it->key);
        str prefix = common_prefix(&walk->list, key);
        *entry = (struct s3_entry){.is_prefix = prefix.p != NULL};
        if (!(entry->is_prefix && walk->list.no_markers)) {
            if (!read_row(walk, entry))
                return false;
            if (s3_object_is_marker(&entry->object) && !walk->list.with_markers)
                continue;
        }
        buf_clear(&walk->name);
        buf_str(&walk->name, entry->is_prefix ? prefix : key);
        walk->skip = entry->is_prefix;
        entry->name = buf_view(&walk->name);
        return true;
    }
    return false;
}

int s3_walk_fault(const struct s3_walk *walk) {
    return walk->fault ? walk->fault : store_iter_fault(walk->it);
}

struct s3_walk *s3_walk_free(struct s3_walk *walk) {
    if (!walk)
        return NULL;
    store_iter_free(walk->it);
    buf_deinit(&walk->name);
    buf_deinit(&walk->place);
    free(walk);
    return NULL;
}
