/**
 * Follows the README's section about importing, and the page of the sample files: runs their commands against a gateway with
 * its emulator, and compares the output. Then the connector's private key opens what would be sent. The other guides' commands
 * are parsed. Needs `npm run build`.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { constants, createPrivateKey, privateDecrypt } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startGateway } from "../../examples/program.mjs";
import { parseArguments } from "../../packages/cli/dist/arguments/parse-arguments.js";
import { inspectPfx } from "../../packages/client/dist/client.js";

const root = new URL("../../", import.meta.url);
const example = "examples/import-pfx";
const bin = fileURLToPath(new URL("packages/cli/bin/intune-pfx.js", root));
const read = (path) => readFileSync(new URL(path, root), "utf8");

/** Commands of a text in their order, each with the output that stands below it. */
const stepsOf = (text) =>
  [...text.matchAll(/```sh\nnpx intune-pfx (.+)\n```\n[\s\S]*?```text\n([\s\S]*?)```/g)].map(([, command, output]) => ({
    args: command.split(" "),
    lines: output.split("\n").filter((line) => line !== ""),
  }));

const [, section = ""] = /\n## Import your first \.pfx files\n([\s\S]*?)\n## /.exec(read("README.md")) ?? [];

/** Exit codes in the order of the page's commands. */
const pages = [
  { path: "README.md", steps: stepsOf(section), exitCodes: [1, 1] },
  { path: `${example}/README.md`, steps: stepsOf(read(`${example}/README.md`)), exitCodes: [1, 0, 1] },
];
for (const { path, steps, exitCodes } of pages) {
  assert.equal(steps.length, exitCodes.length, `${path} has as many commands as this test knows exit codes of`);
}

/** The user's own settings and proxies play no part. */
const { PATH, HOME, SystemRoot } = process.env;
const env = { PATH, HOME, SystemRoot };

function run(args, variables = {}) {
  const options = { cwd: root, env: { ...env, ...variables } };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [bin, ...args], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin.end();
  });
}

/** Times differ, and tables have tabs where there is no terminal. */
const comparable = (line) => line.replace(/ in \d+ s\b/, " in … s").trim();

function assertPrinted(line, printed) {
  // A row of the table: the terminal's has fewer columns, and days that go by.
  const [expires, , purpose, user] = /^\d{4}-\d\d-\d\d /.test(line) ? line.split(/ +/) : [];
  const isThere =
    expires === undefined
      ? printed.some((each) => each === comparable(line) || each.split("\t").includes(line.trim()))
      : printed.some((each) => [expires, purpose, user].every((cell) => each.split("\t").includes(cell)));
  assert.ok(isThere, `the page's line\n  ${line}\nis not in\n  ${printed.join("\n  ")}`);
}

async function follow({ path, steps, exitCodes }, gateway) {
  for (const [index, { args, lines }] of steps.entries()) {
    const { code, stdout, stderr } = await run([...args, "--gateway", gateway]);
    const printed = `${stdout}${stderr}`.split("\n").map(comparable);
    assert.equal(code, exitCodes[index], `exit code of intune-pfx ${args.join(" ")}:\n${stderr}`);
    for (const line of lines) {
      const isHint = line.startsWith("Note: others can read ") || line.startsWith("EXPIRES ");
      if (!isHint) assertPrinted(line, printed);
    }
    console.log(`ok  ${path}: intune-pfx ${args.join(" ")}`);
  }
}

async function openAsTheConnector() {
  const args = ["encrypt", `${example}/adele-encryption.pfx`, "--config", `${example}/config.json`];
  const [, , listedPassword] = read(`${example}/users.csv`).split("\n")[1].split(",");
  const { code, stdout, stderr } = await run(args, { INTUNE_PFX_PASSWORD: listedPassword });
  assert.equal(code, 0, stderr);
  const { input } = JSON.parse(stdout);
  const key = createPrivateKey(read(`${example}/connector.key`));
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const ciphertext = Buffer.from(input.encryptedPfxPassword, "base64");
  const password = privateDecrypt({ key, padding, oaepHash: "sha512" }, ciphertext).toString("ascii");
  const { certificates } = await inspectPfx(Buffer.from(input.encryptedPfxBlob, "base64"), password);
  assert.ok(certificates.some(({ thumbprint, hasPrivateKey }) => hasPrivateKey && thumbprint === input.thumbprint));
  console.log("ok  the connector's private key opens what is sent");
}

/** Commands of the guides that no gateway here can run: at least their options exist. */
function checkCommandsOf(path) {
  const blocks = [...read(path).matchAll(/```(?:sh|powershell)\n([\s\S]*?)```/g)].map(([, text]) =>
    text.replaceAll(/ \\\n +/g, " ").replaceAll(/"\$(\w+)"|"([^"]*\$[^"]*)"/g, "value"),
  );
  const commands = blocks.flatMap((text) => [...text.matchAll(/^(?:npx )?intune-pfx (.+)$/gm)].map(([, args]) => args));
  const lists = [...read(path).matchAll(/^ +args: \[(import, .+)\]$/gm)].map(([, args]) => args.replaceAll(", ", " "));
  assert.ok(commands.length > 0);
  for (const args of [...commands, ...lists]) {
    const { command } = parseArguments(args.replace(/ +#.*$/, "").split(" "));
    assert.notEqual(command, undefined, args);
  }
  console.log(`ok  ${path}: ${commands.length + lists.length} commands have the options that there are`);
}

for (const path of ["docs/import-pfx.md", "docs/getting-started.md", "packages/cli/README.md"]) checkCommandsOf(path);
for (const page of pages) {
  const gateway = await startGateway({ PORT: "0" }); // an emulator of its own, as after the page's `npm start`
  try {
    await follow(page, gateway.url);
  } finally {
    await gateway.close();
  }
}
await openAsTheConnector();
