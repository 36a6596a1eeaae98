import { ApolloProvider } from "@apollo/client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { client } from "./apollo.ts";
import { App } from "./app.tsx";
import { SignInFailed } from "./sign-in/sign-in.ts";
import { startSignIn } from "./sign-in/start-sign-in.ts";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");
const page = createRoot(root);
try {
  await startSignIn();
  page.render(
    <StrictMode>
      <ApolloProvider client={client}>
        <App />
      </ApolloProvider>
    </StrictMode>,
  );
} catch (error) {
  page.render(
    <main>
      <h1>PFX certificates</h1>
      <p role="alert" className="problem">
        {error instanceof SignInFailed
          ? error.message
          : "The portal's configuration can't be read. Load the page again."}
      </p>
    </main>,
  );
}
