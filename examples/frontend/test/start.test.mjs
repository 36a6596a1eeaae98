/** `npm start`, as somebody runs it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { env, execPath } from "node:process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

it("starts all of it with one command, answers through the page's origin, and ends with 0", async () => {
  const child = spawn(execPath, ["start.mjs"], {
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    env: { PATH: env.PATH, HOME: env.HOME, PORT: "0", GATEWAY_PORT: "0", EMULATOR_PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let output = "";
  const url = await new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      output += chunk;
      const found = /Portal: +(\S+)/.exec(output);
      if (found) resolve(found[1]);
    });
    child.once("exit", () => reject(new Error(`it ended: ${output}`)));
  });

  const page = await fetch(url);
  const answer = await fetch(new URL("graphql", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ userPfxCertificates(first: 1) { nodes { id } } }" }),
  });
  assert.match(await page.text(), /<title>PFX certificates<\/title>/);
  assert.equal((await answer.json()).data.userPfxCertificates.nodes.length, 1);

  child.kill("SIGTERM");
  assert.equal(await ended, 0);
});
