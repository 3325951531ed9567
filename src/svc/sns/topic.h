#pragma once
/*
 * sns/topic: the rows of topics and subscriptions, both of STORE_META and JSON.
 *
 *   "sns"     account region name
 *             {"Created": ms, "Attributes": {…}, "Tags": {…}, "Subscribed": how often}
 *   "snssub"  account region name id
 *             {"Protocol", "Endpoint", "Owner", "Principal", "Confirmed": bool, "Attributes": {…},
 *              "Number": store_next_id when it was made}
 *
 * Attributes holds what was set, as the API's strings.
 */
#include "svc/kit/doc.h"

/* An ARN of a topic or of a subscription, in parts. Views. */
struct sns_arn {
    str region, account, topic;
    str subscription; /* its id; absent: the topic's own ARN */
};
/* arn:aws:sns:region:account:topic[:id], as views into arn. False: not one. */
bool sns_arn_parse(str arn, struct sns_arn *ret);
/* Appends the ARN; with the id where subscription is there. */
void sns_arn_add(struct buf *out, const struct sns_arn *arn);
/* The topic of a subscription: its ARN without the id. */
struct sns_arn sns_topic_of(const struct sns_arn *subscription);

/* Of the subscription, or with an absent id the prefix of all of the topic's. */
void sns_subscription_key(struct buf *key, const struct sns_arn *arn);
/* From such a key; the texts go to *text. */
bool sns_subscription_key_parse(str key, struct buf *text, struct sns_arn *ret);

/*
 * A topic's subscriptions, in the order of their ids. The first few share what the store keeps with
 * their rows; a long walk drives nothing out for the others.
 */
struct sns_walk {
    struct store_iter *it;
    struct store *store;
    const struct store_snap *snap;
    size_t n;
    struct buf text;
    struct sns_arn arn; /* of the current one */
    struct kit_doc row; /* the current one's */
};
/*
 * Over the subscriptions that snap shows (NULL: the newest state), those behind the id `after` where
 * it is not empty; topic is not kept.
 */
void sns_walk_init(struct sns_walk *walk, struct store *store, const struct store_snap *snap,
                   const struct sns_arn *topic, str after);
/* 1: there is one; 0: no more; or -errno (-EBADMSG: its row is damaged). */
int sns_walk_next(struct sns_walk *walk);
/* Releases the current row too. */
void sns_walk_deinit(struct sns_walk *walk);
