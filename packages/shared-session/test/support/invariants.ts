import { memberOf } from "../../src/core/epoch.ts";
import type { EpochId } from "../../src/core/ids.ts";
import { storedCodec } from "../../src/core/records.ts";
import { day, hour, minute, type Shown, type SimWorld } from "./sim-world.ts";

export interface Ending {
  /** Whose store goes on lying. */
  readonly liar: number | null;
  /** Nobody was restored: members agree before anybody writes again. */
  readonly isQuiet: boolean;
  /** The adversary goes on to the end. */
  readonly keepsTampering?: boolean;
  /** No store has lied, and nobody was restored: nothing takes long. */
  readonly isShort?: boolean;
}

/**
 * What must hold after any history (the invariants of the model that the protocol was checked with):
 * converge: members show the same messages of the epochs that they share, or have reported the store that withholds one; order: in one order;
 * hidden: what is held is shown; leak: nobody holds a message of an epoch that does not list it; void: nothing beyond a closing is shown;
 * equivocal: no honest member is seen with two messages in one place; readmit: no signing key comes back whose removal somebody has seen;
 * oneAdmin: all end in one epoch under one admin; stuck: every member can send; bound: one probe a round, no epoch without a cause.
 */
export function finish(world: SimWorld, { liar, isQuiet, isShort = false, keepsTampering = false }: Ending): readonly string[] {
  const found = new Set<string>();
  for (const key of [...world.lies.keys()]) if (Number(key.split(">")[0]) !== liar) world.lies.delete(key);
  if (!keepsTampering) world.tamper = (_owner, _reader, _path, versions) => versions.at(-1);
  rest(world, isShort, 6);
  if (isQuiet) check(world, found, "quiet", liar);
  const live = honest(world);
  const epochs = new Set(live.map((i) => world.look(i, (draft) => draft.head.current)));
  for (const i of live) if (!world.send(i, "last")) found.add(`stuck:${why(world, i)}`);
  rest(world, isShort, 16);
  check(world, found, "end", keepsTampering ? "all" : liar);
  checkAdmins(world, found);
  if (world.counts.probes > world.counts.rounds) found.add("bound:probes");
  const after = new Set(honest(world).map((i) => world.look(i, (draft) => draft.head.current)));
  if (epochs.size === 1 && after.size === 1 && isTooSoon(world, [...epochs][0], [...after][0])) found.add("bound:epochs");
  checkLeaks(world, found);
  if (world.epochs.readmitted.length > 0) found.add("readmit");
  return [...found];
}

/** Another epoch, and the one before is not a week old. */
function isTooSoon(world: SimWorld, before: EpochId | null | undefined, after: EpochId | null | undefined): boolean {
  if (!before || !after || before === after) return false;
  return (world.epochs.get(after)?.e ?? 0) - (world.epochs.get(before)?.e ?? 0) < 7 * day;
}

/** Long enough for every question, for what is withheld, and for a restored admin that waits for somebody who never answers. */
function rest(world: SimWorld, isShort: boolean, rounds: number): void {
  if (isShort) {
    world.settle(rounds, 11 * minute);
    return;
  }
  // Without announcements every chain waits for its turn to be probed.
  world.settle(world.hints > 0 ? 12 : 48, 11 * minute);
  world.settle(2, 13 * hour);
  world.settle(2, 11 * minute);
  if (world.homes.some(({ index }) => world.has(index) && world.look(index, ({ head }) => head.hearing !== null))) {
    world.settle(2, 4 * day);
    world.settle(6, 61 * minute);
  }
}

export const honest = (world: SimWorld): readonly number[] =>
  world.homes.filter(({ index, isEvil }) => !isEvil && world.isMember(index)).map(({ index }) => index);

function why(world: SimWorld, i: number): string {
  return world.look(i, (draft) => {
    const { head } = draft;
    if (head.rejoinSeed !== null) return "rejoin";
    if (head.hearing !== null) return "hearing";
    return head.current !== null && draft.chains(head.current)?.closedDays === null ? "other" : "no-key";
  });
}

const joinedAt = (world: SimWorld, i: number): number =>
  world.look(i, (draft) => (draft.current && memberOf(draft.current, draft.own)?.joinedEpoch) ?? 0);

interface Seen {
  readonly index: number;
  readonly view: readonly Shown[];
  readonly ids: ReadonlySet<string>;
  readonly held: ReadonlySet<string>;
  readonly withheld: ReadonlySet<string>;
}

const placeKey = (epoch: string, sender: string, n: number): string => `${epoch} ${sender} ${n}`;

function seenBy(world: SimWorld, index: number): Seen {
  const view = world.view(index);
  const prefix = `room/${world.group}/message/`;
  const held = [...world.home(index).records.keys()]
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length + 15));
  const withheld = world.look(index, (draft) =>
    draft.head.missing
      .filter(({ isWithheld }) => isWithheld)
      .map(({ epoch, index: sender, n }) => placeKey(epoch, draft.epoch(epoch)?.members[sender]?.id ?? "", n)),
  );
  return { index, view, ids: new Set(view.map(({ id }) => id)), held: new Set(held), withheld: new Set(withheld) };
}

function check(world: SimWorld, found: Set<string>, when: string, liar: number | "all" | null): void {
  const all = honest(world).map((i) => seenBy(world, i));
  const cited = citedByOthers(world);
  const isOwed = (message: Shown): boolean => {
    const sender = world.indexOf(message.sender);
    const isHidden = (liar === "all" || sender === liar) && !cited.has(message.id);
    return !isHidden && (when === "end" || (!world.home(sender).isEvil && world.isMember(sender)));
  };
  all.forEach((a, x) => {
    for (const b of all.slice(x + 1)) compareViews(world, { a, b, when, isOwed }, found);
  });
}

/** A message that a store hides for ever is known from the first later message of another. */
function citedByOthers(world: SimWorld): ReadonlySet<string> {
  const cited = new Set<string>();
  for (const { index } of world.homes) {
    if (!world.has(index)) continue;
    for (const message of world.view(index)) {
      for (const { e, index: sender, messageId } of message.parents) {
        const epoch = [...world.epochs.values()].find((one) => one.e === e && one.groupId === world.group);
        if (epoch?.members[sender]?.id !== message.sender) cited.add(messageId);
      }
    }
  }
  return cited;
}

interface Comparison {
  readonly a: Seen;
  readonly b: Seen;
  readonly when: string;
  readonly isOwed: (message: Shown) => boolean;
}

function compareViews(world: SimWorld, { a, b, when, isOwed }: Comparison, found: Set<string>): void {
  const stays = [a, b].map(({ index }) => ({ id: world.home(index).id, joined: joinedAt(world, index) }));
  const isShared = ({ epoch }: Shown): boolean => {
    const known = world.epochs.get(epoch);
    return known !== undefined && stays.every(({ id, joined }) => memberOf(known, id) !== undefined && known.e >= joined);
  };
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    for (const message of one.view.filter(isShared)) {
      if (other.ids.has(message.id)) continue;
      if (other.held.has(message.id)) found.add(`hidden:${when}`);
      else if (!other.withheld.has(placeKey(message.epoch, message.sender, message.n)) && isOwed(message)) found.add(`converge:${when}`);
    }
  }
  const order = (one: Seen, other: Seen): string =>
    one.view
      .filter((message) => isShared(message) && other.ids.has(message.id))
      .map(({ id }) => id)
      .join();
  if (order(a, b) !== order(b, a)) found.add("order");
}

function checkAdmins(world: SimWorld, found: Set<string>): void {
  const live = honest(world);
  const places = new Set(live.map((i) => world.look(i, ({ head }) => `${head.admin} ${head.current}`)));
  if (places.size > 1) found.add("oneAdmin");
  if (live.length > 0 && !live.some((i) => world.look(i, (draft) => draft.isAdmin))) found.add("oneAdmin:none");
}

function checkLeaks(world: SimWorld, found: Set<string>): void {
  for (const home of world.homes) {
    for (const [name, bytes] of home.records) {
      if (!name.includes("/message/")) continue;
      const { epoch, index, isShown } = storedCodec.decode(bytes);
      const known = world.epochs.get(epoch);
      if (!known || !memberOf(known, home.id)) found.add("leak");
      if (isShown && known && isBeyond(world, home.index, epoch, index, name)) found.add("void");
    }
    if (home.told.some(({ type, detail, member }) => type === "room-alarm" && detail === "equivocation" && !isEvil(world, member))) {
      found.add("equivocal");
    }
  }
}

const isEvil = (world: SimWorld, member: string): boolean => world.homes.some(({ id, isEvil: evil }) => evil && id === member);

/** Shown by somebody who knows the epoch that closes it. */
function isBeyond(world: SimWorld, reader: number, epoch: string, index: number, name: string): boolean {
  if (world.home(reader).isEvil) return false;
  return world.look(reader, (draft) => {
    const successor = draft.record(epoch as never)?.successor;
    const next = successor ? draft.epoch(successor) : undefined;
    const known = draft.epoch(epoch as never);
    const sender = known?.members[index];
    if (!next || !sender || memberOf(next, sender.id)) return false;
    const entry = draft.index(epoch as never).senders[index]?.find(({ messageId }) => name.endsWith(messageId));
    return (entry?.n ?? 0) > (next.closeHeads.find((head) => head.index === index)?.n ?? -1);
  });
}
