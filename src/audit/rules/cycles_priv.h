#pragma once
/*
 * audit/rules/cycles: resources that wait for each other, for circular-reference and
 * notification-cycle: one search tells both.
 */
#include "audit/finding.h"

void audit_cycles_check(struct audit_template *t);
