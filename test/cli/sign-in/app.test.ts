/** An application signs in as itself: secret, certificate, federated token. */
import { generateKeyPairSync } from "node:crypto";
import { rm } from "node:fs/promises";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { fetch as undiciFetch } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EntraSignIn, signInClientId, startEntraSignIn } from "../../support/entra-sign-in.ts";
import { createWorld, failureOf, signInAt, type World } from "./world.ts";

let entra: EntraSignIn;
let world: World;
beforeEach(async () => {
  world = await createWorld({ startMs: Math.floor(Date.now() / 1000) * 1000 }); // assertions are checked by the real time
  entra = await startEntraSignIn(world.nowMs);
});
afterEach(async () => {
  await entra[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** The application signs in with these variables. */
function signInWith(env: Record<string, string>) {
  const io = { ...world.io, env: { ...world.io.env, AZURE_CLIENT_ID: signInClientId, ...env } };
  return signInAt(entra, { ...world, io }, { auth: "app", noInput: true });
}

const request = () => entra.grants("client_credentials").at(-1);

describe("app", () => {
  it("signs in with a secret", async () => {
    entra.settings.tokens = { preferred_username: undefined, name: undefined, scp: undefined, azp: signInClientId };
    const signIn = signInWith({ AZURE_CLIENT_SECRET: entra.credentials.clientSecret });

    expect(await signIn.token()).toMatch(/^ey/);
    expect(request()?.form).toMatchObject({ client_id: signInClientId, scope: "api://pfx-gateway/.default" });
    expect(request()?.headers.authorization).toBeUndefined();
    expect(signIn.account()?.user).toBe(`application ${signInClientId}`);
    expect(world.stderr()).toBe("");
  });

  it("signs in through undici's fetch, which knows proxies", async () => {
    const io = { ...world.io, env: { AZURE_CLIENT_SECRET: entra.credentials.clientSecret } };

    expect(await signInAt(entra, { ...world, io }, { auth: "app" }, undiciFetch).token()).toMatch(/^ey/);
  });

  it("signs in with a secret in a file, of which one line end is cut", async () => {
    await world.write("secret.txt", `\ufeff${entra.credentials.clientSecret}\r\n`);

    expect(await signInWith({ AZURE_CLIENT_SECRET_FILE: "secret.txt" }).token()).toMatch(/^ey/);
  });

  it("signs in with a certificate: PS256, the SHA-256 thumbprint, the token endpoint as audience", async () => {
    const { path } = await entra.credentials.clientCertificate();
    expect(await signInWith({ AZURE_CLIENT_CERTIFICATE_PATH: path }).token()).toMatch(/^ey/);

    const assertion = request()?.form.client_assertion ?? "";
    expect(decodeProtectedHeader(assertion)).toEqual({
      alg: "PS256",
      "x5t#S256": expect.stringMatching(/^[\w-]{43}$/),
    });
    const { aud, iss, sub, jti, nbf = 0, exp = 0 } = decodeJwt(assertion);
    expect({ iss, sub }).toEqual({ iss: signInClientId, sub: signInClientId });
    expect(aud).toBe(`${entra.url.origin}${request()?.path}`);
    expect(jti).toBeDefined();
    expect(nbf).toBe(world.nowMs() / 1000);
    expect(exp - nbf).toBe(600);
  });

  it("finds the certificate of its key among others, in any order", async () => {
    const other = await entra.credentials.clientCertificate();
    const own = await entra.credentials.clientCertificate();
    await world.write("chain.pem", [other.certificate, own.privateKey, own.certificate].join("\n"));

    expect(await signInWith({ AZURE_CLIENT_CERTIFICATE_PATH: "chain.pem" }).token()).toMatch(/^ey/);
  });

  it("says what is wrong with a certificate's file, and shows nothing of it", async () => {
    const own = await entra.credentials.clientCertificate();
    const other = await entra.credentials.clientCertificate();
    const ec = generateKeyPairSync("ec", {
      namedCurve: "P-256",
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const encrypted = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "p" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const files: [string, string][] = [
      [`${own.certificate}\n${ec.privateKey}`, "has a key that is not RSA; Microsoft Entra takes RSA keys only"],
      [`${own.certificate}\n${encrypted.privateKey}`, "has an encrypted private key; it must not be encrypted"],
      [`${own.certificate}\n${other.privateKey}`, "has no certificate that belongs to its private key"],
      [own.privateKey, "has no certificate that belongs to its private key"],
      [own.certificate, "must be a PEM file with a private key and its certificate"],
      [`${own.privateKey}\n${other.privateKey}`, "has more than one private key"],
      ["-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----", "has a private key that can't be read"],
    ];
    for (const [content, problem] of files) {
      await world.write("client.pem", content);
      const failure = await failureOf(signInWith({ AZURE_CLIENT_CERTIFICATE_PATH: "client.pem" }).token());
      expect(failure.message).toBe(`client.pem (AZURE_CLIENT_CERTIFICATE_PATH) ${problem}.`);
      expect(failure).toMatchObject({ exitCode: 64, option: "AZURE_CLIENT_CERTIFICATE_PATH" });
    }
    expect(entra.requests).toEqual([]);
  });

  it("reads a federated token's file again for each token", async () => {
    const path = await entra.credentials.federatedTokenFile();
    const signIn = signInWith({ AZURE_FEDERATED_TOKEN_FILE: path });
    await signIn.token();
    const first = request()?.form.client_assertion;
    await entra.credentials.federatedTokenFile(path);
    await signIn.renew();

    expect(request()?.form.client_assertion).not.toBe(first);
    expect(entra.grants("client_credentials")).toHaveLength(2);
  });

  it("a file that can't be read is exit code 64 at first, and 4 once something may have been sent", async () => {
    const missing = await failureOf(signInWith({ AZURE_FEDERATED_TOKEN_FILE: "nowhere" }).token());
    expect(missing).toMatchObject({
      exitCode: 64,
      message: "nowhere (AZURE_FEDERATED_TOKEN_FILE) does not exist.",
      option: "AZURE_FEDERATED_TOKEN_FILE",
    });

    const path = await entra.credentials.federatedTokenFile();
    const signIn = signInWith({ AZURE_FEDERATED_TOKEN_FILE: path });
    await signIn.token();
    await rm(path);
    expect(await failureOf(signIn.renew())).toMatchObject({ exitCode: 4, code: "FILE_UNREADABLE" });
  });

  it("says that the secret is wrong, and does not repeat it", async () => {
    const failure = await failureOf(signInWith({ AZURE_CLIENT_SECRET: "canary-wrong" }).token());

    expect(failure.exitCode).toBe(4);
    expect(failure.message).toBe(
      "Microsoft Entra refused the sign-in (AADSTS7000215, invalid_client).\nThe client secret is wrong.",
    );
  });

  it("says which tenant settings to check", async () => {
    const io = { ...world.io, env: { AZURE_CLIENT_SECRET: "s" } };
    const signIn = signInAt(entra, { ...world, io }, { auth: "app", tenant: "fabrikam.example" });

    expect((await failureOf(signIn.token())).message).toContain("AADSTS90002, invalid_request");
  });
});
