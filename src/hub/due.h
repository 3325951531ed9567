#pragma once
/*
 * hub/due: work that is to be done at some time, as rows that survive the process
 * (docs/internals/due-queue.md, docs/formats/due.md).
 *
 * A kind of work is added before hub_start and has threads of its own. A piece of work, an item, is
 * a row: added by the batch that causes the work, so that the two are one commit, and removed by
 * the batch that holds what the work caused. Memory holds which ids are due when, 8 bytes an id
 * that is due and 16 one that waits; it is filled by one walk over the rows when the kind is added,
 * and then by each commit.
 *
 * All times are world time, in epoch milliseconds. Any thread may call what adds, removes and arms.
 */
#include "hub/hub.h"

struct hub_due_item {
    uint64_t id;     /* hub_due_put gives one where it is 0 */
    int64_t due_ms;  /* not before then; 0: at once */
    int64_t born_ms; /* when its cause was committed */
    uint64_t attempts;
    str payload; /* the owner's; to run(): a view that lives as long as the call */
};

/* What becomes of an item that was run. */
enum hub_due_result {
    HUB_DUE_DONE,  /* the row goes, in the batch */
    HUB_DUE_AGAIN, /* the row is written again, in the batch, with what the item now says */
    /*
     * The row stays as it is: the owner removes it (hub_due_del) or puts it again when the work is
     * over, or has done so. item->due_ms: when to run it again in any case, INT64_MAX when only
     * hub_due_put or hub_due_arm will tell. That time is kept in memory alone.
     */
    HUB_DUE_LEFT,
    HUB_DUE_DAMAGED, /* the payload cannot be read: the row is kept aside, and the log names it */
};

/*
 * Does the work of one item, in a thread of the kind. What it adds to batch is committed together
 * with what becomes of the row. Several items share a batch; when the batch's conditions fail the
 * call is made again, so it has no effects but the batch: unless at_once is 1 and nothing is added
 * to the batch. It reads the newest state.
 */
typedef enum hub_due_result hub_due_fn(void *ctx, struct store_batch *batch,
                                       struct hub_due_item *item);

struct hub_due_kind {
    const char *name; /* in the rows' keys, and of the threads: at most 15 characters; kept */
    /*
     * The longest wait that its owner ever asks for. What seems to be due later than that from now
     * was put before the clock went back, and is due at once. Longer waits are cut to it.
     */
    int64_t longest_ms;
    unsigned at_once; /* items of one batch, at most HUB_DUE_MOST; 0: 1 */
    unsigned threads; /* 0: 1. threads * at_once is at most HUB_DUE_MOST. */
    bool in_memory;   /* has no rows: items are ids that hub_due_arm gave, forgotten at the end */
    hub_due_fn *run;
    /*
     * Called at start, after hub_kick, and when the world time it answered has come, before the
     * items that are due; or NULL.
     */
    hub_timer_fn *look;
    /* How many items its owner has (HUB_DUE_LEFT), with locks of its own; NULL: it does not say. */
    uint64_t (*owned)(void *ctx);
    void *ctx;
};
enum { HUB_DUE_MOST = 64 };

/*
 * Before hub_start. Loads the rows of an earlier life; when they cannot be read hub_start says so.
 * The kind lives as long as the hub.
 */
struct hub_due *hub_due_add(struct hub *hub, const struct hub_due_kind *kind);

/*
 * Writes the item's row; when the batch is durable the item is armed. An id that has a row already
 * gets the new one. Returns the id. Rows are changed blind: only who has the item in hand changes
 * its row.
 */
uint64_t hub_due_put(struct hub_due *due, struct store_batch *batch,
                     const struct hub_due_item *item);
void hub_due_del(struct hub_due *due, struct store_batch *batch, uint64_t id);
/*
 * The item is looked at when that time has come, and at once when it is 0; its row decides whether
 * it is due then. While the item is being run: afterwards. In memory alone.
 */
void hub_due_arm(struct hub_due *due, uint64_t id, int64_t due_ms);
/*
 * Reads an item's row; ret->payload is a view into *bytes. 0, STORE_E_ABSENT, STORE_E_DAMAGED or
 * -errno.
 */
int hub_due_get(struct hub_due *due, uint64_t id, struct buf *bytes, struct hub_due_item *ret);

/* ---- How much there is ---- */
/* The items of one kind that has rows. */
struct hub_backlog {
    const char *kind;
    /*
     * Items that are due, that wait for their time, or that a thread or the owner has in work. As
     * memory knows them: one that was armed twice may count twice for a moment.
     */
    uint64_t waiting;
    int64_t oldest_ms; /* when the oldest was born; 0: there is none */
};
enum { HUB_MOST_BACKLOGS = 8 };
/*
 * Of every kind that has rows: how many. Costs a lock and one look for the first row of each kind,
 * however many there are. Any thread.
 */
size_t hub_backlogs(struct hub *hub, struct hub_backlog ret[HUB_MOST_BACKLOGS]);

/* ---- For tests, and kinds whose hub has not been started ---- */
/* Runs whatever is due in the caller's thread; answers when the next is due, INT64_MAX: never. */
int64_t hub_due_work(struct hub_due *due);
/* Forgets what memory holds and reads the rows again, as a start does. */
int hub_due_reload(struct hub_due *due, struct err *err);

/* ---- The rows; for migrations too ---- */
void hub_due_key(struct buf *key, const char *kind, uint64_t id);
void hub_due_encode(struct buf *out, const struct hub_due_item *item);
/* All but the id. False: not such a row. */
bool hub_due_decode(str bytes, struct hub_due_item *ret);
/* Where a row that cannot be read is kept. */
void hub_due_damaged_key(struct buf *key, const char *kind, uint64_t id);
