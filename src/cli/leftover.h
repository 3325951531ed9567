#pragma once
/*
 * cli/leftover: what a stack that is gone has kept, and what would stand in the way of a new one,
 * because it has the same names: the buckets and the table of stack/template.yaml.
 */
#include "cli/cloud.h"

enum { CLI_LEFTOVER_DECLINED = 1, CLI_LEFTOVER_HOLDS };
/*
 * Looks for them under the names of `environment`, those that the template makes, and removes them
 * if all are empty: asks first, unless yes. What belongs to another stack is left alone.
 * 0: none is in the way. CLI_LEFTOVER_DECLINED: not removed, which was said. CLI_LEFTOVER_HOLDS: one
 * holds something; nothing was removed, and what to do was said. -errno with words: -ENOTEMPTY where
 * one got something after the yes; those before it are gone, which were empty.
 */
int cli_leftover_clear(struct cli_cloud *cloud, str environment, str template, bool yes,
                       struct err *err);
