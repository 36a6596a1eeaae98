/** A broken rule is an error of its field, whatever the size of the input; a wrong type fails the whole request. */
import { CreateUserPfxCertificateDocument as CREATE } from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { startGateway } from "../../support/gateway.ts";
import { anInput, thumbprintOf } from "../../support/input.ts";

const sizes = [1000, 4 * 1024, 9 * 1024, 100 * 1024];
const fileOf = (bytes: number) => Buffer.alloc(bytes, 7).toString("base64");

describe.each(sizes)("an input with a file of %i bytes", (bytes) => {
  it("that breaks a rule has a field error: 200, its path, and data null", async () => {
    await using gateway = await startGateway();

    const answer = await gateway.send(CREATE, {
      input: anInput({ thumbprint: "abc", encryptedPfxBlob: fileOf(bytes) }),
    });

    expect(answer.status).toBe(200);
    expect(answer.data).toBeNull();
    expect(answer.errors).toMatchObject([
      {
        path: ["createUserPfxCertificate"],
        extensions: { code: "BAD_USER_INPUT", invalid: [{ path: "input.thumbprint" }] },
      },
    ]);
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("that breaks a rule does not stop the other fields of its request", async () => {
    await using gateway = await startGateway();
    const query = `mutation ($one: CreateUserPfxCertificateInput!, $other: CreateUserPfxCertificateInput!) {
      one: createUserPfxCertificates(inputs: [$one, $other]) { createdCount failedCount }
      other: createUserPfxCertificates(inputs: [$other]) { createdCount }
    }`;
    const encryptedPfxBlob = fileOf(bytes);

    const { data, status } = await gateway.send(query, {
      one: anInput({ keyName: " x", encryptedPfxBlob }),
      other: anInput({ thumbprint: thumbprintOf(2), encryptedPfxBlob }),
    });

    expect([status, data]).toEqual([200, { one: { createdCount: 1, failedCount: 1 }, other: { createdCount: 0 } }]);
  });

  it("of a wrong type fails the whole request: no data, no path, every problem in invalid", async () => {
    await using gateway = await startGateway();
    const query =
      "mutation ($input: CreateUserPfxCertificateInput!) { createUserPfxCertificate(input: $input) { id } }";
    const input = { ...anInput({ thumbprint: "abc", encryptedPfxBlob: fileOf(bytes) }), startDateTime: "soon" };

    const answer = await gateway.send(query, { input });

    expect(answer.data).toBeUndefined();
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors?.[0]).not.toHaveProperty("path");
    expect(answer.errors?.[0]?.extensions).toEqual({
      code: "BAD_USER_INPUT",
      invalid: [
        { path: "input.startDateTime", message: expect.any(String) },
        { path: "input.thumbprint", message: expect.any(String) },
      ],
    });
    expect(gateway.emulator.requests).toEqual([]);
  });
});
