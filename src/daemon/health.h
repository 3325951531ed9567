#pragma once
/* daemon/health: what the doors /health answer. New references. */
#include "svc/calotype/calotype.h"

/* On DATA/admin.sock: all that GetStatus says, its names in small letters. Takes scrub. */
json_t *daemon_health_in_full(const struct calotype_facts *facts, json_t *scrub);
/* On the public port, unsigned: status, version, isolation. */
json_t *daemon_health_for_strangers(const struct calotype_facts *facts);
