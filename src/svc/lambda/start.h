#pragma once
/* The texts of start_python.py, with its parts, and start_node.js, which the build turns into C (tools/embed.py). */
extern const char lambda_start_python[];
extern const char lambda_start_node[];
