/** Answers a request by its compiled operation. */
import type { GatewayContext } from "../../../context.ts";
import { describeOperation, startOperationSpan } from "../operation-span.ts";
import type { CompiledRequest } from "./operation-cache.ts";

/** @returns the response's `data`; `undefined` if Apollo Server has to answer, which finds the resolver's result in the context. */
export async function runCompiled(
  { compiled, variables, recordedType, recordedName }: CompiledRequest,
  context: GatewayContext,
): Promise<Record<string, unknown> | undefined> {
  const { record } = context;
  const span = startOperationSpan(record);
  const data = await compiled.run(variables, context);
  if (data === undefined) return undefined;
  record.operationType = recordedType;
  record.operationName = recordedName;
  describeOperation(span, record);
  span.end();
  return data;
}
