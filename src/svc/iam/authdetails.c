/*
 * GetAccountAuthorizationDetails: everything that says who may what, in one listing: users, roles,
 * the account's policies, and those of AWS's that somebody here has. One page goes through all four;
 * an item's place is its list's number and its own name.
 */
#include "base/ascii.h"
#include "svc/iam/builtin.h"
#include "svc/iam/iam_priv.h"
#include "store/key.h"

/* Rows are told until they were so many bytes: fewer items than were asked for are allowed. */
enum { PAGE_BYTES = 1 << 20 };

struct telling {
    struct rq *rq;
    struct kit_page *page;
    size_t bytes;     /* of the rows on the page */
    json_t *profiles; /* by lower-case role: arrays of instance profiles; NULL: not read yet */
};

/* The lists of the answer, in the order in which they are told. */
static const struct list {
    const char *filter; /* what the request calls it */
    const char *member; /* of the answer */
    const struct iam_kind *kind;
    int (*tell)(struct telling *t, const struct list *list, const json_t *doc, json_t *out);
} lists[];

/* ---- What roles and users have ---- */

static json_t *inline_policies(const json_t *doc) {
    json_t *out = json_array();
    const char *name;
    json_t *text;
    json_object_foreach (json_obj(doc, "Inline"), name, text) {
        json_t *policy = json_object();
        json_set_str(policy, "PolicyName", str_c(name));
        json_set(policy, "PolicyDocument", iam_uri_text(json_text(text)));
        json_array_append_new(out, policy);
    }
    return out;
}

static json_t *attached_policies(struct rq *rq, const json_t *doc) {
    size_t n;
    json_t *out = json_array();
    const str *arns = iam_sorted(rq, json_arr(doc, "Attached"), &n);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(out, iam_attached_policy(arns[i]));
    return out;
}

static void tell_policies(struct telling *t, const char *inline_member, const json_t *doc,
                          json_t *out) {
    json_set(out, inline_member, inline_policies(doc));
    json_set(out, "AttachedManagedPolicies", attached_policies(t->rq, doc));
    if (!json_has(out, "Tags"))
        json_set(out, "Tags", json_array());
}

static int tell_user(struct telling *t, const struct list *, const json_t *doc, json_t *out) {
    tell_policies(t, "UserPolicyList", doc, out);
    json_set(out, "GroupList", json_array()); /* there are none */
    return 0;
}

/* All profiles of the account, once a page. */
static int read_profiles(struct telling *t) {
    if (t->profiles)
        return 0;
    t->profiles = json_object();
    CLEANUP(store_iter) struct store_iter *it = iam_rows(t->rq, iam_kind_profile.row, STR_NONE);
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL), *profile = NULL;
        CLEANUP_DEINIT(buf) struct buf role = {0};
        buf_str(&role, json_text(json_array_get(json_arr(doc, "Roles"), 0)));
        if (!role.len)
            continue;
        ascii_lower_all(role.p, role.len);
        if (iam_entity_describe(&iam_kind_profile, t->rq, doc, false, &profile))
            return AWS_FAILED;
        json_t *of_role = json_arr(t->profiles, buf_cstr(&role));
        if (!of_role)
            json_set(t->profiles, buf_cstr(&role), of_role = json_array());
        json_array_append(of_role, profile);
    }
    int fault = store_iter_fault(it);
    return fault ? aws_fault(t->rq, fault, "list instance profiles") : 0;
}

static int tell_role(struct telling *t, const struct list *, const json_t *doc, json_t *out) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    if (read_profiles(t))
        return AWS_FAILED;
    buf_str(&name, json_str(doc, "RoleName"));
    ascii_lower_all(name.p, name.len);
    json_t *profiles = json_arr(t->profiles, buf_cstr(&name));
    json_set(out, "InstanceProfileList", profiles ? json_incref(profiles) : json_array());
    json_object_del(out, "Description"); /* only GetRole and ListRoles tell these */
    json_object_del(out, "MaxSessionDuration");
    tell_policies(t, "RolePolicyList", doc, out);
    return 0;
}

static int tell_policy(struct telling *, const struct list *, const json_t *doc, json_t *out) {
    json_t *list = json_array();
    const json_t *versions = json_arr(doc, "Versions");
    for (size_t i = 0; i < json_array_size(versions); i++)
        json_array_append_new(list, iam_policy_version(doc, json_array_get(versions, i), true));
    json_set(out, "PolicyVersionList", list);
    json_object_del(out, "Tags");
    return 0;
}

static const struct list lists[] = {
    {"User", "UserDetailList", &iam_kind_user, tell_user},
    {"Role", "RoleDetailList", &iam_kind_role, tell_role},
    {"LocalManagedPolicy", "Policies", &iam_kind_policy, tell_policy},
    {"AWSManagedPolicy", "Policies", NULL, tell_policy},
};

/* ---- The page ---- */

/* Room for one more behind what is told? A page that is full says so. */
static bool has_room(struct telling *t) {
    struct kit_page *page = t->page;
    size_t n = json_array_size(page->items);
    page->more = n == page->most || (n && t->bytes > PAGE_BYTES);
    return !page->more;
}

static bool is_told_before(const struct telling *t, str place) {
    return str_cmp(place, buf_view(&t->page->after)) <= 0;
}

static int tell(struct telling *t, const struct list *list, str place, const json_t *doc,
                size_t bytes) {
    CLEANUP_JSON json_t *out = NULL;
    const struct iam_kind *kind = list->kind ? list->kind : &iam_kind_policy;
    if (iam_entity_describe(kind, t->rq, doc, true, &out) || list->tell(t, list, doc, out))
        return AWS_FAILED;
    json_t *item = json_object();
    json_object_set(item, list->member, out);
    t->bytes += bytes;
    kit_page_add(t->page, place, item);
    return 0;
}

static str place_of(struct telling *t, const struct list *list, str name) {
    return arena_printf(&t->rq->arena, "%d/" STR_FMT, (int)(list - lists), STR_ARG(name));
}

static int tell_rows(struct telling *t, const struct list *list) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0}, name = {0};
    iam_key_named(&prefix, list->kind->row, t->rq->account, STR_NONE);
    CLEANUP(store_iter) struct store_iter *it = iam_rows(t->rq, list->kind->row, STR_NONE);
    while (store_iter_next(it)) {
        struct cur c = cur_of(str_skip(it->key, prefix.len));
        buf_clear(&name);
        key_take_str(&c, &name);
        str place = place_of(t, list, buf_view(&name));
        if (is_told_before(t, place))
            continue;
        if (!has_room(t))
            return 0;
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        if (tell(t, list, place, doc, it->value.len))
            return AWS_FAILED;
    }
    int fault = store_iter_fault(it);
    return fault ? aws_fault(t->rq, fault, "list who may what") : 0;
}

/* Of AWS's own those alone that are attached to somebody or bound somebody. */
static int tell_builtins(struct telling *t, const struct list *list) {
    for (size_t i = 0; i < iam_builtin_n; i++) {
        const struct iam_builtin *builtin = &iam_builtin_table[i];
        struct iam_uses uses;
        str place = place_of(t, list, str_c(builtin->arn));
        if (is_told_before(t, place))
            continue;
        if (iam_uses_of(t->rq, str_c(builtin->arn), &uses))
            return AWS_FAILED;
        if (uses.attached + uses.bounding == 0)
            continue;
        if (!has_room(t))
            return 0;
        CLEANUP_JSON json_t *doc = iam_builtin_doc(builtin, true);
        if (tell(t, list, place, doc, builtin->document_len))
            return AWS_FAILED;
    }
    return 0;
}

static int tell_all(struct telling *t) {
    const json_t *filter = json_arr(t->rq->in, "Filter");
    for (size_t i = 0; i < ARRAY_LEN(lists) && !t->page->more; i++) {
        if (json_array_size(filter) && json_find_text(filter, str_c(lists[i].filter)) < 0)
            continue;
        if (lists[i].kind ? tell_rows(t, &lists[i]) : tell_builtins(t, &lists[i]))
            return AWS_FAILED;
    }
    return 0;
}

/* The page's items, each in the list that it belongs to. */
static void sort_out(json_t *out, const char *items) {
    CLEANUP_JSON json_t *all = json_incref(json_object_get(out, items));
    json_object_del(out, items);
    json_set(out, "GroupDetailList", json_array());
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        if (!json_has(out, lists[i].member))
            json_set(out, lists[i].member, json_array());
    for (size_t i = 0; i < json_array_size(all); i++) {
        const char *member;
        json_t *value;
        json_object_foreach (json_array_get(all, i), member, value)
            json_array_append(json_arr(out, member), value);
    }
}

int iam_op_GetAccountAuthorizationDetails(struct iam_svc *, struct rq *rq) {
    const struct kit_paging paging =
        iam_paging_opaque("Items"); /* a place is in one of the lists */
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    struct telling t = {.rq = rq, .page = &page};
    int r = kit_page_begin(&page, rq, &paging, STR_NONE) || tell_all(&t) || kit_page_end(&page);
    json_decref(t.profiles);
    if (r)
        return AWS_FAILED;
    sort_out(rq->out, "Items");
    return 0;
}
