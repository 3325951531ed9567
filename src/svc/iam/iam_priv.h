#pragma once
/*
 * svc/iam, inside the room: the service's state, its rows, and what the operations share. Functions
 * that take a request answer 0 or AWS_FAILED with the error set, unless they say otherwise. What is
 * found for a request belongs to it, and is read at its snapshot: a change commits against the
 * account's generation (iam_touch), so no two changes of an account are made from one state.
 */
#include "aws/row.h"
#include "svc/iam/errors.h"
#include "svc/iam/iam.h"
#include "svc/kit/page.h"

#include <pthread.h>

struct iam_cache;
struct iam_entity;
/*
 * Made by iam_open. What changes is the generation, the cache, which has a lock of its own, and the
 * compiled policies under theirs: any thread.
 */
struct iam_svc {
    struct store *store;
    _Atomic uint64_t generation; /* moves after every committed change */
    struct iam_cache *cache;     /* source.c */
    /* of AWS's own policies, those that somebody has: compiled, by their place in the table */
    struct policy **builtins;
    pthread_mutex_t builtins_lock;
};

#define KIT_OPS    "svc/iam/ops.def"
#define KIT_PREFIX iam
#include "svc/kit/op_handlers.h"

/* ---- rows.c: keys and documents ---- */
/*
 *   iam.role, iam.user, iam.policy, iam.instance-profile
 *                                   account, lower-case name → JSON document
 *   iam.key                         access key → JSON: Account, User ("" = root), Status,
 *                                   CreateDate, Secret
 *   iam.keys                        account, lower-case user, access key → (empty)
 *   iam.account                     account → JSON
 *   iam.generation                  account → u64, one more with each change
 *   iam.session                     access key → JSON (session.c)
 *   iam.expiry                      real ms, access key → (empty)
 * Names compare without case, as AWS's do.
 */
/* The key of a row of the table: of a name in an account, and of one part. Clears key first. */
void iam_key_named(struct buf *key, const char *kind, str account, str name);
void iam_key_plain(struct buf *key, const char *kind, str part);
/*
 * The rows of a kind in the request's account (and, with a name, those below it), ascending.
 * Nothing makes them conditions but the account's generation. The caller frees it.
 */
struct store_iter *iam_rows(struct rq *rq, const char *kind, str name);

/*
 * Every handler that changes something calls this once: the batch commits only if nothing else in
 * the account changed since the snapshot, and the caches forget. 0 or AWS_FAILED.
 */
int iam_touch(struct rq *rq);

/* ---- Kinds of entities: what roles, users, policies and instance profiles have in common ---- */
struct iam_kind {
    const char *row;         /* "iam.role" */
    const char *title;       /* "role", in messages */
    const char *capital;     /* "Role", in messages and answers */
    const char *plural;      /* "Roles", in lists */
    const char *name_member; /* "RoleName" */
    const char *id_member;   /* "RoleId" */
    const char *id_prefix;   /* "AROA" */
    const char *arn_type;    /* "role" */
    /* "The role with name ": the words before a name that cannot be found */
    const char *missing;
    /* "Role with name ", " already exists.": around a name that is taken */
    const char *existing[2];
    /* bytes of all inline policies, white space not counted; 0: none are attached or inline */
    size_t inline_limit;
    struct iam_kind_calls {
        /* Finds the one that a request names: 0 or AWS_FAILED. NULL: by name_member. */
        int (*find)(struct rq *rq, struct iam_entity *ret_entity);
        /* Adds what the row does not hold to a description. 0 or AWS_FAILED. NULL: nothing. */
        int (*describe)(struct rq *rq, const json_t *doc, bool whole, json_t *out);
    } calls;
};
extern const struct iam_kind iam_kind_role, iam_kind_user, iam_kind_policy, iam_kind_profile;

/* An entity as it was read: changes go to doc, then iam_entity_put writes the row. */
struct iam_entity {
    const struct iam_kind *kind;
    struct row row;
    json_t *doc;
};
/* Releases row and doc; changes that were not put are lost. */
void iam_entity_deinit(struct iam_entity *entity);

/* An operation on the entity that its request names: fn(rq, entity). */
#define IAM_OP(name, fn, of)                                                                       \
    int iam_op_##name(struct iam_svc *, struct rq *rq) {                                           \
        return iam_on_entity(&iam_kind_##of, rq, fn);                                              \
    }
int iam_on_entity(const struct iam_kind *kind, struct rq *rq,
                  int (*fn)(struct rq *rq, struct iam_entity *entity));
/* An operation that is the same for several kinds and reads its entity itself: fn(kind, rq). */
#define IAM_KIND_OP(name, fn, of)                                                                  \
    int iam_op_##name(struct iam_svc *, struct rq *rq) { return fn(&iam_kind_##of, rq); }

/* The name that the request gives; for users without one, the caller's own. */
str iam_request_name(const struct iam_kind *kind, const struct rq *rq);
/* The entity of that name, or the one that the request names. 0 or AWS_FAILED (NoSuchEntity). */
int iam_entity_named(const struct iam_kind *kind, struct rq *rq, str name,
                     struct iam_entity *ret_entity);
int iam_entity_get(const struct iam_kind *kind, struct rq *rq, struct iam_entity *ret_entity);
/*
 * A new one: Path, name, unique id, Arn, CreateDate, Tags, empty policy lists. EntityAlreadyExists.
 */
int iam_entity_new(const struct iam_kind *kind, struct rq *rq, struct iam_entity *ret_entity);
/* Writes it back, or deletes it, and touches the account. 0 or AWS_FAILED. */
int iam_entity_put(struct rq *rq, const struct iam_entity *entity);
int iam_entity_delete(struct rq *rq, const struct iam_entity *entity);
/* Refuses while policies are attached or inline. 0 or AWS_FAILED. */
int iam_entity_check_bare(struct rq *rq, const json_t *doc);
/*
 * A description; whole: as Get answers, while lists have no tags and no boundary. 0 or AWS_FAILED.
 */
int iam_entity_describe(const struct iam_kind *kind, struct rq *rq, const json_t *doc, bool whole,
                        json_t **ret_out);
/* Sets rq->out to what Get and Create answer with. 0 or AWS_FAILED. */
int iam_entity_answer(struct rq *rq, struct iam_entity *entity);
/*
 * Sets rq->out to a page of those under PathPrefix; keep (NULL: all) chooses further. 0 or
 * AWS_FAILED.
 */
int iam_entity_list(const struct iam_kind *kind, struct rq *rq,
                    bool (*keep)(const void *ctx, const json_t *doc), const void *ctx);

/* ---- Instance profiles ---- */
/* Refuses while the role is in one. 0 or AWS_FAILED. */
int iam_profile_check_none(struct rq *rq, str role);

/* ---- Managed policies ---- */
struct iam_uses {
    int64_t attached, bounding; /* roles and users of the account */
};
/* Counted once a run (usage.c), for as many policies as are asked about. 0 or AWS_FAILED. */
int iam_uses_of(struct rq *rq, str arn, struct iam_uses *ret_uses);
/*
 * AWS's own policies have no row. This is one of them in the form of a row, a new reference;
 * with_text: with the text of its version.
 */
struct iam_builtin;
json_t *iam_builtin_doc(const struct iam_builtin *builtin, bool with_text);
/*
 * The name in arn:aws:iam::ACCOUNT:policy/PATH/NAME, when it is one of that account's; else absent.
 */
str iam_policy_name(str arn, str account);
/*
 * The text of a stored policy's version ("" = the default one), borrowed from doc; absent: no such
 * version.
 */
str iam_policy_text(const json_t *doc, str version);
/* A version of a stored policy as it is answered, a new reference. */
json_t *iam_policy_version(const json_t *doc, const json_t *version, bool with_text);
/* {PolicyName, PolicyArn}, as lists of attached policies have them; a new reference. */
json_t *iam_attached_policy(str arn);
/*
 * Checks a document as IAM does when one is given: MalformedPolicyDocument with the reason in IAM's
 * words. 0 or AWS_FAILED.
 */
int iam_check_document(struct rq *rq, enum policy_kind kind, str text);
/* Bytes that count against a quota: all but white space. */
size_t iam_document_size(str text);
json_t *iam_uri_text(str text); /* documents are answered percent-encoded */

/* ---- Lists ---- */
/* How IAM pages: MaxItems (100) and Marker in, list, IsTruncated and Marker out. */
static inline struct kit_paging iam_paging(const char *list) {
    return (struct kit_paging){.list = list,
                               .token = "Marker",
                               .limit = "MaxItems",
                               .most = 1000,
                               .otherwise = 100,
                               .truncated = "IsTruncated",
                               .plain = true};
}
/* The same where an item's place is no name of its own: its Marker is opaque. */
static inline struct kit_paging iam_paging_opaque(const char *list) {
    struct kit_paging paging = iam_paging(list);
    paging.plain = false;
    paging.error = &IAM_ValidationError;
    paging.text = "Invalid Marker.";
    return paging;
}
/* Answers with a list that has nothing in it, as there is nothing of the kind. */
int iam_list_none(struct rq *rq, const char *list);
/* The names of an object's members, or an array's texts, ascending, in the request's arena. */
str *iam_sorted(struct rq *rq, const json_t *names, size_t *ret_n);

/* ---- Secrets ---- */
/* 40 random characters and a NUL. The caller wipes its copies. */
void iam_make_secret(char out[41]);
/* Rows of a new key of user ("" = root). */
void iam_key_create(const struct rows *rows, str account, str user, int64_t now_ms,
                    struct aws_credentials *ret_key);

/* Adds how many keys a user ("" = root) has. 0 or AWS_FAILED. */
int iam_count_keys(struct rq *rq, str user, size_t *ret_n);

/* ---- Grants: the compiled policies of one role or user, shared by its identities ---- */
/* Reference-counted and constant once it is filled: identities in different threads share it. */
struct iam_grants {
    _Atomic unsigned refs;
    struct policy **owned; /* compiled from rows; freed with the grants */
    size_t n_owned;
    const struct policy **identity; /* owned and built-in ones */
    size_t n_identity;
    const struct policy *boundary;
};
/* doc: the entity's row. 0 or -errno. */
int iam_grants_load(struct iam_svc *iam, const struct rows *rows, str account, const json_t *doc,
                    struct iam_grants **ret_grants);
/* Compiles managed policies by ARN and appends them; those that are gone are skipped. */
int iam_grants_add_managed(struct iam_svc *iam, const struct rows *rows, str account, str arn,
                           struct iam_grants *grants);
/* Compiles the text of an inline policy and appends it. 0, or -EBADMSG where it is no policy. */
int iam_grants_add_text(struct iam_grants *grants, str text);
/* A boundary that is gone allows nothing: this document stands for it. */
extern const str iam_boundary_gone;
struct iam_grants *iam_grants_new(void);
struct iam_grants *iam_grants_ref(struct iam_grants *grants);
struct iam_grants *iam_grants_free(struct iam_grants *grants); /* drops a reference */
DEFINE_FREEP(iam_grants)

/* ---- Sessions ---- */
/* Parts of arn:aws:iam::ACCOUNT:role/PATH/NAME; false: not of that form. */
bool iam_role_arn_parts(str arn, str *ret_account, str *ret_name);
/* Writes the rows of a session of that role (its document). */
void iam_session_put(const struct rows *rows, str account, const json_t *role,
                     const struct iam_session_terms *terms,
                     struct aws_credentials *ret_credentials);
int64_t iam_session_sweep(void *iam); /* a hub_timer_fn */

/* ---- The identity cache (source.c) ---- */
/* Identities by access key, as of a generation: any thread, by a lock of its own. */
struct iam_cache *iam_cache_new(void);
struct iam_cache *iam_cache_free(struct iam_cache *cache);

/* ---- Hooks (hooks.c) ---- */
int iam_hook_resource(void *iam, struct rq *rq, struct buf *ret_arn);
int iam_hook_policy(void *iam, struct rq *rq, str arn, const struct policy **ret_policy,
                    str *ret_account);
int iam_hook_context(void *iam, struct rq *rq, const struct aws_question *question,
                     struct policy_context *context);
extern const struct aws_derived iam_derived[]; /* of the rows */
