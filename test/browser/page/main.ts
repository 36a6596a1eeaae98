/** Prepares the form's file, in a worker or here, and sends what came of it; shows each answer as JSON. */
import { print } from "graphql";
import { CreateUserPfxCertificateDocument, type CreateUserPfxCertificateInput } from "intune-pfx-client/operations";
import { type Answer, prepare, type Task } from "./prepare.ts";

const form = document.querySelector("form");
const output = document.querySelector("output");
if (form === null || output === null) throw new Error("The page lacks its form.");
const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
let prepared: CreateUserPfxCertificateInput | undefined;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  output.value = "";
  const data = new FormData(form, event.submitter);
  output.value = JSON.stringify(await act(String(data.get("action")), data));
});

async function act(action: string, data: FormData): Promise<unknown> {
  if (action === "send") return send();
  const task = await taskOf(data);
  const answer = action === "prepareInWorker" ? await ask(task) : await prepare(task);
  prepared = answer.input;
  return answer;
}

async function taskOf(data: FormData): Promise<Task> {
  const file = data.get("pfx");
  if (!(file instanceof File)) throw new Error("No file is chosen.");
  return {
    pfx: await file.arrayBuffer(),
    password: String(data.get("password")),
    options: JSON.parse(String(data.get("options"))),
  };
}

function ask(task: Task): Promise<Answer> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(task, [task.pfx]);
  });
}

async function send(): Promise<unknown> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: print(CreateUserPfxCertificateDocument), variables: { input: prepared } }),
  });
  return response.json();
}
