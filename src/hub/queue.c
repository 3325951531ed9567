/* hub/queue: the line of what is due, and the heap of what waits. */
#include "hub/queue.h"

enum { FIRST_CAP = 64, KEPT_CAP = 4096 }; /* an empty array that is larger is released */

void hub_queue_deinit(struct hub_queue *q) {
    free(q->ready.ids);
    free(q->heap);
    *q = (struct hub_queue){.longest_ms = q->longest_ms};
}

/* ---- The line ---- */
/* The line is full. */
static void line_grow(struct hub_queue *q) {
    size_t cap = q->ready.cap ? q->ready.cap * 2 : FIRST_CAP;
    uint64_t *ids = mem_realloc(NULL, cap * sizeof *ids);
    for (size_t i = 0; i < q->ready.cap; i++)
        ids[i] = q->ready.ids[(q->ready.first + i) % q->ready.cap];
    free(q->ready.ids);
    q->ready.ids = ids;
    q->ready.first = 0;
    q->ready.cap = cap;
}

static void line_push(struct hub_queue *q, uint64_t id) {
    if (q->ready.n == q->ready.cap)
        line_grow(q);
    q->ready.ids[(q->ready.first + q->ready.n++) % q->ready.cap] = id;
}

static uint64_t line_pop(struct hub_queue *q) {
    uint64_t id = q->ready.ids[q->ready.first];
    q->ready.first = (q->ready.first + 1) % q->ready.cap;
    if (--q->ready.n == 0 && q->ready.cap > KEPT_CAP) {
        free(q->ready.ids);
        q->ready.ids = NULL;
        q->ready.first = q->ready.cap = 0;
    }
    return id;
}

/* ---- The heap ---- */
static bool before(struct hub_wait a, struct hub_wait b) {
    return a.due_ms != b.due_ms ? a.due_ms < b.due_ms : a.id < b.id;
}

static void heap_push(struct hub_queue *q, struct hub_wait wait) {
    if (q->n == q->cap) {
        q->cap = q->cap ? q->cap * 2 : FIRST_CAP;
        q->heap = mem_realloc(q->heap, q->cap * sizeof *q->heap);
    }
    size_t i = q->n++;
    for (; i > 0 && before(wait, q->heap[(i - 1) / 2]); i = (i - 1) / 2)
        q->heap[i] = q->heap[(i - 1) / 2];
    q->heap[i] = wait;
}

static uint64_t heap_pop(struct hub_queue *q) {
    struct hub_wait first = q->heap[0], last = q->heap[--q->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < q->n; i = child) {
        if (child + 1 < q->n && before(q->heap[child + 1], q->heap[child]))
            child++;
        if (!before(q->heap[child], last))
            break;
        q->heap[i] = q->heap[child];
    }
    q->heap[i] = last;
    if (q->n == 0 && q->cap > KEPT_CAP) {
        free(q->heap);
        q->heap = NULL;
        q->cap = 0;
    }
    return first.id;
}

/* ---- Both ---- */
/* Unsigned: the difference of any two times fits, whatever a row says. */
static bool is_beyond(const struct hub_queue *q, int64_t due_ms, int64_t now_ms) {
    return due_ms > now_ms && (uint64_t)due_ms - (uint64_t)now_ms > (uint64_t)q->longest_ms;
}

bool hub_queue_is_due(const struct hub_queue *q, int64_t due_ms, int64_t now_ms) {
    return due_ms <= now_ms || is_beyond(q, due_ms, now_ms);
}

void hub_queue_add(struct hub_queue *q, uint64_t id, int64_t due_ms, int64_t now_ms) {
    if (is_beyond(q, due_ms, now_ms))
        due_ms = now_ms + q->longest_ms;
    if (due_ms <= now_ms)
        line_push(q, id);
    else
        heap_push(q, (struct hub_wait){due_ms, id});
}

/* The clock went back: what is too far ahead now was near when it was set. */
static void went_back(struct hub_queue *q, int64_t now_ms) {
    struct hub_queue rest = {.longest_ms = q->longest_ms};
    while (q->n > 0) {
        int64_t due_ms = q->heap[0].due_ms;
        uint64_t id = heap_pop(q);
        if (is_beyond(q, due_ms, now_ms))
            line_push(q, id);
        else
            heap_push(&rest, (struct hub_wait){due_ms, id});
    }
    free(q->heap);
    q->heap = rest.heap;
    q->n = rest.n;
    q->cap = rest.cap;
}

bool hub_queue_take(struct hub_queue *q, int64_t now_ms, uint64_t *ret_id) {
    if (now_ms < q->seen_ms)
        went_back(q, now_ms);
    q->seen_ms = now_ms;
    while (q->n > 0 && q->heap[0].due_ms <= now_ms)
        line_push(q, heap_pop(q));
    if (q->ready.n == 0)
        return false;
    *ret_id = line_pop(q);
    return true;
}

int64_t hub_queue_next_ms(const struct hub_queue *q) {
    return q->ready.n > 0 ? 0 : q->n > 0 ? q->heap[0].due_ms : INT64_MAX;
}
