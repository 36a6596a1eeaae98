/**
 * `/users`, with what a client needs to find a user by name. The list has everyone who owns or ever owned a certificate here; by
 * name, a setting decides whether the directory has everybody else as well. Names ignore case, as in the real directory.
 */
import type { Backend } from "../backend.ts";
import { type Answer, type Call, jsonAnswer } from "../exchange.ts";
import { GraphFailure } from "../failure.ts";
import { compileFilter } from "../odata.ts";
import { userObjectId } from "../record.ts";
import type { Person } from "../store.ts";

/** `/users`, with or without `$filter` on userPrincipalName or id. */
export function answerUsers(backend: Backend, call: Call): Answer {
  onlyGet(call);
  const filter = call.query.get("$filter");
  const matches =
    filter === null
      ? () => true
      : compileFilter<Person>(filter, {
          typeOf: (name) => (name === "userPrincipalName" || name === "id" ? "string" : undefined),
          read: (person, name) => (name === "id" ? person.id : person.userPrincipalName),
          honours: () => true,
          ignoresCase: () => true,
        });
  const found = backend.store.people.filter(matches);
  const [, name] = /^\s*userPrincipalName eq '((?:[^']|'')*)'\s*$/i.exec(filter ?? "") ?? [];
  const other = found.length === 0 && name !== undefined ? otherPerson(backend, name.replaceAll("''", "'")) : undefined;
  return jsonAnswer(200, {
    "@odata.context": `${call.origin}/${call.version}/$metadata#users`,
    value: (other === undefined ? found : [other]).map(userJson),
  });
}

/** `/users/{id}` or `/users/{userPrincipalName}`. */
export function answerUser(backend: Backend, call: Call, key: string): Answer {
  onlyGet(call);
  const wanted = key.toLowerCase();
  const person =
    backend.store.people.find(({ id, userPrincipalName }) => [id, userPrincipalName.toLowerCase()].includes(wanted)) ??
    otherPerson(backend, key);
  if (person === undefined) {
    const message = `Resource '${key}' does not exist or one of its queried reference-property objects are not present.`;
    throw new GraphFailure(404, message, { code: "Request_ResourceNotFound", by: "graph" });
  }
  return jsonAnswer(200, {
    "@odata.context": `${call.origin}/${call.version}/$metadata#users/$entity`,
    ...userJson(person),
  });
}

/** A user without a certificate. */
function otherPerson({ settings }: Backend, userPrincipalName: string): Person | undefined {
  if (settings.directory === "owners" || !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(userPrincipalName)) return undefined;
  return { id: userObjectId(userPrincipalName), userPrincipalName };
}

function onlyGet(call: Call): void {
  if (call.method !== "GET") {
    throw new GraphFailure(405, "Specified HTTP method is not allowed for the request target.", { by: "graph" });
  }
}

function userJson({ id, userPrincipalName }: Person): Record<string, string> {
  const displayName = userPrincipalName.replace(/@.*$/, "").replaceAll(/[._]/g, " ");
  return { id, displayName, userPrincipalName, mail: userPrincipalName };
}
