#pragma once
/*
 * tmpl: a CloudFormation template as a tree of nodes, each with its place in the text.
 *
 * YAML (libyaml's events) and JSON (an own strict scanner: libyaml accepts what JSON forbids) give
 * the same tree. Short tags are normalised: "!Sub x" is the map {"Fn::Sub": x}, "!GetAtt A.B" is
 * {"Fn::GetAtt": ["A", "B"]}. The stack engine and the auditor both walk this tree.
 *
 * Refused, with line and column: aliases, merge keys, duplicate keys, unknown tags, keys that are
 * not scalars, a second document, text that is not UTF-8, more than TMPL_MAX_DEPTH levels,
 * TMPL_MAX_NODES nodes or TMPL_MAX_TEXT bytes. (CloudFormation refuses aliases and merges too.)
 *
 * A tree is immutable after tmpl_new and may be read by any number of threads.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/outcomes.h"

enum { TMPL_MAX_TEXT = 1 << 20, TMPL_MAX_DEPTH = 64, TMPL_MAX_NODES = 200000 };

/*
 * Counted from 1; a column is a character, not a byte. Line 0: no place. file: which text, where a
 * reader of several numbers them (tmpl_new_all); else 0.
 */
struct tmpl_pos {
    uint32_t line, column, file;
};

/*
 * Plain YAML scalars are typed as YAML 1.1 does, with CloudFormation's reading of it: true/false,
 * yes/no and on/off are booleans; decimal numbers without a leading zero are numbers; all else is a
 * string: dates (2010-09-09), account ids (000123456789), 0x1F, 1_000, 12:30:45.
 */
enum tmpl_kind { TMPL_NULL, TMPL_BOOL, TMPL_NUMBER, TMPL_STRING, TMPL_LIST, TMPL_MAP };

struct tmpl_node {
    enum tmpl_kind kind;
    bool truth;                  /* TMPL_BOOL */
    bool plain;                  /* a scalar written without quotes or block sign */
    bool short_form;             /* a map made from a short tag */
    struct tmpl_pos start, end;  /* end: the first character behind it */
    str text;                    /* scalars: the string, the number as written, "true" or "false" */
    struct tmpl_member *members; /* TMPL_MAP and TMPL_LIST, in their order */
    size_t n;
};
struct tmpl_member {
    str key;                /* absent in a list */
    struct tmpl_pos key_at; /* of the key; of the value in a list */
    struct tmpl_node *value;
};

/* Where a template is wrong, and in AWS's words how. The text ends in " (line L, column C)". */
struct tmpl_fault {
    struct tmpl_pos at;
    struct err why;
};
/* The one outcome of everything in this room that can refuse a template. */
enum { TMPL_E_TEMPLATE = OUTCOMES_TMPL };
/* Fills *fault (when not NULL; the first one wins) and returns TMPL_E_TEMPLATE. */
int tmpl_fail(struct tmpl_fault *fault, struct tmpl_pos at, const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * All that is wrong with a template, for people who would rather not learn of it one by one.
 * Zeroed it is ready; tmpl_faults_deinit. Those beyond TMPL_MAX_FAULTS are only counted.
 */
enum { TMPL_MAX_FAULTS = 50 };
struct tmpl_faults {
    struct arena arena; /* of the texts */
    struct tmpl_told {
        struct tmpl_pos at;
        str text;
    } told[TMPL_MAX_FAULTS]; /* in the order in which they were found */
    size_t n, more;
};
/*
 * Adds one; text is copied, and cut in its middle where it is long. The same words of the same
 * place are told once.
 */
void tmpl_faults_add(struct tmpl_faults *faults, struct tmpl_pos at, str text);
/* True when there is one of that place. */
bool tmpl_faults_has(const struct tmpl_faults *faults, struct tmpl_pos at);
/* A line for each, by their places; a single one is its own words. */
void tmpl_faults_tell(const struct tmpl_faults *faults, struct buf *out);
void tmpl_faults_deinit(struct tmpl_faults *faults);

struct tmpl; /* opaque: the tree and the memory it lives in */
/* The text is copied as far as needed. 0, or TMPL_E_TEMPLATE with *reterr filled. */
int tmpl_new(struct tmpl **ret, str text, struct tmpl_fault *reterr);
/*
 * The same for people who want to know all that is wrong: the reading goes on behind a fault where it can.
 * 0, or TMPL_E_TEMPLATE with one fault or more, of which the first need not be tmpl_new's: brackets and
 * quotes are told where they open. *ret is then what can be had all the same, without what could not be
 * understood (of duplicate keys the first; Fn::Unknown for an alias); NULL: nothing can.
 */
int tmpl_new_all(struct tmpl **ret, str text, uint32_t file, struct tmpl_faults *faults);
struct tmpl *tmpl_free(struct tmpl *t);
DEFINE_FREEP(tmpl)
/* Never NULL; everything that hangs on it lives as long as the tree. */
const struct tmpl_node *tmpl_root(const struct tmpl *t);
bool tmpl_is_json(const struct tmpl *t); /* as it was written */
/* Memory that lives as long as the tree: for what is derived from it before others read it. */
struct arena *tmpl_arena(struct tmpl *t);

/* The value under key, or NULL; node may be NULL or anything else than a map. */
const struct tmpl_node *tmpl_get(const struct tmpl_node *node, const char *key);
const struct tmpl_member *tmpl_member(const struct tmpl_node *node, str key);
/* The text of a string, number or boolean; absent for all else and for NULL. */
str tmpl_text(const struct tmpl_node *node);
static inline bool tmpl_is(const struct tmpl_node *node, enum tmpl_kind kind) {
    return node && node->kind == kind;
}
/* "a map", for messages. */
const char *tmpl_kind_name(enum tmpl_kind kind);

/*
 * The intrinsic function that a node is: a map of one member whose key is "Ref", "Condition" (only
 * where its value is a string) or begins with "Fn::". NULL when it is none.
 */
const struct tmpl_member *tmpl_function(const struct tmpl_node *node);

/*
 * Cuts the text of a Fn::Sub into pieces. *at is 0 at first. TMPL_SUB_END when done; literals come
 * with ${!x} already turned into ${x} (as two pieces). TMPL_SUB_BAD: a ${ with an impossible name.
 */
enum tmpl_sub { TMPL_SUB_END, TMPL_SUB_TEXT, TMPL_SUB_NAME, TMPL_SUB_BAD };
enum tmpl_sub tmpl_sub_next(str text, size_t *at, str *ret_piece);

/*
 * The tree as JSON, long forms, numbers as written where JSON allows: for GetTemplateSummary and
 * tests.
 */
void tmpl_dump(struct buf *out, const struct tmpl_node *node);
