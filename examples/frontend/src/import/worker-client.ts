/** The page's side of the worker. */
import type { Answer, Call, Problem } from "./protocol.ts";
import type { Actions } from "./worker.ts";

type Arguments<Action extends keyof Actions> = Parameters<Actions[Action]>;
type Result<Action extends keyof Actions> = Awaited<ReturnType<Actions[Action]>>;

/** What the worker could not do, in words for people. */
export class WorkerProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

export class PfxWorker {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  #calls = 0;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const caller = this.#waiting.get(data.call);
      this.#waiting.delete(data.call);
      if ("problem" in data) caller?.reject(new WorkerProblem(data.problem));
      else caller?.resolve(data.value);
    };
    this.#worker.onerror = () => this.#fail("the page's worker could not be started; reload the page");
  }

  call<Action extends keyof Actions>(action: Action, ...args: Arguments<Action>): Promise<Result<Action>> {
    this.#calls += 1;
    const call: Call = { call: this.#calls, action, args };
    return new Promise((resolve, reject) => {
      this.#waiting.set(call.call, { resolve: (value) => resolve(value as Result<Action>), reject });
      this.#worker.postMessage(call);
    });
  }

  /** Ends the worker: files, keys and passwords go with its memory. */
  end(): void {
    this.#worker.terminate();
    this.#fail("the files are no longer here; drop them again");
  }

  #fail(message: string): void {
    for (const { reject } of this.#waiting.values()) reject(new WorkerProblem({ code: "WORKER_ENDED", message }));
    this.#waiting.clear();
  }
}
