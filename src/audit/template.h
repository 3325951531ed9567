#pragma once
/*
 * audit/template: a template as rules see it: resources by type, what a node may be under the
 * template's conditions, what a text would be, and which resource it names.
 *
 * Rules read the tree (tmpl/tmpl.h) through these and never look at Fn::If, Fn::FindInMap, a
 * parameter or SAM's Globals themselves. What only a deployment can know is AUDIT_UNKNOWN: nothing is
 * found in it. Everything lives as long as the audit; one thread.
 */
#include "audit/rule.h"
#include "base/map.h"
#include "tmpl/model.h"

struct audit;
struct audit_guard;
struct audit_logic;
struct audit_system;
struct audit_tags;

/* ---- Files ---- */

/* A text that findings point into: a template, what it includes, or code beside it. */
struct audit_file {
    const char *path; /* as people are told it */
    str text;
    size_t *lines; /* where each line begins in text; the first is 0 */
    size_t n_lines;
    const uint32_t *continuations; /* audit/place.c; NULL: the text is ASCII */
    struct tmpl *tree;             /* NULL: it is code */
    uint32_t number;               /* what a struct tmpl_pos within says as its file */
    struct audit_silences {
        const struct audit_silence *v;
        size_t n;
    } silences; /* audit/ignore.h; read when the first finding is looked at */
    bool has_silences;
    bool is_damaged; /* it has faults: tree is what can be understood all the same */
};
/* The byte of text at which a place is; text.len when it lies behind. */
size_t audit_offset(const struct audit_file *file, struct tmpl_pos at);
/* The place of a byte. */
struct tmpl_pos audit_pos(const struct audit_file *file, size_t offset);
/* Of the audit, by number. */
const struct audit_file *audit_file(const struct audit_template *t, uint32_t number);

/* ---- Resources ---- */

struct audit_resource {
    str name, type;
    struct tmpl_pos at;           /* of its name */
    const struct tmpl_node *body; /* the whole resource; a map */
    /*
     * A map, or NULL. SAM's Globals count: what they say is merged in as SAM does it, so a node may lie
     * in Globals, and be that of several resources.
     */
    const struct tmpl_node *properties;
    const struct tmpl_node *globals; /* SAM: what Globals says of its type; or NULL */
    const struct audit_guard *guard; /* its Condition; NULL: always there */
    const struct audit_resource
        *next;    /* the next of the same type, in the template's order; or NULL */
    size_t index; /* in t->resources */
};

struct audit_template {
    struct audit *audit;
    const struct audit_file *file;
    const struct tmpl_node *root; /* a map */
    struct arena *arena;          /* the audit's: for what rules make of the tree */
    const struct tmpl_node *parameters, *mappings, *conditions, *outputs,
        *metadata; /* maps, or NULL */
    struct tmpl_pos
        resources_at; /* of the section's name: where a finding of the whole stack lies */
    const struct audit_resource *resources;
    size_t n_resources;
    bool is_sam; /* Transform: AWS::Serverless-2016-10-31 */
    /*
     * Not all of it can be seen: a macro of somebody's rewrites it, an include lies elsewhere. What is
     * missing is then not told.
     */
    bool is_partial;
    const struct audit_template *parent;      /* the one that nests it; or NULL */
    const struct audit_resource *parent_nest; /* and its AWS::CloudFormation::Stack there */
    struct audit_logic *logic;                /* audit/logic_priv.h: its conditions */
    const struct audit_system *system;        /* audit/system.h; made before any rule */
    struct map by_name, by_type;              /* audit_find, audit_first */
    struct map parameters_by_name, conditions_by_name; /* audit_parameter, audit_has_condition */
    struct map new_names;                              /* audit_new_name */
    struct map by_written;                             /* audit_named; audit/text.c */
    struct map *marks;                                 /* audit/marks.c */
    const struct audit_tags *tags; /* rules/tags_priv.h; NULL until a rule asks */
};

/* By logical id; NULL: none. */
const struct audit_resource *audit_find(const struct audit_template *t, str name);
/* for (r = audit_first(t, "AWS::S3::Bucket"); r; r = r->next) */
const struct audit_resource *audit_first(const struct audit_template *t, const char *type);
bool audit_is(const struct audit_resource *r, const char *type); /* r may be NULL */
/* A parameter's map by name; NULL: none. */
const struct tmpl_node *audit_parameter(const struct audit_template *t, str name);
bool audit_has_condition(const struct audit_template *t, str name);

/* ---- Guards: what must hold ---- */

/*
 * A conjunction of named conditions that hold or do not, and of parameters that are some value.
 * Immutable, in the arena. NULL: always.
 */
const struct audit_guard *audit_guard_condition(const struct audit_template *t,
                                                const struct audit_guard *guard, str condition,
                                                bool holds);
const struct audit_guard *audit_guard_equals(const struct audit_template *t,
                                             const struct audit_guard *guard, str parameter,
                                             str value);
const struct audit_guard *audit_guard_and(const struct audit_template *t,
                                          const struct audit_guard *a, const struct audit_guard *b);
/*
 * Can it hold, by the Conditions section? Where the bound of the search is reached: true, and the audit
 * notes that an answer is unknown (a finding `conditions-unknown`).
 */
bool audit_possible(const struct audit_template *t, const struct audit_guard *guard);
/* Whenever a holds, does b? (Both possible; false where it cannot be told.) */
bool audit_implies(const struct audit_template *t, const struct audit_guard *a,
                   const struct audit_guard *b);
/* "IsProd and not HasEmail"; nothing for NULL. */
void audit_guard_tell(struct buf *out, const struct audit_guard *guard);

/* ---- Values ---- */

enum audit_kind {
    AUDIT_ABSENT,  /* not there, or AWS::NoValue */
    AUDIT_LITERAL, /* node is a scalar, a list or a map that is no function */
    AUDIT_UNKNOWN, /* only deployment knows; node is the function */
};
struct audit_value {
    enum audit_kind kind;
    /* ABSENT: the map that lacks it, or the Ref AWS::NoValue; may be NULL */
    const struct tmpl_node *node;
    const struct audit_guard *guard; /* with the one that was handed in; possible */
    str text;                        /* LITERAL scalars: as tmpl_text; else absent */
};
struct audit_values {
    const struct audit_value *v;
    size_t n; /* at least 1 */
};
enum { AUDIT_MOST_VALUES = 256 }; /* of one node or path; beyond: one that is UNKNOWN */

/*
 * What node may be: Fn::If both ways, the entries of Fn::FindInMap; only what is possible. node NULL:
 * absent.
 */
struct audit_values audit_values(const struct audit_template *t, const struct tmpl_node *node,
                                 const struct audit_guard *guard);
/*
 * What lies at path below node: "A.B[].C"; "[]" is each element of a list, and an empty list (and,
 * where a list is written as one value, the value itself counts as its only element). Where a step is
 * missing the value is ABSENT; where it is UNKNOWN, so is the value.
 */
struct audit_values audit_path(const struct audit_template *t, const struct tmpl_node *node,
                               const struct audit_guard *guard, const char *path);
/* Of a resource's properties. */
struct audit_values audit_property(const struct audit_template *t, const struct audit_resource *r,
                                   const char *path);
/* Is there anything, or may there be, under any condition? */
bool audit_has(const struct audit_template *t, const struct audit_resource *r, const char *path);
/* The one literal text of the property under every condition; absent where there is none such. */
str audit_text_of(const struct audit_template *t, const struct audit_resource *r, const char *path);

/*
 * The least and the most that a number may be: a literal (also in quotes), or a parameter with
 * AllowedValues, MinValue or MaxValue; a parameter's Default decides nothing. False: nothing is known.
 */
struct audit_range {
    double least, most; /* -INFINITY, INFINITY: no end is known */
};
bool audit_number(const struct audit_template *t, const struct audit_value *value,
                  struct audit_range *ret);
bool audit_is_true(const struct audit_value *value);  /* literal true, "true", … */
bool audit_is_false(const struct audit_value *value); /* literal false, "false", … */

/* ---- Texts, and what they name ---- */

/*
 * A text as far as it is written: "img-${Env}-${AWS::AccountId}" of Fn::Sub, Fn::Join, Ref, GetAtt
 * ("${Bucket.Arn}") and literals; "${?}" stands for what cannot be written so. Absent for lists and maps
 * that are no function. Resolve Fn::If by audit_values first.
 */
str audit_text(const struct audit_template *t, const struct tmpl_node *node);
/*
 * The resource of this template that a text or a node names: Ref, GetAtt of its Arn or name, its ARN or
 * name written out. *ret_rest (may be NULL): what follows the name, as a slash and a star of a bucket's ARN. NULL:
 * none, or not known.
 */
const struct audit_resource *audit_target_of_text(const struct audit_template *t, str text,
                                                  str *ret_rest);
const struct audit_resource *audit_target(const struct audit_template *t,
                                          const struct tmpl_node *node, str *ret_rest);
/*
 * The same for what can but be of one service ("lambda", "sqs"; names of several resources may be
 * written alike): a bare name, also with ":alias" behind, is looked up among its resources first.
 */
const struct audit_resource *audit_named(const struct audit_template *t, const char *service,
                                         str text, str *ret_rest);
/* The property that names resources of a type ("BucketName"); NULL: it has none or is not known. */
const char *audit_name_property(str type);
/* As audit_text of the resource's name; absent where AWS makes one. */
str audit_name(const struct audit_template *t, const struct audit_resource *r);
/*
 * For each resource, by its index: does what lies at path in a resource of the type name it (as
 * audit_target says)? Gathered once a template, so a rule may ask for every resource.
 */
const bool *audit_named_at(const struct audit_template *t, const char *type, const char *path);
/* Does another resource of the type refer to it, anywhere in the property (NULL: in all of them)? */
const bool *audit_mentioned_by(const struct audit_template *t, const char *type,
                               const char *property);
