/**
 * Imports one user's certificate into Intune: node node.mjs anna.pfx
 *
 * GATEWAY_URL, GATEWAY_TOKEN              the gateway's /graphql, and an access token for it
 * PFX_PASSWORD or PFX_PASSWORD_FILE       the password of the .pfx file
 * CONNECTOR_KEY_FILE, CONNECTOR_KEY_NAME  the certificate connector's public key, and its name on the connector's machine
 */
import { readFile } from "node:fs/promises";
import { argv, env } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { print } from "graphql";
import { PfxError, prepareUserPfxCertificate } from "intune-pfx-client";
import { CreateUserPfxCertificateDocument, findGatewayError } from "intune-pfx-client/operations";

try {
  const { input, warnings } = await prepareUserPfxCertificate(await readFile(argv[2]), await readPassword(), {
    publicKey: await readFile(env.CONNECTOR_KEY_FILE),
    keyName: env.CONNECTOR_KEY_NAME,
  });
  for (const { code, message } of warnings) console.warn(`warning ${code}: ${message}`);
  console.log(`${input.userPrincipalName}: ${await send(input)}`);
} catch (error) {
  if (!(error instanceof PfxError)) throw error;
  console.error(`${argv[2]}: ${error.message} (${error.code})`);
  process.exitCode = 1;
}

async function readPassword() {
  if (env.PFX_PASSWORD_FILE === undefined) return env.PFX_PASSWORD ?? "";
  return (await readFile(env.PFX_PASSWORD_FILE, "utf8")).replace(/\r?\n$/, "");
}

/** Returns the certificate's id. Sending the same input again is safe: the gateway never creates a certificate twice. */
async function send(input, attemptsLeft = 5) {
  const response = await fetch(env.GATEWAY_URL, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${env.GATEWAY_TOKEN}` },
    body: JSON.stringify({ query: print(CreateUserPfxCertificateDocument), variables: { input } }),
  });
  const answer = await response.json();
  if (answer.data) return answer.data.createUserPfxCertificate.id;

  const error = findGatewayError(answer);
  if (error === undefined) throw new Error(`No answer of the gateway's: HTTP ${response.status}`);
  switch (error.extensions.code) {
    case "CONFLICT": // Intune has this certificate already.
      return error.extensions.certificateId;
    case "THROTTLED":
    case "RATE_LIMITED":
    case "OVERLOADED":
    case "OUTCOME_UNKNOWN":
    case "UPSTREAM_UNAVAILABLE":
    case "UPSTREAM_TIMEOUT":
      if (attemptsLeft === 1) break;
      await sleep(1000 * (error.extensions.retryAfterSeconds ?? 5));
      return send(input, attemptsLeft - 1);
  }
  throw new Error(`${error.message} (${error.extensions.code})`);
}
