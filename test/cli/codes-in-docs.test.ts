/** docs/import-pfx-codes.md explains every code that the command line can print. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const page = readFileSync("docs/import-pfx-codes.md", "utf8");
const documented = new Set([...page.matchAll(/`([A-Z][A-Z_]*)`/g)].map(([, code = ""]) => code));

/** Capital letters between quotes that are no codes of this program: the system's, TLS's, CSV's; variables; algorithms. */
const foreign =
  /^(?:E[A-Z]+|EAI_AGAIN|ERR_.*|UND_ERR_.*|UNABLE_TO_.*|.*_CERT(?:_.*)?|CERT_.*|CSV_.*|INVALID_OPENING_QUOTE|OAEP_.*|SMIME_.*|AZURE_.*|INTUNE_PFX_.*|HTTPS?_PROXY|SIG[A-Z]+)$/;
/** Titles of tables, values of options, HTTP's methods, and so on. */
const words = new Set(
  "CERTIFICATE CODE DAYS EXPIRES FAIL FILE GET NAME NEWER NFC PATH POST PURPOSE SCOPE THUMBPRINT TLS URL USER VALIDITY WHY RSA UNASSIGNED VPN WIFI".split(
    " ",
  ),
);
/** They begin as the system's codes do. */
const ours = new Set(["EXPIRED", "ENCRYPTION", "EXPIRES_SOON"]);

function quotedCodes(text: string): string[] {
  return [...text.matchAll(/"([A-Z][A-Z_]{2,})"/g)]
    .map(([, code = ""]) => code)
    .filter((code) => ours.has(code) || !(words.has(code) || foreign.test(code)));
}

const cli = "packages/cli/src";
const sources = readdirSync(cli, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".ts") && !/^(?:help|arguments)[/\\](?!parse)/.test(name),
);
const codes = new Set(
  [
    ...sources.map((name) => join(cli, name)),
    ...["pfx-error.ts", "warnings.ts", "operations/gateway-error.ts"].map((name) => join("packages/client/src", name)),
  ].flatMap((file) => quotedCodes(readFileSync(file, "utf8"))),
);

describe("docs/import-pfx-codes.md", () => {
  it("explains every code in the source", () => {
    expect([...codes].filter((code) => !documented.has(code)).sort()).toEqual([]);
    expect(codes.size).toBeGreaterThan(100);
  });

  it("explains no code that the source does not have", () => {
    const variables = /^(?:INTUNE_PFX_|HTTPS_PROXY|NO_PROXY|NODE_)/;
    expect([...documented].filter((code) => !codes.has(code) && !variables.test(code)).sort()).toEqual([]);
  });
});
