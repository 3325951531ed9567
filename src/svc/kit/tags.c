/* kit/tags: checks, changes and shows sets of tags in both of AWS's shapes. */
#include "svc/kit/tags.h"

#include "aws/pattern.h"
#include "base/ascii.h"

static const struct limits {
    size_t most, key, value;
    bool nocase; /* "Name" and "name" are one key */
    /*
     * letters, digits, spaces and + - = . _ : / @ only; elsewhere the API model has a pattern, or
     * none
     */
    bool plain;
    bool list;          /* the row stores a list, not a map */
    const char *member; /* of the row */
} limits[KIT_N_TAGS] = {
    [KIT_TAGS_S3_OBJECT] =
        {.most = 10, .key = 128, .value = 256, .plain = true, .list = true, .member = "Tags"},
    [KIT_TAGS_S3_BUCKET] =
        {.most = 50, .key = 128, .value = 256, .plain = true, .list = true, .member = "Tags"},
    [KIT_TAGS_DYNAMODB] = {.most = 50, .key = 128, .value = 256, .plain = true, .member = "Tags"},
    [KIT_TAGS_LAMBDA] = {.most = 50, .key = 128, .value = 256, .plain = true, .member = "Tags"},
    [KIT_TAGS_SNS] = {.most = 50, .key = 128, .value = 256, .member = "Tags"},
    [KIT_TAGS_SQS] = {.most = 50, .key = 128, .value = 256, .member = "Tags"},
    [KIT_TAGS_LOGS] = {.most = 50, .key = 128, .value = 256, .member = "tags"},
    [KIT_TAGS_CLOUDWATCH] = {.most = 50, .key = 128, .value = 256, .list = true, .member = "Tags"},
    [KIT_TAGS_IAM] =
        {.most = 50, .key = 128, .value = 256, .nocase = true, .list = true, .member = "Tags"},
    [KIT_TAGS_STACK] = {.most = 50, .key = 128, .value = 256, .list = true, .member = "Tags"},
};

/* ---- Walking ---- */

bool kit_tags_next(struct kit_tags_walk *walk, str *ret_key, str *ret_value) {
    if (json_is_array(walk->tags)) {
        const json_t *tag = json_array_get(walk->tags, walk->at++);
        *ret_key = json_str(tag, "Key");
        *ret_value = json_str(tag, "Value");
        return tag != NULL;
    }
    json_t *map = (json_t *)walk->tags; /* jansson's iterators want it so; nothing is changed */
    walk->iter = walk->at++ ? json_object_iter_next(map, walk->iter) : json_object_iter(map);
    *ret_key = str_c(json_object_iter_key(walk->iter));
    *ret_value = json_text(json_object_iter_value(walk->iter));
    return walk->iter != NULL;
}

static size_t count(const json_t *tags) {
    return json_is_array(tags) ? json_array_size(tags) : json_object_size(tags);
}

/* ---- Checking ---- */

/* Characters, not bytes: the first byte of each UTF-8 sequence. */
static size_t characters(str s) {
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return n;
}

static bool is_taken(const struct limits *l, str s) {
    for (size_t i = 0; l->plain && i < s.len; i++)
        if ((unsigned char)s.p[i] < 0x80 && !ascii_is_alnum(s.p[i]) &&
            !ascii_is_one_of(s.p[i], " \t\n\r+-=._:/@"))
            return false;
    return str_is_utf8(s) && (!l->plain || api_pattern_only_letters(s));
}

static bool same_key(const struct limits *l, str a, str b) {
    return l->nocase ? str_eq_nocase(a, b) : str_eq(a, b);
}

static size_t find(const struct limits *l, const json_t *list, str key) {
    size_t n = json_array_size(list), i = 0;
    while (i < n && !same_key(l, json_str(json_array_get(list, i), "Key"), key))
        i++;
    return i;
}

static bool is_bad_key(const struct limits *l, str key) {
    size_t n = characters(key);
    return n < 1 || n > l->key || !is_taken(l, key);
}

/* The first fault of the tag before w.at that this service refuses; kit NULL: any. */
static enum kit_tags_fault check_one(const struct limits *l, const struct kit_tags *kit,
                                     const struct kit_tags_walk *w, str key, str value) {
    const bool wrong[KIT_N_TAGS_FAULTS] = {
        [KIT_TAGS_KEY] = is_bad_key(l, key),
        [KIT_TAGS_VALUE] = characters(value) > l->value || !is_taken(l, value),
        [KIT_TAGS_RESERVED] = str_starts_nocase(key, S("aws:")),
        [KIT_TAGS_TWICE] = json_is_array(w->tags) && find(l, w->tags, key) + 1 < w->at,
    };
    for (enum kit_tags_fault fault = KIT_TAGS_OK; fault < KIT_N_TAGS_FAULTS; fault++)
        if (wrong[fault] && (!kit || kit->refuse[fault].error))
            return fault;
    return KIT_TAGS_OK;
}

static enum kit_tags_fault look(enum kit_tags_of of, const struct kit_tags *kit,
                                const json_t *given, str *ret_key) {
    const struct limits *l = &limits[of];
    str key, value;
    if (count(given) > l->most && (!kit || kit->refuse[KIT_TAGS_MANY].error))
        return KIT_TAGS_MANY; /* first: the search for doubles takes their square */
    for (struct kit_tags_walk w = kit_tags_walk(given); kit_tags_next(&w, &key, &value);) {
        enum kit_tags_fault fault = check_one(l, kit, &w, key, value);
        if (ret_key)
            *ret_key = key;
        if (fault)
            return fault;
    }
    return KIT_TAGS_OK;
}

enum kit_tags_fault kit_tags_fault(enum kit_tags_of of, const json_t *given, str *ret_key) {
    return look(of, NULL, given, ret_key);
}

static int refuse(struct rq *rq, const struct kit_tags *kit, enum kit_tags_fault fault, str key) {
    str most = arena_printf(&rq->arena, "%zu", limits[kit->of].most);
    return kit_refuse(rq, &kit->refuse[fault],
                      (struct kit_word[]){{"key", key}, {"most", most}, {NULL, STR_NONE}});
}

int kit_tags_check(struct rq *rq, const struct kit_tags *kit, const json_t *given) {
    str key = STR_NONE;
    enum kit_tags_fault fault = look(kit->of, kit, given, &key);
    return fault ? refuse(rq, kit, fault, key) : 0;
}

/* ---- Changing a row ---- */

json_t *kit_tags_stored(const struct kit_tags *kit, const json_t *row) {
    return json_object_get(row, limits[kit->of].member);
}

static json_t *tag_of(str key, str value) {
    json_t *tag = json_object();
    json_set_str(tag, "Key", key);
    json_set_str(tag, "Value", value.p ? value : S(""));
    return tag;
}

static void set_in_list(const struct limits *l, json_t *list, str key, str value) {
    size_t at = find(l, list, key);
    if (at < json_array_size(list))
        json_array_set_new(list, at, tag_of(key, value));
    else
        json_array_append_new(list, tag_of(key, value));
}

static void set_in_map(json_t *map, str key, str value) {
    json_object_setn_new(map, key.p, key.len, json_of_str(value.p ? value : S("")));
}

int kit_tags_merge(struct rq *rq, const struct kit_tags *kit, json_t *row, const json_t *given) {
    const struct limits *l = &limits[kit->of];
    str key, value;
    if (kit_tags_check(rq, kit, given))
        return AWS_FAILED;
    if (!kit_tags_stored(kit, row))
        json_set(row, l->member, l->list ? json_array() : json_object());
    json_t *stored = kit_tags_stored(kit, row);
    for (struct kit_tags_walk w = kit_tags_walk(given); kit_tags_next(&w, &key, &value);) {
        if (l->list)
            set_in_list(l, stored, key, value);
        else
            set_in_map(stored, key, value);
    }
    bool many = count(stored) > l->most && kit->refuse[KIT_TAGS_MANY].error;
    return many ? refuse(rq, kit, KIT_TAGS_MANY, STR_NONE) : 0;
}

void kit_tags_remove(const struct kit_tags *kit, json_t *row, const json_t *keys) {
    const struct limits *l = &limits[kit->of];
    json_t *stored = kit_tags_stored(kit, row);
    for (size_t i = 0; stored && i < json_array_size(keys); i++) {
        str key = json_text(json_array_get(keys, i));
        if (!l->list)
            json_object_deln(stored, key.p, key.len);
        else if (find(l, stored, key) < json_array_size(stored))
            json_array_remove(stored, find(l, stored, key));
    }
}

/* ---- Shapes ---- */

json_t *kit_tags_list(const json_t *tags) {
    json_t *list = json_array();
    str key, value;
    for (struct kit_tags_walk w = kit_tags_walk(tags); kit_tags_next(&w, &key, &value);)
        json_array_append_new(list, tag_of(key, value));
    return list;
}

json_t *kit_tags_map(const json_t *tags) {
    json_t *map = json_object();
    str key, value;
    for (struct kit_tags_walk w = kit_tags_walk(tags); kit_tags_next(&w, &key, &value);)
        if (key.p)
            set_in_map(map, key, value);
    return map;
}

json_t *kit_tags_gone(const json_t *before, const json_t *after) {
    CLEANUP_JSON json_t *kept = kit_tags_map(after);
    json_t *gone = json_array();
    str key, value;
    for (struct kit_tags_walk w = kit_tags_walk(before); kit_tags_next(&w, &key, &value);)
        if (key.p && !json_object_getn(kept, key.p, key.len))
            json_push_str(gone, key);
    return gone;
}
