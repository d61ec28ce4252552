import { test } from "vitest";
import { randomSchedule } from "../support/schedule.ts";
import { stubSuite } from "../support/stub-suite.ts";
import { honest } from "../support/invariants.ts";
test("debug", () => {
  const { world, violations, trace } = randomSchedule(Number(process.env.SEED), stubSuite());
  console.log(trace.join("\n"));
  console.log(violations, [...world.lies]);
  const live = honest(world);
  const all = new Map<string, any>();
  for (const i of live) for (const m of world.view(i)) all.set(m.id, m);
  for (const i of live) {
    const ids = new Set(world.view(i).map(({id}) => id));
    const T = world.look(i, ({head}) => head.current);
    console.log(i, "current", T?.slice(0,6), "missing", world.look(i, ({head}) => head.missing.map((m) => `${m.epoch.slice(0,4)}/${m.index}/${m.n} asks ${m.asks} w ${m.isWithheld}`)), "waiting", world.look(i, ({head}) => head.waiting.length));
    for (const m of all.values()) if (!ids.has(m.id)) { const e = world.epochs.get(m.epoch)!; console.log("  lacks", m.id.slice(0,5), "epoch", m.epoch.slice(0,4), "sender", world.indexOf(m.sender), "n", m.n, "members", e.members.map((x) => world.indexOf(x.id)).join(), "kind", m.kind, "joined", world.look(i, (d) => (d.current!.members.find((x)=>x.id===d.own)!.joinedEpoch <= e.e)), "knows", world.look(i, (d)=>d.isKnown(m.epoch))); }
  }
}, 60000);
