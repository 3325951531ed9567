#pragma once
/*
 * kit/name: the shapes that names of resources have (CreateTopic, CreateQueue, … in the API
 * references).
 */
#include "base/str.h"

/* Letters, digits, hyphens and underscores, 1 to most of them: topics, queues, rules, functions. */
bool kit_name_ok(str name, size_t most);
