/** The application's credential, in the variables that the gateway has too. Files are read again for each token. */
import { type ClientAuth, ClientSecretPost } from "oauth4webapi";
import { usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { readCertificate } from "./client-certificate.ts";
import { readSecretFile } from "./secret-file.ts";

const variables = [
  "AZURE_CLIENT_SECRET",
  "AZURE_CLIENT_SECRET_FILE",
  "AZURE_CLIENT_CERTIFICATE_PATH",
  "AZURE_FEDERATED_TOKEN_FILE",
] as const;
type CredentialVariable = (typeof variables)[number];

/** Those that are set. */
export function credentialVariables({ env }: Io): CredentialVariable[] {
  return variables.filter((name) => Boolean(env[name]));
}

/** @throws CliError with exit code 64 where there is none, or more than one. */
export function requireCredentialVariable(io: Io): CredentialVariable {
  const given = credentialVariables(io);
  const [name] = given;
  if (name !== undefined && given.length === 1) return name;
  const names = (name === undefined ? variables : given).map((each) => `  ${each}\n`).join("");
  const message = `Where an application signs in, exactly one of these must be set:\n\n${names}`;
  throw usageError(name === undefined ? "MISSING" : "OPTION_INVALID", message, { option: name ?? variables[0] });
}

/** @throws CliError with exit code 64 where a file can't be used. */
export async function readClientCredential(name: CredentialVariable, io: Io): Promise<ClientAuth> {
  const value = io.env[name] ?? "";
  switch (name) {
    case "AZURE_CLIENT_SECRET":
      return ClientSecretPost(value);
    case "AZURE_CLIENT_SECRET_FILE":
      return ClientSecretPost(await readSecretFile(value, name, io));
    case "AZURE_CLIENT_CERTIFICATE_PATH":
      return readCertificate(value, name, io);
    case "AZURE_FEDERATED_TOKEN_FILE":
      return federated((await readSecretFile(value, name, io)).trim());
  }
}

/** A token of another identity provider in place of an assertion of our own. */
function federated(token: string): ClientAuth {
  return (_server, client, body) => {
    body.set("client_id", client.client_id);
    body.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    body.set("client_assertion", token);
  };
}
