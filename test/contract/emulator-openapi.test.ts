/** The emulator's answers, held against Microsoft's own description of this API. */
import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import { describe, expect, it } from "vitest";
import { seedRecords } from "../../src/emulator/seed.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import { aCertificate, errorOf, type Received, send } from "../emulator/graph.ts";

const list = "/beta/deviceManagement/userPfxCertificates";
const one = `${list}/{userPFXCertificate-id}`;

const document: unknown = JSON.parse(readFileSync(new URL("userpfx.openapi.json", import.meta.url), "utf8"));

// `strict: false` because OpenAPI 3.0 has keywords of its own (`example`); ajv itself understands its `nullable`.
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema({ $id: "graph", ...Object(document) });

/** The schema of one answer, or undefined where the document gives the answer no body. */
function schemaOf(path: string, method: string, status: string, type: string): ValidateFunction | undefined {
  const pointer = ["paths", path, method, "responses", status, "content", type, "schema"];
  const escaped = pointer.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1"));
  return ajv.getSchema(`graph#/${escaped.map(encodeURIComponent).join("/")}`);
}

function problemsOf(validate: ValidateFunction | undefined, value: unknown): unknown {
  if (validate === undefined) return "The document has no such schema.";
  return validate(value) ? [] : validate.errors;
}

const fails = ajv.getSchema("graph#/components/schemas/odata.error");

function jsonProblems(answer: Received, path: string, method: string): unknown {
  return problemsOf(schemaOf(path, method, String(answer.status), "application/json"), answer.json);
}

describe("the emulator's responses, checked by Microsoft's OpenAPI document", () => {
  it("are valid lists, whole, paged, counted and selected", async () => {
    await using emulator = await startEmulator({ seed: seedRecords(), pageSize: 5 });

    for (const query of ["", "?$count=true", "?$top=2", "?$select=id,thumbprint"]) {
      const answer = await send(emulator, "GET", `${list}${query}`);
      expect(answer.status).toBe(200);
      expect(jsonProblems(answer, list, "get")).toEqual([]);
    }
  });

  it("are a valid certificate for create, get and update, nulls included", async () => {
    await using emulator = await startEmulator();

    for (const [number, names] of [{}, { providerName: null, keyName: null }].entries()) {
      const body = { ...aCertificate(number), ...names };
      const created = await send(emulator, "POST", list, { body });
      const path = `${list}/${created.json.id}`;
      const got = await send(emulator, "GET", path);
      const updated = await send(emulator, "PATCH", path, { body: { intendedPurpose: "VPN" } });

      expect([created.status, got.status, updated.status]).toEqual([201, 200, 200]);
      expect(jsonProblems(created, list, "post")).toEqual([]);
      expect(jsonProblems(got, one, "get")).toEqual([]);
      expect(jsonProblems(updated, one, "patch")).toEqual([]);
    }
  });

  it("are empty if the document has no body: delete, and update answered with 204", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate()], patchAnswer: 204 });
    const path = `${list}/${emulator.records[0]?.id}`;

    const updated = await send(emulator, "PATCH", path, { body: { keyName: "Other" } });
    const deleted = await send(emulator, "DELETE", path);

    expect([updated.status, updated.text, deleted.status, deleted.text]).toEqual([204, "", 204, ""]);
    expect(schemaOf(one, "patch", "204", "application/json")).toBeUndefined();
    expect(schemaOf(one, "delete", "204", "application/json")).toBeUndefined();
  });

  it("are a valid count as plain text", async () => {
    await using emulator = await startEmulator({ seed: seedRecords() });

    const answer = await send(emulator, "GET", `${list}/$count`);

    expect(answer.headers["content-type"]).toBe("text/plain");
    expect(problemsOf(schemaOf(`${list}/$count`, "get", "200", "text/plain"), answer.text)).toEqual([]);
  });

  it.each(["plain", "nested", "threeLevel"] as const)("are valid errors in the %s shape", async (errorShape) => {
    await using emulator = await startEmulator({ seed: [aCertificate()], errorShape });

    const answers = [
      await send(emulator, "POST", list, { body: aCertificate() }),
      await send(emulator, "POST", list, { body: {} }),
      await send(emulator, "GET", `${list}/nobody`),
      await send(emulator, "GET", list, { headers: { authorization: "" } }),
    ];

    expect(answers.map((answer) => answer.status)).toEqual([409, 400, 404, 401]);
    for (const answer of answers) {
      expect(problemsOf(fails, answer.json)).toEqual([]);
      expect(errorOf(answer).message).not.toBe("");
    }
  });

  it("would fail this check if they were wrong", () => {
    const create = schemaOf(list, "post", "201", "application/json");

    expect(problemsOf(create, { intendedPurpose: "SmimeSigning" })).not.toEqual([]);
    expect(problemsOf(create, { createdDateTime: "2026-01-01" })).not.toEqual([]);
    expect(problemsOf(create, { thumbprint: 7 })).not.toEqual([]);
    expect(problemsOf(fails, { error: { code: "x" } })).not.toEqual([]);
  });
});
