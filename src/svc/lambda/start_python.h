#pragma once
/* The text of start_python.py, which the build turns into C (tools/embed.py). */
extern const char lambda_start_python[];
