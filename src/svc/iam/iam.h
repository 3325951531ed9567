#pragma once
/*
 * svc/iam: accounts, roles, users, managed policies, access keys and role sessions; and the
 * identity source that signs in every request (aws/identity.h).
 *
 * IAM is global in an account: rows of STORE_META keyed by account and name (docs/formats/iam.md).
 * Every change of an account's entities commits against the
 * account's generation row, so two changes never see half of each other.
 *
 * Any thread. The only thread of its own is the hub's timer that sweeps ended sessions.
 */
#include "aws/identity.h"
#include "aws/op.h"
#include "base/outcomes.h"

struct iam_svc; /* the service's state */

/* hub may be NULL (tests): sessions are then not swept. Both must outlive the service. */
int iam_open(struct iam_svc **ret_iam, struct store *store, struct hub *hub, struct err *err);
struct iam_svc *iam_close(struct iam_svc *iam); /* returns NULL; no request may be under way */
/* For store_open: how rows of older formats become those of this one. */
extern const struct store_migration iam_migrations[];
/* For aws_cloud_add. */
struct aws_service iam_service(struct iam_svc *iam);
/* For aws_options: find, assume and role, all over iam's rows. */
struct aws_identity_source iam_identity_source(struct iam_svc *iam);

/* ---- Accounts (calotype up at first start, calotype account) ---- */
enum { IAM_E_EXISTS = OUTCOMES_IAM, IAM_E_NO_ACCOUNT, IAM_E_BAD_ACCOUNT };
/*
 * Makes the account with its root key, durably; the secret is told this once. account: 12 digits.
 * IAM_E_EXISTS: nothing is changed. IAM_E_BAD_ACCOUNT.
 */
int iam_create_account(struct iam_svc *iam, str account, struct aws_credentials *ret_root,
                       struct err *err);
/*
 * A further root key (two at most at a time are AWS's rule; here the old one stays until deleted).
 */
int iam_create_root_key(struct iam_svc *iam, str account, struct aws_credentials *ret_root,
                        struct err *err);
/* The identity of an account's root, for what the daemon itself does. IAM_E_NO_ACCOUNT. */
int iam_root_identity(struct iam_svc *iam, str account, struct aws_identity **ret_identity,
                      struct err *err);

/* ---- For svc/sts ---- */
/* A role as sts:AssumeRole sees it. Everything points into the request's arena. */
struct iam_role_view {
    str account, name, arn, id;
    int64_t max_session_seconds;
    const struct policy *trust; /* compiled; lives as long as the request */
};
/* 0, STORE_E_ABSENT (no such role, or not a role's ARN) or AWS_FAILED. */
int iam_role_of_request(struct rq *rq, str role_arn, struct iam_role_view *ret_role);
/* The role's tags as aws:ResourceTag/KEY and iam:ResourceTag/KEY. 0 or AWS_FAILED. */
int iam_add_role_tags(struct rq *rq, str role_arn, struct policy_context *context);
/* What a session has besides its role. Policies may be empty. */
struct iam_session_terms {
    str name;
    int64_t seconds;            /* within what the role allows */
    str document;               /* inline session policy */
    const json_t *arns;         /* array of managed policies' ARNs, or NULL */
    struct aws_session_key key; /* or absent */
};
/* Adds the session's rows to the request's batch; the credentials work once that is committed. */
void iam_session_create(struct rq *rq, const struct iam_role_view *role,
                        const struct iam_session_terms *terms,
                        struct aws_credentials *ret_credentials);
/*
 * True when a managed policy of that ARN exists (AWS's, or the account's own). 0, STORE_E_ABSENT,
 * AWS_FAILED.
 */
int iam_managed_policy_exists(struct rq *rq, str arn);
/*
 * The account that an access key belongs to, for sts:GetAccessKeyInfo: 0, STORE_E_ABSENT,
 * AWS_FAILED.
 */
int iam_account_of_key(struct rq *rq, str access_key, str *ret_account);
