#pragma once
/* Texts that the build turns into C (tools/embed.py). */
/* start_python.py with its parts, and start_node.js: what functions start with. */
extern const char lambda_start_python[];
extern const char lambda_start_node[];
/* start_wrapped.sh: what stands before them where the function names a wrapper. */
extern const char lambda_start_wrapped[];
/* probe_python.py and probe_node.js: what an interpreter tells of itself. */
extern const char lambda_probe_python[];
extern const char lambda_probe_node[];
