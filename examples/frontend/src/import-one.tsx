/**
 * One certificate: a form whose problems show at its fields, as the gateway names them. File and password are read from the
 * form when it is sent, kept in no state, and cleared from it afterwards.
 */
import { useMutation } from "@apollo/client/react";
import {
  CreateUserPfxCertificateDocument,
  type CreateUserPfxCertificateInput,
  findGatewayError,
} from "intune-pfx-client/operations";
import { type FormEvent, useState } from "react";
import { refreshLists } from "./apollo.ts";
import { Field, Options } from "./field.tsx";
import { Problem } from "./problem.tsx";
import { isPadding, isPurpose, paddings, purposes } from "./words.ts";

export function ImportOne() {
  const [create, { loading, error, reset }] = useMutation(CreateUserPfxCertificateDocument);
  const [created, setCreated] = useState("");
  const invalid = findGatewayError(error, "BAD_USER_INPUT")?.extensions.invalid ?? [];
  const problemOf = (name: keyof CreateUserPfxCertificateInput) =>
    invalid.find(({ path }) => path === `input.${name}`)?.message;

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    setCreated("");
    const input = await inputOf(new FormData(form));
    const { data } = await create({ variables: { input } });
    setCreated(`Imported for ${data?.createUserPfxCertificate.userPrincipalName ?? input.userPrincipalName}.`);
    reset(); // forgets what Apollo Client keeps of the answer
    form.reset();
    await refreshLists();
  }

  return (
    <form className="card" onSubmit={(event) => void send(event).catch(() => {})} noValidate>
      <h2>Import a certificate</h2>
      <div className="columns">
        <Field label="User" hint="User principal name" problem={problemOf("userPrincipalName")}>
          {(control) => <input {...control} name="userPrincipalName" type="email" autoComplete="off" />}
        </Field>
        <Field label="Purpose" problem={problemOf("intendedPurpose")}>
          {(control) => (
            <select {...control} name="intendedPurpose">
              <Options of={purposes} />
            </select>
          )}
        </Field>
        <Field label="PFX file" problem={problemOf("encryptedPfxBlob")}>
          {(control) => <input {...control} name="file" type="file" accept=".pfx,.p12,application/x-pkcs12" />}
        </Field>
        <Field
          label="Encrypted password"
          hint="Base64, encrypted for the connector"
          problem={problemOf("encryptedPfxPassword")}
        >
          {(control) => <input {...control} name="encryptedPfxPassword" type="password" autoComplete="off" />}
        </Field>
        <Field label="Thumbprint" hint="SHA-1, 40 hexadecimal digits" problem={problemOf("thumbprint")}>
          {(control) => <input {...control} name="thumbprint" autoComplete="off" spellCheck={false} />}
        </Field>
        <Field label="Padding" problem={problemOf("paddingScheme")}>
          {(control) => (
            <select {...control} name="paddingScheme">
              <Options of={paddings} />
            </select>
          )}
        </Field>
        <Field label="Valid from" problem={problemOf("startDateTime")}>
          {(control) => <input {...control} name="startDateTime" type="date" />}
        </Field>
        <Field label="Valid until" problem={problemOf("expirationDateTime")}>
          {(control) => <input {...control} name="expirationDateTime" type="date" />}
        </Field>
        <Field label="Provider" problem={problemOf("providerName")}>
          {(control) => (
            <input {...control} name="providerName" defaultValue="Microsoft Software Key Storage Provider" />
          )}
        </Field>
        <Field label="Key" problem={problemOf("keyName")}>
          {(control) => <input {...control} name="keyName" defaultValue="PFXEncryptionKey" />}
        </Field>
      </div>
      {error && <Problem failure={error} />}
      <p role="status" className="status">
        {loading ? "Importing …" : created}
      </p>
      <div className="buttons">
        <button type="submit" className="primary" disabled={loading}>
          Import
        </button>
      </div>
    </form>
  );
}

async function inputOf(form: FormData): Promise<CreateUserPfxCertificateInput> {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const file = form.get("file");
  const intendedPurpose = text("intendedPurpose");
  const paddingScheme = text("paddingScheme");
  return {
    userPrincipalName: text("userPrincipalName"),
    thumbprint: text("thumbprint"),
    intendedPurpose: isPurpose(intendedPurpose) ? intendedPurpose : "UNASSIGNED",
    paddingScheme: isPadding(paddingScheme) ? paddingScheme : "NONE",
    startDateTime: dateTimeOf(text("startDateTime")),
    expirationDateTime: dateTimeOf(text("expirationDateTime")),
    providerName: text("providerName"),
    keyName: text("keyName"),
    encryptedPfxBlob: file instanceof File ? await base64Of(file) : "",
    encryptedPfxPassword: text("encryptedPfxPassword"),
  };
}

const dateTimeOf = (date: string) => (date === "" ? "" : `${date}T00:00:00Z`);

async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let start = 0; start < bytes.length; start += 32_768) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 32_768));
  }
  return btoa(binary);
}
