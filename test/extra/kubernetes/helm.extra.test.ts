import { ScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1";
import { PrometheusRule, ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";
import { execa } from "execa";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Deployment } from "kubernetes-models/apps/v1";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2";
import { Job } from "kubernetes-models/batch/v1";
import { Ingress, NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { ConfigMap, Service, ServiceAccount } from "kubernetes-models/v1";
import { beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { readChartValues } from "../../../dev/docs/render-helm-values.ts";
import { localFolder, repositoryFolder } from "../../../dev/stack/folders.ts";
import { readApiConfig } from "../../../src/api/api-config.ts";
import { webhookSecret } from "../../support/clerk/send-webhook.ts";

const chart = join(repositoryFolder, "deploy/helm/clerk-kafka-bridge");
const version = "v4.3.2";
let helm = "helm";

// Helm is a Go module and in no package of Debian's. Go 1.26 or newer builds it in two minutes, once.
beforeAll(async () => {
  if ((await execa("helm", ["version"], { reject: false })).exitCode === 0) return;
  const folder = join(localFolder, "bin");
  helm = join(folder, "helm");
  if (existsSync(helm)) return;
  await execa("go", ["install", `helm.sh/helm/v4/cmd/helm@${version}`], { env: { GOBIN: folder } });
}, 540_000);

/** The classes that check each kind of object against Kubernetes' own schema. */
const kinds = {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  Job,
  NetworkPolicy,
  PodDisruptionBudget,
  PrometheusRule,
  ScaledObject,
  Service,
  ServiceAccount,
  ServiceMonitor,
};

const objectSchema = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
type KubernetesObject = z.infer<typeof objectSchema>;

/** The objects that the chart renders with these values. Throws what helm prints. */
async function render(...values: readonly string[]): Promise<KubernetesObject[]> {
  const { stdout } = await execa(helm, ["template", "bridge", chart, ...values.flatMap((value) => ["--set", value])]);
  return parseAllDocuments(stdout).flatMap((document) => {
    const value: unknown = document.toJS();
    return value === null ? [] : [objectSchema.parse(value)];
  });
}

const everything = [
  "api.ingress.enabled=true",
  "api.ingress.tlsSecret=tls",
  "api.ingress.className=nginx",
  "api.autoscaling.enabled=true",
  "api.console=true",
  "monitoring.serviceMonitor=true",
  "monitoring.prometheusRule=true",
  "backfill.enabled=true",
  "existingSecrets={clerk,kafka}",
  "image.pullSecrets={registry}",
  "networkPolicy.apiFromNamespaces.name=ingress",
  "networkPolicy.metricsFromNamespaces.name=monitoring",
];

test("helm lint finds nothing wrong", async () => {
  const { exitCode, stdout } = await execa(helm, ["lint", "--strict", chart], { reject: false });
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining("0 chart(s) failed") });
});

describe("every object is valid by Kubernetes' schemas", () => {
  test.for<readonly [name: string, values: readonly string[]]>([
    ["with the default values", []],
    ["with everything, and workers scaled by KEDA", [...everything, "worker.autoscaling.kind=keda"]],
    ["with everything, and workers scaled by an external metric", [...everything, "worker.autoscaling.kind=hpa"]],
    [
      "with nothing optional",
      [
        "networkPolicy.enabled=false",
        "api.podDisruptionBudget.enabled=false",
        "worker.podDisruptionBudget.enabled=false",
        "serviceAccount.name=mine",
      ],
    ],
  ])("%s", async ([, values]) => {
    const objects = await render(...values);
    expect(objects.length).toBeGreaterThan(5);
    const unknown = objects.filter(({ kind }) => !(kind in kinds));
    expect(unknown).toEqual([]);
    for (const object of objects) {
      const found = Object.entries(kinds).find(([kind]) => kind === object.kind)?.[1];
      const check = () => void Reflect.construct(found ?? ConfigMap, [object]).validate();
      expect(check, `${object.kind} ${object.metadata.name}`).not.toThrow();
    }
  });
});

test("the schemas refuse an object with a wrong field", () => {
  const wrong = { metadata: { name: "wrong" }, spec: { replicas: "two" } };
  expect(() => void Reflect.construct(Deployment, [wrong]).validate()).toThrow(/replicas/);
});

const podSchema = z.looseObject({
  automountServiceAccountToken: z.boolean(),
  enableServiceLinks: z.boolean(),
  terminationGracePeriodSeconds: z.number(),
  securityContext: z.unknown(),
  containers: z.array(
    z.looseObject({
      securityContext: z.unknown(),
      command: z.array(z.string()),
      env: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
    }),
  ),
});
const withPodSchema = z.looseObject({ spec: z.looseObject({ template: z.looseObject({ spec: podSchema }) }) });

test("every pod meets the Pod Security Standard restricted, runs a program that exists, and may take as long to stop as the program", async () => {
  const objects = await render(...everything);
  const pods = objects.flatMap((object) => withPodSchema.safeParse(object).data?.spec.template.spec ?? []);
  expect(pods).toHaveLength(3);
  for (const pod of pods) {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 25,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
    });
    for (const { securityContext, command } of pod.containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(existsSync(join(repositoryFolder, command[1] ?? ""))).toBe(true);
    }
  }
});

test("the settings that the chart sets are those of the API, and valid", async () => {
  const objects = await render("api.console=true");
  const config = z.looseObject({ data: z.record(z.string(), z.string()) });
  const { data } = config.parse(objects.find(({ kind }) => kind === "ConfigMap"));
  const api = objects.find(({ kind, metadata }) => kind === "Deployment" && metadata.name.endsWith("-api"));
  const env = withPodSchema.parse(api).spec.template.spec.containers[0]?.env ?? [];
  const variables = { ...data, ...Object.fromEntries(env.map(({ name, value }) => [name, value])) };
  expect(
    readApiConfig({ ...variables, CLERK_SECRET_KEY: "sk_test_x", CLERK_WEBHOOK_SECRET: webhookSecret }),
  ).toMatchObject({ port: 3007, operationsPort: 3009, shutdownTimeoutMs: 20_000, shutdownDelayMs: 5_000 });
});

test.for([
  "api.replicas=none",
  "api.replics=3",
  "worker.autoscaling.kind=always",
  "config.CLERK_SECRET_KEY=sk_live_in_plain_text",
])("a wrong value is refused: %s", async (value) => {
  await expect(render(value)).rejects.toThrow(/values don't meet the specifications/);
});

test("every value has a default and a description", () => {
  const values = readChartValues();
  expect(values.length).toBeGreaterThan(40);
  expect(values.filter(({ description, byDefault }) => description === "" || byDefault === undefined)).toEqual([]);
});
