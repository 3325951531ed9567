#pragma once
/* Inside the scrub: walks over rows in pieces (scrub_walk.c), what is done with them (scrub.c). */
#include "base/map.h"
#include "store/blob_priv.h"
#include "store/scrub.h"
#include "store/seen_priv.h"
#include "store/store_priv.h"

enum { SCRUB_MOST_OWNERS = 16 };
struct scrub_owner {
    const struct store_owner *row;
    struct buf prefix; /* of its keys */
};

/* One scrub, on the stack of store_scrub_run. */
struct scrub {
    struct store *store;
    const struct store_scrub_options *o;
    struct store_scrub sum;
    struct err *err;
    struct scrub_owner owners[SCRUB_MOST_OWNERS];
    size_t n_owners;
    int64_t began_ms;    /* real time, as that of files */
    struct seen seen;    /* ids of the files that were read */
    struct map suspects; /* ids of kept files that no row had */
    struct map told;     /* tables that are among the findings: several walks meet them */
    bool second;         /* owners are asked about the suspects alone */
    bool blind;          /* rows could not be read, so what they own was not seen */

    /* the row whose bodies are being looked at */
    const struct store_owner *owner; /* NULL: a row that keeps a file */
    str key, value;
    uint64_t unpaced; /* bytes read since pace was called */
    int stop;         /* what pace answered, or a fault: everything ends */
};

/* A walk over a family, or over the rows below a prefix. Zeroed but for its first members. */
struct scrub_walk {
    enum store_cf cf;
    str prefix;                      /* absent: the whole family */
    const struct store_owner *owner; /* of all its rows, for take; or NULL */
    /* What is called for each row, which may keep a copy in `rows` (scrub_copy). */
    void (*take)(struct scrub *s, struct scrub_walk *w, str key, str value);
    /* Called for each copy, with nothing held: s->owner, key and value are set. Or NULL. */
    int (*look)(struct scrub *s);

    struct buf from, rows;
    struct buf bad_table; /* the last one that could not be read, and is not tried again */
    bool over;
};
/* 0, or s->stop. */
int scrub_walk(struct scrub *s, struct scrub_walk *w);
/* Keeps the row for look. owner NULL: it keeps a file. */
void scrub_copy(struct scrub_walk *w, const struct store_owner *owner, str key, str value);
/* Waits as `pace` does. 0, or s->stop. */
int scrub_pace(struct scrub *s);
/*
 * Hands a finding on. kind and todo are set, with what and the file ("" or NULL: none), and with
 * the names of the row at hand, if it has an owner.
 */
struct scrub_finding {
    const char *kind, *file, *what, *todo;
    unsigned part; /* 0: none */
    bool named;    /* the row at hand is whose it is */
};
void scrub_found(struct scrub *s, const struct scrub_finding *finding);
