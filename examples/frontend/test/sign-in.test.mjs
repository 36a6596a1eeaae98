/** Signing in, in Chromium, at the repository's own identity provider, with a gateway in `obo` or `passthrough`. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { signInUser, startEntra } from "./entra.mjs";
import { pfx } from "./pfx-files.mjs";
import { cutOff, faults, openPortal } from "./portal.mjs";

let started;
let entra;
let emulator;
let page;
let portal;
afterEach(async () => {
  await portal.close();
  await started.close();
});

async function open(variables) {
  started = await startEntra();
  ({ entra } = started);
  portal = await openPortal(
    { ignoreHTTPSErrors: true },
    { ...started, variables: { ...started.variables, ...variables } },
  );
  ({ emulator, page } = portal);
  await button("Sign in").waitFor();
}

async function openSignedIn(variables) {
  await open(variables);
  await button("Sign in").click();
  await portal.rows().first().waitFor();
}

const passthrough = { AUTH_MODE: "passthrough", AZURE_CLIENT_SECRET: "", AZURE_CLIENT_ID: "", AZURE_TENANT_ID: "" };
const refusal = { status: 401, json: { errors: [{ message: "No.", extensions: { code: "UNAUTHENTICATED" } }] } };
const button = (name) => page.getByRole("button", { name, exact: true });
const authorizations = () => entra.requests.filter(({ endpoint }) => endpoint === "authorize");
const refresh = () => page.getByRole("button", { name: "Refresh" }).click();
/** MSAL renews what has less than five minutes left. */
const expireSoon = () => {
  entra.settings.lifetimeSeconds = 200;
};

describe("sign-in", () => {
  it("opens a window, and then the list, with the caller's token exchanged by the gateway", async () => {
    await open();
    await portal.look("sign-in");
    assert.equal(await page.title(), "Sign in · PFX certificates");
    assert.equal(await page.getByRole("tab").count(), 0);
    await button("Sign in").press("Enter");
    await portal.rows().first().waitFor();
    await page.getByText(signInUser).waitFor();
    await portal.look("signed-in");
    for (const [width, colorScheme] of [
      [390, "light"],
      [390, "dark"],
      [1280, "dark"],
    ]) {
      await page.setViewportSize({ width, height: 860 });
      await page.emulateMedia({ colorScheme });
      await portal.look(`signed-in-${width}-${colorScheme}`);
      assert.deepEqual(await cutOff(page), []);
    }

    const [authorization] = authorizations();
    assert.equal(authorization.form.code_challenge_method, "S256");
    assert.deepEqual(JSON.parse(authorization.form.claims).access_token.xms_cc.values, ["CP1"]);
    assert.match(authorization.form.scope, /^api:\/\/\S+\/Pfx\.ReadWrite/);
    assert.equal(started.provider.token.requests.at(-1).grant, "on_behalf_of");
    assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY");
    assert.deepEqual(portal.complaints, []);
  });

  it("sends the token itself to a gateway in passthrough", async () => {
    await openSignedIn(passthrough);
    const sent = emulator.requests.map(({ headers }) => headers.authorization?.replace("Bearer ", ""));

    assert.equal(
      sent.every((token) => entra.secrets().includes(token)),
      true,
    );
  });

  it("adds the authority to connect-src and frame-src of the page's policy, and nothing else", async () => {
    await open();
    const policyOf = async (path) =>
      (await fetch(new URL(path, portal.site.url))).headers.get("content-security-policy");
    const { origin } = new URL(started.config.signIn.authority);
    const withSignIn = (await policyOf("/")).split("; ");

    assert.deepEqual(
      withSignIn.filter((directive) => directive.includes(origin)),
      [`connect-src 'self' ${origin}`, `frame-src 'self' ${origin}`],
    );
    assert.equal(withSignIn.includes("default-src 'none'"), true);
    assert.equal(withSignIn.includes("frame-ancestors 'none'"), true);
    assert.match(await policyOf("/redirect.html"), /frame-ancestors 'self'/);
  });

  it("lasts through a reload, without another window, and leaves no token in the page or the local storage", async () => {
    await openSignedIn();
    await page.reload();
    await portal.rows().first().waitFor();
    assert.equal(authorizations().length, 1);
    const held = await page.evaluate(() =>
      [document.documentElement.outerHTML, location.href, document.cookie, JSON.stringify(localStorage)].join("\n"),
    );

    const tokens = entra.secrets().filter((secret) => secret.length > 20);
    assert.deepEqual(
      tokens.filter((token) => held.includes(token)),
      [],
    );
  });

  it("is renewed silently by the refresh token", async () => {
    await open();
    expireSoon();
    await button("Sign in").click();
    await portal.rows().first().waitFor();
    await refresh();
    await page.waitForLoadState("networkidle");

    assert.ok(entra.grants("refresh_token").length > 0);
    assert.equal(authorizations().length, 1);
    assert.deepEqual(portal.complaints, []);
  });

  it("is renewed silently in a hidden frame, where the refresh token is over", async () => {
    await open();
    expireSoon();
    entra.settings.refreshTokens = false;
    await button("Sign in").click();
    await portal.rows().first().waitFor();
    await portal.status("there are more.");

    assert.equal(
      authorizations().some(({ form }) => form.prompt === "none"),
      true,
    );
    assert.equal(authorizations().filter(({ form }) => form.prompt !== "none").length, 1);
  });

  it("asks the person where the session is over, keeps the rows, and goes on", async () => {
    await open();
    expireSoon();
    await button("Sign in").click();
    await portal.rows().first().waitFor();
    entra.revokeRefreshTokens();
    entra.settings.authorizationError = { error: "login_required", description: "AADSTS50058" };
    await refresh();
    await portal.alert("Your session has ended.");
    await portal.look("session-over");
    assert.equal(await portal.rows().count(), 25);
    entra.settings.authorizationError = undefined;
    entra.settings.lifetimeSeconds = 3600;
    await button("Sign in again").click();
    await button("Sign in again").waitFor({ state: "detached" });

    await portal.status("there are more.");
  });

  it("pauses an import where the session is over, and goes on with it after signing in again", async () => {
    await openSignedIn();
    await portal.tab("Import").click();
    await page.getByLabel("Choose files").setInputFiles(["a", "b", "c"].map((name) => pfx(`${name}@contoso.example`)));
    await page
      .getByLabel(/^Password of/)
      .first()
      .fill("secret");
    await page.getByRole("button", { name: /^Open \d/ }).click();
    await portal.status("3 to import");
    entra.revokeRefreshTokens();
    entra.settings.authorizationError = { error: "login_required", description: "AADSTS50058" };
    // The gateway no longer takes the token at hand.
    await page.route("**/graphql", (route) => route.fulfill(refusal), { times: 1 });
    await page.getByRole("button", { name: "Import 3 certificates" }).click();
    await portal.alert("Your session has ended.");
    await portal.look("import-session-over");
    entra.settings.authorizationError = undefined;
    await button("Sign in again").click();
    await portal.status("3 imported.");

    assert.equal(emulator.records.length, 63);
  });

  it("renews a token that the gateway refuses, and repeats the request", async () => {
    await open();
    const { tokens } = entra.settings;
    entra.settings.tokens = { ...tokens, aud: "somebody-else" };
    await page.route("**/graphql", (route) => {
      entra.settings.tokens = tokens;
      return route.fallback();
    });
    await button("Sign in").click();
    await portal.rows().first().waitFor();

    assert.ok(entra.grants("refresh_token").length > 0);
    assert.equal(authorizations().length, 1);
  });

  it("says in plain words why it did not work", async () => {
    await open();
    entra.settings.authorizationError = { error: "access_denied", description: "AADSTS65004: declined" };
    await button("Sign in").click();
    await portal.alert("The sign-in was refused. Ask your administrator whether you may use this portal.");
    await portal.look("sign-in-refused");
    entra.settings.authorizationError = undefined;
    await button("Sign in").click();

    await portal.rows().first().waitFor();
  });

  it("opens the window again where it was closed", async () => {
    await open();
    entra.faults.fail("authorize", { instead: "hang" });
    const opened = page.waitForEvent("popup");
    await button("Sign in").click();
    const popup = await opened;
    while (authorizations().length === 0) await page.waitForTimeout(20);
    await popup.close();
    await portal.status("If you have closed it, open it again.");
    await portal.look("sign-in-waiting");
    await button("Open the window again").click();

    await portal.rows().first().waitFor();
  });

  it("ends with a sign-out", async () => {
    await openSignedIn();
    await button("Sign out").click();
    await button("Sign in").waitFor();

    assert.equal(await page.evaluate(() => JSON.stringify(sessionStorage).includes("secret")), false);
  });
});

describe("a claims challenge", () => {
  const claims = JSON.stringify({ access_token: { acrs: { essential: true, value: "c1" } } });
  const lastToken = (wanted) =>
    emulator.requests.findLast(({ method }) => method === wanted).headers.authorization.replace("Bearer ", "");
  const newestToken = () =>
    entra.secrets().findLast((secret) => secret.startsWith("ey") && secret.split(".").length === 3);
  const deleteFirst = async () => {
    await portal
      .rows()
      .first()
      .getByRole("button", { name: /^Delete/ })
      .click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  };

  it("is answered silently where Entra gives a token for the claims", async () => {
    await openSignedIn(passthrough);
    emulator.faults.add(faults.challengeClaims("DELETE", /userPfxCertificates/, claims));
    await deleteFirst();
    await portal.status("was deleted");

    assert.deepEqual(JSON.parse(entra.grants("refresh_token").at(-1).form.claims).access_token.acrs, {
      essential: true,
      value: "c1",
    });
    assert.equal(authorizations().length, 1);
    assert.equal(lastToken("DELETE"), newestToken());
  });

  it("is answered with step-up where Entra wants the person, and then the deletion is done", async () => {
    await openSignedIn(passthrough);
    emulator.faults.add(faults.challengeClaims("DELETE", /userPfxCertificates/, claims, { times: 2 }));
    await deleteFirst();
    await portal.alert("Your organisation asks for more proof that it is you.");
    await portal.look("step-up");
    await button("Sign in again").click();
    await portal.status("was deleted");

    assert.equal(authorizations().length, 2);
    assert.equal(lastToken("DELETE"), newestToken());
    assert.equal(JSON.parse(authorizations().at(-1).form.claims).access_token.acrs.value, "c1");
    assert.equal(emulator.records.length, 59);
    assert.deepEqual(
      portal.complaints.filter((each) => !each.includes("401")),
      [],
    );
  });
});
