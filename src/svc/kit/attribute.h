#pragma once
/*
 * kit/attribute: what may be set of a resource by name, as texts (SetQueueAttributes,
 * SetTopicAttributes, SetSubscriptionAttributes), in one table a resource.
 *
 * A row's Attributes object holds what was set; what was not has the table's default in force.
 */
#include "svc/kit/refuse.h"

struct kit_attribute;
/* of: what the caller of kit_attributes_apply says about the resource. 0 or AWS_FAILED. */
typedef int kit_attribute_check(struct rq *rq, const struct kit_attribute *attribute, str value,
                                const void *of);

/* One attribute of a kind of resource. */
struct kit_attribute {
    const char *name;
    kit_attribute_check *check; /* NULL: any text will do */
    int64_t least, most;        /* for kit_is_number */
    /* in force while it is not set; NULL: nothing, and an empty value removes it */
    const char *otherwise;
    /* not offered here: the values that mean just that, "false" or "|PassThrough" */
    const char *only;
    bool kept; /* … are stored, to be shown where they were set; else nothing is */
    const struct kit_refusal *refusal; /* … and how others are refused ({name}, {value}) */
};

/*
 * All that may be set of a kind of resource, and how a name that is none of them is refused.
 * Static.
 */
struct kit_attributes {
    const struct kit_attribute *rows;
    size_t n;
    struct kit_refusal unknown; /* {name} */
};

/*
 * Checks one attribute, or every member of given in the order of the table, so that of several
 * faults the same one is told in whatever order a client sends them; and sets it in `into`, a row's
 * Attributes. The check of the table's row gets `of`. 0, or AWS_FAILED with the service's error:
 * nothing of what was given is to be stored then, though `into` may have changed.
 */
int kit_attribute_apply(struct rq *rq, const struct kit_attributes *table, const char *name,
                        str value, json_t *into, const void *of);
int kit_attributes_apply(struct rq *rq, const struct kit_attributes *table, const json_t *given,
                         json_t *into, const void *of);
/*
 * The value in force: what was set, else the table's default; absent for those without one.
 * attributes: the row's. Borrowed from it or from the table. As a number: 0 where it is none.
 */
str kit_attribute_value(const struct kit_attributes *table, const json_t *attributes,
                        const char *name);
int64_t kit_attribute_integer(const struct kit_attributes *table, const json_t *attributes,
                              const char *name);
/* One that is not offered here: set or not, it means the same. */
bool kit_attribute_is_moot(const struct kit_attributes *table, const char *name);

/* For checks: is value a whole number between least and most; is it "true" or "false"? */
bool kit_is_number(const struct kit_attribute *attribute, str value);
bool kit_is_bool(str value);
