import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { projectRoot } from '../support/project-root.ts';

export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly livenessProbe?: object;
  readonly startupProbe?: { readonly exec?: { readonly command: readonly string[] } };
  readonly readinessProbe?: { readonly exec?: { readonly command: readonly string[] } };
}

export interface StatefulSet {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: Readonly<Record<string, unknown>>;
        readonly initContainers: readonly Container[];
        readonly containers: readonly Container[];
      };
    };
  };
}

export interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly permissions?: unknown;
        readonly strategy?: { readonly matrix: { readonly node: readonly number[] } };
        readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
      }
    >
  >;
}

export function read(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

/** A file that holds one YAML document, with what its anchors stand for. */
export function readYaml<T>(path: string): T {
  return parse(read(path), { merge: true }) as T;
}

export function composeServices(): Readonly<Record<string, ComposeService>> {
  return readYaml<{ services: Record<string, ComposeService> }>('examples/docker-compose/compose.yaml').services;
}

export function statefulSet(folder: string): StatefulSet {
  const [document] = parseAllDocuments(read(`examples/kubernetes/${folder}/statefulset.yaml`), { merge: true });
  return document!.toJS() as StatefulSet;
}
