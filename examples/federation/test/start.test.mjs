import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { send } from "./stack.mjs";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const folder = fileURLToPath(new URL("..", import.meta.url));

describe("npm start", () => {
  let program;
  let output = "";
  let ended;
  before(async () => {
    const { PATH, SystemRoot } = process.env;
    const ports = { ROUTER_PORT: "0", GATEWAY_PORT: "0", DIRECTORY_PORT: "0", EMULATOR_PORT: "0" };
    program = spawn(process.execPath, ["start.mjs"], { cwd: folder, env: { PATH, SystemRoot, ...ports } });
    ended = new Promise((resolve) => program.once("close", resolve));
    await new Promise((resolve, reject) => {
      const read = (chunk) => {
        output += chunk;
        if (output.includes("Try: ")) resolve();
      };
      program.stdout.on("data", read);
      program.stderr.on("data", read);
      ended.then((code) => reject(new Error(`ended with ${code}:\n${output}`)));
    });
  });
  after(() => program?.kill("SIGKILL"));

  const urls = () => output.match(/http:\/\/127\.0\.0\.1:\d+/g);

  it("answers the query it prints", async () => {
    const [, query] = /"query":"([^"]+)"/.exec(output);
    const { data, errors } = await send(`${urls()[0]}/graphql`, query);

    assert.equal(errors, undefined);
    assert.equal(data.users.length, 12);
    assert.equal(data.users[0].pfxCertificates.nodes[0].intendedPurpose, "SMIME_ENCRYPTION");
  });

  it("answers README.md's query as README.md says", async () => {
    const [, query] = /```graphql\n(.*?)```/s.exec(readme);
    const [, answer] = /```json\n(.*?)```/s.exec(readme);
    const { data, errors } = await send(`${urls()[0]}/graphql`, query);

    assert.equal(errors, undefined);
    assert.deepEqual({ data }, JSON.parse(answer));
  });

  it("stops everything on SIGINT, and ends with 0", async () => {
    const ports = [...new Set(urls().map((url) => Number(new URL(url).port)))];
    program.kill("SIGINT");

    assert.equal(await ended, 0);
    assert.equal(ports.length, 4);
    for (const port of ports) assert.equal(await isOpen(port), false, `something still listens on ${port}`);
  });
});

function isOpen(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
