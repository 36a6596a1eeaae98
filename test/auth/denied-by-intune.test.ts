/** A 401 in which Intune says Forbidden: a new token would be denied as well, so the gateway asks for none. */
import {
  CreateUserPfxCertificateDocument as CREATE,
  UserPfxCertificatesDocument as LIST,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { answerStatus } from "../../src/emulator/faults.ts";
import { startGateway } from "../support/gateway.ts";
import { identityAt } from "../support/identity.ts";
import { startIdentityProvider } from "../support/identity-provider.ts";
import { anInput } from "../support/input.ts";

const inner = JSON.stringify({
  _version: 3,
  Message: "An error has occurred - Operation ID 0",
  CustomApiErrorPhrase: "",
});
const forbidden = {
  error: { code: "UnknownError", message: JSON.stringify({ ErrorCode: "Forbidden", Message: inner }) },
};
const always = { times: Number.POSITIVE_INFINITY };

describe.each(["obo", "app"] as const)("AUTH_MODE=%s, denied by Intune with 401,", (authMode) => {
  it.each([
    ["a list", "GET"],
    ["a create", "POST"],
  ] as const)("answers %s with FORBIDDEN, without a fresh token and without a second request", async (_, method) => {
    await using provider = await startIdentityProvider();
    await using gateway = await startGateway({
      config: { authMode, identity: identityAt(provider) },
      faults: [answerStatus(method, /userPfxCertificates/, 401, { body: forbidden, ...always })],
    });
    const headers = { authorization: `Bearer ${await provider.callers.issue()}` };

    for (const round of [1, 2, 3]) {
      const answer =
        method === "GET"
          ? await gateway.send(LIST, {}, headers)
          : await gateway.send(CREATE, { input: anInput() }, headers);

      expect(answer.errors?.[0]?.extensions).toMatchObject({
        code: "FORBIDDEN",
        graph: { status: 401, code: "Forbidden" },
      });
      expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([200, null]);
      expect(gateway.emulator.requests).toHaveLength(round);
    }
    expect(provider.token.requests).toHaveLength(1);
  });

  it("asks for one fresh token after a 401 without that word", async () => {
    await using provider = await startIdentityProvider();
    await using gateway = await startGateway({
      config: { authMode, identity: identityAt(provider) },
      faults: [
        answerStatus("GET", /userPfxCertificates/, 401, { body: { error: { code: "x", message: inner } }, ...always }),
      ],
    });

    await gateway.send(LIST, {}, { authorization: `Bearer ${await provider.callers.issue()}` });

    expect(gateway.emulator.requests).toHaveLength(2);
    expect(provider.token.requests).toHaveLength(2);
  });
});
