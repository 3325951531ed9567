#pragma once
/*
 * s3/notify: a bucket's notification configuration, checked and compiled: which target gets
 * which event on which key. Immutable; readers need no lock. Pure: destinations are checked by the
 * operation, not here.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/outcomes.h"

/* What can happen to an object. Wildcards in a configuration stand for several of them. */
enum s3_event_type {
    S3_EVENT_CREATED_PUT,
    S3_EVENT_CREATED_POST,
    S3_EVENT_CREATED_COPY,
    S3_EVENT_CREATED_MULTIPART,
    S3_EVENT_REMOVED_DELETE,
    S3_EVENT_REMOVED_MARKER,
    S3_EVENT_TAGGING_PUT,
    S3_EVENT_TAGGING_DELETE,
    S3_EVENT_ACL_PUT,
    S3_EVENT_RESTORE_POST,
    S3_EVENT_RESTORE_COMPLETED,
    S3_EVENT_RESTORE_DELETE,
    S3_EVENT_REPLICATION_FAILED,
    S3_EVENT_REPLICATION_NOT_TRACKED,
    S3_EVENT_REPLICATION_MISSED,
    S3_EVENT_REPLICATION_AFTER,
    S3_EVENT_EXPIRATION_DELETE,
    S3_EVENT_EXPIRATION_MARKER,
    S3_EVENT_TRANSITION,
    S3_EVENT_TIERING,
    S3_EVENT_LOST,
    S3_N_EVENTS
};
/* "ObjectCreated:Put", as event records name it. Static. */
const char *s3_event_name(enum s3_event_type type);

/* Where an event goes. Texts live as long as the configuration. */
struct s3_notify_target {
    str id;  /* of the configuration */
    str arn; /* of the function, queue or topic */
};

struct s3_notify;
/*
 * Compiles a NotificationConfiguration document; every configuration in it has its Id. On
 * S3_NOTIFY_E_INVALID err holds S3's own sentence (the error is InvalidArgument).
 */
enum { S3_NOTIFY_OK = 0, S3_NOTIFY_E_INVALID = OUTCOMES_S3_NOTIFY };
#define S3_NOTIFY_NO_EVENT "The event is not supported for notifications" /* of such a name */
int s3_notify_new(struct s3_notify **ret_notify, const json_t *config, struct err *err);
struct s3_notify *s3_notify_free(struct s3_notify *notify);
DEFINE_FREEP(s3_notify)

/* The one target that gets this event, or NULL. Borrowed from notify. */
const struct s3_notify_target *s3_notify_match(const struct s3_notify *notify,
                                               enum s3_event_type type, str key);
/* All targets, in the order of the configuration; borrowed likewise. */
size_t s3_notify_count(const struct s3_notify *notify);
const struct s3_notify_target *s3_notify_at(const struct s3_notify *notify, size_t i);

/*
 * The document as S3 gives it back: every configuration has an Id (a new one where it had none),
 * rules are named "Prefix" and "Suffix", empty lists are left out. A new reference.
 */
json_t *s3_notify_normalise(const json_t *config);
