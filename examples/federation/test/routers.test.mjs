/** The same promises through either router: what the gateway says gets to the client, and nobody else gets its secrets. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { encryptedPassword, importBuilt } from "../../program.mjs";
import { people } from "../directory.mjs";
import { routers, send, startStack } from "./stack.mjs";

const token = { authorization: "Bearer caller-token" };
const create = `mutation ($input: CreateUserPfxCertificateInput!) {
  createUserPfxCertificate(input: $input) { id thumbprint user { displayName department } }
}`;
const mine = "{ me { displayName pfxCertificates { nodes { id } } } }";
const secretOfInput = Buffer.from("a file that nobody may see").toString("base64");

let stack;
let faults;
before(async () => {
  faults = await importBuilt("emulator/faults.js");
  stack = await startStack();
});
after(() => stack?.close());

for (const [index, [name, start]] of Object.entries(routers).entries()) {
  describe(`through ${name}`, () => {
    let router;
    before(async () => {
      router = await start();
    });
    after(() => router?.close());
    beforeEach(() => stack.reset());

    const ask = (query, variables, headers = token) => send(router.url, query, variables, headers);
    const inputFor = (user, thumbprint) => ({
      thumbprint,
      intendedPurpose: "SMIME_ENCRYPTION",
      userPrincipalName: people[user].userPrincipalName,
      startDateTime: "2026-01-01T00:00:00Z",
      expirationDateTime: "2028-01-01T00:00:00Z",
      providerName: "Microsoft Software Key Storage Provider",
      keyName: "PFXEncryptionKey",
      paddingScheme: "OAEP_SHA512",
      encryptedPfxBlob: secretOfInput,
      encryptedPfxPassword: encryptedPassword,
    });
    const present = () => inputFor(1, stack.emulator.records[1].thumbprint);

    it("shows every user's certificates in the directory's order, and asks for all of them in one request", async () => {
      const { data, errors } = await ask(
        "{ users { displayName pfxCertificates(first: 3) { nodes { id intendedPurpose expirationDateTime } } } }",
      );

      assert.equal(errors, undefined);
      const idsOf = ({ userPrincipalName }) =>
        stack.emulator.records.filter((each) => each.userPrincipalName === userPrincipalName).map(({ id }) => id);
      assert.deepEqual(
        data.users.map(({ displayName, pfxCertificates }) => [displayName, pfxCertificates.nodes.map(({ id }) => id)]),
        people.map((person) => [person.displayName, idsOf(person)]),
      );
      assert.equal(data.users[6].pfxCertificates.nodes[0].expirationDateTime, "2035-12-31T23:57:57.7654321-08:00");
      assert.equal(stack.pfxCalls.length, 1);
      assert.match(stack.pfxCalls[0].body.query, /_entities/);
      assert.equal(stack.pfxCalls[0].body.variables.representations.length, people.length);
    });

    it("shows the owners of certificates, and asks the directory for all of them in one request", async () => {
      const { data, errors } = await ask("{ userPfxCertificates(first: 5) { nodes { user { displayName } } } }");

      assert.equal(errors, undefined);
      assert.deepEqual(
        data.userPfxCertificates.nodes.map(({ user }) => user.displayName),
        people.slice(0, 5).map(({ displayName }) => displayName),
      );
      assert.equal(stack.directoryCalls.length, 1);
    });

    it("shows certificates that the directory refers to, null for what is gone, from one $batch", async () => {
      const { data, errors } = await ask("{ users { mailCertificate { id thumbprint keyName } } }");

      assert.equal(errors, undefined);
      const [adele, , miriam, , , , , , , , lynne] = data.users.map(({ mailCertificate }) => mailCertificate);
      assert.equal(adele.thumbprint, stack.emulator.records[0].thumbprint);
      assert.equal(miriam.keyName, "PFXEncryptionKey");
      assert.deepEqual(lynne, { ...people[10].mailCertificate, thumbprint: null, keyName: null });
      assert.equal(stack.pfxCalls.length, 1);
      assert.equal(stack.pfxCalls[0].body.variables.representations.length, 3);
      assert.equal(stack.emulator.requests.filter(({ path }) => path.endsWith("$batch")).length, 1);
    });

    it("answers null for a certificate that is gone", async () => {
      const { data, errors } = await ask("query ($id: ID!) { userPfxCertificate(id: $id) { id } }", {
        id: people[10].mailCertificate.id,
      });

      assert.equal(errors, undefined);
      assert.deepEqual(data, { userPfxCertificate: null });
    });

    it("imports a certificate once, and shows whose it is", async () => {
      const thumbprint = String(index).repeat(40);
      const { data, errors } = await ask(create, { input: inputFor(0, thumbprint) });

      assert.equal(errors, undefined);
      assert.equal(data.createUserPfxCertificate.thumbprint, thumbprint);
      assert.deepEqual(data.createUserPfxCertificate.user, { displayName: "Adele Vance", department: "Retail" });
      assert.deepEqual(
        stack.emulator.ledger.map(({ method, id }) => [method, id]),
        [["POST", data.createUserPfxCertificate.id]],
      );
    });

    it("tells CONFLICT with its code, its message and Graph's ids", async () => {
      const { data, errors } = await ask(create, { input: present() });

      assert.equal(data, null);
      assert.equal(errors.length, 1);
      assert.equal(errors[0].extensions.code, "CONFLICT");
      assert.match(errors[0].message, /already has that certificate/);
      assert.deepEqual(errors[0].path, ["createUserPfxCertificate"]);
      assert.equal(errors[0].extensions.certificateId, stack.emulator.records[1].id);
      assert.equal(errors[0].extensions.graph.status, 409);
      assert.ok(errors[0].extensions.graph.requestId);
    });

    it("tells BAD_USER_INPUT with the rules that are broken", async () => {
      const { errors } = await ask(create, { input: { ...present(), thumbprint: "short" } });

      assert.equal(errors[0].extensions.code, "BAD_USER_INPUT");
      assert.deepEqual(
        errors[0].extensions.invalid.map(({ path }) => path),
        ["input.thumbprint"],
      );
    });

    it("finds a certificate's owner by object id, even after the owner was renamed", async () => {
      const { data, errors } = await ask(
        "{ userPfxCertificates(first: 20) { nodes { userPrincipalName owner { displayName userPrincipalName } } } }",
      );

      assert.equal(errors, undefined);
      const { nodes } = data.userPfxCertificates;
      const joni = nodes.find(({ owner }) => owner?.displayName === "Joni Miller");
      assert.equal(joni.userPrincipalName, "JoniS@contoso.onmicrosoft.com"); // as at the import
      assert.equal(joni.owner.userPrincipalName, "JoniM@contoso.onmicrosoft.com");
      const seeded = new Set(people.map(({ displayName }) => displayName));
      assert.deepEqual(new Set(nodes.flatMap(({ owner }) => owner?.displayName ?? [])), seeded);
    });

    for (const [mistake, change] of Object.entries({
      "a missing property": { keyName: undefined },
      "a misspelt property": { keyName: undefined, keyname: "PFXEncryptionKey" },
      "a value of the wrong type": { keyName: [1] },
      "an enum member that does not exist": { paddingScheme: encryptedPassword },
      "a null": { encryptedPfxBlob: null },
    })) {
      it(`tells of ${mistake} without the file and the password, in a variable and in a literal`, async (t) => {
        const logged = record(t);
        const input = { ...inputFor(0, "e".repeat(40)), ...change };
        const literal = JSON.stringify(input)
          .replace(/"(\w+)":/g, "$1:")
          .replace(/(intendedPurpose|paddingScheme):"(\w+)"/g, "$1:$2");

        const asVariable = await ask(create, { input });
        const asLiteral = await ask(`mutation { createUserPfxCertificate(input: ${literal}) { id } }`);

        for (const { data, errors } of [asVariable, asLiteral]) {
          assert.equal(data ?? null, null);
          assert.ok(errors.length > 0);
          for (const text of [JSON.stringify(errors), logged.join("")]) {
            for (const secret of [secretOfInput, encryptedPassword]) assert.ok(!text.includes(secret.slice(0, 20)));
          }
        }
        if (mistake === "a missing property")
          assert.match(asVariable.errors[0].message, /Field "keyName" of required type/);
        assert.equal(stack.emulator.requests.length, 0);
      });
    }

    it("tells THROTTLED with the seconds to wait", async () => {
      stack.emulator.faults.add(faults.throttle("GET", "/userPfxCertificates", 90_000, "seconds", { times: 9 }));

      const { errors } = await ask(mine);

      assert.equal(errors[0].extensions.code, "THROTTLED");
      assert.equal(errors[0].extensions.retryAfterSeconds, 90);
    });

    it("tells UNAUTHENTICATED without a token; HTTP 401 of the subgraph, 200 of the router, with what others know", async () => {
      const { status, data, errors } = await ask(`{ users { displayName } ${mine.slice(2)}`, {}, {});

      assert.equal(stack.pfxCalls[0].status, 401);
      assert.equal(status, 200);
      assert.equal(data.users.length, people.length);
      assert.equal(data.me, null);
      assert.equal(errors.length, 1);
      assert.equal(errors[0].extensions.code, "UNAUTHENTICATED");
      assert.deepEqual(errors[0].path, ["me", "pfxCertificates"]);
      assert.equal(stack.emulator.requests.length, 0);
    });

    it("passes the caller's token to Graph, none of it to the directory, and no other header to anybody", async () => {
      const { errors } = await ask(mine, {}, { ...token, cookie: "session=1", "x-forwarded-user": "admin" });

      assert.equal(errors, undefined);
      assert.equal(stack.emulator.requests[0].headers.authorization, token.authorization);
      assert.equal(stack.pfxCalls[0].headers.authorization, token.authorization);
      for (const { headers } of [...stack.pfxCalls, ...stack.directoryCalls]) {
        assert.equal(headers.cookie, undefined);
        assert.equal(headers["x-forwarded-user"], undefined);
      }
      assert.equal(stack.directoryCalls[0].headers.authorization, undefined);
      assert.equal(stack.directoryCalls[0].headers["router-authorization"], undefined);
    });

    it("tells CLAIMS_CHALLENGE with the claims", async () => {
      const claims = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}';
      stack.emulator.faults.add(faults.challengeClaims("GET", "/userPfxCertificates", claims));

      const { errors, headers } = await ask(mine);

      assert.equal(errors[0].extensions.code, "CLAIMS_CHALLENGE");
      assert.equal(Buffer.from(errors[0].extensions.claims, "base64").toString(), claims);
      if (name === "Hive Gateway") assert.ok(headers.get("www-authenticate").includes(errors[0].extensions.claims));
    });

    it("loses one user where one user's certificates can't be had", async () => {
      stack.emulator.faults.add(faults.answerStatus("GET", "/userPfxCertificates", 403, { skip: 4 }));

      const { data, errors } = await ask("{ users { displayName pfxCertificates { nodes { id } } } }");

      const lost = data.users.flatMap((user, place) => (user === null ? [place] : []));
      assert.equal(lost.length, 1);
      assert.equal(errors.length, 1);
      assert.equal(errors[0].extensions.code, "FORBIDDEN");
      // Hive Gateway leaves the place in a list out of the path.
      const place = name === "Hive Gateway" ? [] : lost;
      assert.deepEqual(errors[0].path, ["users", ...place, "pfxCertificates"]);
    });

    for (const [accident, prepare] of Object.entries({
      "the connection breaks": () => stack.cutPfx(1),
      "no answer comes": () => stack.hangPfx(1),
    })) {
      it(`sends a mutation once where ${accident}, and neither answer nor log has what was in it`, async (t) => {
        const hasty = await start(500);
        t.after(() => hasty.close());
        const logged = record(t);
        prepare();

        const { data, errors } = await send(hasty.url, create, { input: present() }, token);

        assert.equal(data, null);
        assert.equal(errors.length, 1);
        assert.equal(stack.pfxCalls.length, 1);
        assert.equal(stack.pfxCalls[0].status, undefined);
        for (const text of [JSON.stringify(errors), logged.join("")]) {
          for (const secret of [secretOfInput, encryptedPassword]) assert.ok(!text.includes(secret));
          assert.ok(!text.includes("of-this-test"));
          assert.ok(!text.includes("caller-token"));
        }
      });
    }
  });
}

/** What this process prints until the end of the test. */
function record(t) {
  const written = [];
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    t.mock.method(stream, "write", (chunk, ...rest) => {
      written.push(String(chunk));
      return write(chunk, ...rest);
    });
  }
  return written;
}

describe("past the routers", () => {
  it("the gateway answers nobody who lacks the router's secret", async () => {
    const { status, errors } = await send(stack.gatewayUrl, "{ __typename }", {}, token);

    assert.equal(status, 401);
    assert.equal(errors[0].extensions.code, "UNAUTHENTICATED");
  });
});
