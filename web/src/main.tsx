import { render } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import type { SessionView } from "../../src/web/api.js";
import { ClusterPage } from "./cluster.js";
import { Compare } from "./compare.js";
import { DeadLetters } from "./dead-letters.js";
import { fetchSession, send } from "./http.js";
import { JobDetail } from "./jobs/detail.js";
import { JobList } from "./jobs/list.js";
import { NewJob } from "./jobs/new.js";
import { LogIn } from "./log-in.js";
import { hrefOf, type Place, usePlace } from "./router.js";
import "./style.css";
import { Trouble } from "./ui.js";

/** Pages of the menu: words and path. */
const MENU = [
  ["Jobs", "jobs"],
  ["New job", "new"],
  ["Dead letters", "dead-letters"],
  ["Cluster", "cluster"],
] as const;

function App() {
  const place = usePlace();
  const [session, setSession] = useState<SessionView | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const look = useCallback(() => {
    fetchSession().then(
      (found) => {
        setSession(found);
        setTrouble(null);
      },
      (error: Error) => setTrouble(error.message),
    );
  }, []);
  useEffect(look, [look]);
  if (trouble !== null && session === null)
    return (
      <main>
        <Trouble>{trouble}</Trouble>
        <button type="button" onClick={look}>
          Try again
        </button>
      </main>
    );
  if (session === null) return <main aria-busy="true" />;
  if (session.who === null)
    return session.logIn === null ? (
      <main>
        <Trouble>The proxy in front of this page does not say who you are.</Trouble>
      </main>
    ) : (
      <LogIn by={session.logIn} onDone={look} />
    );
  const here = place.path[0] ?? "jobs";
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        Skip to content
      </button>
      <header class="top">
        <a class="brand" href={hrefOf(["jobs"])}>
          PLOSolver
        </a>
        <nav aria-label="Pages">
          {MENU.filter(([, path]) => path !== "new" || !session.readOnly).map(([words, path]) => (
            <a key={path} href={hrefOf([path])} aria-current={here === path ? "page" : undefined}>
              {words}
            </a>
          ))}
        </nav>
        <span class="rights">
          {session.readOnly && <span class="badge">read-only</span>}
          {session.logIn !== null && (
            <button type="button" class="plain" onClick={() => void send("DELETE", "session").finally(look)}>
              Log out
            </button>
          )}
        </span>
      </header>
      <main id="main" tabIndex={-1}>
        <Page place={place} session={session} />
      </main>
    </>
  );
}

function Page({ place: { path, query }, session }: { readonly place: Place; readonly session: SessionView }) {
  const [first = "jobs", id] = path;
  useEffect(() => {
    document.title = `${first === "jobs" && id !== undefined ? `Job ${id.slice(0, 8)}` : first} · PLOSolver`;
  }, [first, id]);
  if (first === "jobs" && id !== undefined) return <JobDetail key={id} id={id} readOnly={session.readOnly} />;
  if (first === "jobs" && !session.hasJobs)
    return <Trouble>There is no database: set DATABASE_URL to see jobs.</Trouble>;
  if (first === "jobs") return <JobList query={query} readOnly={session.readOnly} />;
  if (first === "compare" && id !== undefined) return <Compare first={id} second={path[2]} />;
  if (first === "dead-letters") return <DeadLetters readOnly={session.readOnly} />;
  if (first === "cluster") return <ClusterPage readOnly={session.readOnly} />;
  if (first === "new") return <NewJob query={query} />;
  return <p>There is no such page.</p>;
}

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
