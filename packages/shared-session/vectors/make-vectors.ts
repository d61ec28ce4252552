import { type CipherSuite, concat, type Random, secret, utf8 } from "@cweb/crypto";
import { encodeCard } from "@cweb/discovery";
import { objectPath, recordHead, recordKinds, type SignedRecord, sealSigned, signRecord } from "@cweb/shared-object/core";
import { associatedData, messagePath, startChains, takeKey } from "../src/core/chain.ts";
import { type Epoch, idOfKeys, readEpoch } from "../src/core/epoch.ts";
import { idBytes, memberBytes, noEpoch, noMessage, toGroupId } from "../src/core/ids.ts";
import { sealMessage, signMessage } from "../src/core/room-object.ts";
import { acceptBytes, objectIdOf } from "../src/core/room-record.ts";
import { acceptCodec, descriptorPayload, handoverPayload } from "../src/wire/descriptor.ts";
import { epochCodec, type ListedMember } from "../src/wire/epoch.ts";
import { endCodec, keyCodec } from "../src/wire/key.ts";
import { inviteCodec, joinCodec, leaveCodec, offerCodec, rejoinCodec } from "../src/wire/membership.ts";
import type { RoomMessage } from "../src/wire/message.ts";
import { copyCodec, headsCodec, hintCodec, vouchCodec, wantCodec } from "../src/wire/recovery.ts";

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fill = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
/** SEAL draws its salt and nothing else. */
const salted = (byte: number): Random => ({ bytes: (length) => fill(length, byte) });

const groupId = toGroupId(Uint8Array.from({ length: 16 }, (_, i) => i));
const e = 1_795_000_000_001;
const epochKey = fill(32, 0x21);
const adminSeed = fill(32, 0x22);
const time = 1_795_000_000_500;

interface Person {
  readonly listed: ListedMember;
  readonly signingSeed: Uint8Array;
  readonly agreementKey: Uint8Array;
}

function person(crypto: CipherSuite, number: number): Person {
  const agreementKey = fill(32, 0x30 + number);
  const idKeys = concat(crypto.ed25519.publicKey(fill(32, number)), crypto.x25519.publicKey(agreementKey), fill(32, 0x40 + number));
  const signingSeed = fill(32, 0x50 + number);
  const card = encodeCard({ idBytes: memberBytes(idOfKeys(crypto, idKeys)), profile: utf8(`store ${number}`), minSeq: 0 });
  return { listed: { card, idKeys, gspk: crypto.ed25519.publicKey(signingSeed), joinedEpoch: e }, signingSeed, agreementKey };
}

/** An epoch of three, written by its first member in order. */
function firstEpoch(crypto: CipherSuite): { readonly epoch: Epoch; readonly people: readonly Person[] } {
  const ids = new Map([1, 2, 3].map((number) => [idOfKeys(crypto, person(crypto, number).listed.idKeys), person(crypto, number)] as const));
  const people = [...ids].sort(([a], [b]) => (hex(memberBytes(a)) < hex(memberBytes(b)) ? -1 : 1)).map(([, one]) => one);
  const admin = idOfKeys(crypto, (people[0] as Person).listed.idKeys);
  const policy = { copies: true, receipts: true, keepDays: 7 };
  const fields = {
    groupId,
    e,
    admin,
    previous: noEpoch,
    members: people.map(({ listed }) => listed),
    closeHeads: [],
    handoverHead: null,
    policy,
  };
  const bytes = epochCodec.encode({ ...fields, commit: crypto.hash("ss/gk", epochKey) });
  return { epoch: readEpoch(crypto, bytes) as Epoch, people };
}

/** Three messages of two senders, with their names and objects. */
function messages(crypto: CipherSuite, epoch: Epoch, people: readonly Person[]): readonly object[] {
  const { chains } = startChains(crypto, epoch, epochKey, epoch.admin);
  const common = { groupId, epoch: epoch.epoch, time, kind: 2 };
  const first: RoomMessage = {
    ...common,
    sender: epoch.members[0]?.id as never,
    n: 0,
    lamport: 0,
    parents: [],
    previousOwn: noMessage,
    uuid: fill(16, 1),
    payload: utf8("hello"),
  };
  const one = signMessage(crypto, (people[0] as Person).signingSeed, first);
  const parents = [{ e, index: 0, n: 0, messageId: one.messageId }];
  const answer: RoomMessage = {
    ...common,
    sender: epoch.members[1]?.id as never,
    n: 0,
    lamport: 1,
    parents,
    previousOwn: noMessage,
    uuid: fill(16, 2),
    payload: utf8("hello too"),
  };
  const two = signMessage(crypto, (people[1] as Person).signingSeed, answer);
  const last = {
    ...first,
    n: 1,
    lamport: 2,
    parents: [{ e, index: 1, n: 0, messageId: two.messageId }],
    previousOwn: one.messageId,
    uuid: fill(16, 3),
    payload: fill(4000, 7),
  };
  const three = signMessage(crypto, (people[0] as Person).signingSeed, last);
  return [
    { index: 0, opened: one },
    { index: 1, opened: two },
    { index: 0, opened: three },
  ].map(({ index, opened }, salt) => {
    const chain = chains[index] as (typeof chains)[number];
    const { n, sender } = opened.message;
    const messageKey = takeKey(crypto, chain, n)?.messageKey as Uint8Array;
    const seal = { messageKey, associatedData: associatedData(epoch, sender, n) };
    const object = sealMessage(crypto, salted(salt + 1), seal, opened.signed);
    return {
      index,
      n,
      name: messagePath(crypto, chain, n),
      messageKey: hex(messageKey),
      body: hex(opened.signed.body),
      signature: hex(opened.signed.signature),
      messageId: hex(idBytes(opened.messageId)),
      salt: hex(fill(24, salt + 1)),
      length: object.length,
      sha256: hex(crypto.sha256(object)),
      ...(object.length === 4096 ? { object: hex(object) } : {}),
    };
  });
}

/** The descriptor of the epoch, and the record that hands it over. */
function records(crypto: CipherSuite, epoch: Epoch): { readonly signed: SignedRecord; readonly json: object } {
  const key = { owner: memberBytes(epoch.admin), objectId: objectIdOf(groupId), epoch: e, key: secret(fill(32, 0x23)) };
  const common = { objectId: objectIdOf(groupId), epoch: e, issuedAt: time, validUntil: time + 14 * 86_400_000, interval: 300 };
  const payload = descriptorPayload.encode({ epoch: epoch.bytes, about: { name: "garden", picture: new Uint8Array() } });
  const nothing = { version: 1_795_000_000_002, prevVersion: 0, prevHash: fill(32, 0), kind: recordKinds.epoch, payload };
  const signed = signRecord(crypto, adminSeed, { ...common, ...nothing });
  const newSeed = fill(32, 0x24);
  const signature = crypto.ed25519.sign(newSeed, "ss/accept", acceptBytes(groupId, epoch.epoch, crypto.ed25519.publicKey(adminSeed)));
  const accept = { groupId, epoch: epoch.epoch, signingKey: crypto.ed25519.publicKey(newSeed), signature };
  const handover = handoverPayload.encode({ epoch: epoch.bytes, card: epoch.members[1]?.card as string, accept });
  const head = recordHead(crypto, signed);
  const next = {
    version: 1_795_000_000_003,
    prevVersion: 1_795_000_000_002,
    prevHash: head,
    kind: recordKinds.handover,
    payload: handover,
  };
  const last = signRecord(crypto, adminSeed, { ...common, ...next });
  const json = {
    key: hex(key.key),
    adminSeed: hex(adminSeed),
    name: objectPath(crypto, key),
    record: hex(signed.record),
    signature: hex(signed.signature),
    head: hex(head),
    salt: hex(fill(24, 9)),
    object: hex(sealSigned(crypto, salted(9), key, signed)),
    accept: hex(acceptCodec.encode(accept)),
    handover: hex(last.record),
    handoverSignature: hex(last.signature),
  };
  return { signed, json };
}

/** One letter of each kind, and the rider. */
function letters(crypto: CipherSuite, epoch: Epoch, record: SignedRecord): object {
  const signingKey = crypto.ed25519.publicKey(adminSeed);
  const object = {
    objectId: objectIdOf(groupId),
    epoch: e,
    key: secret(fill(32, 0x23)),
    verifyKey: signingKey,
    version: 0,
    head: fill(32, 0),
  };
  const place = { epoch: epoch.epoch, index: 1, n: 5 };
  const { card = "", idKeys = fill(96, 0), gspk = fill(32, 0) } = epoch.members[1] ?? {};
  const all = {
    invite: inviteCodec.encode({ groupId, signingKey, about: { name: "garden", picture: new Uint8Array() } }),
    join: joinCodec.encode({ groupId, gspk, card, idKeys }),
    leave: leaveCodec.encode({ groupId, epoch: epoch.epoch, sent: 3 }),
    key: keyCodec.encode({ object, epochKey: secret(epochKey), proof: null }),
    "key with a proof": keyCodec.encode({ object, epochKey: secret(epochKey), proof: record }),
    rejoin: rejoinCodec.encode({ groupId, gspk: fill(32, 4) }),
    hint: hintCodec.encode({ groupId, ...place, prefix: fill(8, 6) }),
    "want of messages": wantCodec.encode({ groupId, epoch: null, messages: [place] }),
    "want of a record": wantCodec.encode({ groupId, epoch: epoch.epoch, messages: [] }),
    "copy of nothing": copyCodec.encode({ of: 0, groupId }),
    "copy of a message": copyCodec.encode({ of: 1, groupId, message: { body: fill(3, 1), signature: fill(64, 2) } }),
    "copy of a record": copyCodec.encode({ of: 2, groupId, record: { record: fill(3, 1), signature: fill(64, 2) } }),
    end: endCodec.encode({ groupId, proof: null }),
    offer: offerCodec.encode({ groupId, epoch: epoch.epoch, signingKey }),
    heads: headsCodec.encode({ groupId, epoch: epoch.epoch, heads: [{ index: 1, n: 5, prefix: fill(8, 6) }] }),
    vouch: vouchCodec.encode({ tags: [fill(16, 0), fill(16, 1), fill(16, 2)] }),
  };
  return Object.fromEntries(Object.entries(all).map(([name, bytes]) => [name, hex(bytes)]));
}

/** The tag by which the first member shows the second that its signing key is its own; the second makes the same one. */
function vouching(crypto: CipherSuite, epoch: Epoch, people: readonly Person[]): object {
  const [sender, reader] = people as [Person, Person];
  const context = concat(idBytes(groupId), epoch.members[0]?.idBytes as Uint8Array, epoch.members[1]?.idBytes as Uint8Array);
  const shared = crypto.x25519.agree(sender.agreementKey, reader.listed.idKeys.subarray(32, 64)) as Uint8Array;
  const tag = crypto.mac(crypto.derive(shared, "ss/auth", context, 32), sender.listed.gspk).slice(0, 16);
  return { senderKey: hex(sender.agreementKey), readerKey: hex(reader.agreementKey), tag: hex(new Uint8Array(tag)) };
}

/** Everything of a small room that a second implementation must agree on. */
export function makeVectors(crypto: CipherSuite): object {
  const { epoch, people } = firstEpoch(crypto);
  const { chains } = startChains(crypto, epoch, epochKey, epoch.admin);
  const { signed, json } = records(crypto, epoch);
  return {
    groupId: hex(idBytes(groupId)),
    epochKey: hex(epochKey),
    commit: hex(epoch.commit),
    epoch: hex(epoch.bytes),
    epochId: hex(idBytes(epoch.epoch)),
    members: people.map(({ signingSeed, listed }, i) => ({
      id: epoch.members[i]?.id,
      card: listed.card,
      signingSeed: hex(signingSeed),
      chainKey: hex(chains[i]?.chainKey as Uint8Array),
      nameKey: hex(chains[i]?.nameKey as Uint8Array),
    })),
    messages: messages(crypto, epoch, people),
    vouching: vouching(crypto, epoch, people),
    descriptor: json,
    letters: letters(crypto, epoch, signed),
  };
}
