#pragma once
/*
 * tmpl/yaml: what the two YAML readers share, and the parts of our own.
 *
 * Our own reader knows the YAML that people write into templates: block and flow collections, plain,
 * quoted and block scalars, short tags, comments. It reads in one of two ways:
 *
 *   fast      whatever it does not know for sure, wrong or merely unusual, makes it give up, and libyaml
 *             reads the text: trees, places and refusals are libyaml's, always.
 *   mending   after libyaml has refused the text: what is wrong is told and passed over, so that all
 *             faults come at once, with the tree that can be had. What is unusual makes it give up.
 *
 * One reader is one call, in one thread. Lines end in LF or CR LF; a NUL stands behind the text.
 */
#include "tmpl/build_priv.h"

/* ---- Tags (yaml_tags.c) ---- */

/* The long key of a short tag ("!Sub": "Fn::Sub"); NULL: it is none. */
const char *tmpl_yaml_long_key(str tag);
/* {key: value} in place of a tagged value; "A.B" of a GetAtt is cut. NULL: the fault is set. */
struct tmpl_node *tmpl_yaml_wrap(struct tmpl_builder *b, const char *key, struct tmpl_node *value);

/* ---- Readers ---- */

/* By libyaml's events: 0, or TMPL_E_TEMPLATE with the builder's fault filled. */
int tmpl_yaml_read_lib(struct tmpl_builder *b, str text, struct tmpl_node **ret);
/*
 * Our own, fast: false where libyaml must read. What it built till then stays in the arena, and the
 * builder is as it was.
 */
bool tmpl_yaml_read_own(struct tmpl_builder *b, str text, struct tmpl_node **ret);
/*
 * Our own, mending: adds what is wrong to b->faults, where the builder has it. NULL: nothing can be
 * understood.
 */
struct tmpl_node *tmpl_yaml_mend(struct tmpl_builder *b, str text);

/* ---- Our own reader ---- */

struct yaml {
    struct tmpl_builder *b; /* b->faults: NULL when it is fast */
    const char *p;          /* the text */
    size_t at, line_at;     /* the next byte, and where its line begins */
    uint32_t line;          /* from 1 */
    bool is_ascii;
    size_t counted_at;   /* a byte of this line or an earlier one */
    size_t n_continued;  /* bytes of UTF-8 that continue a character, from its line's begin to it */
    size_t counted_line; /* where that line begins */
    uint32_t told_line;  /* mending: the last line that has a fault; there is one each */
    int tab_width;       /* mending: columns that a tab is taken for */
    int flow_indent;     /* of the block around a flow collection */
    bool is_flow_broken; /* mending: brackets that are open are closed without another word */
    struct buf scratch;  /* scalars over several lines, or with escapes */
};

static inline bool yaml_is_break(char c) { return c == '\n' || c == '\r'; }
static inline bool yaml_is_blank(char c) { return c == ' ' || c == '\t'; }
static inline bool yaml_is_blankz(char c) {
    return yaml_is_blank(c) || yaml_is_break(c) || c == '\0';
}

/* All that fail: non-zero, and the reading is over. */
enum { YAML_OVER = 1 };
/* What we do not know for sure. */
static inline int yaml_unsure(struct yaml *) { return YAML_OVER; }
#define YAML_MERGE "YAML merge keys are not allowed in CloudFormation templates"
/* What is wrong: over when fast; told and 0 when mending, once a line. */
int tmpl_yaml_wrong(struct yaml *y, struct tmpl_pos at, const char *fmt, ...) PRINTF_LIKE(3, 4);
static inline bool yaml_is_mending(const struct yaml *y) { return y->b->faults != NULL; }

/* ---- Places (yaml_text.c) ---- */

/* Of a byte of the line that the reader is in. */
struct tmpl_pos tmpl_yaml_pos(struct yaml *y, size_t at);
/* The column of the next byte, from 0, as indentation counts. */
int tmpl_yaml_column(const struct yaml *y);
/* Behind the line break that is the next byte. */
void tmpl_yaml_next_line(struct yaml *y);
/* Where a reader is, to go back to. */
struct yaml_mark {
    size_t at, line_at;
    uint32_t line;
};
static inline struct yaml_mark yaml_mark(const struct yaml *y) {
    return (struct yaml_mark){y->at, y->line_at, y->line};
}
static inline void yaml_go_back(struct yaml *y, struct yaml_mark mark) {
    y->at = mark.at;
    y->line_at = mark.line_at;
    y->line = mark.line;
}
/* "- " is next. */
static inline bool yaml_is_dash(const struct yaml *y) {
    return y->p[y->at] == '-' && yaml_is_blankz(y->p[y->at + 1]);
}
/* To the next token: over spaces, comments and lines. */
int tmpl_yaml_skip(struct yaml *y, bool is_flow);
/* The text is over, or a document is ("---", "..."). */
bool tmpl_yaml_at_end(const struct yaml *y);
/* To the end of the line. */
void tmpl_yaml_to_line_end(struct yaml *y);

/* ---- Scalars (yaml_scalar.c): the next byte is their first one, and behind them afterwards ---- */

/*
 * A plain scalar up to the end of its line, or to what ends it. ret_end: behind its last character; the
 * next byte then is what ended it: ':' where it is a key.
 */
int tmpl_yaml_plain_line(struct yaml *y, bool is_flow, size_t *ret_end);
/* The whole: lines at columns from indent on belong to it. *ret_end: of its last character. */
int tmpl_yaml_plain(struct yaml *y, bool is_flow, int indent, str *ret, struct tmpl_pos *ret_end);
int tmpl_yaml_quoted(struct yaml *y, str *ret);
/* indent: the column of the block that it is in; -1: none. */
int tmpl_yaml_block_scalar(struct yaml *y, int indent, str *ret, struct tmpl_pos *ret_end);

/* ---- Nodes (yaml_node.c, yaml_flow.c, yaml_block.c): likewise ---- */

static inline int yaml_made(const struct tmpl_node *node) { return node ? 0 : YAML_OVER; }
/* null, of no width */
int tmpl_yaml_read_empty(struct yaml *y, struct tmpl_pos at, struct tmpl_node **ret);
/* What an alias or another thing that nobody can know stands for: a function that there is not. */
int tmpl_yaml_read_unknown(struct yaml *y, struct tmpl_pos at, struct tmpl_node **ret);
bool tmpl_yaml_may_begin_plain(const char *p, bool is_flow);
/* start: where the node begins, be it with its tag. */
int tmpl_yaml_read_plain(struct yaml *y, bool is_flow, int indent, struct tmpl_pos start,
                         struct tmpl_node **ret);
int tmpl_yaml_read_quoted(struct yaml *y, struct tmpl_pos start, struct tmpl_node **ret);
int tmpl_yaml_read_block_text(struct yaml *y, int indent, struct tmpl_pos start,
                              struct tmpl_node **ret);
/* The next byte is "!". *ret: the long key; NULL: another tag, mending. */
int tmpl_yaml_read_tag(struct yaml *y, const char **ret);
/* The next byte is "*" or "&": tells that what ("anchors") is not allowed, and goes behind the name. */
int tmpl_yaml_pass_name(struct yaml *y, const char *what);
int tmpl_yaml_read_alias(struct yaml *y, struct tmpl_pos start, struct tmpl_node **ret);
/* A collection in brackets within a block at indent. */
int tmpl_yaml_read_flow(struct yaml *y, int indent, struct tmpl_pos start, struct tmpl_node **ret);

/* What may begin at a place: a list or a map of a block; a list at the column of the block around. */
enum { YAML_MAY_BLOCK = 1 << 0, YAML_MAY_DASH = 1 << 1 };
/* indent: the column of the block around; -1: none. */
int tmpl_yaml_read_node(struct yaml *y, int indent, unsigned may, struct tmpl_pos start,
                        struct tmpl_node **ret);
