#pragma once
/*
 * audit/rules/bucket_tls: what policies do against plain HTTP. bucket-tls-missing tells of buckets that
 * no statement tries to protect, bucket-tls-ineffective of statements that try and fail.
 */
#include "audit/rules/bucket_priv.h"

enum audit_tls_fault {
    AUDIT_TLS_FINE,
    AUDIT_TLS_ALLOWS,    /* an Allow over TLS: what others allow stays allowed */
    AUDIT_TLS_CONDITION, /* it denies TLS, or nothing */
    AUDIT_TLS_NARROWED,  /* another condition must hold, too */
    AUDIT_TLS_PRINCIPAL, /* it denies only some */
    AUDIT_TLS_ACTION,    /* it denies some actions only */
    AUDIT_TLS_RESOURCE,  /* it denies the bucket alone, the objects alone, or another's */
};
/* What a statement about aws:SecureTransport does for the bucket. */
struct audit_tls {
    bool is_about; /* it asks for aws:SecureTransport */
    enum audit_tls_fault fault;
    bool denies_bucket, denies_objects;
};
struct audit_tls audit_tls_of(const struct audit_template *t, const struct audit_statement *s,
                              const struct audit_resource *bucket);
/* All of the bucket's statements together: are both the bucket and its objects denied? */
bool audit_tls_is_enforced(const struct audit_template *t, const struct audit_resource *bucket);
/* May a policy that cannot be seen be the bucket's? */
bool audit_tls_is_unknown(const struct audit_template *t, const struct audit_resource *bucket);
/* The statement that does it, as YAML. */
str audit_tls_statement(const struct audit_template *t, const struct audit_resource *bucket);
