#pragma once
/*
 * cfn/rows: what the stack engine keeps in STORE_META (docs/formats/cfn.md). Every row is a JSON
 * document; keys begin with kind, account and region.
 *
 *   cfn-stack   uuid             the stack: name, status, parameters, tags, outputs, …
 *   cfn-name    name             uuid of the live stack of that name
 *   cfn-tmpl    uuid, generation the template's text (not JSON)
 *   cfn-res     uuid, logical id a resource: type, physical id, status, properties, attributes, task
 *   cfn-event   uuid, sequence   an event, newest last
 *   cfn-set     uuid, name       a change set, with its template's text
 *   cfn-op      uuid             an operation under way: what to take up again after a restart
 *   cfn-cancel  uuid             a deletion that the engine shall turn to
 *   cfn-export  name             an exported value and the stack that owns it
 *   cfn-import  export, uuid     that stack uses that export
 *   cfn-reply   token            (no account, region) a custom resource's answer, awaited or there
 */
#include "base/json.h"
#include "store/store.h"

struct cfn_place { str account, region; };

/* Clears key first. Parts that are absent end the key. */
void cfn_key(struct buf *key, const char *kind, struct cfn_place place, str first, str second);
void cfn_key_numbered(struct buf *key, const char *kind, struct cfn_place place, str uuid, uint64_t n);
void cfn_key_reply(struct buf *key, str token);

/* 0 with a new reference, STORE_E_ABSENT, or a fault. snap NULL: the newest state. */
int cfn_load(struct store *store, const struct store_snap *snap, str key, json_t **ret);
void cfn_save(struct store_batch *batch, str key, const json_t *doc);

/*
 * Calls each(ctx, key, doc) for the rows with this prefix; doc is borrowed. Stops at the first
 * non-zero answer and returns it. Prefix: cfn_key with fewer parts.
 */
int cfn_each(struct store *store, const struct store_snap *snap, str prefix, bool reverse,
             int (*each)(void *ctx, str key, const json_t *doc), void *ctx);

/* The uuid at the end of arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID; absent when it is none. */
str cfn_uuid_of(str stack_id);
/* For the account and region of a row's key: cfn_key's first parts. Appends to the bufs. */
bool cfn_read_key(str key, struct buf *account, struct buf *region, struct buf *first);

/* Adds an event row. logical, physical, type are the stack's own for events of the stack itself. */
void cfn_add_event(struct store *store, struct store_batch *batch, struct cfn_place place, const json_t *stack,
                   const json_t *row, const char *status, str reason);
