/*
 * The scrub: every row of every family; the bodies of those that own some; then the kept files that
 * no row had. A row may have moved past the walk (a part became an object, an older version the
 * current one): the owners are asked once more about what is left, before it is called leaked.
 */
#include "store/key.h"
#include "store/scrub_priv.h"

#include "base/clock.h"

#include <fcntl.h>
#include <sys/stat.h>

enum {
    PACE_BYTES = 256 << 10, /* of a body, from one call of pace to the next */
    MOST_SUSPECTS = 4096,
};

static const char restore_all[] = "restore DATA as a whole from a copy";

/* ---- Findings ---- */
void scrub_found(struct scrub *s, const struct scrub_finding *f) {
    CLEANUP_JSON json_t *doc = json_object();
    CLEANUP_DEINIT(buf) struct buf words = {0}, todo = {0};
    const struct store_owner *owner = f->named ? s->owner : NULL;
    json_set_str(doc, "Kind", str_c(f->kind));
    if (owner)
        owner->name(s->store, s->key, s->value, doc, &words);
    if (f->part) {
        json_set_int(doc, "PartNumber", f->part);
        buf_printf(&words, ", part %u", f->part);
    }
    buf_c(&todo, f->todo);
    if (owner && owner->todo)
        buf_printf(&todo, ", or %s", owner->todo);
    if (f->file && *f->file)
        json_set_str(doc, "File", str_c(f->file));
    json_set_str(doc, "What", str_c(f->what));
    json_set_str(doc, "ToDo", buf_view(&todo));
    buf_printf(&words, "%s%s%s %s: " STR_FMT, words.len ? ": " : "",
               f->file && *f->file ? "file " : "its row", f->file ? f->file : "", f->what,
               STR_ARG(buf_view(&todo)));
    json_set_str(doc, "Message", buf_view(&words));
    if (s->o->found)
        s->o->found(s->o->ctx, doc, &s->sum);
}

/* The row at hand still is what it was, so what it refers to must be there. */
static bool is_same(struct scrub *s) {
    CLEANUP_DEINIT(buf) struct buf now = {0};
    enum store_cf cf = s->owner ? s->owner->cf : STORE_META;
    int r = store_get(s->store, NULL, cf, s->key, &now);
    return r == 0 ? str_eq(buf_view(&now), s->value) : r != STORE_E_ABSENT;
}

/* ---- Bodies ---- */
/* 0, or as blob_open and blob_read. s->stop is set when it is to end. */
static int verify(struct scrub *s, str ref, const struct blob_ref *parsed, struct blob_why *why) {
    CLEANUP(blob_reader) struct blob_reader *reader = NULL;
    int e = blob_open(s->store, ref, &reader, why);
    s->sum.bodies++;
    s->sum.body_bytes += e ? 0 : parsed->is_file ? 0 : parsed->size;
    if (e || !parsed->is_file)
        return e;
    blob_forget_pages(reader);
    for (uint64_t i = 0; !e && !s->stop && i < blob_frames(parsed->size); i++) {
        e = blob_verify(reader, i * BLOB_FRAME, why);
        size_t n = blob_frame_len(parsed->size, i);
        s->sum.body_bytes += n;
        s->unpaced += n;
        if (s->unpaced >= PACE_BYTES)
            scrub_pace(s);
    }
    return e;
}

static void lost(struct scrub *s, const struct blob_why *why, unsigned part) {
    if (why->missing)
        s->sum.missing++;
    else
        s->sum.damaged++;
    scrub_found(s, &(struct scrub_finding){"body", why->file, why->what, why->todo, part, true});
}

/* Whole, but the start that sweeps files without a keeping row would take it away. */
static void not_kept(struct scrub *s, str id, unsigned part) {
    struct blob_why why = {
        .what = "is kept by no row of the database, so a start sets it aside, in DATA/lost",
        .todo = "copy the object, and restore DATA as a whole from a copy"};
    char name[BLOB_NAME];
    blob_name(name, id);
    snprintf(why.file, sizeof why.file, "blobs/%s", name);
    lost(s, &why, part);
}

static int judge(struct scrub *s, int e, const struct blob_ref *ref, struct blob_why *why,
                 unsigned part) {
    if (e == 0) {
        if (ref->is_file && !blob_is_kept(s->store, ref->id) && is_same(s))
            not_kept(s, ref->id, part);
        return 0;
    }
    if (why->passing && e < 0)
        return s->stop = err_set(s->err, e, "%s %s", why->file, why->what);
    if (!is_same(s))
        return 0; /* dropped meanwhile */
    if (e == STORE_E_ABSENT) {
        why->missing = true;
        snprintf(why->what, sizeof why->what, "is missing, and no row of the database keeps it");
        why->todo = restore_all;
    }
    lost(s, why, part);
    return 0;
}

/* A store_see_fn: one body of the row at hand. */
static int see(void *ctx, str ref, unsigned part) {
    struct scrub *s = ctx;
    struct blob_ref parsed = {0};
    struct blob_why why;
    if (ref.len == 0)
        return 0;
    bool whole = blob_ref_parse(ref, &parsed);
    if (s->second && (!whole || !parsed.is_file || !map_remove(&s->suspects, parsed.id)))
        return 0;
    if (whole && parsed.is_file && seen_has(&s->seen, parsed.id))
        return 0;
    int e = verify(s, ref, &parsed, &why);
    if (s->stop)
        return s->stop;
    if (whole && parsed.is_file)
        seen_add(&s->seen, parsed.id);
    return judge(s, e, &parsed, &why, part);
}

/* ---- Rows that own bodies ---- */
static int look_at_owner(struct scrub *s) {
    struct err words = {"cannot be read"};
    int r = s->owner->each(s->store, s->key, s->value, see, s, &words);
    if (s->stop || r == 0)
        return s->stop;
    if (r < 0)
        return err_set(s->err, r, "%s", words.text);
    if (s->second || !is_same(s))
        return 0;
    s->sum.damaged_rows++;
    s->blind = true;
    scrub_found(s, &(struct scrub_finding){"row", NULL, words.text, restore_all, 0, true});
    return 0;
}

static void take_row(struct scrub *s, struct scrub_walk *w, str key, str value) {
    s->sum.rows++;
    s->sum.row_bytes += key.len + value.len;
    for (size_t i = 0; i < s->n_owners; i++)
        if (s->owners[i].row->cf == w->cf && str_starts(key, buf_view(&s->owners[i].prefix)))
            scrub_copy(w, s->owners[i].row, key, value);
}

static int walk_rows(struct scrub *s) {
    for (enum store_cf cf = 0; !s->stop && cf < STORE_N_CF; cf++)
        scrub_walk(s, &(struct scrub_walk){.cf = cf, .take = take_row, .look = look_at_owner});
    return s->stop;
}

/* ---- Rows that keep files ---- */
static int walk_kept(struct scrub *s,
                     void (*take)(struct scrub *s, struct scrub_walk *w, str key, str value),
                     int (*look)(struct scrub *s)) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    blob_keep_key(&prefix, STR_NONE);
    return scrub_walk(s, &(struct scrub_walk){.cf = STORE_META,
                                              .prefix = buf_view(&prefix),
                                              .take = take,
                                              .look = look});
}

static void add_size(struct scrub *s, struct scrub_walk *, str, str value) {
    s->sum.all_file_bytes += blob_size(value);
}

static void take_unseen(struct scrub *s, struct scrub_walk *w, str key, str value) {
    struct blob_ref ref;
    if (blob_ref_parse(value, &ref) && !seen_has(&s->seen, ref.id))
        scrub_copy(w, NULL, key, value);
}

/* Its owner cannot be told: it is read all the same. */
static int look_at_file(struct scrub *s) { return see(s, s->value, 0); }

static int suspect(struct scrub *s) {
    struct blob_ref ref;
    if (s->suspects.n >= MOST_SUSPECTS || !blob_ref_parse(s->value, &ref)) {
        s->sum.leaks_unknown = true;
        return 0;
    }
    static char present; /* any value but NULL */
    map_put(&s->suspects, ref.id, &present);
    return 0;
}

static void take_owner(struct scrub *, struct scrub_walk *w, str key, str value) {
    scrub_copy(w, w->owner, key, value);
}

static int ask_owners(struct scrub *s) {
    s->second = true;
    for (size_t i = 0; !s->stop && s->suspects.n && i < s->n_owners; i++)
        scrub_walk(s, &(struct scrub_walk){.cf = s->owners[i].row->cf,
                                           .prefix = buf_view(&s->owners[i].prefix),
                                           .owner = s->owners[i].row,
                                           .take = take_owner,
                                           .look = look_at_owner});
    s->second = false;
    return s->stop;
}

/* A file of before the scrub that is still kept, and that nobody has. */
static void leaked(struct scrub *s, str id) {
    struct stat st;
    char name[BLOB_NAME], file[BLOB_FILE_MAX];
    blob_name(name, id);
    snprintf(file, sizeof file, "blobs/%s", name);
    if (!blob_is_kept(s->store, id) || fstatat(s->store->blob_fd, name, &st, 0) ||
        (int64_t)st.st_mtim.tv_sec * 1000 >= s->began_ms)
        return;
    s->sum.leaked++;
    scrub_found(s, &(struct scrub_finding){
                       .kind = "leaked",
                       .file = file,
                       .what = "is kept, and no row refers to it",
                       .todo = "nothing is lost: it only takes room",
                   });
}

static int find_leaks(struct scrub *s) {
    if (s->blind || s->seen.full) {
        s->sum.leaks_unknown = true;
        return s->seen.full ? 0 : walk_kept(s, take_unseen, look_at_file);
    }
    if (walk_kept(s, take_unseen, suspect) || (s->suspects.n && ask_owners(s)))
        return s->stop;
    size_t at = 0;
    str id;
    void *present;
    while (map_next(&s->suspects, &at, &id, &present))
        leaked(s, id);
    return 0;
}

/* ---- The whole ---- */
static void know_owners(struct scrub *s) {
    for (const struct store_owner *const *table = s->o->owners; table && *table; table++)
        for (const struct store_owner *row = *table; row->kind && s->n_owners < SCRUB_MOST_OWNERS;
             row++) {
            struct scrub_owner *owner = &s->owners[s->n_owners++];
            owner->row = row;
            key_begin(&owner->prefix, row->kind);
        }
}

static void deinit(struct scrub *s) {
    map_deinit(&s->suspects);
    map_deinit(&s->told);
    seen_deinit(&s->seen);
    for (size_t i = 0; i < s->n_owners; i++)
        buf_deinit(&s->owners[i].prefix);
}

int store_scrub_run(struct store *store, const struct store_scrub_options *options,
                    struct store_scrub *ret_scrub, struct err *err) {
    struct scrub s = {.store = store, .o = options, .err = err, .began_ms = clock_real_ms()};
    know_owners(&s);
    int r = walk_kept(&s, add_size, NULL);
    r = r ? r : walk_rows(&s);
    r = r ? r : find_leaks(&s);
    *ret_scrub = s.sum;
    deinit(&s);
    return r;
}
