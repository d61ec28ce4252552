import type { CipherSuite } from "@cweb/crypto";
import { memberOf } from "../../src/core/epoch.ts";
import { finish } from "./invariants.ts";
import type { HomeSnapshot } from "./sim-home.ts";
import { hour, minute, SimWorld } from "./sim-world.ts";

/** Numbers below n, always the same ones for a seed. */
export function dice(seed: number): (n: number) => number {
  let x = Math.imul(seed, 2654435761) >>> 0 || 1;
  return (n) => {
    x ^= x << 13;
    x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x % n;
  };
}

export interface ScheduleResult {
  readonly world: SimWorld;
  readonly violations: readonly string[];
  readonly trace: readonly string[];
}

const people = 5;

/** A random history of a small room, and then a fair end in which all but one store heal. */
export function randomSchedule(seed: number, crypto: CipherSuite, length: number = 10 + (seed % 90)): ScheduleResult {
  const roll = dice(seed);
  const world = new SimWorld(seed, crypto, people);
  const trace: string[] = [];
  world.hints = seed % 8 === 0 ? 0 : 2;
  world.found(3 + roll(2));
  const liar = roll(2) ? roll(people) : null;
  const snapshots = new Map<number, HomeSnapshot>();
  let hasRestored = false;
  for (let step = 0; step < length; step++) {
    world.now += roll(20) === 0 ? roll(36) * hour : roll(15) * minute;
    const [p, q] = [roll(people), roll(people)];
    const focus = seed % 3 === 0 && roll(4) === 0;
    const what = focus ? 32 + roll(8) : roll(40);
    const did = act(world, what, { p, q, roll, snapshots });
    hasRestored ||= did === "restore";
    if (did) trace.push(`${step}: ${p} ${did}`);
  }
  return { world, trace, violations: finish(world, { liar, isQuiet: !hasRestored }) };
}

interface Cast {
  readonly p: number;
  readonly q: number;
  readonly roll: (n: number) => number;
  readonly snapshots: Map<number, HomeSnapshot>;
}

/** Who is admin in its own eyes. */
export const adminOf = (world: SimWorld): number =>
  world.homes.findIndex(({ index }) => world.isMember(index) && world.look(index, (draft) => draft.isAdmin && draft.head.hearing === null));

function act(world: SimWorld, what: number, { p, q, roll, snapshots }: Cast): string {
  const home = world.home(p);
  if (what < 8) return world.send(p, `${p} at ${world.now}`) ? "sends" : "";
  if (what < 18) {
    world.round(p);
    return "round";
  }
  if (what < 26) return [0, 1, 2].map(() => world.upload(p)).some(Boolean) ? "uploads" : "";
  if (what < 32) return hearOne(world, roll);
  const admin = adminOf(world);
  switch (what) {
    case 32:
      return removeOne(world, admin, p, roll);
    case 33:
      return comeIn(world, admin, p);
    case 34:
      if (!world.isMember(p) || home.isEvil || world.look(p, (draft) => draft.isAdmin || draft.head.admin === draft.own)) return "";
      world.leave(p);
      return "leaves";
    case 35:
      if (admin < 0 || admin === p || home.isEvil || !world.isMember(p)) return "";
      world.offer(admin, p);
      return `is offered the role by ${admin}`;
    case 36:
      world.lies.set(`${p}>${q}`, { messages: roll(2) === 0, records: (["true", "withheld", "first"] as const)[roll(3)] ?? "true" });
      return `lies to ${q}`;
    case 37:
      if (p !== q) world.reset(p, q);
      return `reset with ${q}`;
    case 38:
      snapshots.set(p, home.snapshot());
      return "is copied";
    default:
      return restoreOne(world, p, roll, snapshots);
  }
}

function hearOne(world: SimWorld, roll: (n: number) => number): string {
  const full = [...world.channels].filter(([, queue]) => queue.length > 0);
  const picked = full[roll(Math.max(1, full.length))];
  if (!picked) return "";
  const [from, to] = picked[0].split(">").map(Number) as [number, number];
  const number = picked[1][0]?.number;
  world.hear(from, to);
  return `: ${to} hears ${number} of ${from}`;
}

function removeOne(world: SimWorld, admin: number, p: number, roll: (n: number) => number): string {
  if (admin < 0 || admin === p || !world.isMember(p)) return "";
  const isLarge = world.look(admin, ({ current }) => (current?.members.length ?? 0) > 2);
  if (!isLarge || !world.remove(admin, p)) return "";
  const home = world.home(p);
  const isPinned = world.look(p, (draft) => draft.head.admin === draft.own);
  home.isEvil = roll(2) === 0 && !isPinned;
  return home.isEvil ? "is removed and goes on" : "is removed";
}

function comeIn(world: SimWorld, admin: number, p: number): string {
  const home = world.home(p);
  if (admin < 0 || admin === p) return "";
  const isListed = world.look(admin, ({ current }) => current !== undefined && memberOf(current, home.id) !== undefined);
  if (isListed || home.isEvil) return "";
  if (world.has(p) && world.look(p, (draft) => draft.head.invitedBy !== null && !draft.isMember)) {
    world.join(p);
    return "joins";
  }
  world.invite(admin, p);
  return `is invited by ${admin}`;
}

function restoreOne(world: SimWorld, p: number, roll: (n: number) => number, snapshots: Map<number, HomeSnapshot>): string {
  const snapshot = snapshots.get(p);
  const home = world.home(p);
  if (!snapshot || home.isEvil || roll(2) === 0 || !world.isMember(p)) return "";
  if (!snapshot.records.has(`room/${world.group}/head`)) return "";
  snapshots.delete(p);
  world.restore(p, snapshot);
  return "restore";
}
