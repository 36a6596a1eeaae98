#!/usr/bin/env node
/**
 * The command itself. It is committed, since npm links no command whose file is missing at `npm ci`, and it imports nothing
 * before it knows the version of Node.js. Old versions must be able to parse it, so its syntax is old as well.
 */
const found = process.versions.node.split(".").map(Number);

if (found[0] < 20 || (found[0] === 20 && found[1] < 19)) {
  fail(`intune-pfx needs Node.js 20.19 or later; this is ${process.versions.node}.`);
} else {
  import("../dist/main.js").catch((error) => {
    // Only this file itself: a dependency that is missing is told as it is.
    if (error.code !== "ERR_MODULE_NOT_FOUND" || !/\/dist\/main\.js$/.test(error.url)) throw error;
    fail("intune-pfx is not built; in the repository run npm run build.");
  });
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 64;
}
