import { describe, expect, it } from "vitest";
import { userObjectId } from "../../src/emulator/record.ts";
import { seedRecords } from "../../src/emulator/seed.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import { aCertificate, collection, errorOf, rowsOf, send } from "./graph.ts";

const whoIs = (name: string) => `/v1.0/users?$filter=${encodeURIComponent(`userPrincipalName eq '${name}'`)}`;

describe("/users", () => {
  it("finds the owner of a certificate by name, whatever the case", async () => {
    await using emulator = await startEmulator({ seed: seedRecords() });

    const answer = await send(emulator, "GET", whoIs("MIRIAM.O''BRIEN@contoso.onmicrosoft.com"));

    const id = userObjectId("miriam.o'brien@contoso.onmicrosoft.com");
    expect(rowsOf(answer)).toMatchObject([{ id, userPrincipalName: "miriam.o'brien@contoso.onmicrosoft.com" }]);
    expect(emulator.records.map((record) => record.id.slice(0, 32))).toContain(id.replaceAll("-", ""));
  });

  it("knows every user for whom a certificate was created, even after its deletion", async () => {
    await using emulator = await startEmulator({ directory: "owners" });
    const before = await send(emulator, "GET", whoIs("user1@contoso.example"));
    const created = await send(emulator, "POST", collection, { body: aCertificate() });
    await send(emulator, "DELETE", `${collection}/${created.json.id}`);

    const after = await send(emulator, "GET", whoIs("user1@contoso.example"));

    expect([rowsOf(before).length, rowsOf(after).length]).toEqual([0, 1]);
  });

  it("answers one user by id, by name, and by a guest's encoded name", async () => {
    await using emulator = await startEmulator({ seed: seedRecords() });
    const guest = "pat_fabrikam.com#EXT#@contoso.onmicrosoft.com";
    const adele = userObjectId("AdeleV@contoso.onmicrosoft.com");

    const byId = await send(emulator, "GET", `/v1.0/users/${adele}`);
    const byName = await send(emulator, "GET", "/beta/users/adelev@contoso.onmicrosoft.com");
    const byKey = await send(emulator, "GET", `/beta/users('${adele}')`);
    const byGuest = await send(emulator, "GET", `/v1.0/users/${encodeURIComponent(guest)}`);

    expect([byId, byName, byKey].map(({ json }) => json.id)).toEqual([adele, adele, adele]);
    expect(byGuest.json.userPrincipalName).toBe(guest);
  });

  it("finds a user without a certificate by name, under the id that the user's first certificate gets", async () => {
    await using emulator = await startEmulator();
    const id = userObjectId("user1@contoso.example");

    const found = await send(emulator, "GET", whoIs("user1@contoso.example"));
    const byName = await send(emulator, "GET", "/v1.0/users/user1@contoso.example");
    const unnamed = await send(emulator, "GET", whoIs("nobody"));
    const created = await send(emulator, "POST", collection, { body: aCertificate() });

    expect(rowsOf(found)).toMatchObject([{ id, userPrincipalName: "user1@contoso.example" }]);
    expect([byName.json.id, String(created.json.id).slice(0, 32)]).toEqual([id, id.replaceAll("-", "")]);
    expect(rowsOf(unnamed)).toEqual([]);
  });

  it("answers 404 for an unknown user and 400 for unreadable filters", async () => {
    await using emulator = await startEmulator({ directory: "owners" });

    const unknown = await send(emulator, "GET", "/v1.0/users/nobody@contoso.example");
    const bad = await send(emulator, "GET", "/v1.0/users?$filter=mail%20eq%20'x'");
    const beyond = await send(emulator, "GET", "/v1.0/users/nobody/manager");

    expect([unknown.status, errorOf(unknown).code]).toEqual([404, "Request_ResourceNotFound"]);
    expect([bad.status, beyond.status]).toEqual([400, 400]);
  });
});
