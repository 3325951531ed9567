#pragma once
/*
 * prog/root: the identity source of the whole cloud. The root user's key comes from DATA/credentials
 * and is known here; everybody else (users, roles, sessions) is asked of the services that own them.
 */
#include "aws/identity.h"
#include "prog/data.h"

struct prog_root {
    struct aws_identity *root;
    struct aws_identity_source inner; /* find NULL: none */
};
void prog_root_init(struct prog_root *root, const struct prog_credentials *key, const char *account);
void prog_root_deinit(struct prog_root *root);
/* Refers to *root. */
struct aws_identity_source prog_root_source(struct prog_root *root);
