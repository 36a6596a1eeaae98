/** The page: takes a file and its password, has a worker prepare the input, and sends the input to the gateway. */
import { print } from "graphql";
import { CreateUserPfxCertificateDocument, findGatewayError } from "intune-pfx-client/operations";

const form = document.querySelector("form");
const output = document.querySelector("output");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { pfx, password } = form.elements;
  output.value = "Importing…";
  try {
    const file = await pfx.files[0].arrayBuffer();
    const { input, warnings, error } = await prepare(file, password.value);
    if (error) throw new Error(`${error.message} (${error.code})`);
    output.value = [await send(input), ...warnings.map(({ message }) => `Note: ${message}.`)].join(" ");
  } catch (error) {
    output.value = error.message;
  } finally {
    password.value = "";
  }
});

/** Each file gets a worker of its own. The worker's memory, with key and password in it, goes when the worker ends. */
function prepare(file, password) {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage({ file, password }, [file]);
  }).finally(() => worker.terminate());
}

async function send(input) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" }, // and `authorization`, unless your server adds the token
    body: JSON.stringify({ query: print(CreateUserPfxCertificateDocument), variables: { input } }),
  });
  const answer = await response.json();
  if (answer.data) return `Imported for ${input.userPrincipalName}.`;

  const error = findGatewayError(answer);
  if (error?.extensions.code === "CONFLICT") return `${input.userPrincipalName} has this certificate already.`;
  return `Not imported: ${error?.message ?? response.status} (${error?.extensions.code})`;
}
