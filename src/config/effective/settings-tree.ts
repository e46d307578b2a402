import { Document, isMap, type Node, Scalar, YAMLMap, YAMLSeq } from 'yaml';

/** One value, and whether it stands in the config file. */
export class Setting {
  /** Undefined: switched off, or found out elsewhere. */
  readonly value: string | number | boolean | undefined;
  readonly isGiven: boolean;

  /** `given`: what the file says; undefined where it says nothing. */
  constructor(given: unknown, value: string | number | boolean | undefined) {
    this.value = value;
    this.isGiven = given !== undefined;
  }
}

export type SettingsTree = Setting | readonly SettingsTree[] | { readonly [key: string]: SettingsTree };

/** The settings as a config file that says all of them, with `# default` behind what the other one does not say. */
export function settingsYaml(tree: SettingsTree): string {
  const document = new Document();
  document.contents = node(tree) as never;
  return document.toString({ lineWidth: 0, indentSeq: true });
}

function node(tree: SettingsTree): Node {
  if (tree instanceof Setting) {
    const scalar = new Scalar(tree.value);
    if (!tree.isGiven) scalar.comment = ' default';
    return scalar;
  }
  if (Array.isArray(tree)) {
    const seq = new YAMLSeq();
    seq.items = tree.map((item: SettingsTree) => node(item));
    return seq;
  }
  const map = new YAMLMap();
  for (const [key, value] of Object.entries(tree as { readonly [key: string]: SettingsTree })) {
    if (value instanceof Setting && value.value === undefined) continue;
    const child = node(value);
    if (isMap(child) && child.items.length === 0) continue;
    map.set(key, child);
  }
  return map;
}
