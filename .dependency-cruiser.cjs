/**
 * The import arrows of docs/architecture.md, checked by `make check`.
 * Each rule says who may not import whom; anything not forbidden here is allowed.
 */
const layer = (name) => `^src/${name}(/|\\.ts$)`;
const forbid = (name, from, to) => ({ name, severity: "error", from: { path: from }, to: { path: to } });

/**
 * Rooms of src/celery and the rooms that each may import. What stands beside them (settings, errors, definitions of tasks)
 * is everyone's, but for the app and the doors above it; protocol and amqp take less of it, as they say below.
 */
const CELERY_ROOMS = {
  protocol: [],
  amqp: ["protocol"],
  executor: [],
  codec: ["protocol", "executor"],
  events: ["protocol", "codec", "amqp"],
  control: ["protocol", "codec", "amqp"],
  results: ["protocol", "codec", "amqp"],
  canvas: ["protocol", "results"],
  client: ["protocol", "codec", "amqp", "events", "control", "results", "canvas"],
  "worker/broker": ["protocol", "codec", "amqp", "worker"],
  "worker/wait": ["protocol", "amqp", "worker/broker", "worker"],
  "worker/task": [
    "protocol",
    "codec",
    "amqp",
    "events",
    "control",
    "results",
    "canvas",
    "client",
    "worker/wait",
    "worker",
  ],
  "worker/remote": ["protocol", "codec", "amqp", "events", "control", "results", "worker/wait", "worker"],
};
const CELERY_ROOF = ["app", "index", "tooling", "values"].map((name) => `${name}\\.ts$`);
/** `worker` in a list means the files at its root, not its rooms. */
const inside = (room) => (room === "worker" ? "worker/[^/]+\\.ts$" : `${room}/`);
const celeryRoom = ([room, below]) =>
  forbid(
    `celery-${room.replace("/", "-")}-imports-only-what-is-below`,
    `^src/celery/${room}/`,
    `^src/celery/(${CELERY_ROOF.join("|")}|(?!${[room, ...below].map(inside).join("|")})[^/]+/)`,
  );

/** Rooms of src/poker, lower floors first, and the rooms that each may import. The files beside them are the ground. */
const POKER_ROOMS = {
  wasm: [],
  evaluator: ["wasm"],
  categories: ["evaluator"],
  ranges: ["categories"],
  equity: ["wasm", "evaluator", "ranges"],
  "solver/game": ["evaluator"],
  "solver/wasm": ["wasm"],
  "solver/betting": [],
  "solver/abstraction": ["evaluator", "solver/game"],
  "solver/spot": ["ranges", "solver/game", "solver/betting"],
  "solver/vector": ["wasm", "solver/game", "solver/wasm", "solver/betting", "solver/abstraction"],
  "solver/sampled": ["wasm", "solver/(game|wasm|abstraction|vector)"],
  "solver/multiway": ["evaluator", "solver/game", "solver/betting", "solver/abstraction"],
  "solver/plan": ["solver/(game|betting|abstraction|spot|vector|sampled)"],
  "solver/report": ["evaluator", "ranges", "solver/[^/]+"],
};
const pokerRoom = ([room, below]) =>
  forbid(
    `poker-${room.replace("/", "-")}-imports-only-what-is-below`,
    `^src/poker/${room}/`,
    `^src/poker/(?!(${[room, ...below].join("|")})/|[^/]+\\.ts$)`,
  );

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    forbid(
      "celery-has-five-doors",
      "^src/(?!celery/)",
      "^src/celery/(?!(index|kernel|values|tooling|opentelemetry)\\.ts$)",
    ),
    forbid(
      "tooling-is-for-programs-around-a-worker",
      "^src/(?!celery/|cli/|web/|operations/)",
      "^src/celery/tooling\\.ts$",
    ),
    forbid("celery-does-not-use-its-doors", "^src/celery/", "^src/celery/(index|tooling|values)\\.ts$"),
    forbid("celery-stands-alone", layer("celery"), "^src/(?!celery/|postgres/)"),
    forbid("poker-imports-only-itself", layer("poker"), "^src/(?!poker/)"),
    { name: "poker-is-pure", severity: "error", from: { path: layer("poker") }, to: { dependencyTypes: ["npm"] } },
    forbid("poker-ground-imports-no-room", "^src/poker/[^/]+\\.ts$", "^src/poker/[^/]+/"),
    ...Object.entries(POKER_ROOMS).map(pokerRoom),
    forbid("postgres-stands-alone", layer("postgres"), "^src/(?!postgres/)"),
    forbid("jobs-stand-alone", layer("jobs"), "^src/(?!jobs/|postgres/)"),
    forbid("tasks-know-no-http-cli-plosolver", layer("tasks"), "^src/(http|operations|cli|plosolver)"),
    forbid("web-knows-no-worker-http-cli-app", layer("web"), "^src/(poker|http|cli|plosolver/app)"),
    forbid("only-cli-imports-web", "^src/(?!web/|cli/)", layer("web")),
    forbid("operations-know-no-http-cli-app", layer("operations"), "^src/(http|cli|plosolver/app|poker)"),
    forbid("http-knows-only-celery", layer("http"), "^src/(poker|jobs|tasks|operations|cli|plosolver)"),
    forbid(
      "config-knows-only-values",
      "^src/plosolver/config/",
      "^src/(?!plosolver/(config/|job-kinds\\.ts$)|celery/values\\.ts$)",
    ),
    ...Object.entries(CELERY_ROOMS).map(celeryRoom),
    forbid("protocol-is-pure", "^src/celery/protocol/", "^src/celery/(?!protocol/)"),
    forbid(
      "amqp-knows-no-settings",
      "^src/celery/amqp/",
      "^src/celery/(?!amqp/|protocol/|changes|errors|secrets|server-url|tls-files)",
    ),
    forbid("only-results-use-postgres", "^src/celery/(?!results/|index\\.ts$|worker/worker\\.ts$)", layer("postgres")),
    {
      name: "only-amqp-uses-amqplib",
      severity: "error",
      from: { path: "^src/(?!celery/amqp/)" },
      to: { path: "node_modules/amqplib" },
    },
    forbid("only-cli-imports-the-app", "^src/(?!cli/)", "^src/plosolver/app\\.ts$"),
    forbid("nothing-imports-cli", "^src/(?!cli/)", layer("cli")),
    {
      name: "src-needs-no-dev-dependency",
      severity: "error",
      from: { path: "^src" },
      to: { dependencyTypes: ["npm-dev"] },
    },
  ],
  options: { parser: "swc", tsPreCompilationDeps: true, doNotFollow: { path: "node_modules" } },
};
