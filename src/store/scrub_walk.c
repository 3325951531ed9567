/* The scrub's walks: rows in pieces, and tables of the database that cannot be read to their end. */
#include "store/scrub_priv.h"

#include "base/codec.h"
#include "store/key.h"

enum { PIECE_ROWS = 512, PIECE_BYTES = 256 << 10 };

int scrub_pace(struct scrub *s) {
    uint64_t bytes = s->unpaced;
    s->unpaced = 0;
    if (!s->stop)
        s->stop = s->o->pace ? s->o->pace(s->o->ctx, bytes, &s->sum) : 0;
    return s->stop;
}

/* ---- Copies ---- */
void scrub_copy(struct scrub_walk *w, const struct store_owner *owner, str key, str value) {
    buf_add(&w->rows, &owner, sizeof owner);
    buf_lstr(&w->rows, key);
    buf_lstr(&w->rows, value);
}

static int look_at_copies(struct scrub *s, struct scrub_walk *w) {
    struct cur at = cur_of(buf_view(&w->rows));
    while (at.s.len > 0 && !s->stop) {
        str pointer = cur_take(&at, sizeof s->owner);
        memcpy(&s->owner, pointer.p, pointer.len);
        s->key = cur_lstr(&at);
        s->value = cur_lstr(&at);
        int r = w->look(s);
        if (r && !s->stop)
            s->stop = r;
    }
    return s->stop;
}

/* ---- Tables that cannot be read ---- */
/* "000012.sst" of the database's words; absent: they name none. */
static str table_in(str words) {
    ptrdiff_t end = str_find(words, S(".sst"));
    if (end < 0)
        return STR_NONE;
    size_t from = (size_t)end;
    while (from > 0 && words.p[from - 1] >= '0' && words.p[from - 1] <= '9')
        from--;
    return str_slice(words, from, (size_t)end + 4);
}

/* The last key of the table goes to key. False: it is none of the database's by now. */
static bool last_key(struct store *store, str table, struct buf *key) {
    bool found = false;
    const rocksdb_livefiles_t *files = rocksdb_livefiles(store->db.db);
    for (int i = 0; !found && i < rocksdb_livefiles_count(files); i++) {
        const char *name = rocksdb_livefiles_name(files, i);
        found = str_eq(str_c(*name == '/' ? name + 1 : name), table);
        size_t n = 0;
        const char *last = found ? rocksdb_livefiles_largestkey(files, i, &n) : NULL;
        if (found) {
            buf_clear(key);
            buf_add(key, last, n);
        }
    }
    rocksdb_livefiles_destroy(files);
    return found;
}

/*
 * The walk cannot go on from where it stands. Rows behind the table's last key can be read, where
 * the table's own head is whole: so the walk goes on there, once a table.
 */
static void table_failed(struct scrub *s, struct scrub_walk *w, const struct err *words) {
    CLEANUP_DEINIT(buf) struct buf last = {0}, file = {0}, what = {0};
    str table = table_in(str_c(words->text));
    bool again = table.p && str_eq(table, buf_view(&w->bad_table));
    bool on = table.p && !again && last_key(s->store, table, &last) &&
              str_cmp(buf_view(&last), buf_view(&w->from)) >= 0;
    if (!again && !(table.p && map_put(&s->told, table, s))) {
        if (table.p)
            buf_printf(&file, "db/" STR_FMT, STR_ARG(table));
        buf_printf(&what, "cannot be read to its end: %s", words->text);
        s->sum.damaged_rows++;
        scrub_found(s, &(struct scrub_finding){
                           .kind = "table",
                           .file = file.len ? buf_cstr(&file) : "db",
                           .what = buf_cstr(&what),
                           .todo = "restore DATA as a whole from a copy",
                       });
    }
    s->blind = true;
    w->over = !on;
    buf_clear(&w->bad_table);
    buf_str(&w->bad_table, table);
    if (on) {
        buf_clear(&w->from);
        buf_str(&w->from, buf_view(&last));
        buf_char(&w->from, '\0');
    }
}

/* A row whose value does not verify: what it owns is not known, and the walk goes on behind it. */
static void row_failed(struct scrub *s, const struct scrub_walk *w, str key) {
    CLEANUP_DEINIT(buf) struct buf what = {0};
    codec_add_uri(&what, key, false);
    buf_printf(&what, " of family %s does not verify", store_cf_name(w->cf));
    s->sum.damaged_rows++;
    s->blind = true;
    scrub_found(s, &(struct scrub_finding){.kind = "row",
                                           .what = buf_cstr(&what),
                                           .todo = "restore DATA as a whole from a copy"});
}

/* ---- Pieces ---- */
static void read_piece(struct scrub *s, struct scrub_walk *w) {
    size_t bytes = 0;
    struct err words = {""};
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_scan(s->store, w->cf, buf_view(&w->from));
    store_iter_damaged_too(it);
    buf_clear(&w->rows);
    for (int n = 0; n < PIECE_ROWS && bytes < PIECE_BYTES; n++) {
        bool more = store_iter_next(it);
        if (!more && store_iter_fault_why(it, &words)) {
            table_failed(s, w, &words);
            break;
        }
        w->over = !more || (w->prefix.p && !str_starts(it->key, w->prefix));
        if (w->over)
            break;
        bytes += it->key.len + it->value.len;
        if (!it->damaged)
            w->take(s, w, it->key, it->value);
        else if (!w->prefix.p) /* the walk that meets every row once */
            row_failed(s, w, it->key);
        buf_clear(&w->from);
        buf_str(&w->from, it->key);
        buf_char(&w->from, '\0'); /* the next key in order */
    }
    s->unpaced += bytes;
}

int scrub_walk(struct scrub *s, struct scrub_walk *w) {
    buf_str(&w->from, w->prefix);
    while (!s->stop && !w->over) {
        read_piece(s, w);
        if (scrub_pace(s) == 0 && w->look)
            look_at_copies(s, w);
    }
    buf_deinit(&w->from);
    buf_deinit(&w->rows);
    buf_deinit(&w->bad_table);
    return s->stop;
}
