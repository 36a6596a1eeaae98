/** The page that Microsoft Entra comes back to, in a window or a hidden frame: it hands the answer over and goes. */
import { broadcastResponseToMainFrame } from "@azure/msal-browser/redirect-bridge";

broadcastResponseToMainFrame().catch(() => {
  document.body.textContent = "Nothing to sign in here. You can close this window.";
});
