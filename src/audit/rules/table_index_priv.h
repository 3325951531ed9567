#pragma once
/* audit/rules/table_index: whether the keys of a table and its indexes answer questions of time. */
#include "audit/finding.h"

enum table_time {
    TABLE_NO_TIME,    /* no key holds a time */
    TABLE_TIME_HASH,  /* only HASH keys do: they find one moment, or one day */
    TABLE_TIME_RANGE, /* a RANGE key does, or may: a range of time can be asked for */
};
enum table_time audit_table_time_of(const struct audit_template *t,
                                    const struct audit_resource *table);
/* Is an attribute a moment, by its name? ("UploadDay" is none: a day is a group, and a good HASH.) */
bool audit_table_is_moment(str attribute);
