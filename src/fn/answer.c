/* fn/answer: a message is collected and read; a derivative's bytes are read into its own buffer. */
#include "fn/answer.h"

#include <errno.h>
#include <unistd.h>

enum { FRONT = 4096 };

void fn_answer_deinit(struct fn_answer *a) {
    buf_deinit(&a->front);
    buf_deinit(&a->body);
}

static void hand_on(struct fn_answer *a) {
    a->in_body = false;
    a->taker.take(a->taker.ctx, &a->current, &a->body);
    buf_deinit(&a->body);
    buf_clear(&a->front);
}

/* The bytes behind the message, as far as they came with it, are the body's first. */
static int begin_body(struct fn_answer *a, str behind) {
    const struct imgjob_derivative *d = &a->current;
    if (a->has_result || d->wish >= a->wishes || a->seen[d->wish] || d->size == 0)
        return -EBADMSG;
    str first = str_slice(behind, 0, d->size);
    a->seen[d->wish] = true;
    a->n_seen++;
    a->in_body = true;
    buf_reserve(&a->body, d->size);
    buf_str(&a->body, first);
    return 1;
}

/* Messages that are whole in the front. What stands behind a body that came whole is the next one. */
static int read_front(struct fn_answer *a) {
    struct imgjob_message m;
    ptrdiff_t n;
    while (a->front.len && (n = imgjob_get_message(buf_view(&a->front), &m)) != 0) {
        str behind = n > 0 ? str_skip(buf_view(&a->front), (size_t)n) : STR_NONE;
        if (n < 0 || a->has_result)
            return -EBADMSG;
        if (m.is_result) {
            a->has_result = true;
            a->result = m.result;
            return behind.len ? -EBADMSG : 1;
        }
        a->current = m.derivative;
        if (begin_body(a, behind) < 0)
            return -EBADMSG;
        if (a->body.len < a->current.size)
            return 1;
        CLEANUP_DEINIT(buf) struct buf rest = {0};
        buf_str(&rest, str_skip(behind, a->current.size));
        hand_on(a);
        buf_str(&a->front, buf_view(&rest));
    }
    return 1;
}

static ssize_t read_into(int fd, struct buf *b, size_t most) {
    ssize_t n = read(fd, buf_reserve(b, most), most);
    if (n < 0)
        return errno == EINTR ? -EAGAIN : -errno;
    b->len += (size_t)n;
    b->p[b->len] = '\0';
    return n;
}

int fn_answer_read(struct fn_answer *a, int fd) {
    if (a->in_body) {
        ssize_t n = read_into(fd, &a->body, a->current.size - a->body.len);
        if (n > 0 && a->body.len == a->current.size)
            hand_on(a);
        return n > 0 ? 1 : (int)n;
    }
    if (a->has_result) { /* nothing may follow, and the result's texts must not move */
        char more;
        ssize_t n = read(fd, &more, 1);
        return n > 0 ? -EBADMSG : n == 0 ? 0 : errno == EINTR ? -EAGAIN : -errno;
    }
    ssize_t n = read_into(fd, &a->front, FRONT);
    return n > 0 ? read_front(a) : (int)n;
}

bool fn_answer_is_whole(const struct fn_answer *a) {
    bool complete = a->result.status != IMGJOB_DONE || a->n_seen == a->wishes;
    return a->has_result && !a->in_body && complete;
}
