#pragma once
/* audit/rules/environment: what environments are called, and the parameter that says which one it is. */
#include "audit/template.h"

/* The parameter that names the environment ("Environment", "Stage", "EnvName"); absent: none. */
str audit_environment_parameter(const struct audit_template *t);
/* The first word of text that is an environment's name: "prod" in "photos-prod"; absent: none. */
str audit_environment_in(str text);
/* Is a key or variable about the environment ("ENVIRONMENT", "Stage", "APP_ENV")? */
bool audit_is_about_environment(str key);
