import type { CipherSuite } from "@cweb/crypto";
import { utf8 } from "@cweb/crypto";
import { finish } from "./invariants.ts";
import { adminOf, dice, type ScheduleResult } from "./schedule.ts";
import { hour, minute, SimWorld } from "./sim-world.ts";
import { mix } from "./stub-suite.ts";

/** What a store does with one object for one reader. */
const tricks = ["drop", "delay", "duplicate", "roll back", "fork", "alter"] as const;

/** Three in ten of all objects, in all stores, for ever: which ones, and how, differs from reader to reader. */
function arm(world: SimWorld, seed: number): void {
  const opened = world.now;
  world.tamper = (owner, reader, path, versions) => {
    const [first = 0, second = 0, third = 0] = mix(utf8(`${seed} ${path} ${reader.index}`));
    const newest = versions.at(-1);
    if (first >= 77 || !newest || owner === reader) return newest;
    switch (tricks[second % tricks.length]) {
      case "drop":
        return undefined;
      case "delay":
        return world.now - opened > third * hour ? newest : undefined;
      case "duplicate":
        return [...(world.buckets[owner.index]?.values() ?? [])][third % 7]?.at(-1);
      case "roll back":
        return versions[0];
      case "fork":
        return versions[reader.index % versions.length];
      default:
        return newest.map((byte, i) => (i === third * 16 ? byte ^ 1 : byte));
    }
  };
}

/** Members write, read, are offline, come and go, while every store lies about three in ten of its objects. */
export function adversarySchedule(seed: number, crypto: CipherSuite): ScheduleResult {
  const roll = dice(seed);
  const world = new SimWorld(seed, crypto, 5);
  const trace: string[] = [];
  world.found(4);
  arm(world, seed);
  for (let step = 0; step < 60; step++) {
    world.now += roll(12) === 0 ? roll(20) * hour : roll(20) * minute;
    const p = roll(5);
    const admin = adminOf(world);
    const what = roll(24);
    if (what < 8) world.send(p, `${step}`);
    else if (what < 14) world.round(p);
    else if (what < 20) world.settle(1, minute);
    else if (what === 20 && admin >= 0 && p !== admin && world.isMember(p)) world.remove(admin, p);
    else if (what === 21 && admin >= 0 && !world.isMember(p)) world.invite(admin, p);
    else if (what === 22) world.join(p);
    else world.upload(p, 3);
    trace.push(`${step}: ${what} ${p}`);
  }
  return { world, trace, violations: finish(world, { liar: null, isQuiet: false, keepsTampering: true }) };
}
