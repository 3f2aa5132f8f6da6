import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ScaledObject, TriggerAuthentication } from "@kubernetes-models/keda/keda.sh/v1alpha1";
import { Deployment } from "kubernetes-models/apps/v1";
import { Job } from "kubernetes-models/batch/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { ConfigMap, Secret } from "kubernetes-models/v1";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { loadConfig } from "../../src/plosolver/config/config.js";
import { VARIABLES } from "../../src/plosolver/config/variables.js";

const OPS = fileURLToPath(new URL("../../ops", import.meta.url));
const K8S = join(OPS, "k8s");

const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.enum(["/live", "/ready"]), port: z.literal("health") }),
  periodSeconds: z.int(),
  timeoutSeconds: z.int().optional(),
  failureThreshold: z.int().optional(),
});
const amounts = z.strictObject({ cpu: z.string().optional(), memory: z.string() });
const container = z.strictObject({
  name: z.string(),
  image: z.literal("plosolver-worker"),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]),
  envFrom: z.tuple([
    z.strictObject({ configMapRef: z.strictObject({ name: z.literal("plosolver-worker") }) }),
    z.strictObject({ secretRef: z.strictObject({ name: z.literal("plosolver-worker") }) }),
  ]),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.int() })).optional(),
  startupProbe: probe.optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal("ALL")]) }),
  }),
  resources: z.strictObject({ requests: amounts, limits: amounts }),
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string() })).optional(),
});
const podTemplate = z.strictObject({
  metadata: z
    .strictObject({ labels: z.record(z.string(), z.string()), annotations: z.record(z.string(), z.string()) })
    .optional(),
  spec: z.strictObject({
    restartPolicy: z.literal("OnFailure").optional(),
    automountServiceAccountToken: z.literal(false),
    terminationGracePeriodSeconds: z.int().optional(),
    securityContext: z.strictObject({
      runAsNonRoot: z.literal(true),
      runAsUser: z.literal(10001),
      seccompProfile: z.strictObject({ type: z.literal("RuntimeDefault") }),
    }),
    containers: z.tuple([container]),
    volumes: z
      .array(z.strictObject({ name: z.string(), emptyDir: z.strictObject({ sizeLimit: z.string() }) }))
      .optional(),
  }),
});
const selector = z.strictObject({ matchLabels: z.record(z.string(), z.string()) });
const metadata = z.strictObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
});
const Manifest = z.discriminatedUnion("kind", [
  z.strictObject({
    apiVersion: z.literal("apps/v1"),
    kind: z.literal("Deployment"),
    metadata,
    spec: z.strictObject({
      replicas: z.int(),
      selector,
      strategy: z.strictObject({ rollingUpdate: z.strictObject({ maxSurge: z.int(), maxUnavailable: z.literal(0) }) }),
      template: podTemplate,
    }),
  }),
  z.strictObject({
    apiVersion: z.literal("policy/v1"),
    kind: z.literal("PodDisruptionBudget"),
    metadata,
    spec: z.strictObject({ maxUnavailable: z.literal(1), selector }),
  }),
  z.strictObject({
    apiVersion: z.literal("batch/v1"),
    kind: z.literal("Job"),
    metadata,
    spec: z.strictObject({ backoffLimit: z.int(), ttlSecondsAfterFinished: z.int(), template: podTemplate }),
  }),
  z.strictObject({
    apiVersion: z.literal("v1"),
    kind: z.literal("ConfigMap"),
    metadata,
    data: z.record(z.string(), z.string()),
  }),
  z.strictObject({
    apiVersion: z.literal("v1"),
    kind: z.literal("Secret"),
    metadata,
    type: z.literal("Opaque"),
    stringData: z.record(z.string(), z.string()),
  }),
  z.strictObject({
    apiVersion: z.literal("keda.sh/v1alpha1"),
    kind: z.literal("TriggerAuthentication"),
    metadata,
    spec: z.strictObject({
      secretTargetRef: z.array(z.strictObject({ parameter: z.literal("host"), name: z.string(), key: z.string() })),
    }),
  }),
  z.strictObject({
    apiVersion: z.literal("keda.sh/v1alpha1"),
    kind: z.literal("ScaledObject"),
    metadata,
    spec: z.strictObject({
      scaleTargetRef: z.strictObject({ name: z.string() }),
      minReplicaCount: z.int(),
      maxReplicaCount: z.int(),
      pollingInterval: z.int(),
      advanced: z.looseObject({}),
      triggers: z.array(
        z.strictObject({
          type: z.literal("rabbitmq"),
          metadata: z.strictObject({
            // AMQP tells the waiting messages alone.
            protocol: z.literal("http"),
            mode: z.literal("QueueLength"),
            value: z.string().regex(/^\d+$/),
            queueName: z.string(),
            excludeUnacknowledged: z.literal("false"),
          }),
          authenticationRef: z.strictObject({ name: z.literal("plosolver-rabbitmq") }),
        }),
      ),
    }),
  }),
]);

const files = readdirSync(K8S).filter((name) => name !== "kustomization.yaml");
const manifests = files.flatMap((name) =>
  parseAllDocuments(readFileSync(join(K8S, name), "utf8")).map((document) => Manifest.parse(document.toJS())),
);
const ofKind = <Kind extends (typeof manifests)[number]["kind"]>(kind: Kind) =>
  manifests.filter(
    (manifest): manifest is Extract<(typeof manifests)[number], { kind: Kind }> => manifest.kind === kind,
  );
const deployments = ofKind("Deployment");

/** Kubernetes' own schemas, and that of KEDA's definitions, by kind. What they do not know they let pass, ours above do not. */
const PUBLISHED = {
  Deployment: (manifest: object) => new Deployment(manifest as never),
  PodDisruptionBudget: (manifest: object) => new PodDisruptionBudget(manifest as never),
  Job: (manifest: object) => new Job(manifest as never),
  ConfigMap: (manifest: object) => new ConfigMap(manifest as never),
  Secret: (manifest: object) => new Secret(manifest as never),
  ScaledObject: (manifest: object) => new ScaledObject(manifest as never),
  TriggerAuthentication: (manifest: object) => new TriggerAuthentication(manifest as never),
};

describe("ops/k8s", () => {
  it.each(manifests.map((manifest) => [manifest.kind, manifest.metadata.name, manifest] as const))(
    "%s %s is valid by the published schema of its kind",
    (kind, _, manifest) => {
      PUBLISHED[kind](manifest).validate();
      expect(() =>
        PUBLISHED[kind]({ ...manifest, metadata: { ...manifest.metadata, labels: 5 } }).validate(),
      ).toThrow();
    },
  );

  it("is applied whole by kustomize, but for what needs KEDA", () => {
    const [document] = parseAllDocuments(readFileSync(join(K8S, "kustomization.yaml"), "utf8"));
    const { resources } = z.looseObject({ resources: z.array(z.string()) }).parse(document?.toJS());
    expect([...resources, "keda.yaml"].toSorted()).toEqual(files.toSorted());
  });

  it("consumes every queue of the worker, each by one deployment, and scales by each", () => {
    const consumed = deployments.flatMap(({ spec }) => {
      const option = spec.template.spec.containers[0].args?.find((word) => word.startsWith("--queues="));
      return option?.slice("--queues=".length).split(",") ?? [];
    });
    const known = loadConfig({}).topology.queues.map(({ name }) => name);
    expect(consumed.toSorted()).toEqual(known.toSorted());
    const scaled = ofKind("ScaledObject").flatMap(({ spec }) =>
      spec.triggers.map((trigger) => trigger.metadata.queueName),
    );
    expect(scaled.toSorted()).toEqual(known.toSorted());
    expect(ofKind("ScaledObject").map(({ spec }) => spec.scaleTargetRef.name)).toEqual(
      deployments.map(({ metadata: { name } }) => name),
    );
  });

  it.each(deployments.map((deployment) => [deployment.metadata.name, deployment.spec] as const))(
    "%s drains before it is killed, lives without its broker, and is found by its budget",
    (name, { selector: selected, template }) => {
      const [worker] = template.spec.containers;
      const given = Object.fromEntries(worker.env.map((variable) => [variable.name, variable.value]));
      const config = loadConfig(given);
      expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(config.worker.shutdownTimeoutSeconds);
      expect(worker.livenessProbe?.httpGet.path).toBe("/live");
      expect(worker.startupProbe?.httpGet.path).toBe("/live");
      expect(worker.readinessProbe?.httpGet.path).toBe("/ready");
      expect(worker.ports).toEqual([{ name: "health", containerPort: config.http.port }]);
      const { solverCheckpoints: kept } = config.worker;
      expect(worker.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual(["/tmp", ...(kept ? [kept.folder] : [])]);
      expect(template.metadata?.labels).toEqual(selected.matchLabels);
      const budget = ofKind("PodDisruptionBudget").find((one) => one.metadata.name === name);
      expect(budget?.spec.selector).toEqual(selected);
    },
  );

  it("lets a solve end that may take as long as a task may", () => {
    const solves = deployments.find(({ metadata: { name } }) => name === "plosolver-solves");
    const given = solves?.spec.template.spec.containers[0].env.map(({ name, value }) => [name, value]) ?? [];
    const { worker } = loadConfig(Object.fromEntries(given));
    expect(worker.shutdownTimeoutSeconds).toBeGreaterThanOrEqual(worker.timeLimitSeconds ?? 0);
  });

  it("names only variables that the worker reads, and KEDA's own", () => {
    const named = [
      ...ofKind("ConfigMap").flatMap(({ data }) => Object.keys(data)),
      ...ofKind("Secret").flatMap(({ stringData }) => Object.keys(stringData)),
      ...deployments.flatMap(({ spec }) => spec.template.spec.containers[0].env.map(({ name }) => name)),
    ];
    const { secretTargetRef } = ofKind("TriggerAuthentication")[0]?.spec ?? { secretTargetRef: [] };
    const known = [...Object.keys(VARIABLES), ...secretTargetRef.map(({ key }) => key)];
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe("ops/systemd", () => {
  const unit = readFileSync(join(OPS, "systemd/plosolver-worker@.service"), "utf8");
  const setting = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1];

  it("has sections and settings alone", () => {
    for (const line of unit.split("\n")) expect(line).toMatch(/^(#.*|\[(Unit|Service|Install)\]|[A-Z]\w+=.*|)$/);
  });

  it("drains before it is killed, and runs the built command", () => {
    expect(Number(setting("TimeoutStopSec"))).toBeGreaterThan(loadConfig({}).worker.shutdownTimeoutSeconds);
    expect(setting("KillMode")).toBe("mixed");
    const manifest = z
      .looseObject({ bin: z.looseObject({ celery: z.string() }) })
      .parse(JSON.parse(readFileSync(join(OPS, "../package.json"), "utf8")));
    expect(setting("ExecStart")).toContain(` ${manifest.bin.celery} `);
    expect(setting("ExecStart")).toContain("@%%h");
  });

  it("forbids nothing that Node.js needs", () => {
    expect(setting("MemoryDenyWriteExecute")).toBeUndefined();
  });
});
