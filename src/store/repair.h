#pragma once
/*
 * store/repair: what is wrong with a DATA that no program has open, and mending it. First it is
 * looked at, and nothing is changed; the plan says in plain words what is wrong and what would be
 * done. Doing it removes nothing: what is broken goes to DATA/lost/DATE. Killed in between, it is
 * begun again by the next one.
 *
 * One thread; the caller holds the lock on DATA (store_lock).
 */
#include "base/buf.h"
#include "store/store.h"

struct store_repair;
/*
 * Looks. 0: *ret_repair is new, with a plan, which is empty where nothing is wrong. An outcome or
 * -errno, with words: this cannot be repaired (a lost key, data of a newer program), or looked at.
 * options is kept; its lock_fd is not used.
 */
int store_repair_look(struct store_repair **ret_repair, const struct store_options *options,
                      struct err *err);
/* Lines, each ended; "" where nothing is wrong. */
const char *store_repair_plan(const struct store_repair *repair);
/* False: there is nothing to be done, though there may be something to be said. */
bool store_repair_has_work(const struct store_repair *repair);
/* Something is lost that it cannot bring back (the plan names it). */
bool store_repair_has_findings(const struct store_repair *repair);
/* Does it. said gets a line for each thing done, and for what was lost. */
int store_repair_run(struct store_repair *repair, struct buf *said, struct err *err);
/*
 * Sets DATA/path aside as store_repair_run does, for files that are the caller's. *ret_to: where it
 * is, relative to DATA (new, the caller's).
 */
int store_repair_set_aside(struct store_repair *repair, const char *path, char **ret_to,
                           struct err *err);
struct store_repair *store_repair_free(struct store_repair *repair);
DEFINE_FREEP(store_repair)
