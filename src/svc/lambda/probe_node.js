// What a Node tells of itself: what its sandbox must see. Run by interpreters.c as
// node -e THIS LIBRARIES, where LIBRARIES is the folder that every sandbox sees anyway.
// A line of its output is a word, a tab and a path; interpreters.c has the words.
"use strict";
const fs = require("fs");
const path = require("path");

const say = (word, text) => console.log(`${word}\t${text}`);
const real = (file) => { try { return fs.realpathSync(file); } catch (e) { return ""; } };

say("version", process.versions.node);
say("program", fs.realpathSync(process.execPath));
// What our start script is written in.
if (parseInt(process.versions.node) < 14) say("lacks", "it is older than 14");
// Debian's Node reads some of its own modules from files; how it was built says from which.
for (const define of process.config.target_defaults.defines || []) {
  const builtin = /^NODE_SHARED_BUILTIN_\w+_PATH=(.+)$/.exec(define);
  if (builtin) say("see", builtin[1]);
}
const known = fs.existsSync(process.argv[1]) ? fs.realpathSync(process.argv[1]) + "/" : "//";
for (const file of process.report.getReport().sharedObjects) {
  const where = real(file), name = path.basename(file);
  if (where && !where.startsWith(known) && name.includes(".so") && !name.startsWith("ld-"))
    say("library", file);
}
say("done", "");
