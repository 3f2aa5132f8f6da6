import { useState } from "preact/hooks";
import { send } from "./http.js";
import { Trouble } from "./ui.js";

/** Asks for the token, or for name and password. */
export function LogIn({ by, onDone }: { readonly by: "token" | "password"; readonly onDone: () => void }) {
  const [error, setError] = useState<string | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    try {
      await send("POST", "session", { user: String(form.get("user") ?? ""), secret: String(form.get("secret")) });
      onDone();
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause));
    }
  };
  return (
    <main class="log-in">
      <h1>PLOSolver</h1>
      <form class="panel" onSubmit={submit}>
        {by === "password" && (
          <label>
            Name
            <input name="user" autocomplete="username" required />
          </label>
        )}
        <label>
          {by === "password" ? "Password" : "Token"}
          <input name="secret" type="password" autocomplete="current-password" required />
        </label>
        <button type="submit" class="primary">
          Log in
        </button>
        {error !== null && <Trouble>{error}</Trouble>}
      </form>
    </main>
  );
}
