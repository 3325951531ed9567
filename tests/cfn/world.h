#pragma once
/*
 * A world for the stack engine: its store, and resources that only pretend (a queue whose name says
 * what it does), or that are made of one pretended service. Time is moved, and the engine is thrown
 * away between any two steps, as a killed daemon would be. One world at a time.
 */
#include "lib/tmp.h"

#include "base/clock.h"
#include "cfn/cfn.h"
#include "cfn/start.h"
#include "store/key.h"

/* A service that has one thing, or none. */
struct service {
    const char *type, *props;
    const char *make, *ask, *drop;
    const char *gone;   /* the code; NULL: the answer is empty */
    const char *taken;  /* the code with which make refuses what is there; NULL: it adopts it */
    const char *answer; /* of make and ask */
};

struct world {
    char data[128];
    struct store *store;
    struct hub *hub;
    struct cfn_engine *engine;
    struct buf log;                     /* what the fake verbs were asked, in order */
    struct buf uuid;                    /* of the stack */
    struct buf request;                 /* the last custom resource request */
    int die_in;                         /* >0: stop the engine in that many verbs */
    void (*meanwhile)(struct world *w); /* what others do while a verb is called, once */
    const struct service *service;      /* that resources are made of; NULL: they are pretended */
    bool is_there;                      /* what the service has */
    bool no_function;                   /* Invoke is refused: it was deleted */
};

extern const struct cfn_place place;
extern const struct cfn_backend backend;

/* Setup and teardown of a test; *state is the world. */
int open_world(void **state);
int close_world(void **state);
#define T(fn) cmocka_unit_test_setup_teardown(fn, open_world, close_world)
/* A new engine over the same rows. */
void restart(struct world *w);

/* A stack to look at, or to change. */
struct held {
    struct arena arena;
    struct rows rows;
    struct cfn_stack stack;
};
void held_deinit(struct held *h);
void hold(struct world *w, struct held *h);
int commit(struct held *h);

/* Each begins an operation of the stack that was created last; cfn_engine_work carries it out. */
void create_stack(struct world *w, const char *name, const char *text,
                  struct cfn_operation options);
void change_stack(struct world *w, enum cfn_op_kind kind, const char *text, json_t *retained);
void retry_stack(struct world *w, const char *text); /* an update whose rollback is disabled */
void update_stack(struct world *w, const char *text);
void delete_stack(struct world *w);
void force_deletion(struct world *w); /* what cannot be deleted is let go of */
/* What the stack's resource is, as text in buf; empty: there is none. */
void physical_of(struct world *w, const char *name, struct buf *buf);
/* A deletion while another operation is under way. */
void take_over(struct world *w);

/* The condition of the commit that is to come does not hold. */
void lose_outcome(struct world *w);

void check_status(struct world *w, const char *status);
int each_event(struct world *w, int (*each)(void *, void *), void *ctx);
void check_events(struct world *w, const char *want);

#define QUEUE "Type: AWS::SQS::Queue"
/* A template with a custom resource X, and a queue Q that needs it. */
extern const char custom[];
/* The function answers the last request. */
void answer(struct world *w, const char *json);
/* A function puts something to the URL of a request: the status. */
int put_answer(struct world *w, const struct buf *request, str body);
/* Nobody is waited for any more. */
void no_answer_is_awaited(struct world *w);
