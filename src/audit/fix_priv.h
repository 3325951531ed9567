#pragma once
/*
 * audit/fix: what the files of the fix engine share. Findings' edits become changes of nodes (fix.c),
 * changes become splices of the text (fix_splice.c), their texts are written by fix_block.c and
 * fix_flow.c in the file's style (fix_style.c). One fixer is one call of audit_fix_file; one thread.
 *
 * Where a place is not understood, the edit is refused, and with it its finding's fix.
 */
#include "audit/audit_priv.h"
#include "audit/fix.h"

/* ---- Values to be written ---- */

/* A value as a rule wrote it. Immutable, in the fixer's arena. */
struct fix_value {
    enum tmpl_kind kind;
    bool is_flow;    /* a collection in brackets */
    bool short_form; /* a map of one function that was written as a tag */
    bool is_block;   /* a scalar behind | or > */
    bool is_plain;   /* a scalar without quotes */
    str text;        /* of a scalar */
    str written; /* a scalar as the rule wrote it, on one line; absent: it must be quoted anew */
    str dotted;  /* of a short GetAtt: "A.Arn" */
    const struct fix_member *members;
    size_t n;
};
struct fix_member {
    str key; /* absent in a list */
    const struct fix_value *value;
};
/* NULL: the text is no YAML. */
const struct fix_value *audit_fixer_value(struct arena *arena, str yaml);
/* {key: value}; of a list where key is absent. */
const struct fix_value *audit_fixer_wrap(struct arena *arena, str key,
                                         const struct fix_value *value);
bool audit_fixer_is_same(const struct fix_value *a, const struct fix_value *b);
/* Both maps in one; NULL: they say different things in one place. */
const struct fix_value *audit_fixer_merge(struct arena *arena, const struct fix_value *a,
                                          const struct fix_value *b);

/* ---- The fixer ---- */

/* How a file is written. */
struct fix_style {
    bool is_json, is_crlf;
    bool is_long;      /* functions are written out, never as tags */
    bool has_inline;   /* some collections stand on one line */
    bool blank_lines;  /* between sections */
    bool colon_blank;  /* flow: a blank behind colons and commas */
    unsigned unit;     /* block: columns a level */
    unsigned list_off; /* block: columns of a dash right of its key */
    str flow_unit;     /* flow over lines: the blanks of a level */
};

enum fix_kind { FIX_ADD, FIX_REPLACE, FIX_REMOVE, FIX_TEXT };
enum { FIX_FIRST = UINT32_MAX }; /* after: before the first member */
struct fix_change {
    enum fix_kind kind;
    const struct tmpl_node *node; /* ADD: the map or list; REPLACE and REMOVE: the value */
    size_t after;                 /* ADD: behind which member */
    str key;                      /* ADD to a map; absent for a list */
    const struct fix_value *value;
    size_t order;    /* ADD: of those behind one member the least comes first */
    str text;        /* TEXT */
    size_t from, to; /* what it takes of the text; equal: a point */
};

struct fixer {
    const struct audit_file *file;
    const struct tmpl_node *root; /* NULL: no template */
    struct arena arena;
    struct fix_style style;
    struct fix_change *changes;
    size_t n, cap;
};
void audit_fixer_style(struct fixer *x);

/* ---- Places ---- */

/* Where a node of the tree stands. */
struct fix_place {
    const struct tmpl_node *node, *parent; /* parent NULL: it is the root */
    size_t index;                          /* in parent */
    bool in_flow;                          /* parent, or what it is in, is in brackets */
    bool behind_tag;                       /* parent is the function whose tag stands before it */
    bool behind_dash;                      /* an element of a block list, perhaps behind a tag */
    size_t column; /* block: of the key or the dash that it stands behind; from 0 */
};
bool audit_fixer_find(const struct fixer *x, const struct tmpl_node *node, struct fix_place *ret);
/*
 * The node of the tree that a value was made of (audit_values makes what a function comes to, in the
 * function's place), or itself; NULL: none of this file's.
 */
const struct tmpl_node *audit_fixer_written(const struct fixer *x, const struct tmpl_node *node);
/* Bytes of the text. A node's start is behind its tag if place says that the tag is its parent's. */
size_t audit_fixer_start(const struct fixer *x, const struct fix_place *place);
/* Behind tag, blanks and comments: where a node's own text begins. */
size_t audit_fixer_content(const struct fixer *x, const struct tmpl_node *node);
bool audit_fixer_is_flow(const struct fixer *x, const struct tmpl_node *node);
/* Behind the node's last character; a block scalar ends before the end of its last line. */
size_t audit_fixer_end(const struct fixer *x, const struct tmpl_node *node);
/* Of the line: its first byte, its first that is no blank, and where its end mark begins. */
size_t audit_fixer_line(const struct fixer *x, size_t at);
size_t audit_fixer_indent(const struct fixer *x, size_t at);
size_t audit_fixer_line_end(const struct fixer *x, size_t at);
/* Behind the colon, the dash or the tag before a value in a block; SIZE_MAX: not understood. */
size_t audit_fixer_mark(const struct fixer *x, const struct fix_place *place);
/* Of a block list that has elements: the byte of its first dash; SIZE_MAX: not understood. */
size_t audit_fixer_dash(const struct fixer *x, const struct tmpl_node *list, size_t index);
static inline bool audit_fixer_is_blank(char c) { return c == ' ' || c == '\t'; }
static inline bool audit_fixer_is_space(char c) {
    return audit_fixer_is_blank(c) || c == '\n' || c == '\r';
}

/* ---- Texts ---- */

/*
 * A value behind a key's colon (in column) or a dash: " x" or a line end and lines; no line end
 * behind it. gap: blanks behind the dash.
 */
void audit_fixer_put_behind_key(const struct fixer *x, struct buf *out,
                                const struct fix_value *value, size_t column);
void audit_fixer_put_behind_dash(const struct fixer *x, struct buf *out,
                                 const struct fix_value *value, size_t column, size_t gap);
/* A key of a block map, with the quotes that the first key of the map has. */
void audit_fixer_put_key(struct buf *out, str key, char quote);
/* A scalar in YAML; in_flow: within brackets; is_quoted: strings have double quotes there. */
void audit_fixer_put_scalar(struct buf *out, const struct fix_value *value, bool in_flow,
                            bool is_quoted);

/* How one bracket is written. */
struct flow_style {
    bool is_lines;    /* a line for each member */
    bool is_flat;     /* and each of those ends on its line */
    bool is_quoted;   /* keys and strings in double quotes */
    bool has_pad;     /* blanks inside of brackets on one line */
    bool colon_blank; /* ": " */
    bool comma_blank; /* ", " */
    str indent;       /* is_lines: the blanks before its members */
};
/* Of a collection in brackets that has members; where: of the line of its last. */
struct flow_style audit_fixer_flow_style(const struct fixer *x, const struct tmpl_node *node);
/* A value within brackets of that style: its own members stand one level deeper. */
void audit_fixer_put_flow(const struct fixer *x, struct buf *out, const struct fix_value *value,
                          const struct flow_style *style);
void audit_fixer_put_flow_key(struct buf *out, str key, const struct flow_style *style);
/* "Sub": the tag of a function that was written as one. */
str audit_fixer_tag(const struct fix_value *value);
/* On one line, in a block. */
void audit_fixer_put_line(const struct fixer *x, struct buf *out, const struct fix_value *value);

/* ---- Splices ---- */

/* audit_fix_file, and which findings are among them: is_put has one for each. */
size_t audit_fixer_put(const struct audit_file *file, struct audit_finding *const *findings,
                       size_t n, struct buf *out, bool *is_put);

/* What a change takes of the text, in change->from and to. False: the place is not understood. */
bool audit_fixer_measure(struct fixer *x, struct fix_change *c);
/* The text with all changes. */
void audit_fixer_write(struct fixer *x, struct buf *out);
