/** The page without sign-in, or with one that is not set up, in Chromium. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { openPortal } from "./portal.mjs";

let portal;
afterEach(() => portal.close());

describe("without sign-in", () => {
  it("loads nothing of MSAL, and asks no authority", async () => {
    portal = await openPortal();
    const { page, rows, complaints } = portal;
    const loaded = [];
    page.on("request", (request) => loaded.push(request.url()));
    await page.reload();
    await rows().first().waitFor();

    assert.ok(loaded.some((url) => url.endsWith(".js")));
    assert.deepEqual(
      loaded.filter((url) => /msal|redirect/.test(url)),
      [],
    );
    assert.deepEqual(complaints, []);
  });

  it("says whom to ask where the gateway wants a token or more proof", async () => {
    portal = await openPortal();
    const { page, rows, alert, look } = portal;
    await rows().first().waitFor();
    for (const code of ["UNAUTHENTICATED", "CLAIMS_CHALLENGE"]) {
      await page.route("**/graphql", (route) =>
        route.fulfill({ status: 401, json: { errors: [{ message: "No.", extensions: { code, claims: "e30=" } }] } }),
      );
      await page.getByRole("button", { name: "Refresh" }).click();
      await alert("This portal has no sign-in of its own. Ask your administrator.");
    }

    assert.equal(await page.getByRole("button", { name: "Sign in again" }).count(), 0);
    await look("no-sign-in");
  });
});

describe("a sign-in that is not set up", () => {
  it("is said instead of a page that can't work", async () => {
    portal = await openPortal({}, { config: { signIn: { authority: "https://127.0.0.1/tenant", clientId: "id" } } });

    await portal.alert("config.json needs signIn with authority, clientId and scopes");
    await portal.look("sign-in-not-set-up");
  });
});
