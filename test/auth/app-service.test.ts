import { expect, it } from "vitest";
import { startAtTokenSource } from "../support/token-source.ts";
import { describeTokenRetries } from "./describe-token-retries.ts";

describeTokenRetries("App Service");

it("App Service's 404 of an endpoint that is restarted is repeated", async () => {
  await using here = await startAtTokenSource("App Service");
  here.fail({ status: 404, body: "" }, 2);

  expect((await here.list()).errors).toBeUndefined();

  expect(here.asked()).toBe(3);
});
