#include "prog/root.h"

#include "base/arena.h"

#include <string.h>

/* One allocation owns what the views of the identity point at. */
struct root_identity {
    struct aws_identity id; /* first */
    struct arena arena;
};

static void free_root(struct aws_identity *id) {
    struct root_identity *r = (struct root_identity *)id;
    explicit_bzero((char *)id->secret_key.p, id->secret_key.len);
    arena_deinit(&r->arena);
    free(r);
}

void prog_root_init(struct prog_root *root, const struct prog_credentials *key, const char *account) {
    struct root_identity *r = mem_new(struct root_identity);
    struct aws_identity *id = &r->id;
    id->refs = 1;
    id->free_data = free_root;
    id->access_key = arena_str(&r->arena, str_c(key->access_key));
    id->secret_key = arena_str(&r->arena, str_c(key->secret_key));
    id->session_token = STR_NONE;
    id->principal.kind = PRINCIPAL_ROOT;
    id->principal.account = id->user_id = arena_str(&r->arena, str_c(account));
    id->principal.arn = arena_printf(&r->arena, "arn:aws:iam::%s:root", account);
    root->root = id;
    root->inner = (struct aws_identity_source){0};
}

void prog_root_deinit(struct prog_root *root) { root->root = aws_identity_free(root->root); }

static int find(void *ctx, str access_key, struct aws_identity **ret_identity) {
    struct prog_root *root = ctx;
    if (str_eq(access_key, root->root->access_key)) {
        *ret_identity = aws_identity_ref(root->root);
        return 0;
    }
    return root->inner.find ? root->inner.find(root->inner.ctx, access_key, ret_identity) : AWS_E_NO_KEY;
}

static int assume(void *ctx, str role_arn, str service, str session_name, int64_t seconds,
                  struct aws_credentials *ret_credentials, struct err *err) {
    struct prog_root *root = ctx;
    if (!root->inner.assume)
        return err_set(err, AWS_E_NO_ROLE, "there are no roles");
    return root->inner.assume(root->inner.ctx, role_arn, service, session_name, seconds, ret_credentials, err);
}

static int role(void *ctx, str role_arn, str service, str session_name, struct aws_identity **ret_identity,
                struct err *err) {
    struct prog_root *root = ctx;
    if (!root->inner.role)
        return err_set(err, AWS_E_NO_ROLE, "there are no roles");
    return root->inner.role(root->inner.ctx, role_arn, service, session_name, ret_identity, err);
}

struct aws_identity_source prog_root_source(struct prog_root *root) {
    return (struct aws_identity_source){root, find, assume, role};
}
