#pragma once
/* The texts of start_*.py and start_node.js, which the build turns into C (tools/embed.py). */
extern const char lambda_start_python[];
extern const char lambda_start_python_errors[];
extern const char lambda_start_python_logging[];
extern const char lambda_start_node[];
