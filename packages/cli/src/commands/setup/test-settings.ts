/** The tests of `setup`. Each ends the run where it fails: then nothing is saved. */
import type { ConnectorPublicKey } from "intune-pfx-client";
import { UserPfxCertificatesDocument } from "intune-pfx-client/operations";
import { CliError, ExitCode } from "../../cli-error.ts";
import type { GatewayClient, GatewayFailure } from "../../gateway/gateway-client.ts";
import type { Io } from "../../io.ts";
import { shortFingerprint, wholeFingerprint } from "../../output/words.ts";
import type { Settings } from "../../settings/settings.ts";
import { type Connection, connect } from "../connect.ts";
import { gatewayCheck } from "../doctor/network-checks.ts";
import { probeGateway } from "../doctor/probe-gateway.ts";
import { readConnectorKey } from "../read-connector-key.ts";

/** What ends a setup: a test that failed. */
export function failed(code: string, message: string, option?: string): CliError {
  return new CliError(ExitCode.FAILED, code, `${message}\nNothing was saved.`, option === undefined ? {} : { option });
}

/**
 * Whether the gateway wants a sign-in.
 *
 * @throws {CliError} where nothing answers, or what answers is no gateway
 */
export async function testGateway(
  settings: Settings & { readonly gateway: URL },
  io: Io,
  signal: AbortSignal,
): Promise<{ wantsSignIn: boolean }> {
  const { client, fetch } = connect({ ...settings, auth: "none" }, io, { noInput: true, isJson: true, signal });
  const check = gatewayCheck(settings.gateway, await probeGateway(settings.gateway, fetch, io, signal));
  if (check.state === "failed") throw failed("GATEWAY", check.text, "--gateway");
  const failure = await readOne(client, signal);
  return { wantsSignIn: failure?.code === "UNAUTHENTICATED" };
}

/**
 * Signs in and reads one certificate.
 *
 * @throws {CliError} exit code 4 where the sign-in is not accepted, 1 where reading fails
 */
export async function testSignIn({ client, signIn }: Connection, signal: AbortSignal): Promise<void> {
  await signIn.token(signal);
  const failure = await readOne(client, signal);
  if (failure === undefined) return;
  const { code, message } = failure;
  if (code !== "UNAUTHENTICATED" && code !== "FORBIDDEN" && code !== "CLAIMS_CHALLENGE") {
    throw failed(code, `The certificates in Intune can't be read: ${message} (${code})`);
  }
  const hint =
    code === "FORBIDDEN" ? "An import needs the scope Pfx.ReadWrite and an Intune role." : "Is --scope this gateway's?";
  const text = `The gateway does not accept the sign-in.\n  It said: ${message} (${code})\n  ${hint}\nNothing was saved.`;
  throw new CliError(ExitCode.SIGN_IN, code, text);
}

/** @throws {CliError} where the file can't be read or holds no public key that can be used */
export async function testKey(file: string): Promise<ConnectorPublicKey> {
  try {
    return await readConnectorKey(file);
  } catch (error) {
    if (error instanceof CliError) throw failed(error.code, error.message, "--key");
    throw error;
  }
}

export function keyText({ bits, fingerprint }: ConnectorPublicKey): string {
  return [
    `  RSA, ${bits} bits, SHA-256 ${shortFingerprint(fingerprint)}`,
    `    ${wholeFingerprint(fingerprint)}`,
    "  Compare this with: intune-pfx doctor --key KEYFILE",
    "  on the connector's machine.",
  ].join("\n");
}

async function readOne(client: GatewayClient, signal: AbortSignal): Promise<GatewayFailure | undefined> {
  const outcome = await client.send("UserPfxCertificates", UserPfxCertificatesDocument, { first: 1 }, signal);
  return "failure" in outcome ? outcome.failure : undefined;
}
