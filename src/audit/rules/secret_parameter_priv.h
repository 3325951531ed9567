#pragma once
/* audit/rules/secret_parameter: which parameters are given secrets. */
#include "audit/template.h"

/*
 * Is m, of the Parameters section, a secret by its name, or given to a property that is one? Switches,
 * numbers, and parameters whose value is the name of a secret elsewhere are none.
 */
bool audit_parameter_is_secret(const struct audit_template *t, const struct tmpl_member *m);
/* Is its value kept elsewhere, and what is given is its name (AWS::SSM::Parameter::Value)? */
bool audit_parameter_is_elsewhere(const struct tmpl_node *parameter);
