#pragma once
/*
 * audit/rules/properties: properties held against their type's table (tmpl/types.h), for
 * unknown-property, property-missing and property-value: one walk tells all three.
 */
#include "audit/finding.h"

void audit_properties_check(struct audit_template *t);
