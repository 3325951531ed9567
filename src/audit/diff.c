/*
 * audit/diff: the difference of two texts as `diff -u` writes it. Lines are compared by "An O(ND)
 * Difference Algorithm and Its Variations" (Myers, 1986), in linear space.
 */
#include "audit/fix.h"

#include "base/map.h"

enum { CONTEXT = 3, MOST_STEPS = 2000 }; /* beyond: what is left counts as replaced */

struct side {
    str *lines;     /* each with its end */
    uint32_t *ids;  /* equal lines have equal ones */
    bool *is_other; /* not in the other text */
    size_t n;
};
struct differ {
    struct side a, b;
    ptrdiff_t *forward, *backward; /* furthest points by diagonal; the middle one is 0 */
};

/* ---- Lines ---- */

static void cut_lines(struct side *s, str text, struct map *seen, uint32_t *n_seen) {
    size_t n = 1;
    for (size_t i = 0; i < text.len; i++)
        n += text.p[i] == '\n';
    *s = (struct side){.lines = mem_alloc(n * sizeof *s->lines),
                       .ids = mem_alloc(n * sizeof *s->ids),
                       .is_other = mem_zalloc(n * sizeof *s->is_other)};
    while (text.len) {
        ptrdiff_t end = str_chr(text, '\n');
        str line = str_slice(text, 0, end < 0 ? text.len : (size_t)end + 1);
        uintptr_t id = (uintptr_t)map_get(seen, line);
        if (!id) {
            id = ++*n_seen;
            map_put(seen, line, (void *)id);
        }
        s->lines[s->n] = line;
        s->ids[s->n++] = (uint32_t)id;
        text = str_skip(text, line.len);
    }
}

static void side_deinit(struct side *s) {
    free(s->lines);
    free(s->ids);
    free(s->is_other);
}

/* ---- What differs ---- */

/* Parts of both sides. */
struct box {
    size_t a0, a1, b0, b1;
};

/* The furthest point on a diagonal with one step more. */
static ptrdiff_t step(const ptrdiff_t *v, ptrdiff_t k, ptrdiff_t steps) {
    return k == -steps || (k != steps && v[k - 1] < v[k + 1]) ? v[k + 1] : v[k - 1] + 1;
}

/* A point on a shortest way through the box; false: none within the bound. */
static bool middle(const struct differ *d, const struct box *box, size_t *ret_a, size_t *ret_b) {
    const uint32_t *a = d->a.ids + box->a0, *b = d->b.ids + box->b0;
    ptrdiff_t n = (ptrdiff_t)(box->a1 - box->a0), m = (ptrdiff_t)(box->b1 - box->b0);
    ptrdiff_t *f = d->forward, *r = d->backward, delta = n - m, x, y;
    f[1] = r[1] = 0;
    for (ptrdiff_t steps = 0; steps <= (n + m + 1) / 2 && steps < MOST_STEPS; steps++) {
        for (ptrdiff_t k = -steps; k <= steps; k += 2) {
            for (x = step(f, k, steps), y = x - k; x < n && y < m && a[x] == b[y]; x++)
                y++;
            f[k] = x;
            ptrdiff_t other = delta - k;
            if (delta % 2 && other > -steps && other < steps && x + r[other] >= n && x <= n &&
                y <= m) {
                *ret_a = box->a0 + (size_t)x;
                *ret_b = box->b0 + (size_t)y;
                return true;
            }
        }
        for (ptrdiff_t k = -steps; k <= steps; k += 2) {
            for (x = step(r, k, steps), y = x - k; x < n && y < m && a[n - 1 - x] == b[m - 1 - y];
                 x++)
                y++;
            r[k] = x;
            ptrdiff_t other = delta - k;
            if (delta % 2 == 0 && other >= -steps && other <= steps && x + f[other] >= n &&
                x <= n && y <= m) {
                *ret_a = box->a1 - (size_t)x;
                *ret_b = box->b1 - (size_t)y;
                return true;
            }
        }
    }
    return false;
}

static void compare(struct differ *d, struct box box) {
    while (box.a0 < box.a1 && box.b0 < box.b1 && d->a.ids[box.a0] == d->b.ids[box.b0])
        box.a0++, box.b0++;
    while (box.a0 < box.a1 && box.b0 < box.b1 && d->a.ids[box.a1 - 1] == d->b.ids[box.b1 - 1])
        box.a1--, box.b1--;
    size_t a, b;
    bool is_split = box.a0 < box.a1 && box.b0 < box.b1 && middle(d, &box, &a, &b) &&
                    (a > box.a0 || b > box.b0) && (a < box.a1 || b < box.b1);
    if (is_split) {
        compare(d, (struct box){box.a0, a, box.b0, b});
        compare(d, (struct box){a, box.a1, b, box.b1});
        return;
    }
    for (size_t i = box.a0; i < box.a1; i++)
        d->a.is_other[i] = true;
    for (size_t i = box.b0; i < box.b1; i++)
        d->b.is_other[i] = true;
}

/* ---- Writing ---- */

static void put_line(struct buf *out, char mark, str line) {
    buf_char(out, mark);
    buf_str(out, line);
    if (!str_ends(line, S("\n")))
        buf_c(out, "\n\\ No newline at end of file\n");
}

/* Runs of lines that are in both, or in one. Both cursors move on. */
static size_t skip_common(const struct differ *d, size_t *a, size_t *b, size_t most) {
    size_t n = 0;
    while (n < most && *a < d->a.n && *b < d->b.n && !d->a.is_other[*a] && !d->b.is_other[*b])
        n++, (*a)++, (*b)++;
    return n;
}

static void skip_others(const struct differ *d, size_t *a, size_t *b) {
    while (*a < d->a.n && d->a.is_other[*a])
        (*a)++;
    while (*b < d->b.n && d->b.is_other[*b])
        (*b)++;
}

/* Where the hunk that begins here ends: behind it are more common lines than context shows. */
static void end_of_hunk(const struct differ *d, size_t *a, size_t *b) {
    for (;;) {
        skip_others(d, a, b);
        size_t x = *a, y = *b, n = skip_common(d, &x, &y, SIZE_MAX);
        if (n > (size_t)2 * CONTEXT || (x == d->a.n && y == d->b.n)) {
            skip_common(d, a, b, CONTEXT);
            return;
        }
        *a = x;
        *b = y;
    }
}

static void put_range(struct buf *out, char mark, size_t from, size_t n) {
    buf_printf(out, " %c%zu", mark, n ? from + 1 : from);
    if (n != 1)
        buf_printf(out, ",%zu", n);
}

static void put_hunk(struct buf *out, const struct differ *d, size_t a, size_t b, size_t a_end,
                     size_t b_end) {
    buf_c(out, "@@");
    put_range(out, '-', a, a_end - a);
    put_range(out, '+', b, b_end - b);
    buf_c(out, " @@\n");
    while (a < a_end || b < b_end) {
        if (a < a_end && d->a.is_other[a])
            put_line(out, '-', d->a.lines[a++]);
        else if (b < b_end && d->b.is_other[b])
            put_line(out, '+', d->b.lines[b++]);
        else
            put_line(out, ' ', d->a.lines[(b++, a++)]);
    }
}

static void put_hunks(struct buf *out, const struct differ *d) {
    size_t a = 0, b = 0;
    for (;;) {
        size_t before = skip_common(d, &a, &b, SIZE_MAX);
        if (a == d->a.n && b == d->b.n)
            return;
        size_t context = before < CONTEXT ? before : CONTEXT;
        size_t from_a = a - context, from_b = b - context;
        end_of_hunk(d, &a, &b);
        put_hunk(out, d, from_a, from_b, a, b);
    }
}

void audit_diff(struct buf *out, const char *path, str before, str after) {
    if (str_eq(before, after))
        return;
    struct differ d = {0};
    CLEANUP_DEINIT(map) struct map seen = {0};
    uint32_t n_seen = 0;
    cut_lines(&d.a, before, &seen, &n_seen);
    cut_lines(&d.b, after, &seen, &n_seen);
    const size_t width = 2 * MOST_STEPS + 4;
    CLEANUP_MEM ptrdiff_t *v = mem_zalloc(2 * width * sizeof *v);
    d.forward = v + width / 2;
    d.backward = d.forward + width;
    compare(&d, (struct box){0, d.a.n, 0, d.b.n});
    buf_printf(out, "--- %s\n+++ %s\n", path, path);
    put_hunks(out, &d);
    side_deinit(&d.a);
    side_deinit(&d.b);
}
