/*
 * svc/s3: ListObjectVersions. The walk gives each key with its newest version; the older ones
 * follow from a second walk, over the bucket's version rows, which lie in the order of the keys. A
 * page may end between two versions of one key.
 */
#include "svc/s3/list.h"
#include "svc/s3/teller.h"

struct page {
    struct s3_svc *svc;
    struct rq *rq;
    const struct s3_bucket *bucket;
    str key_marker, id_marker;
    uint64_t most, n;
    bool encode, truncated;
    struct s3_teller versions, markers, prefixes;
    struct buf last_key, last_id; /* of the last entry; no id behind a prefix */
    struct store_iter *older;     /* over the bucket's older versions; made when first needed */
    bool at_older;                /* it stands on one; false: there are no more */
};

/* False: the page was full before. */
static bool room(struct page *p, str name) {
    if (p->n == p->most) {
        p->truncated = true;
        return false;
    }
    p->n++;
    buf_clear(&p->last_key);
    buf_str(&p->last_key, name);
    buf_clear(&p->last_id);
    return true;
}

static bool add_prefix(struct page *p, str prefix) {
    if (!room(p, prefix))
        return false;
    s3_tell_prefix(&p->prefixes, prefix);
    return true;
}

/* Key, VersionId, IsLatest, LastModified: both lists have them in that order. */
static void tell_version(struct s3_teller *t, str key, str version, bool latest,
                         const struct s3_object *object) {
    s3_tell_name(t, "Key", key);
    items_str(t->items, "VersionId", version);
    items_bool(t->items, "IsLatest", latest);
    items_time(t->items, "LastModified", s3_object_mtime_s(object) * 1000);
}

static struct items *begin(struct s3_teller *t, const char *list) {
    if (!t->items)
        t->items = rq_out_items(t->rq, list);
    items_begin(t->items);
    return t->items;
}

static bool add_version(struct page *p, str key, const struct s3_object *object, bool latest) {
    if (!room(p, key))
        return false;
    char id[S3_ID_LEN + 1];
    str version = s3_object_version_id(object, id);
    buf_str(&p->last_id, version);
    if (s3_object_is_marker(object)) {
        struct items *marker = begin(&p->markers, "DeleteMarkers");
        s3_tell_owner(&p->markers, "Owner", object->owner);
        tell_version(&p->markers, key, version, latest, object);
        items_close(marker);
    } else {
        struct items *one = begin(&p->versions, "Versions");
        s3_tell_object(&p->versions, object);
        tell_version(&p->versions, key, version, latest, object);
        s3_tell_owner(&p->versions, "Owner", object->owner);
        items_close(one);
    }
    return true;
}

/* ---- Older versions ---- */

static void make_older(struct page *p) {
    CLEANUP_DEINIT(buf) struct buf all = {0};
    s3_key_bucket_versions(&all, p->bucket->row.id);
    p->older = store_iter_below(p->svc->store, rq_snap(p->rq), STORE_META, buf_view(&all));
}

static bool step(struct page *p) {
    p->at_older = store_iter_next_key(p->older);
    return p->at_older;
}

/*
 * Puts the iterator on the first older version at or behind that row. Keys come in the order in
 * which their older versions lie, so most often it stands there already: a key without older
 * versions costs a comparison.
 */
static bool go_to(struct page *p, str row) {
    if (!p->older)
        make_older(p);
    else if (!p->at_older || str_cmp(p->older->key, row) >= 0)
        return p->at_older;
    store_iter_seek(p->older, row);
    return step(p);
}

/* The older version of key that the iterator stands on. False: as add_older. */
static bool add_one_older(struct page *p, str key, int *ret_fault) {
    struct s3_object object;
    if (!store_iter_show(p->older))
        *ret_fault = store_iter_fault(p->older);
    else if (!s3_object_read(p->older->value, &object))
        *ret_fault = STORE_E_DAMAGED;
    return *ret_fault == 0 && add_version(p, key, &object, false);
}

/*
 * The older versions of key below seq (UINT64_MAX: all). False: the page is full, or *ret_fault is
 * set.
 */
static bool add_older(struct page *p, str key, uint64_t seq, int *ret_fault) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, all = {0};
    s3_key_versions(&all, p->bucket->row.id, key);
    if (seq == UINT64_MAX)
        buf_str(&from, buf_view(&all));
    else
        s3_key_version(&from, p->bucket->row.id, key, seq - 1); /* sequence numbers begin at 1 */
    for (bool there = go_to(p, buf_view(&from)); there; there = step(p)) {
        if (!str_starts(p->older->key, buf_view(&all)))
            return true;
        if (!add_one_older(p, key, ret_fault))
            return false;
    }
    *ret_fault = store_iter_fault(p->older);
    return *ret_fault == 0;
}

/*
 * What of the marker's own key comes behind the marker. The version it names may be gone by now;
 * its sequence number still tells the place.
 */
static bool add_rest_of_key(struct page *p, int *ret_fault) {
    CLEANUP_DEINIT(s3_found) struct s3_found found = {0};
    CLEANUP_DEINIT(s3_found) struct s3_found current = {0};
    uint64_t seq, id = p->bucket->row.id;
    uint8_t nonce[S3_NONCE_LEN];
    const struct rows *rows = rq_rows(p->rq);
    int r = s3_find_version(rows, id, p->key_marker, p->id_marker, &found);
    if (r == 0)
        return add_older(p, p->key_marker, found.object.seq, ret_fault);
    if (r != STORE_E_ABSENT) {
        *ret_fault = r;
        return false;
    }
    if (!s3_id_read(p->id_marker, &seq, nonce))
        return true; /* the null version was removed: nothing tells where it stood */
    r = s3_find_current(rows, id, p->key_marker, &current);
    if (r) {
        *ret_fault = r == STORE_E_ABSENT ? 0 : r;
        return r == STORE_E_ABSENT;
    }
    if (current.object.seq < seq && !add_version(p, p->key_marker, &current.object, true))
        return false;
    return add_older(p, p->key_marker, seq, ret_fault);
}

static int fill(struct page *p, const struct s3_list *list) {
    int fault = 0;
    if (p->id_marker.len > 0 && str_starts(p->key_marker, list->prefix) &&
        !add_rest_of_key(p, &fault))
        return fault;
    CLEANUP(s3_walk) struct s3_walk *walk = s3_walk_new(p->svc->store, rq_snap(p->rq), list);
    struct s3_entry entry;
    while (s3_walk_next(walk, &entry)) {
        bool more = entry.is_prefix ? add_prefix(p, entry.name)
                                    : add_version(p, entry.name, &entry.object, true) &&
                                          add_older(p, entry.name, UINT64_MAX, &fault);
        if (!more)
            return fault;
    }
    return s3_walk_fault(walk);
}

static void describe(struct page *p, const struct s3_list *list) {
    struct rq *rq = p->rq;
    json_t *out = rq->out = json_object();
    json_set_bool(out, "IsTruncated", p->truncated);
    json_set_str(out, "KeyMarker",
                 p->key_marker.p ? s3_encoded(rq, p->encode, p->key_marker) : S(""));
    json_set_str(out, "VersionIdMarker", p->id_marker.p ? p->id_marker : S(""));
    if (p->truncated) {
        json_set_str(out, "NextKeyMarker", s3_encoded(rq, p->encode, buf_view(&p->last_key)));
        if (p->last_id.len > 0)
            json_set_str(out, "NextVersionIdMarker", buf_view(&p->last_id));
    }
    json_set_str(out, "Name", p->bucket->name);
    json_set_str(out, "Prefix", list->prefix.p ? s3_encoded(rq, p->encode, list->prefix) : S(""));
    if (list->delimiter.len > 0)
        json_set_str(out, "Delimiter", s3_encoded(rq, p->encode, list->delimiter));
    json_set_int(out, "MaxKeys", (int64_t)p->most);
    if (p->encode)
        json_set_str(out, "EncodingType", S("url"));
}

static int list_versions(struct page *p) {
    struct rq *rq = p->rq;
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket(p->svc, rq, &bucket);
    if (!r)
        r = s3_page_size(rq, "MaxKeys", &p->most);
    if (r)
        return r;
    p->bucket = bucket;
    p->encode = s3_wants_encoding(rq);
    p->versions = p->markers = p->prefixes = (struct s3_teller){.rq = rq, .encode = p->encode};
    p->key_marker = json_str(rq->in, "KeyMarker");
    p->id_marker = json_str(rq->in, "VersionIdMarker");
    if (p->id_marker.len > 0 && p->key_marker.len == 0)
        return aws_fail(rq, &S3_InvalidArgument,
                        "A version-id marker cannot be specified without a key marker.");
    struct s3_list list = {
        .bucket_id = bucket->row.id,
        .prefix = json_str(rq->in, "Prefix"),
        .delimiter = json_str(rq->in, "Delimiter"),
        .after = p->key_marker,
        .with_markers = true,
    };
    r = p->most > 0 ? fill(p, &list) : 0;
    if (r == S3_E_VERSION_ID)
        return aws_fail(rq, &S3_InvalidArgument, "Invalid version id specified");
    if (r)
        return s3_fault(rq, r, "list the bucket's versions");
    describe(p, &list);
    return 0;
}

int s3_op_ListObjectVersions(struct s3_svc *svc, struct rq *rq) {
    struct page p = {.svc = svc, .rq = rq};
    int r = list_versions(&p);
    s3_teller_deinit(&p.versions);
    s3_teller_deinit(&p.markers);
    s3_teller_deinit(&p.prefixes);
    store_iter_free(p.older);
    buf_deinit(&p.last_key);
    buf_deinit(&p.last_id);
    return r;
}
