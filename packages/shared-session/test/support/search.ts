import { encodeBase32, utf8 } from "@cweb/crypto";
import { finish } from "./invariants.ts";
import type { SimWorld, WorldState } from "./sim-world.ts";
import { mix } from "./stub-suite.ts";

/** Something that may happen; false: not now. */
export type Happening = readonly [name: string, happen: (world: SimWorld) => boolean];

export interface SearchResult {
  readonly states: number;
  readonly ends: number;
  /** The first history for each violation. */
  readonly violations: Readonly<Record<string, string>>;
}

/** Two histories that lead to one state are one. */
function keyOf({ homes, channels, buckets }: WorldState): string {
  const parts: Uint8Array[] = [];
  for (const { records, outbox, drawn } of homes) {
    for (const [name, bytes] of [...records].sort(([a], [b]) => (a < b ? -1 : 1))) parts.push(utf8(name), bytes);
    parts.push(utf8(`${drawn} ${outbox.map(({ path }) => path).join()}`));
  }
  for (const [key, queue] of channels) parts.push(utf8(`${key} ${queue.map(({ messageId }) => encodeBase32(messageId)).join()}`));
  for (const bucket of buckets) parts.push(utf8([...bucket].map(([path, versions]) => `${path} ${versions.length}`).join()));
  return encodeBase32(mix(...parts));
}

/** Every order of `depth` happenings, each followed by a fair end. */
export function search(world: SimWorld, happenings: readonly Happening[], depth: number): SearchResult {
  const violations: Record<string, string> = {};
  let layer: { readonly state: WorldState; readonly trace: string }[] = [{ state: world.save(), trace: "" }];
  let states = 1;
  for (let step = 0; step < depth; step++) {
    const next = new Map<string, { readonly state: WorldState; readonly trace: string }>();
    for (const { state, trace } of layer) {
      for (const [name, happen] of happenings) {
        world.load(state);
        if (!happen(world)) continue;
        const after = world.save();
        const key = keyOf(after);
        if (!next.has(key)) next.set(key, { state: after, trace: `${trace} ${name}` });
      }
    }
    layer = [...next.values()];
    states += layer.length;
  }
  for (const { state, trace } of layer) {
    world.load(state);
    for (const violation of finish(world, { liar: null, isQuiet: true, isShort: true })) violations[violation] ??= trace;
  }
  return { states, ends: layer.length, violations };
}
