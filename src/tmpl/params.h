#pragma once
/*
 * tmpl/params: the values of a template's parameters: given, kept or default, and checked against
 * their constraints, with CloudFormation's sentences.
 */
#include "base/json.h"
#include "tmpl/model.h"

/*
 * given: object of name → string, as the API takes them (lists are "a,b,c"). Answers a new object
 * of name → string, or array of strings for the list types. Refused: missing ones
 * ("Parameters: [X] must have values"), unknown ones, and any that fails a constraint.
 */
int tmpl_params_resolve(const struct tmpl_model *m, const json_t *given, json_t **ret_values,
                        struct tmpl_fault *reterr);

/*
 * Java's String.matches for AllowedPattern, as near as PCRE2 comes, with its match limit set: the
 * pattern is untrusted. 1 matches whole, 0 does not, -1 the pattern is not valid or too costly.
 */
int tmpl_matches(str pattern, str text);
