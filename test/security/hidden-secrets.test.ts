/** Secrets of objects that get printed where nobody meant to. */
import { format, inspect } from "node:util";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { userPfxCertificateOf } from "../../src/datasources/user-pfx-certificates/certificate-json.ts";
import { hideSecrets } from "../../src/hide-secrets.ts";
import { CreateUserPfxCertificateInput } from "../../src/schema/create-user-pfx-certificate-input.ts";
import { UpdateUserPfxCertificateInput } from "../../src/schema/update-user-pfx-certificate-input.ts";
import { encryptedPassword } from "../support/encrypted-password.ts";
import { startGateway } from "../support/gateway.ts";
import { anInput } from "../support/input.ts";

const canary = encryptedPassword;
const fields = { ...anInput(), encryptedPfxBlob: Buffer.from(canary).toString("base64"), encryptedPfxPassword: canary };

const holders: Readonly<Record<string, object>> = {
  CreateUserPfxCertificateInput: Object.assign(new CreateUserPfxCertificateInput(), fields),
  UpdateUserPfxCertificateInput: Object.assign(new UpdateUserPfxCertificateInput(), fields),
  "a certificate as Graph answered it": userPfxCertificateOf({ id: "1", ...fields }, () => {}) ?? {},
  "a body for Graph": hideSecrets({ ...fields }),
  "a list of secrets": hideSecrets([fields.encryptedPfxBlob, fields.encryptedPfxPassword]),
};

function printed(value: unknown): string {
  return [inspect(value, { depth: null, showHidden: false }), format("%o %O %s", value, value, value)].join("\n");
}

describe.each(Object.entries(holders))("%s", (_, holder) => {
  it("prints no secret, alone or inside another object", () => {
    const texts = [holder, { holder }, [holder], new Map([[1, holder]]), new Error("x", { cause: holder })].map(
      printed,
    );

    for (const text of texts) {
      expect(text).not.toContain(canary);
      expect(text).not.toContain(fields.encryptedPfxBlob);
    }
  });

  it("still has its properties", () => {
    expect(Object.values(holder)).toContain(canary);
    expect(Object.keys({ ...holder })).not.toContain("toJSON");
  });
});

describe.each(["CreateUserPfxCertificateInput", "UpdateUserPfxCertificateInput"])("%s", (name) => {
  it("shows no secret as JSON or to a logger", () => {
    const lines: string[] = [];
    const log = pino({}, { write: (text: string) => void lines.push(text) });

    log.error({ input: holders[name], error: new Error("x", { cause: holders[name] }) });

    expect(lines.join()).toContain("(holds secrets)");
    expect(lines.join() + JSON.stringify([holders[name]])).not.toContain(canary);
  });
});

describe("a certificate", () => {
  it("still reaches Graph complete, alone and in a batch", async () => {
    await using gateway = await startGateway();

    const one = await gateway.send(
      "mutation ($input: CreateUserPfxCertificateInput!) { createUserPfxCertificate(input: $input) { id } }",
      { input: fields },
    );
    const many = await gateway.send(
      "mutation ($inputs: [CreateUserPfxCertificateInput!]!) { createUserPfxCertificates(inputs: $inputs) { createdCount } }",
      { inputs: ["1", "2"].map((digit) => ({ ...fields, thumbprint: digit.repeat(40) })) },
    );

    expect([one.errors, many.errors]).toEqual([undefined, undefined]);
    expect(gateway.emulator.records.map(({ encryptedPfxPassword }) => encryptedPfxPassword)).toEqual([
      canary,
      canary,
      canary,
    ]);
  });
});
