/*
 * audit/fix: audits and fixes by turns until nothing more can be fixed. A round that breaks the text,
 * adds a finding or leaves its own where it was is not taken: then the rules that are to blame are left
 * out. What is worth a note only may come with what mends worse: a new topic without a key of its own.
 */
#include "audit/fix_priv.h"

/* An audit of one text, and how many findings of each rule there are. */
struct look {
    struct audit *a;
    struct audit_finding *const *findings;
    size_t n;
    size_t *counts; /* by the rule's place in audit_rules */
    bool *is_put;   /* by finding: its fix is in the text that comes next */
    int r;
};

static size_t number_of(const struct audit_rule *rule) {
    size_t i = 0;
    while (audit_rules[i] != rule)
        i++;
    return i;
}

static struct look look_at(const struct audit_options *options, const char *path, str text) {
    struct look l = {.a = audit_new(options)};
    l.r = audit_template_read(l.a, path, text);
    l.findings = audit_findings(l.a, &l.n);
    l.counts = mem_zalloc(audit_n_rules * sizeof *l.counts);
    l.is_put = mem_zalloc((l.n + 1) * sizeof *l.is_put);
    for (size_t i = 0; i < l.n; i++)
        l.counts[number_of(l.findings[i]->rule)]++;
    return l;
}

static void look_deinit(struct look *l) {
    audit_free(l->a);
    free(l->counts);
    free(l->is_put);
}

struct whole {
    const struct audit_options *options;
    const char *path;
    struct look now;
    bool *is_left_out;             /* rules that fixed nothing, or broke something */
    const struct audit_rule *only; /* in this try; NULL: all */
};

static bool is_wanted(const struct whole *w, const struct audit_finding *f) {
    return f->edits && !w->is_left_out[number_of(f->rule)] && (!w->only || f->rule == w->only);
}

/* The text after the fixes that are wanted; how many there are. */
static size_t put_fixes(struct whole *w, struct buf *out) {
    CLEANUP_MEM struct audit_finding **wanted = mem_alloc((w->now.n + 1) * sizeof *wanted);
    CLEANUP_MEM bool *is_put = mem_zalloc((w->now.n + 1) * sizeof *is_put);
    size_t n = 0;
    for (size_t i = 0; i < w->now.n; i++)
        if (is_wanted(w, w->now.findings[i]))
            wanted[n++] = w->now.findings[i];
    size_t n_put = audit_fixer_put(audit_file_of(w->now.a, 0), wanted, n, out, is_put);
    for (size_t i = 0, j = 0; i < w->now.n; i++)
        w->now.is_put[i] = is_wanted(w, w->now.findings[i]) && is_put[j++];
    return n_put;
}

static bool is_better(const struct look *before, const struct look *after) {
    if (after->r || after->n >= before->n)
        return false;
    for (size_t i = 0; i < audit_n_rules; i++)
        if (after->counts[i] > before->counts[i] && audit_rules[i]->severity > AUDIT_INFO)
            return false;
    for (size_t i = 0; i < before->n; i++) {
        size_t rule = number_of(before->findings[i]->rule);
        if (before->is_put[i] && after->counts[rule] >= before->counts[rule])
            return false;
    }
    return true;
}

enum outcome { NOTHING, WORSE, BETTER };

/* One try; BETTER: *text and what is seen in it are the new ones. */
static enum outcome try(struct whole *w, struct buf *text) {
    struct buf out = {0};
    if (put_fixes(w, &out) == 0) {
        buf_deinit(&out);
        return NOTHING;
    }
    struct look after = look_at(w->options, w->path, buf_view(&out));
    if (!is_better(&w->now, &after)) {
        look_deinit(&after);
        buf_deinit(&out);
        return WORSE;
    }
    look_deinit(&w->now);
    w->now = after;
    buf_deinit(text);
    *text = out;
    return BETTER;
}

/* After a bad round: each rule by itself, and those that are bad by themselves are left out. */
static enum outcome try_each(struct whole *w, struct buf *text) {
    enum outcome r = NOTHING;
    for (size_t i = 0; i < audit_n_rules; i++) {
        w->only = audit_rules[i];
        enum outcome one = w->now.counts[i] ? try(w, text) : NOTHING;
        if (one == WORSE)
            w->is_left_out[i] = true;
        if (one == BETTER)
            r = BETTER;
    }
    w->only = NULL;
    return r;
}

/* A text that is broken somewhere is not touched: what is read around a fault is a guess. */
static bool is_sound(const struct look *l) {
    for (size_t i = 0; i < l->n; i++)
        if (l->findings[i]->rule == &audit_rule_template_invalid)
            return false;
    return l->r == 0;
}

int audit_fix_text_whole(const struct audit_options *options, const char *path, str text,
                         struct buf *out, size_t *ret_fixed, size_t *ret_left) {
    struct whole w = {.options = options,
                      .path = path,
                      .now = look_at(options, path, text),
                      .is_left_out = mem_zalloc(audit_n_rules * sizeof *w.is_left_out)};
    struct buf best = {0};
    buf_str(&best, text);
    size_t n = w.now.n;
    int r = w.now.r;
    enum outcome last = is_sound(&w.now) ? BETTER : NOTHING;
    for (int round = 0; round < AUDIT_FIX_ROUNDS && last == BETTER; round++) {
        last = try(&w, &best);
        if (last == WORSE)
            last = try_each(&w, &best);
        if (last == BETTER) /* what did not fit may fit what there is by then */
            memset(w.is_left_out, 0, audit_n_rules * sizeof *w.is_left_out);
    }
    buf_str(out, buf_view(&best));
    *ret_left = w.now.n;
    *ret_fixed = n > w.now.n ? n - w.now.n : 0;
    buf_deinit(&best);
    look_deinit(&w.now);
    free(w.is_left_out);
    return r;
}
